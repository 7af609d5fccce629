from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from collectors.records_file.cdevents import _USES
from collectors.records_file.kinds import CONCLUSIONS, KINDS, STATES
from tests.collectors.records_file.reading import read

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "records.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```(ndjson|csv)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("form", "example"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_are_read_as_they_stand(tmp_path: Path, form: str, example: str) -> None:
    """Each example of the page is good to the last line, and nothing in it is unknown."""
    outcome = read(tmp_path / f"a.{form}", example)
    assert outcome.error is None
    assert outcome.notices == {}
    rows = sum(len(rows) for name, rows in outcome.tables.items() if name != "deployment_statuses")
    assert rows == len(example.splitlines()) - (form == "csv")


def test_there_are_examples_of_every_format() -> None:
    """So that the test above tests something."""
    assert [form for form, _ in EXAMPLES] == ["ndjson", "ndjson", "csv", "csv", "ndjson"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_field_is_described(kind: Any) -> None:
    """The section of a kind names each of its fields."""
    section = PAGE.split(f"### {kind.name}\n")[1].split("\n## ")[0].split("\n### ")[0]
    assert [name for name in kind.fields if f"`{name}`" not in section] == []


@pytest.mark.parametrize("word", [*STATES, *CONCLUSIONS, *_USES])
def test_every_word_is_described(word: str) -> None:
    """States, conclusions and events that are understood are on the page."""
    assert f"`{word}`" in PAGE
