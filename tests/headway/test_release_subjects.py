"""What a subject says of a release."""

from __future__ import annotations

import pytest

from headway.releases.subjects import says_release


@pytest.mark.parametrize(
    "subject",
    [
        "v1.2.3",
        "0.7.0",
        "release: 0.44.0",
        "Release v0.6.0",
        "chore(release): 0.3.0 [skip ci]",
        "chore(main): release 0.4.0 (#54)",
        "chore(main): release basket 0.4.0",
        "Version Packages (#55)",
        "Version Packages (beta)",
        "Bump version to 2.20.15",
        "Bumps all our versions to 3.0.0 (#12715)",
        "[maven-release-plugin] prepare release 1.2",
        "[maven-release-plugin] prepare for next development iteration",
        "Prepare for the next release",
        "(cargo-release) version 0.3.1",
        "Publish",
        "@acme/shop@1.2.0",
    ],
)
def test_subjects_of_releases(subject: str) -> None:
    """The words of release tools and of people who release by hand."""
    assert says_release(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "Bump micromatch from 4.0.5 to 4.0.8",
        "cargo: bump gix to 0.86.0",
        "Bump dessant/lock-threads action to v6.0.2",
        "Update packages",
        "Bump MSRV to Rust 1.61",
        "Release memory earlier",
        "Fix release workflow for crossbeam crate",
        "Release 1.2.0 and fix the basket",
        "deque: Use relaxed store after release fence",
        "Upgrade to 2.0",
        "basket 1.2.3",
    ],
)
def test_subjects_of_other_work(subject: str) -> None:
    """A dependency's update names a package; a sentence has words that no release needs."""
    assert not says_release(subject)


def test_more_is_asked_of_a_changelog_and_less_of_a_tag() -> None:
    """A changelog's commit must name the version; a tagged one may name its package."""
    assert not says_release("Prepare for the next release", changelog=True)
    assert says_release("Prepare 1.2.0", changelog=True)
    assert says_release("basket 1.2.3", package=True)
