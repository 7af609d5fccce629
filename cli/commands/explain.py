"""`headway explain`: why the numbers say what they say of one change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headway.times import shown
from pipeline.session import Session

if TYPE_CHECKING:
    from analytics.explain.change import Explanation

EXAMPLE = """\b
Example:
  headway explain github:alphagov/govuk-chat#1255
"""


@click.command("explain", epilog=EXAMPLE)
@click.argument("change_id")
@click.pass_obj
def command(session: Session, change_id: str) -> int:
    """Show one change: milestones and their records, AI evidence, and the deployment that shipped it."""
    from analytics.explain.change import explain
    from warehouse.publish import open_published

    with open_published(session.settings.warehouse_folder) as connection:
        found = explain(connection, change_id)
    click.echo("\n".join(lines(found)))
    return 0


def lines(found: Explanation) -> list[str]:
    """The explanation as text, one fact a line; nothing in it can steer a terminal."""
    change = found.change
    shown_lines = [
        f"{change['change_id']}  {change['title']}",
        f"by {change['author'] or 'unknown'}" + (f", {change['url']}" if change["url"] else ""),
        "",
        f"outcome: {change['outcome']}",
        f"  {found.arrival}",
        *([f"  waits for {found.waits_for}"] if found.waits_for else []),
        "",
        f"milestones (as of {shown(change['as_of'])})",
        *(
            f"  {milestone.name:<18} {shown(milestone.at):<21} {milestone.record}".rstrip()
            for milestone in found.milestones
            if milestone.at is not None
        ),
    ]
    if change["clamped"]:
        shown_lines.append(f"  {change['clamped']} out of order: clamped to what follows")
    shown_lines += ["", "where its time went (hours; the stages from pickup on add up to the lead time)"]
    for stage in found.stages:
        shown_lines.append(f"  {stage.name:<10} {stage.hours:>10.2f}{'' if stage.ended else '  so far'}")
    shown_lines += [f"    {line}" for line in found.friction]
    for name, label in (("lead_time_hours", "lead time"), ("age_hours", "age")):
        if change[name] is not None:
            shown_lines.append(f"  {label:<10} {change[name]:>10.2f}")
    shown_lines += ["", f"AI work: {found.verdict}", *(f"  {line}" for line in found.evidence)]
    if found.initiatives:
        shown_lines += ["", "initiatives:", *(f"  {line}" for line in found.initiatives)]
    if found.repairs:
        shown_lines += ["", "stability", *(f"  {line}" for line in found.repairs)]
    shown_lines += ["", f"its own commits: {len(found.commits)}"]
    for commit in found.commits[:20]:
        subject = (commit["message"] or "").partition("\n")[0][:80]
        kind = " (merge)" if commit["merge"] else ""
        when = shown(commit["committed_at"])
        shown_lines.append(f"  {commit['sha'][:12]} {when} {commit['author_name']}: {subject}{kind}")
    return ["".join(c if c.isprintable() else " " for c in line) for line in shown_lines]
