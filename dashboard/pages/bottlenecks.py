"""Bottlenecks: which stage takes most, what would save how much of it, and what holds changes up inside."""

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
from analytics.whatif.levers import AI_WORK, ALL, OTHER_WORK
from dashboard import charts
from dashboard.answers import questions as data
from dashboard.parts import tables
from dashboard.parts.cadences import how_often
from dashboard.parts.change_links import changes_table
from dashboard.parts.lazy_expander import folded
from dashboard.parts.sections import ai_group, group_names, head, left_out, named, observed, too_few
from dashboard.parts.stage_delays import inside, when
from dashboard.shell import frame
from dashboard.shell.filters import View

GUIDE = (
    "A stage is named for what a change **waits for**. Its hours are the mean that a change of the group spends there"
    " in its first 30 days from code complete; the stages of a group add up to all of its waiting, so they can be"
    " ranked. Lines are 95% intervals: by repository where there are five or more.\n\n"
    "A **what-if** replays the same changes with one thing other, and subtracts. An interval that holds zero says"
    " that no gain is seen. In working time the same releases leave at the same instants, and the hours until then are"
    " those that were worked."
)
STAGES_ONLY = ("production", "abandoned")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CADENCES: dict[str, tuple[int, ...] | None] = {
    "daily, Monday to Friday": (0, 1, 2, 3, 4),
    "twice a week": (1, 3),
    "weekly, on Tuesday": (1,),
    "on every merge": (),
    "on days of my own": None,
}
FEWEST = 20


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Bottlenecks", GUIDE)
    found = observed(view)
    if found is None:
        return
    ranked(view, found)
    how_often(view)
    every = {one.group: one for one in data.bottlenecks(view.file, view.filters, None, view.clock)}
    # The other axis has no what-ifs by group.
    told_of = ("all", AI_GROUP) if view.axis == "builds_ai" else ("all",)
    said([every[name] for name in told_of if name in every])
    if found.everything.enough:
        levers(view)
    computed(view, every.get("all"))
    inside(view)
    when(view)
    left_out(view, found)


def ranked(view: View, found: Pulse) -> None:
    """Stages by the time that they take, AI work beside other work."""
    told_of = [group for group in found.compared if group.bottleneck is not None]
    st.header(biggest(told_of) or "Where a change loses its time", anchor=False)
    st.markdown("\n".join(f"- {longest(group, found, view)}" for group in told_of))
    whole = named(data.report(view.file, "stages", view.filters, by=view.axis, clock=view.clock), view)
    counts = whole.filter(pl.col("changes") < FEWEST).unique("group").sort("group")
    too_few(dict(zip(counts["group"], counts["changes"], strict=True)))
    rows = whole.filter(~pl.col("stage").is_in(STAGES_ONLY) & pl.col("mean_hours_in_state").is_not_null())
    if rows.is_empty():
        return
    groups = group_names(rows, view)
    order = (
        rows.group_by("stage").agg(pl.col("mean_hours_in_state").max()).sort("mean_hours_in_state", descending=True)
    )["stage"].to_list()
    told = "; ".join(
        f"{row['group']} {row['stage']} {wording.hours(row['mean_hours_in_state'], view.clock)}"
        for row in rows.sort("mean_hours_in_state", descending=True).iter_rows(named=True)
    )
    charts.stages(
        rows, groups, order, clock=view.clock, alt_text=f"Mean time in each stage with 95% intervals: {told}."
    )
    columns = {
        "group": "Group",
        "stage": "Stage",
        "mean_hours_in_state": tables.decimal("Mean hours"),
        "lower": tables.decimal("95% from"),
        "upper": tables.decimal("95% to"),
        "share_of_wait": tables.percent("Share of its waiting"),
        "reached": "Entered it",
        "median_hours": tables.decimal("Half moved on after (h)"),
        "p85_hours": tables.decimal("85% moved on after (h)"),
        "changes": "Changes",
        "interval_by": "Interval by",
    }
    tables.under_chart(
        rows.sort("mean_hours_in_state", descending=True),
        columns,
        name="stages",
        alt_text="Each group and stage, the longest first",
        whole=lambda: data.whole_report(view.file, "stages", view.filters, by=view.axis, clock=view.clock),
    )
    examples(view, order)


