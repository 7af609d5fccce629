"""Reverts and copies as each forge writes them, of a change that was in production."""

from __future__ import annotations

from collections.abc import Mapping

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


def shipped(commits: str, says: Mapping[str, str], repo: str = "acme/shop") -> Raw:
    """Commits whose three landings, s, a and b, are in production one after the other."""
    raw = Raw(repo).commits(commits, says={name: words.replace("acme/shop", repo) for name, words in says.items()})
    return raw.deploy("d0", "s", 1).deploy("d1", "a", 36).deploy("d2", "b", 60)


def check_one_of_three_failed(commits: str, cases: Mapping[str, Mapping[str, str]]) -> None:
    """Change 12 was reverted when 13 landed: one failure sign, of the deployment that had shipped it.

    The commits of each case have its messages, in a repository of its own.
    """
    repositories = {case: f"acme{number}/shop" for number, case in enumerate(cases)}
    with built(*(shipped(commits, says, repositories[case]) for case, says in cases.items())) as tables:
        for case, repo in repositories.items():
            own = f"where repo_id = 'git:{repo}'"
            reverted = tables.hours(f"lead_times {own}", "number", "reverted_at")
            assert reverted | {None: ()} == {None: (), 12: (58,), 13: (None,)}, case
            signs = tables(f"select deployment_id, sign, shown_by, change_key from failure_signs {own}")
            sign = {"deployment_id": "d1", "sign": "revert", "shown_by": "#13", "change_key": "#12"}
            assert signs == [sign], case
            assert len(tables(f"select * from production_deployments {own}")) == 3, case


@pytest.mark.slow
def test_merged_revert_is_linked_on_every_forge() -> None:
    """Where a forge merges, its words are in the commit of the branch, in the merge, or in both."""
    cases = {
        case: {"t": change[0], "a": change[1], "r": revert[0], "b": revert[1]}
        for case, (change, revert) in MERGED.items()
    }
    check_one_of_three_failed("s@0 t@33:s a@34:s,t r@57:a b@58:a,r", cases)


@pytest.mark.slow
def test_squashed_revert_is_linked_on_every_forge() -> None:
    """Where a forge squashes, one commit has the words of both the landing and the revert."""
    cases = {case: {"a": change, "b": revert} for case, (change, revert) in SQUASHED.items()}
    check_one_of_three_failed("s@0 a@34:s b@58:a", cases)


@pytest.mark.slow
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


def test_copy_on_a_release_branch_ships_the_change() -> None:
    """By commit or by number: what is deployed from the release branch has the change that its copy names."""
    copies = (
        "(cherry picked from commit {sha})",
        "(cherry-picked from commit {sha})\n\n01234567 Add basket",
        "Cherry-picked from commit `{short}`.",
        "Cherry picked from !12",
        "Automated cherry pick of #12: Add basket",
    )
    parts = []
    for number, words in enumerate(copies):
        named = words.format(sha=commit_id("a"), short=commit_id("a")[:8])
        says = {"a": "Add basket (#12)", "p": f"Add basket\n\n{named}"}
        raw = Raw(f"acme/{number}").commits("s@0 a@5 b@6", says=says).commits("p@7:s", says=says, branch="release")
        parts.append(raw.deploy("d0", "s", 1).deploy("d1", "p", 9))
    with built(*parts) as tables:
        rows = tables("select repo, outcome, mapped_by, deployment_id from lead_times where number = 12 order by repo")
    assert [tuple(row.values()) for row in rows] == [
        (f"acme/{number}", "production", "cherry_pick_trailer", "d1") for number in range(len(copies))
    ]


@pytest.mark.slow
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
