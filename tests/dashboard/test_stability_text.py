from __future__ import annotations

import polars as pl
import pytest

from dashboard.parts.stability import failure_comparison, failure_headline, rework_comparison

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
    ("ratios", "text"),
    [
        ([(1.1, 3.0), (1.2, 3.1)], " and needs rework more often"),
        ([(1.1, 3.0), (0.5, 1.9)], " and needs rework more often, which its size may explain"),
        ([(0.2, 0.9), (0.2, 1.1)], " and needs rework less often, which its size may explain"),
        ([(0.7, 1.2), (0.8, 1.3)], " or rework"),
        ([(1.1, 3.0)], " and needs rework more often"),
    ],
)
def test_headline_says_what_size_may_explain(ratios: list[tuple[float, float]], text: str) -> None:
    """Larger changes are repaired more often: a difference that is gone when adjusted for size says so."""
    said = failure_headline(failed(0.05, 0.02, (-0.01, 0.04)), repaired(*ratios), "builds_ai")
    assert said == f"AI work shows no significant difference in failures{text}"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (failed(0.05, 0.02, (0.01, 0.04)), "AI work fails more often"),
        (failed(0.01, 0.02, (-0.03, -0.01)), "AI work fails less often"),
        (failed(0.05, 0.02, (-0.01, 0.04)), "AI work shows no significant difference in failures"),
        (failed(0.028, 0.022, (-0.015, -0.003)), "AI work fails more often overall but less often like for like"),
    ],
)
def test_headline_says_no_more_than_both_ways_of_looking_do(rows: pl.DataFrame, text: str) -> None:
    """A direction is claimed where the groups and the comparison of like with like agree on it."""
    assert failure_headline(rows, NO_REPAIRS, "builds_ai").startswith(text)


def test_too_few_deployments_are_counted_and_bounds_have_a_minus() -> None:
    """Of no deployments there is no share, and a negative bound has a minus sign."""
    rows = failed(0.05, 0.02, (-0.053, 0.051)).with_columns(denominator=pl.Series([40.0, 0.0, None]))
    none = pl.col("group") == "without AI"
    rows = rows.with_columns(pl.when(none).then(None).otherwise(pl.col("value")).alias("value"))
    told = "\n".join(failure_comparison(rows, "builds_ai"))
    assert "5.0% [0.0 – 100.0] of 40 deployments failed." in told
    assert "0 deployments, too few to say." in told
    assert "no significant difference (95% CI −5.3 to +5.1 points)" in told


def test_ratio_names_its_adjustments_and_its_interval() -> None:
    """Adjustments are in plain words, without the logarithm, and the interval decides what is claimed."""
    rows = repaired((0.7, 1.2)).with_columns(
        group=pl.lit("AI"),
        days=30,
        value=0.9,
        p_value=0.5,
        adjusted_for=pl.lit("repository, log of paths, maintainability"),
    )
    (told,) = rework_comparison(rows, "builds_ai")
    assert told == (
        "- **Adjusted for repository, size in files and maintainability:** rate ratio 0.90 (95% CI 0.70–1.20):"
        " no significant difference."
    )
