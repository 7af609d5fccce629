"""Bottlenecks: which stage takes most time, what would save how much of it, and what delays changes in a stage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import time as clock_time
from datetime import timedelta

import polars as pl
import streamlit as st

from analytics.pulse.pulse import Group, Pulse
from analytics.reports.bottlenecks import AI_WORK as AI_GROUP
from analytics.reports.bottlenecks import Bottlenecks
from analytics.text import wording
from analytics.text.whatif import sentences_of
from analytics.whatif.compute import WhatIf
from analytics.whatif.levers import AI_WORK, ALL, OTHER_WORK, Levers
from dashboard import charts
from dashboard.answers.view import View
from dashboard.parts import release_cadences, tables
from dashboard.parts.change_links import changes_table, place_columns
from dashboard.parts.lazy_expander import lazy_expander
from dashboard.parts.sections import (
    ai_group,
    ask_head,
    group_names,
    head,
    left_out,
    pulse_or_hint,
    small_groups,
    too_few,
    with_group_names,
)
from dashboard.parts.stage_delays import ask_delays, stage_delays, week
from dashboard.shell import frame

GUIDE = (
    "A stage is named for what a change **waits for**. Its hours are the mean time that a change of the group spends"
    " there from code complete up to the horizon (30, 90 or 180 days). The stages of a group add up to all of its"
    " waiting, so they can be ranked. Lines are 95% confidence intervals.\n\n"
    "A **what-if** replays the same changes with one thing changed, and reports the difference. An interval that"
    " includes zero means no significant gain. In working time the releases leave at the same instants, and the waiting"
    " counts working hours only."
)
ENDS = ("production", "abandoned")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CADENCES: dict[str, tuple[int, ...] | None] = {
    "daily, Monday to Friday": (0, 1, 2, 3, 4),
    "twice a week": (1, 3),
    "weekly, on Tuesday": (1,),
    "on every merge": (),
    "on selected days": None,
}


def ask_first(view: View) -> None:
    """Ask what is answered before a file is shown."""
    ask_head(view)
    view.pulse()
    view.report("stages", by=view.axis, clock=view.clock)


def ask_later(view: View) -> None:
    """Ask the rest."""
    view.report("longest", by=view.axis)
    release_cadences.ask_all_work(view)
    release_cadences.ask_groups(view)
    view.bottlenecks()
    view.report("bottlenecks", by=view.axis, clock=view.clock)
    ask_delays(view)


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Bottlenecks", GUIDE, intervals=True)
    pulse = pulse_or_hint(view)
    if pulse is None:
        return
    ranking(view, pulse)
    release_cadences.release_cadences(view)
    results = {result.group: result for result in view.bottlenecks()}
    # The other axis has no what-ifs by group.
    groups = ("all", AI_GROUP) if view.axis == "builds_ai" else ("all",)
    gains([results[name] for name in groups if name in results])
    if pulse.everything.enough:
        levers(view)
    what_ifs(view, results.get("all"))
    stage_delays(view)
    week(view)
    left_out(view, pulse)


def ranking(view: View, pulse: Pulse) -> None:
    """Stages by the time that they take, group by group."""
    groups_with_stages = [group for group in pulse.compared if group.bottleneck is not None]
    st.header(headline(groups_with_stages) or "Time in each stage", anchor=False)
    st.markdown("\n".join(f"- {bottleneck_of(group, pulse, view)}" for group in groups_with_stages))
    report = with_group_names(view.report("stages", by=view.axis, clock=view.clock), view)
    small_groups(report)
    rows = report.filter(~pl.col("stage").is_in(ENDS) & pl.col("mean_hours_in_state").is_not_null())
    if rows.is_empty():
        return
    rows = rows.sort("mean_hours_in_state", descending=True)
    groups = group_names(rows, view)
    order = rows["stage"].unique(maintain_order=True).to_list()
    means = "; ".join(
        f"{row['group']} {row['stage']} {wording.hours(row['mean_hours_in_state'], view.clock)}"
        for row in rows.iter_rows(named=True)
    )
    charts.stages(
        rows, groups, order, clock=view.clock, alt_text=f"Mean time in each stage with 95% intervals: {means}."
    )
    columns = {
        "group": "Group",
        "stage": "Stage",
        "mean_hours_in_state": tables.decimal("Mean hours"),
        "lower": tables.decimal("95% from"),
        "upper": tables.decimal("95% to"),
        "share_of_wait": tables.percent("Share of waiting"),
        "reached": "Changes entered",
        "median_hours": tables.decimal("Median in stage (h)"),
        "p85_hours": tables.decimal("85th percentile (h)"),
        "changes": "Changes",
        "interval_by": "Interval by",
        "intervals": "Interval for",
    }
    tables.under_chart(
        rows,
        columns,
        name="stages",
        alt_text="Each group and stage, longest first",
        whole=view.download("stages", by=view.axis, clock=view.clock),
    )
    examples(view, order)


def examples(view: View, stages: Sequence[str]) -> None:
    """The changes that were longest in a stage."""
    rows = with_group_names(view.report("longest", by=view.axis), view)
    present = [stage for stage in stages if stage in set(rows["stage"])]
    if not present:
        return
    columns = {
        "group": "Group",
        "days": tables.decimal("Days in stage", "By the wall clock; so far if the change is still there"),
        "ended": "Left the stage",
        "outcome": "Outcome",
        "author": "Author",
        "team": "Team",
        **place_columns(rows),
    }

    def changes() -> None:
        stage = st.selectbox("Stage", present, key="longest", bind="query-params", width=220)
        shown = rows.filter(pl.col("stage") == stage).sort("hours", descending=True, maintain_order=True)
        changes_table(
            tables.in_days(shown, "hours", "days"), columns, alt_text=f"The changes that were longest in {stage}"
        )
        st.caption("The ten longest of each group and stage, here and in the CSV.")
        tables.download("CSV", view.download("longest", by=view.axis), name="longest")

    lazy_expander("Longest changes in each stage", changes, name="longest", choice="longest")


def headline(groups: Sequence[Group]) -> str:
    """The bottleneck of each group in a few words."""
    parts = [f"for {wording.work(group)}: {group.bottleneck.stage}" for group in groups if group.bottleneck]
    return f"Biggest bottleneck {', '.join(parts)}" if parts else ""


def bottleneck_of(group: Group, pulse: Pulse, view: View) -> str:
    """The stage in which a group waits longest, and the confidence in it, as sentences."""
    stage = group.bottleneck
    assert stage is not None  # noqa: S101  (the caller has filtered)
    much = wording.bottleneck_hours(stage, pulse.horizon_hours, view.clock)
    changes = wording.counted(group.changes, "change")
    return (
        f"**{wording.capital(wording.work(group))}** waits longest in **{stage.stage}**: {much} ({changes})."
        f" {wording.lead_of_bottleneck(group, view.clock)}"
    )


def gains(groups: Sequence[Bottlenecks]) -> None:
    """The largest gain of each kind of what-if, as sentences."""
    st.header("What would help", anchor=False)
    sentences = [line.text for group in groups for line in sentences_of(group) if line.kind != "bottleneck"]
    if sentences:
        st.markdown("\n".join(f"- {sentence}." for sentence in sentences))
    else:
        st.markdown(too_few())


@st.fragment
def levers(view: View) -> None:
    """What-ifs that the user can adjust: another release cadence, and a shorter stage."""
    other = "other work" if view.axis == "builds_ai" else "no AI mark"
    names = {"all work": ALL, ai_group(view): AI_WORK, other: OTHER_WORK}
    chosen = st.segmented_control("Group", list(names), default="all work", key="whose")
    model = view.levers(names[chosen or "all work"])
    if model is None:
        st.markdown(too_few())
        return
    releases, stages = st.columns(2, gap="medium")
    with releases, st.container(border=True):
        release_lever(model, view.clock)
    with stages, st.container(border=True):
        stage_lever(model, view.clock)


def release_lever(model: Levers, clock: str) -> None:
    """Release more often."""
    st.subheader("Release more often", anchor=False)
    interval = model.release_every_days
    st.caption(
        "No repository has released twice."
        if math.isnan(interval)
        else f"At present the repository of the median change releases every {interval:.1f} days."
    )
    name = st.selectbox("Release", list(CADENCES), key="cadence")
    days = CADENCES[name]
    if days is None:
        picked = st.pills("Days", DAYS, selection_mode="multi", default=["Tue", "Thu"], key="days")
        days = tuple(DAYS.index(day) for day in picked)
    hour = model.usual_hour
    if name != "on every merge":
        usual = clock_time(int(hour), 30 * round(hour % 1))
        at = st.slider("At (UTC)", clock_time(0), clock_time(23, 30), usual, timedelta(minutes=30), key="hour")
        hour = at.hour + at.minute / 60
    besides = st.toggle(
        "Keep the real releases too", value=True, key="besides", help="Without them some changes arrive later."
    )
    effect(model.released(days, hour, besides=besides), clock)


def stage_lever(model: Levers, clock: str) -> None:
    """Shorten a stage."""
    st.subheader("Shorten a stage", anchor=False)
    st.caption(
        "Every stay in the stage takes this share of its time, and the change enters the next stage earlier. The result"
        " is the gain according to a model of the stages."
    )
    stage = st.selectbox("Stage", model.stages, key="stage")
    percent = st.slider("To (% of its hours)", 10, 100, 50, 5, key="percent")
    if stage is not None:
        effect(model.stage_time(stage, percent / 100), clock)


def effect(what_if: WhatIf | None, clock: str) -> None:
    """What a what-if would bring, with intervals."""
    if what_if is None:
        st.markdown(release_cadences.NO_RELEASES)
        return
    gain = what_if.effect
    saved = gain.hours_saved
    # What rounds to zero is neither.
    later = round(saved.value, 1) < 0.0
    direction, sign = ("Later", -1.0) if later else ("Earlier", 1.0)
    low, high = sorted((sign * saved.lower, sign * saved.upper))
    per, unit = (24.0, "d") if abs(saved.value) >= wording.TWO_DAYS and clock == "wall" else (1.0, "h")
    has_interval, replayed = not math.isnan(saved.lower), what_if.kind == "release_cadence"
    with st.container(horizontal=True):
        st.metric(
            f"{direction} in production by",
            f"{abs(saved.value) / per:,.1f} {unit}{'' if clock == 'wall' else ' of work'}",
            delta=f"{low / per:z,.1f} – {high / per:z,.1f}".replace("-", "−") if has_interval else None,
            delta_color="off",
            delta_arrow="off",
            delta_description="95% CI" if has_interval else None,
            width=190,
        )
        for hours, before, gained in zip(gain.arrived_after_hours, gain.before, gain.gained, strict=True):
            st.metric(
                f"Arrived in {hours / 24:.0f} days" if clock == "wall" else f"Arrived in {hours:g} h of work",
                # A model's share before is not the observed one: beside a replay there would be two of them.
                f"{before:.0%} → {before + gained.value:.0%}" if replayed else f"{points(gained.value)} points",
                delta=f"{points(gained.lower)} to {points(gained.upper)} points" if has_interval else None,
                delta_color="off",
                delta_arrow="off",
                width=190,
            )
    if not has_interval:
        st.markdown(":gray[Too few changes for an interval.]")
    if saved.lower <= 0.0 <= saved.upper:
        st.markdown(":gray[No significant gain (the interval includes zero).]")
    st.caption(f"{what_if.note}; {wording.counted(gain.changes, 'change')}, intervals by {gain.unit}.")


def points(share: float) -> str:
    """A share as percentage points with a sign; what rounds to zero has a plus."""
    return f"{100 * share:+z.1f}".replace("-", "−")


def what_ifs(view: View, result: Bottlenecks | None) -> None:
    """All what-ifs of the report, the largest gain first."""
    if result is None or not result.what_ifs:
        return
    st.subheader("All what-ifs", anchor=False)
    rows = what_if_rows(result.what_ifs)
    hours = "; ".join(
        f"{row['what']} {wording.hours(row['hours_saved'], view.clock)}" for row in rows.iter_rows(named=True)
    )
    charts.saved(
        rows,
        clock=view.clock,
        alt_text=f"Mean hours that a change would be in production earlier, with 95% intervals: {hours}.",
    )
    report = view.report("bottlenecks", by=view.axis, clock=view.clock)
    shown = with_group_names(report, view).filter(pl.col("what_if").is_not_null())
    shown = shown.with_columns(pl.col("gained_7d", "gained_30d") * 100.0)
    columns = {
        "group": "Group",
        "stage": "Stage",
        "what_if": "What-if",
        "parameter": "Parameter",
        "what_if_hours_saved": tables.decimal("Hours earlier"),
        "saved_lower": tables.decimal("95% from"),
        "saved_upper": tables.decimal("95% to"),
        "gained_7d": tables.decimal("Gain in 7 days (points)", "More changes in production within 7 days"),
        "gained_30d": tables.decimal("Gain in 30 days (points)", "More changes in production within 30 days"),
        "what_if_changes": "Changes",
        "note": "Method",
    }
    tables.under_chart(
        shown,
        columns,
        name="bottlenecks",
        alt_text="Each what-if by group",
        whole=view.download("bottlenecks", by=view.axis, clock=view.clock),
    )


def what_if_rows(results: Sequence[WhatIf]) -> pl.DataFrame:
    """What-ifs as rows for a chart."""
    return pl.DataFrame(
        [
            {
                "what": name_of(what_if),
                "hours_saved": what_if.effect.hours_saved.value,
                "lower": what_if.effect.hours_saved.lower,
                "upper": what_if.effect.hours_saved.upper,
            }
            for what_if in results
        ]
    ).sort("hours_saved", descending=True)


def name_of(what_if: WhatIf) -> str:
    """A what-if in a few words."""
    short = "best months" if what_if.kind == "best_months" else what_if.parameter.partition(" (")[0]
    return f"release {short}" if what_if.kind == "release_cadence" else f"{what_if.stage}: {short}"


if __name__ == "__main__":
    page(frame.view())
