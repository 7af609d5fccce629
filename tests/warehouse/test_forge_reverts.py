"""Reverts and copies as each forge writes them, of a change that was in production."""

from __future__ import annotations

import pytest

from tests.builders.rows import Raw, built, commit_id

DIFF = "Differential Revision: https://reviews.example.org/D{}"

# What main got, in order: the change, and what took it back. A merge brings the commit before it.
MERGED = {
    "gitlab": (
        ("Add basket", "Merge branch 'topic' into 'main'\n\nAdd basket\n\nSee merge request acme/shop!12"),
        (
            "Revert \"Merge branch 'topic' into 'main'\"\n\nThis reverts merge request !12",
            "Merge branch 'back' into 'main'\n\nBack\n\nSee merge request https://git.example.org/acme/shop/-/merge_requests/13",
        ),
    ),
    "gitlab, of another group's reference": (
        ("Add basket", "Merge branch 'topic' into 'main'\n\nAdd basket\n\nSee merge request acme/shop!12"),
        (
            'Revert "Add basket"\n\nThis reverts merge request acme/shop!12.',
            "Merge branch 'back' into 'main'\n\nTake back\n\nSee merge request acme/shop!13",
        ),
    ),
    "forgejo": (
        ("Add basket", "Merge pull request 'Add basket' (#12) from ann/shop:topic into main"),
        ('Revert "Add basket"', "Merge pull request 'Revert \"Add basket (#12)\"' (#13) from back into main"),
    ),
    "bitcoin's script": (
        ("Add basket", "Merge acme/shop#12: Add basket"),
        ('Revert "Merge #12: Add basket"', 'Merge acme/shop#13: Revert "Merge #12: Add basket"'),
    ),
}  # fmt: skip
SQUASHED = {
    "bitbucket cloud": (
        "Merged in topic (pull request #12)\n\nAdd basket",
        'Merged in revert-pr-12 (pull request #13)\n\nRevert "Add basket (pull request #12)"',
    ),
    "bitbucket cloud, by its second line": (
        "Merged in topic (pull request #12)\n\nAdd basket",
        "Merged in back (pull request #13)\n\nTake it back\n\nThis reverts pull request #12.",
    ),
    "bitbucket data center": (
        "Pull request #12: Add basket\n\nMerge in ACME/shop from topic to main",
        'Pull request #13: Revert "Pull request #12: Add basket"\n\nMerge in ACME/shop from back to main',
    ),
    "azure": (
        "Merged PR 12: Add basket\n\nWords",
        'Merged PR 13: Revert "Merged PR 12: Add basket"\n\nReverts !12',
    ),
    "azure, the title alone": ("Merged PR 12: Add basket", 'Merged PR 13: Revert "Merged PR 12: Add basket"'),
    "azure, in the singular": ("Merged PR 12: Add basket", "Merged PR 13: Back\n\nRevert !12"),
    "azure, by commit": ("Merged PR 12: Add basket", f"Merged PR 13: Back\n\nReverted commit `{commit_id('a')[:8]}`."),
    "pytorch": (
        "Add basket (#12)\n\nPull Request resolved: https://github.com/acme/shop/pull/12",
        'Revert "Add basket" (#13)\n\nReverted https://github.com/acme/shop/pull/12 on behalf of https://github.com/bob',
    ),
    "phabricator": (f"Add basket (#12)\n\n{DIFF.format(112)}", f"Revert D112 (#13)\n\n{DIFF.format(113)}"),
    "phabricator, in the summary": (
        "Add basket (#12)\n\nDifferential Revision: D112",
        "Back (#13)\n\nSummary:\nThis diff reverts D112\n\nDifferential Revision: D113",
    ),
    "sapling": (
        f"Add basket (#12)\n\n{DIFF.format(112)}",
        'Back out "Add basket" (#13)\n\nOriginal commit changeset: 0123456789ab\n\nOriginal Phabricator Diff: D112',
    ),
    "gerrit": (
        "Add basket (#12)\n\nChange-Id: I0123",
        f"Revert \"Add basket\" (#13)\n\nThis reverts commit {commit_id('a')}.\n\nReason for revert: broken",
    ),
}  # fmt: skip


def shipped(commits: str, says: dict[str, str]) -> Raw:
    """Commits whose three landings, s, a and b, are in production one after the other."""
    raw = Raw().commits(commits, says=says)
    return raw.deploy("d0", "s", 1).deploy("d1", "a", 36).deploy("d2", "b", 60)


