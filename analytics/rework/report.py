"""The report `rework`: changes repaired within 14, 30 and 90 days of production, and AI beside other work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.groups import AXES, FEWEST
from analytics.cohort.options import Options
from analytics.cohort.units import QUESTIONS, THESE, interval_columns
from analytics.rework.comparison import compared
from analytics.rework.facts import Shipped, definitions_named, read_shipped
from analytics.survival.proportions import LEVEL

__all__ = ["DAYS", "rework"]

DAYS = (14, 30, 90)
_EVENTS = {"repaired_share": "repaired_at", "reverted_share": "reverted_at"}
_NUMBER, _COUNT, _TEXT = pl.Float64(), pl.Int64(), pl.String()
# Fixed: users' scripts hold on to it. New columns go to the end.
_SCHEMA = {
    "group": _TEXT,
    "measure": _TEXT,
    "days": _COUNT,
    "value": _NUMBER,
    "lower": _NUMBER,
    "upper": _NUMBER,
    "changes": _COUNT,
    "repaired": _COUNT,
    "at_risk": _COUNT,
    "repositories": _COUNT,
    "interval_by": _TEXT,
    "adjusted_for": _TEXT,
    "p_value": _NUMBER,
    "proportional_p": _NUMBER,
    "note": _TEXT,
    "repaired_before": _COUNT,
    "fixes": _COUNT,
    "fixes_traced": _COUNT,
    "untraced": _COUNT,
    "automation": _COUNT,
    "as_of": pl.Datetime("us"),
    "definition": _TEXT,
    "releases": _COUNT,
    "intervals": _TEXT,
}


def rework(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per definition, group, measure and days; by an axis of AI work also the ratio of the rates.

    `repaired_share`: of the changes in production, those that a fix repaired, or that were taken back, within `days` of
    their arrival: Kaplan–Meier's estimate, with changes followed for less censored; absent where none was followed that
    long. `reverted_share`: those taken back. `repair_rate_ratio`: AI against other work. `repaired`: changes so far,
    `at_risk`: those still followed after `days`. `repaired_before`: changes repaired before they arrived, which is no
    rework of production. `fixes`, `fixes_traced`: of the repositories of the group. `untraced`: changes left out
    because none of the fixes of their repository was traced. `definition`: what a fix repairs, as in `DEFINITIONS`.
    """
    chosen = options or Options()
    rows: list[dict[str, Any]] = []
    for definition in definitions_named(chosen.definition):
        shipped = read_shipped(connection, filters, by=chosen.by, automation=chosen.automation, definition=definition)
        rows += [{**row, "definition": definition} for row in _rows_of(shipped, chosen)]
    return pl.DataFrame(rows, schema=_SCHEMA).with_columns(pl.col(pl.Float64).fill_nan(None))


def _rows_of(shipped: Shipped, options: Options) -> Iterator[dict[str, Any]]:
    for name in sorted(shipped.changes["group"].unique().to_list()):
        yield from _group(name, shipped.where(pl.col("group") == name), options.intervals)
    if options.by in AXES and len(shipped.changes):
        yield from _comparison(shipped, options.by)


def _group(name: str, shipped: Shipped, intervals: str) -> Iterator[dict[str, Any]]:
    common = {"group": name, **_about(shipped)} | interval_columns(shipped.units(intervals))
    enough = len(shipped.changes) >= FEWEST
    for measure, event in _EVENTS.items():
        hours, over = shipped.times(event)
        at = shipped.incidence(event, intervals).at([24.0 * days for days in DAYS]) if enough else None
        for place, days in enumerate(DAYS):
            row = {**common, "measure": measure, "days": days, "repaired": int(over.sum())}
            row["at_risk"] = int((hours >= 24.0 * days).sum())
            if at is None:
                row["note"] = f"fewer than {FEWEST} changes"
            elif hours.max(initial=0.0) < 24.0 * days:
                row["note"] = "no change was followed that long"
            else:
                row |= {
                    "value": float(at.probability[place, 0]),
                    "lower": float(at.lower[place, 0]),
                    "upper": float(at.upper[place, 0]),
                }
                if row["value"] == 0.0:
                    row |= {"lower": 0.0, "upper": _none_of(row["at_risk"]), "interval_by": "change"}
            yield row


def _none_of(watched: int) -> float:
    """How large a share of which none of `watched` is seen may be: the exact bound of Clopper & Pearson (1934)."""
    return float(1.0 - ((1.0 - LEVEL) / 2.0) ** (1.0 / watched))


def _comparison(shipped: Shipped, axis: str) -> Iterator[dict[str, Any]]:
    for result in compared(shipped, axis):
        yield {
            **_about(shipped),
            "group": "AI against other",
            "measure": "repair_rate_ratio",
            "value": result.ratio.value,
            "lower": result.ratio.lower,
            "upper": result.ratio.upper,
            "changes": result.changes,
            "repaired": result.repaired,
            "repositories": result.repositories,
            "interval_by": result.interval_by,
            "intervals": QUESTIONS[THESE],
            "adjusted_for": result.adjusted_for,
            "p_value": result.p_value,
            "proportional_p": result.proportional_p,
            "note": result.note or None,
        }


def _about(shipped: Shipped) -> dict[str, Any]:
    changes = shipped.changes
    places = changes.select("repo", "fixes", "traced").unique()
    return {
        "changes": len(changes),
        "repositories": shipped.cluster[1],
        "repaired_before": int((changes["before"] > 0).sum()),
        "fixes": int(places["fixes"].sum()),
        "fixes_traced": int(places["traced"].sum()),
        "untraced": shipped.untraced,
        "automation": shipped.excluded.bots,
        "releases": shipped.excluded.releases,
        "as_of": changes["as_of"].max(),
    }
