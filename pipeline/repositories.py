"""Names of repositories: as the warehouse spells them, and those that are almost the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from glob import escape
from typing import Any

import duckdb

from headway.notices import NOTICES
from headway.repository_names import change_of, names_match, repository_key
from headway.settings import Settings
from warehouse.publish import open_published

_KINDS = (
    "changed_deployments",
    "commits_on_no_branch",
    "deployed_before_commit",
    "deployments_without_status",
    "flagged_though_named",
    "local_times",
    "near_name",
    "no_production_environment",
    "not_collected",
    "not_flagged_though_named",
    "other_separator",
    "repeated_ids",
    "reports_not_used",
    "restated_deployments",
    "several_names_of_production",
    "tags_moved",
    "trimmed_names",
)
_NAMED = 5
_HELD_BACK = timedelta(days=2)
_WATERMARKS = "select provider, repo, watermark_at, newest_at, held_by from coverage order by provider, repo"
__all__ = [
    "change_as_spelled",
    "first_of",
    "held_back",
    "held_back_lines",
    "more_than",
    "record_notices",
    "repository_spellings",
]


def repository_spellings(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The ids of the repositories in the warehouse, by what all spellings of each have in common."""
    ids = connection.sql("select repo_id from repository_settings order by repo_id").fetchall()
    return {repository_key(repo_id): repo_id for (repo_id,) in ids}


def change_as_spelled(change_id: str, spellings: dict[str, str]) -> str:
    """The id of a change with its repository as the warehouse spells it, its provider too where only one fits."""
    repo_id, key = change_of(change_id)
    exact = spellings.get(repository_key(repo_id))
    fitting = (
        [exact] if exact else [spelling for spelling in spellings.values() if names_match(escape(repo_id), spelling)]
    )
    return f"{fitting[0] if len(fitting) == 1 else repo_id}{key}"


def first_of(rows: Iterable[tuple[str, str, str, str]], most: int) -> list[tuple[str, str, str, str]]:
    """The first few notices of each kind; each is repository, source, kind and detail."""
    counts: Counter[str] = Counter()
    first = []
    for row in rows:
        counts[row[2]] += 1
        if counts[row[2]] <= most:
            first.append(row)
    return first


def more_than(rows: Iterable[tuple[str, str, str, str]], most: int) -> dict[str, int]:
    """How many notices of each kind there are beyond the first few."""
    counts = Counter(kind for _, _, kind, _ in rows)
    return {kind: count - most for kind, count in sorted(counts.items()) if count > most}


def held_back(coverage: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """By repository that one source holds back for days behind the others: a sentence that names the source.

    `coverage` are rows of that table.
    """
    lines: dict[str, str] = {}
    for row in coverage:
        through, newest = row["watermark_at"], row["newest_at"]
        if through is not None and newest - through > _HELD_BACK:
            lines[f"{row['provider']}:{row['repo']}"] = (
                f"reported only through {through:%Y-%m-%d %H:%M}Z: {row['held_by']} ends there and holds it back;"
                f" another source is complete through {newest:%Y-%m-%d %H:%M}Z"
            )
    return lines


def held_back_lines(settings: Settings) -> Iterator[str]:
    """Lines to print after a build: repositories that one source holds back behind the others."""
    with open_published(settings.warehouse_folder) as connection:
        rows = connection.sql(_WATERMARKS).to_arrow_table().to_pylist()
    for name, line in held_back(rows).items():
        yield f"{name}: {line}\n  hint: `headway doctor` says what to do"


def record_notices(settings: Settings) -> Iterator[str]:
    """Lines to print after a build: what in reported deployments cannot be right, and what was taken nevertheless."""
    with open_published(settings.warehouse_folder) as connection:
        rows = connection.sql(
            "select repo_id, source, kind, detail from notices where list_contains($kinds, kind)"
            " order by repo_id, source, kind",
            params={"kinds": [*_KINDS]},
        ).fetchall()
    for kind, rest in more_than(rows, _NAMED).items():
        yield f"{rest:,} more repositories or files: {NOTICES[kind].meaning}"
    for repo_id, source, kind, detail in first_of(rows, _NAMED):
        remedy = NOTICES[kind].remedy
        hint = "" if remedy == "nothing" else f"\n  hint: {remedy}"
        yield f"{repo_id or source}: {detail}{hint}"
