"""Raw tables of forges (GitHub and its kind): what happened to pull requests, CI and releases, as they tell it."""

from __future__ import annotations

from headway.raw_tables.table import BOOL, DELETED, INT, TEXT, TIME, RawTable, columns

__all__ = ["EVENT_KINDS", "FORGE_TABLES"]

EVENT_KINDS = (
    "ready_for_review",
    "converted_to_draft",
    "review_requested",
    "review_dismissed",
    "queued",
    "dequeued",
    "auto_merge_enabled",
    "auto_merge_disabled",
    "force_pushed",
    "base_changed",
    "closed",
    "reopened",
    "merged",
    "deployed",
)

_PULL_REQUESTS = RawTable(
    "pull_requests",
    "one row per pull request and time it was read",
    ("repo_id", "number"),
    columns(
        ("number", INT, "number in the repository"),
        ("node_id", TEXT, "the forge's own global id"),
        ("state", TEXT, "`open`, `closed` or `merged`"),
        ("draft", BOOL, "it is a draft now"),
        ("title", TEXT, ""),
        ("body", TEXT, ""),
        ("url", TEXT, "web address"),
        ("author", TEXT, "log-in; null where the account is gone"),
        ("author_kind", TEXT, "`person`, `bot`, or null where the account is gone"),
        ("head_ref", TEXT, "branch"),
        ("head_sha", TEXT, "last commit of the branch"),
        ("base_ref", TEXT, "branch it merges into"),
        ("merge_sha", TEXT, "the commit by which it landed, null while it has not"),
        ("merged_by", TEXT, "log-in"),
        ("created_at", TIME, "opened"),
        ("updated_at", TIME, "when the forge last changed it"),
        ("merged_at", TIME, ""),
        ("closed_at", TIME, "closed, merged or not"),
        ("labels", TEXT, "names, one a line"),
        ("additions", INT, "lines"),
        ("deletions", INT, "lines"),
        ("files", INT, "files changed"),
        ("commits", INT, "number of commits, as the forge counts them"),
        ("cross_repository", BOOL, "it comes from a fork"),
        ("deleted", BOOL, DELETED.meaning),
    ),
)

_PULL_REQUEST_COMMITS = RawTable(
    "pull_request_commits",
    "one row per pull request and commit on its head",
    ("repo_id", "number", "sha"),
    columns(
        ("number", INT, "pull request"),
        ("sha", TEXT, "commit"),
        ("position", INT, "place among its commits, from 0"),
        ("parents", INT, "number of parents"),
        ("authored_at", TIME, ""),
        ("committed_at", TIME, ""),
        ("author_name", TEXT, ""),
        ("author_email", TEXT, ""),
        ("author_login", TEXT, "null where the forge knows no account"),
        ("message", TEXT, ""),
    ),
    set_of=("repo_id", "number"),
)

_PULL_REQUEST_EVENTS = RawTable(
    "pull_request_events",
    "one row per event of a pull request's timeline",
    ("repo_id", "number", "event_id"),
    columns(
        ("number", INT, "pull request"),
        ("event_id", TEXT, "the forge's id, else kind and time"),
        (
            "kind",
            TEXT,
            f"one of {', '.join(EVENT_KINDS)}",
        ),
        ("actor", TEXT, "log-in"),
        ("actor_kind", TEXT, "`person`, `bot` or null"),
        (
            "subject",
            TEXT,
            "whom or what it concerns: a reviewer, a review, an environment, a reason, the pull request that closed it",
        ),
        ("before_sha", TEXT, "force pushes: the head before"),
        ("after_sha", TEXT, "force pushes: the head after; closed by a commit: that commit"),
        ("happened_at", TIME, ""),
    ),
    set_of=("repo_id", "number"),
)

_REVIEWS = RawTable(
    "reviews",
    "one row per review of a pull request",
    ("repo_id", "number", "review_id"),
    columns(
        ("number", INT, "pull request"),
        ("review_id", TEXT, ""),
        ("author", TEXT, "log-in"),
        ("author_kind", TEXT, "`person`, `bot` or null"),
        ("state", TEXT, "`approved`, `changes_requested`, `commented` or `dismissed`"),
        ("submitted_at", TIME, ""),
        ("sha", TEXT, "the commit that was reviewed"),
        ("comments", INT, "comments on lines"),
    ),
    set_of=("repo_id", "number"),
)

_CI_JOBS = RawTable(
    "ci_jobs",
    "one row per job and attempt of a CI run",
    ("repo_id", "run_id", "job_id"),
    columns(
        ("run_id", TEXT, ""),
        ("job_id", TEXT, ""),
        ("attempt", INT, "attempt of the run, from 1"),
        ("name", TEXT, ""),
        ("conclusion", TEXT, "`success`, `failure`, … or null while it runs"),
        ("created_at", TIME, "queued"),
        ("started_at", TIME, "a runner took it"),
        ("finished_at", TIME, ""),
        ("runner", TEXT, "name of the runner"),
    ),
    set_of=("repo_id", "run_id"),
)

_RELEASES = RawTable(
    "releases",
    "one row per release",
    ("repo_id", "release_id"),
    columns(
        ("release_id", TEXT, ""),
        ("tag", TEXT, "the tag that it is made of"),
        ("sha", TEXT, "the tag's commit, where the forge reports it"),
        ("name", TEXT, ""),
        ("draft", BOOL, ""),
        ("prerelease", BOOL, ""),
        ("created_at", TIME, ""),
        ("published_at", TIME, "null for a draft"),
        ("author", TEXT, "log-in"),
        ("url", TEXT, ""),
        ("deleted", BOOL, DELETED.meaning),
    ),
)

_ENVIRONMENTS = RawTable(
    "environments",
    "one row per environment of a repository and time it was read",
    ("repo_id", "environment"),
    columns(
        ("environment", TEXT, "name"),
        ("gates", TEXT, "protection rules, one a line: `required_reviewers`, `wait_timer`, `branch_policy`, …"),
        ("wait_minutes", INT, "of the wait timer"),
        ("created_at", TIME, ""),
    ),
)

FORGE_TABLES = (
    _PULL_REQUESTS,
    _PULL_REQUEST_COMMITS,
    _PULL_REQUEST_EVENTS,
    _REVIEWS,
    _CI_JOBS,
    _RELEASES,
    _ENVIRONMENTS,
)
