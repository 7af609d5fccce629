from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from headway.progress import SilentProgress
from headway.source import Access
from pipeline.build import build
from pipeline.collect import run_all
from pipeline.doctor import Check, checkup
from pipeline.session import Session
from pipeline.sources import sources_of
from tests.builders.github import FakeGitHub, Fault, Faults, bulk, kinds
from tests.builders.github.exchange import Answer, Exchange
from warehouse.store import RawStore


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A server with `acme/bulk`."""
    with FakeGitHub(bulk(pulls=3, deployments=2), schema="excerpt") as server:
        yield server


def session(github: FakeGitHub, folder: Path, token: str | None = None) -> Session:
    """A session whose settings name `acme/bulk` on the fake."""
    (folder / "headway.toml").write_text(
        f'[github]\nbase_url = "{github.url}"\n[[sources]]\ntarget = "github:acme/bulk"\n', encoding="utf-8"
    )
    environment = {"HEADWAY_GITHUB_TOKEN": github.token if token is None else token}
    now = github.clock.now()
    return Session(None, None, debug=False, folder=folder, environment=environment, now=now, waiting=github.clock)


def collected(found: Session, github: FakeGitHub) -> None:
    """Collect and build."""
    store = RawStore(found.settings.warehouse_folder)
    sources = sources_of(found.settings, (), Access(found.environment, github.clock))
    run_all(store, sources, full=False, jobs=1, began_at=github.clock.now(), progress=SilentProgress())
    build(found, {}, SilentProgress())


def told(found: Session) -> list[Check]:
    """What the doctor says of GitHub and its repositories."""
    return [check for check in checkup(found) if check.what.lower().startswith("github")]


def test_token_is_tried_and_its_scopes_and_budget_are_told(github: FakeGitHub, tmp_path: Path) -> None:
    """The doctor says what kind of token it is, what it may, and what is left of its hour."""
    (check,) = told(session(github, tmp_path))
    assert check.ok
    assert "points an hour left" in check.what
    assert "scopes repo, read:org" in check.what
    assert github.token not in check.what


@pytest.mark.parametrize("token", ["ghp_wrong", ""])
def test_token_that_is_refused_or_missing_fails(github: FakeGitHub, tmp_path: Path, token: str) -> None:
    """A bad token or none is a failure that says what to set."""
    (check,) = told(session(github, tmp_path, token))
    assert (check.ok, "HEADWAY_GITHUB_TOKEN" in check.hint) == (False, True)


def test_token_that_ends_soon_fails(github: FakeGitHub, tmp_path: Path) -> None:
    """A token that ends within the week is told before the night in which nothing is read any more."""

    def soon(exchange: Exchange) -> Answer:
        ends = "2025-01-08 00:00:00 UTC"
        headers = {**exchange.honest.headers, "GitHub-Authentication-Token-Expiration": ends}
        return replace(exchange.honest, headers=headers)

    github.faults = Faults([Fault(kinds.Kind("ends soon", soon))])
    found = replace(session(github, tmp_path), now=datetime(2025, 1, 4))
    assert [(check.ok, "expires at 2025-01-08" in check.what) for check in told(found)] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.slow
def test_part_that_the_token_may_not_read_is_told_with_the_right_it_needs(github: FakeGitHub, tmp_path: Path) -> None:
    """What a repository lacks for want of a right is a failure of the doctor too."""
    rights = dict.fromkeys(["metadata", "pull_requests", "contents", "environments", "deployments"], "read")
    found = session(github, tmp_path, github.add_token(kind="fine-grained", permissions=rights))
    collected(found, github)
    lacking = [check for check in told(found) if "may not read" in check.what]
    assert {check.what.partition(": these")[0] for check in lacking} >= {
        "github:acme/bulk: the token may not read Actions, or they are disabled"
    }
    assert [(check.ok, "actions" in check.hint) for check in lacking] == [(False, True)] * len(lacking)


@pytest.mark.slow
def test_lost_repository_is_told(github: FakeGitHub, tmp_path: Path) -> None:
    """A repository that went away is a failure, and its data stays."""
    found = session(github, tmp_path)
    collected(found, github)
    github.edit.lose("bulk")
    github.advance(hours=24)
    collected(found, github)
    assert any("unreachable" in check.what or "is gone" in check.what for check in told(found) if not check.ok)


def test_github_is_not_asked_where_nothing_is_collected_from_it(github: FakeGitHub, tmp_path: Path) -> None:
    """Without a source or a token of ours, GitHub is nobody's business."""
    found = replace(session(github, tmp_path), environment={"GITHUB_TOKEN": "of somebody else"})
    (tmp_path / "headway.toml").write_text("", encoding="utf-8")
    assert told(found) == []
    assert len(github.served) == 0
