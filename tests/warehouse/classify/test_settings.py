from __future__ import annotations

from importlib import resources
from typing import Any

import pytest

from headway.errors import UsageError
from tests.warehouse.classify.making import commit, landed, rules_of
from warehouse.classify import ChangeFacts, ChangeOverride, Rules, RuleSettings, Verdict, classify_repository
from warehouse.classify.rules.load import built_in_rules, load_rules
from warehouse.classify.rules.packages import package_lists

CLAUDE = "Co-authored-by: Claude <noreply@anthropic.com>"


def judged(message: str, settings: RuleSettings, **given: Any) -> Verdict:
    """The verdict on a change of one commit, under some settings."""
    return Rules.load(settings).judge(landed(message, **given))


def test_own_agents_and_bots_are_named() -> None:
    """A team names its own agents and bots by address, name, log-in or glob; that wins over what is built in."""
    settings = RuleSettings(ai_identities=("helper@example.com", "Shop-*"), automation_identities=("*@bots.example",))
    assert judged("Sort", settings, author=("Helper", "Helper@Example.com")).built_with_ai == "agent"
    assert judged("Sort", settings, author=("shop-agent", "a@example.com")).built_with_ai == "agent"
    assert judged("Sort", settings, author=("Ada", "x@bots.example")).built_with_ai == "automation"
    assert judged("Sort\n\nCo-authored-by: H <helper@example.com>", settings).built_with_ai == "assisted"
    taken = RuleSettings(automation_identities=("noreply@anthropic.com",))
    assert judged("Sort", taken, author=("Claude", "noreply@anthropic.com")).built_with_ai == "automation"
    by_login = ChangeFacts("x#1", author="shop-agent", author_kind="person", commits=(commit(),))
    assert Rules.load(settings).judge(by_login).built_with_ai == "agent"


def test_own_paths_decide() -> None:
    """Half of the files in the team's AI paths are enough; excluded paths are never evidence."""
    settings = RuleSettings(ai_paths=("pricing/**/forecast/*.py",), not_ai_paths=("docs/", "vendor/llm/**"))
    forecast = ("pricing/eu/forecast/a.py", "pricing/forecast/b.py")
    assert rules_of(judged("Tidy", settings, paths=(*forecast, "x", "y")), "what") == {"ai_paths"}
    assert not judged("Tidy", settings, paths=(*forecast, "x", "y", "z")).builds_ai
    assert not judged("Tidy", settings, paths=("pricing/forecast/deep/b.py",)).builds_ai
    assert not judged("Fix the LLM page", settings, paths=("docs/llm.md", "vendor/llm/a.py")).builds_ai
    assert judged("Tidy", settings, paths=("docs/llm.md", "src/llm/a.py")).builds_ai


def test_own_labels_scopes_and_repositories_decide() -> None:
    """Labels, scopes and whole repositories that the team calls AI work are."""
    settings = RuleSettings(ai_labels=("squad/brain*",), scopes=("ranker",), ai_repos=("acme/brain-*",))
    rules = Rules.load(settings)
    assert rules.judge(ChangeFacts("x#1", labels=("Squad/Brain-1",), commits=(commit(),))).builds_ai
    assert judged("fix(cart, ranker): tidy", settings).builds_ai
    assert not judged("fix(rank): tidy", settings).builds_ai
    assert judged("Tidy", settings, change_id="github:acme/brain-web#3").confidence_what == "strong"
    assert not judged("Tidy", settings, change_id="github:acme/web#3").builds_ai


def test_rules_are_switched_off_and_on() -> None:
    """A rule that is disabled says nothing; one that is off by default can be enabled."""
    off = RuleSettings(disable=("disclosure", "subject-*"))
    assert judged("Sort\n\nThis change was written with Claude.", off).built_with_ai == "none"
    assert not judged("Ask the LLM", off).builds_ai
    change = ChangeFacts("x#1", head_ref="agent/sort", commits=(commit(),))
    assert Rules.load().judge(change).built_with_ai == "none"
    assert Rules.load(RuleSettings(enable=("branch-perhaps",))).judge(change).built_with_ai == "agent"


def test_rules_are_weighed_anew() -> None:
    """A weight of one's own moves the verdict, for words and for paths; so do the numbers."""
    assert judged("Better chat", RuleSettings(weights={"word-weak": 3.0}), paths=("a.py",)).builds_ai
    assert not judged("Tidy", RuleSettings(weights={"path-strong": 1.0}), paths=("src/llm/a.py",)).builds_ai
    assert not judged("Ask the LLM", RuleSettings(numbers={"builds_ai": 5.0})).builds_ai


def test_own_rule_is_added_or_takes_a_place() -> None:
    """A rule of one's own is a table as in rules.toml; with a built-in id it takes that rule's place."""
    own = {"id": "house-agent", "axis": "how", "field": "line", "pattern": "^made-by: house", "level": "assisted"}
    verdict = judged("Sort\n\nMade-by: House", RuleSettings(rules=(own,)))
    assert (verdict.built_with_ai, rules_of(verdict, "how")) == ("assisted", {"house-agent"})
    topic = {"id": "topic", "axis": "what", "field": "path", "pattern": r"(^|/)forecast/", "weight": 3.0}
    assert judged("Tidy", RuleSettings(rules=(topic,)), paths=("x/forecast/a.py",)).builds_ai
    body = {"id": "ticket", "axis": "what", "field": "body", "pattern": r"\bAI-\d+", "weight": 3.0}
    assert judged("LLM\n\nCloses AI-12", RuleSettings(rules=(body,))).confidence_what == "strong"
    replaced = {"id": "claude-code", "axis": "how", "field": "email", "pattern": "^nobody@example$"}
    assert judged(f"Sort\n\n{CLAUDE}", RuleSettings(rules=(replaced,), disable=("bare-name",))).built_with_ai == "none"


