"""Queries of the published tables from outside, and names that nothing has."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from pipeline.session import Session
from tests.cli.test_cli import on, run


@pytest.mark.slow
def test_repository_that_is_not_there_is_said(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """A name that matches nothing gives the header, and on standard error that it does, with names that are near."""
    for command in (("export", "stages"), ("summary",)):
        code, _, err = run(capfd, *on(company, *command, "--repo", "acme/chekout"))
        assert code == 0
        assert "no repository matches 'acme/chekout'; there are github:acme/checkout" in err
    _, _, err = run(capfd, *on(company, "export", "stages", "--repo", "acme/*"))
    assert err == ""


def test_sql_writes_any_type_as_csv(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """Intervals, lists and structs have no form of CSV's own: they are written as text, and numbers stay numbers."""
    query = (
        "select interval 26 hour as a, [1, 2] as b, {'x': 'y'} as c, -1 as d, 1.5 as e, '=1' as f, null as g, 7 as d"
    )
    code, out, _ = run(capfd, *on(company, "sql", query, "--format", "csv"))
    assert code == 0
    assert list(csv.reader(io.StringIO(out)))[1] == ["26:00:00", "[1, 2]", "{'x': y}", "-1", "1.5", "'=1", "", "7"]


def test_sql_reads_and_never_writes(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """Queries work; writing, other files and several statements do not."""
    code, out, _ = run(capfd, *on(company, "sql", "select count(*) as n from lead_times", "--format", "csv"))
    assert code == 0
    assert int(out.splitlines()[1]) > 100
    for query in (
        "drop table lead_times",
        "select * from read_csv('/etc/hostname')",
        "attach '/tmp/elsewhere.duckdb'",
        "select 1; select 2",
        "set enable_external_access = true",
    ):
        code, out, err = run(capfd, *on(company, "sql", query))
        assert (code, out) == (2, ""), query
        assert len(err.splitlines()) == 2, query
    code, out, _ = run(capfd, *on(company, "sql"))
    assert Path(out.strip()).is_file()
