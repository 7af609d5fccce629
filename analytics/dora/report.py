"""The report `dora`: the five measures a group and window, under one definition or under all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.dora.beside import beside, loads
from analytics.dora.definitions import Definition, definitions_named
from analytics.dora.facts import AXES, Facts, read_facts
from analytics.dora.measures import Counted, Measure, lead_times, measures
from analytics.dora.windows import Window, windows

__all__ = ["ALL", "dora", "failure_days", "window_of"]

ALL = "all"
_NUMBER, _COUNT, _TEXT, _TIME = pl.Float64(), pl.Int64(), pl.String(), pl.Datetime("us")
# Fixed: users' scripts hold on to it. New columns go to the end.
_SCHEMA = {
    "group": _TEXT,
    "window": _TEXT,
    "begins_at": _TIME,
    "ends_at": _TIME,
    "whole": pl.Boolean(),
    "definition": _TEXT,
    "measure": _TEXT,
    "value": _NUMBER,
    "lower": _NUMBER,
    "upper": _NUMBER,
    "unit": _TEXT,
    "numerator": _NUMBER,
    "denominator": _NUMBER,
    "open": _COUNT,
    "level": _TEXT,
    "repositories": _COUNT,
    "interval_by": _TEXT,
    "p_value": _NUMBER,
    "unlinked_incidents": _COUNT,
    "automation": _COUNT,
    "as_of": _TIME,
}


def dora(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per group, window, definition and measure, in this order.

    Measures: `deployment_frequency` (per week), `lead_time` and `dora_lead_time` (median hours from code complete, and
    from the first commit), `change_failure_rate`, `recovery_time` (median hours) and `rework_rate`. By an axis of AI
    work also the failure rate of deployments with any AI work and of those without, and
    `change_failure_rate_difference`.
    `numerator` of `denominator` is what each rests on, `open` what may still change. `value` is absent where there is
    nothing to tell it from, or too little for a median.
    """
    asked = options or Options()
    facts = read_facts(connection, filters, by=asked.by, automation=asked.automation)
    if facts.deployments.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    days = failure_days(connection)
    rows = list(_rows(facts, filters, asked, definitions_named(asked.definition), days))
    return pl.DataFrame(rows, schema=_SCHEMA).with_columns(pl.col(pl.Float64).fill_nan(None))


def failure_days(connection: duckdb.DuckDBPyConnection) -> float:
    """For how many days a deployment is held to account, as the tables were built."""
    ((hours,),) = connection.cursor().execute("select max(failure_hours) from parameters").fetchall()
    return float(hours) / 24.0


def window_of(facts: Facts, filters: Filters, kind: str | None) -> list[Window]:
    """The windows of these facts: from the first deployment on, or from `since`, up to the report or `until`."""
    first, last = facts.deployments["deployed_at"].min(), facts.deployments["as_of"].max()
    assert isinstance(first, datetime)  # noqa: S101  (there is a deployment, and each has a time)
    assert isinstance(last, datetime)  # noqa: S101  (likewise)
    begin = first if filters.since is None else max(first, filters.since)
    end = last if filters.until is None else min(last, filters.until)
    return windows(kind, begin, end)


def _rows(
    facts: Facts, filters: Filters, asked: Options, definitions: list[Definition], days: float
) -> Iterator[dict[str, Any]]:
    for name, own in _groups(facts, asked.by):
        if own.deployments.is_empty():
            continue
        counted = [Counted.of(own, each) for each in definitions]
        for window in window_of(facts if asked.by in AXES else own, filters, asked.window):
            leads = lead_times(own, window)
            for one in counted:
                common = _common(name, window, one.definition, own)
                for found in measures(one, window, days, leads):
                    yield common | _columns(found)
    if asked.by in AXES:
        told = [(each, loads(facts, each, asked.by)) for each in definitions]
        for window in window_of(facts, filters, asked.window):
            for each, rows in told:
                for name, found, p_value in beside(rows, window):
                    yield _common(name, window, each, facts) | _columns(found) | {"p_value": p_value}


def _columns(found: Measure) -> dict[str, Any]:
    return {
        "measure": found.name,
        "value": found.estimate.value,
        "lower": found.estimate.lower,
        "upper": found.estimate.upper,
        "unit": found.unit,
        "numerator": found.numerator,
        "denominator": found.denominator,
        "open": found.open,
        "level": found.level,
        "repositories": found.repositories,
        "interval_by": found.interval_by,
    }


def _groups(facts: Facts, by: str | None) -> Iterator[tuple[str, Facts]]:
    if by is None:
        yield ALL, facts
        return
    values = facts.changes[by] if by in AXES else facts.deployments["group"]
    for value in sorted(values.unique().to_list()):
        yield str(value).lower() if isinstance(value, bool) else str(value), facts.of(by, value)


def _common(group: str, window: Window, definition: Definition, facts: Facts) -> dict[str, Any]:
    places = facts.deployments["repo_id"].unique().implode()
    missed = facts.incidents.filter(
        ~pl.col("linked") & pl.col("repo_id").is_in(places) & pl.col("opened_at").is_between(window.begin, window.end)
    )
    return {
        "group": group,
        "window": window.name,
        "begins_at": window.begin,
        "ends_at": window.end,
        "whole": window.whole,
        "definition": definition.name,
        "unlinked_incidents": len(missed),
        "automation": facts.automation,
        "as_of": facts.deployments["as_of"].max(),
    }
