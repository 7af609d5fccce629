"""Warehouses for the dashboard's tests, built from raw rows: busy, empty, hostile and others, each published."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from typing import Any

from headway.progress import SilentProgress
from headway.settings import AiSettings, InitiativeSettings, ServiceSettings, Settings
from tests.builders.rows import START, Raw, stored
from warehouse.publish import publish

HOSTILE = (
    "<script>window.hit=1</script><img src=x onerror='window.hit=1'> **bold** :smile: $x^2$ [link](https://evil.example/)"
    " =1+1 `code` :red[red] \u202egnp.exe"
)
HOSTILE_REPO = "acme/**bold**:smile:$x$<b>[a](javascript:alert(1))"


def published(
    warehouse: Path,
    *parts: Raw,
    built_at: datetime = START,
    simulated: bool = False,
    teams: dict[str, str] | None = None,
    initiatives: tuple[InitiativeSettings, ...] = (),
    services: tuple[ServiceSettings, ...] = (),
) -> Path:
    """Store raw rows, build, and publish; returns the warehouse."""
    stored(warehouse, *parts)
    settings = Settings(base=warehouse, ai=AiSettings(ai_labels=("ai",)), initiatives=initiatives, services=services)
    publish(warehouse, settings, teams or {}, built_at=built_at, progress=SilentProgress())
    if simulated:
        (warehouse / "SIMULATED").write_text("Nothing here is real.\n", encoding="utf-8")
    return warehouse


def busy(repo: str = "acme/shop", *, changes: int = 90, seed: int = 7, **facts: Any) -> Raw:
    """A repository with AI work and other work: arrived, waiting and closed; `facts` are of every change."""
    dice = random.Random(seed)
    raw = Raw(repo, provider="github")
    for number in range(1, changes + 1):
        ai, opened = number % 3 == 0, number * 9.0
        ready = opened + dice.uniform(0, 4)
        reviewed = ready + dice.expovariate(1 / (40 if ai else 12))
        merged = reviewed + dice.expovariate(1 / 10)
        arrived = merged + dice.expovariate(1 / (90 if ai else 30))
        times = {"reviewed": reviewed, "approved": reviewed, "merged": merged, "production": arrived}
        if number % 11 == 0:
            times = {"abandoned": ready + dice.uniform(5, 100)}
        raw.change(
            number,
            **{
                "title": f"Change number {number}",
                "author": "ann",
                "url": f"https://github.example/{repo}/pull/{number}",
                "labels": "ai" if ai else "",
                "head_ref": f"copilot/{number}" if number % 4 == 0 else f"topic-{number}",
                **facts,
            },
            opened=opened,
            ready=ready,
            code_complete=ready,
            **{name: at for name, at in times.items() if at < 1000},
        )
    return raw


def hostile() -> Raw:
    """Titles, authors, branches and links that would do harm if anything interpreted them."""
    raw = busy(HOSTILE_REPO, title=HOSTILE, author=HOSTILE, head_ref=HOSTILE, url="javascript:window.hit=1")
    return raw.add("notices", source="git:acme/shop", kind="shallow", detail=HOSTILE, count=1)


def undeployed(repo: str = "acme/tool") -> Raw:
    """A repository that lands changes and reports no deployment at all."""
    raw = Raw(repo, provider="github")
    for number in range(1, 30):
        raw.change(
            number, title=f"Change {number}", opened=number, ready=number, code_complete=number, merged=number + 5
        )
    return raw


SERVICES = (
    ServiceSettings(repo="acme/mono", name="pay", paths=("pay/**",)),
    ServiceSettings(repo="acme/mono", name="search", paths=("search/**",)),
)
"""The services of `mono`."""


def mono(repo: str = "acme/mono") -> Raw:
    """Sixty pushes, every tenth of documents, to two services, deployed to canary and 6 hours later to eu.

    Pay leaves every 10 hours, search every 100, and search has not left since hour 301.
    """
    raw = Raw(repo, provider="github").commits(" ".join(f"c{number}@{number * 6}" for number in range(1, 61)))
    for number in range(1, 61):
        raw.files(f"c{number}", "docs/a" if number % 10 == 0 else f"{'pay' if number % 2 else 'search'}/a")
    for service, every, last in (("pay", 10, 360), ("search", 100, 310)):
        for at in range(7, last, every):
            for environment, lag in (("prod-canary", 0.0), ("prod-eu", 6.0)):
                name = f"{service}-{environment}-{at}"
                raw.deploy(name, f"c{at // 6}", at + lag, application=service, environment=environment)
    return raw


def git_only(repo: str = "acme/lib") -> Raw:
    """A repository known from Git alone: pushes to the default branch, and a deployment after every fifth."""
    raw = Raw(repo, provider="github").commits(" ".join(f"c{number}" for number in range(1, 61)))
    for number in range(5, 61, 5):
        raw.deploy(f"d{number}", f"c{number}", number + 2.0)
    return raw


def quiet(repo: str = "acme/new") -> Raw:
    """A repository of which nothing is known yet."""
    return Raw(repo, provider="github")
