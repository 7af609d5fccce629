from __future__ import annotations

import pytest

from tests.builders.rows import Raw, built, commit_id, hour
from tests.warehouse.test_release_tags import noticed, shipped, tagged


@pytest.mark.slow
def test_moved_tag_keeps_what_it_shipped() -> None:
    """A tag that was read at two commits is two deployments; answers as of the time before stay what they were."""
    first = tagged(Raw(read=20, known=20).commits("a@0 b@2"), ("v1.0.0", "a", 1), ("v1.2", "b", 4))
    second = tagged(Raw(read=50, known=50).commits("a@0 b@2 c@30"), ("v1.0.0", "a", 1), ("v1.2", "c", 32))
    with built(first, second) as tables:
        assert (
            shipped(tables)
            == {
                "a": ("unknown", None, None),  # before the first release
                "b": ("production", 4, "tag:v1.2"),
                "c": ("production", 32, f"tag:v1.2@{commit_id('c')[:12]}"),
            }
        )
        assert noticed(tables)["tags_moved"].endswith(": v1.2")
        now = tables("select * from deployments where succeeded_at <= timestamp '2025-01-06 20:00' order by version")
    with built(first, second, as_of=20) as tables:
        past = tables("select * from deployments order by version")
    with built(first) as tables:
        then = tables("select * from deployments order by version")
    assert past == then
    assert [row["succeeded_at"] for row in now] == [row["succeeded_at"] for row in then]


@pytest.mark.slow
def test_lightweight_tag_that_moved_back_is_dated_by_the_reading_that_found_it() -> None:
    """A tag without a date that leads to an older commit than before was not there before: past answers stay."""
    first = Raw(read=20, known=20).commits("a@0 b@2").tag("v1.0", "b")
    second = Raw(read=50, known=50).commits("a@0 b@2").tag("v1.0", "a")
    with built(first, second) as tables:
        rows = tables("select sha, succeeded_at, dated_by, kind from deployments order by succeeded_at")
        assert [tuple(row.values()) for row in rows] == [
            (commit_id("b"), hour(2), "commit", "first"),
            (commit_id("a"), hour(50), "reading", "rollback"),
        ]


@pytest.mark.slow
def test_lightweight_tag_that_moved_to_a_commit_known_before_is_dated_by_the_reading_that_found_it() -> None:
    """The first reading had the commit and saw the tag elsewhere: it did not ship the commit when that was made."""
    first = Raw(read=20, known=20).commits("a@0 b@2 c@4").tag("v1.0", "a").tag("v1.2", "b")
    second = Raw(read=50, known=50).commits("a@0 b@2 c@4 d@40").tag("v1.0", "a").tag("v1.2", "c")
    with built(first, second) as tables:
        assert shipped(tables)["b"] == ("production", 2, "tag:v1.2")
        assert shipped(tables)["c"] == ("production", 50, f"tag:v1.2@{commit_id('c')[:12]}")
        (row,) = tables(
            "select evidence, dated_by from release_tags where sha like (select sha from commits where message = 'c')"
        )
        assert row["dated_by"] == "reading"
        assert row["evidence"].endswith(
            f"moved here from {commit_id('b')[:12]}, dated by the reading that found it there"
        )
    with built(first, second, as_of=30) as tables:
        assert shipped(tables)["c"][0] == "waiting"


@pytest.mark.slow
def test_lightweight_tag_that_moved_to_a_new_commit_has_its_date() -> None:
    """Nothing shows that it was not set when its commit was made, and its evidence says that it may be later."""
    first = Raw(read=20, known=20).commits("a@0 b@2").tag("v1.0", "a").tag("v1.2", "b")
    second = Raw(read=50, known=50).commits("a@0 b@2 c@40").tag("v1.0", "a").tag("v1.2", "c")
    with built(first, second) as tables:
        assert shipped(tables)["c"] == ("production", 40, f"tag:v1.2@{commit_id('c')[:12]}")
        (row,) = tables("select evidence from release_tags where sha = (select sha from commits where message = 'c')")
        assert "dated by its commit: set then or later, moved here from" in row["evidence"]


