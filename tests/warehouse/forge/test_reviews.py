from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from headway.settings import AiSettings, ReportSettings, Settings
from tests.builders.forge import Forge
from tests.builders.rows import built, ruled


class Case(NamedTuple):
    """A pull request of ann's, complete at 5 and merged at 20, and its first review, review and approval."""

    says: str
    given: dict[str, Any]
    first: float | None
    reviewed: float | None
    approved: float | None


CASES = [
    Case("nobody", {}, None, None, None),
    Case("commented, then approved", {"reviews": [("bob", "commented", 6), ("bob", "approved", 8)]}, 6, 6, 8),
    Case("approved at once", {"reviews": [("bob", "approved", 6)]}, 6, 6, 6),
    Case("two approvals: the first", {"reviews": [("bob", "approved", 6), ("cat", "approved", 7)]}, 6, 6, 6),
    Case(
        "asked for changes, then approved",
        {"reviews": [("bob", "changes_requested", 6), ("bob", "approved", 9)]},
        6,
        6,
        9,
    ),
    Case("reviewed before the last commit only", {"reviews": [("bob", "commented", 4)]}, 4, None, None),
    Case("before and after", {"reviews": [("bob", "commented", 4), ("cat", "commented", 7)]}, 4, 7, None),
    Case("an approval from before that stands", {"reviews": [("bob", "approved", 4)]}, 4, 5, 5),
    Case("one that stands, and another after", {"reviews": [("bob", "approved", 4), ("cat", "approved", 9)]}, 4, 5, 5),
    Case(
        "an approval from before that was dismissed",
        {"reviews": [("bob", "approved", 4), ("bob", "approved", 9)], "events": [("review_dismissed", 5.1, "{}-0")]},
        4,
        9,
        9,
    ),
    Case("dismissed, and what it was is lost", {"reviews": [("bob", "dismissed", 4), ("cat", "approved", 9)]}, 4, 9, 9),
    Case("dismissed after code complete", {"reviews": [("bob", "dismissed", 6), ("cat", "approved", 9)]}, 6, 6, 9),
    Case(
        "an approval that its reviewer took back before code complete",
        {"reviews": [("bob", "approved", 3), ("bob", "changes_requested", 4), ("bob", "approved", 9)]},
        3,
        9,
        9,
    ),
    Case(
        "an approval that another one's wish for changes leaves standing",
        {"reviews": [("bob", "approved", 3), ("cat", "changes_requested", 4)]},
        3,
        5,
        5,
    ),
    Case(
        "a wish for changes after it stood",
        {"reviews": [("bob", "approved", 4), ("bob", "changes_requested", 6)]},
        4,
        5,
        5,
    ),
    Case("at the very moment of the last commit", {"reviews": [("bob", "approved", 5)]}, 5, 5, 5),
    Case("the author's own", {"reviews": [("ann", "commented", 6), ("Ann", "commented", 7)]}, None, None, None),
    Case("a bot's", {"reviews": [("rabbit[bot]", "approved", 6), ("bob", "approved", 9)]}, 9, 9, 9),
    Case("a bot's with a person's account", {"reviews": [("jenkins-bot", "approved", 6)]}, None, None, None),
    Case("a deleted account's", {"reviews": [(None, "approved", 6)]}, 6, 6, 6),
    # A forge lets nobody approve what is their own; a comment may be the author's.
    Case("both accounts deleted", {"reviews": [(None, "approved", 6)], "author": None}, 6, 6, 6),
    Case("both deleted, a comment", {"reviews": [(None, "commented", 6)], "author": None}, None, None, None),
    Case("after the merge", {"reviews": [("bob", "approved", 22)]}, 22, 22, 22),
    Case("not handed in", {"reviews": [("bob", "commented", None)]}, None, None, None),
    Case(
        "while it was a draft",
        {"reviews": [("bob", "commented", 4)], "events": [("ready_for_review", 8)]},
        4,
        None,
        None,
    ),
    Case(
        "approved while it was a draft",
        {"reviews": [("bob", "approved", 6)], "events": [("ready_for_review", 8)]},
        6,
        8,
        8,
    ),
]


def forge() -> Forge:
    """All cases as pull requests from 1 on."""
    shop = Forge()
    for number, case in enumerate(CASES, 1):
        events = [
            (kind, at, *(subject.format(number) for subject in more))
            for kind, at, *more in case.given.get("events", ())
        ]
        given = {**case.given, "events": events}
        shop.request(number, opened=2, commits=f"a{number}@1 b{number}@5", merged=20, **given)
    return shop


def test_review_and_approval_are_by_people_and_of_the_complete_code() -> None:
    """First review ever, and review and approval at or after code complete, by a person not the author."""
    with built(forge(), as_of=50) as tables:
        found = tables.hours("pull_request_milestones", "number", "first_review_at", "reviewed_at", "approved_at")
    assert {case.says: found[number] for number, case in enumerate(CASES, 1)} == {
        case.says: (case.first, case.reviewed, case.approved) for case in CASES
    }


