from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.records_file.formats.csv_rows import cells_of
from headway.errors import CollectError
from tests.collectors.records_file.reading import SHA, read

HEADER = "type,repo,id,environment,version,state,finished_at\n"
GOOD = "deployment,git:shop,{},production,v1,success,2026-01-02T03:04:05Z\n"


def test_columns_in_any_order_and_kinds_mixed(tmp_path: Path) -> None:
    """Each row is read by its own type; a column that the type does not have stays empty."""
    content = (
        "number,repo,type,merged_at,labels,deleted,additions,id,environment,sha,production,state,finished_at\r\n"
        f"12,git:shop,change,2026-01-02T03:04:05Z,a; b,FALSE,7,,,{SHA},,,\r\n"
        f",git:shop,deployment,,,,,d1,live,{SHA},TRUE,success,2026-01-02T03:04:05Z\r\n"
    )
    outcome = read(tmp_path / "a.csv", content)
    change = outcome.row("change_records")
    assert (change["number"], change["labels"], change["additions"]) == (12, "a\nb", 7)
    assert change["merged_at"] == datetime(2026, 1, 2, 3, 4, 5)
    assert change["deleted"] is False
    assert outcome.row("deployments")["production"] is True
    assert outcome.error is None
    assert outcome.notices == {}


def test_cells_that_a_spreadsheet_would_run_stay_text(tmp_path: Path) -> None:
    """A formula is a title like any other; making it harmless is for whoever writes CSV."""
    content = 'type,repo,number,title\nchange,git:shop,1,"=HYPERLINK(""http://x"",""y"")"\nchange,git:shop,2,@SUM(A1)\n'
    titles = [row["title"] for row in read(tmp_path / "a.csv", content).rows("change_records")]
    assert titles == ['=HYPERLINK("http://x","y")', "@SUM(A1)"]


def test_quoted_line_breaks_belong_to_their_cell(tmp_path: Path) -> None:
    """A row may be several lines; the next row's number counts them."""
    content = 'type,repo,number,body\nchange,git:shop,1,"one\ntwo, ""three"""\nchange,git:shop,none,x\n'
    outcome = read(tmp_path / "a.csv", content)
    assert outcome.row("change_records")["body"] == 'one\ntwo, "three"'
    assert outcome.rejects[0]["line"] == 4
    assert "`number` must be a whole number, not 'none'" in outcome.reasons[0]


def test_a_forgotten_quote_costs_one_line(tmp_path: Path) -> None:
    """What follows an unclosed quote is still read as the rows that it is."""
    bad = 'deployment,git:shop,"d0,production,v1,success,2026-01-02T03:04:05Z\n'
    quoted = 'deployment,git:shop,"d,2",production,v1,success,2026-01-02T03:04:05Z\n'
    outcome = read(tmp_path / "a.csv", HEADER + GOOD.format("d1") + bad + quoted + bad + GOOD.format("d3"))
    assert [row["deployment_id"] for row in outcome.rows("deployments")] == ["d1", "d,2", "d3"]
    assert [line["line"] for line in outcome.rejects] == [3, 5]


def test_lines_that_are_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 cost their line, inside an open quote too."""
    content = (HEADER + 'deployment,git:shop,"d0,\n').encode() + b"\xff\n" + GOOD.format("good").encode()
    outcome = read(tmp_path / "a.csv", content)
    assert [found["deployment_id"] for found in outcome.rows("deployments")] == ["good"]
    assert [found["line"] for found in outcome.rejects] == [2, 3]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("deployment,git:shop\n", "2 cells where the header has 7"),
        (GOOD.format("d,1"), "8 cells where the header has 7"),
        (GOOD.format('d"1'), "is not CSV"),
        (GOOD.format('"d"1'), "is not CSV"),
        (GOOD.replace("deployment", "deploy").format("d1"), "perhaps 'deployment'"),
        (GOOD.replace("deployment", "").format("d1"), "`type` is missing"),
        (GOOD.replace("Z", "").format("d1"), "no time zone"),
    ],
)
def test_a_bad_row_is_set_aside(tmp_path: Path, row: str, reason: str) -> None:
    """Cells too few or too many, stray quotes and bad values cost their row and no other."""
    outcome = read(tmp_path / "a.csv", HEADER + row + GOOD.format("good"))
    assert [found["deployment_id"] for found in outcome.rows("deployments")] == ["good"]
    assert len(outcome.reasons) == 1
    assert reason in outcome.reasons[0]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("repo,number\n", "no column `type`"),
        ("type,number\n", "no column `repo`"),
        ("Typ,repo\n", r"no column `type` \(perhaps 'Typ'\)"),
        ("type|repo|number\n", "no column `type`"),
        ("type,repo,repo\n", "'repo' twice"),
        ('type,re"po\n', "is not CSV"),
        (b"type,repo,\xff\n", "not UTF-8"),
    ],
)
def test_a_header_that_is_none_refuses_the_file(tmp_path: Path, header: str | bytes, words: str) -> None:
    """Without the names of the columns no line can be understood, so none is guessed at."""
    with pytest.raises(CollectError, match=words):
        read(tmp_path / "a.csv", header)


def test_unknown_columns_are_told(tmp_path: Path) -> None:
    """A column that no record has is told once, with how many rows filled it."""
    content = "type,repo,number,titel,x\nchange,git:shop,1,a,\nchange,git:shop,2,b,\n"
    (notice,) = read(tmp_path / "a.csv", content).rows("notices")
    assert (notice["kind"], notice["count"]) == ("unknown_fields", 2)
    assert "'titel' (perhaps 'title') (2 ×)" in notice["detail"]


@pytest.mark.slow
@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1))
def test_rows_of_the_standard_library_are_read_back(cells: list[str]) -> None:
    """Whatever Python's own writer makes of some cells is read as those cells."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    assert cells_of(line.getvalue().removesuffix("\r\n")) == cells