def test_override_wins_and_is_marked() -> None:
    """The team's answer for one change wins, with its reason; the other question is left to the rules."""
    answers = {
        "git:shop@1": ChangeOverride(built_with_ai="agent", note="pairing day"),
        "git:shop@2": ChangeOverride(builds_ai=True, built_with_ai="none"),
    }
    rules = Rules.load(RuleSettings(overrides=answers))
    changes = [
        landed("Sort"),
        landed(f"Sort\n\n{CLAUDE}", change_id="git:shop@2", sha="2" * 40),
        landed("S", change_id="3"),
    ]
    first, second, third = (verdict for _, verdict in classify_repository(changes, rules))
    assert (first.built_with_ai, first.marked_share, first.builds_ai) == ("agent", 1.0, False)
    assert first.evidence_text() == 'how override agent "pairing day"'
    assert (second.built_with_ai, second.builds_ai, second.confidence_what) == ("none", True, "strong")
    assert third.evidence == ()


def test_override_wins_over_an_original() -> None:
    """A copy that the team has answered for keeps that answer."""
    sha = "a" * 40
    copy = landed(f"Revert\n\nThis reverts commit {sha}.", change_id="git:shop@2", sha="2" * 40)
    agent = landed("Ask the LLM", change_id="git:shop@3", sha=sha, author=("Claude", "noreply@anthropic.com"))
    settings = RuleSettings(overrides={"git:shop@2": ChangeOverride(builds_ai=False, built_with_ai="none")})
    verdict = dict(classify_repository([copy, agent], Rules.load(settings)))["git:shop@2"]
    assert (verdict.builds_ai, verdict.built_with_ai) == (False, "none")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (RuleSettings(disable=("claude-cod",)), "claude-code"),
        (RuleSettings(enable=("branch-perhap",)), "branch-perhaps"),
        (RuleSettings(weights={"subject-lm": 1.0}), "subject-llm"),
        (RuleSettings(numbers={"build_ai": 1.0}), "builds_ai"),
        (RuleSettings(rules=({"id": "x", "axis": "how", "feild": "line", "pattern": "a"},)), "field"),
        (RuleSettings(rules=({"id": "x", "axis": "how", "field": "path", "pattern": "a"},)), "line"),
        (RuleSettings(rules=({"id": "x", "axis": "who", "field": "line", "pattern": "a"},)), "rules.toml"),
        (RuleSettings(rules=({"axis": "how", "field": "line", "pattern": "a"},)), "rules.toml"),
        (RuleSettings(rules=({"id": "x", "axis": "how", "field": "line"},)), "regular expression"),
        (RuleSettings(rules=({"id": "x", "axis": "how", "field": "line", "pattern": "("},)), "fix"),
        (RuleSettings(rules=({"id": "x", "axis": "how", "field": "line", "pattern": "a", "level": "z"},)), "levels"),
        (
            RuleSettings(rules=({"id": "x", "axis": "how", "field": "line", "pattern": "a", "needs": ["A b"]},)),
            "letters",
        ),
    ],
)
def test_wrong_setting_says_what_is_right(settings: RuleSettings, words: str) -> None:
    """A setting that is not understood is an error that names the nearest right one."""
    with pytest.raises(UsageError) as caught:
        load_rules(settings)
    assert words in caught.value.hint


RULE = "[[rule]]\nid = 'x'\naxis = 'how'\nfield = 'line'\npattern = 'a'\n"


def test_two_rules_of_one_id_are_an_error() -> None:
    """Neither rules.toml nor a team's rules may have two rules of one id: the later one would silently win."""
    with pytest.raises(UsageError, match=r"rules.toml has two rules with the id 'x'"):
        built_in_rules(f"numbers = {{}}\n{RULE}{RULE}")
    table = {"id": "x", "axis": "how", "field": "line", "pattern": "a"}
    with pytest.raises(UsageError, match=r"\[\[ai.rules\]\] has two rules with the id 'x'"):
        load_rules(RuleSettings(rules=(table, table)))


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("[npm]\nnames = 'openai ai openai'\n[import]\n", "npm"),
        ("[import.python]\nnames = 'openai openai'\n", "import.python"),
    ],
)
def test_package_that_is_listed_twice_is_an_error(text: str, section: str) -> None:
    """A list of packages.toml has each name once."""
    with pytest.raises(UsageError, match=rf"'openai' twice in \[{section}\]"):
        package_lists(text)


def test_rule_in_the_place_of_one_that_overrides_bots_does_too() -> None:
    """With a built-in id, a rule of one's own also takes over that its marks count on a bot's change."""
    bot = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com")
    rule = {"axis": "how", "field": "line", "pattern": "^made-by: house", "level": "co-authored"}
    for rule_id, built_with_ai in (("footer", "assisted"), ("house", "automation")):
        settings = RuleSettings(rules=({"id": rule_id, **rule},))
        assert judged("Sort\n\nMade-by: House", settings, author=bot).built_with_ai == built_with_ai


def test_every_rule_has_an_effect() -> None:
    """Each built-in rule has a weight or a level that its axis understands."""
    for rule in load_rules(RuleSettings(enable=("*",))).rules:
        said = (
            rule.axis == "how" or rule.weight or rule.parts or rule.field in {"config", "noise", "manifest", "tooling"}
        )
        assert said, rule.id


def test_every_built_in_pattern_is_valid() -> None:
    """Patterns are compiled when they are needed: none of those that come with Headway fails then."""
    text = resources.files("warehouse.classify.rules").joinpath("rules.toml").read_text(encoding="utf-8")
    rules, _ = built_in_rules(text)
    assert len([rule.match("") for rule in rules.values()]) > 100
