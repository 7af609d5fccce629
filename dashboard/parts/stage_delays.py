"""What holds changes up inside stages, and when in the week: the lower half of the page on bottlenecks."""

from __future__ import annotations

import polars as pl
import streamlit as st

from analytics.text import wording
from dashboard import charts
from dashboard.answers import questions as data
from dashboard.parts import tables
from dashboard.parts.sections import group_names, named
from dashboard.shell.filters import View

__all__ = ["inside", "when"]

_WORDS = {
    "build_hours": "From merge until CI is green, in all",
    "ci_queue_hours": "— waiting for runners",
    "ci_first_try_hours": "— until the first failure, or success",
    "ci_rerun_hours": "— after a first failure",
    "deploy_hours": "From release to production, in all",
    "gate_hours": "— at gates and in queues",
    "failed_attempts": "— failed deployments (a number)",
}
_HELD_UP = {
    "ci_queue_hours": "waited for runners",
    "ci_rerun_hours": "had CI fail first, and needed after that",
    "gate_hours": "waited at a gate or in a queue",
    "failed_attempts": "met failed deployments",
}
_HOW_TO_TELL = (
    "No source tells of CI jobs, gates or deployment statuses here. GitHub's API does (`headway collect"
    " github:OWNER/NAME`), and records can: `headway collect events:FILE`."
)
_WHEN = {
    "waiting": "changes waiting, on average",
    "code complete": "changes code complete",
    "reviewed": "changes reviewed",
    "merged": "changes merged",
    "in production": "changes that reached production",
}


def inside(view: View) -> None:
    """Runners, reruns, gates and failed deployments, the groups side by side."""
    st.header("Inside build and deploy", anchor=False)
    rows = named(data.report(view.file, "friction", view.filters, by=view.axis), view)
    told = rows.filter(pl.col("changes") > 0)
    if told.is_empty():
        st.markdown(_HOW_TO_TELL)
        return
    groups = group_names(told, view)
    told = told.sort(pl.col("group").replace_strict({name: at for at, name in enumerate(groups)}), maintain_order=True)
    sentences = [held_up(told.filter(pl.col("measure") == measure), what) for measure, what in _HELD_UP.items()]
    st.markdown("\n".join(f"- {sentence}" for sentence in sentences if sentence))
    shown = told.with_columns(pl.col("measure").replace_strict(_WORDS, return_dtype=pl.String).alias("what"))
    columns = {
        "group": "Group",
        "what": "Hours",
        "changes": "Told of",
        "arrived": "Of",
        "repositories": "In repositories",
        "affected_share": tables.percent("Affected"),
        "mean": tables.decimal("Mean"),
        "median": tables.decimal("Half within"),
        "p85": tables.decimal("85% within"),
        "affected_mean": tables.decimal("Mean of those affected"),
        "stage_share": tables.percent("Of the stage's hours"),
    }
    tables.table(shown, columns, alt_text="What held up changes inside build and deploy, by group")
    st.caption("Of changes that arrived, on the wall clock; a description, without intervals. Parts can overlap.")
    tables.download(
        "CSV", lambda: data.whole_report(view.file, "friction", view.filters, by=view.axis), name="friction"
    )


def held_up(rows: pl.DataFrame, what: str) -> str:
    """How many of each group were held up so, and how much, as a sentence."""
    parts = [
        f"{row['affected_share']:.0%} of {row['group']}, {_amount(row['affected_mean'], row['measure'])}"
        f" (told of {row['changes']:,} of {row['arrived']:,} changes, in"
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
def when(view: View) -> None:
    """When in the week changes move, and when they wait."""
    st.header("When in the week", anchor=False)
    rows = data.report(view.file, "week", view.filters)
    if rows.is_empty():
        return
    there = rows.group_by("what").agg(pl.col("changes").sum()).filter(pl.col("changes") > 0)["what"].to_list()
    names = [name for name in _WHEN if name in there]
    chosen = st.segmented_control("Shown", names, default=names[0], key="when", label_visibility="collapsed")
    shown = rows.filter(pl.col("what") == (chosen or names[0]))
    title = _WHEN[chosen or names[0]]
    most = shown.sort("changes", descending=True).row(0, named=True)
    charts.hours_of_week(
        shown, title, alt_text=f"By day and hour: {title}. Most on day {most['weekday']} at {most['hour']} o'clock."
    )
    columns = {
        "what": "What",
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
        whole=lambda: data.whole_report(view.file, "week", view.filters),
    )
