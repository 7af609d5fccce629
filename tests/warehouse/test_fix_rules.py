from __future__ import annotations

import time

import pytest

from headway.settings import DoraSettings
from tests.builders.hang import HANG_SECONDS
from warehouse.fixes import FixRules, Said

RULES = FixRules.load(DoraSettings().hotfix, DoraSettings().fix_labels)


@pytest.mark.parametrize(
    "title",
    [
        "fix: rounding of totals",
        "fix(api)!: answer 404 for what is gone",
        "Bugfix: date format year consistent",
        "Fix password resets (#741)",
        "Fixed a crash when the basket is empty",
        "Resolve timeout while paging",
        "Prevent panic on an empty list",
        "Fix budget money formatting",
        "Fix auto sync trigger logic and add tests",
        "[BUG] regression in search",
    ],
)
def test_fix_is_told_by_its_subject(title: str) -> None:
    """Types of conventional commits and words that say that something was broken make a fix."""
    assert RULES.evidence(Said(title))[0] == "fix"


@pytest.mark.parametrize(
    "title",
    [
        "feat: fix for everybody",
        "chore: fix changelog script",
        "docs: fix CODEOWNERS syntax",
        "fix(ci): pin the runner",
        "fix(deps): update module x to v2",
        "fix: correct spelling of licence",
        "Fix typo in README",
        "fix linter",
        "Fix a random test error",
        "Fix flaky tests",
        "fix tests for the new exception text",
        "Fix merge conflicts with main",
        "Fix deprecation warnings",
        "fix the build",
        "pep8 fix",
        "Reformat code",
        "Add prefix and suffix",
        "Add debug output",
        "Use fixture data",
        "Set a fixed-width font",
        'Revert "fix: rounding of totals"',
        "Add autofix to the editor",
        "Another tweak to the bug template",
        "Update the version of lodash to fix CVE",
        "",
    ],
)
def test_traps(title: str) -> None:
    """What a search for "fix" finds and mends nothing that ran: tests, documents, builds, typos, other words."""
    assert RULES.evidence(Said(title)) == ("", "")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said("Hotfix: totals"), ("hotfix", "its title says hot fix")),
        (Said("Totals", branch="hotfix/totals"), ("hotfix", "branch 'hotfix/totals'")),
        (Said("Totals", labels="urgent\nhot-fix"), ("hotfix", "label 'hot-fix'")),
        (Said("Totals", labels="kind/bug"), ("fix", "label 'kind/bug'")),
        (Said("Totals", labels="bug-bounty\nnot a bug"), ("", "")),
        (Said("Totals", body="It broke in INC-7."), ("incident", "it names the incident INC-7")),
        (Said("Totals", branch="inc-7-totals"), ("incident", "it names the incident INC-7")),
        (Said("Totals", body="See INC-77 and 12."), ("", "")),
        (Said("fix: totals", labels="hotfix"), ("hotfix", "label 'hotfix'")),
    ],
)
def test_labels_branches_and_incidents(said: Said, expected: tuple[str, str]) -> None:
    """An urgent mark goes before an incident, that before a label, and that before the subject."""
    assert RULES.evidence(said, ["INC-7", "12"]) == expected


def test_patterns_are_the_teams() -> None:
    """A team's own patterns take the place of the usual ones; an empty one finds nothing."""
    rules = FixRules.load("", "^sev[0-9]$")
    assert rules.evidence(Said("Hotfix totals"))[0] == "fix"
    assert rules.evidence(Said("Totals", labels="sev1"))[0] == "fix"
    assert rules.evidence(Said("Totals", labels="bug"))[0] == ""


def test_hostile_titles_take_no_time() -> None:
    """No subject makes a rule walk for long."""
    began = time.perf_counter()
    for text in ("fix " * 5000, "(" * 5000, "prevent " * 3000 + "x", "bump " * 3000, "fix(" + "a" * 5000):
        RULES.evidence(Said(text, labels=text, branch=text, body=text * 5), ["INC-7"])
    assert time.perf_counter() - began < HANG_SECONDS
