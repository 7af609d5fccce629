"""`headway summary`: the pulse check in the terminal, in under a screen."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from headway import wording
from headway.session import Session
from headway.times import parse_time, shown

if TYPE_CHECKING:
    import polars as pl

    from analytics.pulse import Group, Pulse

EXAMPLE = """\b
Example:
  headway summary
  headway summary --repo 'acme/*' --since 2026-01-01
"""
_WAITING_SHOWN = 3
_WEEK_HOURS = 168.0


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
@click.pass_obj
def command(session: Session, repo: str | None, since: datetime | None, evidence: str) -> int:
    """Print the headline numbers: AI beside other work, what waits, and the biggest bottleneck."""
    from analytics.basis import closed_work_is_seen
    from analytics.filters import Filters
    from analytics.initiatives import read_portfolio
    from analytics.pulse import pulse, slowest_waiting
    from warehouse.publish import open_published

    warehouse = session.settings.warehouse_folder
    filters = Filters(since=since, repo=repo, evidence=evidence)
    with open_published(warehouse) as connection:
        text = lines(
            pulse(connection, filters),
            pulse(connection, filters, axis="built_with_ai"),
            slowest_waiting(connection, filters, _WAITING_SHOWN),
            seen=closed_work_is_seen(connection, filters),
            initiatives=wording.initiatives(read_portfolio(connection, Filters(repo=repo)).initiatives),
        )
    if (warehouse / "SIMULATED").exists():
        text = ["SIMULATED DATA: nothing here is real", "", *text]
    click.echo("\n".join(text))
    return 0


def lines(found: Pulse, made: Pulse, waiting: pl.DataFrame, *, seen: bool, initiatives: str = "") -> list[str]:
    """The summary as text; `seen` says whether closed work is, `initiatives` how far those are."""
    if found.as_of is None:
        return ["No change whose arrival in production could be observed yet.", wording.left_out(found, made)]
    first, last = (shown(at) for at in found.as_of)
    head = f"  {'':<16}{'changes':>9}{'arrived':>9}{'waiting':>9}{'abandoned':>11}   median [95 %]            in 7 days"
    text = [f"Code complete to production, as of {last if first == last else f'{first} … {last}'}", "", head]
    text += [_row(group, seen=seen) for group in (found.everything, found.ai, found.other, made.ai, made.other)]
    text += ["", *(wording.bottleneck(group, found.horizon_hours) for group in found.compared)]
    if initiatives:
        text.append(initiatives)
    if len(waiting):
        text += ["", "Waiting longest since code complete, and where now:"]
        text += [
            f"  {wording.hours(row['age_hours']):>9}  {row['current_stage']:<8} {row['change_id']}  {row['title'][:50]}"
            for row in waiting.iter_rows(named=True)
        ]
    text += ["", wording.left_out(found, made)]
    if not seen:
        text.append("Abandoned and open work is not visible from Git alone; reviews and CI neither.")
    return [wording.plain(line).rstrip() for line in text]


def _row(group: Group, *, seen: bool) -> str:
    gone = wording.gone(group, closed_work_is_seen=seen)
    counts = f"  {group.name:<16}{group.changes:>9,}{group.production:>9,}{group.waiting:>9,}{gone:>11}"
    if not group.enough:
        return f"{counts}   {wording.TOO_FEW}"
    week = next(share for hours, share in group.arrived if hours == _WEEK_HOURS)
    return f"{counts}   {wording.with_interval(group.median_hours):<24} {wording.share(week)}"
