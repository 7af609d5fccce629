"""Pulse check: how work gets to production, on one screen; its reasons and what needs a decision are under it."""

from __future__ import annotations

import streamlit as st

from analytics.text import wording
from dashboard import charts
from dashboard.answers.view import View
from dashboard.parts import tables
from dashboard.parts.attention import as_cards
from dashboard.parts.reasons import reasons
from dashboard.parts.release_cadences import ask_all_work, gain_of_daily
from dashboard.parts.sections import (
    NO_INITIATIVE,
    RUNG_COLUMNS,
    ask_head,
    head,
    left_out,
    pulse_or_hint,
    rungs_table,
)
from dashboard.parts.tiles import ask_tiles, period_days, period_name, tiles
from dashboard.parts.value_stream import value_stream
from dashboard.shell import frame
from dashboard.shell.navigation import page_link

GUIDE = (
    "**Code complete**: the last change to a change's own code. From then on the change waits, stage by stage, until"
    " it is in production. Waiting changes count with their time so far, and closed changes count as never arrived;"
    " neither are dropped.\n\n"
    "**AI work** builds an AI capability (models, prompts, inference, retrieval, evaluation). **Made with AI**: by an"
    " agent, or by a person with an AI tool, according to the change's marks. The two questions are independent: choose"
    " one in the sidebar. Bots are left out.\n\n"
    "**Tiles**: each has a verdict, *like for like*: AI work beside other work within the same repositories and months,"
    " size held equal. Rows of *all changes* describe, and may differ by the mix of work. **Half by**, **85% by**: when"
    " that share of all changes is in production. A later line compares all work with the period before.\n\n"
    "**Value stream**: a strip for each group, as long as the mean time that a change waits up to the horizon, and as"
    " thick as the share that is not abandoned; grey is what dropped out.\n\n"
    "CI and lines are 95% confidence intervals. A comparison within the same repositories and months has"
    " two: *in these repositories* is about this work, *in repositories like these* about what another one may expect."
    " The reasons at the end of the page have all numbers."
)


def ask_first(view: View) -> None:
    """Ask what is answered before a file is shown."""
    ask_head(view)
    view.pulse()


def ask_later(view: View) -> None:
    """Ask the rest."""
    ask_tiles(view)
    view.portfolio()
    view.news()
    ask_all_work(view)


def page(view: View) -> None:
    """Draw the page."""
    days = period_days(view)
    beside = "" if days is None else f", beside the {period_name(days)} before"
    head(view, "Pulse check", GUIDE, intervals=True, beside=beside)
    pulse = pulse_or_hint(view)
    if pulse is None:
        return
    # Drawn second: the first chart does not wait for it. Its place has its height already.
    top = st.container(key="tiles")
    value_stream(view, pulse)
    with top:
        tiles(view, pulse)
    decisions(view)
    changed, initiatives = st.columns(2, gap="medium")
    with changed:
        news(view)
    with initiatives:
        pilots(view)
    reasons(view, pulse)
    left_out(view, pulse)


def decisions(view: View) -> None:
    """The first three changes that need a decision, and what would help all of them."""
    attention = view.attention()
    gain = gain_of_daily(view)
    if not attention.first and not gain:
        return
    st.header("What needs a decision", anchor=False)
    if attention.first:
        st.markdown(f"{attention.answer}.", help=attention.rule)
        as_cards(attention)
        page_link("waiting", "All waiting changes")
    if gain:
        st.markdown(f"**{gain}.**")
        page_link("bottlenecks", "Compare release cadences")


def news(view: View) -> None:
    """What changed since last month; nothing, where nothing did."""
    items = view.news()
    if not items:
        return
    st.header("What changed since last month", anchor=False)
    # As text: the names of initiatives and teams are from outside.
    st.text("\n".join(f"• {item.sentence}" for item in items))


def pilots(view: View) -> None:
    """How many initiatives reached production and daily use."""
    initiatives = view.portfolio().initiatives
    if not initiatives:
        st.header("No AI initiatives", anchor=False)
        st.markdown(NO_INITIATIVE)
        return
    rungs = rungs_table(initiatives)
    arrived = sum(initiative.rung in {"production", "in use"} for initiative in initiatives)
    used = sum(initiative.rung == "in use" for initiative in initiatives)
    st.header(
        f"Of {wording.counted(len(initiatives), 'AI initiative')} {arrived} are in production, {used} of them in use",
        anchor=False,
    )
    counts = "; ".join(f"{row['rung']} {row['initiatives']}" for row in rungs.iter_rows(named=True))
    charts.rungs(rungs, alt_text=f"Initiatives by rung: {counts}.")
    st.markdown(wording.stalled(initiatives))
    page_link("initiatives", "Progress of each initiative")
    tables.under_chart(rungs, RUNG_COLUMNS, name="rungs", alt_text="Initiatives by rung")


if __name__ == "__main__":
    page(frame.view())