@pytest.mark.slow
def test_clone_that_is_behind_does_not_move_a_tag_back() -> None:
    """An annotated tag that a second source has at its former commit was there before, whichever was read first."""
    fresh = tagged(Raw(read=40, known=40).commits("a@0 b@2 c@6"), ("v1.0.0", "a", 1), ("v1.2", "c", 8))
    stale = tagged(Raw(read=50, known=30, source="git:old").commits("a@0 b@2"), ("v1.0.0", "a", 1), ("v1.2", "b", 4))
    with built(fresh, stale) as tables:
        rows = tables("select sha, succeeded_at, kind from deployments order by succeeded_at")
        assert [tuple(row.values()) for row in rows][1:] == [
            (commit_id("b"), hour(4), "release"),
            (commit_id("c"), hour(8), "release"),
        ]


@pytest.mark.slow
def test_tag_of_a_rewritten_history_is_one_deployment() -> None:
    """Where history was rewritten and the tag with it, with its date, nothing was released twice."""
    first = tagged(Raw(read=20, known=20).commits("a@0"), ("v1.0", "a", 1))
    second = tagged(Raw(read=50, known=50).commits("z@0"), ("v1.0", "z", 1))
    with built(first, second) as tables:
        assert [row["sha"] for row in tables("select sha from deployments")] == [commit_id("z")]


@pytest.mark.slow
def test_tag_that_was_deleted_did_ship() -> None:
    """A release that was read keeps its date after its tag is gone."""
    first = tagged(Raw(read=20, known=20).commits("a@0 b@2"), ("v1.0", "a", 1), ("v1.1", "b", 4))
    second = Raw(read=50, known=50).commits("a@0 b@2")
    second.add("refs", ref="refs/tags/v1.1", kind="tag", name="v1.1", sha=None, rewritten=False, deleted=True)
    with built(first, second) as tables:
        assert shipped(tables)["b"] == ("production", 4, "tag:v1.1")


@pytest.mark.slow
def test_record_that_names_a_moved_tag_means_where_it_was_then() -> None:
    """A version that was deployed before its tag moved is what the tag led to at that time."""
    first = tagged(Raw(read=20, known=20).commits("a@0 b@2"), ("v1.0", "a", 1), ("v1.2", "b", 4), ("v1.3", "b", 5))
    second = tagged(Raw(read=50, known=50).commits("a@0 b@2 c@30"), ("v1.0", "a", 1), ("v1.2", "c", 32))
    for name, at, version in (("1", 3, "v1.2"), ("2", 6, "v1.2"), ("3", 40, "1.2"), ("4", 41, "v1.3")):
        second.deploy(name, None, at, version=version)
    second.add("refs", ref="refs/tags/v1.3", kind="tag", name="v1.3", sha=None, rewritten=False, deleted=True)
    with built(first, second) as tables:
        rows = tables("select sha, problem from deployments order by deployment_id")
    assert [tuple(row.values()) for row in rows] == [(commit_id(name), "") for name in "bbcb"]


@pytest.mark.slow
@pytest.mark.parametrize("short", [False, True])
def test_record_that_names_a_tag_object_names_its_commit(*, short: bool) -> None:
    """Argo CD reports the id of the annotated tag's object: it is that of its commit, also after the tag moved."""
    first = tagged(Raw(read=20, known=20).commits("a@0 b@2"), ("v1", "a", 1), ("v2", "b", 4))
    second = tagged(Raw(read=50, known=50).commits("a@0 b@2 c@30"), ("v1", "a", 1), ("v2", "c", 31))
    for name, tag in (("1", ("v1", "a", 1)), ("2", ("v2", "b", 4)), ("3", ("v2", "c", 31))):
        oid = commit_id(f"tag {tag[0]} {tag[1]} {tag[2]}")
        second.deploy(name, None if short else oid, tag[2] + 1, version=f"main-{oid[:12]}" if short else None)
    with built(first, second) as tables:
        rows = tables("select sha, problem from deployments order by deployment_id")
    assert [tuple(row.values()) for row in rows] == [(commit_id(name), "") for name in "abc"]


