"""Initiatives: how many pilots reached production and daily use, each one's climb, and what says so."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from analytics.initiatives import FunnelStep, Initiative, funnel
from analytics.text import wording
from dashboard import charts
from dashboard.answers import questions as data
from dashboard.parts import tables
from dashboard.parts.change_links import changes_table
from dashboard.parts.sections import NO_INITIATIVE, RUNG_COLUMNS, head, rungs_table
from dashboard.shell import frame
from dashboard.shell.filters import View

GUIDE = (
    "An **initiative** is a set of changes that belong together: named in the settings, or found where AI work"
    " concentrates. It climbs from **pilot** (in sandbox paths alone, or unmerged) to **merged**, **production** and"
    " **in use** (other code depends on it, it shipped again, or its use was recorded).\n\n"
    "**Stalled**: longer on its rung than 85% of those that left it. Shares count who has not arrived as not arrived"
    " yet."
)
SHOWN = 40


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Initiatives", GUIDE, wall_alone=True)
    known = data.portfolio(view.file, view.filters).initiatives
    if not known:
        st.header("No initiative is seen", anchor=False)
        st.markdown(NO_INITIATIVE)
        return
    how_far(known)
    steps(funnel(known))
    climb(known)
    each(view)
    members(view)


def how_far(known: Sequence[Initiative]) -> None:
    """On which rungs they stand."""
    st.header(f"{wording.initiatives(known)}", anchor=False)
    rows = rungs_table(known)
    told = "; ".join(f"{row['rung']} {row['initiatives']}" for row in rows.iter_rows(named=True))
    charts.rungs(rows, alt_text=f"Initiatives by how far each has come: {told}.")
    tables.under_chart(rows, RUNG_COLUMNS, name="rungs", alt_text="Initiatives by rung")


def steps(found: Sequence[FunnelStep]) -> None:
    """How many get to each rung, and how soon."""
    st.header("How many get there, and how soon", anchor=False)
    for step in found:
        st.markdown(f"- {got_to(step)}")
    rows = pl.DataFrame(
        [
            {
                "rung": step.rung,
                "reached": step.reached,
                "initiatives": step.initiatives,
                "left_out": step.left_out,
                "days": by.days if by else None,
                "share": by.share if by else None,
                "lower": by.lower if by else None,
                "upper": by.upper if by else None,
            }
            for step in found
            for by in (step.by or (None,))
        ],
        schema={
            **dict.fromkeys(("rung",), pl.String),
            **dict.fromkeys(("reached", "initiatives", "left_out", "days"), pl.Int64),
            **dict.fromkeys(("share", "lower", "upper"), pl.Float64),
        },
    )
    columns = {
        "rung": "To",
        "reached": "Reached it",
        "initiatives": "Of",
        "left_out": "Left out",
        "days": "Days from its first change",
        "share": tables.percent("Share there by then"),
        "lower": tables.percent("95% from"),
        "upper": tables.percent("95% to"),
    }
    tables.under_chart(
        rows, columns, name="funnel", alt_text="The share of initiatives on each rung by days from the first change"
    )


def got_to(step: FunnelStep) -> str:
    """One step of the funnel as a sentence."""
    text = f"**{wording.capital(step.rung)}:** {step.reached} of {wording.counted(step.initiatives, 'initiative')}"
    half = step.by[2] if step.by else None
    if half is not None:
        bounds = "" if half.lower is None or half.upper is None else f" [{half.lower:.0%} – {half.upper:.0%}]"
        text += f"; {half.share:.0%}{bounds} within {half.days} days of its first change"
    else:
        text += "; too few to say how soon"
    if step.left_out:
        text += f" ({step.left_out} left out: its arrival could not be observed)"
    return f"{text}."


def climb(known: Sequence[Initiative]) -> None:
    """Each initiative's rungs over time, those that have stalled first."""
    st.header("Each one's climb", anchor=False)
    first = sorted(known, key=lambda one: (not one.stalled, one.first_change_at))[:SHOWN]
    names = {one.id: wording.plain(one.name) for one in first}
    rows = stays_of(first)
    told = "; ".join(f"{names[one.id]} {one.rung}{' (stalled)' if one.stalled else ''}" for one in first)
    charts.climbs(rows, [names[one.id] for one in first], alt_text=f"Each initiative over time: {told}.")
    caption = "A diamond marks what has stalled."
    st.caption(caption if len(known) <= SHOWN else f"{caption} {tables.first_of(SHOWN, len(known))}")
    columns = {
        "name": "Initiative",
        "rung": "On",
        "began": tables.time("From (UTC)"),
        "ended": tables.time("To (UTC)"),
        "days": tables.decimal("Days"),
        "stalled": "Stalled there",
    }
    tables.under_chart(
        rows,
        columns,
        name="climbs",
        alt_text="Each initiative's time on its rungs",
        whole=lambda: stays_of(known),
    )


def stays_of(known: Sequence[Initiative]) -> pl.DataFrame:
    """The time of each on each of its rungs."""
    return pl.DataFrame(
        [
            {
                "name": wording.plain(one.name),
                "rung": stay.rung,
                "began": stay.since,
                "ended": stay.until,
                "days": stay.hours / 24.0,
                "stalled": bool(one.stalled) and stay is one.stays[-1],
            }
            for one in known
            for stay in one.stays
        ]
    )


def each(view: View) -> None:
    """Every initiative with its evidence: the report."""
    st.header("What says so", anchor=False)
    rows = data.report(view.file, "initiatives", view.filters)
    columns = {
        "name": "Initiative",
        "rung": "Has come to",
        "rung_since": tables.time("Since (UTC)"),
        "stalled": "Stalled",
        "changes": "Changes",
        "waiting": "Waiting",
        "abandoned": "Never arrived",
        "people": "People",
        "repos": "Repositories",
        "origin": "Named or found",
        "evidence": st.column_config.TextColumn("Evidence", width="large"),
    }
    tables.table(rows, columns, alt_text="Every initiative with its evidence")
    tables.download("CSV", lambda: data.whole_report(view.file, "initiatives", view.filters), name="initiatives")


def members(view: View) -> None:
    """The changes of one initiative: what waits, then the newest."""
    st.header("Its changes", anchor=False)
    rows = data.report(view.file, "members", view.filters, most=data.SHOWN["members"])
    names = dict(rows.select("initiative_id", "name").unique(maintain_order=True).iter_rows())
    if not names:
        st.markdown("None of its changes is known.")
        return
    chosen = st.selectbox(
        "Of",
        list(names),
        format_func=lambda one: wording.plain(names[one]),
        key="initiative",
        bind="query-params",
        width=320,
    )
    mine = rows.filter(pl.col("initiative_id") == chosen)
    columns = {
        "outcome": "Now",
        "current_stage": "Waits in",
        "age_days": tables.decimal("Days waiting", "Since code complete"),
        "began_at": tables.time("Began (UTC)"),
        "arrived_at": tables.time("In production (UTC)"),
        "author": "Author",
        "because": st.column_config.TextColumn("Belongs to it by", width="medium"),
    }
    changes_table(
        tables.in_days(mine, "age_hours", "age_days"), columns, alt_text="Changes of this initiative, what waits first"
    )
    st.caption(tables.first_of(len(mine), mine["changes"][0], "what waits, the oldest first, then the newest others"))
    tables.download("CSV", lambda: data.whole_report(view.file, "members", view.filters), name="members")


page(frame.view())
