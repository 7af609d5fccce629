from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.builders.forge import Forge
from tests.builders.rows import Tables, built

END = 100


class Case(NamedTuple):
    """A pull request, and when it was ready and abandoned as of some hour."""

    says: str
    given: dict[str, Any]
    ready: float | None
    abandoned: float | None = None
    as_of: float = END


READY = [
    Case("never a draft", {}, 2),
    Case("a draft that was made ready", {"events": [("ready_for_review", 9)]}, 9),
    Case("ready, made a draft, ready", {"events": [("converted_to_draft", 4), ("ready_for_review", 9)]}, 9),
    Case("draft twice", {"events": [("ready_for_review", 4), ("converted_to_draft", 5), ("ready_for_review", 9)]}, 9),
    Case("ready told twice", {"events": [("ready_for_review", 4), ("ready_for_review", 9)]}, 4),
    Case("still a draft", {"draft": True}, None),
    Case("a draft again", {"events": [("converted_to_draft", 5)], "draft": True}, None),
    Case("events out of order", {"events": [("ready_for_review", 9), ("converted_to_draft", 4)]}, 9),
    Case("merged while a draft", {"draft": True, "merged": 7}, 7),
    Case("not yet ready then", {"events": [("ready_for_review", 9)]}, None, as_of=8),
    Case("ready between two drafts", {"events": [("ready_for_review", 4), ("converted_to_draft", 5)]}, 4, as_of=4.5),
    Case("not yet made a draft then", {"events": [("converted_to_draft", 5)], "draft": True}, 2, as_of=4.5),
    Case("closed while a draft", {"draft": True, "closed": 8}, None, 8),
]
ENDS = [
    Case("closed", {"closed": 8, "events": [("closed", 8)]}, 2, 8),
    Case("closed, and the timeline is silent", {"closed": 8}, 2, 8),
    Case("reopened", {"events": [("closed", 5), ("reopened", 6)]}, 2, None),
    Case("closed twice", {"closed": 8, "events": [("closed", 5), ("reopened", 6), ("closed", 8)]}, 2, 8),
    Case("closed the first time", {"closed": 8, "events": [("closed", 5), ("reopened", 6), ("closed", 8)]}, 2, 5, 5.5),
    Case("open between", {"closed": 8, "events": [("closed", 5), ("reopened", 6), ("closed", 8)]}, 2, None, 7),
    Case("closed, then merged after all", {"merged": 9, "events": [("closed", 5), ("reopened", 6), ("closed", 9)]}, 2),
    Case(
        "closed before the merge", {"merged": 9, "events": [("closed", 5), ("reopened", 6), ("closed", 9)]}, 2, 5, 5.5
    ),
    Case("merged, which closes", {"merged": 9, "events": [("merged", 9), ("closed", 9)]}, 2),
    Case("not closed then", {"closed": 8, "events": [("closed", 8)]}, 2, None, 7),
]


def forge(cases: list[Case]) -> Forge:
    """All cases as pull requests from 1 on."""
    shop = Forge()
    for number, case in enumerate(cases, 1):
        shop.request(number, opened=2, commits=f"a{number}@1", **case.given)
    return shop


def milestones(tables: Tables) -> dict[Any, Any]:
    """Ready and abandoned of each pull request."""
    return tables.hours("pull_request_milestones", "number", "ready_at", "abandoned_at")


@pytest.mark.parametrize("cases", [READY, ENDS], ids=["ready", "ends"])
def test_pull_request_is_what_its_events_made_it(cases: list[Case]) -> None:
    """It is ready when it left draft for good, and abandoned when it was closed for good, as of any moment."""
    shop = forge(cases)
    found = {}
    for as_of in sorted({case.as_of for case in cases}):
        with built(shop, as_of=as_of) as tables:
            found[as_of] = milestones(tables)
    assert {case.says: found[case.as_of][number] for number, case in enumerate(cases, 1)} == {
        case.says: (case.ready, case.abandoned) for case in cases
    }


@pytest.mark.slow
def test_draft_is_not_code_complete_and_has_no_lead_time() -> None:
    """Open or closed drafts are changes that are known, and wait for nobody (nor do they in issue-metrics 62)."""
    shop = (
        Forge()
        .request(1, opened=2, commits="a@1", draft=True)
        .request(2, opened=2, commits="b@1", draft=True, closed=8)
    )
    with built(shop.request(3, opened=2, commits="c@1"), as_of=20) as tables:
        assert [row["number"] for row in tables("select number from lead_times order by 1")] == [3]
        assert tables("select changes, code_complete, abandoned from coverage") == [
            {"changes": 3, "code_complete": 1, "abandoned": 0}
        ]


def test_what_was_opened_later_is_not_there() -> None:
    """A pull request that was opened after the report is unseen."""
    with built(Forge().request(1, opened=2, commits="a@1").request(2, opened=30, commits="b@29"), as_of=20) as tables:
        assert [row["number"] for row in tables("select number from changes")] == [1]
