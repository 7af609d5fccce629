from __future__ import annotations

import numpy as np
import pytest

from analytics.cohort.units import THESE
from analytics.pulse.pulse import _group
from tests.builders.changes import change, cohort


def test_lead_of_the_first_stage_is_the_mean_of_its_differences() -> None:
    """Where all arrived, it is the mean of merge less pickup over changes, with the error of a mean of differences."""
    rng = np.random.default_rng(3)
    pickup, merge = rng.uniform(0.0, 20.0, 40), rng.uniform(10.0, 60.0, 40)
    rows = [
        change("acme/a", "production", float(at), [float(first), None, float(second), None, None, None, None])
        for at, (first, second) in enumerate(zip(pickup, merge, strict=True))
    ]
    found = _group("all work", cohort(rows), 720.0, (24.0,), THESE).ahead
    assert found is not None
    assert found.stage == "pickup"
    apart = merge - pickup
    reach = 1.959964 * apart.std() / np.sqrt(apart.size)
    assert found.hours.value == pytest.approx(apart.mean())
    assert found.hours.lower == pytest.approx(apart.mean() - reach, abs=1e-4)
    assert found.hours.upper == pytest.approx(apart.mean() + reach, abs=1e-4)


def test_a_single_stage_is_ahead_of_nothing() -> None:
    """Where a repository tells of one stage alone there is no second."""
    rows = [change("acme/a", "production", float(at), [None, None, 5.0, *[None] * 4]) for at in range(25)]
    assert _group("all work", cohort(rows), 720.0, (24.0,), THESE).ahead is None
