from __future__ import annotations

import random
from dataclasses import replace
from heapq import heappop, heappush
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.github.rows.history import Walk, commit_row, tag_row
from tests.builders.github import FakeGitHub, Fault, Faults, bulk, kinds
from tests.builders.github.model import Annotated, Commit, Pushed, Repository, Signature
from tests.collectors.github.reading import Reader, folded

SOMEBODY = Signature("Mara", "mara@example.com")


def repository(github: FakeGitHub) -> Repository:
    """`acme/bulk`; what is about to change it."""
    found = github.forge.repositories[700_000_900]
    found.version += 1
    return found


def graph(reader: Reader) -> dict[str, str]:
    """Each commit's parents."""
    return {row["sha"]: row["parents"] for row in reader.rows("commits")}


def reachable(github: FakeGitHub) -> dict[str, str]:
    """What the server's default branch really has."""
    where = repository(github)
    every = [*(one.commit for one in where.main), *(one.commit for pull in where.pulls for one in pull.commits)]
    known = {one.oid: one for one in every}
    found, waiting = {}, [where.main[-1].commit.oid]
    while waiting:
        oid = waiting.pop()
        if oid not in found and oid in known:
            found[oid] = " ".join(known[oid].parents)
            waiting += known[oid].parents
    return found


def land(github: FakeGitHub, name: str, *parents: str, days_ago: float = 0) -> str:
    """A commit on top of the default branch, written some time ago."""
    where, now = repository(github), github.clock.seconds
    at = now - int(86_400 * days_ago)
    commit = Commit(name.ljust(40, "0"), SOMEBODY, at, SOMEBODY, at, f"Work on {name}", parents)
    where.main.append(Pushed(commit, now))
    return commit.oid


def operations(github: FakeGitHub) -> list[str]:
    """What was asked for since the last time."""
    asked = [one.operation for one in github.served if one.operation]
    github.forget()
    return asked


@pytest.mark.slow
def test_graph_of_the_default_branch_comes_along_with_the_pull_requests() -> None:
    """Every commit of the default branch is in with its parents, and no request was made for them."""
    with FakeGitHub(bulk(pulls=120), schema="excerpt") as github:
        reader = Reader.of(github)
        reader.night()
        assert graph(reader) == reachable(github)
        assert len(graph(reader)) > 100
        assert "History" not in operations(github)
        (main,) = (row for row in reader.rows("refs") if row["kind"] == "branch")
        assert main["sha"] == repository(github).main[-1].commit.oid


def test_more_commits_than_pull_requests_are_read_by_themselves() -> None:
    """Where there are more commits than come along with pull requests, the rest is read after them."""
    with FakeGitHub(bulk(pulls=3), schema="excerpt") as github:
        for number in range(250):
            land(github, f"{number:04x}", repository(github).main[-1].commit.oid)
        reader = Reader.of(github)
        reader.night()
        assert graph(reader) == reachable(github)
        assert operations(github).count("History") == 2


def test_what_a_night_added_comes_with_the_overview(small: FakeGitHub) -> None:
    """A few new commits, of whatever age, cost no request of their own, and only they are rows."""
    reader = Reader.of(small)
    reader.night()
    operations(small)
    before = graph(reader)
    small.advance(hours=24)
    tip = repository(small).main[-1].commit.oid
    old = Commit("b" * 40, SOMEBODY, 0, SOMEBODY, small.clock.seconds - 40 * 86_400, "An old branch", (tip,))
    repository(small).refs["refs/heads/old"] = Pushed(old, 0)
    merge = land(small, "c", tip, old.oid)
    assert reader.night()["commits"] == 2
    assert operations(small) == ["Overview"]
    assert graph(reader) == before | {old.oid: tip, merge: f"{tip} {old.oid}"}
    small.advance(hours=24)
    assert reader.night() == {}


def test_many_new_commits_are_read_down_to_the_known_ones(small: FakeGitHub) -> None:
    """After a long time the walk goes on page by page, and stops where it meets what is known."""
    reader = Reader.of(small)
    reader.night()
    small.advance(hours=24)
    for number in range(140):
        land(small, f"d{number:04x}", repository(small).main[-1].commit.oid)
    operations(small)
    assert reader.night()["commits"] == 140
    assert operations(small) == ["Overview", "History", "History"]
    assert graph(reader) == reachable(small)


