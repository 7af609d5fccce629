from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from headway.errors import HeadwayError
from headway.report_files import csv_bytes, csv_safe, safe_cell, write

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 1, 2, 3, 4, 5)
TABLE = pl.DataFrame(
    {
        "name": ["plain", "=1+1", None, ""],
        "at": [AT, AT.replace(microsecond=250000), None, datetime(1969, 12, 31)],
        "hours": [1.5, 1e-7, None, -2.0],
        "count": [1, -2, None, 2**53],
        "yes": [True, False, None, True],
    },
    schema_overrides={"at": pl.Datetime("us")},
)


def in_utc(table: pl.DataFrame) -> pl.DataFrame:
    """The same table, whose times have the zone that they are in."""
    return table.with_columns(pl.col("at").dt.replace_time_zone("UTC"))


def written(table: pl.DataFrame, form: str, folder: Path) -> bytes:
    """What a file holds after `write`."""
    path = folder / f"report.{form}"
    write(table, form, path)
    return path.read_bytes()


def test_csv_of_every_kind_of_cell(tmp_path: Path) -> None:
    """Times end in Z, durations are decimals with a point, absent is empty, truth is a word, numbers stay numbers."""
    assert written(TABLE, "csv", tmp_path).decode() == (
        "name,at,hours,count,yes\n"
        "plain,2026-01-02T03:04:05Z,1.5,1,true\n"
        "'=1+1,2026-01-02T03:04:05.250Z,0.0000001,-2,false\n"
        ",,,,\n"
        ",1969-12-31T00:00:00Z,-2.0,9007199254740992,true\n"
    )
    assert csv_bytes(TABLE) == written(TABLE, "csv", tmp_path)


def test_empty_report_is_its_header(tmp_path: Path) -> None:
    """A report without rows still names its columns, in every form."""
    nothing = TABLE.clear()
    assert written(nothing, "csv", tmp_path) == b"name,at,hours,count,yes\n"
    assert json.loads(written(nothing, "json", tmp_path)) == []
    assert pl.read_parquet(written(nothing, "parquet", tmp_path)).schema == in_utc(nothing).schema


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x","y")',
    "-",
    "=",
]
HARMLESS = ["plain", " =1", "1=1", "a@b", "'=1", "0", "–1", "\uff1d1", "\n=1", '"=1"']


@pytest.mark.parametrize("text", FORMULAS)
def test_formula_gets_an_apostrophe(text: str, tmp_path: Path) -> None:
    """A text cell that a spreadsheet would run begins with an apostrophe, in the file and alone."""
    table = pl.DataFrame({"title": [text]})
    (row,) = list(csv.DictReader(io.StringIO(written(table, "csv", tmp_path).decode(), newline="")))
    assert row["title"] == safe_cell(text) == f"'{text}"
    assert csv_safe(table)["title"].to_list() == [f"'{text}"]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_stays(text: str, tmp_path: Path) -> None:
    """Text that no spreadsheet runs is written as it is."""
    (row,) = list(csv.DictReader(io.StringIO(csv_bytes(pl.DataFrame({"title": [text]})).decode(), newline="")))
    assert row["title"] == safe_cell(text) == text


STEERING = ["\x1b[31mred", "\x1b]0;title\x07", "\x9b2J", "a\u202eb", "a\x00b", "a\x7fb", "\u2066x"]


@pytest.mark.parametrize("text", STEERING)
def test_text_that_steers_a_terminal_does_not_reach_it(text: str, tmp_path: Path) -> None:
    """Standard output may be a terminal: in CSV what steers it is replaced, in JSON it is escaped and comes back."""
    table = pl.DataFrame({"title": [text]})
    for form in ("csv", "json"):
        shown = written(table, form, tmp_path).decode()
        assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert json.loads(written(table, "json", tmp_path))[0]["title"] == text


def test_number_below_zero_is_no_formula() -> None:
    """Only text is changed: a negative number stays one, in every column of numbers."""
    assert csv_bytes(pl.DataFrame({"a": [-1], "b": [-0.5]})) == b"a,b\n-1,-0.5\n"


def test_other_forms_keep_text_as_it_is(tmp_path: Path) -> None:
    """No spreadsheet opens JSON or Parquet, so nothing is added there."""
    table = pl.DataFrame({"title": FORMULAS})
    assert [row["title"] for row in json.loads(written(table, "json", tmp_path))] == FORMULAS
    assert pl.read_parquet(written(table, "parquet", tmp_path))["title"].to_list() == FORMULAS


