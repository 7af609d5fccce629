"""Pulse check: the questions that Headway is for, each answered in a sentence with its number and a small picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import polars as pl
import streamlit as st

from analytics.cohort.cohort import LEAD_STAGES
from analytics.pulse.pulse import Group, Pulse
from analytics.pulse.tables import groups_table, stages_table
from analytics.text import wording
from analytics.text.findings import Finding
from dashboard import charts
from dashboard.answers import questions as data
from dashboard.parts import tables
from dashboard.parts.headline import in_short
from dashboard.parts.sections import FROM_GIT_ALONE, NO_INITIATIVE, RUNG_COLUMNS, head, left_out, observed, rungs_table
from dashboard.parts.stability import compared_failures, compared_rework, fails_more, groups_of, in_words
from dashboard.shell import frame
from dashboard.shell.filters import View
from dashboard.shell.navigation import lead_to

GUIDE = (
    "**Code complete**: a change's own code was changed for the last time. From then on it waits, stage by stage,"
    " until it is in production. What still waits counts with its time so far, and what was closed counts as never"
    " arrived; neither is dropped.\n\n"
    "**AI work** builds an AI capability (models, prompts, inference, retrieval, evaluation). **Made with AI**: by an"
    " agent, or by a person with an AI tool, by its own mark. The two are independent questions: choose in the"
    " sidebar. Bots are left out.\n\n"
    "Square brackets and lines are 95% intervals. Each question leads to the page that shows why."
)
DELIVERY = ("merge", "build", "staging", "release", "deploy")
STAGES = {
    "group": "Group",
    "stage": "Stage",
    "mean_hours_in_state": tables.decimal("Mean hours"),
    "lower": tables.decimal("95% from"),
    "upper": tables.decimal("95% to"),
    "share_of_wait": tables.percent("Share of its waiting"),
    "changes": "Changes",
}


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Pulse check", GUIDE)
    found = observed(view)
    if found is None:
        return
    # Filled in at the end: the first picture does not wait for it.
    first = st.container(border=True)
    how_long(view, found)
    never_arrived(view, found)
    pilots(view)
    same_friction(view, found)
    fails_or_comes_back(view)
    delivery(view, found)
    with first:
        in_short(view, found)
    left_out(view, found)


@contextmanager
def question(asked: str, answer: str, picture: Callable[[], None] | None) -> Iterator[None]:
    """A question with its answer, and a picture beside it; what is written inside comes under the answer."""
    with st.container(border=True):
        words, beside = st.columns([11, 9], gap="medium") if picture else (st.container(), None)
        # First the picture: what comes under the answer may take a moment longer.
        with words:
            st.caption(asked)
            st.header(answer, anchor=False)
        if beside is not None and picture is not None:
            with beside:
                picture()
        with words:
            yield


def findings(view: View) -> Sequence[Finding]:
    """What the comparison says."""
    return data.found(view.file, view.filters, view.axis, view.clock)


def told(view: View, *kinds: str) -> None:
    """What was found of these kinds, no stronger than it is."""
    for kind in kinds:
        for finding in findings(view):
            if finding.kind == kind:
                st.markdown(finding.sentence, help=finding.details or None)


def how_long(view: View, found: Pulse) -> None:
    """How long from code complete to production."""
    groups = [group for group in found.compared if group.median_hours.value is not None]
    rows = groups_table([found], closed_work_is_seen=True)
    shown = rows.filter(pl.col("group").is_in([group.name for group in groups]))
    names = [group.name for group in groups]
    spoken = "; ".join(f"{group.name} {wording.with_interval(group.median_hours, view.clock)}" for group in groups)

    def picture() -> None:
        charts.medians(
            shown, names, clock=view.clock, alt_text=f"Time until half is in production, with 95% interval: {spoken}."
        )

    asked = "How long does it take from code complete to production?"
    with question(asked, wording.how_long(found), picture if groups else None):
        if groups:
            st.markdown(f"95% intervals: {spoken}.")
        told(view, "arrival", "adjusted", "too_few")
        lead_to("flow", "Where the work is, hour by hour")
        columns = {
            "group": "Group",
            "changes": "Changes",
            "median_hours": tables.decimal("Half arrived after (h)"),
            "median_lower": tables.decimal("95% from"),
            "median_upper": tables.decimal("95% to"),
            "p85_hours": tables.decimal("85% arrived after (h)"),
            "p85_lower": tables.decimal("95% from"),
            "p85_upper": tables.decimal("95% to"),
        }
        tables.under_chart(rows, columns, name="groups", alt_text="Each group: how long it takes")


def never_arrived(view: View, found: Pulse) -> None:
    """What still waits, and what never arrived."""
    closed_work_is_seen = data.closed_work_is_seen(view.file, view.filters)
    groups = [group for group in (found.ai, found.other) if group.changes]
    rows = outcome_rows(groups, closed_work_is_seen=closed_work_is_seen)
    everything = found.everything
    gone = f", and {everything.abandoned:,} were closed and never arrived" if closed_work_is_seen else ""
    wait = {0: "none still waits", 1: "1 still waits"}.get(everything.waiting, f"{everything.waiting:,} still wait")
    answer = f"Of {wording.counted(everything.changes, 'change')} {wait}{gone}"
    spoken = "; ".join(f"{row['group']} {row['outcome']} {row['share']:.0%}" for row in rows.iter_rows(named=True))

    def picture() -> None:
        charts.outcomes(rows, [group.name for group in groups], alt_text=f"What became of each group: {spoken}.")

    with question("What has not arrived, and what never will?", answer, picture):
        st.markdown("  \n".join(fate(group, closed_work_is_seen=closed_work_is_seen) for group in groups))
        told(view, "abandoned")
        if not closed_work_is_seen:
            st.caption(FROM_GIT_ALONE)
        lead_to("waiting", "What waits, and its chance to arrive")
        columns = {"group": "Group", "outcome": "Now", "changes": "Changes", "share": tables.percent("Share")}
        tables.under_chart(rows, columns, name="outcomes", alt_text="What became of each group")


def outcome_rows(groups: Sequence[Group], *, closed_work_is_seen: bool) -> pl.DataFrame:
    """Each group's changes by what became of them; what no source would tell is no row."""
    rows = []
    for group in groups:
        counts = [("in production", group.production), ("waiting", group.waiting)]
        counts += [("never arrived", group.abandoned)] if closed_work_is_seen else []
        rows += [
            {"group": group.name, "outcome": name, "changes": count, "share": count / group.changes, "place": place}
            for place, (name, count) in enumerate(counts)
        ]
    return pl.DataFrame(rows)


