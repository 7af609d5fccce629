"""Data health: how fresh and how complete each repository is, what that does to the numbers, and how to mend it."""

from __future__ import annotations

import polars as pl
import streamlit as st

from analytics.coverage import coverage_shares
from analytics.text import wording
from dashboard.answers import questions as data
from dashboard.parts import tables
from dashboard.parts.change_links import changes_table
from dashboard.parts.lazy_expander import folded
from dashboard.parts.sections import FROM_GIT_ALONE, TELL_DEPLOYMENTS, head
from dashboard.shell import frame
from dashboard.shell.filters import View
from headway.notices import NOTICES

GUIDE = (
    "A number is as good as what it rests on. **As of** is up to when all sources of a repository are known; what"
    " came later is unseen, not absent. **Arrival seen** is the share of what is code complete whose arrival in"
    " production could be observed: the rest is counted and takes part in no lead time."
)

WHY = {
    "unknown": "whose arrival could not have been seen",
    "no_deployments": "in repositories without deployments",
    "approximate": "whose time of code complete is approximate",
    "out_of_order": "with milestones out of order",
    "weak": "told by weak evidence",
    "automation": "by bots",
}

REMEDIES = {kind: notice.remedy for kind, notice in NOTICES.items()}


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Data health", GUIDE, wall_alone=True)
    seen = data.closed_work_is_seen(view.file, view.filters)
    coverage = data.report(view.file, "coverage", view.filters)
    failed(view)
    left_out(view, coverage, closed_work_is_seen=seen)
    examples(view)
    repositories(coverage, closed_work_is_seen=seen)
    noticed(view)
    sources(view)
    bots(view)


def failed(view: View) -> None:
    """Sources whose last run failed, and what to do."""
    wrong = data.sources(view.file).filter(pl.col("error") != "")
    if wrong.is_empty():
        return
    st.header(f"{wording.counted(len(wrong), 'source')} could not be read the last time", anchor=False)
    for row in wrong.iter_rows(named=True):
        # As text: an error may quote what a server said.
        st.text(wording.plain(f"{row['source']}: {row['error']}") + "\n" + wording.plain(f"to do: {row['hint']}"))


def left_out(view: View, coverage: pl.DataFrame, *, closed_work_is_seen: bool) -> None:
    """What takes no part in the numbers, and how it could."""
    st.header("What the numbers rest on", anchor=False)
    if coverage.is_empty():
        st.markdown("No repository is chosen, or none was collected.")
        return
    found = data.pulse(view.file, view.filters, view.axis, view.clock)
    made = data.pulse(view.file, view.filters, "built_with_ai", view.clock)
    changes = wording.counted(found.everything.changes, "change")
    st.markdown(f"The numbers of this view rest on {changes}. {wording.left_out(found, made)}")
    if found.no_deployments:
        st.markdown(f"- **Repositories without deployments:** {TELL_DEPLOYMENTS}")
    if not closed_work_is_seen:
        st.markdown(f"- **From Git alone:** {FROM_GIT_ALONE}")
    approximate, complete = coverage["approximate"].sum(), coverage["code_complete"].sum()
    if approximate:
        st.markdown(
            f"- **Approximate:** of {approximate:,} of {complete:,} changes only the landing commit's author date"
            " tells when they were code complete. With `pull_heads = true` under `[git]`, or GitHub's API, their own"
            " commits are read."
        )
    st.markdown(
        "- **AI marks are a lower bound:** “no AI mark” holds people's work and unmarked AI work, so a difference is,"
        " if anything, larger than shown."
    )


