from __future__ import annotations

from datetime import datetime
from pathlib import Path

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
from pipeline.demo import build_demo
from tests.builders.demo import session_in
from warehouse.publish import open_published

UNTIL = datetime(2026, 7, 1)
SEEDS = range(100, 104)
WATCHED_DAYS = 60


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """AI beside other work as Headway has it of the whole demo."""
    import io

    folder = tmp_path_factory.mktemp("demo")
    demo = build_demo(folder, session_in(folder), until=UNTIL, clock=lambda: 0.0, stream=io.StringIO())
    with open_published(Path(demo.settings.warehouse_folder)) as connection:
        return compare(read_cohort(connection, Filters(), columns=COMPARED), ai_beside_other())


def truth() -> dict[str, float]:
    """The differences in four other companies of the same process, told by what really happened, by plain means.

    Only what was code complete 60 days before the end: nothing of its first 30 days is unseen.
    """
    end = seconds_of(UNTIL)
    since = end - PRESETS["full"].days * DAY
    rows = []
    for seed in SEEDS:
        for name, count in PRESETS["full"].changes.items():
            repo = simulate_repository(PLANS[name], seed, since, end, count)
            finish_statuses(repo, end)
            rows += rows_of(repo, end)
    table = pl.DataFrame(rows, infer_schema_length=None, strict=False)
    hours = [pl.col(f"{stage}_hours").cast(pl.Float64).fill_null(0.0) for stage in LEAD_STAGES]
    old = pl.col("code_complete_at").cast(pl.String) < f"{datetime.fromtimestamp(end - WATCHED_DAYS * DAY):%Y-%m-%d}"  # noqa: DTZ006
    table = table.filter(old, pl.col("kind") == "work", pl.col("outcome").is_in(["production", "waiting", "abandoned"]))
    ends = table.select(pl.cum_sum_horizontal(*hours).struct.unnest()).to_numpy()
    ai, arrived = table["builds_ai"].to_numpy(), (table["outcome"] == "production").to_numpy()
    week, within = arrived & (ends[:, -1] <= 168.0), np.minimum(ends, 720.0)
    stays = np.diff(within, axis=1, prepend=0.0)
    told = {f"mean_hours_{stage}": stays[:, place] for place, stage in enumerate(LEAD_STAGES)}
    told |= {"mean_hours_waiting": within[:, -1], "share_arrived_7d": week.astype(np.float64)}
    return {name: float(values[ai].mean() - values[~ai].mean()) for name, values in told.items()}


@pytest.mark.slow
def test_the_demo_recovers_the_simulated_truth(found: Comparison) -> None:
    """The differences that the process has lie in the intervals, and what is larger in truth is told so."""
    outside = {}
    for name, value in truth().items():
        one = found.measure(name)
        assert one is not None
        if one.lower is not None and one.upper is not None and not one.lower <= value <= one.upper:
            outside[name] = (value, one.lower, one.upper)
    # Nine intervals of 95 %: one may miss.
    assert len(outside) <= 1, outside
    for name in ("mean_hours_pickup", "mean_hours_review", "mean_hours_merge", "mean_hours_waiting"):
        one = found.measure(name)
        assert one is not None
        assert one.lower is not None
        assert one.lower > 0.0, name
    told = {one.kind: one.sentence for one in findings_of(found)}
    assert told["arrival"].startswith("AI work reaches production later")