def test_rewritten_branch_is_read_anew_and_said(small: FakeGitHub) -> None:
    """A default branch that no longer has what it had is counted as rewritten."""
    reader = Reader.of(small)
    reader.night()
    small.advance(hours=24)
    land(small, "e")
    reader.night()
    (main,) = (row for row in reader.rows("refs") if row["kind"] == "branch")
    assert (main["sha"][:1], main["rewritten"]) == ("e", True)


def test_default_branch_with_another_name_replaces_the_old_one(small: FakeGitHub) -> None:
    """The branch is known under its new name alone."""
    reader = Reader.of(small)
    reader.night()
    small.advance(hours=24)
    repository(small).default_branch = "trunk"
    reader.night()
    assert [row["name"] for row in reader.rows("refs") if row["kind"] == "branch"] == ["trunk"]


def test_repository_that_begins_empty_gets_its_graph_later(small: FakeGitHub) -> None:
    """An empty repository is known completely, and its first commits come in when they are there."""
    where = repository(small)
    main, where.main, where.pulls, where.deployments, where.runs = where.main, [], [], [], []
    reader = Reader.of(small)
    reader.night()
    assert reader.watermark_at is not None
    assert reader.rows("commits") == []
    repository(small).main = main[:1]
    small.advance(hours=24)
    assert reader.night()["commits"] == 1


def test_first_reading_begins_anew_where_its_tip_is_gone(small: FakeGitHub) -> None:
    """When the branch is rewritten while it is first read and its tip vanishes, the next night reads the new one."""
    where = repository(small)
    old = where.main

    def rewrite(server: FakeGitHub) -> None:
        repository(server).main = old[:3]

    small.faults = Faults([Fault(kinds.act(rewrite), operation="PullRequests", at=(1,))])
    reader = Reader.of(small, page=3)
    reader.night()
    small.faults = Faults()
    small.advance(hours=24)
    reader.night()
    assert reader.watermark_at == small.clock.now()
    assert graph(reader).items() >= reachable(small).items()


def test_token_without_contents_reads_the_rest(small: FakeGitHub) -> None:
    """Without the right to read contents there is no graph, and a notice that says so."""
    rights = dict.fromkeys(["metadata", "pull_requests", "deployments", "actions", "environments"], "read")
    token = small.add_token(kind="fine-grained", permissions=rights)
    reader = Reader.of(small)
    with_less = replace(reader, auth=type(reader.auth)(token=token))
    with_less.night()
    kinds_of = {row["kind"] for row in with_less.rows("notices")}
    assert "no_access_history" in kinds_of
    assert with_less.rows("commits") == []
    assert len(with_less.rows("pull_requests")) == 20


def test_graph_that_nobody_wants_is_not_asked_for(small: FakeGitHub) -> None:
    """Where Git is collected beside it, a setting leaves commits and tags out, and the rest is complete."""
    reader = Reader.of(small)
    reader = replace(reader, source=replace(reader.source, history=False))
    reader.night()
    assert reader.rows("commits") == reader.rows("refs") == []
    assert reader.watermark_at == small.clock.now()


def test_tags_are_in_with_their_commits_and_dates(small: FakeGitHub) -> None:
    """A tag leads to its commit; one that is an object of its own has the time at which it was made."""
    where, tip = repository(small), repository(small).main[-1].commit
    where.refs |= {f"refs/tags/v{number}": Pushed(tip, 0) for number in range(130)}
    where.annotated["refs/tags/v7"] = Annotated(SOMEBODY, small.clock.seconds - 60)
    reader = Reader.of(small)
    reader.night()
    tags = {row["name"]: row for row in reader.rows("refs") if row["kind"] == "tag"}
    assert len(tags) == 130
    assert {row["sha"] for row in tags.values()} == {tip.oid}
    assert [name for name, row in tags.items() if row["tagged_at"]] == ["v7"]
    operations(small)
    small.advance(hours=24)
    assert reader.night() == {}
    assert operations(small) == ["Overview"]


