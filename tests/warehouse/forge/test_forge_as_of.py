from __future__ import annotations

import random
from typing import Any

import pytest

from tests.builders.forge import Forge
from tests.builders.past import as_collected_at
from tests.builders.rows import Raw, Tables, built, hour

KINDS = ("open", "open", "closed", "reopened", "merged", "merged", "merged", "elsewhere")


def company(dice: random.Random) -> Forge:
    """Pull requests of every kind with reviews, drafts, CI with reruns, and deployments with gates, at random times."""
    shop = Forge().deploy("d0", "start", 0.5, created=0.4)
    clock = 1.0
    for number in range(1, 25):
        clock += dice.random() * 3
        kind = dice.choice(KINDS)
        moments = sorted(clock + dice.random() * 20 for _ in range(8))
        opened, *between, last = moments
        commits = " ".join(f"c{number}.{place}@{at!r}" for place, at in enumerate([opened - 0.1, *between[:2]]))
        events: list[Any] = [("review_requested", opened, "bob")]
        if dice.random() < 0.4:
            events.append(("ready_for_review", between[0]))
            if dice.random() < 0.4:
                events += [("converted_to_draft", between[1]), ("ready_for_review", between[2])]
        reviews: list[Any] = [
            (
                dice.choice(["bob", "cat", "rabbit[bot]", "ann"]),
                dice.choice(["approved", "commented", "changes_requested"]),
                at,
            )
            for at in between[1:4]
        ]
        if dice.random() < 0.3:
            events.append(("review_dismissed", between[4], f"{number}-0"))
        facts: dict[str, Any] = {}
        if kind in ("closed", "reopened"):
            events.append(("closed", between[3]))
            if kind == "reopened":
                events.append(("reopened", between[4]))
            else:
                facts["closed"] = between[3]
        elif kind in ("merged", "elsewhere"):
            facts |= {"merged": last, "merge": f"m{number}"}
            if kind == "elsewhere":
                facts["base_ref"] = dice.choice(["dev", "topic-1"])
        shop.request(number, opened=opened, commits=commits, events=events, reviews=reviews, **facts)
        if kind == "merged":
            _build(shop, f"m{number}", str(number), last, dice)
            _deploy(shop, f"m{number}", str(number), last + dice.random() * 5, dice)
    return shop


def _build(shop: Forge, commit: str, run: str, at: float, dice: random.Random) -> None:
    attempts = dice.choice([1, 1, 2, 3])
    for attempt in range(1, attempts + 1):
        began, started, ended = at, at + dice.random(), at + 1 + dice.random()
        good = "success" if attempt == attempts and dice.random() < 0.9 else "failure"
        shop.run_jobs(run, attempt, (began, started, ended, good), (began, began, started, "success"))
        facts: dict[str, Any] = {"attempt": attempt, "started": began}
        last = (ended, good, facts)
        at = ended + dice.random() * 2
    ended, good, facts = last
    shop.run(commit, shop.rows["ci_jobs"][-2 * attempts]["created_at"], ended, good, run_id=run, **facts)


def _deploy(shop: Forge, commit: str, name: str, at: float, dice: random.Random) -> None:
    for attempt in range(dice.choice([0, 1, 1, 2])):
        states = [("queued", at), ("waiting", at + dice.random()), ("in_progress", at + 1 + dice.random())]
        states.append((dice.choice(["success", "failure"]), at + 2 + dice.random()))
        environment = dice.choice(["production", "production", "staging"])
        shop.deploy(f"{name}.{attempt}", commit, states=states, created=at, environment=environment)
        at += 3 + dice.random()


def rows(tables: Tables, name: str, key: str) -> dict[Any, dict[str, Any]]:
    """The rows of a table by key."""
    return {row[key]: row for row in tables(f"select * from {name}")}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_report_of_the_past_is_the_report_of_then(seed: int) -> None:
    """A report as of an earlier time equals one of what a collector would have read then."""
    dice = random.Random(seed)
    shop = company(dice)
    history: list[Raw] = []
    if seed % 2:
        merges = sorted(
            (row["merged_at"], row["number"])
            for row in shop.rows["pull_requests"]
            if row["merged_at"] and row["base_ref"] == "main"
        )
        at = (merged - hour(0) for merged, _ in merges)
        notation = " ".join(
            f"m{number}@{when.total_seconds() / 3600!r}" for when, (_, number) in zip(at, merges, strict=True)
        )
        history = [Raw(provider="github").commits(f"start@0.3 {notation}")]
    for moment in (hour(12 + dice.random() * 10), hour(30 + dice.random() * 20)):
        with built(shop, *history, as_of=moment) as now, built(*as_collected_at([shop, *history], moment)) as then:
            for name, key in (("lead_times", "change_id"), ("deployments", "deployment_id"), ("changes", "change_id")):
                found, expected = rows(now, name, key), rows(then, name, key)
                assert set(found) == set(expected)
                for one, row in found.items():
                    assert row == expected[one], (seed, one)


@pytest.mark.parametrize(("as_of", "there"), [(20.0, True), (19.999, False)])
def test_what_happens_at_the_moment_of_the_report_has_happened(as_of: float, there: bool) -> None:
    """A request that is opened, reviewed, approved, merged, closed or deployed just then counts as such, not before."""
    at = 20.0
    shop = (
        Forge()
        .deploy("d0", "start", 0.5)
        .request(1, opened=2, commits="a@1", closed=at, events=[("closed", at)])
        .request(2, opened=2, commits="b@1", merged=at, merge="m2")
        .request(3, opened=2, commits="c@1", reviews=[("bob", "commented", at)])
        .request(4, opened=2, commits="d@1", reviews=[("bob", "approved", at)])
        .request(5, opened=at, commits="e@1")
        .request(6, opened=2, commits="f@1", merged=10, merge="m6")
        .deploy("d6", "m6", at)
    )
    happened = {
        1: ("abandoned_at", "abandoned"),
        2: ("merged_at", "waiting"),
        3: ("reviewed_at", "waiting"),
        4: ("approved_at", "waiting"),
        5: ("opened_at", "waiting"),
        6: ("production_at", "production"),
    }
    with built(shop, as_of=as_of) as tables:
        rows = {row["number"]: row for row in tables("select * from lead_times")}
    assert set(rows) == set(happened) - ({5} if not there else set())
    for number, row in rows.items():
        column, outcome = happened[number]
        assert row[column] == (hour(at) if there else None)
        assert row["outcome"] == (outcome if there else "waiting")
