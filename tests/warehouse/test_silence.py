from __future__ import annotations

from itertools import accumulate

import pytest

from tests.builders.rows import hour
from warehouse.models.deployments.silence import silent_since

DAY = 24.0


@pytest.mark.parametrize(
    ("gaps", "quiet", "silent"),
    [
        ([1] * 20, 29, False),  # a month is no silence
        ([1] * 20, 31, True),
        ([10] * 20, 39, False),  # four of the usual longest gaps
        ([10] * 20, 41, True),
        ([1] * 19 + [25], 31, True),  # one long gap of twenty is not usual
        ([1] * 15 + [25] * 5, 99, False),  # five of them are
        ([1], 500, False),  # of two deployments no gap is typical
    ],
)
def test_silence_is_much_longer_than_the_gaps(gaps: list[float], quiet: float, silent: bool) -> None:
    """Silent from the last deployment on, once nothing came for four of the usual longest gaps and thirty days."""
    days = list(accumulate(gaps, initial=0.0))
    times = [hour(day * DAY) for day in days]
    assert silent_since(times, hour((days[-1] + quiet) * DAY)) == (times[-1] if silent else None)


def test_nothing_deployed_is_not_silent() -> None:
    """Without deployments there is nothing to fall silent."""
    assert silent_since([], hour(0)) is None
