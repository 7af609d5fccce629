"""Parts that several pages share: head, compared groups, what is left out, and hints where there is no data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import polars as pl
import streamlit as st

from analytics.cohort.units import FEWEST_CLUSTERS, LIKE_THESE, QUESTIONS, THESE
from analytics.initiatives import REMOVED, RUNGS, Initiative
from analytics.pulse.pulse import Pulse
from analytics.reports.doubts import doubt_lines
from analytics.text import wording
from dashboard.answers.choices import TIERS
from dashboard.answers.view import View
from dashboard.shell.navigation import page_link

__all__ = [
    "FEWEST",
    "GROUPS",
    "NO_INITIATIVE",
    "ONLY_GIT",
    "RUNG_COLUMNS",
    "SET_UP_DEPLOYMENTS",
    "WALL_CLOCK_ONLY",
    "ai_group",
    "ask_head",
    "group_names",
    "head",
    "left_out",
    "pulse_or_hint",
    "rungs_table",
    "services_in_doubt",
    "small_groups",
    "title_of",
    "too_few",
    "with_group_names",
]

SET_UP_DEPLOYMENTS = (
    "Configure where deployments are recorded: release tags, a manifests repository, a branch or records."
    " `headway init` writes a `headway.toml` that explains `[[deployments]]`; then run `headway build`."
)
ADD_RECORDS = "Add records of what Git does not show with `headway collect events:FILE`."
ONLY_GIT = f"Git alone does not show abandoned and open work, reviews or CI. {ADD_RECORDS}"
DOUBTS_SHOWN = 3
FEWEST = 20
"""Groups with fewer changes are counted and not estimated."""

GROUPS: Mapping[str, Mapping[str, str]] = {
    "builds_ai": {"true": "AI work", "false": "other work"},
    # The reference group is second, and so takes the second colour.
    "built_with_ai": {"agent": "made by an AI agent", "none": "no AI mark", "assisted": "made with an AI tool"},
}
"""Names of the groups of a report on each axis. Bots are in no comparison."""


WALL_CLOCK_ONLY = "by the wall clock (this page does not support working time)"
NO_INITIATIVE = (
    "Headway detects an initiative where AI work concentrates in a folder. You can also define one in the settings:"
    " `[[initiatives]]` takes paths, labels and branches."
)
RUNG_COLUMNS = {"rung": "Rung", "initiatives": "Initiatives", "stalled": "Stalled"}


def ask_head(view: View) -> None:
    """Ask what `head` asks."""
    view.report("doubts")
    view.side_by_side()
    view.tag_dates()
    view.held_back()
    view.possible_renames()
    view.record_clocks()
    view.report("coverage")


def services_in_doubt(view: View, *, folded: bool = False) -> None:
    """Name the services in doubt, or whose lead times are, and environments whose rollbacks or waits are, first.

    `folded`: say what is in doubt in a line each, and name them on demand.
    """
    in_doubt = partial(_in_doubt, folded=folded)
    in_doubt(
        "the newest work of these services is unknown, and is in no comparison.", doubt_lines(view.report("doubts"))
    )
    in_doubt("these may be one service, that was renamed; `headway doctor` has settings.", view.possible_renames())
    in_doubt("the deployments of these may have local times, as if in UTC.", view.record_clocks())
    in_doubt("deployments of these have no date of their own; lead times are too short.", view.tag_dates())
    in_doubt(
        "several versions run in these environments; no deployment there counts as a rollback.", view.side_by_side()
    )
    in_doubt("most work waits for environments with few deployments, which may be retired.", view.held_back())


def _in_doubt(meaning: str, lines: list[str], *, folded: bool) -> None:
    if lines:
        more = [f"{len(lines) - DOUBTS_SHOWN:,} more in doubt: see Data health"] if len(lines) > DOUBTS_SHOWN else []
        label = f":orange[**In doubt ({len(lines):,}):**] {meaning}"
        with st.expander(label, icon=":material/warning:", expanded=not folded):
            # As text: a repository's name is from outside.
            st.text("\n".join([*lines[:DOUBTS_SHOWN], *more]))


def head(
    view: View,
    title: str,
    guide: str,
    *,
    wall_clock_only: bool = False,
    whole: str = "",
    intervals: bool = False,
    beside: str | None = None,
) -> None:
    """Draw the title, what is shown as of when, and a guide for first-time readers.

    `wall_clock_only`: the numbers of the page are by the wall clock on either choice. `whole`: what the page has of
    whole repositories, also where one service is chosen. `intervals`: it has intervals of the chosen question.
    `beside`: of a page whose answer is on the first screen, what it compares the period with: what is in doubt is then
    a line each, with its names on demand.
    """
    coverage = view.report("coverage").filter(pl.col("role") == "application")
    label = f"{view.label}, {view.period}{beside or ''}"
    if view.filters.evidence == "strong":
        label = f"{label}, strong evidence only"
    if view.filters.tier != "any":
        tier_name = {value: name for name, value in TIERS.items()}[view.filters.tier]
        label = f"{label}, AI-made by {tier_name.lower()} only"
    if view.clock == "working":
        label = f"{label}, {WALL_CLOCK_ONLY if wall_clock_only else 'in working time'}"
    if whole and view.filters.service is not None:
        label = f"{label}; {whole} of its whole repository"
    if intervals:
        few = coverage["repo"].n_unique() < FEWEST_CLUSTERS
        question = QUESTIONS[THESE if few else view.intervals]
        too_few = " (repositories like these need five or more)" if few and view.intervals == LIKE_THESE else ""
        if beside is None or view.intervals == LIKE_THESE:
            label = f"{label} · 95% intervals for {question}{too_few}"
    first, last = (getattr(coverage["as_of"].drop_nulls(), end)() for end in ("min", "max"))
    if first is not None:
        times = f"{first:%Y-%m-%d %H:%M}" if first == last else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
        label = f"{label} · as of {times} UTC"
    if beside is not None and view.axis == "builds_ai":
        label = f"{label} · AI work builds AI features"
    title_of(title, guide)
    services_in_doubt(view, folded=beside is not None)
    # As plain text: the name of a repository comes from outside.
    st.text(label)


def title_of(title: str, guide: str) -> None:
    """Draw the title of a page, and beside it on demand a guide for first-time readers."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="head"):
        st.title(title, anchor=False, width="content")
        with st.popover("How to read this page", type="tertiary"):
            st.markdown(guide)


