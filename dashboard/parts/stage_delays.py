"""What delays changes inside build and deploy, and when in the week: the lower half of the page on bottlenecks."""

from __future__ import annotations

import polars as pl
import streamlit as st

from analytics.text import wording
from dashboard import charts
from dashboard.answers.view import View
from dashboard.parts import tables
from dashboard.parts.sections import group_names, with_group_names

__all__ = ["ask_delays", "stage_delays", "week"]

_MEASURES = {
    "build_hours": "From merge until CI is green, in total",
    "ci_queue_hours": "— waiting for runners",
    "ci_first_try_hours": "— until the first failure, or success",
    "ci_rerun_hours": "— after a first failure",
    "deploy_hours": "From release to production, in total",
    "gate_hours": "— at gates and in queues",
    "failed_attempts": "— failed deployments (number)",
    "rollout_hours": "— from the first service and wave to the last",
}
_DELAYED = {
    "ci_queue_hours": "waited for runners",
    "ci_rerun_hours": "had CI fail first, and needed after that",
    "gate_hours": "waited at a gate or in a queue",
    "failed_attempts": "met failed deployments",
    "rollout_hours": "reached production service by service or wave by wave",
}
_NO_SOURCE = (
    "No source reports CI jobs, gates or deployment statuses here. Collect them from GitHub's API (`headway collect"
    " github:OWNER/NAME`) or from records (`headway collect events:FILE`)."
)
_MOMENTS = {
    "waiting": "changes waiting, on average",
    "code complete": "changes code complete",
    "reviewed": "changes reviewed",
    "merged": "changes merged",
    "in production": "changes that reached production",
}


def ask_delays(view: View) -> None:
    """Ask what `stage_delays` and `week` ask."""
    view.report("friction", by=view.axis)
    view.report("week")


def stage_delays(view: View) -> None:
    """Draw the delays by runners, reruns, gates and failed deployments, group by group."""
    st.header("Delays in build and deploy", anchor=False)
    rows = with_group_names(view.report("friction", by=view.axis), view).filter(pl.col("changes") > 0)
    if rows.is_empty():
        st.markdown(_NO_SOURCE)
        return
    order = {name: position for position, name in enumerate(group_names(rows, view))}
    rows = rows.sort(pl.col("group").replace_strict(order), maintain_order=True)
    sentences = [delayed(rows.filter(pl.col("measure") == measure), what) for measure, what in _DELAYED.items()]
    st.markdown("\n".join(f"- {sentence}" for sentence in sentences if sentence))
    shown = rows.with_columns(pl.col("measure").replace_strict(_MEASURES, return_dtype=pl.String).alias("what"))
    columns = {
        "group": "Group",
        "what": "Hours",
        "changes": "Changes with data",
        "arrived": "Changes",
        "repositories": "Repositories",
        "affected_share": tables.percent("Affected"),
        "mean": tables.decimal("Mean"),
        "median": tables.decimal("Median"),
        "p85": tables.decimal("85th percentile"),
        "affected_mean": tables.decimal("Mean if affected"),
        "stage_share": tables.percent("Share of the stage"),
    }
    tables.table(shown, columns, alt_text="Delays of changes in build and deploy, by group")
    st.caption("Changes in production, by the wall clock. Descriptive figures without intervals. Delays can overlap.")
    tables.download("CSV", view.download("friction", by=view.axis), name="friction")


def delayed(rows: pl.DataFrame, what: str) -> str:
    """How many changes of each group had a delay, and how long it took, as a sentence."""
    parts = [
        f"{row['affected_share']:.0%} of {row['group']}, {_amount(row['affected_mean'], row['measure'])}"
        f" (data for {row['changes']:,} of {row['arrived']:,} changes, in"
        f" {wording.counted(row['repositories'], 'repository')})"
        for row in rows.iter_rows(named=True)
        if row["affected_share"] is not None
    ]
    return f"**{wording.capital(what)}:** {'; '.join(parts)}." if parts else ""


def _amount(mean: float | None, measure: str) -> str:
    if mean is None:
        return "none"
    if measure == "failed_attempts":
        return f"{mean:.1f} each"
    return f"{60 * mean:.0f} minutes each" if mean < 1.0 else f"{wording.hours(mean)} each"


@st.fragment
def week(view: View) -> None:
    """Draw when in the week changes move, and when they wait."""
    st.header("Hours of the week", anchor=False)
    rows = view.report("week")
    if rows.is_empty():
        return
    counts = rows.group_by("what").agg(pl.col("changes").sum()).filter(pl.col("changes") > 0)
    names = [name for name in _MOMENTS if name in counts["what"].to_list()]
    chosen = st.segmented_control("Moment", names, default=names[0], key="when", label_visibility="collapsed")
    shown = rows.filter(pl.col("what") == (chosen or names[0]))
    title = _MOMENTS[chosen or names[0]]
    most = shown.sort("changes", descending=True).row(0, named=True)
    charts.hours_of_week(
        shown, title, alt_text=f"By day and hour: {title}. Most on day {most['weekday']} at {most['hour']} o'clock."
    )
    columns = {
        "what": "Moment",
        "weekday": "Day (1 is Monday)",
        "hour": "Hour",
        "changes": tables.decimal("Changes"),
        "zone": "Zone",
    }
    tables.under_chart(
        shown,
        columns,
        name="week",
        alt_text="Changes by day of the week and hour",
        whole=view.download("week"),
    )
