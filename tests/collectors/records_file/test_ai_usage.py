from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.collectors.records_file.reading import SHA, read

DAY = {"author": "ann@example.com", "day": "2026-01-05", "tool": "copilot", "ai_lines": 12, "uses": 3}
CURSOR_COMMIT = {
    "commitHash": SHA,
    "userEmail": "Ann@Example.com",
    "repoName": "acme/shop",
    "totalLinesAdded": 100,
    "tabLinesAdded": 50,
    "composerLinesAdded": 20,
    "nonAiLinesAdded": 30,
    "commitTs": "2026-01-05T10:00:00.000Z",
}
CURSOR_DAY = {"email": "ann@example.com", "date": 1767571200000, "acceptedLinesAdded": 40, "agentRequests": 2}
COPILOT_DAY = {
    "user_login": "Ann",
    "user_id": 7,
    "day": "2026-01-05",
    "loc_added_sum": 8,
    "code_acceptance_activity_count": 1,
    "user_initiated_interaction_count": 2,
}
CLAUDE_DAY = {
    "date": "2026-01-05T00:00:00Z",
    "actor": {"type": "user_actor", "email_address": "ann@example.com"},
    "core_metrics": {"num_sessions": 5, "lines_of_code": {"added": 1543, "removed": 892}},
    "model_breakdown": [{"model": "claude", "estimated_cost": {"currency": "USD", "amount": 1025}}],
}


def rows(tmp_path: Path, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of `ai_usage` from these records, without empty columns."""
    file = tmp_path / "usage.ndjson"
    file.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return [{k: str(v) for k, v in row.items() if v is not None} for row in read(file).rows("ai_usage")]


def test_record_of_a_person_s_day_needs_no_repository(tmp_path: Path) -> None:
    """A vendor knows who used its tool and when, not where; the address is in small letters."""
    (row,) = rows(tmp_path, {"type": "ai_usage", **DAY, "author": "Ann@Example.com", "cost_usd": 1.5})
    assert row["author"] == "ann@example.com"
    assert (row["repo_id"], row["sha"], row["day"], row["cost_usd"]) == ("", "", "2026-01-05 00:00:00", "1.5")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (CURSOR_COMMIT, {"sha": SHA, "tool": "cursor", "ai_lines": "70", "human_lines": "30"}),
        (CURSOR_DAY, {"author": "ann@example.com", "day": "2026-01-05 00:00:00", "ai_lines": "40", "uses": "2"}),
        (COPILOT_DAY, {"author": "ann", "tool": "copilot", "ai_lines": "8", "uses": "3"}),
        (CLAUDE_DAY, {"author": "ann@example.com", "tool": "claude-code", "ai_lines": "1543", "cost_usd": "10.25"}),
    ],
    ids=["cursor-commit", "cursor-day", "copilot", "claude-code"],
)
def test_exports_are_read_as_their_vendors_write_them(
    tmp_path: Path, record: dict[str, Any], expected: dict[str, str]
) -> None:
    """One object a line of a vendor's export is a record, without a `type`."""
    (row,) = rows(tmp_path, record)
    assert {name: row[name] for name in expected} == expected


def test_csv_of_commits_is_read_as_exported(tmp_path: Path) -> None:
    """Cursor's CSV has no columns `type` and `repo`."""
    file = tmp_path / "commits.csv"
    header = "commit_hash,user_email,repo_name,tab_lines_added,composer_lines_added,non_ai_lines_added"
    file.write_text(f"{header}\n{SHA},ann@example.com,acme/shop,5,,10\n", encoding="utf-8")
    row = read(file).row("ai_usage")
    assert (row["sha"], row["ai_lines"], row["human_lines"]) == (SHA, 5, 10)


def test_use_by_an_api_key_is_counted_and_not_used(tmp_path: Path) -> None:
    """An API key names no person: the line is good, and joins nothing."""
    file = tmp_path / "usage.ndjson"
    line = json.dumps({**CLAUDE_DAY, "actor": {"type": "api_actor", "api_key_name": "ci"}})
    outcome = read(file, line)
    assert (outcome.error, outcome.rows("ai_usage")) == (None, [])
    assert sum(outcome.notices.values()) == 1


def test_usage_feeds_no_repository(tmp_path: Path) -> None:
    """An export that ends says nothing of what else had happened: it bounds no report."""
    file = tmp_path / "usage.ndjson"
    file.write_text(
        json.dumps({"type": "ai_usage", "repo": "github:acme/shop", "sha": SHA, "tool": "cursor", "ai_lines": 1})
    )
    checkpoint = read(file).checkpoint
    assert checkpoint is not None
    assert (checkpoint.repo_ids, checkpoint.watermark_at) == ((), None)


@pytest.mark.parametrize(
    "record",
    [
        {"type": "ai_usage", "tool": "cursor", "ai_lines": 3},
        {"type": "ai_usage", "tool": "cursor", "sha": SHA},
        {"type": "ai_usage", "author": "ann@example.com", "day": "2026-01-05"},
        {"type": "ai_usage", **DAY, "day": "05.01.2026"},
        {"type": "ai_usage", **DAY, "cost_usd": -1},
        {**CLAUDE_DAY, "actor": {"type": "user_actor"}},
        {**COPILOT_DAY, "loc_added_sum": "many"},
        {**CURSOR_DAY, "date": 10**30},
    ],
)
def test_record_that_names_nobody_is_set_aside(tmp_path: Path, record: dict[str, Any]) -> None:
    """A record without a commit, or a person and a day, joins nothing; bad values are set aside as everywhere."""
    assert rows(tmp_path, record) == []
