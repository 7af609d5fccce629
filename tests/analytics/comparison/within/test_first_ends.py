from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.comparison.within.first_ends import FirstEnds
from analytics.survival import CENSORED, incidence

SEEDS = st.integers(0, 10_000)


def changes(seed: int, size: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hours with ties, ends of two ways or none, and weights in whole parts."""
    rng = np.random.default_rng(seed)
    hours = np.round(rng.exponential(20.0, size), int(rng.integers(0, 3)))
    return hours, rng.choice([CENSORED, 0, 0, 1], size), rng.integers(1, 5, size) / 4.0


def by_hand(hours: np.ndarray, ended: np.ndarray, weight: np.ndarray, horizon: float) -> float:
    """The mean hours since the first way of ending, hour by hour."""
    waiting, mean = 1.0, 0.0
    for at in np.unique(hours):
        risk = weight[hours >= at].sum()
        here = hours == at
        mean += max(horizon - at, 0.0) * waiting * weight[here & (ended == 0)].sum() / risk
        waiting *= 1.0 - weight[here & (ended >= 0)].sum() / risk
    return mean


@given(SEEDS)
def test_mean_is_that_of_the_definition(seed: int) -> None:
    """The mean of a gain over ends of one way, with weights and ties, as written down hour by hour."""
    hours, ended, weight = changes(seed)
    estimated = FirstEnds(hours, ended, np.zeros(hours.size, dtype=np.int64), weight, 1)
    found = estimated.mean(lambda at: np.maximum(30.0 - at, 0.0), 0)
    assert found.mean[0] == pytest.approx(by_hand(hours, ended, weight, 30.0))


@pytest.mark.slow
@given(SEEDS)
def test_influence_is_the_derivative_with_respect_to_a_weight(seed: int) -> None:
    """What a change adds is what the estimate moves by, for a little more of its weight."""
    hours, ended, weight = changes(seed)
    none = np.zeros(hours.size, dtype=np.int64)
    found = FirstEnds(hours, ended, none, weight, 1).mean(lambda at: np.maximum(30.0 - at, 0.0), 0)
    for change in range(0, hours.size, 7):
        little = np.where(np.arange(hours.size) == change, 1e-6, 0.0)
        more, less = (by_hand(hours, ended, weight + side * little * weight, 30.0) for side in (1.0, -1.0))
        assert found.influence[change] == pytest.approx((more - less) / 2e-6, abs=1e-5)


@pytest.mark.slow
@given(SEEDS)
def test_groups_are_as_if_alone_and_as_the_incidence_has_them(seed: int) -> None:
    """Each of several groups has the shares and influences that `incidence` gives for it by change."""
    parts = [changes(seed + number, size) for number, size in enumerate((25, 40))]
    hours, ended = (np.concatenate([part[place] for part in parts]) for place in (0, 1))
    group = np.repeat([0, 1], [25, 40])
    shuffled = np.random.default_rng(seed).permutation(hours.size)
    both = FirstEnds(hours[shuffled], ended[shuffled], group[shuffled], np.ones(hours.size), 2)
    for way in (0, 1):
        found = both.mean(lambda at: (at <= 24.0).astype(np.float64), way)
        for code, part in enumerate(parts):
            size = part[0].size
            at = incidence(part[0], part[1], ("a", "b"), cluster=np.arange(size), clusters=size).at([24.0])
            assert at.influence is not None
            assert found.mean[code] == pytest.approx(at.probability[0, way])
            back = found.influence[np.argsort(shuffled)][group == code]
            np.testing.assert_allclose(back, at.influence[:, 0, way], atol=1e-12)


def test_seen_as_long_as_somebody_is_at_risk() -> None:
    """The last hour of each group; after it only where hardly any are left."""
    hours, ended = np.array([5.0, 9.0, 4.0, 7.0]), np.array([0, CENSORED, 0, 0])
    both = FirstEnds(hours, ended, np.array([0, 0, 1, 1]), np.ones(4), 2)
    assert both.seen_at(9.0).tolist() == [True, True]
    assert both.seen_at(10.0).tolist() == [False, True]
