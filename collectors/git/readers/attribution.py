"""One note of line-level attribution, as the git-ai tool writes it under `refs/notes/ai` (Git AI Standard v3.0.0).

A note lists files at the start of a line and, indented below each, who wrote which lines: `<session> 1-5,9`. A
session that begins with `h_` is a known human. After a line `---` follows JSON that names the tool of each session, and
may hold whole conversations: of it only the tools' names are kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

__all__ = ["Attribution", "parse_note"]

_SCHEMA = "authorship/"
_ENTRY = re.compile(r"[ \t]+(\S{1,200})[ \t]+(\d[\d,\-]*)[ \t]*\Z")
_HUMAN = "h_"
_MOST_LINES = 10_000_000  # of one range: more is no source file
_MOST_TOOLS = 20
_TOOL_CHARACTERS = 40


class Attribution(NamedTuple):
    """Lines of one commit by who wrote them, and the tools that wrote some."""

    ai_lines: int
    human_lines: int
    tools: tuple[str, ...] = ()


def parse_note(text: str) -> Attribution | None:
    """Counts of lines by agents and by known humans; None for a note of another form.

    Lines that nobody tracked are in no note: one that counts none says nothing of who wrote the commit.
    """
    head, separator, tail = f"\n{text}".partition("\n---\n")
    metadata = _json(tail if separator else "")
    if not str(metadata.get("schema_version", "")).startswith(_SCHEMA):
        return None
    ai_lines = human_lines = 0
    for line in head.split("\n"):
        match = _ENTRY.match(line)
        if match is not None:
            count = sum(_counts(match[2]))
            if match[1].startswith(_HUMAN):
                human_lines += count
            else:
                ai_lines += count
    return Attribution(ai_lines, human_lines, tuple(islice(dict.fromkeys(_tools(metadata)), _MOST_TOOLS)))


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _counts(ranges: str) -> Iterator[int]:
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        if _is_number(first) and (not last or _is_number(last)):
            yield min(max(int(last or first) - int(first) + 1, 0), _MOST_LINES)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def _tools(metadata: dict[str, Any]) -> Iterator[str]:
    for key in ("prompts", "sessions"):
        entries = metadata.get(key)
        for entry in entries.values() if isinstance(entries, dict) else ():
            agent = entry.get("agent_id") if isinstance(entry, dict) else None
            tool = agent.get("tool") if isinstance(agent, dict) else None
            if isinstance(tool, str) and (plain := _plain(tool)):
                yield plain


def _plain(tool: str) -> str:
    """A tool's name on one line, of characters that can be stored and shown."""
    return "".join(character for character in tool[:_TOOL_CHARACTERS] if character.isprintable()).strip()
