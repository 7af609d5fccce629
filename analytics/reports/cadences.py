"""The report `cadences`: each release cadence alone, and its gain over each other one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.groups import ALL, COLUMNS, FEWEST
from analytics.cohort.kinds import taking_part
from analytics.cohort.options import Options
from analytics.cohort.units import QUESTIONS
from analytics.durations import in_one_unit, signed, span
from analytics.whatif.departures import read_departures
from analytics.whatif.effect import Bounds
from analytics.whatif.reading import clock_of, read_changes
from analytics.whatif.rhythms import AS_NOW, NAMES, Rhythm, rhythms_of
from headway.errors import UsageError

__all__ = ["AS_NOW", "NAMES", "cadences", "sentence"]

_TEXT, _COUNT, _NUMBER = pl.String(), pl.Int64(), pl.Float64()
# Fixed: users' scripts depend on it. New columns go to the end.
_SCHEMA = {
    "group": _TEXT,
    "cadence": _TEXT,
    "leaves": _TEXT,
    "changes": _COUNT,
    "half_hours": _NUMBER,
    "half_lower": _NUMBER,
    "half_upper": _NUMBER,
    "waiting_hours": _NUMBER,
    "waiting_lower": _NUMBER,
    "waiting_upper": _NUMBER,
    "arrived_7d": _NUMBER,
    "arrived_7d_lower": _NUMBER,
    "arrived_7d_upper": _NUMBER,
    "instead_of": _TEXT,
    "hours_earlier": _NUMBER,
    "earlier_lower": _NUMBER,
    "earlier_upper": _NUMBER,
    "gained_7d": _NUMBER,
    "gained_7d_lower": _NUMBER,
    "gained_7d_upper": _NUMBER,
    "horizon_hours": _NUMBER,
    "interval_by": _TEXT,
    "note": _TEXT,
    "as_of": pl.Datetime("us"),
    "clock": _TEXT,
    "intervals": _TEXT,
}
_NOTE = "every repository by this cadence alone; the real merges replayed"


def cadences(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per group, cadence and other cadence that it would replace, the rarest first.

    `leaves`: when its releases leave; `as now` are the real ones. `half_hours`: from code complete until half is in
    production, `waiting_hours`: restricted mean hours of waiting within `horizon_hours`, `arrived_7d`: the share in
    production within 7 days, each with its bounds: of this cadence alone. `hours_earlier`: mean hours that a change
    would wait less than by the cadence `instead_of`, `gained_7d`: the share more that is in production within 7 days,
    with bounds: of the same changes, so that they are narrower than a difference of the two alone. Bots are left out
    unless `options` include them. On the working clock hours are working hours, and `arrived_7d` is after those of a
    week; releases leave by the wall clock all the same. A group with fewer than `groups.FEWEST` changes is counted and
    not estimated.
    """
    options = options or Options()
    if options.by is not None and options.by not in COLUMNS:
        raise UsageError(f"no report has groups by {options.by!r}", hint=f"choose one of {', '.join(COLUMNS)}")
    value = f"'{ALL}'" if options.by is None else COLUMNS[options.by]
    sample, _every = read_changes(connection, filters, group=value, by=options.by)
    sample = sample.where(taking_part(automation=options.automation, by=options.by))
    departures, clock = read_departures(connection, filters, options.by), clock_of(sample, options)
    rows: list[Mapping[str, Any]] = []
    for name in sample.changes["group"].unique().sort():
        cohort = sample.where(pl.col("group") == name)
        common = {"group": name, "changes": len(cohort.changes), "as_of": cohort.changes["as_of"].max()}
        common["clock"] = options.clock
        if len(cohort.changes) < FEWEST:
            rows.append({**common, "note": "too few to say"})
        elif cohort.changes["release_hours"].is_not_null().any():
            common |= {"horizon_hours": clock.horizon_hours, "note": _NOTE}
            rows += [{**common, **row} for row in _rows(rhythms_of(cohort, departures, clock, options.intervals))]
    return pl.DataFrame(rows, schema=_SCHEMA).with_columns(pl.col(pl.Float64).fill_nan(None))


def _rows(rhythms: Sequence[Rhythm]) -> Iterator[dict[str, Any]]:
    for rhythm in rhythms:
        for other in rhythms:
            if other is not rhythm:
                yield _alone(rhythm) | _instead(rhythm, other)


def _alone(rhythm: Rhythm) -> dict[str, Any]:
    return {
        "cadence": rhythm.name,
        "leaves": rhythm.when,
        **_bounds("half_hours", "half", rhythm.half_hours),
        **_bounds("waiting_hours", "waiting", rhythm.waiting_hours),
        **_bounds("arrived_7d", "arrived_7d", rhythm.arrived_7d),
    }


def _instead(rhythm: Rhythm, other: Rhythm) -> dict[str, Any]:
    brought = rhythm.instead_of(other)
    return {
        "instead_of": other.name,
        "interval_by": brought.unit,
        "intervals": QUESTIONS[rhythm.units.intervals],
        **_bounds("hours_earlier", "earlier", brought.hours_saved),
        **_bounds("gained_7d", "gained_7d", brought.gained[0]),
    }


def _bounds(name: str, stem: str, bounds: Bounds) -> dict[str, float]:
    return {name: bounds.value, f"{stem}_lower": bounds.lower, f"{stem}_upper": bounds.upper}


def sentence(rows: pl.DataFrame, group: str, cadence: str, instead_of: str) -> str:
    """The effect of `cadence` instead of `instead_of` on a group of the report; empty without such rows."""
    of_group = rows.filter(pl.col("group") == group)
    row = _first(of_group.filter((pl.col("cadence") == cadence) & (pl.col("instead_of") == instead_of)))
    before = _first(of_group.filter(pl.col("cadence") == instead_of))
    if row is None or before is None:
        return ""
    what = f"Releasing {_with_times(cadence, row)} instead of {_with_times(instead_of, before)}"
    low, high, clock = row["earlier_lower"], row["earlier_upper"], row["clock"]
    has_interval = low is not None and high is not None
    if has_interval and low <= 0.0 <= high:
        return f"{what} makes no significant difference (95 % CI {signed(low, clock)} to {signed(high, clock)})"
    size = abs(row["hours_earlier"])
    # One unit for all of them: they are compared.
    times = [size, *(half for half in (row["half_hours"], before["half_hours"]) if half is not None)]
    gain, *medians = in_one_unit(times, clock)
    interval = ""
    if has_interval:
        near, far = sorted((abs(low), abs(high)))
        interval = f" (95 % CI {span(near, far, max(times), clock)})"
    later = "later" if row["hours_earlier"] < 0.0 else "earlier"
    text = f"{what} would bring a change to production {gain}{interval} {later} on average"
    if len(medians) == 2:
        text += f": median {medians[0]} instead of {medians[1]}"
    return text if has_interval else f"{text}; too few changes for an interval"


def _first(rows: pl.DataFrame) -> dict[str, Any] | None:
    return next(rows.iter_rows(named=True), None)


def _with_times(name: str, row: Mapping[str, Any]) -> str:
    return f"as now ({row['leaves']})" if name == AS_NOW else name
