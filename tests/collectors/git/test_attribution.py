from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.git.readers.attribution import Attribution, parse_note

METADATA = {"schema_version": "authorship/3.0.0", "prompts": {"0a1b": {"agent_id": {"tool": "cursor", "model": "m"}}}}


def note(head: str, metadata: object = METADATA) -> str:
    """A note of this beginning."""
    return f"{head}\n---\n{json.dumps(metadata)}"


def test_lines_of_agents_and_people_are_counted() -> None:
    """Ranges count both ends; sessions of known humans are theirs, all others an agent's."""
    text = note("src/a.py\n  0a1b 1-5,9\n  h_77aa 6-8\nsrc/my file.py\n  s_1::t_2 12")
    assert parse_note(text) == Attribution(7, 3, ("cursor",))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a note by a person",
        "src/a.py\n  0a1b 1-5",
        note("src/a.py\n  0a1b 1-5", {"schema_version": "other/1"}),
        note("src/a.py\n  0a1b 1-5", []),
        "src/a.py\n  0a1b 1-5\n---\n{not json",
        "src/a.py\n  0a1b 1-5\n---\n" + "[" * 100_000,
    ],
)
def test_other_notes_say_nothing(text: str) -> None:
    """A note of another form, or without lines, is no attribution."""
    assert parse_note(text) is None


def test_note_of_no_lines_counts_none() -> None:
    """The tool leaves a note also where it tracked nothing: that is of its form, and says nothing."""
    assert parse_note("---\n" + json.dumps({"schema_version": "authorship/3.0.0", "prompts": {}})) is not None
    assert parse_note(note("src/a.py")) == Attribution(0, 0, ("cursor",))


def test_odd_ranges_are_passed_over() -> None:
    """Ranges that run backwards, or are no numbers of lines, count nothing."""
    assert parse_note(note("a\n  x 5-1,3,9999999999,7-,-2")) == Attribution(2, 0, ("cursor",))
    metadata = {
        "schema_version": "authorship/3.0.0",
        "prompts": {"a": 7, "b": {"agent_id": {"tool": 7}}},
        "sessions": [],
    }
    assert parse_note(note("a\n  x 1", metadata)) == Attribution(1, 0)


@pytest.mark.slow
@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """No note, however odd, is an error."""
    parse_note(text)
    parse_note(note(text))
