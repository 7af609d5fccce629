from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from tests.builders.forge import Forge
from tests.builders.rows import Raw, Tables, built, commit_id, hour
from warehouse.models.pull_requests.stack_outcomes import stack_outcomes


def landed(tables: Tables) -> dict[Any, Any]:
    """When each pull request landed, and its outcome with the reason."""
    times = tables.hours("lead_times", "number", "merged_at")
    return {
        row["number"]: (times[row["number"]][0], row["outcome"], row["outcome_reason"])
        for row in tables("select * from lead_times where number is not null")
    }


@pytest.mark.slow
def test_merged_into_another_branch_has_not_landed() -> None:
    """Without Git nothing tells whether it got further: no outcome is claimed, and it is counted."""
    shop = Forge().request(1, opened=2, commits="a@1", merged=5).deploy("d0", "merge-1", 6)
    shop.request(2, opened=7, commits="b@6", merged=9, base_ref="release/1.x").deploy("d1", "gone", 20)
    with built(shop, as_of=50) as tables:
        assert landed(tables)[2] == (None, "unknown", "merged_elsewhere")
        assert tables.change(2)["sha"] is None
        assert tables("select pull_requests, pull_requests_elsewhere as elsewhere from coverage") == [
            {"pull_requests": 1, "elsewhere": 1}
        ]


@pytest.mark.slow
def test_merged_into_another_branch_waits_where_history_shows_that_it_has_not_landed() -> None:
    """With Git it is known to wait for its landing, and a deployment of that branch brings it to production anyway."""
    raw = Raw(provider="github").commits("a@1").commits("b@6:a x@9:a y@12", branch="release/1.x").branch("main", "a")
    shop = Forge().request(2, opened=7, commits="b@6", merged=9, merge="x", base_ref="release/1.x")
    with built(raw, shop.deploy("d0", "a", 1.5), as_of=50) as tables:
        assert landed(tables)[2] == (None, "waiting", "")
        assert tables.change(2)["current_stage"] == "merge"
    with built(raw, shop.deploy("d1", "y", 14), as_of=50) as tables:
        row = tables.change(2)
        assert (row["outcome"], row["mapped_by"], row["deployment_id"]) == ("production", "branch_deploy", "d1")


@pytest.mark.slow
@pytest.mark.parametrize("squashed", [False, True])
def test_landed_with_the_merge_of_its_branch(squashed: bool) -> None:
    """What was merged into a branch landed when Git shows that branch on main, told by no message and no number."""
    raw = Raw(provider="github").commits("a@1 b@2:a c@3", branch=None)
    if squashed:
        raw.commits("x@5:a", branch=None, says={"x": "No number"})
    else:
        raw.commits("x@5:a,c", branch=None, says={"x": "Merge branch 'topic'"})
    raw.commits("m@9:a,x", says={"m": "Merge branch 'dev'"})
    shop = Forge().request(2, opened=2.5, commits="b@2 c@3", merged=5, merge="x", base_ref="dev")
    with built(raw, shop.deploy("d0", "a", 1.5).deploy("d1", "m", 12), as_of=50) as tables:
        assert landed(tables)[2] == (9, "production", "")
        row = tables.change(2)
        assert (row["sha"], row["commits"], row["mapped_by"]) == (commit_id("m"), 2, "ancestor")


@pytest.mark.slow
def test_main_that_was_renamed_keeps_its_pull_requests() -> None:
    """What was merged into `master` before it was named `main` is on main, by Git's word."""
    raw = Raw(provider="github").commits("a@1 x@5 y@9")
    shop = Forge().request(2, opened=2.5, commits="b@2", merged=5, merge="x", base_ref="master")
    with built(raw, shop) as tables:
        assert landed(tables)[2] == (5, "no_deployments", "")


