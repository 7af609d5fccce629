from __future__ import annotations

from typing import Any

import pytest

from tests.builders.rows import Raw, Tables, built, commit_id

MERGE = {"m": "Merge pull request #1 from ann/topic\n\nAdd it"}


def hours(tables: Tables, key: int | str) -> dict[str, float | None]:
    """Milestones of one change in hours after the start."""
    change_id = tables.change(key)["change_id"]
    names = ("first_commit_at", "opened_at", "ready_at", "code_complete_at", "reviewed_at", "approved_at", "merged_at")
    return dict(zip(names, tables.hours("lead_times", "change_id", *names)[change_id], strict=True))


def test_milestones_of_a_merge_come_from_its_branch() -> None:
    """First commit is the earliest author date, code complete the latest commit that is no merge from the base."""
    raw = Raw().commits("a@1 b@2 c@10:a d@11 u@12:d,b m@15:b,u", says=MERGE, authored={"d": 4, "c": 9})
    with built(raw) as tables:
        found, row = hours(tables, 1), tables.change(1)
    assert (found["first_commit_at"], found["code_complete_at"], found["merged_at"]) == (4, 11, 15)
    assert (row["commits"], row["code_complete_source"], row["sha"]) == (2, "branch_commits", commit_id("m"))


def test_first_commit_is_the_earliest_in_any_order() -> None:
    """DevLake 9: commits of the 9th, 8th and 7th began on the 7th."""
    raw = Raw().commits("a@1 b@20:a c@21 d@22 m@30:a,d", says=MERGE, authored={"b": 9, "c": 8, "d": 7})
    with built(raw) as tables:
        assert hours(tables, 1)["first_commit_at"] == 7


def test_ready_after_the_last_commit_is_code_complete() -> None:
    """What left draft after its last commit was complete when it left draft."""
    raw = Raw().commits("a@1 c@3:a m@15:a,c", says=MERGE).change(1, opened=2, ready=8)
    with built(raw) as tables:
        assert hours(tables, 1)["code_complete_at"] == 8


@pytest.mark.slow
def test_commit_after_the_landing_is_no_part_of_it() -> None:
    """A head that went on after the squash does not move code complete; nothing of it came before is the merge."""
    raw = Raw().commits("a@1 c@3:a d@20 s@10:a", says={"s": "Add (#1)"}).pull(1, "d")
    late = Raw("acme/late").commits("x@1 y@20:x z@10:x", says={"z": "Add (#1)"}).pull(1, "y")
    with built(raw, late) as tables:
        rows = tables.hours("lead_times where number = 1", "repo", "code_complete_at")
    assert rows == {"acme/shop": (3,), "acme/late": (10,)}


def test_squash_without_ref_is_complete_when_it_was_authored() -> None:
    """Where the branch is not known, code complete is the landing commit's author date, counted as approximate."""
    raw = Raw().commits("a@1 s@10", says={"s": "Add (#1)"}, authored={"s": 6})
    with built(raw) as tables:
        found, row = hours(tables, 1), tables.change(1)
        (covered,) = tables("select approximate, pull_requests_without_ref, pull_requests_joined from coverage")
    assert (found["code_complete_at"], found["first_commit_at"], row["commits"]) == (6, None, None)
    assert row["code_complete_source"] == "landing_author_date"
    assert (row["coding_hours"], row["dora_lead_time_hours"]) == (None, None)
    assert covered["pull_requests_without_ref"] == 1
    assert covered["pull_requests_joined"] == 0
    assert covered["approximate"] >= 1


def test_author_date_after_the_landing_is_held_to_it() -> None:
    """A skewed clock makes no code complete after the merge."""
    with built(Raw().commits("a@1 s@10", says={"s": "Add (#1)"}, authored={"s": 300})) as tables:
        assert hours(tables, 1)["code_complete_at"] == 10


@pytest.mark.slow
def test_date_of_the_future_is_held_to_the_reading() -> None:
    """A commit dated a hundred years ahead was made before it was read."""
    with built(Raw(read=50).commits("a@1 b@900000")) as tables:
        assert hours(tables, "b")["merged_at"] == 50


def test_report_that_knows_better_goes_before_git() -> None:
    """Milestones and counts that a system tells are taken, code complete by the merge, and the rest is Git's."""
    raw = Raw().commits("a@1 c@3:a m@15:a,c", says=MERGE)
    raw.change(1, opened=2, ready=2, code_complete=30, first_commit=0.5, commits=7, files=9, additions=4, title="Told")
    with built(raw) as tables:
        found, row = hours(tables, 1), tables.change(1)
    assert (found["first_commit_at"], found["code_complete_at"], found["merged_at"]) == (0.5, 15, 15)
    assert (row["commits"], row["files"], row["additions"], row["deletions"], row["title"]) == (7, 9, 4, None, "Told")
    assert row["code_complete_source"] == "event"


def test_report_of_the_landing_does_not_move_it() -> None:
    """When a change landed is the landing commit's date, also where a report rounds it."""
    raw = Raw().commits("a@1 c@3:a m@15:a,c", says=MERGE).change(1, opened=2, ready=2, merged=15.5, sha="m")
    with built(raw) as tables:
        assert hours(tables, 1)["merged_at"] == 15


