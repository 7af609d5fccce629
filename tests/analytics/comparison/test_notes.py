from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from analytics.comparison.discoveries import q_values


@given(st.lists(st.floats(0.0, 1.0, allow_subnormal=False), min_size=1, max_size=12))
def test_q_values_are_those_of_scipy(p_values: list[float]) -> None:
    """The false discovery rate is controlled as by the library that is too slow to import."""
    expected = np.atleast_1d(false_discovery_control(p_values))
    np.testing.assert_allclose(q_values(p_values), expected, rtol=1e-15)
