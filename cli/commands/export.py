"""`headway export`: write a report."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from analytics.reports.catalog import REPORTS
from cli.log import program_progress
from cli.options import Choice, Time, clock_option, evidence_option, horizon_option, intervals_option, tier_option
from pipeline.session import Session

FORMATS = ("csv", "parquet", "json")

EXAMPLE = """\b
Example:
  headway export lead-time --out lead-times.csv
  headway export lead-time --as-of 2026-01-01 --repo 'acme/*' --format json
  headway export stages --by builds_ai --clock working
  headway export waiting --service checkout            # or --by service: a row for each service of a change
  headway export comparison --by team                  # or by 2026-03-01: before and after
  headway export waiting --repo 'acme/*' --out worklist.csv
  headway export longest --by builds_ai                # the ten longest per group and stage
"""
_REPORTS = "".join(f"  {report.name:<20}{report.summary}\n" for report in REPORTS.values())
EPILOG = f"\b\nReports (docs/reports.md has the options and columns of each):\n{_REPORTS}\n{EXAMPLE}"


@click.command("export", epilog=EPILOG)
@click.argument("report", metavar="REPORT", type=Choice(tuple(REPORTS), "report", "`headway export --help` lists them"))
@click.option("--out", default="-", metavar="FILE|-", help="File to write (default: standard output).")
@click.option(
    "--format", "form", type=Choice(FORMATS, "format"), default="csv", show_default=True, help="Output format."
)
@click.option("--as-of", type=Time(), help="Report the state at this time (default: when sources were last read).")
@click.option("--since", type=Time(), help="Only changes code complete, or deployments made, since this time.")
@click.option("--until", type=Time(), help="Only changes code complete, or deployments made, before this time.")
@click.option("--repo", metavar="GLOB", help="Only repositories whose name matches.")
@click.option("--team", metavar="NAME", help="Only repositories of this team.")
@click.option("--service", metavar="NAME", help="Only this service: its changes, with their arrival there.")
@click.option("--by", metavar="COLUMN", help="Group by this column: builds_ai, built_with_ai, team, repo, service, …")
@clock_option
@click.option("--window", metavar="WINDOW", help="Windows of dora: month, quarter or a number of days.")
@click.option("--definition", metavar="NAME", help="Definition of a failure (dora) or repair (rework); all: each one.")
@click.option(
    "--automation",
    is_flag=True,
    help="Include bots' changes and releases in statistics (default: left out, counted). Lists have them anyway.",
)
@evidence_option
@tier_option
@intervals_option
@horizon_option
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917  (one per option of the contract)
    session: Session,
    report: str,
    out: str,
    form: str,
    as_of: datetime | None,
    since: datetime | None,
    until: datetime | None,
    repo: str | None,
    team: str | None,
    service: str | None,
    by: str | None,
    clock: str,
    window: str | None,
    definition: str | None,
    automation: bool,  # noqa: FBT001  (a flag of the command line)
    evidence: str,
    tier: str,
    intervals: str,
    horizon_days: str | None,
) -> int:
    """Write a report as CSV, JSON or Parquet."""
    from analytics.cohort.filters import Filters
    from analytics.cohort.options import Options
    from analytics.cohort.services import service_named
    from analytics.cohort.smallest import SmallestDifference
    from analytics.cohort.working_time import WorkingCalendar
    from analytics.coverage import names_of_team, repositories_named
    from analytics.reports.doubts import all_in_doubt
    from headway.errors import UsageError
    from headway.report_files import write
    from pipeline.build import connect

    if form == "parquet" and out == "-" and sys.stdout.isatty():
        raise UsageError("a terminal cannot show Parquet", hint="name a file with --out, or pipe it")
    filters = Filters(since=since, until=until, repo=repo, evidence=evidence, service=service, tier=tier)
    options = Options(
        by=by,
        automation=automation,
        clock=clock,
        calendar=WorkingCalendar.of(session.settings.calendar),
        window=window,
        definition=definition,
        smallest=SmallestDifference.of(session.settings.comparison),
        intervals=intervals,
        horizon_days=None if horizon_days is None else int(horizon_days),
    )
    REPORTS[report].check(filters, options)
    with connect(session, as_of, program_progress()) as connection:
        if team is not None:
            filters = replace(filters, names=names_of_team(connection, team))
        filters, warning = repositories_named(connection, filters)
        if warning:
            click.echo(f"headway: {warning}", err=True)
        filters = service_named(connection, filters)
        for line in all_in_doubt(connection, filters):
            click.echo(f"headway: {line}", err=True)
        table = REPORTS[report](connection, filters, options)
    write(table, form, None if out == "-" else Path(out))
    return 0
