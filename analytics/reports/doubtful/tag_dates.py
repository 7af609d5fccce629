"""Repositories whose production deployments have no date of their own: lightweight tags, which Git does not date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from analytics.cohort.filters import Filters
from analytics.text.lines import lines_of
from analytics.text.wording import counted

__all__ = ["DATE_THEM", "tag_dates"]

DATE_THEM = "tag with `git tag -a`, which dates a tag, or collect records of deployments (`events:FILE`)"
_QUERY = """
select
    repo_id, repo, service, count(*) filter (where dated_by = 'commit') as by_commit, count(*) as deployments
from deployments
where production and kind is not null
group by all
having by_commit * 2 >= count(*)
order by repo_id, service
"""


def tag_dates(connection: duckdb.DuckDBPyConnection, filters: Filters | None = None) -> list[str]:
    """One line per service at least half of whose production deployments are dated by their commits."""
    return lines_of(connection, _QUERY, _line, filters)


def _line(row: Mapping[str, Any]) -> str:
    service = f", service {row['service']}" if row["service"] else ""
    return (
        f"{row['repo_id']}{service}: lead times IN DOUBT: {row['by_commit']:,} of"
        f" {counted(row['deployments'], 'production deployment')} are lightweight tags, which have the date of their"
        " commit: work arrived then or later, so lead times are too short by an unknown amount"
    )