def fate(group: Group, *, closed_work_is_seen: bool) -> str:
    """What became of a group, as a sentence."""
    share = wording.share(group.abandoned_share) if closed_work_is_seen and group.enough else ""
    gone = f", {group.abandoned:,} never arrived{f' ({share})' if share else ''}" if closed_work_is_seen else ""
    few = "" if group.enough else f": {wording.TOO_FEW} more"
    return (
        f"**{wording.capital(group.name)}:** {group.production:,} of {group.changes:,} are in production,"
        f" {group.waiting:,} wait{gone}{few}."
    )


def pilots(view: View) -> None:
    """How many initiatives reached production and daily use."""
    known = data.portfolio(view.file, view.filters).initiatives
    standing = rungs_table(known)

    def picture() -> None:
        spoken = "; ".join(f"{row['rung']} {row['initiatives']}" for row in standing.iter_rows(named=True))
        charts.rungs(standing, alt_text=f"Initiatives by how far each has come: {spoken}.")

    arrived = sum(one.rung in {"production", "in use"} for one in known)
    used = sum(one.rung == "in use" for one in known)
    answer = f"Of {wording.counted(len(known), 'AI initiative')} {arrived} are in production, {used} of them in use"
    asked = "How many AI pilots reached production and daily use?"
    with question(asked, answer if known else "No AI initiative is seen", picture if known else None):
        if known:
            st.markdown(wording.stalled(known))
            lead_to("initiatives", "Each initiative's climb")
            tables.under_chart(standing, RUNG_COLUMNS, name="rungs", alt_text="Initiatives by rung")
        else:
            st.markdown(NO_INITIATIVE)


def same_friction(view: View, found: Pulse) -> None:
    """Whether both groups wait in the same stages."""
    rows = stages_table(found, found.compared)
    names = [group.name for group in found.compared]
    answer = "Too few changes to say"
    spoken = "; ".join(
        f"{group.name}: {', '.join(f'{time.stage} {time.share:.0%}' for time in group.stages)}"
        for group in found.compared
    )
    one = next((finding for finding in findings(view) if finding.kind == "same_friction"), None)
    if one is not None:
        answer = "Another mix of stages" if one.significant else "No other mix of stages is seen"
    elif found.everything.enough:
        answer = "Not to be compared: one of the groups is too small"

    def picture() -> None:
        charts.shares_of_wait(rows, names, alt_text=f"Share of each group's waiting by stage. {spoken}.")

    with question("Is it the same friction?", answer, picture if not rows.is_empty() else None):
        told(view, "same_friction", "stage")
        lead_to("bottlenecks", "Bottlenecks, and what would help")
        if not rows.is_empty():
            tables.under_chart(rows, STAGES, name="friction-shares", alt_text="Share of its waiting by group and stage")


