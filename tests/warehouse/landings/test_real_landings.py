"""What each way of landing does to the numbers of a change, with days and hours as forges and teams had them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.builders.rows import START, Raw, Tables, built

SECOND = 1 / 3600


def day(number: int, hour: float = 0) -> float:
    """The hour of a day, as the builder counts: its first day is day 1."""
    return 24 * (number - 1) + hour


def at(number: int, hour: float = 0) -> datetime:
    """The time of that hour."""
    return START + timedelta(hours=day(number, hour))


def shipped(raw: Raw, commit: str, hour: float) -> Raw:
    """What was there on the first day is in production, and then this commit."""
    return raw.deploy("d0", "a", day(1, 1)).deploy("d", commit, hour)


def request(number: int) -> str:
    """The message of GitLab's merge commit."""
    return f"Merge branch 'topic' into 'main'\n\nAdd basket\n\nSee merge request acme/shop!{number}"


def squash_with_merge() -> Raw:
    """GitLab's squash with a merge commit: S is made when merge is pressed, and M merges it."""
    return Raw().commits(
        f"a@{day(1)} c1@{day(5, 9)}:a c2@{day(6, 15)} s@{day(10, 12)}:a m@{day(10, 12) + SECOND}:a,s",
        says={"s": "Add basket", "m": request(12)},
    )


def measures(tables: Tables, key: int | str) -> tuple[object, ...]:
    """Lead time, DORA lead time, own commits and the first of them."""
    row = tables.change(key)
    return row["lead_time_hours"], row["dora_lead_time_hours"], row["commits"], row["first_commit_at"]


@pytest.mark.slow
def test_squash_with_a_merge_commit_counts_from_its_branch() -> None:
    """What the merge request's ref has was written: the squash was made at the merge, and it is blamed all the same."""
    raw = shipped(squash_with_merge().pull(12, "c2", "merge-requests"), "m", day(11, 12))
    with built(raw) as tables:
        assert measures(tables, 12) == (117.0, 147.0, 2, at(5, 9))
        assert tables.change(12)["code_complete_source"] == "branch_commits"
        owners = {row["sha"]: row["change_key"] for row in tables("select * from landed_commits")}
        assert list(owners.values()).count("#12") == 2
        assert tables("select in_doubt from coverage") == [{"in_doubt": 0}]


@pytest.mark.slow
def test_squash_with_a_merge_commit_without_ref_is_approximate() -> None:
    """Without a ref nobody knows what was squashed: no first commit, and the lead time begins with the merge."""
    with built(shipped(squash_with_merge(), "m", day(11, 12))) as tables:
        lead, dora, commits, first = measures(tables, 12)
        assert (lead, dora, commits, first) == (pytest.approx(24 - SECOND), None, None, None)
        assert tables.change(12)["code_complete_source"] == "landing_author_date"
        assert tables("select squashed, in_doubt from coverage") == [{"squashed": 1, "in_doubt": 1}]


@pytest.mark.slow
def test_single_commit_of_an_older_date_is_no_squash() -> None:
    """A commit that was written before the merge was pressed is the branch's own, ref or not."""
    raw = Raw().commits(
        f"a@{day(1)} s@{day(10, 12)}:a m@{day(10, 12) + SECOND}:a,s",
        says={"m": request(12)},
        authored={"s": day(9, 12)},
    )
    with built(shipped(raw, "m", day(11, 12))) as tables:
        assert measures(tables, 12) == (24.0, 48.0, 1, at(9, 12))


@pytest.mark.slow
def test_marks_of_a_squashed_branch_count() -> None:
    """A mark of AI on a commit of the branch marks the change, though the squash that was merged has none."""
    raw = Raw().commits(
        f"a@{day(1)} c1@{day(5, 9)}:a c2@{day(6, 15)} s@{day(10, 12)}:a m@{day(10, 12) + SECOND}:a,s",
        says={"c1": "Begin\n\nCo-authored-by: Claude <noreply@anthropic.com>", "s": "Add basket", "m": request(12)},
    )
    with built(shipped(raw.pull(12, "c2", "merge-requests"), "m", day(11, 12))) as tables:
        assert tables.change(12)["built_with_ai"] == "assisted"