def test_parquet_comes_back_the_same(tmp_path: Path) -> None:
    """Types, nulls and microseconds survive, and times say that they are UTC."""
    assert_frame_equal(pl.read_parquet(written(TABLE, "parquet", tmp_path)), in_utc(TABLE))
    assert pq.read_schema(tmp_path / "report.parquet").field("at").type == pa.timestamp("us", tz="UTC")


@pytest.mark.parametrize("hours", [0.0, -3.0, 1e-7, 1e16, 2.5e20, 5e-324, 44.44117647058823, -1.5e-9])
def test_number_with_a_fraction_always_has_a_point(hours: float) -> None:
    """No reader takes hours for whole numbers because the first ones are, and none meets an exponent."""
    cell = csv_bytes(pl.DataFrame({"hours": [hours]})).decode().splitlines()[1]
    assert re.fullmatch(r"-?\d+\.\d+", cell)
    assert float(cell) == hours


def test_json_comes_back_the_same(tmp_path: Path) -> None:
    """A list of objects with null for absent and times as in CSV."""
    rows = json.loads(written(TABLE, "json", tmp_path))
    assert rows[0] == {"name": "plain", "at": "2026-01-02T03:04:05Z", "hours": 1.5, "count": 1, "yes": True}
    assert rows[2] == dict.fromkeys(TABLE.columns)
    assert [row["hours"] for row in rows] == TABLE["hours"].to_list()


def test_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    """Writing twice gives equal files in every form."""
    for form in ("csv", "json", "parquet"):
        assert written(TABLE, form, tmp_path) == written(TABLE.clone(), form, tmp_path)


@settings(max_examples=60)
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=6))
def test_any_text_survives_csv(texts: list[str | None]) -> None:
    """Whatever a title holds, quotes, line breaks and commas among it, a CSV reader gives it back."""
    table = pl.DataFrame({"id": list(range(len(texts))), "title": texts}, schema={"id": pl.Int64, "title": pl.String})
    rows = list(csv.DictReader(io.StringIO(csv_bytes(table).decode(), newline="")))
    assert [row["title"] for row in rows] == [safe_cell(text or "") for text in texts]
    assert not any(row["title"].startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows)


def test_full_disk_is_told(tmp_path: Path) -> None:
    """A device without space is an error that names it and says why."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    table = pl.DataFrame({"text": ["x" * 1000] * 5000})
    for form in ("csv", "json", "parquet"):
        with pytest.raises(HeadwayError, match=r"cannot write /dev/full: .*[Nn]o space left") as caught:
            write(table, form, full)
        assert "space" in caught.value.hint


def test_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A path that cannot be written is named."""
    with pytest.raises(HeadwayError, match=r"cannot write .*nowhere/report\.csv: No such file or directory"):
        write(TABLE, "csv", tmp_path / "nowhere" / "report.csv")
    with pytest.raises(HeadwayError, match="Is a directory"):
        write(TABLE, "csv", tmp_path)


def test_standard_output_gets_the_bytes() -> None:
    """Without a file the report goes to standard output, and nothing else does."""
    program = (
        "import polars as pl; from headway.report_files import write; "
        "write(pl.DataFrame({'a': ['é', '=1']}), 'csv', None)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True)
    assert (done.stdout.decode(), done.stderr) == ("a\né\n'=1\n", b"")


@pytest.mark.slow
def test_reader_that_went_away_is_no_failure_of_ours() -> None:
    """A pipe closed by `head` is a broken pipe and not a disk without space."""
    program = (
        "import polars as pl, sys; from headway.report_files import write\n"
        "sys.stdin.readline()\n"
        "try:\n    write(pl.DataFrame({'a': ['x' * 1000] * 9000}), sys.argv[1], None)\n"
        "except BrokenPipeError:\n    sys.stderr.write('broken')\n"
    )
    for form in ("csv", "parquet"):
        with subprocess.Popen(
            [sys.executable, "-c", program, form],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as writer:
            assert writer.stdin is not None
            assert writer.stdout is not None
            assert writer.stderr is not None
            writer.stdout.close()
            writer.stdin.write(b"go\n")
            writer.stdin.close()
            assert writer.stderr.read().decode().startswith("broken")
