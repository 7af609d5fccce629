from __future__ import annotations

import polars as pl
import pytest

from dashboard.parts.stability import compared_failures, compared_rework, fails_more

NO_REPAIRS = pl.DataFrame({"measure": []}, schema={"measure": pl.String})


def failed(ai: float, other: float, within: tuple[float, float]) -> pl.DataFrame:
    """Rows of the report `dora` by what is built: rates of both groups, and the interval of those that are alike."""
    return pl.DataFrame(
        {
            "measure": ["change_failure_rate", "change_failure_rate", "change_failure_rate_difference"],
            "group": ["with AI", "without AI", "AI less other"],
            "value": [ai, other, sum(within) / 2],
            "lower": [0.0, 0.0, within[0]],
            "upper": [1.0, 1.0, within[1]],
        }
    )


def repaired(*ratios: tuple[float, float]) -> pl.DataFrame:
    """Rows of the report `rework`: the intervals of the ratio within repositories, and of that with size held equal."""
    lower, upper = zip(*ratios, strict=True)
    return pl.DataFrame({"measure": ["repair_rate_ratio"] * len(ratios), "lower": lower, "upper": upper})


@pytest.mark.parametrize(
    ("ratios", "told"),
    [
        ([(1.1, 3.0), (1.2, 3.1)], "comes back more"),
        ([(1.1, 3.0), (0.5, 1.9)], "comes back more, which its size may explain"),
        ([(0.2, 0.9), (0.2, 1.1)], "comes back less, which its size may explain"),
        ([(0.7, 1.2), (0.8, 1.3)], "is not seen to come back more or less"),
        ([(1.1, 3.0)], "comes back more"),
    ],
)
def test_headline_says_what_size_may_explain(ratios: list[tuple[float, float]], told: str) -> None:
    """Larger changes are repaired more: what is gone with size held equal is told as that."""
    said = fails_more(failed(0.05, 0.02, (-0.01, 0.04)), repaired(*ratios), "builds_ai")
    assert said == f"AI work is not seen to fail more or less and {told}"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (failed(0.05, 0.02, (0.01, 0.04)), "AI work fails more"),
        (failed(0.01, 0.02, (-0.03, -0.01)), "AI work fails less"),
        (failed(0.05, 0.02, (-0.01, 0.04)), "AI work is not seen to fail more or less"),
        (failed(0.028, 0.022, (-0.015, -0.003)), "AI work fails more over all and less where they are alike"),
    ],
)
def test_headline_says_no_more_than_both_ways_of_looking_do(rows: pl.DataFrame, told: str) -> None:
    """A direction is claimed where the groups and the comparison of like with like agree on it."""
    assert fails_more(rows, NO_REPAIRS, "builds_ai").startswith(told)


def test_too_few_deployments_are_counted_and_bounds_have_a_minus() -> None:
    """No share is told of none, and a bound below nothing has the sign that it has everywhere."""
    rows = failed(0.05, 0.02, (-0.053, 0.051)).with_columns(denominator=pl.Series([40.0, 0.0, None]))
    none = pl.col("group") == "without AI"
    rows = rows.with_columns(pl.when(none).then(None).otherwise(pl.col("value")).alias("value"))
    told = "\n".join(compared_failures(rows, "builds_ai"))
    assert "5.0% [0.0 – 100.0] of 40 deployments failed." in told
    assert "0 deployments, too few to say." in told
    assert "anything from −5.3 to +5.1 points" in told


def test_what_is_held_equal_is_told_in_words() -> None:
    """A logarithm is how size is held equal, and not what is."""
    rows = repaired((0.7, 1.2)).with_columns(
        group=pl.lit("AI"),
        days=30,
        value=0.9,
        p_value=0.5,
        adjusted_for=pl.lit("repository, log of paths, maintainability"),
    )
    (told,) = compared_rework(rows, "builds_ai")
    assert told.startswith("- **With the same repository, size in files and maintainability:** AI work is repaired at")
