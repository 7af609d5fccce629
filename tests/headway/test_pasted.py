"""Settings that the program prints can be pasted as they are, or are refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.errors import UsageError
from headway.settings import load
from headway.settings.pasted import to_paste

RULE = '[[deployments]] repo = "acme/shop", from = "tags", tags = "^a, b = \\"\\\\d$"'
SERVICE = '[[services]] repo = "acme/shop", name = "pay", paths = ["a/**", "b]/**"], unlisted = true'


def read(tmp_path: Path, text: str) -> object:
    """The settings that are read from a text."""
    (tmp_path / "headway.toml").write_text(text)
    return load(None, {}, folder=tmp_path)


def test_a_rule_in_a_text_is_printed_as_lines_of_toml(tmp_path: Path) -> None:
    """What stands before and behind it has lines of its own; commas and brackets within values part nothing."""
    text = to_paste(f"8 tags: {RULE}; {SERVICE}; or name it in `complete`", "  ")
    before, *rules, after = text.splitlines()
    assert (before, after) == ("8 tags:", "  or name it in `complete`")
    settings = load(_file(tmp_path, rules), {}, folder=tmp_path)
    assert settings.deployments[0].tags == '^a, b = "\\d$'
    assert settings.services[0].paths == ("a/**", "b]/**")
    assert to_paste("fix that line", "  ") == "fix that line"


def _file(folder: Path, lines: list[str]) -> Path:
    path = folder / "pasted.toml"
    path.write_text("\n".join(lines))
    return path


def test_a_rule_in_one_line_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """Reports have rules in one line, which no TOML is."""
    with pytest.raises(UsageError) as caught:
        read(tmp_path, RULE)
    assert caught.value.hint == "write each key on a line of its own below its [[…]]"


def test_what_a_person_must_fill_in_is_refused(tmp_path: Path) -> None:
    """A suggested service has no paths until somebody writes them: it does not count as one of none."""
    with pytest.raises(UsageError, match="pay has no paths yet"):
        read(tmp_path, '[[services]]\nname = "pay"\npaths = ["…"]\n')
