"""Comparisons keep their promises on simulated companies; `benchmarks/compare.py` prints the whole table."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from analytics.cohort.cohort import LEAD_STAGES
from analytics.comparison import ai_beside_other, compare
from tests.builders.companies import EFFECT, NOTHING, company

SEEDS = 200
CHANGES = {5: 300, 12: 500}


def true_hours() -> dict[str, float]:
    """Hours by which the first group stays longer in each stage, in one very large company watched to the end."""
    changes = company(7, 10_000, 600_000, EFFECT, censored=False).changes
    ai = changes["builds_ai"].to_numpy()
    past = np.zeros(len(changes))
    told = {}
    for stage in LEAD_STAGES:
        own = changes[f"{stage}_hours"].fill_null(0.0).to_numpy()
        spent = np.minimum(past + own, 720.0) - np.minimum(past, 720.0)
        told[f"mean_hours_{stage}"] = float(spent[ai].mean() - spent[~ai].mean())
        past = past + own
    told["mean_hours_waiting"] = sum(told.values())
    return told


@pytest.mark.slow
@pytest.mark.parametrize("repositories", [5, 12])
def test_tests_and_intervals_keep_their_promise(repositories: int) -> None:
    """Of 200 companies without a difference few tests see one; of 200 with one the intervals hold it.

    All tests together reject at most 6 % of the time, each no more than chance allows around 5 %; intervals together
    hold the truth in 92 to 98 %.
    """
    rejected: dict[str, list[bool]] = defaultdict(list)
    held: dict[str, list[bool]] = defaultdict(list)
    truth = true_hours()
    for seed in range(SEEDS):
        for one in compare(company(seed, repositories, CHANGES[repositories], NOTHING), ai_beside_other()).measures:
            if one.p_value is not None:
                rejected[f"{one.name} {one.basis}"].append(one.p_value <= 0.05)
        found = compare(company(seed + 5000, repositories, CHANGES[repositories], EFFECT), ai_beside_other())
        for one in found.measures:
            if one.lower is not None and one.upper is not None and one.name in truth:
                held[f"{one.name} {one.basis}"].append(one.lower <= truth[one.name] <= one.upper)
    by_chance = 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / SEEDS)
    assert {name: np.mean(told) for name, told in rejected.items() if np.mean(told) > by_chance} == {}
    assert np.mean([np.mean(told) for told in rejected.values()]) <= 0.06
    assert 0.92 <= np.mean([np.mean(told) for told in held.values()]) <= 0.98
    assert {name: np.mean(told) for name, told in held.items() if np.mean(told) < 0.95 - (by_chance - 0.05)} == {}
