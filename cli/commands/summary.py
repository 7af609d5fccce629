"""`headway summary`: the headline numbers in the terminal, on one screen."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

from analytics.text import wording
from cli.options import Time, clock_option, evidence_option, horizon_option, intervals_option
from headway.times import shown
from pipeline.session import Session

if TYPE_CHECKING:
    import duckdb
    import polars as pl

    from analytics.cohort.filters import Filters
    from analytics.cohort.options import Options
    from analytics.pulse.pulse import Group, Pulse
    from analytics.text.findings import Finding
    from headway.settings import Settings

EXAMPLE = """\b
Example:
  headway summary
  headway summary --repo 'acme/*' --since 2026-01-01
  headway summary --clock working
"""
_WAITING_SHOWN = 2
_DOUBTS_SHOWN = 2
_LINES, _WIDTH = 23, 100
"""A terminal of 24 lines shows this together with the next prompt."""


@click.command("summary", epilog=EXAMPLE)
@click.option("--repo", metavar="GLOB", help="Only repositories whose name matches.")
@click.option("--service", metavar="NAME", help="Only this service: its changes, with their arrival there.")
@click.option("--since", type=Time(), help="Only changes code complete since this time.")
@evidence_option
@clock_option
@intervals_option
@horizon_option
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917  (one per option)
    session: Session,
    repo: str | None,
    service: str | None,
    since: datetime | None,
    clock: str,
    evidence: str,
    intervals: str,
    horizon_days: str | None,
) -> int:
    """Print the headline numbers on one screen.

    They compare AI work and other work, and show findings, waiting work and the biggest bottleneck.
    """
    from analytics.cohort.filters import Filters
    from analytics.cohort.options import Options
    from analytics.cohort.services import service_named
    from analytics.cohort.smallest import SmallestDifference
    from analytics.cohort.working_time import WorkingCalendar
    from analytics.coverage import closed_work_is_seen, in_doubt, repositories_named
    from analytics.initiatives import read_portfolio
    from analytics.pulse.pulse import pulse, slowest_waiting
    from analytics.reports.doubts import all_in_doubt
    from analytics.reports.published import coverage
    from analytics.text.findings import findings_in
    from warehouse.publish import open_published

    warehouse = session.settings.warehouse_folder
    filters = Filters(since=since, repo=repo, evidence=evidence, service=service)
    calendar = WorkingCalendar.of(session.settings.calendar)
    horizon = None if horizon_days is None else int(horizon_days)
    smallest = SmallestDifference.of(session.settings.comparison)
    options = Options(clock=clock, calendar=calendar, intervals=intervals, horizon_days=horizon, smallest=smallest)
    with open_published(warehouse) as connection:
        filters, warning = repositories_named(connection, filters)
        if warning:
            click.echo(f"headway: {warning}", err=True)
        filters = service_named(connection, filters)
        everything = Filters(repo=filters.repo, names=filters.names)
        headline = pulse(connection, filters, options=options)
        text = lines(
            headline,
            pulse(connection, filters, axis="built_with_ai", options=options),
            slowest_waiting(connection, filters, _WAITING_SHOWN, calendar=options.working),
            findings_in(connection, filters, options),
            closed_work_is_seen=closed_work_is_seen(connection, filters),
            above=[
                *(["SIMULATED DATA: nothing here is real", ""] if (warehouse / "SIMULATED").exists() else []),
                *_in_doubt(all_in_doubt(connection, everything)),
                *_doubts(in_doubt(coverage(connection, everything))),
            ],
            beside=[
                wording.initiatives(read_portfolio(connection, everything).initiatives),
                _targets(connection, filters, session.settings, headline, options),
            ],
        )
    click.echo("\n".join(text))
    return 0


def _targets(
    connection: duckdb.DuckDBPyConnection, filters: Filters, settings: Settings, headline: Pulse, options: Options
) -> str:
    """The targets of all work beside what was measured; nothing more is read than those that are set need."""
    from analytics.pulse.pulse import slowest_waiting
    from analytics.reports.catalog import REPORTS
    from analytics.text import targets

    aims = settings.targets.of(None)
    results = [*targets.lead_times(headline, aims), *targets.within_a_week(headline, aims)]
    if aims.waiting_days and headline.clock == "wall":
        always = replace(filters, since=None)
        longer = slowest_waiting(connection, always, sys.maxsize)["age_hours"] > 24.0 * aims.waiting_days
        results += targets.waiting(int(longer.sum()), aims)
    if aims.failure_share:
        results += targets.failures(REPORTS["dora"](connection, filters, options).to_dicts(), aims)
    return targets.summarized(results)


def _in_doubt(named: Sequence[str]) -> list[str]:
    """Lines about the first services in doubt: what follows them is without their newest work."""
    text = [line for long in named[:_DOUBTS_SHOWN] for line in textwrap.wrap(long, _WIDTH, subsequent_indent="  ")]
    if len(named) > _DOUBTS_SHOWN:
        text.append(f"{len(named) - _DOUBTS_SHOWN:,} more in doubt")
    return [*text, "The setting that fixes it: headway doctor", ""] if text else []


def _doubts(repositories: Mapping[str, str]) -> list[str]:
    """Lines about the first repositories whose changes are in doubt."""
    text = [f"{name}: {line}" for name, line in repositories.items()]
    if len(text) > _DOUBTS_SHOWN:
        text[_DOUBTS_SHOWN:] = [
            f"{len(text) - _DOUBTS_SHOWN:,} more repositories have changes in doubt: headway status"
        ]
    return (
        [*(line for long in text for line in textwrap.wrap(long, _WIDTH, subsequent_indent="  ")), ""] if text else []
    )


def lines(
    built: Pulse,
    authored: Pulse,
    waiting: pl.DataFrame,
    findings: Sequence[Finding],
    *,
    closed_work_is_seen: bool,
    beside: Sequence[str] = (),
    above: Sequence[str] = (),
) -> list[str]:
    """The summary as text.

    `built`: AI work by what it builds; `authored`: by how it was made. `closed_work_is_seen`: whether a source reports
    closed pull requests. `beside`: the state of initiatives, and targets; empty where there are none.
    `above`: lines to print first.
    """
    if built.as_of is None:
        return [
            *above,
            "No change whose arrival in production could be observed yet.",
            wording.left_out(built, authored),
        ]
    first, last = (shown(at) for at in built.as_of)
    week = "in 7 days" if built.clock == "wall" else f"in {built.week_hours:g} h"
    by = "" if built.clock == "wall" else ", in working hours"
    head = [*above, f"Code complete to production{by}, as of {last if first == last else f'{first} … {last}'}"]
    head.append(
        f"  {'':<16}{'changes':>9}{'arrived':>9}{'waiting':>9}{'abandoned':>11}   median [95 %]            {week}"
    )
    head += [
        _row(group, built, closed_work_is_seen=closed_work_is_seen)
        for group in (built.everything, built.ai, built.other, authored.ai, authored.other)
    ]
    slowest = (wording.bottleneck(group, built.horizon_hours, built.clock) for group in built.compared)
    middle = ["", *(line for line in slowest if line)]
    middle += (line for text in beside for line in textwrap.wrap(text, _WIDTH, subsequent_indent="  "))
    listed = ["", "Waiting longest since code complete, and where now:"] if len(waiting) else []
    for row in waiting.iter_rows(named=True):
        age = wording.hours(row["age_hours"], built.clock)
        listed.append(f"  {age:>9}  {row['current_stage']:<8} {row['change_id']}  {row['title'][:50]}")
    tail = ["", wording.left_out(built, authored)]
    if not closed_work_is_seen:
        tail.append("Git alone does not show abandoned and open work, reviews or CI.")
    room = _LINES - len(head) - len(middle) - len(tail)
    sentences = _fitting(findings, room - len(listed))
    if findings and not sentences:
        # What was found says more than single changes do.
        sentences, listed = _fitting(findings, room), []
    return [wording.plain(line).rstrip() for line in [*head, *middle, *sentences, *listed, *tail]]


def _fitting(findings: Sequence[Finding], room: int) -> list[str]:
    """The first findings that fit whole."""
    text: list[str] = []
    for finding in findings:
        more = textwrap.wrap(finding.sentence, _WIDTH, subsequent_indent="  ")
        if len(text) + len(more) <= room:
            text += more
    return text


def _row(group: Group, pulse: Pulse, *, closed_work_is_seen: bool) -> str:
    gone = wording.gone(group, closed_work_is_seen=closed_work_is_seen)
    counts = f"  {group.name:<16}{group.changes:>9,}{group.production:>9,}{group.waiting:>9,}{gone:>11}"
    if not group.enough:
        return f"{counts}   {wording.TOO_FEW}"
    week = next(share for hours, share in group.arrived if hours == pulse.week_hours)
    return f"{counts}   {wording.with_interval(group.median_hours, pulse.clock):<24} {wording.share(week)}"
