from __future__ import annotations

import numpy as np
import pytest

from tests.analytics.coverage import coverage
from tests.analytics.simulated import GIVEN_UP_PER_HOUR, HORIZON_HOURS, MEAN_HOURS, Company


def test_truth_is_the_closed_form() -> None:
    """Where repositories do not differ, hours in the first stage are those that one integrates by hand."""
    rate = 1.0 / MEAN_HOURS[0] + GIVEN_UP_PER_HOUR[0]
    truth = Company(1, 1).truth()
    assert truth.mean_hours[0] == pytest.approx((1 - np.exp(-rate * HORIZON_HOURS)) / rate, rel=0.01)
    assert truth.mean_hours.sum() == pytest.approx(HORIZON_HOURS, rel=1e-12)
    np.testing.assert_allclose(truth.occupancy.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(truth.occupancy[0, 0], np.exp(-rate * 24.0), atol=0.003)


@pytest.mark.slow
@pytest.mark.parametrize(
    "company",
    [
        Company(1, 400),
        Company(5, 500, differ=0.4),
        Company(12, 800, differ=0.4),
        Company(12, 800, differ=0.4, uneven=0.7),
        Company(30, 1_500, differ=0.4, uneven=0.7),
    ],
    ids=["independent", "5", "12", "12 uneven", "30 uneven"],
)
def test_intervals_hold_the_truth(company: Company) -> None:
    """Of 200 companies with a known truth, 95 % intervals hold it in 92 to 98 %; none of them much less by itself."""
    found = coverage(company, 200)
    for held in (found.occupancy, found.mean_hours):
        assert 0.92 <= np.nanmean(held) <= 0.98
        assert np.nanmin(held) >= 0.88  # four errors of 200 below 95 %