def check_one_of_three_failed(raw: Raw) -> None:
    """Change 12 was reverted when 13 landed: one failure sign, of the deployment that had shipped it."""
    with built(raw) as tables:
        assert tables.hours("lead_times", "number", "reverted_at") | {None: ()} == {None: (), 12: (58,), 13: (None,)}
        signs = tables("select deployment_id, sign, shown_by, change_key from failure_signs")
        assert signs == [{"deployment_id": "d1", "sign": "revert", "shown_by": "#13", "change_key": "#12"}]
        assert len(tables("select * from production_deployments")) == 3


@pytest.mark.parametrize(("change", "revert"), MERGED.values(), ids=MERGED)
def test_merged_revert_is_linked_on_every_forge(change: tuple[str, str], revert: tuple[str, str]) -> None:
    """Where a forge merges, its words are in the commit of the branch, in the merge, or in both."""
    says = {"t": change[0], "a": change[1], "r": revert[0], "b": revert[1]}
    check_one_of_three_failed(shipped("s@0 t@33:s a@34:s,t r@57:a b@58:a,r", says))


@pytest.mark.parametrize(("change", "revert"), SQUASHED.values(), ids=SQUASHED)
def test_squashed_revert_is_linked_on_every_forge(change: str, revert: str) -> None:
    """Where a forge squashes, one commit has the words of both the landing and the revert."""
    check_one_of_three_failed(shipped("s@0 a@34:s b@58:a", {"a": change, "b": revert}))


@pytest.mark.parametrize(
    ("change", "revert", "again"),
    [
        (
            "Merged PR 12: Add basket",
            'Merged PR 13: Revert "Merged PR 12: Add basket"\n\nReverts !12',
            'Merged PR 14: Revert "Merged PR 13: Revert "Merged PR 12: Add basket""\n\nReverts !13',
        ),
        (
            "Merged in topic (pull request #12)\n\nAdd basket",
            'Merged in r (pull request #13)\n\nRevert "Add basket (pull request #12)"',
            'Merged in rr (pull request #14)\n\nRevert "Revert "Add basket (pull request #12)" (pull request #13)"',
        ),
    ],
)
def test_revert_of_a_revert_is_no_sign_of_a_failure(change: str, revert: str, again: str) -> None:
    """It names the revert that it takes back, and only what that one took back had failed."""
    raw = shipped("s@0 a@34:s b@58:a c@70:b", {"a": change, "b": revert, "c": again}).deploy("d3", "c", 72)
    with built(raw) as tables:
        assert tables("select change_key, deployment_id from failure_signs") == [
            {"change_key": "#12", "deployment_id": "d1"}
        ]
        reverted = tables("select change_key, reverted_by from changes where number is not null order by number")
        assert [row["reverted_by"] for row in reverted] == ["#13", "#14", None]


@pytest.mark.parametrize(
    "words",
    [
        "(cherry picked from commit {sha})",
        "(cherry-picked from commit {sha})\n\n01234567 Add basket",
        "Cherry-picked from commit `{short}`.",
        "Cherry picked from !12",
        "Automated cherry pick of #12: Add basket",
    ],
)
def test_copy_on_a_release_branch_ships_the_change(words: str) -> None:
    """By commit or by number: what is deployed from the release branch has the change that its copy names."""
    says = {"a": "Add basket (#12)", "p": f"Add basket\n\n{words}".format(sha=commit_id("a"), short=commit_id("a")[:8])}
    raw = Raw().commits("s@0 a@5 b@6", says=says).commits("p@7:s", says=says, branch="release")
    with built(raw.deploy("d0", "s", 1).deploy("d1", "p", 9)) as tables:
        row = tables.change(12)
    assert (row["outcome"], row["mapped_by"], row["deployment_id"]) == ("production", "cherry_pick_trailer", "d1")


@pytest.mark.parametrize(
    ("subject", "outcome"),
    [("Add basket (backport #12) (#15)", "production"), ('Revert "Add basket (backport #12)" (#16)', "waiting")],
)
def test_copy_that_its_subject_names(subject: str, outcome: str) -> None:
    """A backport's title names the request that it copies; one that was taken back ships nothing."""
    says = {"a": "Add basket (#12)", "p": subject}
    raw = Raw().commits("s@0 a@5 b@6", says=says).commits("p@7:s", says=says, branch="release")
    with built(raw.deploy("d0", "s", 1).deploy("d1", "p", 9)) as tables:
        assert tables.change(12)["outcome"] == outcome
