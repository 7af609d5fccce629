"""Rows of a forge with anything in any column: what a model must bear, and two engines agree on."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa

from headway.raw_tables import TABLES, schema_of
from headway.raw_tables.forge import EVENT_KINDS
from tests.builders.rows import Raw, commit_id

__all__ = ["any_forge_rows"]

_COUNTS = {
    "pull_requests": 60,
    "pull_request_commits": 120,
    "pull_request_events": 200,
    "reviews": 120,
    "ci_runs": 60,
    "ci_jobs": 150,
    "releases": 10,
    "environments": 8,
}
_WORDS = {
    "kind": EVENT_KINDS,
    "state": ("open", "closed", "merged", "approved", "changes_requested", "commented", "dismissed"),
    "conclusion": ("success", "success", "failure", "cancelled", "skipped", "timed_out"),
    "event": ("push", "pull_request", "merge_group", "schedule"),
    "branch": ("main", "main", "topic"),
    "base_ref": ("main", "main", "main", "release"),
    "name": ("CI", "Deploy", "lint"),
    "author_kind": ("person", "bot"),
    "actor_kind": ("person", "bot"),
    **dict.fromkeys(("run_id", "job_id", "review_id", "subject", "event_id"), tuple("12345678")),
}


def any_forge_rows(forge: Raw, dice: random.Random) -> Raw:
    """Fill the tables of forges; each key once, for no forge tells one thing in two ways in one answer."""
    for table, count in _COUNTS.items():
        rows = [{name: _any(dice, name, kind, table) for name, kind in _columns(table)} for _ in range(count)]
        for row in {tuple(row.get(name) for name in TABLES[table].key): row for row in rows}.values():
            forge.add(table, **row)
    return forge


def _columns(table: str) -> list[tuple[str, pa.DataType]]:
    return [(field.name, field.type) for field in schema_of(table) if field.name not in {"repo_id", "collected_at"}]


def _any(dice: random.Random, name: str, kind: pa.DataType, table: str) -> Any:
    """Any value that this column could have; null too, unless it is of the key."""
    if name not in TABLES[table].key and dice.random() < 0.2:
        return None
    if pa.types.is_timestamp(kind):
        return float(dice.randrange(-10, 750))
    if pa.types.is_boolean(kind):
        return dice.random() < 0.2
    if pa.types.is_integer(kind):
        return dice.randrange(1, 40) if name == "number" else dice.randrange(4)
    if name.endswith("sha"):
        return commit_id(f"f{dice.randrange(12)}")
    return dice.choice(_WORDS.get(name, ("a", "B", "b", "ä\n2")))
