"""The reasons behind the verdicts of the pulse check: a question each, with all of its numbers, shown on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import polars as pl
import streamlit as st

from analytics.cohort.cohort import LEAD_STAGES
from analytics.pulse.pulse import Group, Pulse
from analytics.pulse.tables import groups_table, stages_table
from analytics.text import wording
from analytics.text.findings import Finding
from dashboard import charts
from dashboard.answers.view import View
from dashboard.parts import tables
from dashboard.parts.lazy_expander import lazy_expander
from dashboard.parts.sections import ONLY_GIT
from dashboard.parts.stability import (
    change_groups,
    failure_comparison,
    failure_headline,
    rework_comparison,
    value_and_interval,
)
from dashboard.shell.navigation import page_link

__all__ = ["reasons"]

DELIVERY = ("merge", "build", "staging", "release", "deploy")
TOO_FEW = "Too few changes to say"
STAGES = {
    "group": "Group",
    "stage": "Stage",
    "mean_hours_in_state": tables.decimal("Mean hours"),
    "lower": tables.decimal("95% from"),
    "upper": tables.decimal("95% to"),
    "share_of_wait": tables.percent("Share of waiting"),
    "changes": "Changes",
}


def reasons(view: View, pulse: Pulse) -> None:
    """Draw an expander for each question."""
    st.header("The numbers and reasons behind it", anchor=False)
    parts: Sequence[tuple[str, str, Callable[[View, Pulse], None]]] = (
        ("How long: medians, intervals, and why they may differ", "how-long", lead_time),
        ("What has not arrived, and what never will", "outcomes", outcomes),
        ("Whether both groups wait in the same stages", "friction", same_friction),
        ("Failures and rework", "failures", failures_and_rework),
        ("What integration and environments cost", "delivery", delivery),
    )
    for label, name, draw in parts:
        lazy_expander(label, partial(draw, view, pulse), name=f"why-{name}")


@contextmanager
def question(text: str, answer: str, chart: Callable[[], None] | None) -> Iterator[None]:
    """Draw a question, its answer and a chart beside them; what the block draws comes under the answer."""
    with st.container():
        left, right = st.columns([11, 9], gap="medium") if chart else (st.container(), None)
        # The chart comes first: what is under the answer may take a moment longer.
        with left:
            st.caption(text)
            st.subheader(answer, anchor=False)
        if right is not None and chart is not None:
            with right:
                chart()
        with left:
            yield


def findings(view: View, *kinds: str) -> None:
    """Draw the findings of these kinds."""
    for kind in kinds:
        for finding in on_axis(view):
            if finding.kind == kind:
                st.markdown(finding.sentence, help=finding.details or None)


def on_axis(view: View) -> list[Finding]:
    """The findings on the chosen axis."""
    return [finding for finding in view.findings() if finding.axis == view.axis]


def lead_time(view: View, pulse: Pulse) -> None:
    """How long it takes from code complete to production."""
    groups = [group for group in pulse.compared if group.median_hours.value is not None]
    rows = groups_table([pulse], closed_work_is_seen=True)
    names = [group.name for group in groups]
    shown = rows.filter(pl.col("group").is_in(names))
    medians = "; ".join(f"{group.name} {wording.with_interval(group.median_hours, view.clock)}" for group in groups)

    def chart() -> None:
        alt_text = f"Median time from code complete to production, with 95% intervals: {medians}."
        charts.medians(shown, names, clock=view.clock, alt_text=alt_text)

    text = "How long does it take from code complete to production?"
    with question(text, wording.how_long(pulse), chart if groups else None):
        if groups:
            st.markdown(f"Medians with 95% intervals: {medians}.")
        findings(view, "arrival", "adjusted", "too_few")
        page_link("flow", "Work by time since code complete")
        columns = {
            "group": "Group",
            "changes": "Changes",
            "median_hours": tables.decimal("Median (h)"),
            "median_lower": tables.decimal("95% from"),
            "median_upper": tables.decimal("95% to"),
            "p85_hours": tables.decimal("85th percentile (h)"),
            "p85_lower": tables.decimal("95% from"),
            "p85_upper": tables.decimal("95% to"),
        }
        tables.under_chart(rows, columns, name="groups", alt_text="Lead time of each group")


def outcomes(view: View, pulse: Pulse) -> None:
    """What still waits, and what never arrived."""
    closed_work_is_seen = view.closed_work_is_seen()
    groups = [group for group in (pulse.ai, pulse.other) if group.changes]
    rows = outcome_rows(groups, closed_work_is_seen=closed_work_is_seen)
    everything = pulse.everything
    closed = f", and {everything.abandoned:,} were closed and never arrived" if closed_work_is_seen else ""
    wait = {0: "none still waits", 1: "1 still waits"}.get(everything.waiting, f"{everything.waiting:,} still wait")
    answer = f"Of {wording.counted(everything.changes, 'change')} {wait}{closed}"
    shares = "; ".join(f"{row['group']} {row['outcome']} {row['share']:.0%}" for row in rows.iter_rows(named=True))

    def chart() -> None:
        charts.outcomes(rows, [group.name for group in groups], alt_text=f"Outcomes of each group: {shares}.")

    with question("What has not arrived, and what never will?", answer, chart):
        lines = (outcomes_of(group, closed_work_is_seen=closed_work_is_seen) for group in groups)
        st.markdown("  \n".join(lines))
        findings(view, "abandoned")
        if not closed_work_is_seen:
            st.caption(ONLY_GIT)
        page_link("waiting", "Waiting changes, and their chance to arrive")
        columns = {"group": "Group", "outcome": "Outcome", "changes": "Changes", "share": tables.percent("Share")}
        tables.under_chart(rows, columns, name="outcomes", alt_text="Outcomes of each group")


def outcome_rows(groups: Sequence[Group], *, closed_work_is_seen: bool) -> pl.DataFrame:
    """Each group's changes by outcome, without closed changes where no source reports them."""
    rows = []
    for group in groups:
        counts = [("in production", group.production), ("waiting", group.waiting)]
        counts += [("never arrived", group.abandoned)] if closed_work_is_seen else []
        rows += [
            {"group": group.name, "outcome": name, "changes": count, "share": count / group.changes, "place": place}
            for place, (name, count) in enumerate(counts)
        ]
    return pl.DataFrame(rows)


