from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.warehouse.classify.making import RULES, landed, rules_of
from warehouse.classify import ChangeFacts, Verdict, classify_repository

HELPER = ("shop-helper[bot]", "77+shop-helper[bot]@users.noreply.github.com")
PATH = "docs/cart.md"
OWN = [
    "Explain the cart",
    "Add an example of a discount",
    "Correct the port in the guide",
    "Show how to return an order",
]
CHORES = ["Release 1.2.0", "Update translations", "Bump left-pad", "Regenerate the client"]


def verdicts(subjects: Iterable[str], author: tuple[str, str] = HELPER, path: str = PATH) -> list[Verdict]:
    """The verdicts on changes of one author with these subjects, in one repository."""
    changes = [
        landed(subject, change_id=f"git:shop@{number}", author=author, paths=(path,))
        for number, subject in enumerate(subjects)
    ]
    return [verdict for _, verdict in classify_repository(changes, RULES)]


def test_unknown_bot_with_subjects_of_its_own_is_an_agent() -> None:
    """An organisation's own agent writes another subject for every change of code or documents: weak evidence."""
    for verdict in verdicts(f"docs: {subject} (#{number})" for number, subject in enumerate(OWN)):
        assert (verdict.built_with_ai, verdict.confidence_how) == ("agent", "weak")
        assert verdict.evidence[0].matched == "shop-helper: 4 subjects in 4 changes"


@pytest.mark.parametrize(
    ("subjects", "path"),
    [
        (OWN[:3], PATH),
        ([*OWN, *["Sort the shelves"] * 3], PATH),
        (CHORES, PATH),
        (OWN, "locale/de.json"),
        (OWN, "CHANGELOG.md"),
        ([f"Regenerate docs for 1.{number}" for number in range(9)], PATH),
    ],
    ids=["few", "repeated", "chores", "data", "changelog", "template"],
)
def test_bot_that_repeats_itself_is_automation(subjects: list[str], path: str) -> None:
    """Few changes, repeated subjects, chores, or changes of data alone show no author."""
    assert {verdict.built_with_ai for verdict in verdicts(subjects, path=path)} == {"automation"}


def test_bot_that_copies_is_automation() -> None:
    """Backports have the subjects of others: they show no author."""
    assert {item.built_with_ai for item in verdicts(f"[release/1.2] {subject}" for subject in OWN)} == {"automation"}


def in_the_name_of(committer: tuple[str, str], subjects: Iterable[str]) -> set[str]:
    """How changes of a person were made that another account committed."""
    changes = [
        landed(subject, change_id=f"git:shop@{number}", committer=committer, paths=("static/a.js",))
        for number, subject in enumerate(subjects)
    ]
    return {verdict.built_with_ai for _, verdict in classify_repository(changes, RULES)}


def test_workflow_that_repeats_itself_in_the_name_of_people_is_automation() -> None:
    """A workflow commits with whoever triggered it as author; a merge queue commits what people wrote."""
    actions = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
    assert in_the_name_of(actions, ["Update assets"] * 5) == {"automation"}
    assert in_the_name_of(actions, OWN) == {"none"}
    assert in_the_name_of(("GitHub", "noreply@github.com"), ["Update assets"] * 5) == {"none"}


def test_known_bots_and_people_are_not_learned() -> None:
    """A bot that a rule knows by name stays automation, a person stays a person."""
    dependabot = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com")
    assert {item.built_with_ai for item in verdicts(OWN, dependabot)} == {"automation"}
    assert {item.built_with_ai for item in verdicts(OWN, ("Ada Baker", "ada@example.com"))} == {"none"}


def test_bot_is_known_by_its_log_in_and_its_address() -> None:
    """A pull request names the log-in, a commit the address: both are one bot."""
    changes = [
        landed(subject, change_id=f"git:shop@{number}", author=HELPER, paths=(PATH,))
        for number, subject in enumerate(OWN)
    ]
    opened = ChangeFacts("github:acme/shop#9", "Say more", author="shop-helper[bot]", author_kind="bot")
    verdict = dict(classify_repository([*changes, opened], RULES))[opened.change_id]
    assert verdict.built_with_ai == "agent"
    assert rules_of(verdict, "how") == {"bot-writes-like-an-author"}
