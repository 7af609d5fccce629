"""`headway explain`: what the numbers of one change rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headway.raw_tables.people import shown_name
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
    """Explain one change: milestones, AI evidence, deployment."""
    from analytics.explain.change import explain
    from pipeline.repositories import change_as_spelled, repository_spellings
    from warehouse.publish import open_published

    with open_published(session.settings.warehouse_folder) as connection:
        explanation = explain(connection, change_as_spelled(change_id, repository_spellings(connection)))
    click.echo("\n".join(lines(explanation)))
    return 0


def lines(explanation: Explanation) -> list[str]:
    """The explanation as text, one fact per line, without characters that control a terminal."""
    change = explanation.change
    shown_lines = [
        f"{change['change_id']}  {change['title']}",
        f"by {change['author'] or 'unknown'}" + (f", {change['url']}" if change["url"] else ""),
        "",
        f"outcome: {change['outcome']}",
        f"  {explanation.arrival}",
        *([f"  waits for {explanation.waits_for}"] if explanation.waits_for else []),
        *(["", "services and waves:", *(f"  {line}" for line in explanation.services)] if explanation.services else []),
        "",
        f"milestones (as of {shown(change['as_of'])})",
        *(
            f"  {milestone.name:<18} {shown(milestone.at):<21} {milestone.record}".rstrip()
            for milestone in explanation.milestones
            if milestone.at is not None
        ),
    ]
    if change["clamped"]:
        shown_lines.append(f"  {change['clamped']} milestones out of order: moved to the next one")
    shown_lines += ["", "where its time went (hours; the stages from pickup on add up to the lead time)"]
    for stage in explanation.stages:
        shown_lines.append(f"  {stage.name:<10} {stage.hours:>10.2f}{'' if stage.ended else '  so far'}")
    shown_lines += [f"    {line}" for line in explanation.friction]
    for name, label in (("lead_time_hours", "lead time"), ("age_hours", "age")):
        if change[name] is not None:
            shown_lines.append(f"  {label:<10} {change[name]:>10.2f}")
    shown_lines += ["", f"AI work: {explanation.verdict}", *(f"  {line}" for line in explanation.evidence)]
    if explanation.initiatives:
        shown_lines += ["", "initiatives:", *(f"  {line}" for line in explanation.initiatives)]
    if explanation.repairs:
        shown_lines += ["", "stability", *(f"  {line}" for line in explanation.repairs)]
    shown_lines += ["", f"its own commits: {len(explanation.commits)}"]
    for commit in explanation.commits[:20]:
        subject = (commit["message"] or "").partition("\n")[0][:80]
        kind = " (merge)" if commit["merge"] else ""
        when = shown(commit["committed_at"])
        shown_lines.append(
            f"  {commit['sha'][:12]} {when} {shown_name(commit['author_name']) or 'unknown'}: {subject}{kind}"
        )
    return ["".join(c if c.isprintable() else " " for c in line) for line in shown_lines]
