from __future__ import annotations

import re
import time
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.hang import HANG_SECONDS
from tests.warehouse.classify.making import RULES, landed
from warehouse.classify import ChangeFacts, CommitFacts, LineAttribution, RuleSettings, classify_repository
from warehouse.classify.rules.gate import Vocabulary
from warehouse.classify.rules.load import Rule, load_rules
from warehouse.classify.rules.packages import ai_import, ai_package

EVERY_RULE = load_rules(RuleSettings(enable=("*",))).rules

texts = st.text(max_size=30) | st.sampled_from(
    ["feat(llm): add", "Co-authored-by: Claude <noreply@anthropic.com>", "CLAUDE.md", "src/llm/a.py", "dependabot[bot]"]
)
paths = st.lists(texts, max_size=2).map(tuple)
commits = st.builds(
    CommitFacts,
    texts,
    texts,
    texts,
    texts,
    texts,
    st.none() | st.datetimes(min_value=datetime(1970, 1, 1)),
    st.lists(texts, max_size=4).map("\n".join),
    paths,
    st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    st.none() | st.builds(LineAttribution, st.integers(0, 9), st.integers(0, 9), paths),
)
changes = st.builds(
    ChangeFacts,
    texts,
    texts,
    texts,
    texts,
    st.sampled_from(["person", "bot", None]),
    texts,
    paths,
    st.lists(commits, max_size=2).map(tuple),
    st.none() | commits,
)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(changes, max_size=2))
def test_any_change_gets_a_verdict_with_its_reasons(made: list[ChangeFacts]) -> None:
    """No text is an error; whatever is called AI work or automation has evidence on that axis, and a confidence."""
    found = list(classify_repository(made, RULES))
    assert [change_id for change_id, _ in found] == [change.change_id for change in made]
    for _, verdict in found:
        assert verdict.built_with_ai in {"agent", "assisted", "none", "automation"}
        assert verdict.marked_share is None or 0 <= verdict.marked_share <= 1
        axes = {item.axis for item in verdict.evidence}
        if verdict.built_with_ai != "none":
            assert "how" in axes
            assert verdict.confidence_how in {"strong", "weak"}
        if verdict.builds_ai:
            assert "what" in axes
            assert verdict.confidence_what in {"strong", "weak"}
        text = verdict.evidence_text()
        assert len(text) <= 400
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", text)


@settings(max_examples=20)
@given(st.lists(changes, max_size=2))
def test_same_changes_same_verdicts(made: list[ChangeFacts]) -> None:
    """What was judged before changes nothing."""
    assert list(classify_repository(made, RULES)) == list(classify_repository(made, RULES))


@pytest.mark.slow
@pytest.mark.parametrize("rule", [rule for rule in EVERY_RULE if rule.needs or rule.holds], ids=lambda rule: rule.id)
@settings(max_examples=40)
@given(data=st.data())
def test_needed_words_are_needed(rule: Rule, data: st.DataObject) -> None:
    """Every text that a pattern matches holds a word or text that the rule needs, so that short cuts lose nothing."""
    text = data.draw(st.from_regex(rule.regex))
    if rule.regex.search(text):
        assert not rule.needs or Vocabulary([rule]).of(text), text
        assert not rule.holds or any(part in text for part in rule.holds), text


HOSTILE = [
    "\n" * 40_000,
    "* " * 20_000,
    "> " * 20_000,
    "a" * 60_000,
    "-" * 60_000,
    "AI " * 20_000,
    "this change was " * 4_000 + "by AI",
    "co-authored-by: " * 4_000,
    "\nco-authored-by: claude <" * 2_000,
    "\nassisted-by: a a a" * 3_000,
    "\ngenerated-by: " + "x " * 20_000,
    "ai tool?\n" * 6_000,
    "<!-- " * 12_000,
    '"' * 40_000,
    "revert " * 8_000,
    "backport of a/a" * 4_000,
    "prompt " * 8_000,
    "(" * 50_000,
    "feat(" + "ai," * 20_000,
    "Merge branch '" + "a" * 50_000,
    "\u202e\u0130\u212a" * 15_000,
    "AI" + "_" * 50_000,
    "Claude " + "Opus " * 10_000,
    "made with " * 6_000,
    "import " + "a" * 50_000,
    "from " + "a." * 25_000,
    "claude-session: https://claude.ai/code/" * 1_500,
    "```x\n" * 12_000,
    "parts of this were written by " * 3_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:20]))
def test_hostile_text_takes_no_time(text: str) -> None:
    """Long repetitions in any field are judged in bounded time: no pattern runs away."""
    lines = (("", text), ("package.json", text), ("pom.xml", text), ("requirements.txt", text))
    one = CommitFacts("1", text, text, text, text, None, f"{text}\n\n{text}", (text,), lines)
    change = ChangeFacts("x#1", text, text, text, "bot", text, (text,), (one,), one)
    begun = time.process_time()
    list(classify_repository([change, landed(text), landed(f"Sort\n\n{text}")], RULES))
    assert time.process_time() - begun < HANG_SECONDS


@given(texts, texts)
def test_any_line_is_read(path: str, line: str) -> None:
    """No line of a manifest or of source code is an error."""
    ai_package(path, line)
    ai_import(line)
