"""Parts that more than one page shows: its scope, what its numbers rest on, and what to do where there are none."""

from __future__ import annotations

import streamlit as st

from analytics.basis import coverage_shares
from analytics.pulse import Pulse
from dashboard import data, tables
from dashboard.filters import View
from headway import wording

__all__ = ["basis", "nothing_observed", "scope_line"]

TELL_DEPLOYMENTS = (
    "Tell Headway where deployments show: release tags, a manifests repository, a branch or records. `headway init`"
    " writes a `headway.toml` in which `[[deployments]]` is explained; then run `headway build`."
)
TELL_EVENTS = "Records of what Git does not show can be given: `headway collect events:FILE`."
FROM_GIT_ALONE = "Abandoned and open work is not visible from Git alone; reviews and CI neither. " + TELL_EVENTS


def scope_line(view: View, found: Pulse) -> None:
    """What is shown and as of when. As plain text: the name of a repository is somebody's text."""
    newest = data.scope(view.file).as_of
    seen = found.as_of or ((newest, newest) if newest else None)
    if seen is None:
        st.text(view.words)
        return
    first, last = (f"{at:%Y-%m-%d %H:%M}" for at in seen)
    st.text(f"{view.words} · as of {last if first == last else f'{first} to {last}'} UTC")


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


def basis(view: View, found: Pulse, *, closed_work_is_seen: bool) -> None:
    """How much of each repository is covered, what was left out, and what the collectors noticed."""
    st.header("What the numbers rest on", anchor=False)
    coverage = data.coverage(view.file, view.filters)
    left_out = wording.left_out(found)
    if left_out:
        st.markdown(left_out)
    if found.as_of is not None and found.no_deployments:
        st.markdown(TELL_DEPLOYMENTS)
    if not closed_work_is_seen and found.as_of is not None:
        st.markdown(FROM_GIT_ALONE)
    columns = {
        "repo": "Repository",
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
        "as_of": st.column_config.DatetimeColumn("As of (UTC)", format="YYYY-MM-DD HH:mm"),
        "role": "Role",
    }
    if not closed_work_is_seen:
        del columns["abandoned"]
    tables.table(coverage_shares(coverage), columns, alt_text="Each repository: how much of it the numbers can rest on")
    tables.download("CSV", lambda: coverage, name="coverage")
    noticed = data.notices(view.file, view.filters)
    if len(noticed):
        titles = {"repo": "Repository", "kind": "Noticed", "count": "Times", "detail": "What it means"}
        tables.table(noticed, titles, alt_text="What the collectors noticed")