@pytest.mark.slow
def test_tags_are_told_to_have_moved_before_the_first_reading() -> None:
    """A commit younger than its tag says, or a version after a later one: the date is the move's."""
    week = 24 * 7
    raw = Raw(known=3000, read=3000).commits(f"a@0 b@{week} c@{3 * week} d@{5 * week}")
    tagged(raw, ("v1.0.0", "a", 1), ("v1.0.1", "d", 6 * week), ("v1.0.2", "b", week), ("v1.0.3", "c", 1))
    tagged(raw, ("v1.1", "d", 5 * week))
    with built(raw) as tables:
        assert noticed(tables)["tags_moved"].endswith(": v1.0.1, v1.0.3")


_WEEK = 24 * 7


@pytest.mark.slow
@pytest.mark.parametrize(
    "tags",
    [
        # The first release of a line in two numbers, its patches in three.
        (("v1.0", "a", 1), ("v1.1", "b", _WEEK), ("v1.1.1", "c", 2 * _WEEK), ("v1.2", "d", 4 * _WEEK)),
        # One short name among full ones.
        (("v1.0.0", "a", 1), ("v1.1.0", "b", _WEEK), ("v1.2", "d", 4 * _WEEK)),
        # Names beside the full ones, of the line and of the major version, set with them or later.
        (("v1.2.0", "a", 1), ("v1.2", "b", _WEEK), ("v1.2.1", "b", _WEEK), ("v1", "c", _WEEK), ("v1.3.0", "c", _WEEK)),
        (("v1.2.0", "a", 1), ("v1.2", "a", None), ("v1", "a", None), ("v1.3.0", "c", 3 * _WEEK)),
        # Parts of a monorepo, each with a form of its own.
        (("api-v1.0", "a", 1), ("web-v1.0.0", "a", 1), ("api-v1.0.1", "b", _WEEK), ("api-v1.1", "c", 4 * _WEEK)),
    ],
)
def test_name_that_could_move_is_not_said_to_have_moved(tags: tuple[tuple[str, str, float | None], ...]) -> None:
    """Two-part versions, floating names and tags of parts are no sign of a move: only what moved is reported."""
    raw = Raw(known=3000, read=3000).commits(f"a@0 b@{_WEEK - 1} c@{2 * _WEEK - 1} d@{3 * _WEEK}")
    for name, commit, at in tags:
        raw.tag(name, commit, at)
    with built(raw) as tables:
        assert "tags_moved" not in noticed(tables)


@pytest.mark.slow
def test_name_without_a_date_beside_a_full_version_is_no_release() -> None:
    """A lightweight `v1.2` on the commit of `v1.2.0` has the date of the commit, and dates nothing."""
    raw = tagged(Raw().commits("a@0 b@2"), ("v1.0.0", "a", 1), ("v1.2.0", "b", 9)).tag("v1.2", "b").tag("v1", "b")
    with built(raw) as tables:
        assert shipped(tables)["b"] == ("production", 9, "tag:v1.2.0")


def test_short_name_says_that_it_may_have_moved() -> None:
    """A first reading after a move cannot see it: the family says so of a name that could have moved."""
    raw = tagged(Raw().commits("a@0 b@2"), ("v1.0.0", "a", 1), ("v1.2", "b", 9))
    with built(raw) as tables:
        (row,) = tables("select why from tag_families")
        assert row["why"].endswith("; if v1.2 moved before the first reading, the date is that of the move")
        (row,) = tables("select evidence from release_tags where tag = 'v1.2'")
        assert row["evidence"].endswith("a short name: if it moved before it was first read, dated by the last move")
