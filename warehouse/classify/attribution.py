"""Line-level attribution in Git notes, as the git-ai tool keeps it under `refs/notes/ai` (authorship/3.0.0).

A note lists files at the start of a line and, indented below each, who wrote which lines: `<session> 1-5,9`. A
session that begins with `h_` is a known human. After a line `---` follows JSON that names the tool of each session.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from warehouse.classify.facts import LineAttribution

__all__ = ["NOTES_REF", "parse_note"]

NOTES_REF = "refs/notes/ai"

_SCHEMA = "authorship/"
_ENTRY = re.compile(r"[ \t]+(\S{1,200})[ \t]+(\d[\d,\-]*)[ \t]*\Z")
_HUMAN = "h_"
_MOST_LINES = 10_000_000  # of one range: more is no source file


def parse_note(text: str) -> LineAttribution | None:
    """Counts of lines by agents and by known humans; None for a note of another form, or one that records nothing."""
    head, separator, tail = text.partition("\n---\n")
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
    if not ai_lines and not human_lines:
        return None
    return LineAttribution(ai_lines, human_lines, tuple(dict.fromkeys(_tools(metadata))))


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _counts(ranges: str) -> Iterator[int]:
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and len(first) < 9 and (not last or (last.isdigit() and len(last) < 9)):
            yield min(max(int(last or first) - int(first) + 1, 0), _MOST_LINES)


def _tools(metadata: dict[str, Any]) -> Iterator[str]:
    for key in ("prompts", "sessions"):
        entries = metadata.get(key)
        for entry in entries.values() if isinstance(entries, dict) else ():
            agent = entry.get("agent_id") if isinstance(entry, dict) else None
            tool = agent.get("tool") if isinstance(agent, dict) else None
            if isinstance(tool, str):
                yield tool[:40]