def outcomes_of(group: Group, *, closed_work_is_seen: bool) -> str:
    """The outcomes of a group, as a sentence."""
    share = wording.share(group.abandoned_share) if closed_work_is_seen and group.enough else ""
    closed = f", {group.abandoned:,} never arrived{f' ({share})' if share else ''}" if closed_work_is_seen else ""
    few = "" if group.enough else f": {wording.TOO_FEW} more"
    return (
        f"**{wording.capital(group.name)}:** {group.production:,} of {group.changes:,} are in production,"
        f" {group.waiting:,} wait{closed}{few}."
    )


def same_friction(view: View, pulse: Pulse) -> None:
    """Whether both groups wait in the same stages."""
    rows = stages_table(pulse, pulse.compared)
    names = [group.name for group in pulse.compared]
    answer = TOO_FEW
    shares = "; ".join(
        f"{group.name}: {', '.join(f'{time.stage} {time.share:.0%}' for time in group.stages)}"
        for group in pulse.compared
    )
    comparison = next((finding for finding in on_axis(view) if finding.kind == "same_friction"), None)
    if comparison is not None:
        ai, other = (wording.work(group) for group in (pulse.ai, pulse.other))
        answer = f"No significant difference in the stages where {ai} and {other} wait"
        if comparison.significant:
            answer = f"{wording.capital(ai)} waits in other stages than {other}"
    elif pulse.ai.enough and pulse.other.enough:
        answer = "No comparison: too few months of repositories have both"
    elif pulse.everything.enough:
        answer = "No comparison: one of the groups is too small"

    def chart() -> None:
        charts.shares_of_wait(rows, names, alt_text=f"Share of each group's waiting by stage. {shares}.")

    with question("Is it the same friction?", answer, chart if not rows.is_empty() else None):
        findings(view, "same_friction", "stage")
        page_link("bottlenecks", "Bottlenecks, and what would help")
        if not rows.is_empty():
            tables.under_chart(rows, STAGES, name="friction-shares", alt_text="Share of waiting by group and stage")


