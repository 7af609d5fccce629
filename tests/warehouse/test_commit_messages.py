from __future__ import annotations

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.hang import HANG_SECONDS
from warehouse.models.changes.commit_messages import (
    Landing,
    diff_number,
    landed_by_words,
    named_addresses,
    own_addresses,
    picked_from,
    read_landing,
    reverted,
    reverted_diffs,
    title_of,
)

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
    "github, without a branch": ("Merge pull request #12\n\nAdd basket", ((12,), "Add basket", "")),
    "gitlab, by address": (
        "Merge branch 't' into 'main'\n\nAdd basket\n\nSee merge request https://git.example.org/shop/-/merge_requests/34",
        ((34,), "Add basket", "t"),
    ),
    "gitlab, after a message that it repeats": (
        "Merge branch 't' into 'main'\n\nPick\n\nSee merge request acme/shop!12\n\nSee merge request acme/shop!34",
        ((34,), "Pick", "t"),
    ),
    "forgejo": (
        "Merge pull request 'Add (basket) '(#9)'' (#12) from ann/shop:topic into main",
        ((12,), "Add (basket) '(#9)'", "topic"),
    ),
    "forgejo, same repository": ("Merge pull request 'Add' (#12) from topic into main", ((12,), "Add", "topic")),
    "gitea, external tracker, head gone": (
        "Merge pull request 'Add basket' (!12) from <deleted>:topic into main",
        ((12,), "Add basket", "topic"),
    ),
    "bitcoin's script": ("Merge acme/shop#12: Add basket (#9)", ((12,), "Add basket (#9)", "")),
    "bitcoin's script, old": ("Merge #12: Add basket", ((12,), "Add basket", "")),
    "of a repository, nothing else": ("Merge acme/shop#12\n\nAdd basket", ((12,), "Add basket", "")),
    "coq's script": ("Merge PR #12: Add basket", ((12,), "Add basket", "")),
    "bors, one": ("Merge #12\n\n12: Add basket r=bob a=ann", ((12,), "Add basket", "")),
    "bors, several": (
        "Merge #13 #14\n\n13: Add menu r=bob a=ann\n\nWords\n\n14: Add footer r=bob a=ann",
        ((13, 14), "Add menu", ""),
    ),
    "rollup": ("Rollup merge of #15 - ann:topic15, r=bob\n\nAdd login", ((15,), "Add login", "ann:topic15")),
    "trial": ("Auto merge of #90 - ann:topic, r=<try>\n\nAdd basket", ((), "", "")),
    "python's squash": ("gh-96844: Add basket (gh-106455) (#116956)", ((116956, 106455), "gh-96844: Add basket", "")),
    "python's squash, GH": ("Add basket (GH-12)", ((12,), "Add basket", "")),
    "by hand": ("Merge branch 'topic'\n\nAdd basket", ((), "Add basket", "topic")),
    "by hand, from a remote": ("Merge remote-tracking branch 'origin/topic' into main", ((), "", "topic")),
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
    "a merge's words without a merge": ("Merge #12: Add basket", ((), "Merge #12: Add basket")),
    "bitbucket's squash": ("Add basket (pull request #12)", ((12,), "Add basket")),
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
    "gitlab's button on a merge request": (
        "Revert \"Merge branch 'topic' into 'main'\"\n\nThis reverts merge request !12",
        ((), (12,)),
    ),
    "bitbucket's button": ('Merged in r (pull request #13)\n\nRevert "Add (pull request #12)"', ((), (12,))),
    "azure's button": ('Merged PR 13: Revert "Merged PR 12: Add basket"\n\nReverts !12', ((), (12,))),
    "azure's commit": (f"Back\n\nReverted commit `{SHA}`.", ((SHA,), ())),
    "of a merge by its subject": ('Revert "Merge pull request #12 from ann/topic"', ((), (12,))),
    "of a revert without a number": ('Revert "Revert "Add basket (#12)""', ((), ())),
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
    assert picked_from(message) == (expected, ())


def test_copy_names_a_request() -> None:
    """Azure's button, backports and Kubernetes' script name the number; a revert of a backport copies nothing."""
    assert picked_from("Merged PR 15: Add\n\nCherry picked from !12") == ((), (12,))
    assert picked_from(f"Add\n\nCherry picked from !12\nCherry-picked from commit `{SHA}`.") == ((SHA,), (12,))
    assert picked_from(f"Add\n\n(cherry-picked from commit {SHA})\n\n01234567 Add") == ((SHA,), ())
    assert picked_from("Add basket (backport #12) (#15)") == ((), (12,))
    assert picked_from('Revert "Add basket (backport #12)" (#16)') == ((), ())
    merge = "Merge pull request #15 from bot/automated-cherry-pick-of-#12-#14-release-1.7\n\n"
    assert picked_from(f"{merge}Automated cherry pick of #12 #14") == ((), (12, 14))


