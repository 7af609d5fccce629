"""The report `friction`: delays inside `build` and `deploy`: runners, reruns, gates, failures."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.groups import ALL, COLUMNS
from analytics.cohort.kinds import taking_part
from analytics.cohort.options import Options
from analytics.cohort.services import changes_of
from headway.errors import UsageError

__all__ = ["MEASURES", "friction"]

MEASURES = {
    "build_hours": "build",
    "ci_queue_hours": "build",
    "ci_first_try_hours": "build",
    "ci_rerun_hours": "build",
    "deploy_hours": "deploy",
    "gate_hours": "deploy",
    "failed_attempts": "deploy",
    "rollout_hours": "deploy",
}
"""Each measure, and the stage that it is part of."""

_HELD = (
    "build_hours",
    "ci_queue_hours",
    "ci_rerun_hours",
    "deploy_hours",
    "gate_hours",
    "failed_attempts",
    "rollout_hours",
)
_TEXT, _COUNT, _NUMBER = pl.String(), pl.Int64(), pl.Float64()
# Fixed: users' scripts depend on it. New columns go to the end.
_SCHEMA = {
    "group": _TEXT,
    "stage": _TEXT,
    "measure": _TEXT,
    "changes": _COUNT,
    "affected": _COUNT,
    "affected_share": _NUMBER,
    "mean": _NUMBER,
    "median": _NUMBER,
    "p85": _NUMBER,
    "affected_mean": _NUMBER,
    "stage_share": _NUMBER,
    "arrived": _COUNT,
    "as_of": pl.Datetime("us"),
    "repositories": _COUNT,
}


def friction(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per group and measure of `MEASURES`, over the changes in production, whose stage is over.

    `ci_queue_hours`: CI waited for runners. `ci_first_try_hours`: from the merge to the first failure, or to success
    where nothing failed; `ci_rerun_hours`: from that failure to success, so that both add up to `build_hours`.
    `gate_hours`: at gates and in queues of deployments. `failed_attempts`: failed deployments that tried to ship it.
    `rollout_hours`: from the first of its services and waves to the last. By service `gate_hours` and `failed_attempts`
    are not known.
    `changes`: those with data, of `arrived` in all, in `repositories` repositories; `affected`: those above zero.
    `mean`, `median`, `p85`: over changes with data, `affected_mean`: over affected ones; wall-clock hours, or
    attempts. `stage_share`: of all hours that changes with data spent in the stage; null for attempts. Bots are left
    out unless `options` include them. The numbers are descriptive: they are no estimates and have no intervals.
    """
    options = options or Options()
    if options.by is not None and options.by not in COLUMNS:
        raise UsageError(f"no report has groups by {options.by!r}", hint=f"choose one of {', '.join(COLUMNS)}")
    table = _read(connection, filters, options)
    rows = [
        _row(part, name, stage, group)
        for (group,), part in table.group_by("group", maintain_order=True)
        for name, stage in MEASURES.items()
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _read(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options) -> pl.DataFrame:
    group = f"'{ALL}'" if options.by is None else COLUMNS[options.by]
    extra = "".join(f", {name}" for name in filters.verdict_columns)
    condition = filters.condition(connection, "lead_times", time="code_complete_at")
    query = (
        f'select {group} as "group", repo, kind, code_complete_at, as_of, {", ".join(_HELD)}{extra}'  # noqa: S608  (ours)
        f" from {changes_of(filters, options.by)} where outcome = 'production' and {condition} order by 1, change_id"
    )
    table: pl.DataFrame = connection.cursor().sql(query).pl()
    table = filters.sure(table, options.by)
    table = table.filter(taking_part(automation=options.automation, by=options.by))
    first_try = pl.col("build_hours") - pl.col("ci_rerun_hours")
    return table.with_columns(first_try.clip(lower_bound=0.0).alias("ci_first_try_hours"))


def _row(part: pl.DataFrame, name: str, stage: str, group: object) -> dict[str, object]:
    measured = part.filter(pl.col(name).is_not_null() & pl.col(f"{stage}_hours").is_not_null())
    values = measured[name].cast(pl.Float64)
    some = values.filter(values > 0.0)
    whole = float(measured[f"{stage}_hours"].sum())
    return {
        "group": group,
        "stage": stage,
        "measure": name,
        "changes": len(values),
        "affected": len(some),
        "affected_share": len(some) / len(values) if len(values) else None,
        "mean": values.mean(),
        "median": values.median(),
        "p85": values.quantile(0.85, interpolation="linear"),
        "affected_mean": some.mean(),
        "stage_share": float(values.sum()) / whole if whole and name != "failed_attempts" else None,
        "arrived": len(part),
        "as_of": part["as_of"].max(),
        "repositories": measured["repo"].n_unique(),
    }
