"""A team's own rules: every field of the axis how honours its verdict."""

from __future__ import annotations

from typing import Any

import pytest

from headway.errors import UsageError
from headway.settings import AiOverride, AiRule, AiSettings
from tests.warehouse.classify.making import commit, rules_of
from warehouse.classify import ChangeFacts, LineAttribution, Rules, RuleSettings, Verdict, classify_repository
from warehouse.classify.rules.load import HOW_FIELDS, WHAT_FIELDS

TRAIN = ("Train", "train@example.com")
ROBOT = ("till-robot", "1@example.com")
CLAUDE = "Co-authored-by: Claude <noreply@anthropic.com>"
COPILOT = ("Copilot", "198982749+Copilot@users.noreply.github.com")
QUESTION = "### Were AI tools used?\n\n- [x] the train did it\n"


def own(field: str, pattern: str, verdict: str, **given: Any) -> AiRule:
    """A rule of the team."""
    return AiRule(id=f"own-{field}", axis="how", field=field, pattern=pattern, verdict=verdict, **given)


def pull(**given: Any) -> ChangeFacts:
    """A pull request of one commit of a person, unless said otherwise."""
    given.setdefault("commits", (commit(),))
    return ChangeFacts("github:acme/shop#7", **given)


def judged(change: ChangeFacts, *rules: AiRule, **settings: Any) -> Verdict:
    """The verdict under rules of the team."""
    return Rules.load(RuleSettings.of(AiSettings(rules=rules, **settings))).judge(change)


def written(body: str) -> ChangeFacts:
    """A pull request whose only commit has this below its subject."""
    return pull(commits=(commit(f"Sort\n\n{body}"),))


MATCHED: dict[str, tuple[str, ChangeFacts]] = {
    "app": ("train", pull(author="train[bot]", author_kind="bot", commits=())),
    "email": ("^train@", pull(commits=(commit(author=TRAIN),))),
    "name": ("^Train$", pull(commits=(commit(author=TRAIN),))),
    "person": ("^Train <", written("Co-authored-by: Train <train@example.com>")),
    "line": ("^by-train: yes", written("By-train: yes")),
    "answer": ("train", pull(body=QUESTION)),
    "section": ("driven by the train", pull(body="## AI disclosure\n\nThis was driven by\nthe train.")),
    "box": ("^by the train$", written("- [ ] by a person\n- [x] by the train")),
    "comment": ("^train-run:", written("<!-- train-run: 7 -->")),
    "prose": ("made by the train", written("This was made by\nthe train.")),
    "branch": ("^train/", pull(head_ref="train/7")),
    "label": ("train", pull(labels=("train",))),
    "title": ("^Train:", pull(title="Train: sort")),
    "body": ("automated train", pull(body="An automated train.")),
    "bot": ("^fix: ", pull(title="fix: sort", commits=(commit("fix: sort", author=ROBOT),))),
}
"""For each field a pattern, and a change that it matches."""


@pytest.mark.parametrize("verdict", ["ai", "automation"])
@pytest.mark.parametrize("field", HOW_FIELDS)
def test_every_field_honours_its_verdict(field: str, verdict: str) -> None:
    """A change that a rule of the team matches has the verdict of that rule, by that rule."""
    pattern, change = MATCHED[field]
    answer = judged(change, own(field, pattern, verdict))
    assert answer.built_with_ai in {"ai": {"agent", "assisted"}, "automation": {"automation"}}[verdict]
    assert f"own-{field}" in rules_of(answer, "how")
    assert answer.confidence_how == "strong"
    assert answer.marked_share == 0 or verdict == "ai"


@pytest.mark.parametrize("field", HOW_FIELDS)
def test_automation_is_as_confident_as_its_rule(field: str) -> None:
    """A rule that is weak evidence makes automation on weak evidence."""
    pattern, change = MATCHED[field]
    answer = judged(change, own(field, pattern, "automation", confidence="weak"))
    assert (answer.built_with_ai, answer.confidence_how) == ("automation", "weak")


@pytest.mark.parametrize("field", HOW_FIELDS)
def test_automation_of_the_team_outranks_built_in_marks(field: str) -> None:
    """What a rule of the team calls automation is automation beside the marks of an agent."""
    pattern, change = MATCHED[field]
    first = change.commits[0] if change.commits else commit()
    message = first.message if "\n\n" in first.message else f"{first.message}\n\nNothing more."
    marked = first._replace(message=f"{message}\n{CLAUDE}")
    answer = judged(change._replace(commits=(marked,)), own(field, pattern, "automation"))
    assert answer.built_with_ai == "automation"


@pytest.mark.parametrize("field", ["line", "branch", "label", "title", "body"])
def test_automation_of_the_team_outranks_an_agent_as_author(field: str) -> None:
    """A release that an agent opened is automation where a rule of the team says so."""
    pattern, change = MATCHED[field]
    by_agent = tuple(item._replace(author_name=COPILOT[0], author_email=COPILOT[1]) for item in change.commits)
    assert judged(change._replace(commits=by_agent)).built_with_ai == "agent"
    assert judged(change._replace(commits=by_agent), own(field, pattern, "automation")).built_with_ai == "automation"


