"""Production environments that run several versions at once, such as those of tenants under one name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from analytics.cohort.filters import Filters
from analytics.text.lines import lines_of
from analytics.text.wording import counted

__all__ = ["SEPARATE", "side_by_side"]

SEPARATE = (
    "report each tenant as an environment of its own (`production/acme`, or `tenant` in records);"
    " if they are rollbacks, add the repository to `complete` under [production]"
)
_QUERY = """
select
    repo_id, repo, service, environment, count(*) filter (where kind = 'beside') as beside,
    count(*) filter (where kind is not null) as deployments
from deployments
where production
group by all
having beside > 0
order by repo_id, service, environment
"""


def side_by_side(connection: duckdb.DuckDBPyConnection, filters: Filters | None = None) -> list[str]:
    """One line per production environment in which older commits stand beside newer ones: it has no rollbacks."""
    return lines_of(connection, _QUERY, _line, filters)


def _line(row: Mapping[str, Any]) -> str:
    service = f", service {row['service']}" if row["service"] else ""
    return (
        f"{row['repo_id']}{service}: rollbacks IN DOUBT: {row['beside']:,} of"
        f" {counted(row['deployments'], 'deployment')} to {row['environment']} put an older commit after newer ones,"
        " mostly over several versions, as tenants or cells under one name do: none of them counts as a rollback, and a"
        " change arrives with the first of them"
    )
