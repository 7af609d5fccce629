"""`headway check`: compare the warehouse with thresholds, for alerting."""

from __future__ import annotations

import click

from cli.options import Choice
from pipeline.session import Session

EXAMPLE = """\b
Example:
  headway check                        # thresholds are those of [check] in headway.toml
  headway check --format json | jq '.[] | select(.state == "failed")'
"""


@click.command("check", epilog=EXAMPLE)
@click.option(
    "--format",
    "form",
    type=Choice(("table", "json", "csv"), "format"),
    default="table",
    show_default=True,
    help="Output format.",
)
@click.option("--failed", is_flag=True, help="Show failures alone.")
@click.pass_obj
def command(session: Session, form: str, failed: bool) -> int:  # noqa: FBT001
    """Compare sources, repositories and teams with thresholds.

    A source is stale, a repository in doubt, a team's share in production within 7 days too low, or its lead time or a
    stage slower than in the half year before. The exit code is 1 where one of them is.
    """
    from dataclasses import asdict

    import polars as pl

    from headway.report_files import write
    from pipeline.watch.thresholds import FAILED, compare

    rows = compare(session)
    shown = [row for row in rows if row.state == FAILED or not failed]
    if form == "table":
        for row in shown:
            click.echo(f"{row.state:<8}{row.name}: {row.what}")
            if row.hint:
                click.echo(f"        hint: {row.hint}")
    else:
        texts = {"check": pl.String, "subject": pl.String, "state": pl.String, "what": pl.String}
        schema = {**texts, "value": pl.Float64, "limit": pl.Float64, "hint": pl.String}
        write(pl.DataFrame([asdict(row) for row in shown], schema=schema), form, None)
        if form == "json":
            click.echo()
    return 1 if any(row.state == FAILED for row in rows) else 0
