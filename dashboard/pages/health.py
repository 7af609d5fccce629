"""Data health: how fresh and complete each repository is, what that does to the numbers, and how to fix it."""

from __future__ import annotations

import polars as pl
import streamlit as st

from analytics.coverage import coverage_shares, in_doubt
from analytics.reports.doubts import hint_of
from analytics.text import wording
from dashboard.answers.choices import AXES
from dashboard.answers.view import View
from dashboard.parts import tables
from dashboard.parts.change_links import changes_table
from dashboard.parts.lazy_expander import lazy_expander
from dashboard.parts.sections import ONLY_GIT, SET_UP_DEPLOYMENTS, ask_head, head
from dashboard.shell import frame
from headway.notices import NOTICES

GUIDE = (
    "A number is as good as the data that it rests on. **As of** is the time through which all sources of a repository"
    " are complete; later events are unknown, not absent. **Observable** is the share of code-complete changes that can"
    " be followed to production: the others are counted and are in no lead time."
)
REASONS = {
    "unknown": "that cannot be followed to production",
    "no_deployments": "in repositories without deployments",
    "approximate": "with an approximate time of code complete",
    "out_of_order": "with milestones out of order",
    "weak": "classified on weak evidence",
    "automation": "by bots",
    "release": "that only make a release",
    "nothing_to_deploy": "with nothing to deploy",
    "ended_service": "waiting for a service that ended",
}
# How many changes of each reason are shown.
EXAMPLES = 20


def ask_first(view: View) -> None:
    """Ask what is answered before a file is shown."""
    ask_head(view)
    view.pulse()


def ask_later(view: View) -> None:
    """Ask the rest."""
    for axis in AXES.values():
        view.pulse(axis)
    view.report("left-out", most=EXAMPLES)
    view.report("deployment-sources")


REMEDIES = {kind: notice.remedy for kind, notice in NOTICES.items()}


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Data health", GUIDE, wall_clock_only=True, whole="tables are")
    closed_work_is_seen = view.closed_work_is_seen()
    coverage = view.report("coverage")
    failed_sources(view)
    basis(view, coverage, closed_work_is_seen=closed_work_is_seen)
    left_out(view)
    repositories(coverage, closed_work_is_seen=closed_work_is_seen)
    services(view)
    fixes(view)
    deployment_sources(view)
    notices(view)
    sources(view)
    bots(view)


def failed_sources(view: View) -> None:
    """Sources whose last run failed, with hints."""
    failed = view.sources().filter(pl.col("error") != "")
    if failed.is_empty():
        return
    st.header(f"{wording.counted(len(failed), 'source')} failed in the last run", anchor=False)
    for row in failed.iter_rows(named=True):
        # As text: an error may quote a server.
        st.text(wording.plain(f"{row['source']}: {row['error']}") + "\n" + wording.plain(f"hint: {row['hint']}"))


def basis(view: View, coverage: pl.DataFrame, *, closed_work_is_seen: bool) -> None:
    """What is left out of the numbers, and how to include it."""
    st.header("What the numbers rest on", anchor=False)
    if coverage.is_empty():
        st.markdown("No repository is selected, or none was collected.")
        return
    pulse = view.pulse()
    changes = wording.counted(pulse.everything.changes, "change")
    st.markdown(f"This view rests on {changes}. {wording.left_out(pulse, view.pulse('built_with_ai'))}")
    for name, line in in_doubt(coverage).items():
        # As text: a repository's name is from outside.
        st.text(wording.plain(f"{name}: {line}"))
    for row in coverage.filter(pl.col("services_inferred") > 0).iter_rows(named=True):
        st.text(
            wording.plain(
                f"{row['provider']}:{row['repo']}: {wording.counted(row['services_inferred'], 'service')} inferred from"
                f" deployments, tags and folders; {row['shared_changes']:,} of {row['changes']:,} changes belong to one"
                " by shared or unlisted paths alone. `headway doctor` prints them as settings."
            )
        )
    if pulse.no_deployments:
        st.markdown(f"- **Repositories without deployments:** {SET_UP_DEPLOYMENTS}")
    if not closed_work_is_seen:
        st.markdown(f"- **Git only:** {ONLY_GIT}")
    approximate, complete = coverage["approximate"].sum(), coverage["code_complete"].sum()
    if approximate:
        st.markdown(
            f"- **Approximate:** for {approximate:,} of {complete:,} changes the time of code complete is the author"
            " date of the landing commit. Set `pull_heads = true` under `[git]`, or use GitHub's API, to read their own"
            " commits."
        )
    st.markdown(
        "- **AI marks are a lower bound:** “no AI mark” includes unmarked AI work. Real differences may be larger than"
        " shown."
    )


