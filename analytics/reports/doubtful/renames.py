"""Inferred services that began when another one ended: perhaps one that was renamed, and not known to be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from analytics.text.lines import lines_of

if TYPE_CHECKING:
    from analytics.cohort.filters import Filters

__all__ = ["possible_renames", "renaming_settings"]

_QUERY = """
select renamed_services.*, repository_settings.repo
from renamed_services
inner join repository_settings using (repo_id)
where not joined
order by repo_id, began_at, service, former
"""
_SERVICES = "select * from services where repo_id = $repo_id and inferred and service <> '' order by service"


def possible_renames(connection: duckdb.DuckDBPyConnection, filters: Filters | None = None) -> list[str]:
    """One line per pair of names that may be one service: what waits for the first may have arrived under the other."""
    return lines_of(connection, _QUERY, _line, filters)


def renaming_settings(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """By line of `possible_renames` the inferred services as settings in which the two names are one."""
    rows = connection.cursor().sql(_QUERY).to_arrow_table().to_pylist()
    return {_line(row): _settings(connection, row) for row in rows}


def _line(row: Mapping[str, Any]) -> str:
    former = row["former"]
    return (
        f"{row['repo_id']}: services IN DOUBT: deployments of {row['service']} began on {row['began_at']:%Y-%m-%d},"
        f" when those of {former} ended on {row['ended_at']:%Y-%m-%d}; if it is the new name of {former}, what waits"
        " for that has arrived"
    )


def _settings(connection: duckdb.DuckDBPyConnection, rename: Mapping[str, Any]) -> str:
    """Rules in one line each, as `headway.settings.pasted` writes them out."""
    services = connection.cursor().sql(_SERVICES, params={"repo_id": rename["repo_id"]}).to_arrow_table().to_pylist()
    by_name = {row["service"]: row for row in services}
    former, later = by_name.get(rename["former"]), by_name.get(rename["service"])
    if former is None or later is None:
        return "name both in `applications` of one service in [[services]]"
    paths = [glob for row in (later, former) for glob in row["paths"].splitlines() if glob != "**"] or ["**"]
    rules = []
    for row in services:
        if row is former:
            continue
        names = row["applications"].splitlines() + (former["applications"].splitlines() if row is later else [])
        keys = {"repo": row["repo_id"], "name": row["service"], "unlisted": True, "applications": names}
        keys["paths"] = paths if row is later else row["paths"].splitlines()
        pairs = ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items() if value)
        rules.append(f"[[services]] {pairs}")
    return "if it is, paste: " + "; ".join(rules)
