"""Rules of settings that are written in one line, as lines to paste: TOML has no header and keys on one line."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["PLACEHOLDER", "in_one_line", "to_paste"]

PLACEHOLDER = "…"
"""What a person must replace in a suggestion; the settings refuse it."""
_VALUE = r'(?:"(?:[^"\\]|\\.)*"|\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\]|true|false|\d+)'
_PAIR = rf"\w+ = {_VALUE}"
_RULE = re.compile(rf"(?P<header>\[+\w+\]+) (?P<pairs>{_PAIR}(?:, {_PAIR})*)")


def in_one_line(line: str) -> bool:
    """Whether a line is a header with keys behind it, which no TOML is."""
    return _RULE.match(line.strip()) is not None


def to_paste(text: str, indent: str) -> str:
    """A text with each rule in it as lines of TOML of its own, indented; a text without one as it is."""
    parts: list[str] = []
    end = 0
    for rule in _RULE.finditer(text):
        between = text[end : rule.start()].strip() if end else text[: rule.start()].rstrip()
        parts += [between] if between.strip(";") else []
        parts += [f"{indent}{line}" for line in _lines(rule)]
        end = rule.end()
    rest = text[end:]
    after = rest.lstrip("; ") if parts else rest
    return "\n".join([*parts, f"{indent}{after}" if parts else after] if after.strip() else parts)


def _lines(rule: re.Match[str]) -> Iterator[str]:
    yield rule["header"]
    yield from re.findall(_PAIR, rule["pairs"])
