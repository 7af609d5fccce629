"""`headway deployments`: what is taken for deployments, what is ignored, and the settings that would change it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import click

from cli.log import program_progress
from cli.options import Choice, Time
from headway.times import shown
from pipeline.session import Session

EXAMPLE = """\b
Example:
  headway deployments
  headway deployments --repo 'acme/*' --format json
"""
FORMATS = ("text", "json")
_WIDTH = 110


@click.command("deployments", epilog=EXAMPLE)
@click.option("--repo", metavar="GLOB", help="Only repositories whose name matches.")
@click.option("--as-of", type=Time(), help="Report the state at this time (default: when sources were last read).")
@click.option(
    "--format",
    "form",
    type=Choice(("text", "json"), "format"),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.pass_obj
def command(session: Session, repo: str | None, as_of: datetime | None, form: str) -> int:
    """Show what is taken for deployments, and what is ignored.

    For each service and environment: the tags, records, workflows or manifests, how many, from when to when. What looks
    like deployments and is ignored follows, with the reason and the line of settings that takes it.
    """
    from analytics.cohort.filters import Filters
    from analytics.coverage import repositories_named
    from analytics.reports.deployment_sources import deployment_sources
    from analytics.reports.doubts import doubts_by_repository, hint_of, in_words
    from headway.report_files import write
    from headway.settings.pasted import to_paste
    from pipeline.build import connect

    with connect(session, as_of, program_progress()) as connection:
        filters, warning = repositories_named(connection, Filters(repo=repo))
        if warning:
            click.echo(f"headway: {warning}", err=True)
        table = deployment_sources(connection, filters)
        doubts = doubts_by_repository(connection, filters)
    if form == "json":
        write(table, "json", None)
        return 0
    if table.is_empty():
        click.echo("Nothing is taken for a deployment, and nothing looks like one.")
    named = ""
    for row in table.iter_rows(named=True):
        name = f"{row['provider']}:{row['repo']}"
        if name != named:
            click.echo(f"{'' if not named else chr(10)}{name}")
            for doubt in doubts.get(name, ()):
                click.echo(textwrap.fill(in_words(doubt), _WIDTH, initial_indent="  ", subsequent_indent="    "))
                click.echo(f"    hint: {to_paste(hint_of(doubt), ' ' * 6)}")
            named = name
        click.echo("\n".join(_lines(row)))
    return 0


def _lines(row: Mapping[str, Any]) -> Iterator[str]:
    """What one row of the report says."""
    from analytics.text.wording import plain
    from headway.settings.pasted import to_paste

    state = "taken" if row["taken"] else "ignored"
    what = " ".join(part for part in (row["source"], row["what"]) if part)
    where = f" to {row['environment']}" if row["environment"] else ""
    service = f", service {row['service']}" if row["service"] else ""
    span = f", {shown(row['first_at'])} to {shown(row['last_at'])}" if row["first_at"] else ""
    yield plain(f"  {state:<8}{what}{where}{service}: {row['deployments']:,}{span}")
    yield plain(f"          {row['why']}")
    if row["setting"]:
        yield to_paste(plain(f"          to take it: {row['setting']}"), " " * 12)