def left_out(view: View) -> None:
    """Examples of changes that are left out, or approximate."""
    rows = view.report("left-out", most=EXAMPLES)
    if rows.is_empty():
        return
    counts = dict(rows.select("reason", "changes").unique(maintain_order=True).iter_rows())

    def changes() -> None:
        reason = st.selectbox(
            "Changes",
            list(counts),
            format_func=REASONS.__getitem__,
            key="reason",
            bind="query-params",
            width=420,
        )
        columns = {
            "outcome": "Outcome",
            "code_complete_at": tables.time("Code complete (UTC)"),
            "detail": st.column_config.TextColumn("Reason", width="medium"),
            "author": "Author",
        }
        of_reason = rows.filter(pl.col("reason") == reason)
        changes_table(of_reason, columns, alt_text=f"Changes {REASONS[reason]}, newest first")
        st.caption(tables.first_of(len(of_reason), counts[reason], "newest first"))
        tables.download("CSV", view.download("left-out"), name="left-out")

    lazy_expander("Which changes these are", changes, name="left-out", choice="reason")


def repositories(coverage: pl.DataFrame, *, closed_work_is_seen: bool) -> None:
    """How much of each repository is covered."""
    st.header("Repositories", anchor=False)
    columns = {
        "repo": "Repository",
        "as_of": tables.time("As of (UTC)"),
        "observed_share": tables.percent(
            "Observable", "Share of code-complete changes that can be followed to production"
        ),
        "code_complete": "Code complete",
        "production": "In production",
        "waiting": "Waiting",
        "abandoned": "Never arrived",
        "unknown": "Unknown",
        "no_deployments": "No deployments",
        "nothing_to_deploy": "Nothing to deploy",
        "not_code_complete": "Not code complete",
        "deployed_from": "Deployment source",
        "production_deployments": "Production deployments",
        "rollbacks": "Rollbacks",
        "joined_share": tables.percent("With commits", "Share of landed pull requests with their own commits"),
        "exact_share": tables.percent(
            "Exact time", "Share of code-complete changes whose time of code complete is not approximate"
        ),
        "reviewed": "Reviewed",
        "integrated": "With CI",
        "clamped": "Out of order",
        "team": "Team",
        "role": "Role",
    }
    if not closed_work_is_seen:
        del columns["abandoned"]
    tables.table(coverage_shares(coverage), columns, alt_text="Data coverage of each repository")
    tables.download("CSV", lambda: coverage, name="coverage")


def services(view: View) -> None:
    """What is deployed as one, and the waves of its roll-outs."""
    rows = view.services()
    if rows.is_empty():
        return
    st.header("Services and waves", anchor=False)
    st.markdown(
        "A change is in production with the last of its services and waves. `[[services]]` in the settings names them,"
        " `waves` and `exclude` under `[production]` or a service say which environments count."
    )
    columns = {
        "service": "Service",
        "repo": "Repository",
        "named_by": "Named by",
        "changes": "Changes",
        "waves": st.column_config.TextColumn("Waves, in order", width="medium"),
        "silent": st.column_config.TextColumn("Silent since", help="Waves until then; others went on"),
        "other": st.column_config.TextColumn("No waves", help="Production environments that got too few roll-outs"),
        "excluded": st.column_config.TextColumn("Left out", help="Environments that the settings exclude"),
        "paths": st.column_config.TextColumn("Paths", width="medium"),
        "shared": "Shared paths",
        "applications": "Applications",
        "tags": "Tags",
    }
    tables.table(rows, columns, alt_text="Each service, what names it, and the waves of its roll-outs")
    tables.download("CSV", lambda: rows, name="services")


