from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics.cohort.filters import Filters
from analytics.initiatives import initiatives
from headway.settings import InitiativeSettings
from tests.builders.past import as_collected_at
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import Raw, Tables, built, hour, ruled

# Rows of anything, which have no past.
_ANYTHING = {"github:acme/forge", "git:acme/twice"}
# What a row says of the whole clone, whenever it was read.
_OF_THE_CLONE = {"held_by", "newest_at", "watermark_at", "commits", "pull_refs_not_landed", "refs_rewritten"}


_KEYS = {
    "lead_times": ("change_id",),
    "deployments": ("repo_id", "deployment_id"),
    "coverage": ("repo_id",),
    "production_deployments": ("repo_id", "deployment_id"),
    "failure_signs": ("repo_id", "deployment_id", "sign", "shown_by", "change_key"),
    "repairs": ("repo_id", "fix_key", "change_key"),
    "incidents": ("repo_id", "incident_id"),
}


def reports(tables: Tables) -> dict[tuple[str, str, str], object]:
    """Every cell of the reports by table, row and column."""
    cells: dict[tuple[str, str, str], object] = {}
    for table, key in _KEYS.items():
        for row in tables(f"select * from {table}"):
            names = row.keys() - (_OF_THE_CLONE if table == "coverage" else set())
            cells |= {(table, " ".join(str(row[part]) for part in key), name): row[name] for name in names}
    for row in initiatives(tables.connection, Filters()).iter_rows(named=True):
        cells |= {("initiatives", row["initiative_id"], name): row[name] for name in row}
    return cells


def assert_same(now: Tables, then: Tables) -> None:
    """The reports of two builds are the same."""
    one, other = reports(now), reports(then)
    different = {
        cell: (one.get(cell), other.get(cell)) for cell in one.keys() | other.keys() if one.get(cell) != other.get(cell)
    }
    assert different == {}


def company(dice: random.Random) -> Raw:
    """A repository with every kind of landing, open and abandoned work, CI and deployments, at random times."""
    raw, clock, main, number = Raw(), 1.0, "root", 0
    raw.commits("root@0.5").deploy("d0", "root", 0.75)
    for step in range(14):
        clock += dice.random() * 6
        number += 1
        kind = dice.choice(["push", "squash", "squash", "merge", "open", "abandoned"])
        name = f"{kind}{step}"
        if kind == "push":
            raw.commits(f"{name}@{clock}:{main}")
            main = name
            continue
        times = sorted(clock + dice.random() * 8 for _ in range(dice.randrange(1, 4)))
        raw.commits(f"{name}c0@{times[0]}:{main}", branch=None)
        for place, at in enumerate(times[1:], 1):
            raw.commits(f"{name}c{place}@{at}", branch=None)
        head = f"{name}c{len(times) - 1}"
        raw.pull(number, head).files(f"{name}c0", "a", "b").files(head, "c")
        review = times[-1] + dice.random() * 4
        facts: dict[str, Any] = {
            "title": dice.choice([name, f"Hotfix {name}"]),
            "opened": times[0],
            "ready": times[0],
            "reviewed": review,
            "approved": review,
        }
        if kind == "abandoned":
            facts["abandoned"] = review + dice.random() * 4
        elif kind != "open":
            landed = review + dice.random() * 4
            said = f"Change (#{number})" if kind == "squash" else f"Merge pull request #{number} from ann/t"
            parents = main if kind == "squash" else f"{main},{head}"
            raw.commits(f"{name}@{landed}:{parents}", says={name: said})
            main, clock = name, landed
            raw.ran(name, landed + 1, created_at=landed, conclusion=dice.choice(["success", "failure"]))
        raw.change(number, head_sha=head, **facts)
        if dice.random() < 0.6:
            _deploy(raw, f"d{step}", main, clock + dice.random() * 5, dice)
        if dice.random() < 0.2:
            opened, lasted = clock + dice.random() * 9, dice.random() * 9
            raw.add("incidents", incident_id=f"I{step}", opened_at=opened, resolved_at=opened + lasted)
    return raw.branch("main", main)


def _deploy(raw: Raw, name: str, commit: str, at: float, dice: random.Random) -> None:
    states = [("in_progress", at), (dice.choice(["success", "success", "failure"]), at + dice.random() * 3)]
    if dice.random() < 0.5:
        states.append(("inactive", states[-1][1] + dice.random() * 5))
    raw.deploy(
        name, commit, states=states, created=at, environment=dice.choice(["production", "production", "staging"])
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 3))])
def test_report_of_the_past_is_the_report_of_then(seed: int) -> None:
    """A report as of an earlier time equals one built then, of what had been there."""
    dice = random.Random(seed)
    raw = company(dice)
    moment = hour(dice.random() * 60 + 2)
    past = as_collected_at([raw], moment)
    named = (InitiativeSettings(name="First", paths=("a",)), InitiativeSettings(name="Last", paths=("c",)))
    settings = replace(ruled(), initiatives=named)
    with built(raw, settings=settings, as_of=moment) as now, built(*past, settings=settings) as then:
        assert_same(now, then)


@pytest.mark.slow
@pytest.mark.parametrize("at", [58.5, *(pytest.param(at, marks=pytest.mark.slow) for at in (33, 83, 940.5))])
def test_past_of_a_portfolio_is_the_report_of_then(at: float) -> None:
    """The same for manifests, tags, branches, records and their oddities, each at its own watermark."""
    parts, moment = _dated(part for part in portfolio()[:-1] if part.repo_id not in _ANYTHING), hour(at)
    past = as_collected_at(parts, moment)
    with (
        built(*parts, settings=SETTINGS, teams=TEAMS, as_of=moment) as now,
        built(*past, settings=SETTINGS, teams=TEAMS) as then,
    ):
        assert_same(now, then)


def _dated(parts: Iterable[Raw]) -> list[Raw]:
    """Those with a watermark: without one nothing is known up to any time."""
    return [part for part in parts if part.watermark_at is not None]


@pytest.mark.slow
def test_no_time_is_later_than_the_report() -> None:
    """Nothing in the reports of a moment comes after it."""
    moment = hour(62)
    with built(*_dated(portfolio()), settings=SETTINGS, as_of=moment) as tables:
        for table in ("lead_times", "deployments"):
            times = [
                (table, name, value)
                for row in tables(f"select * from {table}")
                for name, value in row.items()
                if isinstance(value, datetime) and value > moment
            ]
            assert times == []


@pytest.mark.slow
def test_waiting_grows_with_the_time_of_the_report() -> None:
    """The same rows asked an hour later are an hour older, and nothing else."""
    raw = Raw().commits("a@1 b@5").deploy("d", "a", 1)
    ages = []
    for as_of in (20, 21):
        with built(raw, as_of=as_of) as tables:
            row = tables.change("b")
            ages.append((row["age_hours"], row["release_hours"], row["as_of"] - timedelta(hours=as_of)))
    assert [ages[1][0] - ages[0][0], ages[1][1] - ages[0][1], ages[1][2] - ages[0][2]] == [1, 1, timedelta()]