def examples(view: View, stages: Sequence[str]) -> None:
    """The changes that were longest in a stage, to look at."""
    rows = named(data.report(view.file, "longest", view.filters, by=view.axis), view)
    there = set(rows["stage"])
    known = [stage for stage in stages if stage in there]
    if not known:
        return
    columns = {
        "group": "Group",
        "days": tables.decimal("Days in it", "On the wall clock, so far where it is still there"),
        "ended": "Left it",
        "outcome": "Now",
        "author": "Author",
        "team": "Team",
    }

    def changes() -> None:
        stage = st.selectbox("The longest in", known, key="longest", bind="query-params", width=220)
        shown = rows.filter(pl.col("stage") == stage).sort("hours", descending=True, maintain_order=True)
        changes_table(
            tables.in_days(shown, "hours", "days"), columns, alt_text=f"The changes that were longest in {stage}"
        )
        st.caption("Of each group and stage the ten longest, here and in the CSV.")
        tables.download(
            "CSV", lambda: data.whole_report(view.file, "longest", view.filters, by=view.axis), name="longest"
        )

    folded("Which changes these are", changes, name="longest", choice="longest")


def biggest(groups: Sequence[Group]) -> str:
    """The bottleneck of each group, in few words."""
    parts = [f"for {wording.work(group)}: {group.bottleneck.stage}" for group in groups if group.bottleneck]
    return f"Biggest bottleneck {', '.join(parts)}" if parts else ""


def longest(group: Group, found: Pulse, view: View) -> str:
    """The stage in which a group waits most, and how sure that is, as sentences."""
    stage = group.bottleneck
    assert stage is not None  # noqa: S101  (asked for)
    much = wording.bottleneck_hours(stage, found.horizon_hours, view.clock)
    changes = wording.counted(group.changes, "change")
    return (
        f"**{wording.capital(wording.work(group))}** waits longest in **{stage.stage}**: {much} ({changes})."
        f" {wording.lead_of_bottleneck(group, view.clock)}"
    )


def said(groups: Sequence[Bottlenecks]) -> None:
    """The best that was computed of each kind of what-if, as sentences."""
    st.header("What would help", anchor=False)
    sentences = [one.text for every in groups for one in sentences_of(every) if one.kind != "bottleneck"]
    if sentences:
        st.markdown("\n".join(f"- {sentence}." for sentence in sentences))
    else:
        st.markdown("Too few changes to say what would help: 20 are needed.")


@st.fragment
def levers(view: View) -> None:
    """Two things that a person can move, and what they would bring."""
    other = "other work" if view.axis == "builds_ai" else "no AI mark"
    names = {"all work": ALL, ai_group(view): AI_WORK, other: OTHER_WORK}
    chosen = st.segmented_control("Of", list(names), default="all work", key="whose")
    found = data.levers_of(view.file, view.filters, view.axis, names[chosen or "all work"], view.clock)
    if found is None:
        st.markdown(f"{wording.capital(wording.TOO_FEW)}: 20 changes are needed.")
        return
    releases, stages = st.columns(2, gap="medium")
    with releases, st.container(border=True):
        st.subheader("Release more often", anchor=False)
        every = found.release_every_days
        st.caption(
            f"Now a release leaves every {every:.1f} days in the repository of the median change."
            if every == every  # noqa: PLR0124  (nan where no repository released twice)
            else "No repository has released twice."
        )
        name = st.selectbox("Release", list(CADENCES), key="cadence")
        days = CADENCES[name]
        if days is None:
            picked = st.pills("Days", DAYS, selection_mode="multi", default=["Tue", "Thu"], key="days")
            days = tuple(DAYS.index(day) for day in picked)
        hour = found.usual_hour
        if name != "on every merge":
            usual = clock_time(int(found.usual_hour), 30 * round(found.usual_hour % 1))
            at = st.slider("At (UTC)", clock_time(0), clock_time(23, 30), usual, timedelta(minutes=30), key="hour")
            hour = at.hour + at.minute / 60
        besides = st.toggle(
            "Keep the real releases too", value=True, key="besides", help="Without them some changes arrive later."
        )
        told(found.released(days, hour, besides=besides), view.clock)
    with stages, st.container(border=True):
        st.subheader("Shorten a stage", anchor=False)
        st.caption(
            "Every stay in it takes that part of its time; what leaves earlier enters the next stage earlier."
            " By a model of the stages, so only the gain is told."
        )
        stage = st.selectbox("Stage", found.stages, key="stage")
        percent = st.slider("To (% of its hours)", 10, 100, 50, 5, key="percent")
        if stage is not None:
            told(found.stage_time(stage, percent / 100), view.clock)