def with_group_names(rows: pl.DataFrame, view: View) -> pl.DataFrame:
    """Rows of a report on the axis of comparison with the names of its groups, without bots."""
    names = GROUPS[view.axis]
    compared = rows.filter(pl.col("group").is_in(list(names)))
    return compared.with_columns(pl.col("group").replace_strict(dict(names), return_dtype=pl.String))


def group_names(rows: pl.DataFrame, view: View) -> Sequence[str]:
    """The names of the groups in these rows, in the order in which they are shown."""
    present = set(rows["group"].unique())
    return [name for name in GROUPS[view.axis].values() if name in present]


def ai_group(view: View) -> str:
    """The name of AI work on the axis of comparison, as in the pulse check."""
    return "AI work" if view.axis == "builds_ai" else "made with AI"


def pulse_or_hint(view: View) -> Pulse | None:
    """The pulse; None, with the reason and a hint on the page, where no change could be observed."""
    pulse = view.pulse()
    if pulse.as_of is None:
        _nothing_observed(pulse)
        return None
    return pulse


def _nothing_observed(pulse: Pulse) -> None:
    st.header("No change can be followed to production yet", anchor=False)
    if pulse.no_deployments:
        changes = wording.counted(pulse.no_deployments, "change")
        st.info(f"{changes} landed in repositories that report no deployments. {SET_UP_DEPLOYMENTS}")
    if pulse.unknown:
        changes = wording.counted(pulse.unknown, "change")
        st.info(
            f"{changes} landed before the first recorded production deployment, or can only have shipped with a"
            f" deployment that has no date or commit. Later changes appear once they are deployed. {ADD_RECORDS}"
        )
    if pulse.nothing_to_deploy:
        changes = wording.counted(pulse.nothing_to_deploy, "change")
        st.info(f"{changes} have nothing to deploy: the paths that they touch belong to no service.")
    if not pulse.no_deployments and not pulse.unknown and not pulse.nothing_to_deploy:
        st.info("No change in this selection is code complete. Widen the filters in the sidebar, or collect more.")
    page_link("health", "Data health of each repository")


def small_groups(rows: pl.DataFrame) -> None:
    """Name the groups among these rows of a report that have too few changes for an estimate."""
    small = rows.filter(pl.col("changes") < FEWEST).unique("group").sort("group")
    counts = ", ".join(
        f"{name} ({wording.counted(changes, 'change')})"
        for name, changes in small.select("group", "changes").iter_rows()
    )
    if counts:
        st.markdown(f":gray[{too_few(f'for {counts}')}]")


def too_few(scope: str = "") -> str:
    """Why there is no estimate, as a sentence."""
    return f"Too few changes{f' {scope}' if scope else ''}: at least {FEWEST} are needed."


def rungs_table(initiatives: Sequence[Initiative]) -> pl.DataFrame:
    """How many initiatives are on each rung, and how many of them are stalled there; those removed, if any."""
    rows = [
        {
            "rung": rung,
            "initiatives": sum(initiative.rung == rung for initiative in initiatives),
            "stalled": sum(initiative.rung == rung and bool(initiative.stalled) for initiative in initiatives),
        }
        for rung in (*RUNGS, REMOVED)
        if rung in RUNGS or any(initiative.rung == rung for initiative in initiatives)
    ]
    return pl.DataFrame(rows)


def left_out(view: View, pulse: Pulse) -> None:
    """Draw what is left out of the numbers, and a link to what they rest on."""
    st.divider()
    sentence = wording.left_out(pulse)
    if sentence:
        st.caption(sentence)
    if not view.closed_work_is_seen():
        st.caption(ONLY_GIT)
    page_link("health", "What the numbers rest on")
