"""Initiatives: how many pilots reached production and daily use, the progress of each, and its evidence."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from analytics.initiatives import FunnelStep, Initiative, funnel
from analytics.text import wording
from dashboard import charts
from dashboard.answers.view import View
from dashboard.parts import events, tables
from dashboard.parts.change_links import changes_table
from dashboard.parts.lazy_expander import lazy_expander
from dashboard.parts.sections import NO_INITIATIVE, RUNG_COLUMNS, ask_head, head, rungs_table
from dashboard.shell import frame
from headway.settings.initiatives import settings_to_paste

GUIDE = (
    "An **initiative** is a set of changes that belong together: defined in the settings, or detected where AI work"
    " concentrates. Its rungs are **pilot** (only in sandbox paths, or unmerged), **merged**, **production** and"
    " **in use** (other code depends on it, it shipped again, or its use was recorded).\n\n"
    "**Stalled**: on its rung for longer than 85% of those that left it. Shares count initiatives that have not reached"
    " a rung yet as censored."
)
SHOWN = 40
# How many changes of each initiative are shown.
MEMBERS = 50


def ask_first(view: View) -> None:
    """Ask what is answered before a file is shown."""
    ask_head(view)


def ask_later(view: View) -> None:
    """Ask the rest."""
    view.portfolio()
    view.report("initiatives")
    view.always.report("initiatives")
    view.report("members", most=MEMBERS)


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Initiatives", GUIDE, wall_clock_only=True, whole="initiatives are")
    initiatives = view.portfolio().initiatives
    if not initiatives:
        st.header("No initiatives", anchor=False)
        st.markdown(NO_INITIATIVE)
        return
    rungs(initiatives)
    steps(funnel(initiatives))
    progress(view, initiatives)
    evidence(view)
    members(view)


def rungs(initiatives: Sequence[Initiative]) -> None:
    """How many initiatives are on each rung."""
    st.header(f"{wording.initiatives(initiatives)}", anchor=False)
    rows = rungs_table(initiatives)
    counts = "; ".join(f"{row['rung']} {row['initiatives']}" for row in rows.iter_rows(named=True))
    charts.rungs(rows, alt_text=f"Initiatives by rung: {counts}.")
    tables.under_chart(rows, RUNG_COLUMNS, name="rungs", alt_text="Initiatives by rung")


def steps(funnel_steps: Sequence[FunnelStep]) -> None:
    """How many initiatives reach each rung, and how soon."""
    st.header("How many reach each rung, and how soon", anchor=False)
    for step in funnel_steps:
        st.markdown(f"- {step_text(step)}")
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
            for step in funnel_steps
            for by in (step.by or (None,))
        ],
        schema={
            **dict.fromkeys(("rung",), pl.String),
            **dict.fromkeys(("reached", "initiatives", "left_out", "days"), pl.Int64),
            **dict.fromkeys(("share", "lower", "upper"), pl.Float64),
        },
    )
    columns = {
        "rung": "Rung",
        "reached": "Reached it",
        "initiatives": "Initiatives",
        "left_out": "Left out",
        "days": "Days from its first change",
        "share": tables.percent("Share by then"),
        "lower": tables.percent("95% from"),
        "upper": tables.percent("95% to"),
    }
    tables.under_chart(
        rows,
        columns,
        name="funnel",
        alt_text="Share of initiatives that reached each rung, by days from the first change",
    )


def step_text(step: FunnelStep) -> str:
    """One step of the funnel as a sentence."""
    text = f"**{wording.capital(step.rung)}:** {step.reached} of {wording.counted(step.initiatives, 'initiative')}"
    half = step.by[2] if step.by else None
    if half is not None:
        bounds = "" if half.lower is None or half.upper is None else f" [{half.lower:.0%} – {half.upper:.0%}]"
        text += f"; {half.share:.0%}{bounds} within {half.days} days of its first change"
    else:
        text += "; too few to say how soon"
    if step.left_out:
        text += f" ({step.left_out} left out: production could not be observed)"
    return f"{text}."


def progress(view: View, initiatives: Sequence[Initiative]) -> None:
    """Each initiative's rungs over time, stalled ones first."""
    st.header("Progress of each initiative", anchor=False)
    first = sorted(initiatives, key=lambda initiative: (not initiative.stalled, initiative.first_change_at))[:SHOWN]
    names = {initiative.id: wording.plain(initiative.name) for initiative in first}
    rows = stays_of(first)
    rungs_text = "; ".join(
        f"{names[initiative.id]} {initiative.rung}{' (stalled)' if initiative.stalled else ''}" for initiative in first
    )
    alt_text = f"Each initiative over time: {rungs_text}."
    order = [names[initiative.id] for initiative in first]
    marked = charts.climbs(rows, order, alt_text=alt_text, events=view.events)
    caption = "A diamond marks a stalled initiative."
    st.caption(caption if len(initiatives) <= SHOWN else f"{caption} {tables.first_of(SHOWN, len(initiatives))}")
    events.listed(marked)
    columns = {
        "name": "Initiative",
        "rung": "Rung",
        "began": tables.time("From (UTC)"),
        "ended": tables.time("To (UTC)"),
        "days": tables.decimal("Days"),
        "stalled": "Stalled",
    }
    tables.under_chart(
        rows,
        columns,
        name="climbs",
        alt_text="Time of each initiative on each rung",
        whole=lambda: stays_of(initiatives),
    )


