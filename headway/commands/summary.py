"""`headway summary`: the pulse check in the terminal, in under a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headway.session import Session
from headway.times import shown

if TYPE_CHECKING:
    import polars as pl

    from analytics.pulse import Estimate, Group, Pulse

EXAMPLE = """\b
Example:
  headway summary
  headway summary --repo 'acme/*' --since 2026-01-01
"""
_WAITING_SHOWN = 3
TWO_DAYS = 48.0


@click.command("summary", epilog=EXAMPLE)
@click.option("--repo", metavar="GLOB", help="Only repositories whose name matches.")
@click.option("--since", metavar="TIME", help="Only what was code complete at this time or later.")
@click.pass_obj
def command(session: Session, repo: str | None, since: str | None) -> int:
    """Print the headline numbers: AI beside other work, what waits, and the biggest bottleneck."""
    from analytics.filters import Filters
    from analytics.pulse import pulse, slowest_waiting
    from headway.errors import UsageError
    from headway.times import parse_time
    from warehouse.publish import open_published

    try:
        start = parse_time(since) if since else None
    except ValueError as error:
        raise UsageError(f"{since!r} is no ISO 8601 time", hint="write --since 2026-01-31") from error
    filters = Filters(since=start, repo=repo)
    with open_published(session.settings.warehouse_folder) as connection:
        found = pulse(connection, filters)
        made = pulse(connection, filters, axis="built_with_ai")
        waiting = slowest_waiting(connection, filters, _WAITING_SHOWN)
        reported = connection.sql("select count(*) from change_reports").to_arrow_table()[0][0].as_py()
        simulated = _simulated(session)
    click.echo("\n".join(lines(found, made, waiting, closed_work_is_seen=bool(reported), simulated=simulated)))
    return 0


def _simulated(session: Session) -> bool:
    return (session.settings.warehouse_folder / "SIMULATED").exists()


def lines(found: Pulse, made: Pulse, waiting: pl.DataFrame, *, closed_work_is_seen: bool, simulated: bool) -> list[str]:
    """The summary as text."""
    text = ["SIMULATED DATA: nothing here is real", ""] if simulated else []
    if found.as_of is None:
        return [*text, "No change whose arrival in production could be observed yet.", *_left_out(found)]
    first, last = (shown(at) for at in found.as_of)
    text.append(f"Code complete to production, as of {last if first == last else f'{first} … {last}'}")
    text += [
        "",
        f"  {'':<16}{'changes':>9}{'arrived':>9}{'waiting':>9}{'abandoned':>11}   median [95 %]            in 7 days",
    ]
    groups = [found.everything, found.ai, found.other, made.ai, made.other]
    text += [_row(group, closed_work_is_seen=closed_work_is_seen) for group in groups]
    text += ["", *_bottlenecks(found)]
    if len(waiting):
        text += ["", "Waiting longest since code complete, and where now:"]
        text += [
            f"  {_hours(row['age_hours']):>8}  {row['current_stage']:<8} {row['change_id']}  {row['title'][:50]}"
            for row in waiting.iter_rows(named=True)
        ]
    text += ["", *_left_out(found)]
    if not closed_work_is_seen:
        text.append("Abandoned and open work is not visible from Git alone; reviews and CI neither.")
    return ["".join(c if c.isprintable() else " " for c in line).rstrip() for line in text]


def _row(group: Group, *, closed_work_is_seen: bool) -> str:
    gone = f"{group.abandoned:,}" if closed_work_is_seen else "not seen"
    counts = f"  {group.name:<16}{group.changes:>9,}{group.production:>9,}{group.waiting:>9,}{gone:>11}"
    if not group.enough:
        return f"{counts}   too few to say"
    week = next(share for hours, share in group.arrived if hours == 168.0)
    return f"{counts}   {_with_interval(group.median_hours):<24} {_share(week)}"


def _bottlenecks(found: Pulse) -> list[str]:
    text = []
    for group in (found.ai, found.other) if found.ai.enough and found.other.enough else (found.everything,):
        stage = group.bottleneck
        if stage is None:
            continue
        days = found.horizon_hours / 24
        text.append(
            f"Biggest bottleneck for {group.name}: {stage.stage}, {_with_interval(stage.mean_hours)} of a change's"
            f" first {days:.0f} days, {stage.share:.0%} of its waiting"
        )
    return text


def _left_out(found: Pulse) -> list[str]:
    parts = [
        (found.automation, "by bots"),
        (found.unknown, "whose arrival could not have been seen"),
        (found.no_deployments, "in repositories without deployments"),
    ]
    told = ", ".join(f"{count:,} {what}" for count, what in parts if count)
    return [f"Left out and counted: {told}."] if told else []


def _with_interval(estimate: Estimate) -> str:
    """Hours with their interval, in one unit; a bound that is not reached is left open."""
    if estimate.value is None:
        return "not reached"
    per, unit = (1.0, "h") if estimate.value < TWO_DAYS else (24.0, "d")
    low, high = (f"{bound / per:.1f}" if bound is not None else "…" for bound in (estimate.lower, estimate.upper))
    interval = "" if low == high == "…" else f" [{low} – {high}]"
    return f"{estimate.value / per:.1f} {unit}{interval}"


def _share(estimate: Estimate) -> str:
    if estimate.value is None:
        return ""
    interval = f" [{estimate.lower:.0%} – {estimate.upper:.0%}]" if estimate.lower is not None else ""
    return f"{estimate.value:.0%}{interval}"


def _hours(hours: float) -> str:
    return f"{hours:.1f} h" if hours < TWO_DAYS else f"{hours / 24:.1f} d"