@pytest.mark.slow
def test_promoted_by_a_squash_lands_with_its_carrier() -> None:
    """A promotion pull request has the merges of the branch among its commits; squashed, Git alone would not tell."""
    shop = Forge().request(1, opened=2, commits="b@1", merged=5, merge="x", base_ref="dev")
    shop.request(2, opened=2, commits="c@1", merged=6, merge="y", base_ref="dev")
    shop.request(3, opened=7, commits="x@5 y@6", merged=9, merge="s3", head_ref="dev")
    shop.request(4, opened=7, commits="d@6.5", merged=9.5, merge="z", base_ref="dev")
    shop.deploy("d0", "start", 1).deploy("d1", "s3", 12)
    for parts in ((shop,), (shop, Raw(provider="github").commits("start@0.5 s3@9", says={"s3": "Release (#3)"}))):
        with built(*parts, as_of=50) as tables:
            found = landed(tables)
            assert {number: found[number] for number in (1, 2, 3)} == dict.fromkeys((1, 2, 3), (9, "production", ""))
            assert tables.change(1)["sha"] == commit_id("s3")
            assert found[4][0] is None
    with built(shop, as_of=8) as tables:
        assert landed(tables)[1] == (None, "waiting", "")


@pytest.mark.slow
def test_stacked_pull_requests_share_the_end_of_the_last() -> None:
    """Merged into each other's branches, they land when the last one does, and are abandoned when it is closed."""
    shop = Forge().request(1, opened=2, commits="b@1", merged=5, merge="x", base_ref="two")
    shop.request(2, opened=2, commits="x@5 c@6", merged=7, merge="y", base_ref="three", head_ref="two")
    shop.request(3, opened=2, commits="y@7 d@8", closed=12, head_ref="three", events=[("closed", 12)])
    shop.deploy("d0", "start", 1)
    with built(shop, as_of=10) as tables:
        assert {outcome for _, outcome, _ in landed(tables).values()} == {"waiting"}
    with built(shop, as_of=50) as tables:
        assert {outcome for _, outcome, _ in landed(tables).values()} == {"abandoned"}
        assert tables.hours("lead_times", "number", "abandoned_at") == {1: (12,), 2: (12,), 3: (12,)}


def carried(*rows: tuple[int, int, float | None, bool, float | None]) -> dict[int, tuple[int | None, datetime | None]]:
    """Make `stack_outcomes` of rows of number, carrier, its merge, whether that was elsewhere, its abandonment."""
    given = [
        {
            "repo_id": "r",
            "number": number,
            "carrier": carrier,
            "merged_at": hour(merged) if merged is not None else None,
            "elsewhere": elsewhere,
            "abandoned_at": hour(abandoned) if abandoned is not None else None,
        }
        for number, carrier, merged, elsewhere, abandoned in rows
    ]
    table = pa.Table.from_pylist(
        given,
        pa.schema(
            [
                ("repo_id", pa.string()),
                ("number", pa.int64()),
                ("carrier", pa.int64()),
                ("merged_at", pa.timestamp("us")),
                ("elsewhere", pa.bool_()),
                ("abandoned_at", pa.timestamp("us")),
            ]
        ),
    )
    return {
        row["number"]: (row["carrier"], row["abandoned_at"])
        for row in stack_outcomes({"stacked_pull_requests": table}).to_pylist()
    }


def test_first_carrier_to_land_counts() -> None:
    """Of several the first that landed, through as many branches as there are; an open one leaves it open."""
    assert carried((1, 2, 9, False, None), (1, 3, 7, False, None)) == {1: (3, None)}
    assert carried((1, 2, None, False, 5), (1, 3, 7, False, None)) == {1: (3, None)}
    assert carried((1, 2, None, False, 5), (1, 3, None, False, None)) == {1: (None, None)}
    assert carried((1, 2, None, False, 5), (1, 3, None, False, 6)) == {1: (None, hour(6))}
    assert carried((1, 2, 3, True, None), (2, 3, 4, True, None), (3, 4, 8, False, None)) == {
        1: (4, None),
        2: (4, None),
        3: (4, None),
    }


def test_carriers_in_a_circle_have_no_end() -> None:
    """Branches merged into each other back and forth carry nothing to main."""
    assert carried((1, 2, 3, True, None), (2, 1, 4, True, None)) == {1: (None, None), 2: (None, None)}
