from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.records_file.kinds import KINDS
from tests.collectors.records_file.reading import change, deployment, lines, read

TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1)).map(lambda at: at.isoformat() + "Z")
CHANGES = st.builds(
    change,
    number=st.integers(1, 50),
    title=st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    merged_at=TIMES,
)
DEPLOYMENTS = st.builds(deployment, id=st.integers(1, 50).map(str), finished_at=TIMES)
GOOD = st.one_of(CHANGES, DEPLOYMENTS).map(json.dumps).map(str.encode)
# No record whatever follows: 0xFA is in no UTF-8. A first line with `[` would refuse the whole file.
NOISE = st.binary(max_size=40).map(lambda noise: b"\xfa" + noise.replace(b"\n", b""))
BAD = st.one_of(
    NOISE, GOOD.map(lambda line: line[:-1]), st.sampled_from([b"null", b"7", b"{}", b'{"type":"x"}', b"\0"])
)


@pytest.mark.slow
@given(st.lists(st.one_of(st.tuples(st.just(True), GOOD), st.tuples(st.just(False), BAD)), max_size=30))
def test_good_lines_are_in_whatever_stands_between_them(mixed: list[tuple[bool, bytes]]) -> None:
    """The rows are those of the good lines alone, and every other line is in the reject file with its number."""
    with tempfile.TemporaryDirectory() as folder:
        alone = read(Path(folder, "good.ndjson"), b"\n".join(line for good, line in mixed if good))
        among = read(Path(folder, "all.ndjson"), b"\n".join(line for _, line in mixed))
    assert _rows(among.tables) == _rows(alone.tables)
    assert alone.error is None
    assert [found["line"] for found in among.rejects] == [n for n, (good, _) in enumerate(mixed, 1) if not good]


@pytest.mark.slow
@given(st.lists(st.one_of(CHANGES, DEPLOYMENTS), max_size=30))
def test_one_row_a_key_and_it_is_the_last_one(records: list[dict[str, Any]]) -> None:
    """However often a change is told, the file gives one row of it, the later line's; states of deployments add up."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = read(Path(folder, "a.ndjson"), lines(*records))
    titles = {record["number"]: record["title"] for record in records if record["type"] == "change"}
    assert {row["number"]: row.get("title", "") for row in outcome.rows("change_records")} == titles
    assert len(outcome.rows("change_records")) == len(titles)
    ids = {record["id"] for record in records if record["type"] == "deployment"}
    assert sorted(row["deployment_id"] for row in outcome.rows("deployments")) == sorted(ids)
    states = [record for record in records if record["type"] == "deployment"]
    assert len(outcome.rows("deployment_statuses")) == len(states)


@given(st.binary(max_size=300), st.sampled_from(["a.ndjson", "a.csv", "a.log"]))
def test_no_bytes_make_anything_but_rows_or_an_error_of_ours(content: bytes, name: str) -> None:
    """Whatever is in a file, nothing escapes that a user would see as a traceback."""
    with tempfile.TemporaryDirectory() as folder:
        header = b"type,repo,number,title\n" if name == "a.csv" else b"{}\n"
        outcome = read(Path(folder, name), header + content)
    assert outcome.checkpoint is not None


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted(
    {name for kind in KINDS.values() for name in kind.fields} | {"type", "context", "subject", "specversion"}
)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.sampled_from(sorted(KINDS)))
def test_any_value_in_any_field_is_a_row_or_a_reason(fields: dict[str, Any], kind: str) -> None:
    """JSON that nobody expected in a field makes no other trouble than a line set aside."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = read(
            Path(folder, "a.ndjson"), lines({"type": kind, "repo": "git:a", "id": "x", "number": 1} | fields)
        )
    assert sum(len(outcome.rows(kind.table)) for kind in KINDS.values()) + len(outcome.rejects) <= 1
    assert outcome.checkpoint is not None


def _rows(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Without what is said about other lines."""
    return {name: rows for name, rows in tables.items() if name != "notices"}
