"""Stability as text: measures with their units, and AI work compared with other work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from analytics.text import wording
from analytics.text.verdicts import Verdict
from dashboard.parts.sections import GROUPS

__all__ = [
    "MEASURES",
    "change_groups",
    "deployment_groups",
    "failure_comparison",
    "failure_headline",
    "failure_verdict",
    "rework_comparison",
    "value_and_interval",
]

MEASURES: Mapping[str, str] = {
    "deployment_frequency": "Deployments per week",
    "lead_time": "Lead time (median)",
    "change_failure_rate": "Change failure rate",
    "recovery_time": "Recovery time (median)",
    "rework_rate": "Deployment rework rate",
}
"""Names of the five measures on the page."""
_AI = {"builds_ai": "AI work", "built_with_ai": "work made with AI"}
_SAME = "shows no significant difference in"
_FAILS = {1: "fails more often", -1: "fails less often", 0: f"{_SAME} failures"}
# Where the two comparisons disagree, neither is an answer.
_CONTRADICTION = {
    1: "fails less often overall but more often like for like (inconclusive)",
    -1: "fails more often overall but less often like for like (inconclusive)",
}
_REWORK = {1: "needs rework more often", -1: "needs rework less often", 0: f"{_SAME} rework"}
_BY_SIZE = ", which its size may explain"
_ADJUSTMENTS = {"log of lines": "size in lines", "log of paths": "size in files"}
_LIKE_FOR_LIKE = "- **Within the same repository, at similar size:**"


def change_groups(rows: pl.DataFrame, axis: str) -> pl.DataFrame:
    """Rows of the compared groups of changes with their names, in the order in which they are shown."""
    names = GROUPS[axis]
    order = {name: position for position, name in enumerate(names.values())}
    compared = rows.filter(pl.col("group").is_in(list(names)))
    named = compared.with_columns(pl.col("group").replace_strict(dict(names), return_dtype=pl.String))
    return named.sort(pl.col("group").replace_strict(order, return_dtype=pl.Int64))


def value_and_interval(row: Mapping[str, Any]) -> tuple[str, str]:
    """A value of `dora` or `rework` and its interval as text; a missing value is "too few to say"."""
    value, lower, upper = row["value"], row["lower"], row["upper"]
    if value is None:
        return wording.TOO_FEW, ""
    unit = row.get("unit", "share")
    if unit == "hours":
        per, suffix = (1.0, " h") if value < wording.TWO_DAYS else (24.0, " d")
        form = "{:,.1f}"
    elif unit == "share":
        per, suffix, form = 0.01, "%", "{:.1f}"
    else:
        per, suffix, form = 1.0, "", "{:,.1f}"
    bounds = ("…" if bound is None else form.format(bound / per) for bound in (lower, upper))
    interval = "" if lower is None and upper is None else " – ".join(bounds)
    return f"{form.format(value / per)}{suffix}", interval


def deployment_groups(rows: pl.DataFrame, axis: str) -> pl.DataFrame:
    """Failure rates of deployments with and without AI work, with group names; `rows` of `dora` by the axis."""
    names = {"with AI": f"with {_AI[axis]}", "without AI": f"without {_AI[axis]}"}
    rates = rows.filter((pl.col("measure") == "change_failure_rate") & pl.col("group").is_in(list(names)))
    return rates.with_columns(pl.col("group").replace_strict(names, return_dtype=pl.String))


def _share_of(row: Mapping[str, Any], total: str, what: str) -> str:
    """A share of a total as text; the total alone where there is no share."""
    if row["value"] is None:
        return f"{total}, {wording.TOO_FEW}"
    value, interval = value_and_interval(row)
    return f"{value}{f' [{interval}]' if interval else ''} of {total} {what}"


def _adjustments(adjusted_for: str) -> str:
    """What a comparison is adjusted for, as text."""
    parts = [_ADJUSTMENTS.get(part, part) for part in adjusted_for.split(", ")]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def failure_comparison(rows: pl.DataFrame, axis: str) -> Iterator[str]:
    """Failures of deployments with and without AI work, as lines of a list."""
    for row in deployment_groups(rows, axis).iter_rows(named=True):
        total = wording.counted(int(row["denominator"]), "deployment")
        yield f"- **{wording.capital(row['group'])}:** {_share_of(row, total, 'failed')}."
    for row in rows.filter(pl.col("measure") == "change_failure_rate_difference").iter_rows(named=True):
        if row["value"] is None or row["lower"] is None or row["upper"] is None:
            yield f"{_LIKE_FOR_LIKE} too few to compare."
            continue
        if row["lower"] <= 0.0 <= row["upper"]:
            lower, upper = (f"{100 * row[bound]:+z.1f}".replace("-", "−") for bound in ("lower", "upper"))
            yield f"{_LIKE_FOR_LIKE} no significant difference (95% CI {lower} to {upper} points)."
        else:
            low, high = sorted(abs(100 * row[bound]) for bound in ("lower", "upper"))
            size = f"{abs(100 * row['value']):.1f} points {'more' if row['value'] > 0.0 else 'fewer'}"
            yield f"{_LIKE_FOR_LIKE} {size} of the deployments with {_AI[axis]} fail (95% CI {low:.1f}–{high:.1f})."


def rework_comparison(rows: pl.DataFrame, axis: str) -> Iterator[str]:
    """Repairs of AI work and of other work, as lines of a list."""
    thirty_days = rows.filter((pl.col("measure") == "repaired_share") & (pl.col("days") == 30))
    for row in change_groups(thirty_days, axis).iter_rows(named=True):
        total, what = wording.counted(row["changes"], "change"), "repaired or reverted within 30 days"
        yield f"- **{wording.capital(row['group'])}:** {_share_of(row, total, what)}."
    for row in rows.filter(pl.col("measure") == "repair_rate_ratio").iter_rows(named=True):
        adjusted = f"- **Adjusted for {_adjustments(row['adjusted_for'])}:**"
        if row["value"] is None:
            yield f"{adjusted} too few to compare: {row['note']}."
            continue
        result = "no significant difference"
        if (row["p_value"] or 0.0) <= 0.05:
            result = f"{_AI[axis]} is repaired {'more' if row['value'] > 1.0 else 'less'} often"
        yield f"{adjusted} rate ratio {row['value']:.2f} (95% CI {row['lower']:.2f}–{row['upper']:.2f}): {result}."


def failure_headline(failed: pl.DataFrame, repaired: pl.DataFrame, axis: str) -> str:
    """Both comparisons in one sentence that claims no more than they show."""
    fails, rework, rework_at_size, contradiction = _directions(failed, repaired, axis)
    if not contradiction and fails == rework == 0:
        return f"{wording.capital(_AI[axis])} {_SAME} failures or rework"
    parts = [(_CONTRADICTION if contradiction else _FAILS)[fails]] if fails is not None else []
    if rework is not None:
        explained = rework != 0 and rework_at_size == 0
        parts.append(_REWORK[rework] + (_BY_SIZE if explained else ""))
    if not parts:
        return "Too few changes to say"
    missing = "" if len(parts) == 2 else f"; too few to compare {'failures' if fails is None else 'rework'}"
    return wording.capital(f"{_AI[axis]} {' and '.join(parts)}{missing}")


def failure_verdict(
    failed: pl.DataFrame, repaired: pl.DataFrame, axis: str
) -> tuple[Verdict, list[tuple[str, str, str]]]:
    """The comparisons of `failure_headline` as a verdict, and its shares.

    For each group the share of changes repaired in 30 days, and of the deployments with its work that failed.
    """
    thirty = repaired.filter((pl.col("measure") == "repaired_share") & (pl.col("days") == 30))
    shares = dict(change_groups(thirty, axis).select("group", "value").iter_rows())
    rates = dict(deployment_groups(failed, axis).select("group", "value").iter_rows())
    # Of agents and of tools apart: a failed deployment has work of either.
    failures = {} if axis == "built_with_ai" else dict(zip(GROUPS[axis].values(), rates.values(), strict=False))
    rows = [(name, f"**{_whole(shares.get(name))}", _whole(failures.get(name))) for name in GROUPS[axis].values()]
    return _verdict(failed, repaired, axis), rows


def _verdict(failed: pl.DataFrame, repaired: pl.DataFrame, axis: str) -> Verdict:
    fails, rework, at_size, contradiction = _directions(failed, repaired, axis)
    name = wording.capital(_AI[axis])
    rest = []
    if contradiction:
        rest.append("Failures: inconclusive")
    elif fails is None:
        rest.append("Failures: too few to compare")
    elif fails == 0 and rework != 0:
        rest.append("No significant difference in failures")
    if rework is None:
        rest.append("Rework: too few to compare")
    elif rework == 0 and fails and not contradiction:
        rest.append("No significant difference in rework")
    elif rework and at_size == 0:
        rest.append("Its size may explain the rework")
    words = {1: "more often", -1: "less often"}
    claimed = [(verb, way) for verb, way in (("fails", 0 if contradiction else fails), ("needs rework", rework)) if way]
    if len({way for _, way in claimed}) == 1:
        verbs = " and ".join(verb for verb, _ in claimed)
        return Verdict(f"{name} {verbs} {words[claimed[0][1]]}", ". ".join(rest), significant=True)
    if claimed:
        text = " and ".join(f"{verb} {words[way]}" for verb, way in claimed)
        return Verdict(f"{name} {text}", ". ".join(rest), significant=True)
    if fails is None and rework is None:
        return Verdict("Too few changes to say")
    return Verdict("No significant difference", ". ".join(rest))


def _whole(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _directions(
    failed: pl.DataFrame, repaired: pl.DataFrame, axis: str
) -> tuple[int | None, int | None, int | None, bool]:
    """Whether AI work fails more, is repaired more, also at its size; and whether all deployments say the opposite."""
    fails = _direction(failed.filter(pl.col("measure") == "change_failure_rate_difference"), 0.0)
    ratios = repaired.filter(pl.col("measure") == "repair_rate_ratio")
    rework, rework_at_size = (_direction(ratios.slice(row, 1), 1.0) for row in (0, 1))
    return fails, rework, rework_at_size, fails is not None and _overall(failed, axis) * fails < 0.0


def _overall(failed: pl.DataFrame, axis: str) -> float:
    """The difference in failure rate between deployments with and without AI work, unadjusted; 0 if unknown."""
    rates = deployment_groups(failed, axis)["value"].to_list()
    return rates[0] - rates[1] if len(rates) == 2 and None not in rates else 0.0


def _direction(rows: pl.DataFrame, none: float) -> int | None:
    """Whether an interval is above (1), below (-1) or includes (0) the value of no difference; None without one."""
    for row in rows.iter_rows(named=True):
        if row["lower"] is not None and row["upper"] is not None:
            return 1 if row["lower"] > none else -1 if row["upper"] < none else 0
    return None
