"""The report `comparison`."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.cohort.cohort import read_cohort
from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.comparison.compare import compare
from analytics.comparison.contrasts import contrasts_by
from analytics.comparison.discoveries import controlled
from analytics.comparison.notes import note_of
from analytics.comparison.results import ALL, Comparison
from analytics.reports.doubts import doubt_lines, doubts

__all__ = ["COMPARED", "COMPARISON", "comparison", "comparison_table", "read_comparisons"]

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
    "lower_like_these": _NUMBER,
    "upper_like_these": _NUMBER,
    "p_like_these": _NUMBER,
    "worth_reporting": pl.Boolean(),
}
COMPARED = ("team", "additions", "deletions")
"""What a comparison needs of `lead_times` beside what every cohort has."""


def comparison(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """Two groups compared, one row per measure; for both axes of AI work, or by the option `by`.

    `by`: an axis, `team` (each team against the rest), or a day (after against before). The first group is in `ai`,
    the second in `other`. A measure within cells has the suffix `_within`, so that the name of a measure is unique in a
    comparison.
    """
    tables = [comparison_table(compared) for compared in read_comparisons(connection, filters, options or Options())]
    table = pl.concat(tables) if tables else pl.DataFrame(schema=COMPARISON)
    lines = doubt_lines(doubts(connection, filters))
    if not lines:
        return table
    # Before anything else: a reader of one row must not miss it.
    first = pl.lit("; ".join(lines))
    note = pl.when(pl.col("note") == "").then(first).otherwise(pl.concat_str(first, pl.col("note"), separator="; "))
    return table.with_columns(note.alias("note"))


def read_comparisons(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options) -> list[Comparison]:
    """The comparisons of `comparison`, with q-values over all of them."""
    any_evidence = filters.of_any_evidence()
    columns = (*COMPARED, *filters.verdict_columns)
    cohort = read_cohort(connection, any_evidence, columns=columns, calendar=options.working)
    horizon = options.horizon_hours(cohort)
    comparisons = [
        compare(
            cohort.sure(filters, contrast.axis),
            contrast,
            after_hours=options.arrived_after_hours,
            horizon_hours=horizon,
            automation=options.automation,
            smallest=options.smallest,
        )
        for contrast in contrasts_by(options.by, cohort.changes)
    ]
    return controlled(comparisons)


def comparison_table(compared: Comparison) -> pl.DataFrame:
    """One comparison as rows of the report; no row where there is no change."""
    rows = [
        {
            "measure": measure.name if measure.basis == ALL else f"{measure.name}_within",
            "ai": measure.ai,
            "other": measure.other,
            "difference": measure.difference,
            "lower": measure.lower,
            "upper": measure.upper,
            "p_value": measure.p_value,
            "n_ai": measure.n_ai,
            "n_other": measure.n_other,
            "note": note_of(measure, compared),
            "axis": compared.contrast.axis,
            "group": compared.contrast.group,
            "beside": compared.contrast.beside,
            "basis": measure.basis,
            "unit": measure.unit,
            "q_value": measure.q_value,
            "n_needed": measure.n_needed,
            "smallest_difference": measure.smallest_difference,
            "units": compared.units,
            "horizon_hours": compared.horizon_hours,
            "as_of": compared.as_of,
            "clock": compared.clock,
            "lower_like_these": measure.lower_like_these,
            "upper_like_these": measure.upper_like_these,
            "p_like_these": measure.p_like_these,
            "worth_reporting": measure.worth_reporting,
        }
        for measure in compared.measures
        if compared.as_of is not None
    ]
    return pl.DataFrame(rows, schema=COMPARISON)
