"""The report `dora`: five measures per group and window, under one definition of failure or under all."""

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
    "numerator": _COUNT,
    "denominator": _NUMBER,
    "open": _COUNT,
    "level": _TEXT,
    "repositories": _COUNT,
    "interval_by": _TEXT,
    "p_value": _NUMBER,
    "unlinked_incidents": _COUNT,
    "automation": _COUNT,
    "as_of": _TIME,
    "releases": _COUNT,
    "intervals": _TEXT,
}


def dora(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per group, window, definition and measure, in this order.

    Measures: `deployment_frequency` (per week), `lead_time` and `dora_lead_time` (median hours from code complete, and
    from the first commit), `change_failure_rate`, `recovery_time` (median hours) and `rework_rate`. By an axis of AI
    work also the failure rate of deployments with any AI work and of those without, `change_failure_rate_difference`,
    and `failure_ratio_per_change`: how many times as often a change of AI work makes its deployment fail as another.
    `numerator` of `denominator` is what each rests on, `open` what may still change. `value` is absent where there are
    no data for it, or too few for a median.
    """
    chosen = options or Options()
    facts = read_facts(connection, filters, by=chosen.by, automation=chosen.automation)
    if facts.deployments.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    days = failure_days(connection)
    rows = list(_rows(facts, filters, chosen, definitions_named(chosen.definition), days))
    return pl.DataFrame(rows, schema=_SCHEMA).with_columns(pl.col(pl.Float64).fill_nan(None))


def failure_days(connection: duckdb.DuckDBPyConnection) -> float:
    """For how many days a failure counts against a deployment, as the tables were built."""
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
    facts: Facts, filters: Filters, options: Options, definitions: list[Definition], days: float
) -> Iterator[dict[str, Any]]:
    for name, part in _groups(facts, options.by):
        if part.deployments.is_empty():
            continue
        by_definition = [Counted.of(part, definition) for definition in definitions]
        for window in window_of(facts if options.by in AXES else part, filters, options.window):
            leads = lead_times(part, window, options.intervals)
            for counted in by_definition:
                common = _common(name, window, counted.definition, part)
                for measure in measures(counted, window, days, leads, options.intervals):
                    yield common | _columns(measure)
    if options.by in AXES:
        loaded = [(definition, loads(facts, definition, options.by)) for definition in definitions]
        for window in window_of(facts, filters, options.window):
            for definition, rows in loaded:
                for name, measure, p_value in beside(rows, window, options.intervals):
                    yield _common(name, window, definition, facts) | _columns(measure) | {"p_value": p_value}


def _columns(measure: Measure) -> dict[str, Any]:
    return {
        "measure": measure.name,
        "value": measure.estimate.value,
        "lower": measure.estimate.lower,
        "upper": measure.estimate.upper,
        "unit": measure.unit,
        "numerator": int(measure.numerator),
        "denominator": measure.denominator,
        "open": measure.open,
        "level": measure.level,
        "repositories": measure.repositories,
        "interval_by": measure.interval_by,
        "intervals": measure.intervals if measure.interval_by else None,
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
        "automation": facts.excluded.bots,
        "releases": facts.excluded.releases,
        "as_of": facts.deployments["as_of"].max(),
    }
