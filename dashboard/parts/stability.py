"""Stability in words: measures with their units, and AI work beside other work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from analytics.text import wording
from dashboard.parts.sections import GROUPS

__all__ = ["MEASURES", "compared_failures", "compared_rework", "fails_more", "groups_of", "in_words", "sides_of"]

MEASURES: Mapping[str, str] = {
    "deployment_frequency": "Deployments a week",
    "lead_time": "Lead time (median)",
    "change_failure_rate": "Deployments that failed",
    "recovery_time": "Time to recover (median)",
    "rework_rate": "Unplanned deployments",
}
"""The five measures, as they are called on the page."""
_AI = {"builds_ai": "AI work", "built_with_ai": "work made with AI"}
_FAILS = {1: "fails more", -1: "fails less", 0: "is not seen to fail more or less"}
# Where the two ways of looking disagree, neither is an answer.
_AGAINST = {
    1: "fails less over all and more where they are alike, which is no answer",
    -1: "fails more over all and less where they are alike, which is no answer",
}
_AS_ITS_SIZE = ", which its size may explain"
_EQUAL = {"log of lines": "size in lines", "log of paths": "size in files"}
_COMES_BACK = {1: "comes back more", -1: "comes back less", 0: "is not seen to come back more or less"}


def groups_of(rows: pl.DataFrame, axis: str) -> pl.DataFrame:
    """Rows of the groups that are compared, named as everywhere, in their order."""
    words = GROUPS[axis]
    order = {name: place for place, name in enumerate(words.values())}
    kept = rows.filter(pl.col("group").is_in(list(words)))
    named = kept.with_columns(pl.col("group").replace_strict(dict(words), return_dtype=pl.String))
    return named.sort(pl.col("group").replace_strict(order, return_dtype=pl.Int64))


def in_words(row: Mapping[str, Any]) -> tuple[str, str]:
    """A value of `dora` or `rework` and its interval; an absent one says that it is too little."""
    value, lower, upper = row["value"], row["lower"], row["upper"]
    if value is None:
        return wording.TOO_FEW, ""
    unit = row.get("unit", "share")
    if unit == "hours":
        per, word = (1.0, " h") if value < wording.TWO_DAYS else (24.0, " d")
        form = "{:,.1f}"
    elif unit == "share":
        per, word, form = 0.01, "%", "{:.1f}"
    else:
        per, word, form = 1.0, "", "{:,.1f}"
    bounds = ("…" if bound is None else form.format(bound / per) for bound in (lower, upper))
    interval = "" if lower is None and upper is None else " – ".join(bounds)
    return f"{form.format(value / per)}{word}", interval


def sides_of(rows: pl.DataFrame, axis: str) -> pl.DataFrame:
    """The failure rates of deployments with AI work and of those without, named; `rows` of `dora` by the axis."""
    names = {"with AI": f"with {_AI[axis]}", "without AI": f"without {_AI[axis]}"}
    kept = rows.filter((pl.col("measure") == "change_failure_rate") & pl.col("group").is_in(list(names)))
    return kept.with_columns(pl.col("group").replace_strict(names, return_dtype=pl.String))


def _share_of(row: Mapping[str, Any], of: str, what: str) -> str:
    """A share of so many things; where it cannot be told, only how many there are."""
    if row["value"] is None:
        return f"{of}, {wording.TOO_FEW}"
    value, interval = in_words(row)
    return f"{value}{f' [{interval}]' if interval else ''} of {of} {what}"


def _equal(adjusted_for: str) -> str:
    """What a comparison holds equal, in words."""
    parts = [_EQUAL.get(part, part) for part in adjusted_for.split(", ")]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def compared_failures(rows: pl.DataFrame, axis: str) -> Iterator[str]:
    """By how much more often deployments with AI work failed, as sentences."""
    for row in sides_of(rows, axis).iter_rows(named=True):
        of = wording.counted(int(row["denominator"]), "deployment")
        yield f"- **{wording.capital(row['group'])}:** {_share_of(row, of, 'failed')}."
    for row in rows.filter(pl.col("measure") == "change_failure_rate_difference").iter_rows(named=True):
        if row["value"] is None or row["lower"] is None or row["upper"] is None:
            yield "- **In the same repository, of like size:** too few to compare."
            continue
        if row["lower"] <= 0.0 <= row["upper"]:
            lower, upper = (f"{100 * row[bound]:+z.1f}".replace("-", "−") for bound in ("lower", "upper"))
            told = f"anything from {lower} to {upper} points is possible"
            yield f"- **In the same repository, of like size** no difference is seen: {told}."
        else:
            low, high = sorted(abs(100 * row[bound]) for bound in ("lower", "upper"))
            size = f"{abs(100 * row['value']):.1f} points {'more' if row['value'] > 0.0 else 'less'}"
            yield f"- **In the same repository, of like size** {size} [{low:.1f} – {high:.1f}] of those with it fail."


def compared_rework(rows: pl.DataFrame, axis: str) -> Iterator[str]:
    """How much more of AI work is repaired, as sentences."""
    thirty = rows.filter((pl.col("measure") == "repaired_share") & (pl.col("days") == 30))
    for row in groups_of(thirty, axis).iter_rows(named=True):
        of, what = wording.counted(row["changes"], "change"), "repaired or taken back within 30 days"
        yield f"- **{wording.capital(row['group'])}:** {_share_of(row, of, what)}."
    for row in rows.filter(pl.col("measure") == "repair_rate_ratio").iter_rows(named=True):
        if row["value"] is None:
            yield f"- **With the same {_equal(row['adjusted_for'])}:** too few to compare: {row['note']}."
            continue
        unsure = "" if (row["p_value"] or 0.0) <= 0.05 else ", which is not told from 1"
        yield (
            f"- **With the same {_equal(row['adjusted_for'])}:** {_AI[axis]} is repaired at {row['value']:.2f}"
            f" times the rate of other work [{row['lower']:.2f} – {row['upper']:.2f}]{unsure}."
        )


def fails_more(failed: pl.DataFrame, repaired: pl.DataFrame, axis: str) -> str:
    """Both comparisons in one sentence, no stronger than they are."""
    fails = _verdict(failed.filter(pl.col("measure") == "change_failure_rate_difference"), 0.0)
    ratios = repaired.filter(pl.col("measure") == "repair_rate_ratio")
    comes_back, of_its_size = (_verdict(ratios.slice(place, 1), 1.0) for place in (0, 1))
    against = fails is not None and _over_all(failed, axis) * fails < 0.0
    parts = [(_AGAINST if against else _FAILS)[fails]] if fails is not None else []
    if comes_back is not None:
        explained = comes_back != 0 and of_its_size == 0
        parts.append(_COMES_BACK[comes_back] + (_AS_ITS_SIZE if explained else ""))
    if not parts:
        return "Too few changes to say"
    missing = "" if len(parts) == 2 else f"; {wording.TOO_FEW} the other"
    return wording.capital(f"{_AI[axis]} {' and '.join(parts)}{missing}")


def _over_all(failed: pl.DataFrame, axis: str) -> float:
    """How much more often deployments with AI work failed than others, repositories aside; 0 where it is not told."""
    rows = sides_of(failed, axis)["value"].to_list()
    return rows[0] - rows[1] if len(rows) == 2 and None not in rows else 0.0


def _verdict(rows: pl.DataFrame, none: float) -> int | None:
    """Whether an interval lies above (1), below (-1) or around (0) what means no difference; None without one."""
    for row in rows.iter_rows(named=True):
        if row["lower"] is not None and row["upper"] is not None:
            return 1 if row["lower"] > none else -1 if row["upper"] < none else 0
    return None
