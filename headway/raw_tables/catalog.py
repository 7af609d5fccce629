"""The raw tables: what collectors hand over and the warehouse keeps.

This is the meeting point of `collectors` and `warehouse`, which do not know each other. A collector yields
`Rows` and, whenever everything yielded since the last one belongs together, a `Checkpoint`: the rows and the resume
point become visible at once or not at all.

Times are naive UTC with microseconds. Rows are never updated: of several rows with one key the one with the newest
`collected_at` counts, and a row with `deleted` set is a tombstone. `set_of` names the columns of the parent to which a
*set* of rows belongs (the statuses of a deployment): only the rows of the parent's newest `collected_at` count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.raw_tables.forge import FORGE_TABLES
from headway.raw_tables.rework import REWORK_TABLES
from headway.raw_tables.table import BOOL, DELETED, INT, NUMBER, TEXT, TIME, Column, RawTable, columns

__all__ = ["TABLES", "Checkpoint", "Column", "RawTable", "Rows", "schema_of"]


@dataclass(frozen=True)
class Rows:
    """Some rows of one raw table, in its schema."""

    table: str
    data: pa.Table


@dataclass(frozen=True)
class Checkpoint:
    """All rows since the last checkpoint belong together and are complete.

    `resume` is handed back to the collector on its next run. `watermark_at` is the time up to which the source is now
    known completely, or None while that cannot be said. `repo_ids` are the repositories that this source feeds.
    """

    resume: Mapping[str, Any]
    watermark_at: datetime | None
    repo_ids: tuple[str, ...] = field(default=())


_REPOSITORIES = RawTable(
    "repositories",
    "one row per repository and run that found it changed",
    ("repo_id",),
    columns(
        ("provider", TEXT, "github, gitlab, git, …"),
        ("repo", TEXT, "its name at the provider, such as `owner/name`"),
        ("url", TEXT, "web address without credentials, empty where unknown"),
        ("default_branch", TEXT, "short name, empty for an empty repository"),
        ("origin", TEXT, "`fetched` (a remote that we fetch) or `clone` (a clone that others keep)"),
        ("shallow", BOOL, "its history is cut off"),
        ("pull_heads", BOOL, "its PR heads were looked for and are in `refs`"),
        (
            "manifests_read_at",
            TIME,
            "rows of `manifest_versions` read before are of other patterns; null where none were ever read",
        ),
        ("source", TEXT, "the source that read it; null where an earlier version did"),
    ),
)

_COMMITS = RawTable(
    "commits",
    "one row per commit",
    ("repo_id", "sha"),
    columns(
        ("sha", TEXT, "full object id"),
        ("parents", TEXT, "full ids separated by one space, first parent first; empty for a root"),
        ("author_name", TEXT, "as recorded, no mailmap"),
        ("author_email", TEXT, "as recorded"),
        ("authored_at", TIME, "author date, UTC"),
        ("author_utc_offset_minutes", INT, "author's zone"),
        ("committer_name", TEXT, "as recorded"),
        ("committer_email", TEXT, "as recorded"),
        ("committed_at", TIME, "committer date, UTC"),
        ("committer_utc_offset_minutes", INT, "committer's zone"),
        ("message", TEXT, "whole message, trailing newline cut"),
        ("tree", TEXT, "full object id of its tree; null where it was read without"),
        ("author_day", TEXT, "where no names are stored: digest of author and day, as in `ai_usage`; else null"),
    ),
)

_COMMIT_FILES = RawTable(
    "commit_files",
    "one row per commit and path changed against its only parent (merges have none)",
    ("repo_id", "sha", "path"),
    columns(
        ("sha", TEXT, "commit"),
        ("status", TEXT, "A, C, D, M, R or T"),
        ("path", TEXT, "path after the change (before it, for D)"),
        ("old_path", TEXT, "path before a rename or copy, else null"),
    ),
)

_REFS = RawTable(
    "refs",
    "one row per ref and run that found it new, moved or gone",
    ("repo_id", "ref"),
    columns(
        ("ref", TEXT, "full name, such as refs/heads/main"),
        ("kind", TEXT, "`branch`, `tag` or `pull_head`"),
        ("name", TEXT, "branch or tag name, or the number of the pull request"),
        ("sha", TEXT, "the commit it leads to (tags peeled); null where it leads to no commit"),
        ("tagger_name", TEXT, "annotated tags: tagger"),
        ("tagged_at", TIME, "annotated tags: tagger date, UTC"),
        ("previous_sha", TEXT, "where the previous run found it, null if new"),
        ("rewritten", BOOL, "true: `previous_sha` is not an ancestor of `sha`, the history was rewritten"),
        ("deleted", BOOL, DELETED.meaning),
        ("object_sha", TEXT, "annotated tags: id of the tag object; null where it was read without"),
        ("source", TEXT, "the source that read it; null where an earlier version did"),
    ),
)

_COMPONENTS = RawTable(
    "components",
    "one row per package or catalogued component in the tip of the default branch, and one of the repository itself",
    ("repo_id", "path", "name"),
    columns(
        ("path", TEXT, "the file that names it, empty for the repository itself"),
        ("folder", TEXT, "the folder that the file is in, empty for the root"),
        ("name", TEXT, "package name, module path or name in the catalogue"),
        ("ecosystem", TEXT, "npm, cargo, go, maven, gradle, python, nx, backstage, helm, docker or repository"),
    ),
    set_of=("repo_id",),
)

_MANIFEST_VERSIONS = RawTable(
    "manifest_versions",
    "one row per step of a manifests repository's default branch, environment and application that it deployed",
    ("repo_id", "sha", "environment", "application"),
    columns(
        ("sha", TEXT, "first-parent commit of the manifests repository"),
        ("path", TEXT, "the file that names the version"),
        ("environment", TEXT, "from the path or the file, empty where neither names it"),
        ("application", TEXT, "from the path or the file"),
        ("version", TEXT, "image tag, digest or commit, as written; null where it was removed"),
        ("changed_at", TIME, "committer date of the step, UTC"),
        ("position", INT, "place of the step on the first-parent chain, from 0 at the root"),
        ("alone", BOOL, "the step changes no other file than those that name versions or trigger; null: unknown"),
    ),
)

_PATCH_IDS = RawTable(
    "patch_ids",
    "one row per commit with a patch id (only where the setting asks)",
    ("repo_id", "sha"),
    columns(("sha", TEXT, "commit"), ("patch_id", TEXT, "`git patch-id --stable`")),
)

_ADDED_LINES = RawTable(
    "added_lines",
    "one row per line that a commit added to a package manifest (only where the clone has the blobs)",
    ("repo_id", "sha", "path", "line"),
    columns(
        ("sha", TEXT, "commit"),
        ("path", TEXT, "the manifest"),
        ("line", TEXT, "the added line, without its newline"),
    ),
)

_VERSION_CHANGES = RawTable(
    "version_changes",
    "one row per version that a commit moved, of the commits that may be releases (only where the clone has the blobs)",
    ("repo_id", "sha", "path", "what", "package", "old_version", "new_version"),
    columns(
        ("sha", TEXT, "commit"),
        ("path", TEXT, "the file, empty for `nothing`"),
        (
            "what",
            TEXT,
            "`own_version` (of a package of the repository), `dependency`, `number` (elsewhere), `other`, `nothing`",
        ),
        ("package", TEXT, "whose version, empty where the lines do not name it"),
        ("old_version", TEXT, "before, empty for `other` and `nothing`"),
        ("new_version", TEXT, "after, likewise"),
    ),
)

_IMPORTS = RawTable(
    "imports",
    "one row per import statement that a commit added or took out (only where the clone has the blobs)",
    ("repo_id", "sha", "path", "kind", "module"),
    columns(
        ("sha", TEXT, "commit"),
        ("path", TEXT, "the source file"),
        ("kind", TEXT, "`import`, or `declares`: the package or namespace that the file says it is of"),
        ("module", TEXT, "what is imported or declared, as written"),
        ("added", BOOL, "true: added; false: taken out"),
    ),
)

_AI_NOTES = RawTable(
    "ai_notes",
    "one row per commit with line-level attribution in a Git note, and run that found it new or changed",
    ("repo_id", "sha"),
    columns(
        ("sha", TEXT, "the commit that the note is on"),
        ("ai_lines", INT, "lines written by agents"),
        ("human_lines", INT, "lines written by known people"),
        ("tools", TEXT, "names of the tools, one a line; nothing else of the note is stored"),
        ("deleted", BOOL, DELETED.meaning),
    ),
)

_CHANGE_RECORDS = RawTable(
    "change_records",
    "one row per change and time it was reported by a system that knows its milestones",
    ("repo_id", "change_key"),
    columns(
        ("change_key", TEXT, "`#<number>` or `@<sha>`"),
        ("number", INT, "pull request number, null without one"),
        ("sha", TEXT, "landing commit, null while it has none"),
        ("head_sha", TEXT, "last commit of the branch"),
        ("head_ref", TEXT, "branch name"),
        ("base_ref", TEXT, "branch it merges into"),
        ("title", TEXT, ""),
        ("body", TEXT, ""),
        ("url", TEXT, "web address"),
        ("author", TEXT, "login"),
        ("author_kind", TEXT, "`person`, `bot` or null where unknown"),
        ("labels", TEXT, "label names, one a line"),
        ("first_commit_at", TIME, "milestones as in DEFINITIONS; null: not reported or not yet"),
        ("opened_at", TIME, ""),
        ("ready_at", TIME, ""),
        ("first_review_at", TIME, ""),
        ("code_complete_at", TIME, ""),
        ("reviewed_at", TIME, ""),
        ("approved_at", TIME, ""),
        ("merged_at", TIME, ""),
        ("integrated_at", TIME, ""),
        ("staged_at", TIME, ""),
        ("deploy_started_at", TIME, ""),
        ("production_at", TIME, ""),
        ("abandoned_at", TIME, "closed unmerged"),
        ("commits", INT, "number of its own commits"),
        ("files", INT, "files changed"),
        ("additions", INT, "lines"),
        ("deletions", INT, "lines"),
        ("updated_at", TIME, "when the reporting system last changed it"),
        ("deleted", BOOL, DELETED.meaning),
    ),
)

_CI_RUNS = RawTable(
    "ci_runs",
    "one row per CI run on a commit",
    ("repo_id", "run_id"),
    columns(
        ("run_id", TEXT, "the system's own id"),
        ("name", TEXT, "workflow or job"),
        ("sha", TEXT, "commit"),
        ("branch", TEXT, "branch it ran on"),
        ("event", TEXT, "what started it: `push`, `pull_request`, `merge_group`, `schedule`, …; null where unknown"),
        ("attempt", INT, "attempt that the times speak of, from 1; null where unknown"),
        ("conclusion", TEXT, "`success`, `failure`, … or null while it runs"),
        ("created_at", TIME, "queued"),
        ("started_at", TIME, ""),
        ("finished_at", TIME, ""),
    ),
)

_DEPLOYMENTS = RawTable(
    "deployments",
    "one row per deployment reported by a system that makes them; of records, per key and file",
    ("repo_id", "deployment_id", "environment", "sha", "version", "application", "reported_by"),
    columns(
        ("deployment_id", TEXT, "unique within the repository; of records, with environment, commit and application"),
        ("application", TEXT, "what was deployed, empty where the repository is one application"),
        ("environment", TEXT, "as named by the system"),
        ("production", BOOL, "the system's own flag, null where it has none"),
        ("sha", TEXT, "deployed commit, null where only a version is known"),
        ("version", TEXT, "tag or version, null where only a commit is known"),
        ("created_at", TIME, "the attempt began; null where unknown"),
        ("url", TEXT, ""),
        ("source", TEXT, "which collector: `records`, `github`, …"),
        ("deleted", BOOL, DELETED.meaning),
        ("written_in", TEXT, "records: file and line of the record; else null"),
        ("reported_by", TEXT, "records: the source, a file, that reports it; else null"),
    ),
)

_DEPLOYMENT_STATUSES = RawTable(
    "deployment_statuses",
    "one row per status that a deployment had",
    ("repo_id", "deployment_id", "variant", "reported_by", "status_at", "state", "written_in"),
    columns(
        ("deployment_id", TEXT, ""),
        ("state", TEXT, "`queued`, `waiting`, `in_progress`, `success`, `failure`, `inactive`, …"),
        ("status_at", TIME, ""),
        (
            "variant",
            TEXT,
            "records: environment, commit and application, for an id may stand for several deployments; else null",
        ),
        ("written_in", TEXT, "records: file and line that report the status; else null"),
        ("reported_by", TEXT, "records: the source, a file, that reports it; else null"),
    ),
    set_of=("repo_id", "deployment_id", "variant", "reported_by"),
)

_INCIDENTS = RawTable(
    "incidents",
    "one row per incident",
    ("repo_id", "incident_id"),
    columns(
        ("incident_id", TEXT, ""),
        ("deployment_id", TEXT, "the deployment that caused it, where known"),
        ("opened_at", TIME, ""),
        ("resolved_at", TIME, "null while open"),
        ("title", TEXT, ""),
        ("url", TEXT, ""),
    ),
)

_USAGE = RawTable(
    "usage_records",
    "one row per record that an initiative was used",
    ("repo_id", "usage_id"),
    columns(
        ("usage_id", TEXT, ""),
        ("initiative", TEXT, "name or id of the initiative"),
        ("used_at", TIME, "when it was used, or the end of the period that `uses` counts"),
        ("uses", INT, "how often, where known"),
        ("users", INT, "by how many, where known"),
    ),
)

_AI_USAGE = RawTable(
    "ai_usage",
    "one row per commit, or person and day, and tool whose vendor's export says how much it was used",
    ("repo_id", "sha", "author", "day", "tool"),
    columns(
        ("sha", TEXT, "the commit; empty for a person's day"),
        (
            "author",
            TEXT,
            "e-mail address or log-in in small letters, empty where unknown; or a digest, as `author_day` of `commits`",
        ),
        ("day", TIME, "start of the day, UTC; null for a commit"),
        ("tool", TEXT, "name of the tool"),
        ("ai_lines", INT, "lines that the tool wrote or that were accepted from it, where known"),
        ("human_lines", INT, "lines of the commit that the tool did not write, where known"),
        ("uses", INT, "sessions, requests or accepted suggestions of the day, where known"),
        ("cost_usd", NUMBER, "estimated cost in US dollars, where known"),
    ),
)

_NOTICES = RawTable(
    "notices",
    "one row per thing that a collector noticed and a reader of the numbers must know",
    ("repo_id", "source", "kind"),
    columns(
        ("source", TEXT, "the source it came from"),
        ("kind", TEXT, "such as `shallow`, `missing_blobs`, `history_rewritten`"),
        ("detail", TEXT, "one sentence"),
        ("count", INT, "how many"),
    ),
)

TABLES: Mapping[str, RawTable] = {
    table.name: table
    for table in (
        _REPOSITORIES,
        _COMMITS,
        _COMMIT_FILES,
        _REFS,
        _COMPONENTS,
        _MANIFEST_VERSIONS,
        _PATCH_IDS,
        _ADDED_LINES,
        _VERSION_CHANGES,
        _IMPORTS,
        _AI_NOTES,
        _CHANGE_RECORDS,
        _CI_RUNS,
        _DEPLOYMENTS,
        _DEPLOYMENT_STATUSES,
        _INCIDENTS,
        _USAGE,
        _AI_USAGE,
        _NOTICES,
        *FORGE_TABLES,
        *REWORK_TABLES,
    )
}


def schema_of(table: str) -> pa.Schema:
    """The Arrow schema of a raw table."""
    return TABLES[table].schema