def test_new_and_moved_tags_come_in_the_next_night(small: FakeGitHub) -> None:
    """A new tag costs nothing beside the overview, and one of an old commit is found because there is one more."""
    where = repository(small)
    where.refs |= {f"refs/tags/n{place}": Pushed(one.commit, 0) for place, one in enumerate(where.main[-21:])}
    reader = Reader.of(small, look=5)
    reader.night()
    small.advance(hours=24)
    repository(small).refs["refs/tags/new"] = Pushed(where.main[-1].commit, small.clock.seconds)
    operations(small)
    assert reader.night()["refs"] == 1
    assert operations(small) == ["Overview"]
    small.advance(hours=24)
    repository(small).refs["refs/tags/old"] = Pushed(where.main[0].commit, small.clock.seconds)
    reader.night()
    assert {"new", "old"} <= {row["name"] for row in reader.rows("refs")}


def test_tag_of_a_tag_leads_to_its_commit_and_that_of_a_tree_to_none() -> None:
    """A tag object is followed to the commit behind it; what is no commit cannot be deployed."""
    tree = {"__typename": "Tree", "oid": "t"}
    inner = {"__typename": "Tag", "oid": "i", "target": {"__typename": "Commit", "oid": "c"}}
    outer = {
        "__typename": "Tag",
        "oid": "o",
        "tagger": {"name": "x", "date": "2025-01-01T10:00:00+01:00"},
        "target": inner,
    }
    rows = [tag_row({"name": name, "target": target}) for name, target in (("a", outer), ("b", tree), ("c", None))]
    assert [row["sha"] for row in rows] == ["c", None, None]
    assert [row["object_sha"] for row in rows] == ["o", None, None]
    assert str(rows[0]["tagged_at"]) == "2025-01-01 09:00:00"


def test_merge_of_more_parents_than_came_is_an_error() -> None:
    """Half of a merge's parents would be a wrong graph: it is not taken."""
    parents = {"totalCount": 120, "nodes": [{"oid": str(number)} for number in range(100)]}
    with pytest.raises(ValueError, match="120 parents"):
        commit_row({"oid": "x", "parents": parents})


@pytest.mark.slow
@given(st.randoms(use_true_random=False), st.integers(2, 40), st.integers(1, 9))
def test_walk_takes_all_that_known_commits_do_not_reach(dice: random.Random, count: int, page: int) -> None:
    """Whatever the graph and the size of pages, what is taken is what the tip reaches and what is known does not."""
    parents = {
        number: sorted(dice.sample(range(number), min(number, dice.choice([1, 1, 1, 2, 3])))) for number in range(count)
    }
    tip = count - 1
    listed = _log(parents, tip)
    known = {dice.choice(listed) for _ in range(dice.randint(1, 2))}
    walk, taken = Walk(str(tip), map(str, known)), []
    for start in range(0, len(listed), page):
        taken += walk.take([_node(number, parents[number]) for number in listed[start : start + page]])
        if walk.closed:
            break
    old = {number for one in known for number in _log(parents, one)}
    assert {int(node["oid"]) for node in taken} == set(listed) - old


def _log(parents: dict[int, list[int]], tip: int) -> list[int]:
    """What can be reached, newest first."""
    waiting, found = [-tip], list[int]()
    while waiting:
        one = -heappop(waiting)
        if one not in found:
            found.append(one)
            for parent in parents[one]:
                heappush(waiting, -parent)
    return found


def _node(number: int, parents: list[int]) -> dict[str, Any]:
    return {"oid": str(number), "parents": {"nodes": [{"oid": str(parent)} for parent in parents]}}


def test_kills_within_the_graph_lose_nothing() -> None:
    """A first reading of many commits that is stopped again and again has the same graph in the end."""
    with FakeGitHub(bulk(pulls=4), schema="excerpt") as github:
        for number in range(700):
            land(github, f"{number:04x}", repository(github).main[-1].commit.oid)
        github.faults = Faults([Fault(kinds.primary_limit(), operation="History", at=(2, 4, 5))])
        reader = Reader.of(github, longest_wait_seconds=1)
        reader.nights_until_done()
        assert reader.errors
        assert graph(reader) == reachable(github)
        github.faults = Faults()
        whole = reader.again()
        whole.night()
    assert folded(reader.tables)["commits"] == folded(whole.tables)["commits"]
