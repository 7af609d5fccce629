"""`headway sql`: run one read-only query of the published file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from cli.options import Choice
from pipeline.session import Session

if TYPE_CHECKING:
    import duckdb

EXAMPLE = """\b
Example:
  headway sql "select outcome, count(*) from lead_times group by outcome"
  headway sql "from reports.lead_time where outcome = 'waiting'"
  duckdb -readonly "$(headway sql)"     # the file itself, for other tools
"""


# Types that CSV can hold; others (intervals, lists, structs, …) are written as DuckDB shows them.
_PLAIN = re.compile(r"U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL\(.*|BOOLEAN|VARCHAR|DATE|TIMESTAMP.*")


@click.command("sql", epilog=EXAMPLE)
@click.argument("query", required=False)
@click.option(
    "--format",
    "form",
    type=Choice(("table", "csv"), "format"),
    default="table",
    show_default=True,
    help="Output format.",
)
@click.pass_obj
def command(session: Session, query: str | None, form: str) -> int:
    """Query the published tables, or print the path of their file."""
    import duckdb

    from headway.errors import UsageError
    from headway.report_files import write
    from warehouse.publish import current, open_published
    from warehouse.upkeep.fixed_path import fixed_path

    warehouse = session.settings.warehouse_folder
    if query is None:
        path, fixed = current(warehouse), fixed_path(warehouse)
        click.echo(str(fixed if fixed.exists() and fixed.samefile(path) else path))
        return 0
    with open_published(warehouse) as connection:
        try:
            statements = connection.extract_statements(query)
            if len(statements) != 1:
                hint = "run them one by one" if statements else "leave the query out for the path of the file"
                raise UsageError(f"expected one query, got {len(statements)}", hint=hint)
            relation = connection.sql(query)
            if relation is None:
                raise UsageError("the statement returns no table", hint="the tables are read-only: use select")
            if form == "csv":
                write(_plain(relation).pl(), "csv", None)
            else:
                click.echo(str(relation).rstrip())
        except duckdb.Error as error:
            raise UsageError(
                str(error).partition("\n")[0], hint='`headway sql "show tables"` lists the tables'
            ) from error
    return 0


def _plain(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The relation, with every column that CSV cannot hold as text."""
    names = ['"' + name.replace('"', '""') + '"' for name in relation.columns]
    return relation.project(
        ", ".join(
            f"#{position} as {name}" if _PLAIN.fullmatch(str(kind)) else f"cast(#{position} as varchar) as {name}"
            for position, (name, kind) in enumerate(zip(names, relation.types, strict=True), 1)
        )
    )