@pytest.mark.slow
def test_open_change_is_complete_until_its_next_commit() -> None:
    """An open change's code complete is its last commit so far, and another one moves it."""
    raw = Raw().commits("a@1 c@3:a d@8", branch=None).branch("main", "a").pull(1, "d").change(1, opened=2, ready=2)
    for as_of, expected in ((5, 3), (20, 8)):
        with built(raw, as_of=as_of) as tables:
            assert hours(tables, 1)["code_complete_at"] == expected


def test_change_that_only_a_report_knows() -> None:
    """Without Git the report stands alone, and what it does not say is null."""
    raw = Raw().change(1, opened=2, ready=3, merged=9, sha="gone", author="mona", url="https://example.com/1")
    with built(raw) as tables:
        found, row = hours(tables, 1), tables.change(1)
    assert found == {
        "first_commit_at": None,
        "opened_at": 2,
        "ready_at": 3,
        "code_complete_at": 3,
        "reviewed_at": None,
        "approved_at": None,
        "merged_at": 9,
    }
    assert (row["sha"], row["author"], row["url"]) == (commit_id("gone"), "mona", "https://example.com/1")
    assert (row["outcome"], row["code_complete_source"]) == ("no_deployments", "event")


def test_newest_report_counts_and_a_tombstone_takes_it_back() -> None:
    """Of several readings of a change the newest holds; one that the source no longer has leaves what Git knows."""
    old: dict[str, Any] = {"title": "old", "collected_at": 100}
    new: dict[str, Any] = {"title": "new", "collected_at": 200}
    gone: dict[str, Any] = {"deleted": True, "collected_at": 200}
    gone_before: dict[str, Any] = {"deleted": True, "collected_at": 100}
    readings = {1: (old, new), 2: (new, old), 3: (old, gone), 4: (gone_before, new)}
    raw = Raw().commits("a@1 s1 s2 s3 s4", says={f"s{number}": f"From Git (#{number})" for number in readings})
    for number, told in readings.items():
        for reading in told:
            raw.change(number, opened=2, ready=2, **reading)
    with built(raw) as tables:
        rows = tables("select number, title from changes where number is not null")
    assert {row["number"]: row["title"] for row in rows} == {1: "new", 2: "new", 3: "From Git", 4: "new"}


@pytest.mark.slow
def test_addresses_follow_the_provider() -> None:
    """A pull request's and a push's address are built as each forge writes them, and a report's own goes before."""
    expected = {
        "github": ("https://h/acme/shop/pull/1", f"https://h/acme/shop/commit/{commit_id('a')}"),
        "gitlab": ("https://h/acme/shop/-/merge_requests/1", f"https://h/acme/shop/-/commit/{commit_id('a')}"),
        "bitbucket": ("https://h/acme/shop/pull-requests/1", f"https://h/acme/shop/commits/{commit_id('a')}"),
    }
    parts = [
        Raw(provider=provider, url="https://h/acme/shop").commits("a@1 s@9", says={"s": "Add (#1)"})
        for provider in expected
    ]
    for part, provider in zip(parts, expected, strict=True):
        part.source = provider
    azure = Raw("dev.azure.com/acme/_git/web", url="https://dev.azure.com/acme/_git/web")
    azure.source = "azure"
    azure.commits("s@9", says={"s": "Merged PR 1: Add"})
    with built(*parts, azure, Raw("acme/local").commits("x")) as tables:
        rows = tables("select url from lead_times where repo like '%/_git/web'")
        assert rows == [{"url": "https://dev.azure.com/acme/_git/web/pullrequest/1"}]
        for provider, addresses in expected.items():
            rows = tables(f"select url from lead_times where provider = '{provider}' order by number")
            assert tuple(row["url"] for row in rows) == addresses
        assert tables("select url from lead_times where repo = 'acme/local'") == [{"url": ""}]


def test_files_of_a_change_are_counted_once() -> None:
    """Files are the distinct paths of its own commits."""
    raw = Raw().commits("a@1 c@3:a d@4 m@15:a,d", says=MERGE).files("c", "x", "y").files("d", "y", "z").files("a", "q")
    with built(raw) as tables:
        assert [tables.change(key)["files"] for key in (1, "a")] == [3, 1]


@pytest.mark.slow
def test_reverted_change_says_when() -> None:
    """A change that was taken back keeps its outcome and says when that landed."""
    raw = Raw().commits("a@1 s@5 r@9", says={"s": "S (#1)", "r": 'Revert "S (#1)" (#2)'}).deploy("d0", "a", 1)
    with built(raw.deploy("d1", "s", 6)) as tables:
        row = tables.change(1)
        assert tables.hours("lead_times", "sha", "reverted_at")[commit_id("s")] == (9,)
        assert row["outcome"] == "production"
    with built(raw, as_of=8) as tables:
        assert tables.change(1)["reverted_at"] is None


@pytest.mark.slow
def test_rolled_back_change_says_when() -> None:
    """A rollback withdraws what had arrived, which stays in production by its first arrival."""
    raw = Raw().commits("a@1 b@5").deploy("d0", "a", 1).deploy("d1", "b", 6).deploy("back", "a", 8)
    with built(raw) as tables:
        assert tables.change("b")["outcome"] == "production"
        assert tables.hours("lead_times", "sha", "rolled_back_at")[commit_id("b")] == (8,)
        (row,) = tables("select kind, withdrawn_commits, changes from deployments where deployment_id = 'back'")
        assert row == {"kind": "rollback", "withdrawn_commits": 1, "changes": 0}
        assert tables("select rollbacks from coverage") == [{"rollbacks": 1}]