@pytest.mark.slow
def test_bot_that_closes_what_it_landed() -> None:
    """Three requests that a bot or a script squashed and closed are in production, once each, and that is reported."""
    says = {
        "s12": "Add basket (#12)\n\nThe basket.",
        "s13": "[SHOP-77] Add search\n\nCloses #13 from ann/topic13.",
        "s14": "Add cart\n\nPR-URL: https://github.com/acme/shop/pull/14\nReviewed-By: Bob <bob@example.com>",
    }
    raw = Raw(provider="github").commits(
        f"a@{day(1)} b1@{day(5, 9)}:a b2@{day(6, 15)} s12@{day(7, 10)}:a"
        f" c1@{day(8, 9)}:s12 c2@{day(8, 15)} s13@{day(9, 10)}:s12"
        f" d1@{day(9, 11)}:s13 d2@{day(9, 15)} s14@{day(10, 10)}:s13",
        says=says,
    )
    for number, head, opened, closed in ((12, "b2", 6, 7), (13, "c2", 8, 9), (14, "d2", 9, 10)):
        raw.pull(number, head).change(
            number, title="x", opened=day(opened, 15 + 1 / 6), abandoned=day(closed, 10) + 5 * SECOND
        )
    with built(shipped(raw, "s14", day(11, 12))) as tables:
        rows = tables("select number, outcome, lead_time_hours from lead_times where number is not null order by 1")
        assert [(row["number"], row["outcome"]) for row in rows] == [(n, "production") for n in (12, 13, 14)]
        hours = [117 - 1 / 6, 69 - 1 / 6, 45 - 1 / 6]
        assert [row["lead_time_hours"] for row in rows] == pytest.approx(hours)
        assert [row["sha"] for row in tables("select sha from lead_times where number is null")] != []
        assert len(tables("select * from lead_times")) == 4
        assert tables("select abandoned, landed_though_closed from coverage") == [
            {"abandoned": 0, "landed_though_closed": 3}
        ]


def heads_of_merges(says: dict[str, str]) -> Raw:
    """Single merges, a batch of two as one merge of three parents, and a rollup of two that is a request itself."""
    raw = Raw(provider="github").commits(
        f"a@{day(1)} a1@{day(2, 9)}:a a2@{day(2, 15)} m10@{day(3, 10)}:a,a2"
        f" b1@{day(4, 9)}:m10 b2@{day(4, 15)} m11@{day(5, 10)}:m10,b2"
        f" d1@{day(8, 9)}:m11 d2@{day(8, 15)} e1@{day(8, 9)}:m11 e2@{day(8, 15)} m13@{day(9, 10)}:m11,d2,e2"
        f" f1@{day(10, 9)}:m13 f2@{day(10, 15)} g1@{day(10, 9)}:m13 g2@{day(10, 15)}"
        f" r15@{day(11, 9)}:m13,f2 r16@{day(11, 9.5)}:r15,g2 m17@{day(11, 10)}:m13,r16",
        says=says,
    )
    for number, head in ((10, "a2"), (11, "b2"), (13, "d2"), (14, "e2"), (15, "f2"), (16, "g2"), (17, "r16")):
        raw.pull(number, head)
    return shipped(raw, "m17", day(12, 12))


WORDS = {
    "m10": "Merge pull request 'Add basket' (#10) from topic10 into main",
    "m11": "Merge #11: Add search\n\n0123456 Begin 11 (Ann)",
    "m13": "Merge #13 #14\n\n13: Add menu r=bob a=ann\n14: Add footer r=bob a=ann",
    "r15": "Rollup merge of #15 - ann:topic15, r=bob\n\nAdd login",
    "r16": "Rollup merge of #16 - ann:topic16, r=bob\n\nAdd logout",
    "m17": "Auto merge of #17 - bob:rollup, r=bob\n\nRollup of 2 pull requests",
}
SILENT = dict.fromkeys(WORDS, "x")
WRONG = {**SILENT, "m10": "Merge pull request #11 from ann/topic", "m11": "Merge pull request #10 from ann/topic"}


@pytest.mark.slow
@pytest.mark.parametrize(("says", "contradictions"), [(WORDS, 0), (SILENT, 0), (WRONG, 2)])
def test_head_that_a_merge_brought_landed_with_it(says: dict[str, str], contradictions: int) -> None:
    """Whatever messages say, each request whose head is a parent of a merge has its number and its own two commits."""
    with built(heads_of_merges(says)) as tables:
        complete = {10: 2, 11: 4, 13: 8, 14: 8, 15: 10, 16: 10}
        for number, completed in complete.items():
            lead = 24 * (12 - completed) - 3.0
            assert measures(tables, number) == (lead, lead + 6, 2, at(completed, 9))
        assert tables("select * from landings where landed_by = 'open'") == []
        (rollup,) = tables("select commits, code_complete_at, first_commit_at from changes where number = 17")
        assert rollup == {"commits": 0, "code_complete_at": None, "first_commit_at": None}
        assert tables("select * from lead_times where number = 17") == []
        assert tables("select without_own_work, contradictions from coverage") == [
            {"without_own_work": 1, "contradictions": contradictions}
        ]


def test_titles_of_a_batch_are_those_of_its_requests() -> None:
    """Each request of a batch has the title that the bot gave to it."""
    with built(heads_of_merges(WORDS)) as tables:
        titles = {row["number"]: row["title"] for row in tables("select number, title from changes")}
        assert (titles[13], titles[14], titles[15]) == ("Add menu", "Add footer", "Add login")


