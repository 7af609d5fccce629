"""Patterns that look through many texts at once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.warehouse.classify.making import RULES
from warehouse.classify import Rules, RuleSettings
from warehouse.classify.rules.gate import Vocabulary, texts_without
from warehouse.classify.rules.screen import Screen, relaxed
from warehouse.classify.signs.paths import PathReader

FIELDS = ("config", "noise", "manifest", "path")
PATTERNS = [rule.regex for field in FIELDS for rule in RULES.rule_set.of("what", field)]
NAMES = (
    "src",
    "ai",
    "llm",
    "OpenAI",
    "embeddings",
    "yarn.lock",
    "package.json",
    "CLAUDE.md",
    "a.ipynb",
    "é",
    "\n",
    "\v",
)
PARTS = st.sampled_from(NAMES) | st.text("aiLM_.-x1 ", max_size=6)
PATHS = st.lists(st.lists(PARTS, min_size=1, max_size=4).map("/".join), max_size=8)


@pytest.mark.slow
@given(PATHS, st.sampled_from(PATTERNS))
def test_what_is_found_at_once_is_what_is_found_one_by_one(paths: list[str], pattern: re.Pattern[str]) -> None:
    """The rules for paths match the same texts, plain or not, whether they look at all or at each."""
    matching = {path for path in paths if pattern.search(path)}
    assert Screen(set(paths), fewest=0).matching(pattern) == matching
    assert Screen(set(paths)).matching(pattern) == matching


@pytest.mark.parametrize(
    "pattern",
    [
        r"a(?=b)",
        r"(?<!x)ab",
        r"(?:^|/)a(?!(?:b|[)])c)(?=\w+$)",
        r"a\Z",
        r"[\])(?=]a",
        r"a{,2}b",
        r"(a)\1",
        r"(?i:A)b",
        r"(?#note)ab",
        r"a++b",
        r"[^]a]b",
    ],
)
def test_forms_that_only_python_knows_find_the_same(pattern: str) -> None:
    """A look around, or a form with another meaning for RE2, loses no text."""
    texts = ["a", "ab", "aab", "b", "aa", "/ab", "xab", "aB", "a)c", "/abx", "]a", "=a", "", "a{,2}b", "Ab"]
    compiled = re.compile(pattern)
    assert Screen(texts, fewest=0).matching(compiled) == {text for text in texts if compiled.search(text)}


def test_pattern_of_another_meaning_is_not_relaxed() -> None:
    """RE2 would take `{,2}` for itself, so such a pattern looks at each text."""
    assert relaxed(r"a{,2}b") is None
    assert relaxed(r"ai(?=[/)]|$)\Z") == r"ai\z"


SAID = st.sampled_from(
    ("AI", "ai", "main", "Co-Authored-By: a", "authored2", "é", "\u212a", "\u017f", "\ud800", "\n", " ")
)


@given(st.lists(st.lists(SAID, max_size=5).map("".join), max_size=8))
def test_texts_without_words_are_those_in_which_none_is_found(texts: list[str]) -> None:
    """Whether letters of other scripts stand beside a word, or half a character, all at once say what each says."""
    words = frozenset((b"ai", b"authored"))
    each = Vocabulary(RULES.rule_set.rules)
    assert texts_without(texts, words) == {text for text in texts if not each.of(text) & words}


@pytest.mark.slow
@given(PATHS)
def test_paths_read_together_are_as_read_alone(paths: list[str]) -> None:
    """What a path is does not depend on the others, nor on how many they are."""
    paths = [*paths, *(f"plain/{number}" for number in range(120))]
    rules = Rules(RuleSettings(ai_paths=("src/**",), not_ai_paths=("**/x*",))).rule_set
    together, alone = PathReader(rules), PathReader(rules)
    together.read_all(paths)
    for one, other in zip(together.read(paths), alone.read(paths), strict=True):
        assert one._replace(place=other.place) == other
        assert (one.place.above, one.place.words) == (other.place.above, other.place.words)