@pytest.mark.parametrize(("field", "pattern"), [("email", "Copilot@"), ("name", "^Copilot$"), ("app", "Copilot")])
def test_own_identity_outranks_a_built_in_agent(field: str, pattern: str) -> None:
    """An agent that the team calls automation is automation, by name as by address."""
    author = ("Copilot", "copilot[bot]@users.noreply.github.com") if field == "app" else COPILOT
    change = pull(commits=(commit(author=author),))
    assert judged(change, own(field, pattern, "automation")).built_with_ai == "automation"


def test_own_rule_for_bots_outranks_the_built_in_one() -> None:
    """An unknown bot that fixes code is an agent, unless the team calls what it does automation."""
    change = MATCHED["bot"][1]
    assert judged(change).built_with_ai == "agent"
    answer = judged(change, own("bot", "^fix", "automation"))
    assert (answer.built_with_ai, answer.confidence_how) == ("automation", "strong")


def test_some_commits_do_not_speak_for_the_change() -> None:
    """Automation in the messages of half of the commits is none of the change, also where the squash repeats them."""
    rule = own("line", "^by-train: yes", "automation")
    commits = (commit("Sort\n\nBy-train: yes", sha="a"), commit("Tidy", sha="b"))
    assert judged(pull(commits=commits), rule).built_with_ai == "none"
    squash = commit("Sort (#7)\n\n* Sort\n\nBy-train: yes\n\n* Tidy", sha="c")
    assert judged(pull(commits=commits, landing=squash), rule).built_with_ai == "none"
    assert judged(pull(commits=(), landing=squash), rule).built_with_ai == "none"
    own_line = commit("Sort (#7)\n\nBy-train: yes", sha="c")
    assert judged(pull(commits=(commit("Tidy"),), landing=own_line), rule).built_with_ai == "automation"
    assert judged(pull(commits=(*commits, commit("B\n\nBy-train: yes", sha="d"))), rule).built_with_ai == "automation"


def test_automated_commits_are_left_out_of_the_share() -> None:
    """The share of marked commits is that of the commits which automation did not make."""
    commits = (commit("A\n\nBy-train: yes", sha="a"), commit(f"B\n\n{CLAUDE}", sha="b"), commit("C", sha="c"))
    answer = judged(pull(commits=commits), own("line", "^by-train: yes", "automation"))
    assert (answer.built_with_ai, answer.marked_share) == ("assisted", 0.5)


def test_line_attribution_and_overrides_outrank_automation() -> None:
    """Recorded lines and the team's answer for one change come before a rule for many."""
    rule = own("title", "^Train:", "automation")
    noted = commit(attribution=LineAttribution(3, 1))
    assert judged(pull(title="Train: sort", commits=(noted,)), rule).built_with_ai == "assisted"
    override = AiOverride(change="github:acme/shop#7", built_with_ai="none")
    assert judged(pull(title="Train: sort"), rule, overrides=(override,)).built_with_ai == "none"


def test_copy_keeps_its_own_automation() -> None:
    """A backport that a rule of the team calls automation does not take the class of its original."""
    original = ChangeFacts("github:acme/shop#1", landing=commit(f"Sort (#1)\n\n{CLAUDE}", sha="a" * 40))
    copy = ChangeFacts(
        "github:acme/shop#2",
        title="Backport: sort",
        landing=commit(f"Backport: sort\n\n(cherry picked from commit {'a' * 40})", sha="b" * 40),
    )
    rules = Rules.load(RuleSettings.of(AiSettings(rules=(own("title", "^Backport", "automation"),))))
    assert [verdict.built_with_ai for _, verdict in classify_repository([original, copy], rules)] == [
        "assisted",
        "automation",
    ]


@pytest.mark.parametrize("field", WHAT_FIELDS)
def test_verdict_without_a_meaning_is_refused(field: str) -> None:
    """A rule about what a change builds has no verdict of automation."""
    table = {"id": "own", "axis": "what", "field": field, "pattern": "x", "weight": 3.0, "verdict": "automation"}
    with pytest.raises(UsageError, match='verdict = "automation" means nothing') as caught:
        Rules.load(RuleSettings(rules=(table,)))
    assert "axis" in (caught.value.hint or "")


def test_changes_of_a_team_with_four_rules() -> None:
    """Title, label, text and branch mark automation; a change without any of them has none."""
    rules = (
        own("title", "^Version Packages", "automation"),
        own("label", "release", "automation"),
        own("body", "Automated release", "automation"),
        own("branch", "^train/", "automation"),
    )
    changes = (
        pull(title="Version Packages", head_ref="topic"),
        pull(title="Work", labels=("release",), head_ref="topic"),
        pull(title="Work", body="Automated release by the train", head_ref="topic"),
        pull(title="Work", head_ref="train/14"),
        pull(title="Work", head_ref="topic"),
    )
    verdicts = [judged(change, *rules) for change in changes]
    assert [verdict.built_with_ai for verdict in verdicts] == ["automation"] * 4 + ["none"]
    assert [verdict.confidence_how for verdict in verdicts] == ["strong"] * 4 + [""]