def told(what: WhatIf | None, clock: str) -> None:
    """What a what-if brings, with intervals."""
    if what is None:
        st.markdown("Nothing waits for a release here.")
        return
    effect = what.effect
    saved = effect.hours_saved
    # Less than what is shown of it is neither.
    later = round(saved.value, 1) < 0.0
    more, sign = ("later", -1.0) if later else ("earlier", 1.0)
    low, high = sorted((sign * saved.lower, sign * saved.upper))
    per, unit = (24.0, "d") if abs(saved.value) >= wording.TWO_DAYS and clock == "wall" else (1.0, "h")
    known, replayed = not math.isnan(saved.lower), what.kind == "release_cadence"
    with st.container(horizontal=True):
        st.metric(
            f"A change arrives {more}",
            f"{abs(saved.value) / per:,.1f} {unit}{'' if clock == 'wall' else ' of work'}",
            delta=f"{low / per:z,.1f} – {high / per:z,.1f}".replace("-", "−") if known else None,
            delta_color="off",
            delta_arrow="off",
            delta_description="95%" if known else None,
            width=190,
        )
        for hours, before, gained in zip(effect.arrived_after_hours, effect.before, effect.gained, strict=True):
            st.metric(
                f"Arrived in {hours / 24:.0f} days" if clock == "wall" else f"Arrived in {hours:g} h of work",
                # What a model holds to be so now is not what was seen: beside a replay there would be two of "now".
                f"{before:.0%} → {before + gained.value:.0%}" if replayed else f"{points(gained.value)} points",
                delta=f"{points(gained.lower)} to {points(gained.upper)} points" if known else None,
                delta_color="off",
                delta_arrow="off",
                width=190,
            )
    if not known:
        st.markdown(":gray[From too few to say how surely.]")
    if saved.lower <= 0.0 <= saved.upper:
        st.markdown(":gray[The interval holds zero: no gain is seen.]")
    st.caption(f"{what.note}; {wording.counted(effect.changes, 'change')}, intervals by {effect.unit}.")


def points(share: float) -> str:
    """A share as points with a sign; what rounds to none has a plus."""
    return f"{100 * share:+z.1f}".replace("-", "−")


def computed(view: View, every: Bottlenecks | None) -> None:
    """All what-ifs of the report, the one that saves most first."""
    if every is None or not every.what_ifs:
        return
    st.subheader("All that was computed", anchor=False)
    rows = what_if_rows(every.what_ifs)
    spoken = "; ".join(
        f"{row['what']} {wording.hours(row['hours_saved'], view.clock)}" for row in rows.iter_rows(named=True)
    )
    charts.saved(
        rows,
        clock=view.clock,
        alt_text=f"Mean hours that a change would arrive earlier, with 95% intervals: {spoken}.",
    )
    report = data.report(view.file, "bottlenecks", view.filters, by=view.axis, clock=view.clock)
    shown = named(report, view).filter(pl.col("what_if").is_not_null())
    shown = shown.with_columns(pl.col("gained_7d", "gained_30d") * 100.0)
    columns = {
        "group": "Group",
        "stage": "Stage",
        "what_if": "What if",
        "parameter": "Of what",
        "what_if_hours_saved": tables.decimal("Hours earlier"),
        "saved_lower": tables.decimal("95% from"),
        "saved_upper": tables.decimal("95% to"),
        "gained_7d": tables.decimal("More arrived in 7 days (points)"),
        "gained_30d": tables.decimal("More arrived in 30 days (points)"),
        "what_if_changes": "Changes",
        "note": "How it was computed",
    }
    tables.under_chart(
        shown,
        columns,
        name="bottlenecks",
        alt_text="Each what-if by group",
        whole=lambda: data.whole_report(view.file, "bottlenecks", view.filters, by=view.axis, clock=view.clock),
    )


def what_if_rows(found: Sequence[WhatIf]) -> pl.DataFrame:
    """What-ifs as rows for a chart."""
    return pl.DataFrame(
        [
            {
                "what": name_of(what),
                "hours_saved": what.effect.hours_saved.value,
                "lower": what.effect.hours_saved.lower,
                "upper": what.effect.hours_saved.upper,
            }
            for what in found
        ]
    ).sort("hours_saved", descending=True)


def name_of(what: WhatIf) -> str:
    """A what-if in few words."""
    short = "best months" if what.kind == "best_months" else what.parameter.partition(" (")[0]
    return f"release {short}" if what.kind == "release_cadence" else f"{what.stage}: {short}"


page(frame.view())
