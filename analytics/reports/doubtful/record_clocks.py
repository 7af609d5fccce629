"""Repositories whose records have times that are off by about one time zone: local times that end in Z."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from analytics.text.lines import lines_of
from analytics.text.wording import counted

if TYPE_CHECKING:
    from analytics.cohort.filters import Filters

__all__ = ["WRITE_ZONES", "record_clocks"]

WRITE_ZONES = (
    "write the offset of the zone, such as +09:00, instead of Z, then run `headway collect`; if the times are right,"
    " add the repository to `complete` under [production]"
)
_QUERY = """
select record_clocks.*, repository_settings.repo
from record_clocks
inner join repository_settings using (repo_id)
order by repo_id, deployments desc, evidence
"""
_THAN = {
    "system": "than another system dates the same deployments",
    "tags": "than the tags of their commits, which is the zone of these",
    "zone": "than their commits or more, and none sooner: that is the zone of these",
}


def record_clocks(connection: duckdb.DuckDBPyConnection, filters: Filters | None = None) -> list[str]:
    """One line per repository and evidence that its records have local times."""
    return lines_of(connection, _QUERY, _line, filters)


def _line(row: Mapping[str, Any]) -> str:
    hours, way = abs(row["offset_hours"]), "later" if row["offset_hours"] > 0 else "earlier"
    return (
        f"{row['repo_id']}: lead times IN DOUBT: {counted(row['deployments'], 'deployment')} in records, such as"
        f" {row['example']}, are {hours:.1f} h {way} {_THAN[row['evidence']]}; perhaps local times end in Z"
    )
