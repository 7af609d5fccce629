from __future__ import annotations

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.models.changes.commit_messages import picked_from, read_landing, reverted

SHA = "0123456789abcdef0123456789abcdef01234567"
SHA256 = SHA + "0123456789abcdef01234567"

# message, is it a merge → numbers, title, branch
MERGES = {
    "github": (
        "Merge pull request #12 from ann/topic\n\nAdd basket\n\nMore words",
        ((12,), "Add basket", "topic"),
    ),
    "github, slash in the branch": (
        "Merge pull request #12 from ann/feature/basket\n\nAdd basket",
        ((12,), "Add basket", "feature/basket"),
    ),
    "github, same repository": ("Merge pull request #12 from topic\n\nAdd basket", ((12,), "Add basket", "topic")),
    "github, no body": (
        "Merge pull request #12 from ann/topic",
        ((12,), "Merge pull request #12 from ann/topic", "topic"),
    ),
    "github, foreign number in the title": (
        "Merge pull request #12 from ann/topic\n\nFix what (#7) broke (#8)",
        ((12,), "Fix what (#7) broke (#8)", "topic"),
    ),
    "gitlab": (
        "Merge branch 'topic' into 'main'\n\nAdd basket\n\nSee merge request acme/shop!34",
        ((34,), "Add basket", "topic"),
    ),
    "gitlab, nested groups": (
        "Merge branch 'topic' into 'main'\n\nAdd basket\n\nCloses #9\n\nSee merge request acme/web/shop!34",
        ((34,), "Add basket", "topic"),
    ),
    "gitlab, old": ("Merge branch 't' into 'x'\n\nAdd basket\n\nSee merge request !34", ((34,), "Add basket", "t")),
    "bitbucket cloud": (
        "Merged in topic/basket (pull request #56)\n\nAdd basket\n\nApproved-by: Bob",
        ((56,), "Add basket", "topic/basket"),
    ),
    "bitbucket server": (
        "Pull request #56: Add basket\n\nMerge in ACME/shop from topic to main",
        ((56,), "Add basket", ""),
    ),
    "azure": ("Merged PR 78: Add basket\n\nRelated work items: #900", ((78,), "Add basket", "")),
    "homu": (
        "Auto merge of #90 - ann:topic, r=bob\n\nAdd basket\n\nWords",
        ((90,), "Add basket", "ann:topic"),
    ),
    "by hand": ("Merge branch 'topic'\n\nAdd basket", ((), "Add basket", "topic")),
    "by hand, from a remote": ("Merge remote-tracking branch 'origin/topic' into main", ((), "", "origin/topic")),
    "merge with a squash's number": ("Merge basket work (#12)", ((12,), "Merge basket work", "")),
    "empty": ("", ((), "", "")),
}  # fmt: skip

SINGLES = {
    "squash": ("Add basket (#12)\n\n* one\n* two", ((12,), "Add basket")),
    "gitlab's mark": ("Add basket (!12)", ((12,), "Add basket")),
    "two numbers, the last is the pull request": ("Backport basket (#12) (#15)", ((15, 12), "Backport basket")),
    "twice the same": ("Add basket (#12) (#12)", ((12,), "Add basket")),
    "number in the middle": ("Add (#12) basket", ((), "Add (#12) basket")),
    "an issue in words": ("Fix #12", ((), "Fix #12")),
    "white space behind": ("Add basket (#12)  \t", ((12,), "Add basket")),
    "nothing but a number": ("(#12)", ((12,), "(#12)")),
    "bracket without number": ("Add basket (#)", ((), "Add basket (#)")),
    "zero": ("Add basket (#0)", ((), "Add basket")),
    "more than any forge counts": (f"Add basket (#{10**30})", ((), "Add basket")),
    "more digits than Python reads": (f"Add basket (#{'9' * 5000})", ((), "Add basket")),
    "revert by the forge": ('Revert "Add basket (#12)" (#13)', ((13,), 'Revert "Add basket (#12)"')),
    "revert by hand keeps the other's number": ('Revert "Add basket (#12)"', ((), 'Revert "Add basket (#12)"')),
    "azure squash": ("Merged PR 78: Add basket", ((78,), "Add basket")),
    "bitbucket squash": ("Merged in topic (pull request #56)\n\nAdd basket", ((56,), "Add basket")),
    "gitlab squash": ("Add basket\n\nWords\n\nSee merge request acme/shop!34", ((34,), "Add basket")),
    "github's merge, quoted": (
        'Revert "Merge pull request #12 from ann/topic"',
        ((), 'Revert "Merge pull request #12 from ann/topic"'),
    ),
    "nothing": ("Start", ((), "Start")),
    "empty": ("", ((), "")),
    "only a body": ("\n\nwords (#12)", ((), "")),
    "carriage return": ("Add basket (#12)\r\n\r\nbody\r\n", ((12,), "Add basket")),
}  # fmt: skip


