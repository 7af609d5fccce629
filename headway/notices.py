"""What to do about each thing that collectors notice."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["MENDING"]

_RIGHTS = "give the token read access to {}; `headway doctor` shows what it may read"
_FULL = "collect once more with `--full`"

MENDING: Mapping[str, str] = {
    "added_lines_cut": "nothing: the rules about package manifests see less of these commits",
    "another_name": "name it by its new name in `[[sources]]`, and collect once more",
    "commits_incomplete": _FULL,
    "deployments_unreadable": f"{_FULL}; or tell them as records",
    "empty": "nothing: it will show as soon as it has commits",
    "events_not_used": "docs/records.md lists the events that have a meaning",
    "future_dates": "nothing: set the clock of the machine that made them",
    "future_times": "set the clock of the system that wrote them",
    "history_rewritten": f"{_FULL}, if what is no longer on the branch should not count",
    "imports_cut": "nothing: whether other code depends on these files is told from what was read",
    "imports_missing": "fetch the contents (`git fetch --refetch` without a filter), or let Headway clone the URL",
    "missing_blobs": "fetch the contents (`git fetch --refetch` without a filter), or let Headway clone the URL",
    "no_access_deployments": _RIGHTS.format("deployments"),
    "no_access_environments": _RIGHTS.format("environments"),
    "no_access_history": _RIGHTS.format("contents, or collect its Git too"),
    "no_access_releases": _RIGHTS.format("contents"),
    "no_access_runs": _RIGHTS.format("Actions"),
    "notes_other_form": "write notes in the form of git-ai; `[git] ai_notes = false` stops looking",
    "notes_unreadable": "look at the clone: `git notes --ref=ai list`",
    "pull_heads_unavailable": "collect the URL rather than a clone without a remote",
    "pull_requests_incomplete": _FULL,
    "pull_requests_unreadable": f"{_FULL}; or tell them as records",
    "rejected_lines": "mend the lines that the reject file names, and collect once more",
    "runs_incomplete": _FULL,
    "shallow": "fetch the whole history: `git fetch --unshallow`, then collect once more",
    "statuses_incomplete": _FULL,
    "superseded_lines": "nothing, if the last line is the right one",
    "unknown_fields": "spell the fields as docs/records.md does",
    "unreachable": "give the token access to it, or take it out of `[[sources]]`",
}
"""By the kind of the notice; a kind that is not here has no remedy that Headway knows."""