def test_batch_has_a_title_for_each_request() -> None:
    """Bors lists the requests that it merges together, with title, reviewer and author."""
    message = "Merge #13 #14\n\n13: Add 14: menu r=bob a=ann\n\n14: Add footer r=bob a=ann\n\n1: no"
    assert [title_of(message, number) for number in (13, 14, 1, 4, 99)] == ["Add 14: menu", "Add footer", "", "", ""]


WORDS = {
    "node": ("Add\n\nPR-URL: https://github.com/Acme/Shop/pull/14\nReviewed-By: Bob", ((14,), ())),
    "pytorch": ("Add (#1)\n\nPull Request resolved: https://github.com/acme/shop/pull/14\n", ((14,), ())),
    "ghstack": ("Add\n\nghstack-source-id: 01\nPull-Request: https://github.com/acme/shop/pull/14", ((14,), ())),
    "shipit": ("Add\n\nSummary: Pull Request resolved: https://github.com/acme/shop/pull/14", ((14,), ())),
    "forgejo": ("Add (#14)\n\nReviewed-on: https://codeberg.org/acme/shop/pulls/14", ((14,), ())),
    "gerrit's review": ("Add\n\nReviewed-on: https://review.example.org/c/shop/+/14", ((), ())),
    "copybara": ("Add\n\nCOPYBARA_INTEGRATE_REVIEW=https://github.com/acme/shop/pull/14 from ann:t 0123", ((14,), ())),
    "copybara, not yet": (
        "Add\n\nFUTURE_COPYBARA_INTEGRATE_REVIEW=https://github.com/acme/shop/pull/14 from ann:t 0123",
        ((), ()),
    ),
    "gerritbot": ("Add\n\nGitHub-Last-Rev: 0123\nGitHub-Pull-Request: acme/shop#14", ((14,), ())),
    "marge-bot": ("Add\n\nPart-of: <https://gitlab.example.org/acme/shop/-/merge_requests/14>", ((14,), ())),
    "another repository": ("Add\n\nPR-URL: https://github.com/acme/other/pull/14", ((), ())),
    "spark": ("[X-1] Add\n\nCloses #13 from ann/topic13.\n\nAuthored-by: Ann", ((13,), ())),
    "one closing word": ("Add\n\nThis closes #13.", ((), (13,))),
    "flink": ("[X-1] Add\n\nThis closes #13", ((), (13,))),
    "of this repository": ("Add\n\nResolves: ACME/shop#13", ((), (13,))),
    "of another repository": ("Add\n\nFixes acme/other#13", ((), ())),
    "by address": ("Add\n\nCloses https://github.com/acme/shop/pull/13", ((), (13,))),
    "twice the same": ("Add\n\nCloses #13\nfixes #13", ((), (13,))),
    "stale ones": ("Close stale PRs\n\nCloses #13\nCloses #14\nCloses #15", ((), ())),
    "several by one word": ("Add\n\nCloses #13, #14 and #15", ((), ())),
    "no word": ("Add\n\nSee #13, encloses #14", ((), ())),
    "the subject alone": ("Fix #13", ((), ())),
}  # fmt: skip


