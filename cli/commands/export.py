"""`headway export`: write a report."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path

import click

from headway.times import parse_time
from pipeline.session import Session

REPORTS = (
    "lead-time",
    "deployments",
    "coverage",
    "classification",
    "stages",
    "occupancy",
    "comparison",
    "bottlenecks",
    "waiting",
    "arrivals",
    "trend",
    "friction",
    "week",
    "initiatives",
    "dora",
    "rework",
    "cadences",
    "longest",
    "returned",
    "members",
    "left-out",
)
CLOCKS = ("wall", "working")
WITHOUT_VERDICTS = ("deployments", "coverage", "waiting", "initiatives", "members", "left-out")
LISTS = ("longest", "returned", "members", "left-out")
WALL_ALONE = {
    "deployments": "gates and deployments run at night too",
    "coverage": "it counts, and measures no time",
    "classification": "it measures no time",
    "friction": "machines wait and work at night too",
    "week": "it tells the hours of the clock on the wall",
    "initiatives": "rungs are climbed in days of the calendar",
    "dora": "a service that fails at night is down at night",
    "rework": "it counts days of the calendar after production",
    **dict.fromkeys(LISTS, "it lists changes; lead-time has their working hours"),
}
"""Reports without working time, and why."""
BOTS_OR_NOT = {
    **dict.fromkeys(
        ("lead-time", "classification", "waiting", "returned"),
        "it has what bots made too, and built_with_ai tells which that is",
    ),
    "deployments": "it has each deployment, whoever made what it shipped",
    "coverage": "it counts what bots made too",
    **dict.fromkeys(("initiatives", "members"), "what bots made belongs to no initiative"),
    "left-out": "it lists what bots made, as a reason of its own",
}
"""Reports that have, or have not, what bots made whatever is asked for, and why."""

EXAMPLE = """\b
Example:
  headway export lead-time --out lead-times.csv
  headway export lead-time --as-of 2026-01-01 --repo 'acme/*' --format json
  headway export stages --by builds_ai --clock working
  headway export comparison --by team                  # or by 2026-03-01: before beside after
  headway export waiting --repo 'acme/*' --out worklist.csv
  headway export longest --by builds_ai                # the ten longest of each group and stage
"""


@click.command("export", epilog=EXAMPLE)
@click.argument("report", metavar="REPORT", type=click.Choice(REPORTS))
@click.option("--out", default="-", metavar="FILE|-", help="File to write (default: standard output).")
@click.option("--format", "form", type=click.Choice(["csv", "parquet", "json"]), default="csv", show_default=True)
@click.option(
    "--as-of", type=parse_time, metavar="TIME", help="Report as of this time instead of each repository's watermark."
)
@click.option(
    "--since", type=parse_time, metavar="TIME", help="Only what was code complete (was deployed) at this time or later."
)
@click.option(
    "--until", type=parse_time, metavar="TIME", help="Only what was code complete (was deployed) before this time."
)
@click.option("--repo", metavar="GLOB", help="Only repositories whose name matches.")
@click.option("--team", metavar="NAME", help="Only repositories of this team.")
@click.option("--by", metavar="COLUMN", help="Group by this column, in reports that have groups.")
@click.option(
    "--clock",
    type=click.Choice(CLOCKS),
    default="wall",
    show_default=True,
    help="Tell the hours of statistics in working time, by the [calendar] of the settings.",
)
@click.option("--window", metavar="WINDOW", help="Report dora: by month, quarter or so many days.")
@click.option(
    "--definition", metavar="NAME", help="dora, rework: what counts as failed or repaired; all shows each way."
)
@click.option("--automation", is_flag=True, help="Count what bots made too; without it, it is left out and counted.")
@click.option(
    "--evidence",
    type=click.Choice(["any", "strong"]),
    default="any",
    show_default=True,
    help="With strong, changes whose verdict is weak are left out.",
)
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917  (one for each option of the contract)
    session: Session,
    report: str,
    out: str,
    form: str,
    as_of: datetime | None,
    since: datetime | None,
    until: datetime | None,
    repo: str | None,
    team: str | None,
    by: str | None,
    clock: str,
    window: str | None,
    definition: str | None,
    automation: bool,  # noqa: FBT001  (a flag of the command line)
    evidence: str,
) -> int:
    """Write a report as CSV, JSON or Parquet."""
    from analytics.cohort.filters import Filters
    from analytics.cohort.options import Options
    from analytics.cohort.working_time import WorkingCalendar
    from analytics.coverage import names_of_team, unmatched
    from analytics.reports.published import GROUPED
    from analytics.reports.published import REPORTS as TABLES
    from headway.errors import UsageError
    from headway.progress import progress_on
    from headway.report_files import write
    from pipeline.build import connect

    if by is not None and report not in GROUPED:
        raise UsageError(f"the report {report} has no groups, so --by has no meaning", hint="leave --by out")
    if clock != "wall" and report in WALL_ALONE:
        raise UsageError(f"the report {report} tells no working time: {WALL_ALONE[report]}", hint="leave --clock out")
    if automation and report in BOTS_OR_NOT:
        raise UsageError(
            f"the report {report} cannot be asked for what bots made: {BOTS_OR_NOT[report]}",
            hint="leave --automation out",
        )
    if window and report != "dora":
        raise UsageError(f"the report {report} has no --window", hint="leave it out")
    if definition and report not in {"dora", "rework"}:
        raise UsageError(f"the report {report} has no --definition", hint="leave it out")
    if evidence != "any" and report in WITHOUT_VERDICTS:
        raise UsageError(f"the report {report} tells no verdicts, so --evidence has no meaning", hint="leave it out")
    if form == "parquet" and out == "-" and sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal", hint="name a file with --out, or pipe it")
    calendar = WorkingCalendar.of(session.settings.calendar)
    options = Options(
        by=by, automation=automation, clock=clock, calendar=calendar, window=window, definition=definition
    )
    with connect(session, as_of, progress_on(sys.stderr, time.monotonic)) as connection:
        names = None if team is None else names_of_team(connection, team)
        filters = Filters(since=since, until=until, repo=repo, evidence=evidence, names=names)
        if missed := unmatched(connection, filters):
            click.echo(f"headway: {missed}", err=True)
        table = TABLES[report](connection, filters, options)
    write(table, form, None if out == "-" else Path(out))
    return 0
