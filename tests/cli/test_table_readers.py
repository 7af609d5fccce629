from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from analytics.reports.catalog import REPORTS
from cli.main import main
from cli.table_readers import readers, tables_in
from pipeline.session import Session
from warehouse.publish import current

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tables.md"


def section(heading: str) -> str:
    """The part of the page below a heading."""
    parts = re.split(r"^## (.*)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return parts[parts.index(heading) + 1]


def names(text: str) -> list[str]:
    """The tables of a part of the page."""
    return re.findall(r"^### (\w+)$", text, re.MULTILINE)


@pytest.mark.slow
def test_commands_need_only_the_tables_that_the_page_marks(
    company: Session, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without the tables that nothing reads, by the page, every report and command that reads a warehouse works."""
    folder = tmp_path / "copy"
    shutil.copytree(company.folder, folder)
    with duckdb.connect(str(current(folder / "headway-data"))) as connection:
        for name in names(section("Intermediate tables")):
            connection.execute(f"drop table {name}")
        (change, open_change) = (
            connection.sql(f"select min(change_id) from lead_times where outcome = '{outcome}'").fetchall()[0][0]
            for outcome in ("production", "waiting")
        )
    config = ["--config", str(folder / "headway.toml")]
    exports = [["export", report] for report in REPORTS]
    others = [["explain", change], ["explain", open_change], ["summary"], ["status"], ["doctor"]]
    for arguments in [*exports, *others]:
        code = main([*config, *arguments])
        out, err = capfd.readouterr()
        assert "does not exist" not in out + err
        assert (code, arguments) in [(0, arguments), (1, ["doctor"])]


def test_each_marked_table_names_its_readers() -> None:
    """Every table in the section of those that are read says by whom, and no other table does."""
    page = section("Tables that reports read")
    assert page.count("\nRead by ") == len(names(page)) > len(names(section("Intermediate tables"))) * 0.6
    assert "Read by" not in section("Intermediate tables")
    assert {"lead_times", "reviews", "repairs", "refs"} <= set(names(page))


def test_readers_are_found_by_folder(tmp_path: Path) -> None:
    """A table is read by the folder of the query; a subfolder with readers of its own goes before the folder."""
    for name, text in {
        "analytics/a.py": 'X = "select 1 from commits"',
        "analytics/explain/b.py": 'X = "select 1 from refs join commits on true"',
        "cli/c.py": 'X = "select 1 from elsewhere"',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = readers(["commits", "refs", "reviews"], tmp_path)
    assert found == {"commits": ("`headway explain`", "reports"), "refs": ("`headway explain`",)}


@pytest.mark.parametrize(
    ("source", "tables"),
    [
        ('"select a from t"', {"t"}),
        ("f\"select {a} from 'x' as y inner join u on {b}\"", {"u"}),
        ("f'select {a} from \"t\" where {b}'", {"t"}),
        ('"left join t" " on t.a = u.a"', {"t"}),
        ('"with x as (select 1 from t) select 1 from x"', {"t"}),
        ('"hours from changes of the join"', set()),
        ('read(connection, "t", [a])', {"t"}),
        ('read(connection, table="t")', {"t"}),
        ('show("t")', set()),
        ("import a\nfrom b import c", set()),
    ],
)
def test_tables_of_queries_are_read_from_strings(source: str, tables: set[str]) -> None:
    """Tables are those behind `from` and `join` of a query; prose, imports and the steps of a query are none."""
    assert tables_in(source) == tables
