"""The report `doubts`: services whose changes go on landing while no production deployment has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.reports.deployment_sources import deployment_sources
from analytics.reports.doubtful.held_back import held_back
from analytics.reports.doubtful.record_clocks import record_clocks
from analytics.reports.doubtful.renames import possible_renames
from analytics.reports.doubtful.side_by_side import side_by_side
from analytics.reports.doubtful.tag_dates import tag_dates
from analytics.text.wording import counted, plain

__all__ = ["DOUBTS", "all_in_doubt", "doubt_lines", "doubts", "doubts_by_repository", "hint_of", "in_words"]

_TEXT, _COUNT, _NUMBER, _TIME = pl.String(), pl.Int64(), pl.Float64(), pl.Datetime("us")
DOUBTS = {
    "provider": _TEXT,
    "repo": _TEXT,
    "service": _TEXT,
    "since_at": _TIME,
    "reason": _TEXT,
    "detail": _TEXT,
    "setting": _TEXT,
    "changes": _COUNT,
    "landed": _COUNT,
    "landed_days": _NUMBER,
    "usual_gap_days": _NUMBER,
    "deployments": _COUNT,
    "as_of": _TIME,
}
PAUSED = "if deployments are recorded completely and really paused, add it to `complete` under [production]"
_ELSEWHERE = "set `from` in [[deployments]] to where its deployments are recorded now; `headway deployments` lists them"
_APART = (
    'record deployments with the commit that was built (`from = "records"` in [[deployments]]),'
    ' or the branch that is released (`from = "branch"`)'
)
_QUERY = """
with left_out as (
    select repo_id, '' as service, count(*) as changes from lead_times
    where outcome_reason = 'in_doubt' group by repo_id
    union all
    select repo_id, service, count(*) as changes from service_lead_times
    where outcome_reason = 'in_doubt' group by repo_id, service
)
select
    repository_settings.provider, repository_settings.repo, service_doubts.*,
    coalesce(left_out.changes, 0) as changes, report_times.as_of
from service_doubts
inner join repository_settings using (repo_id)
inner join report_times using (repo_id)
left join left_out using (repo_id, service)
order by service_doubts.repo_id, service_doubts.service
"""


def doubts(connection: duckdb.DuckDBPyConnection, filters: Filters, _: Options | None = None) -> pl.DataFrame:
    """One row per service in doubt, by repository: since when, why, and what is left out.

    `since_at`: its last believable deployment. `changes`: those left out as `unknown`, whoever made them. `setting`:
    the line that takes what looks like its deployments, empty where nothing in the data does. It has no period.
    """
    rows: list[dict[str, Any]] = connection.cursor().sql(_QUERY).to_arrow_table().to_pylist()
    if rows:
        sources = deployment_sources(connection, Filters())
        for row in rows:
            row["setting"] = row["setting"] or _setting(row, sources)
            row["detail"] = _detail(row)
    table = pl.DataFrame([{name: row[name] for name in DOUBTS} for row in rows], schema=DOUBTS)
    return filters.apply(table, time=None)


def doubts_by_repository(
    connection: duckdb.DuckDBPyConnection, filters: Filters | None = None
) -> dict[str, list[dict[str, Any]]]:
    """The rows of the report by repository, as `headway status` shows it."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in doubts(connection, filters or Filters()).iter_rows(named=True):
        rows.setdefault(f"{row['provider']}:{row['repo']}", []).append(row)
    return rows


def doubt_lines(table: pl.DataFrame) -> list[str]:
    """A sentence for each row of the report, with the repository as `headway status` shows it."""
    return [plain(f"{row['provider']}:{row['repo']}: {in_words(row)}") for row in table.iter_rows(named=True)]


def all_in_doubt(connection: duckdb.DuckDBPyConnection, filters: Filters) -> list[str]:
    """A line per service in doubt, per one that may be another, whose lead times or waits are, and per environment."""
    in_doubt = doubt_lines(doubts(connection, filters))
    others = (possible_renames, record_clocks, tag_dates, side_by_side, held_back)
    return [*in_doubt, *(line for lines in others for line in lines(connection, filters))]


def in_words(row: Mapping[str, Any]) -> str:
    """One row of the report as a sentence, without the name of the repository."""
    since = f" since {row['since_at']:%Y-%m-%d}" if row["since_at"] else ""
    service = f"service {row['service']} " if row["service"] else ""
    left_out = f". {counted(row['changes'], 'change')} of unknown outcome, in no comparison" if row["changes"] else ""
    return plain(f"{service}IN DOUBT{since}: {row['detail']}{left_out}")


def hint_of(row: Mapping[str, Any]) -> str:
    """What a person can do about one row of the report."""
    take = row["setting"] or (_APART if row["reason"] == "apart" else _ELSEWHERE)
    return take if row["reason"] == "apart" else f"{take}; {PAUSED}"


def _detail(row: Mapping[str, Any]) -> str:
    """Why it is in doubt, from the numbers."""
    landed = f"{counted(row['landed'], 'change')} landed within {row['landed_days']:,.0f} days"
    gap = row["usual_gap_days"]
    before = "" if gap is None else f"; 9 of 10 gaps between its deployments were at most {max(gap, 1):,.0f} days"
    return {
        "stopped": f"{landed} after the last production deployment{before}",
        "ships_none": f"production deployments go on, and contain none of what landed: {landed}{before}",
        "mostly_unshipped": f"production deployments go on without most changes: {landed} in none of them{before}",
        "few_deployments": (
            f"only {counted(row['deployments'], 'production deployment')} of it shipped anything, too few to know how"
            f" often it is deployed: {landed} since"
        ),
        "newer_tags": f"the tags {row['newer_family']} are newer than its last deployment and do not count: {landed}",
        "apart": "its deployments share no history with the default branch, so what they contain is not known",
    }[row["reason"]]


def _setting(row: Mapping[str, Any], sources: pl.DataFrame) -> str:
    """The setting that takes what is newer than the last deployment and not taken, the newest first."""
    if row["reason"] == "apart":
        return ""
    near = sources.filter(
        pl.col("provider") == row["provider"],
        pl.col("repo") == row["repo"],
        pl.col("setting") != "",
        pl.col("last_at") > row["since_at"],
        ~(pl.col("taken") & pl.col("production")),
    ).sort("last_at", "deployments", descending=True)
    return str(near["setting"][0]) if len(near) else ""
