"""Parts that more than one page shows: its head, its groups, what was left out, and what to do where nothing is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
import streamlit as st

from analytics.initiatives import REMOVED, RUNGS, Initiative
from analytics.pulse.pulse import Pulse
from analytics.text import wording
from dashboard.answers import questions as data
from dashboard.shell.filters import View
from dashboard.shell.navigation import lead_to

__all__ = [
    "FROM_GIT_ALONE",
    "GROUPS",
    "NO_INITIATIVE",
    "RUNG_COLUMNS",
    "TELL_DEPLOYMENTS",
    "WALL_ALONE",
    "ai_group",
    "group_names",
    "head",
    "left_out",
    "named",
    "nothing_observed",
    "observed",
    "rungs_table",
    "too_few",
]

TELL_DEPLOYMENTS = (
    "Tell Headway where deployments show: release tags, a manifests repository, a branch or records. `headway init`"
    " writes a `headway.toml` in which `[[deployments]]` is explained; then run `headway build`."
)
TELL_EVENTS = "Records of what Git does not show can be given: `headway collect events:FILE`."
FROM_GIT_ALONE = "Abandoned and open work is not visible from Git alone; reviews and CI neither. " + TELL_EVENTS

GROUPS: Mapping[str, Mapping[str, str]] = {
    "builds_ai": {"true": "AI work", "false": "other work"},
    # The one that the others are compared with stands second, and so takes the second colour.
    "built_with_ai": {"agent": "made by an AI agent", "none": "no AI mark", "assisted": "made with an AI tool"},
}
"""The groups of a report that has them by an axis, in words. Bots are in no comparison."""


WALL_ALONE = "by the wall clock: working time is not told here"
NO_INITIATIVE = (
    "An initiative is found where AI work concentrates in a folder, or named in the settings: `[[initiatives]]` takes"
    " paths, labels and branches."
)
RUNG_COLUMNS = {"rung": "Has come to", "initiatives": "Initiatives", "stalled": "Stalled"}


def rungs_table(known: Sequence[Initiative]) -> pl.DataFrame:
    """How many initiatives stand on each rung, and how many of them stall there; those removed, if any."""
    rows = [
        {
            "rung": rung,
            "initiatives": sum(one.rung == rung for one in known),
            "stalled": sum(one.rung == rung and bool(one.stalled) for one in known),
        }
        for rung in (*RUNGS, REMOVED)
        if rung in RUNGS or any(one.rung == rung for one in known)
    ]
    return pl.DataFrame(rows)


def head(view: View, title: str, guide: str, *, wall_alone: bool = False) -> None:
    """The title, what is shown as of when, and how to read it for whoever is here for the first time.

    `wall_alone`: the numbers of the page are by the wall clock, whatever is chosen.
    """
    st.title(title, anchor=False)
    coverage = data.report(view.file, "coverage", view.filters).filter(pl.col("role") == "application")
    words = view.words
    if view.clock == "working":
        words = f"{words}, {WALL_ALONE if wall_alone else 'in working time'}"
    times = [f"{at:%Y-%m-%d %H:%M}" for at in coverage["as_of"].drop_nulls().unique().sort()]
    if times:
        words = f"{words} · as of {times[0] if len(times) == 1 else f'{times[0]} to {times[-1]}'} UTC"
    # As plain text: the name of a repository is somebody's text.
    st.text(words)
    with st.expander("How to read this page"):
        st.markdown(guide)


def named(rows: pl.DataFrame, view: View) -> pl.DataFrame:
    """Rows of a report by the axis of comparison, its groups in words; those of bots left out."""
    words = GROUPS[view.axis]
    kept = rows.filter(pl.col("group").is_in(list(words)))
    return kept.with_columns(pl.col("group").replace_strict(dict(words), return_dtype=pl.String))


def group_names(rows: pl.DataFrame, view: View) -> Sequence[str]:
    """The groups that are among `named` rows, in the order in which they are shown."""
    there = set(rows["group"].unique())
    return [name for name in GROUPS[view.axis].values() if name in there]


def ai_group(view: View) -> str:
    """The name of AI work on the axis of comparison, as the pulse check has it."""
    return "AI work" if view.axis == "builds_ai" else "made with AI"


def observed(view: View) -> Pulse | None:
    """The pulse; None, and on the page the reason why, where no change can be told of."""
    found = data.pulse(view.file, view.filters, view.axis, view.clock)
    if found.as_of is None:
        nothing_observed(found)
        return None
    return found


def too_few(counts: Mapping[str, int]) -> None:
    """Say which groups are too small to say anything of."""
    if counts:
        told = ", ".join(f"{name} ({wording.counted(changes, 'change')})" for name, changes in counts.items())
        st.markdown(f":gray[{wording.capital(wording.TOO_FEW)} of {told}: 20 changes are needed.]")


def nothing_observed(found: Pulse) -> None:
    """Say why there is no number, and what to do about it."""
    st.header("No change whose arrival in production could be observed yet", anchor=False)
    if found.no_deployments:
        changes = wording.counted(found.no_deployments, "change")
        st.info(f"{changes} landed in repositories that report no deployments. {TELL_DEPLOYMENTS}")
    if found.unknown:
        changes = wording.counted(found.unknown, "change")
        st.info(
            f"{changes} landed before the first recorded production deployment, or only a deployment without a date or"
            f" commit can have shipped them. Later changes will show as they are deployed. {TELL_EVENTS}"
        )
    if not found.no_deployments and not found.unknown:
        st.info(
            "Nothing was code complete in what is chosen here. Choose more in the sidebar, or `headway collect` more."
        )
    lead_to("health", "What is known of each repository")


def left_out(view: View, found: Pulse) -> None:
    """What takes no part in the numbers, and the way to what they rest on."""
    st.divider()
    told = wording.left_out(found)
    if told:
        st.caption(told)
    if not data.closed_work_is_seen(view.file, view.filters):
        st.caption(FROM_GIT_ALONE)
    lead_to("health", "What the numbers rest on")
