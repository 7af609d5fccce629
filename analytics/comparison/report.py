"""The report `comparison`."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import polars as pl

from analytics.cohort.cohort import read_cohort
from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.comparison.compare import compare
from analytics.comparison.contrasts import contrasts_by
from analytics.comparison.results import ALL, Comparison

__all__ = ["COMPARED", "COMPARISON", "comparison", "comparison_table"]

_TEXT, _COUNT, _NUMBER = pl.String(), pl.Int64(), pl.Float64()

COMPARISON = {
    "measure": _TEXT,
    "ai": _NUMBER,
    "other": _NUMBER,
    "difference": _NUMBER,
    "lower": _NUMBER,
    "upper": _NUMBER,
    "p_value": _NUMBER,
    "n_ai": _COUNT,
    "n_other": _COUNT,
    "note": _TEXT,
    "axis": _TEXT,
    "group": _TEXT,
    "beside": _TEXT,
    "basis": _TEXT,
    "unit": _TEXT,
    "q_value": _NUMBER,
    "n_needed": _COUNT,
    "smallest_difference": _NUMBER,
    "units": _TEXT,
    "horizon_hours": _NUMBER,
    "as_of": pl.Datetime("us"),
    "clock": _TEXT,
}
COMPARED = ("team", "additions", "deletions")
"""What a comparison needs of `lead_times` beside what every cohort has."""


def comparison(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """Two groups beside each other, a row a measure; for both axes of AI work, or what `by` asks for.

    `by`: an axis, `team` (each team beside the rest), or a day (before beside after). The first group is in `ai`, what
    it stands beside in `other`. A measure on common support has the suffix `_supported`, so that in each comparison a
    measure's name is met once.
    """
    asked = options or Options()
    any_evidence = replace(filters, evidence="any")
    wanted = (*COMPARED, *filters.verdict_columns)
    cohort = read_cohort(connection, any_evidence, columns=wanted, calendar=asked.working)
    tables = [
        comparison_table(
            compare(
                cohort.sure(filters, contrast.axis),
                contrast,
                after_hours=asked.arrived_after_hours,
                automation=asked.automation,
            )
        )
        for contrast in contrasts_by(asked.by, cohort.changes)
    ]
    return pl.concat(tables) if tables else pl.DataFrame(schema=COMPARISON)


def comparison_table(found: Comparison) -> pl.DataFrame:
    """One comparison as rows of the report; no row where there is no change."""
    rows = [
        {
            "measure": one.name if one.basis == ALL else f"{one.name}_supported",
            "ai": one.ai,
            "other": one.other,
            "difference": one.difference,
            "lower": one.lower,
            "upper": one.upper,
            "p_value": one.p_value,
            "n_ai": one.n_ai,
            "n_other": one.n_other,
            "note": one.note,
            "axis": found.contrast.axis,
            "group": found.contrast.group,
            "beside": found.contrast.beside,
            "basis": one.basis,
            "unit": one.unit,
            "q_value": one.q_value,
            "n_needed": one.n_needed,
            "smallest_difference": one.smallest_difference,
            "units": found.units,
            "horizon_hours": found.horizon_hours,
            "as_of": found.as_of,
            "clock": found.clock,
        }
        for one in found.measures
        if found.as_of is not None
    ]
    return pl.DataFrame(rows, schema=COMPARISON)
