from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from headway.settings import DoraSettings, Settings
from tests.builders.rows import START, Raw, Tables, built, commit_id
from tests.warehouse.test_repairs import traced

REVERT = f'Revert "S"\n\nThis reverts commit {commit_id("c")}.'


_SHOWN = ("deployment_id", "sign", "shown_by", "change_key", "linked_by")


def signs(tables: Tables) -> list[tuple[Any, ...]]:
    """Each sign: deployment, sign, what shows it, change at fault, how linked, and the hours of its begin and end."""
    names = {f"@{commit_id(name)}": name for name in "abcdefg"}
    rows = tables("select * from failure_signs order by deployment_id, sign, shown_by, change_key")
    return [
        (*(names.get(row[name], row[name]) for name in _SHOWN), _since(row["began_at"]), _since(row["recovered_at"]))
        for row in rows
    ]


def _since(at: datetime | None) -> float | None:
    return None if at is None else (at - START).total_seconds() / 3600


def line() -> Raw:
    """Five commits, the first deployed."""
    return Raw().commits("a@1 b@2 c@3 d@4 e@5", says={"d": REVERT}).deploy("d0", "a", 1)


@pytest.mark.slow
def test_deployment_that_never_succeeded() -> None:
    """It is over when something succeeds in the same environment; one that failed first and then succeeded is none."""
    raw = line().deploy("d1", "b", states=[("failure", 10)]).deploy("s", "b", 11, environment="staging")
    raw.deploy("d2", "b", states=[("failure", 12), ("success", 13)]).deploy("d3", "c", states=[("error", 20)])
    with built(raw) as tables:
        assert signs(tables) == [
            ("d1", "failed", "d1", "", "itself", 10, 13),
            ("d3", "failed", "d3", "", "itself", 20, None),
        ]


@pytest.mark.slow
def test_rollback_shows_the_deployment_that_ran() -> None:
    """Rolled back twice in a row, each time the one that had shipped what ran failed, not the rollback between."""
    raw = line().deploy("d1", "b", 10).deploy("d2", "c", 20).deploy("r1", "b", 21).deploy("r2", "a", 25)
    with built(raw) as tables:
        assert signs(tables) == [
            ("d1", "rollback", "r2", "", "chain", 10, 25),
            ("d2", "rollback", "r1", "", "chain", 20, 21),
        ]


@pytest.mark.slow
def test_revert_of_what_had_shipped_names_the_change() -> None:
    """It is over when the revert is in production; what was taken back before it shipped harmed nobody."""
    raw = line().deploy("d1", "b", 2.5).deploy("d2", "c", 3.5).deploy("d3", "e", 9)
    with built(raw) as tables:
        assert signs(tables) == [("d2", "revert", "d", "c", "change", 3.5, 9)]
    with built(line().deploy("d1", "c", 3.5)) as tables:
        assert signs(tables) == [("d1", "revert", "d", "c", "change", 3.5, None)]
    with built(line().deploy("d1", "e", 9)) as tables:
        assert signs(tables) == []


@pytest.mark.slow
def test_change_that_landed_again_and_was_reverted_again() -> None:
    """The revert of a revert is no failure; when what it landed again is taken back, that is a second one."""
    says = {
        "b": "Add x (#41)",
        "c": 'Revert "Add x (#41)" (#42)\n\nReverts acme/shop#41',
        "d": 'Reapply "Add x (#41)" (#43)\n\nReverts acme/shop#42',
        "e": 'Revert "Reapply "Add x (#41)"" (#44)\n\nReverts acme/shop#43',
    }
    raw = Raw().commits("a@1 b@2 c@3 d@4 e@5 f@9", says=says)
    for at, name in enumerate("abcde", start=1):
        raw.deploy(f"d{at}", name, at + 0.5)
    with built(raw) as tables:
        assert signs(tables) == [
            ("d2", "revert", "#42", "#41", "change", 2.5, 3.5),
            ("d4", "revert", "#44", "#43", "change", 4.5, 5.5),
        ]


@pytest.mark.slow
def test_hot_fix_shows_what_ran_before_it() -> None:
    """The deployment before it failed; where the lines that it replaces are of changes in it, they are named."""
    raw = Raw().commits("a@1 b@2 c@3 d@4", says={"d": "Hotfix totals"})
    raw.deploy("d0", "a", 1).deploy("d1", "c", 10).deploy("d2", "d", 12)
    with built(raw) as tables:
        assert signs(tables) == [("d1", "hotfix", "d", "", "chain", 10, 12)]
    traced(raw, "d", "c", {"a": 1, "b": 2})
    with built(raw) as tables:
        assert signs(tables) == [("d1", "hotfix", "d", "b", "chain", 10, 12)]


@pytest.mark.slow
def test_after_a_rollback_the_hot_fix_says_no_more() -> None:
    """The rollback ended the failure; the rollback is not what failed."""
    raw = Raw().commits("a@1 b@2 c@3", says={"c": "Hotfix totals"})
    raw.deploy("d0", "a", 1).deploy("d1", "b", 10).deploy("r", "a", 11).deploy("d2", "c", 15)
    with built(raw) as tables:
        assert signs(tables) == [("d1", "rollback", "r", "", "chain", 10, 11)]


