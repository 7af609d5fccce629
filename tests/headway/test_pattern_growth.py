from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from headway.errors import UsageError
from headway.settings import load
from headway.settings.pattern_growth import grows_exponentially
from headway.settings.sections import LISTS, SECTIONS

ENDLESS = (
    r"(a+)+$",
    r"(a*)*b",
    r"(a|a)*b",
    r"(a|ab|b)*c",
    r"(a?b?)*c",
    r"(?:\s*\w+\s*)+$",
    r"(\w+\s?)*$",
    r"(x+x+)+y",
    r"((ab)*|(aba))*c",
    r"(?:a{1,30}){1,30}$",
    r"(?=(a+)+$)a",
    r"(a+?)+b",
    r"(?i)(?:Ab|aB|c)*d",
)
HARMLESS = (
    r"^(v?\d+\.)*\d+$",
    r"(?:[a-z]+-)*prod",
    r"(\d{1,3}\.){3}\d{1,3}",
    r"([A-Z]+-\d+[, ]*)+",
    r"^(?P<environment>[^/]+)/(?P<application>[^/]+)/values\.ya?ml$",
    r"^([a-z0-9]+(?:[-_.][a-z0-9]+)*)$",
    r"(?:^|/)(?:[\w.-]+/)*chart\.yaml",
    r"((a|b)*c|d)*e",
    r"(\w|\d)+x",
    r".*.*x",
)


@pytest.mark.parametrize("pattern", ENDLESS)
def test_pattern_that_reads_a_text_in_two_ways_is_endless(pattern: str) -> None:
    """A repetition that can match one text in two ways doubles the ways with each further repetition."""
    assert grows_exponentially(pattern)


@pytest.mark.parametrize("pattern", HARMLESS)
def test_repetition_that_reads_a_text_in_one_way_is_harmless(pattern: str) -> None:
    """Repetitions inside repetitions are fine where a separator says which is which."""
    assert not grows_exponentially(pattern)


def test_defaults_of_all_settings_are_harmless() -> None:
    """What `headway init` shows may be pasted."""
    defaults = [
        str(spec.default)
        for cls in (*SECTIONS.values(), *LISTS.values())
        for spec in fields(cls)
        if spec.metadata.get("pattern") and spec.default
    ]
    assert len(defaults) >= 3
    assert not any(map(grows_exponentially, defaults))


def test_settings_with_an_endless_pattern_are_refused(tmp_path: Path) -> None:
    """The error names the setting and the pattern, before anything is matched."""
    (tmp_path / "headway.toml").write_text("[[initiatives]]\nname = 'x'\ntitle = '(a+)+$'\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"\[\[initiatives\]\] 1 title can take for ever: .*\(a\+\)\+\$") as raised:
        load(None, {}, folder=tmp_path)
    assert "one way only" in raised.value.hint