def examples(view: View) -> None:
    """Some changes that take no part, or only nearly, to look at."""
    rows = data.report(view.file, "left-out", view.filters, most=data.SHOWN["left-out"])
    if rows.is_empty():
        return
    counts = dict(rows.select("reason", "changes").unique(maintain_order=True).iter_rows())

    def changes() -> None:
        reason = st.selectbox(
            "Those",
            list(counts),
            format_func=WHY.__getitem__,
            key="reason",
            bind="query-params",
            width=420,
        )
        columns = {
            "outcome": "Now",
            "code_complete_at": tables.time("Code complete (UTC)"),
            "detail": st.column_config.TextColumn("Because", width="medium"),
            "author": "Author",
        }
        mine = rows.filter(pl.col("reason") == reason)
        changes_table(mine, columns, alt_text=f"Changes {WHY[reason]}, the newest first")
        st.caption(tables.first_of(len(mine), counts[reason], "the newest first"))
        tables.download("CSV", lambda: data.whole_report(view.file, "left-out", view.filters), name="left-out")

    folded("Which changes these are", changes, name="left-out", choice="reason")


def repositories(coverage: pl.DataFrame, *, closed_work_is_seen: bool) -> None:
    """How much of each repository is covered."""
    st.header("Repositories", anchor=False)
    columns = {
        "repo": "Repository",
        "as_of": tables.time("As of (UTC)"),
        "observed_share": tables.percent(
            "Arrival seen", "Of what is code complete, that whose arrival could be observed"
        ),
        "code_complete": "Code complete",
        "production": "Arrived",
        "waiting": "Waiting",
        "abandoned": "Never arrived",
        "unknown": "Unknown",
        "no_deployments": "No deployments",
        "deployed_from": "Deployments from",
        "production_deployments": "To production",
        "rollbacks": "Rollbacks",
        "joined_share": tables.percent("Commits known", "Of landed pull requests, those whose own commits are known"),
        "exact_share": tables.percent(
            "Time exact", "Of what is code complete, that whose time of it is not approximate"
        ),
        "reviewed": "Reviewed",
        "integrated": "CI seen",
        "clamped": "Out of order",
        "team": "Team",
        "role": "Role",
    }
    if not closed_work_is_seen:
        del columns["abandoned"]
    tables.table(coverage_shares(coverage), columns, alt_text="Each repository: how much of it the numbers can rest on")
    tables.download("CSV", lambda: coverage, name="coverage")


def noticed(view: View) -> None:
    """What collectors noticed, and what to do about it."""
    rows = data.notices(view.file, view.filters)
    if rows.is_empty():
        return
    st.header("What the collectors noticed", anchor=False)
    mended = rows.with_columns(
        pl.col("kind").replace_strict(REMEDIES, default="", return_dtype=pl.String).alias("mend")
    )
    columns = {
        "repo": "Repository",
        "kind": "Noticed",
        "count": "Times",
        "detail": st.column_config.TextColumn("What it means", width="large"),
        "mend": st.column_config.TextColumn("What to do", width="large"),
    }
    tables.table(mended, columns, alt_text="What the collectors noticed, and what to do about it")
    tables.download("CSV", lambda: mended, name="notices")


def sources(view: View) -> None:
    """Up to when each source is known."""
    st.header("Sources", anchor=False)
    rows = data.sources(view.file)
    if rows.is_empty():
        st.markdown("No source was read into this warehouse.")
        return
    columns = {
        "source": st.column_config.TextColumn("Source", width="large"),
        "watermark_at": tables.time("Known up to (UTC)"),
        "collected_at": tables.time("Read last (UTC)"),
        "rows": "Rows",
        "error": "Last error",
    }
    tables.table(rows, columns, alt_text="Each source: up to when it is known")
    tables.download("CSV", lambda: rows, name="sources")


def bots(view: View) -> None:
    """Bots that no rule knows by name."""
    rows = data.unknown_bots(view.file)
    if rows.is_empty():
        return
    st.header("Bots that no rule knows by name", anchor=False)
    st.markdown(
        "They count as bots by the look of their names. Sort them into `ai_identities` and `automation_identities`"
        " under `[ai]` in the settings, then run `headway build`."
    )
    columns = {"name": "Name", "email": "Address", "written": "Commits or changes", "rule": "Rule"}
    tables.table(rows, columns, alt_text="Bots that no rule knows by name, those with most first")
    tables.download("CSV", lambda: rows, name="bots")


page(frame.view())