@pytest.mark.slow
def test_incident_is_put_to_a_deployment() -> None:
    """To the one that it names; else to the last that shipped something, no longer before it than the settings say."""
    raw = line().deploy("d1", "b", 10).deploy("d2", "c", 40).deploy("r", "b", 41)
    raw.add("incidents", incident_id="I1", deployment_id="d1", opened_at=300, resolved_at=301)
    raw.add("incidents", incident_id="I2", opened_at=45)
    raw.add("incidents", incident_id="I3", opened_at=90)
    raw.add("incidents", incident_id="I4", deployment_id="other", opened_at=45)
    incidents = [
        ("d1", "incident", "I1", "", "reported", 300, 301),
        ("d2", "incident", "I2", "", "nearest", 45, None),
    ]
    rollback = ("d2", "rollback", "r", "", "chain", 40, 41)
    with built(raw) as tables:
        assert signs(tables) == [*incidents, rollback]
    longer = Settings(base=Path(), dora=DoraSettings(incident_hours=50))
    with built(raw, settings=longer) as tables:
        assert signs(tables) == [*incidents, ("d2", "incident", "I3", "", "nearest", 90, None), rollback]


@pytest.mark.slow
def test_deployment_is_held_to_account_for_some_days() -> None:
    """A sign later than the settings say is none, unless somebody reports it for this very deployment."""
    raw = line().deploy("d1", "c", 3.5).deploy("d2", "a", 60)
    raw.add("incidents", incident_id="I1", deployment_id="d1", opened_at=100)
    settings = Settings(base=Path(), dora=DoraSettings(failure_days=2))
    with built(raw) as tables:
        assert [row[1] for row in signs(tables)] == ["incident", "revert", "rollback"]
    with built(raw, settings=settings) as tables:
        assert [row[1] for row in signs(tables)] == ["incident", "revert"]


@pytest.mark.slow
def test_past_knows_only_the_signs_of_then() -> None:
    """As of an earlier time a failure had not shown yet, or was not over."""
    raw = line().deploy("d1", "b", 10).deploy("r1", "a", 21)
    raw.add("incidents", incident_id="I1", deployment_id="d1", opened_at=12, resolved_at=30)
    with built(raw, as_of=11) as tables:
        assert signs(tables) == []
    with built(raw, as_of=20) as tables:
        assert signs(tables) == [("d1", "incident", "I1", "", "reported", 12, None)]
    with built(raw) as tables:
        assert [row[-1] for row in signs(tables)] == [30, 21]


def test_what_a_deployment_was_made_for() -> None:
    """Urgent are hot fixes, changes that name an incident, and reverts of what had arrived; bots do not count."""
    says = {"b": "Hotfix totals", "c": "Mend INC-7", "d": REVERT, "e": "Bump x", "f": "More"}
    raw = Raw().commits("a@1 b@2 c@3 d@40 e@41 f@42", says=says, by={"e": "dependabot[bot]"}).deploy("d0", "a", 1)
    raw.add("incidents", incident_id="INC-7", opened_at=1)
    raw.deploy("d1", "b", 10).deploy("d2", "c", 20).deploy("d3", "d", 41).deploy("d4", "e", 43).deploy("d5", "f", 44)
    with built(raw) as tables:
        rows = tables("select deployment_id, changes, urgent from production_deployments order by 1")
    assert [tuple(row.values()) for row in rows] == [
        ("d0", 1, 0),
        ("d1", 1, 1),
        ("d2", 1, 1),
        ("d3", 1, 1),
        ("d4", 0, 0),
        ("d5", 1, 0),
    ]


@pytest.mark.slow
def test_several_reverts_of_one_repository_each_count_for_their_own_deployment() -> None:
    """Other changes and reverts beside a revert change nothing; what was taken back before it arrived is not urgent."""
    says = {
        "d": f'Revert "B"\n\nThis reverts commit {commit_id("b")}.',
        "f": f'Revert "C"\n\nThis reverts commit {commit_id("c")}.',
        "h": f'Revert "G"\n\nThis reverts commit {commit_id("g")}.',
    }
    raw = Raw().commits("a@1 b@2 c@3 d@40 e@41 f@42 g@50 h@51 i@60", says=says).deploy("d0", "a", 1)
    raw.deploy("d1", "c", 10).deploy("d2", "e", 41.5).deploy("d3", "f", 43).deploy("d4", "h", 52).deploy("d5", "i", 61)
    with built(raw) as tables:
        rows = tables("select deployment_id, changes, urgent from production_deployments order by 1")
    assert [tuple(row.values()) for row in rows] == [
        ("d0", 1, 0),
        ("d1", 2, 0),
        ("d2", 2, 1),
        ("d3", 1, 1),
        ("d4", 2, 0),
        ("d5", 1, 0),
    ]