def fixes(view: View) -> None:
    """The setting for each service in doubt."""
    rows = view.report("doubts")
    if rows.is_empty():
        return
    st.header("Services in doubt", anchor=False)
    hints = pl.Series("hint", [hint_of(row) for row in rows.iter_rows(named=True)], dtype=pl.String)
    columns = {
        "repo": "Repository",
        "service": "Service",
        "since_at": tables.time("Since (UTC)"),
        "changes": "Changes left out",
        "detail": st.column_config.TextColumn("Why", width="large"),
        "hint": st.column_config.TextColumn("What to do", width="large"),
    }
    tables.table(rows.with_columns(hints), columns, alt_text="Services in doubt, with what to do")
    tables.download("CSV", lambda: rows, name="doubts")


def deployment_sources(view: View) -> None:
    """What is taken for deployments, and what is not."""
    rows = view.report("deployment-sources")
    if rows.is_empty():
        return
    st.header("What is taken for deployments", anchor=False)
    columns = {
        "repo": "Repository",
        "service": "Service",
        "environment": "Environment",
        "source": "From",
        "what": "What",
        "taken": "Taken",
        "production": "Production",
        "deployments": "Deployments",
        "first_at": tables.time("First (UTC)"),
        "last_at": tables.time("Last (UTC)"),
        "why": st.column_config.TextColumn("Why", width="medium"),
        "setting": st.column_config.TextColumn("Setting that takes it", width="large"),
    }
    tables.table(rows, columns, alt_text="What is taken for deployments of each service, and what is ignored")
    tables.download("CSV", lambda: rows, name="deployment-sources")


def notices(view: View) -> None:
    """What collectors noticed, and remedies."""
    rows = view.notices()
    if rows.is_empty():
        return
    st.header("Notices from the collectors", anchor=False)
    remedies = pl.col("kind").replace_strict(REMEDIES, default="", return_dtype=pl.String)
    shown = rows.with_columns(remedies.alias("remedy"))
    columns = {
        "repo": "Repository",
        "kind": "Notice",
        "count": "Count",
        "detail": st.column_config.TextColumn("Meaning", width="large"),
        "remedy": st.column_config.TextColumn("Remedy", width="large"),
    }
    tables.table(shown, columns, alt_text="Notices from the collectors, with remedies")
    tables.download("CSV", lambda: shown, name="notices")


def sources(view: View) -> None:
    """Through when each source is complete."""
    st.header("Sources", anchor=False)
    rows = view.sources()
    if rows.is_empty():
        st.markdown("No source has been collected into this warehouse.")
        return
    columns = {
        "source": st.column_config.TextColumn("Source", width="large"),
        "watermark_at": tables.time("Complete through (UTC)"),
        "collected_at": tables.time("Last collected (UTC)"),
        "rows": "Rows",
        "error": "Last error",
    }
    tables.table(rows, columns, alt_text="Each source and the time through which it is complete")
    tables.download("CSV", lambda: rows, name="sources")


def bots(view: View) -> None:
    """Bots that no rule names."""
    rows = view.unknown_bots()
    if rows.is_empty():
        return
    st.header("Bots without a rule", anchor=False)
    st.markdown(
        "Headway treats them as bots because of their names. Add each to `ai_identities` or `automation_identities`"
        " under `[ai]` in the settings, then run `headway build`."
    )
    columns = {"name": "Name", "email": "Address", "written": "Commits or changes", "rule": "Rule"}
    tables.table(rows, columns, alt_text="Bots without a rule, most active first")
    tables.download("CSV", lambda: rows, name="bots")


if __name__ == "__main__":
    page(frame.view())