def stays_of(initiatives: Sequence[Initiative]) -> pl.DataFrame:
    """The time of each initiative on each of its rungs."""
    return pl.DataFrame(
        [
            {
                "name": wording.plain(initiative.name),
                "rung": stay.rung,
                "began": stay.since,
                "ended": stay.until,
                "days": stay.hours / 24.0,
                "stalled": bool(initiative.stalled) and stay is initiative.stays[-1],
            }
            for initiative in initiatives
            for stay in initiative.stays
        ]
    )


def evidence(view: View) -> None:
    """Every initiative with its evidence: the report."""
    st.header("Evidence", anchor=False)
    rows = view.report("initiatives")
    columns = {
        "name": "Initiative",
        "rung": "Rung",
        "rung_since": tables.time("Since (UTC)"),
        "stalled": "Stalled",
        "changes": "Changes",
        "waiting": "Waiting",
        "abandoned": "Never arrived",
        "people": "People",
        "repos": "Repositories",
        "origin": "Origin",
        "evidence": st.column_config.TextColumn("Evidence", width="large"),
    }
    tables.table(rows, columns, alt_text="Every initiative with its evidence")
    tables.download("CSV", view.download("initiatives"), name="initiatives")


def members(view: View) -> None:
    """The changes of one initiative: waiting ones, then the newest."""
    st.header("Changes of an initiative", anchor=False)
    rows = view.report("members", most=MEMBERS)
    names = dict(rows.select("initiative_id", "name").unique(maintain_order=True).iter_rows())
    if not names:
        st.markdown("None of its changes is in the data.")
        return
    chosen = st.selectbox(
        "Initiative",
        list(names),
        format_func=lambda initiative_id: wording.plain(names[initiative_id]),
        key="initiative",
        bind="query-params",
        width=320,
    )
    # Also one that began before the period.
    every = view.always.report("initiatives")
    detected = every.filter((pl.col("initiative_id") == chosen) & (pl.col("origin") == "found"))
    if not detected.is_empty():
        lazy_expander("Name or dismiss it", lambda: paste(chosen, detected["name"][0]), name="paste")
    of_initiative = rows.filter(pl.col("initiative_id") == chosen)
    columns = {
        "outcome": "Outcome",
        "current_stage": "Stage",
        "age_days": tables.decimal("Days waiting", "Since code complete"),
        "began_at": tables.time("Began (UTC)"),
        "arrived_at": tables.time("In production (UTC)"),
        "author": "Author",
        "because": st.column_config.TextColumn("Belongs to it by", width="medium"),
    }
    shown = tables.in_days(of_initiative, "age_hours", "age_days")
    changes_table(shown, columns, alt_text="Changes of this initiative, waiting ones first")
    order = "waiting ones by age, then the newest others"
    st.caption(tables.first_of(len(shown), shown["changes"][0], order))
    tables.download("CSV", view.download("members"), name="members")


def paste(initiative_id: str, name: str) -> None:
    """The settings that name a detected initiative or drop it, to be copied."""
    named, dismissed = settings_to_paste(initiative_id, wording.plain(name))
    for text, column in zip((named, dismissed), st.columns(2), strict=True):
        with column:
            st.markdown("To name it:" if text == named else "If it is not an initiative:")
            st.code(text, language="toml", wrap_lines=True)
    st.caption(
        "Paste one of them into `headway.toml` and run `headway build`. More keys, such as `paths` and `labels`, extend"
        " a named initiative."
    )


if __name__ == "__main__":
    page(frame.view())
