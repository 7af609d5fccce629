"""`headway summary`: the pulse check in the terminal, in under a screen."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from analytics.text import wording
from headway.times import parse_time, shown
from pipeline.session import Session

if TYPE_CHECKING:
    import polars as pl

    from analytics.pulse.pulse import Group, Pulse
    from analytics.text.findings import Finding

EXAMPLE = """\b
Example:
  headway summary
  headway summary --repo 'acme/*' --since 2026-01-01
  headway summary --clock working
"""
_WAITING_SHOWN = 2
_LINES, _WIDTH = 23, 100
"""What a terminal of 24 lines shows together with the next prompt."""


@click.command("summary", epilog=EXAMPLE)
@click.option("--repo", metavar="GLOB", help="Only repositories whose name matches.")
@click.option("--since", type=parse_time, metavar="TIME", help="Only what was code complete at this time or later.")
@click.option(
    "--evidence",
    type=click.Choice(["any", "strong"]),
    default="any",
    show_default=True,
    help="With strong, what is weakly told to be AI work or not is left out and counted.",
)
@click.option(
    "--clock",
    type=click.Choice(["wall", "working"]),
    default="wall",
    show_default=True,
    help="Tell hours in working time, by the [calendar] of the settings.",
)
@click.pass_obj
def command(session: Session, repo: str | None, since: datetime | None, clock: str, evidence: str) -> int:
    """Print the headline numbers: AI beside other work, what was found, what waits, and the biggest bottleneck."""
    from analytics.cohort.filters import Filters
    from analytics.cohort.working_time import WorkingCalendar
    from analytics.coverage import closed_work_is_seen, unmatched
    from analytics.initiatives import read_portfolio
    from analytics.pulse.pulse import pulse, slowest_waiting
    from analytics.text.findings import findings_in
    from warehouse.publish import open_published

    warehouse = session.settings.warehouse_folder
    filters = Filters(since=since, repo=repo, evidence=evidence)
    calendar = WorkingCalendar.of(session.settings.calendar) if clock == "working" else None
    with open_published(warehouse) as connection:
        if missed := unmatched(connection, filters):
            click.echo(f"headway: {missed}", err=True)
        text = lines(
            pulse(connection, filters, calendar=calendar),
            pulse(connection, filters, axis="built_with_ai", calendar=calendar),
            slowest_waiting(connection, filters, _WAITING_SHOWN, calendar=calendar),
            findings_in(connection, filters, calendar),
            seen=closed_work_is_seen(connection, filters),
            above=["SIMULATED DATA: nothing here is real", ""] if (warehouse / "SIMULATED").exists() else [],
            initiatives=wording.initiatives(read_portfolio(connection, Filters(repo=repo)).initiatives),
        )
    click.echo("\n".join(text))
    return 0


def lines(
    found: Pulse,
    made: Pulse,
    waiting: pl.DataFrame,
    findings: Sequence[Finding],
    *,
    seen: bool,
    initiatives: str = "",
    above: Sequence[str] = (),
) -> list[str]:
    """The summary as text.

    `seen` says whether closed work is, `initiatives` how far those are; `above` stands over it.
    """
    if found.as_of is None:
        return [*above, "No change whose arrival in production could be observed yet.", wording.left_out(found, made)]
    first, last = (shown(at) for at in found.as_of)
    week = "in 7 days" if found.clock == "wall" else f"in {found.week_hours:g} h"
    by = "" if found.clock == "wall" else ", in working hours"
    head = [*above, f"Code complete to production{by}, as of {last if first == last else f'{first} … {last}'}"]
    head.append(
        f"  {'':<16}{'changes':>9}{'arrived':>9}{'waiting':>9}{'abandoned':>11}   median [95 %]            {week}"
    )
    head += [_row(group, found, seen=seen) for group in (found.everything, found.ai, found.other, made.ai, made.other)]
    slowest = (wording.bottleneck(group, found.horizon_hours, found.clock) for group in found.compared)
    middle = ["", *(line for line in slowest if line)]
    if initiatives:
        middle.append(initiatives)
    tail = ["", "Waiting longest since code complete, and where now:"] if len(waiting) else []
    for row in waiting.iter_rows(named=True):
        age = wording.hours(row["age_hours"], found.clock)
        tail.append(f"  {age:>9}  {row['current_stage']:<8} {row['change_id']}  {row['title'][:50]}")
    tail += ["", wording.left_out(found, made)]
    if not seen:
        tail.append("Abandoned and open work is not visible from Git alone; reviews and CI neither.")
    room = _LINES - len(head) - len(middle) - len(tail)
    return [wording.plain(line).rstrip() for line in [*head, *middle, *_fitting(findings, room), *tail]]


def _fitting(findings: Sequence[Finding], room: int) -> list[str]:
    """As many of the findings, from the first on, as have room whole."""
    text: list[str] = []
    for finding in findings:
        more = textwrap.wrap(finding.sentence, _WIDTH, subsequent_indent="  ")
        if len(text) + len(more) <= room:
            text += more
    return text


def _row(group: Group, found: Pulse, *, seen: bool) -> str:
    gone = wording.gone(group, closed_work_is_seen=seen)
    counts = f"  {group.name:<16}{group.changes:>9,}{group.production:>9,}{group.waiting:>9,}{gone:>11}"
    if not group.enough:
        return f"{counts}   {wording.TOO_FEW}"
    week = next(share for hours, share in group.arrived if hours == found.week_hours)
    return f"{counts}   {wording.with_interval(group.median_hours, found.clock):<24} {wording.share(week)}"
