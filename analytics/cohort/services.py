"""Changes in each service: what `--by service` and `--service` read instead of `lead_times`.

Of a repository that is one service it is the whole change, else the change in each service that it touches, with the
arrival in that service. A change that touches no service is in none.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.service_column import NO_SERVICE, SERVICE
from headway.errors import UsageError

__all__ = [
    "COLUMNS",
    "LABELS",
    "NO_SERVICE",
    "SERVICE",
    "at_home",
    "by_service",
    "changes_of",
    "labelled",
    "service_named",
    "services_of",
]

COLUMNS = (SERVICE,)
"""What `--by` understands in a report that lists changes: a row for each service of a change."""

_NEAR = 5
_OWN = "coalesce(nullif(services.service, ''), repository_settings.repo)"
LABELS = f"""
    select services.repo_id, services.service as name, repository_settings.repo,
        case when services.service <> '' and count(*) over (partition by {_OWN}) > 1
            then repository_settings.repo || ' ' || services.service else {_OWN} end as label
    from services inner join repository_settings on services.repo_id = repository_settings.repo_id
"""  # noqa: S608  (columns of ours)
"""The name of each service in reports: its own; the repository's, where that is one service; both where two
repositories have services of one name. Columns `repo_id`, `name` (empty for a whole repository), `repo`, `label`."""

_CHANGES = f"""(
    select lead_times.*, labels.label as service
    from lead_times inner join ({LABELS}) as labels on lead_times.repo_id = labels.repo_id and labels.name = ''
    where {{chosen}}
    union all by name
    select service_lead_times.* replace (labels.label as service)
    from service_lead_times inner join ({LABELS}) as labels
        on service_lead_times.repo_id = labels.repo_id and service_lead_times.service = labels.name
    where {{chosen}}
) as lead_times"""  # noqa: S608  (ours)


def by_service(filters: Filters, by: str | None = None) -> bool:
    """Whether a report is about services: it is grouped by them, or of one of them."""
    return by == SERVICE or filters.service is not None


def labelled(filters: Filters) -> str:
    """The condition of the filter on services, in SQL over `LABELS` under the name `labels`."""
    if filters.service is None:
        return "true"
    name = filters.service.replace("'", "''")
    return f"'{name}' in (labels.label, labels.name)"


def changes_of(filters: Filters, by: str | None = None) -> str:
    """The changes that a report is about, to stand after `from`: `lead_times`, or what is under that name instead.

    That has one row per change and service, and a column `service` with the name in reports.
    """
    return _CHANGES.format(chosen=labelled(filters)) if by_service(filters, by) else "lead_times"


def at_home(table: pl.DataFrame) -> pl.DataFrame:
    """Rows with their service in place of their repository, if they have one: each service leaves on its own."""
    return table.with_columns(pl.col(SERVICE).alias("repo")) if SERVICE in table.columns else table


def services_of(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """All services: `repo_id`, `name` (empty for a whole repository), `repo` and `label`, their name in reports."""
    table: pl.DataFrame = connection.cursor().sql(LABELS).pl()
    return table


def service_named(connection: duckdb.DuckDBPyConnection, filters: Filters) -> Filters:
    """The filters with the repositories of their service, if they have one; `UsageError` where there is none.

    What is of whole repositories is then of those. The error has the nearest names.
    """
    if filters.service is None:
        return filters
    rows = filters.apply(services_of(connection), time=None)
    chosen = rows.filter((pl.col("label") == filters.service) | (pl.col("name") == filters.service))
    if not chosen.is_empty():
        return replace(filters, names=tuple(chosen["repo"].unique().sort()))
    names = sorted({*rows["label"], *rows["name"]} - {""})
    labels = rows["label"].unique().sort().to_list()
    close = get_close_matches(filters.service, names, _NEAR, 0.4)
    near = list(dict.fromkeys([*close, *labels]))[:_NEAR]
    more = " …" if len(labels) > _NEAR else ""
    raise UsageError(
        f"there is no service {filters.service!r} in these repositories",
        hint=f"services are {', '.join(near)}{more}" if near else "no repository matches the other filters",
    )
