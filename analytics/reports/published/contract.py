"""Columns of the reports that are published tables, as the contract has them; without Polars, for builds read them."""

from __future__ import annotations

import duckdb

from analytics.cohort.service_column import SERVICE

__all__ = [
    "CLASSIFICATION_COLUMNS",
    "COVERAGE_LEFT_OUT",
    "DEPLOYMENT_COLUMNS",
    "LEAD_TIME_COLUMNS",
    "WORKING",
    "columns_of",
]

# Fixed: users' scripts depend on it. New columns go to the end.
LEAD_TIME_COLUMNS = (
    "change_id",
    "provider",
    "repo",
    "number",
    "sha",
    "title",
    "url",
    "author",
    "team",
    "builds_ai",
    "built_with_ai",
    "ai_evidence",
    "outcome",
    "current_stage",
    "first_commit_at",
    "opened_at",
    "ready_at",
    "first_review_at",
    "code_complete_at",
    "reviewed_at",
    "approved_at",
    "merged_at",
    "integrated_at",
    "staged_at",
    "deploy_started_at",
    "production_at",
    "abandoned_at",
    "deployment_id",
    "mapped_by",
    "lead_time_hours",
    "dora_lead_time_hours",
    "age_hours",
    "coding_hours",
    "rework_hours",
    "pickup_hours",
    "review_hours",
    "merge_hours",
    "build_hours",
    "staging_hours",
    "release_hours",
    "deploy_hours",
    "commits",
    "files",
    "additions",
    "deletions",
    "rolled_back_at",
    "reverted_at",
    "clamped",
    "code_complete_source",
    "as_of",
    "gate_hours",
    "failed_attempts",
    "ci_queue_hours",
    "ci_rerun_hours",
    "lead_time_working_hours",
    "age_working_hours",
    "kind",
    "services",
    "first_production_at",
    "rollout_hours",
    SERVICE,
)
WORKING = ("lead_time_working_hours", "age_working_hours")
DEPLOYMENT_COLUMNS = (
    "deployment_id",
    "provider",
    "repo",
    "application",
    "environment",
    "production",
    "source",
    "version",
    "sha",
    "created_at",
    "succeeded_at",
    "state",
    "failed_attempts",
    "kind",
    "previous_deployment_id",
    "new_commits",
    "withdrawn_commits",
    "changes",
    "undatable",
    "dated_by",
    "problem",
    "evidence",
    "url",
    "as_of",
    "gate_hours",
    "service",
    "rollout_id",
    "wave",
)
CLASSIFICATION_COLUMNS = (
    "change_id",
    "provider",
    "repo",
    "number",
    "title",
    "builds_ai",
    "built_with_ai",
    "ai_confidence",
    "ai_evidence",
    "as_of",
    "ai_confidence_how",
    "ai_confidence_what",
    "kind",
    "ai_tier",
    "ai_probability",
)
COVERAGE_LEFT_OUT = ("repo_id",)


def columns_of(connection: duckdb.DuckDBPyConnection, report: str) -> tuple[str, ...]:
    """The columns of one of these reports, in its order."""
    if report == "coverage":
        return tuple(name for name in connection.table("coverage").columns if name not in COVERAGE_LEFT_OUT)
    return {
        "lead-time": LEAD_TIME_COLUMNS,
        "deployments": DEPLOYMENT_COLUMNS,
        "classification": CLASSIFICATION_COLUMNS,
    }[report]
