from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from analytics.cohort.cohort import LEAD_STAGES, read_cohort
from analytics.cohort.filters import Filters
from analytics.comparison import Comparison, ai_beside_other, compare
from analytics.comparison.report import COMPARED
from analytics.text.findings import findings_of
from collectors.simulate.company.plan import PLANS, PRESETS
from collectors.simulate.events.clock import DAY, seconds_of
from collectors.simulate.events.ship import finish_statuses
from collectors.simulate.run import simulate_repository
from collectors.simulate.writers.truth import rows_of
from pipeline.session import Session
from tests.builders.demo import UNTIL
from warehouse.publish import open_published

SEEDS = range(100, 104)
WATCHED_DAYS = 60


@pytest.fixture(scope="module")
def found(whole_company: Session) -> Comparison:
    """AI beside other work as Headway has it of the whole demo."""
    with open_published(whole_company.settings.warehouse_folder) as connection:
        return compare(read_cohort(connection, Filters(), columns=COMPARED), ai_beside_other())


@pytest.fixture(scope="module")
def truth() -> pl.DataFrame:
    """Four other companies of the same process, told by what really happened, with the end of each stage in hours.

    Only what was code complete 60 days before the end: nothing of its first 30 days is unseen.
    """
    end = seconds_of(UNTIL)
    since = end - PRESETS["full"].days * DAY
    rows = []
    for seed in SEEDS:
        for name, count in PRESETS["full"].changes.items():
            repo = simulate_repository(PLANS[name], seed, since, end, count)
            finish_statuses(repo, end)
            rows += [{**row, "seed": seed} for row in rows_of(repo, end)]
    table = pl.DataFrame(rows, infer_schema_length=None, strict=False)
    hours = [pl.col(f"{stage}_hours").cast(pl.Float64).fill_null(0.0) for stage in LEAD_STAGES]
    old = pl.col("code_complete_at").cast(pl.String) < f"{datetime.fromtimestamp(end - WATCHED_DAYS * DAY):%Y-%m-%d}"  # noqa: DTZ006
    table = table.filter(old, pl.col("kind") == "work", pl.col("outcome").is_in(["production", "waiting", "abandoned"]))
    ends = table.select(pl.cum_sum_horizontal(*hours).struct.unnest()).to_numpy()
    return table.with_columns(pl.Series("ends", ends))


def plain_differences(truth: pl.DataFrame) -> dict[str, float]:
    """AI less other work, by plain means."""
    ends, ai = truth["ends"].to_numpy(), truth["builds_ai"].to_numpy()
    arrived = (truth["outcome"] == "production").to_numpy()
    week, within = arrived & (ends[:, -1] <= 168.0), np.minimum(ends, 720.0)
    stays = np.diff(within, axis=1, prepend=0.0)
    told = {f"mean_hours_{stage}": stays[:, place] for place, stage in enumerate(LEAD_STAGES)}
    told |= {"mean_hours_waiting": within[:, -1], "share_arrived_7d": week.astype(np.float64)}
    return {name: float(values[ai].mean() - values[~ai].mean()) for name, values in told.items()}


def ratio_of_times(truth: pl.DataFrame) -> float:
    """How many times as long AI work takes within company, repository and month, by pairs of geometric means."""
    arrived = (truth["outcome"] == "production").to_numpy()
    hours = np.where(arrived, np.clip(truth["ends"].to_numpy()[:, -1], 0.25, 720.0), 720.0)
    rows = truth.select("seed", "repo", "builds_ai", month=pl.col("code_complete_at").cast(pl.String).str.slice(0, 7))
    cells = (
        rows.with_columns(log=pl.Series(np.log(hours)))
        .group_by("seed", "repo", "month")
        .agg(
            ai=pl.col("log").filter("builds_ai").mean(),
            other=pl.col("log").filter(~pl.col("builds_ai")).mean(),
            weight=pl.col("builds_ai").sum() * (~pl.col("builds_ai")).sum() / pl.len(),
        )
    )
    both = cells.drop_nulls()
    apart, weight = (both["ai"] - both["other"]).to_numpy(), both["weight"].to_numpy()
    return float(np.exp(weight @ apart / weight.sum()))


@pytest.mark.slow
def test_the_demo_recovers_the_simulated_truth(found: Comparison, truth: pl.DataFrame) -> None:
    """The differences that the process has lie in the intervals, and what is larger in truth is told so."""
    outside = {}
    for name, value in plain_differences(truth).items():
        one = found.measure(name)
        assert one is not None
        if one.lower is not None and one.upper is not None and not one.lower <= value <= one.upper:
            outside[name] = (value, one.lower, one.upper)
    # Nine intervals of 95 %: one may miss.
    assert len(outside) <= 1, outside
    for name in ("mean_hours_pickup", "mean_hours_review", "mean_hours_merge", "mean_hours_waiting"):
        one = found.like_with_like(name)
        assert one is not None
        assert one.lower is not None
        assert one.lower > 0.0, name


@pytest.mark.slow
def test_the_demo_says_how_many_times_as_long_ai_work_takes(found: Comparison, truth: pl.DataFrame) -> None:
    """The ratio of the process is in both intervals, and the first finding tells it."""
    ratio, true = found.like_with_like("time_ratio"), ratio_of_times(truth)
    assert 2.0 < true < 2.7
    assert ratio is not None
    assert ratio.lower is not None
    assert ratio.upper is not None
    assert 1.0 + ratio.lower <= true <= 1.0 + ratio.upper
    assert ratio.p_like_these is not None
    assert 1.0 + (ratio.lower_like_these or -1.0) <= true <= 1.0 + (ratio.upper_like_these or np.inf)
    first = findings_of(found)[0]
    start = "Within the same repositories and months, AI work takes 2."
    assert (first.kind, first.sentence[: len(start)], first.significant) == ("arrival", start, True)