@pytest.mark.slow
def test_what_came_after_the_report_is_left_out() -> None:
    """Reviews, dismissals and commits that were to come say nothing of the state before them."""
    shop = Forge().request(
        1,
        opened=2,
        commits="a@1 b@3 c@9",
        reviews=[("bob", "commented", 2.5), ("bob", "approved", 4), ("bob", "approved", 12)],
        events=[("review_dismissed", 9.5, "1-1")],
        merged=13,
    )
    expected = {
        2.25: (2, None, None, None),
        2.75: (2, 2.5, None, None),
        3.5: (3, None, None, None),
        5: (3, 4, 4, None),
        9.25: (9, 9, 9, None),
        10: (9, None, None, None),
        12.5: (9, 12, 12, None),
        14: (9, 12, 12, 13),
    }
    for as_of, times in expected.items():
        with built(shop, as_of=as_of) as tables:
            columns = ("code_complete_at", "reviewed_at", "approved_at", "merged_at")
            assert tables.hours("lead_times", "number", *columns)[1] == times, as_of


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "times"),
    [
        ("last_commit", (9, 12, 12)),
        ("ready_for_review", (2, 4, 6)),
        ("first_approval", (6, 6, 6)),
        ("merged", (13, 13, 13)),
    ],
)
def test_reviews_follow_what_makes_code_complete(setting: str, times: tuple[float, ...]) -> None:
    """Each setting moves code complete, and with it the review and the approval that count."""
    shop = Forge().request(
        1,
        opened=2,
        commits="a@1 b@9",
        reviews=[("bob", "commented", 4), ("bob", "approved", 6), ("cat", "approved", 12)],
        events=[("review_dismissed", 9.5, "1-1")],
        merged=13,
    )
    settings = Settings(base=ruled().base, report=ReportSettings(code_complete=setting))
    with built(shop, settings=settings, as_of=50) as tables:
        found = tables.hours("lead_times", "number", "code_complete_at", "reviewed_at", "approved_at")[1]
        (row,) = tables("select code_complete_source, clamped from lead_times")
    assert found == times
    assert row["code_complete_source"] == ("branch_commits" if setting == "last_commit" else "event")
    assert row["clamped"] == 0


@pytest.mark.slow
def test_not_approved_is_not_complete_where_approval_makes_complete() -> None:
    """Under `first_approval` what nobody approved is complete when it is merged, and before that not at all."""
    shop = Forge().request(1, opened=2, commits="a@1").request(2, opened=2, commits="b@1", merged=7)
    settings = Settings(base=ruled().base, report=ReportSettings(code_complete="first_approval"))
    with built(shop, settings=settings, as_of=50) as tables:
        assert tables.hours("lead_times", "number", "code_complete_at", "approved_at") == {2: (7, None)}


# Middleware 33. GitHub allows no brackets in a log-in but those of `[bot]`: `test-bot[123]` cannot be one, and is none.
BOTS = ("github-actions[bot]", "jenkins-bot", "CI-BOT", "deploy bot")
PEOPLE = ("robotics_expert", "sabotage", "lobotomy", "cubot", "botany", "abot", "bots", "test-bot[123]")


@pytest.mark.slow
def test_account_is_a_bot_by_its_name_and_not_by_a_part_of_it() -> None:
    """Bots of all spellings do not review, and people whose names only sound like one do (Middleware 33)."""
    shop = Forge()
    for number, login in enumerate((*BOTS, *PEOPLE, "robo-ann"), 1):
        shop.request(number, opened=2, commits=f"a{number}@1").add(
            "reviews",
            number=number,
            review_id="1",
            author=login,
            author_kind="person",
            state="approved",
            submitted_at=4,
        )
    settings = Settings(base=ruled().base, ai=AiSettings(automation_identities=("robo-*",)))
    with built(shop, settings=settings, as_of=50) as tables:
        reviewed = tables("select number from lead_times where reviewed_at is not null order by 1")
    assert [row["number"] for row in reviewed] == list(range(len(BOTS) + 1, len(BOTS) + len(PEOPLE) + 1))


def test_author_kind_and_a_deleted_account_are_told() -> None:
    """The author of a change is the forge's log-in with its kind; of a deleted account neither is known."""
    shop = Forge().request(1, opened=2, commits="a@1", author="dep[bot]", author_kind="bot", labels="ai\nslow")
    shop.request(2, opened=2, commits="b@1", author=None, author_kind=None)
    with built(shop, as_of=50) as tables:
        rows = tables(
            "select author, author_kind, labels, additions, deletions, files, commits from changes order by number"
        )
    assert [tuple(row.values()) for row in rows] == [
        ("dep[bot]", "bot", "ai\nslow", 10, 2, 1, 1),
        ("", None, "", 10, 2, 1, 1),
    ]