@pytest.mark.parametrize(("message", "expected"), MERGES.values(), ids=MERGES.keys())
def test_merge_names_its_pull_request(message: str, expected: tuple[tuple[int, ...], str, str]) -> None:
    """The merge commits of every forge give number, title and branch."""
    landing = read_landing(message, merge=True)
    numbers, title, branch = expected
    assert (landing.numbers, landing.branch) == (numbers, branch)
    assert landing.title == (title or message.partition("\n")[0])


@pytest.mark.parametrize(("message", "expected"), SINGLES.values(), ids=SINGLES.keys())
def test_single_commit_names_its_pull_request(message: str, expected: tuple[tuple[int, ...], str]) -> None:
    """The numbers at the end of a squash's subject count, the last one first, and leave the title."""
    landing = read_landing(message, merge=False)
    assert (landing.numbers, landing.title) == expected


REVERTS = {
    "git revert": (f'Revert "Add basket"\n\nThis reverts commit {SHA}.', ((SHA,), ())),
    "of a merge": (f'Revert "x"\n\nThis reverts commit {SHA}, reversing\nchanges made to {SHA}.', ((SHA,), ())),
    "short id": ("Back out\n\nThis reverts commit 0123456.", (("0123456",), ())),
    "too short an id": ("Back out\n\nThis reverts commit 012345.", ((), ())),
    "sha256": (f"Back out\n\nThis reverts commit {SHA256}.", ((SHA256,), ())),
    "upper case": (f"Back out\n\nThis Reverts Commit {SHA.upper()}.", ((SHA,), ())),
    "several, one named twice": (
        f"Back out\n\nThis reverts commit {SHA}.\nThis reverts commit 1234567.\nThis reverts commit {SHA}.",
        ((SHA, "1234567"), ()),
    ),
    "github's button": ('Revert "Add basket (#12)" (#13)\n\nReverts acme/shop#12', ((), (12,))),
    "gitlab's button": ('Revert "Add basket"\n\nReverts acme/shop!12', ((), (12,))),
    "subject alone": ('Revert "Add basket (#12)"', ((), (12,))),
    "revert of a revert takes back the revert": (
        'Revert "Revert "Add basket (#12)" (#13)" (#14)\n\nReverts acme/shop#13',
        ((), (13,)),
    ),
    "third turn": ('Revert "Revert "Revert "Add basket (#12)" (#13)" (#14)" (#15)', ((), (14,))),
    "talk of reverting": ("Do not revert #12\n\nIt reverts #12 nowhere", ((), ())),
    "not hexadecimal": ("x\n\nThis reverts commit ghijklmnop.", ((), ())),
    "cherry-pick of a revert": (
        f'Revert "x"\n\nThis reverts commit {SHA}.\n(cherry picked from commit 1234567)',
        ((SHA,), ()),
    ),
}