def rewritten(*, by: str = "ann") -> Raw:
    """Main was rewritten from its root on; PR refs have the old history, whose author is `by`."""
    years = [day(1) - 730 * 24 + 240 * place for place in range(4)]
    old = " ".join(f"o{place}@{hour}" for place, hour in enumerate(years)).replace("o0@", "o0@", 1)
    new = " ".join(f"n{place}@{hour}" for place, hour in enumerate(years))
    raw = Raw(provider="github").commits(
        f"{old.replace(f'o0@{years[0]}', f'o0@{years[0]}:-')} p1@{day(11, 9)}:o3 p2@{day(11, 15)} so@{day(11, 18)}:o3"
        f" q1@{day(12, 9)}:so q2@{day(12, 15)}",
        says={f"o{place}": f"Work {place}" for place in range(4)} | {"so": "Add 11 (#11)"},
        by=dict.fromkeys(("o0", "o1", "o2", "o3", "so"), by),
        branch=None,
    )
    raw.commits(
        f"{new.replace(f'n0@{years[0]}', f'n0@{years[0]}:-')} s11@{day(11, 18)} s12@{day(12, 18)}",
        says={f"n{place}": f"Work {place}" for place in range(4)} | {"s11": "Add 11 (#11)", "s12": "Add 12 (#12)"},
    )
    return raw.pull(11, "p2").pull(12, "q2").deploy("d0", "n3", day(10)).deploy("d", "s12", day(13))


@pytest.mark.slow
def test_history_that_was_rewritten_ends_where_its_copy_is_on_main() -> None:
    """A PR ref of the old history has the commits that have no copy on main, not two years of work."""
    with built(rewritten()) as tables:
        assert measures(tables, 11) == (33.0, 39.0, 2, at(11, 9))
        assert measures(tables, 12) == (9.0, 15.0, 2, at(12, 9))


@pytest.mark.slow
def test_history_of_other_authors_is_not_believed() -> None:
    """Where a list leads to another root, and no copy shows where the branch began, the first commit is unknown."""
    with built(rewritten(by="bob")) as tables:
        for number, lead in ((11, 30.0), (12, 6.0)):
            assert measures(tables, number) == (lead, None, None, None)
            assert tables.change(number)["code_complete_source"] == "landing_author_date"
        assert tables("select not_believed, in_doubt from coverage") == [{"not_believed": 2, "in_doubt": 2}]


@pytest.mark.slow
def test_stacked_squashes_count_their_commits_once() -> None:
    """The commits of the lower request landed with it, though the upper one's branch was never restacked."""
    raw = Raw(provider="github").commits(
        f"a@{day(1)} a1@{day(2, 9)}:a a2@{day(2, 15)} b1@{day(5, 9)} s11@{day(6, 10)}:a u@{day(6, 11)}:b1,s11"
        f" b2@{day(6, 15)} s12@{day(7, 10)}:s11",
        says={"s11": "Add a (#11)", "s12": "Add b (#12)", "u": "Merge branch 'main' into t12"},
    )
    with built(shipped(raw.pull(11, "a2").pull(12, "b2"), "s12", day(8, 10))) as tables:
        assert measures(tables, 11) == (139.0, 145.0, 2, at(2, 9))
        assert measures(tables, 12) == (43.0, 73.0, 2, at(5, 9))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("authored", "first"),
    [
        ((day(1) - 55 * 365 * 24, day(5, 9)), at(5, 9)),  # the clock said 1970
        ((day(1) - 25 * 365 * 24, day(5, 9)), at(5, 9)),  # 2000, and committed this year
        ((day(4, 9), day(5, 9)), at(4, 9)),
    ],
)
def test_date_before_git_is_not_believed(authored: tuple[float, float], first: datetime) -> None:
    """An author date that cannot be one is not the beginning of the work, and is counted."""
    raw = Raw().commits(
        f"a@{day(1)} c1@{day(5, 9)}:a c2@{day(5, 10)} m@{day(6)}:a,c2",
        says={"m": "Merge pull request #1 from ann/t"},
        authored=dict(zip(("c1", "c2"), authored, strict=True)),
    )
    with built(raw.pull(1, "c2").deploy("d", "m", day(7))) as tables:
        assert tables.change(1)["first_commit_at"] == first
        doubted = int(first != at(4, 9))
        assert tables("select dates_not_believed from coverage") == [{"dates_not_believed": doubted}]


@pytest.mark.slow
def test_history_older_than_git_is_believed() -> None:
    """Commits imported from an older system have dates before Git for author and committer, and these count."""
    raw = Raw().commits("a@-200000 b@-199990 c@-199980", says={"b": "b"}).deploy("d", "c", -199970)
    with built(raw) as tables:
        assert tables.change("b")["first_commit_at"] == START + timedelta(hours=-199990)
        assert tables("select dates_not_believed from coverage") == [{"dates_not_believed": 0}]