def failures_and_rework(view: View, _pulse: Pulse) -> None:
    """Whether AI changes fail, or are repaired, more often than others."""
    failed = view.report("dora", by=view.axis)
    repaired = view.report("rework", by=view.axis)
    thirty_days = repaired.filter((pl.col("measure") == "repaired_share") & (pl.col("days") == 30))
    shown = change_groups(thirty_days.filter(pl.col("value").is_not_null()), view.axis)
    names = shown["group"].to_list()
    title = "share of changes repaired within 30 days"

    def chart() -> None:
        shares = "; ".join(f"{row['group']} {value_and_interval(row)[0]}" for row in shown.iter_rows(named=True))
        charts.shares(shown, names, title, alt_text=f"{wording.capital(title)}, with 95% intervals: {shares}.")

    answer = failure_headline(failed, repaired, view.axis)
    with question("Do AI changes fail or need rework more often?", answer, chart if names else None):
        # Only the first ratio: the page on stability has those with more adjustments.
        rework = [*rework_comparison(repaired, view.axis)][: len(names) + 1]
        st.markdown("\n".join([*failure_comparison(failed, view.axis), *rework]))
        page_link("stability", "Deployments and stability")
        if names:
            columns = {
                "group": "Group",
                "value": tables.percent("Repaired in 30 days"),
                "lower": tables.percent("95% from"),
                "upper": tables.percent("95% to"),
                "changes": "Changes",
            }
            tables.under_chart(shown, columns, name="repaired", alt_text=wording.capital(title))


def delivery(view: View, pulse: Pulse) -> None:
    """What integration and environments cost: the stages after the last approval."""
    groups = [group for group in pulse.compared if group.stages]
    rows = stages_table(pulse, groups).filter(pl.col("stage").is_in(DELIVERY))
    names = [group.name for group in groups]
    costs = [costliest_stage(group, view) for group in groups]
    order = [stage for stage in LEAD_STAGES if stage in set(rows["stage"])]

    def chart() -> None:
        charts.stages(rows, names, order, clock=view.clock, alt_text=f"Mean time in each stage. {'; '.join(costs)}.")

    answer = costs[0] if costs else TOO_FEW
    with question("Where do integration and environments cost most?", answer, chart if order else None):
        earlier = [earlier_stage(group, view) for group in groups]
        st.markdown("  \n".join(f"{sentence}." for sentence in [*costs[1:], *earlier] if sentence))
        missing = [stage for stage in ("build", "staging", "deploy") if stage not in order]
        if missing:
            st.caption(
                f"No source reports these stages: {', '.join(missing)}. CI runs and deployment statuses come from"
                " GitHub's API (`headway collect github:OWNER/NAME`) or from records (`headway collect events:FILE`)."
            )
        page_link("bottlenecks", "Runners, gates and failed deployments")
        if order:
            tables.under_chart(rows, STAGES, name="delivery", alt_text="Mean hours from merge to production by stage")


def costliest_stage(group: Group, view: View) -> str:
    """The stage after the last approval that takes most, and its share."""
    late = [time for time in group.stages if time.stage in DELIVERY]
    most = max(late, key=lambda time: time.mean_hours.value or 0.0, default=None)
    if most is None:
        return f"{wording.capital(group.name)}: no data on the stages after merge"
    return (
        f"{wording.capital(group.name)}: {most.stage}, {wording.with_interval(most.mean_hours, view.clock)} per change,"
        f" {most.share:.0%} of its waiting"
    )


def earlier_stage(group: Group, view: View) -> str:
    """The bottleneck of a group if it is before merge; else nothing."""
    most = group.bottleneck
    if most is None or most.stage in DELIVERY:
        return ""
    return (
        f"{wording.capital(group.name)} waits even longer in {most.stage}, before merge:"
        f" {wording.with_interval(most.mean_hours, view.clock)}"
    )