@pytest.mark.parametrize(("message", "expected"), WORDS.values(), ids=WORDS.keys())
def test_body_names_the_request_that_it_lands(message: str, expected: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    """Addresses of this repository are sure, and closing words with a branch; others count if there is only one."""
    assert landed_by_words(message, {"acme/shop"}) == expected


def test_numbers_of_other_repositories_are_foreign() -> None:
    """A request of another repository, by a reference, an address or a trailer, is none of this one."""
    ours = {"acme/shop"}
    assert read_landing("Merge acme/other#12: Add", merge=True, addresses=ours) == Landing((), "Add", "", (12,))
    gitlab = "Merge branch 't' into 'main'\n\nAdd\n\nSee merge request {}"
    for reference, numbers in {
        "acme/security/shop!12": (),
        "https://gitlab.com/acme/other/-/merge_requests/12": (),
        "https://gitlab.com/ACME/shop/-/merge_requests/12": (12,),
        "!12": (12,),
        "shop!12": (12,),
        "other!12": (),
    }.items():
        landing = read_landing(gitlab.format(reference), merge=True, addresses=ours)
        assert landing == Landing(numbers, "Add", "t", () if numbers else (12,))
    squash = "Add (#12)\n\nReviewed-on: https://gitea.com/{}/pulls/12"
    assert read_landing(squash.format("acme/other"), merge=False, addresses=ours) == Landing((), "Add", "", (12,))
    assert read_landing(squash.format("acme/shop"), merge=False, addresses=ours) == Landing((12,), "Add", "")
    assert reverted("Back\n\nReverts acme/other#12", ours) == ((), ())
    assert reverted("Back\n\nReverts Acme/Shop#12", ours) == ((), (12,))


def test_own_names_of_a_repository_come_from_its_steps() -> None:
    """Its own name where that is used, else the habitual one; a former name with other numbers."""

    def steps(path: str, *numbers: int) -> list[str]:
        return [f"Add (#{n})\n\nReviewed-on: https://git.example.org/{path}/pulls/{n}" for n in numbers]

    own = steps("Acme/Shop", 11, 12, 13)
    assert own_addresses("acme/shop", own) == {"acme/shop"}
    assert own_addresses("codeberg.org/acme/shop", own) == {"acme/shop"}
    assert own_addresses("mirrors/shop", own) == {"acme/shop", "mirrors/shop"}
    assert own_addresses("shop", own) == {"acme/shop"}
    assert own_addresses("acme/shop", [*steps("old/shop", 1, 2, 3), *own]) == {"acme/shop", "old/shop"}
    assert own_addresses("acme/shop", [*steps("old/shop", 11, 12), *own]) == {"acme/shop"}
    assert own_addresses("acme/shop", [*own[:1], *steps("acme/security", 1), *own[1:]]) == {"acme/shop"}
    assert own_addresses("acme/shop", ["Start", *steps("other/lib", 14), "Add (#1)"]) == {"acme/shop"}
    assert own_addresses("acme/shop", [*steps("other/lib", 14), *own]) == {"acme/shop"}
    assert own_addresses("shop", ["Add (#1)", "Start"]) == frozenset()
    imported = [*steps("other/lib", 1), *["Push"] * 90, *steps("other/lib", 2, 3), *steps("acme/shop", 5, 6, 7)]
    assert own_addresses("shop", [*imported, *steps("other/lib", 8, 9)]) == {"acme/shop"}
    assert own_addresses("shop", imported[:-2]) == frozenset()
    assert own_addresses("shop", imported, lambda number, _: number < 4) == {"other/lib"}
    assert own_addresses("shop", imported, lambda number, _: number < 3) == {"acme/shop"}
    assert own_addresses("acme/shop", []) == {"acme/shop"}
    assert list(named_addresses("Merge acme/Shop#1: Add")) == [("acme/shop", 1)]


def test_diff_of_a_review_tool_has_a_number() -> None:
    """The commit's own number, with an address or without, and those that it takes back."""
    assert diff_number("Add\n\nDifferential Revision: https://reviews.llvm.org/D12") == "D12"
    assert diff_number("Add\n\nDifferential Revision: D12") == "D12"
    assert diff_number("Add\n\nIn Differential Revision: D12 we saw") == ""
    assert reverted_diffs('Back out "Add"\n\nOriginal Phabricator Diff: D12 (0123)') == ("D12",)
    assert reverted_diffs("Revert D12: Add\n\nSummary:\nThis diff reverts D12") == ("D12",)
    assert reverted_diffs("Add what reverts D12") == ()


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
    "batch": "Merge " + "#1 " * 100_000 + "x",
    "lines of a batch": "Merge #1\n" + "1: a r=b a=c x\n" * 20_000,
    "line of a batch": "Merge #1\n1: " + " r=b a=c" * 37_000 + " x",
    "requests of forgejo": "Merge pull request '" + "' (#1) from " * 25_000,
    "closing words": "x\n" + "closes #1, " * 27_000,
    "addresses": "x\nPR-URL: https://a/" + "/pull/1" * 40_000 + " x",
    "trailers": "x\n" + "Reviewed-on: https://a/b/c/pulls/1\n" * 8_000,
    "diffs": "Revert D" + "1" * 300_000,
    "lines without end": "x\n" + "See merge request" * 17_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_message_costs_no_more_than_its_length(text: str) -> None:
    """A message of a third of a megabyte is read in well under a second, however it is made."""
    began = time.process_time()
    for merge in (True, False):
        read_landing(text, merge=merge)
    reverted(text)
    picked_from(text)
    landed_by_words(text, {"acme/shop"})
    own_addresses("acme/shop", [text])
    reverted_diffs(text)
    diff_number(text)
    assert time.process_time() - began < HANG_SECONDS


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
    assert all(sha == sha.lower() for sha in (*shas, *picked_from(message).commits))


@given(st.lists(st.integers(1, 2**53 - 1), min_size=1, max_size=5), st.sampled_from(["", " ", "  "]))
def test_numbers_at_the_end_come_back_last_first(numbers: list[int], space: str) -> None:
    """Whatever numbers a subject ends in are read, each once, the last one first."""
    subject = "Add basket" + "".join(f"{space}(#{number})" for number in numbers)
    landing = read_landing(subject, merge=False)
    assert landing.numbers == tuple(dict.fromkeys(reversed(numbers)))
    assert landing.title == "Add basket"
