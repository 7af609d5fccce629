"""`headway runs`: the history of runs."""

from __future__ import annotations

from datetime import datetime

import click

from cli.options import Choice, Time
from pipeline.session import Session

EXAMPLE = """\b
Example:
  headway runs --since 2026-11-01 --failed
  headway runs --source 'github:acme/*' --format csv
"""


@click.command("runs", epilog=EXAMPLE)
@click.option("--source", metavar="GLOB", help="Only sources that match; '' is whole commands (default: all).")
@click.option("--failed", is_flag=True, help="Only runs that failed.")
@click.option("--since", type=Time(), help="Only runs that began at this time or later.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The newest so many.")
@click.option(
    "--format",
    "form",
    type=Choice(("table", "json", "csv"), "format"),
    default="table",
    show_default=True,
    help="Output format.",
)
@click.pass_obj
def command(session: Session, source: str | None, failed: bool, since: datetime | None, limit: int, form: str) -> int:  # noqa: FBT001
    """List runs, the newest last: when, seconds, requests, rows, error.

    Each collected source has a line, and each `collect` and `build` as a whole, without a source.
    """
    from fnmatch import fnmatchcase

    import polars as pl

    from headway.report_files import write
    from headway.times import shown
    from pipeline.watch.history import RunHistory

    runs = RunHistory(session.settings.warehouse_folder).runs()
    if source is not None:
        names = [name for name in runs["source"].unique().to_list() if fnmatchcase(name, source)]
        runs = runs.filter(pl.col("source").is_in(names))
    if failed:
        runs = runs.filter((pl.col("exit_code") != 0) | (pl.col("error") != ""))
    if since is not None:
        runs = runs.filter(pl.col("began_at") >= since)
    runs = runs.tail(limit)
    if form != "table":
        write(runs, form, None)
        if form == "json":
            click.echo()
        return 0
    for run in runs.iter_rows(named=True):
        end = f"FAILED ({run['exit_code']}): {run['error']}" if run["exit_code"] or run["error"] else "ok"
        name = f"{run['command']} {run['source']}".strip()
        counts = f"{run['seconds']:,.1f} s, {run['requests']:,} requests, {run['rows']:,} rows"
        click.echo(f"{shown(run['began_at'])}  {name}: {counts}; {end}")
    return 0