@pytest.mark.parametrize(("message", "expected"), REVERTS.values(), ids=REVERTS.keys())
def test_revert_names_what_it_takes_back(message: str, expected: tuple[tuple[str, ...], tuple[int, ...]]) -> None:
    """Commits and numbers that a message takes back are found, and those that it only mentions are not."""
    assert reverted(message) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f"Add basket\n\n(cherry picked from commit {SHA})", (SHA,)),
        ("Add basket\n\n(cherry picked from commit 0123456)", ("0123456",)),
        (f"Add\n\n(cherry picked from commit {SHA})\n(cherry picked from commit 1234567)", (SHA, "1234567")),
        (f"Add\n\n(cherry picked from commit {SHA})\n(cherry picked from commit {SHA})", (SHA,)),
        (f"Add (cherry picked from commit {SHA.upper()})", (SHA,)),
        (f"Add\n\ncherry picked from commit {SHA}", ()),
        ("Add\n\n(cherry picked from commit master)", ()),
        ("Add\n\n(cherry picked from commit 012345)", ()),
        ("", ()),
    ],
)
def test_cherry_pick_names_its_source(message: str, expected: tuple[str, ...]) -> None:
    """Each trailer that `git cherry-pick -x` wrote is found, by full or short id, once."""
    assert picked_from(message) == expected


HOSTILE = {
    "spaces": " " * 300_000 + "x",
    "numbers, then a word": "(#1)" * 75_000 + "x",
    "numbers apart": " (#1)" * 60_000,
    "open brackets": "(" * 300_000,
    "digits without end": "(#" + "1" * 300_000,
    "nested reverts": 'Revert "' * 40_000 + "(#1)",
    "revert of many": 'Revert "' + "(#1)" * 75_000,
    "exclamations": "x\n\nSee merge request " + "!1" * 150_000 + "x",
    "lines of requests": "x\n" + "See merge request !1\n\n\n" * 13_000 + "x",
    "names": "x\nReverts " + "a.-" * 100_000,
    "blank lines": "x\n" + "\n" * 300_000 + "x",
    "branch without end": "Merge branch '" + "a" * 300_000,
    "merge without end": "Merge pull request #1 from " + "a/" * 150_000 + " ",
    "hexadecimal": "This reverts commit " + "a" * 300_000,
    "picks": "(cherry picked from commit " * 11_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_message_costs_no_more_than_its_length(text: str) -> None:
    """A message of a third of a megabyte is read in well under a second, however it is made."""
    began = time.process_time()
    for merge in (True, False):
        read_landing(text, merge=merge)
    reverted(text)
    picked_from(text)
    assert time.process_time() - began < 2


MESSAGE = st.text(
    st.sampled_from("(#!1290) \n\t\rRevert\"'/mgpqucs:,-" + string.ascii_letters + "é\u0663\u2028"), max_size=80
)


@given(MESSAGE, st.booleans())
def test_any_message_is_read(message: str, merge: bool) -> None:
    """Whatever a message holds, numbers are positive and distinct, and the title is one line of it."""
    landing = read_landing(message, merge=merge)
    assert all(0 < number < 2**53 for number in landing.numbers)
    assert len(set(landing.numbers)) == len(landing.numbers)
    assert "\n" not in landing.title
    assert landing.title == landing.title.strip()
    assert landing.title in message
    shas, numbers = reverted(message)
    assert all(number > 0 for number in numbers)
    assert all(sha == sha.lower() for sha in (*shas, *picked_from(message)))


@given(st.lists(st.integers(1, 2**53 - 1), min_size=1, max_size=5), st.sampled_from(["", " ", "  "]))
def test_numbers_at_the_end_come_back_last_first(numbers: list[int], space: str) -> None:
    """Whatever numbers a subject ends in are read, each once, the last one first."""
    subject = "Add basket" + "".join(f"{space}(#{number})" for number in numbers)
    landing = read_landing(subject, merge=False)
    assert landing.numbers == tuple(dict.fromkeys(reversed(numbers)))
    assert landing.title == "Add basket"
