"""The public comparison against R (survival 3.5-3) on the reference cohort; skipped where it is not beside us."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from analytics.cohort.cohort import LEAD_STAGES, Cohort
from analytics.comparison import Comparison, ai_beside_other, compare

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "reference"
pytestmark = pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference cohort is not here")


@pytest.fixture(scope="module")
def found() -> Comparison:
    """AI beside other work of the reference cohort; all code complete on one day, as it has no dates."""
    table = pl.read_csv(REFERENCE / "cohort_dev.csv", infer_schema_length=None)
    stages = [stage for stage in LEAD_STAGES if f"{stage}_end" in table.columns]
    hours, before = {}, pl.lit(0.0)
    for stage in stages:
        hours[f"{stage}_hours"] = pl.col(f"{stage}_end") - before
        before = pl.coalesce(f"{stage}_end", before)
    none = {f"{stage}_hours": pl.lit(None, dtype=pl.Float64) for stage in LEAD_STAGES if stage not in stages}
    day = pl.lit(datetime(2026, 1, 1)).cast(pl.Datetime("us"))
    changes = table.with_columns(
        pl.col("builds_ai") == 1,
        built_with_ai=pl.lit("none"),
        kind=pl.lit("work"),
        code_complete_at=day,
        as_of=day,
        additions=pl.col("size"),
        deletions=0,
        **hours,
        **none,
    )
    return compare(Cohort(changes, 0, 0), ai_beside_other())


def test_score_test(found: Comparison) -> None:
    """All are of one month, so the strata are repositories: observed over expected are those of `survdiff`.

    Errors are by repository: `coxph` with `cluster(repo)` has -0.47179 / 0.07452, a Wald test; a score test is near it.
    """
    one = found.measure("log_rank_production")
    assert one is not None
    assert one.p_value is not None
    assert 1e-5 < one.p_value < 1e-3
    assert "errors by repository and month" in one.note
    assert one.p_value > stats.chi2.sf(42.2618013672, 1)


def test_adjusted_effect(found: Comparison) -> None:
    """The ratio of rates and the check of proportionality are those of `coxph` with strata and `cox.zph`."""
    ratio, check = found.measure("rate_ratio_adjusted"), found.measure("proportional_hazards")
    assert ratio is not None
    assert check is not None
    assert ratio.ai == pytest.approx(np.exp(-0.47179234129), rel=1e-6)
    assert check.p_value == pytest.approx(0.02724879685, rel=1e-6)
    # The interval rests on the robust error of R, and reaches farther than 1.96 of it: there are twelve repositories.
    assert ratio.upper is not None
    reach = (np.log1p(ratio.upper) + 0.47179234129) / 0.07451728694
    assert 1.96 < reach < 2.6


@pytest.mark.parametrize("state", ["review", "merge", "build", "release", "deploy", "production"])
def test_mean_hours(found: Comparison, state: str) -> None:
    """Hours in state of both groups are those of multi-state `survfit`, and the difference is theirs."""
    with (REFERENCE / "dev_mean_hours_in_state_720_se.csv").open(newline="") as file:
        rows = {
            row["builds_ai"]: row for row in csv.DictReader(file) if (row["state"], row["se_by"]) == (state, "repo")
        }
    one = found.measure("mean_hours_in_production" if state == "production" else f"mean_hours_{state}")
    assert one is not None
    assert (one.ai, one.other) == pytest.approx([float(rows[group]["mean_hours"]) for group in "10"], rel=1e-6)
    assert one.difference == pytest.approx(float(rows["1"]["mean_hours"]) - float(rows["0"]["mean_hours"]), rel=1e-6)


@pytest.mark.parametrize(("hours", "name"), [("168", "share_arrived_7d"), ("720", "share_arrived_30d")])
def test_shares(found: Comparison, hours: str, name: str) -> None:
    """The share arrived is the cumulative incidence of `survfit` with abandonment competing."""
    with (REFERENCE / "dev_cif.csv").open(newline="") as file:
        rows = {row["builds_ai"]: row for row in csv.DictReader(file) if row["hours"] == hours}
    one = found.measure(name)
    assert one is not None
    assert (one.ai, one.other) == pytest.approx([float(rows[group]["p_production"]) for group in "10"], rel=1e-6)