def fails_or_comes_back(view: View) -> None:
    """Whether AI changes fail, or are repaired, more than others."""
    failed = data.report(view.file, "dora", view.filters, by=view.axis)
    repaired = data.report(view.file, "rework", view.filters, by=view.axis)
    thirty = repaired.filter((pl.col("measure") == "repaired_share") & (pl.col("days") == 30))
    shown = groups_of(thirty.filter(pl.col("value").is_not_null()), view.axis)
    names = shown["group"].to_list()
    title = "share of changes repaired within 30 days"

    def picture() -> None:
        spoken = "; ".join(f"{row['group']} {in_words(row)[0]}" for row in shown.iter_rows(named=True))
        charts.shares(shown, names, title, alt_text=f"{wording.capital(title)}, with 95% intervals: {spoken}.")

    answer = fails_more(failed, repaired, view.axis)
    with question("Do AI changes fail or come back more?", answer, picture if names else None):
        # Of the ratios the first: the page has those that hold more equal.
        come_back = [*compared_rework(repaired, view.axis)][: len(names) + 1]
        st.markdown("\n".join([*compared_failures(failed, view.axis), *come_back]))
        lead_to("stability", "Deployments and stability")
        if names:
            columns = {
                "group": "Group",
                "value": tables.percent("Repaired in 30 days"),
                "lower": tables.percent("95% from"),
                "upper": tables.percent("95% to"),
                "changes": "Changes",
            }
            tables.under_chart(shown, columns, name="repaired", alt_text=wording.capital(title))


def delivery(view: View, found: Pulse) -> None:
    """What integration and environments cost: the stages after the last approval."""
    groups = [group for group in found.compared if group.stages]
    rows = stages_table(found, groups).filter(pl.col("stage").is_in(DELIVERY))
    names = [group.name for group in groups]
    costs = [cost(group, view) for group in groups]
    spoken = "; ".join(costs)
    order = [stage for stage in LEAD_STAGES if stage in set(rows["stage"])]

    def picture() -> None:
        charts.stages(rows, names, order, clock=view.clock, alt_text=f"Mean time in each stage. {spoken}.")

    answer = costs[0] if costs else "Too few changes to say"
    with question("Where do integration and environments cost most?", answer, picture if order else None):
        earlier = [earlier_stage(group, view) for group in groups]
        st.markdown("  \n".join(f"{sentence}." for sentence in [*costs[1:], *earlier] if sentence))
        missing = [stage for stage in ("build", "staging", "deploy") if stage not in order]
        if missing:
            st.caption(
                f"Not told by any source here: {', '.join(missing)}. CI runs and deployments with their statuses come"
                " from GitHub's API (`headway collect github:OWNER/NAME`) or from records (`headway collect"
                " events:FILE`)."
            )
        lead_to("bottlenecks", "Runners, gates and failed deployments")
        if order:
            tables.under_chart(rows, STAGES, name="delivery", alt_text="Mean hours from merge to production by stage")


def cost(group: Group, view: View) -> str:
    """The most costly of the stages after the last approval, and its share."""
    late = [time for time in group.stages if time.stage in DELIVERY]
    most = max(late, key=lambda time: time.mean_hours.value or 0.0, default=None)
    if most is None:
        return f"{wording.capital(group.name)}: no stage after its merge is told of"
    return (
        f"{wording.capital(group.name)}: {most.stage}, {wording.with_interval(most.mean_hours, view.clock)} a change,"
        f" {most.share:.0%} of its waiting"
    )


def earlier_stage(group: Group, view: View) -> str:
    """Where a group waits most, if that is before its merge; else nothing."""
    most = group.bottleneck
    if most is None or most.stage in DELIVERY:
        return ""
    return (
        f"It waits even longer in {most.stage}, before its merge: {wording.with_interval(most.mean_hours, view.clock)}"
        f" ({group.name})"
    )


page(frame.view())
