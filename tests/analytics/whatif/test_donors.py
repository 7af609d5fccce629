"""Whose rates a stage gets: stays of whole hours, so that the counts of each step are numbers that one can count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from analytics.cohort.cohort import LEAD_STAGES
from analytics.whatif.stages import FEWEST_DONORS, Changes, Donors, best_quartile, of_others
from tests.builders.changes import START, change, cohort

RELEASE = LEAD_STAGES.index("release")
LATER = START + timedelta(days=1500)
DAY = 24.0


def released(repo: str, at: float, hours: float, **facts: Any) -> dict[str, Any]:
    """A change that waited for its release alone."""
    return change(repo, "production", at, [None, None, None, None, None, hours, None], until=LATER, **facts)


def by_step(donors: Donors | None) -> dict[int, float]:
    """How much each whole hour of a stay counts, over all groups and patterns."""
    assert donors is not None
    onward = donors.counts.onward.sum(axis=(0, 1))
    assert float(donors.counts.gone.sum() + donors.counts.open.sum()) == 0.0
    return {int(step): round(float(onward[step]), 6) for step in np.flatnonzero(onward > 1e-9)}


def test_repositories_with_too_few_months_keep_their_own_rates() -> None:
    """Ten months in which every fourth takes 10 h instead of 100; thirty changes of 500 h in one month elsewhere."""
    rows = []
    for number in range(300):
        at = number * DAY
        begun = START.timestamp() / 3600.0 + at
        rows.append(released("acme/busy", at, 10.0 if int(begun // 730.5) % 4 == 0 else 100.0))
    rows += [released("acme/calm", number * DAY, 500.0) for number in range(30)]
    changes = Changes.of(cohort(rows).changes)
    steps = by_step(best_quartile(changes, changes.stays, RELEASE))
    assert steps[500] == 30.0
    assert sum(steps.values()) == pytest.approx(330.0)
    assert steps[10] > 200.0  # of a quarter of the months


def test_others_count_as_much_as_ours_in_each_repository() -> None:
    """Eighty others count a half each beside forty of ours; ours without others keep their rates; others alone drop."""
    rows = [released("acme/both", number * DAY, 10.0, builds_ai=True) for number in range(40)]
    rows += [released("acme/both", number * DAY, 20.0) for number in range(80)]
    rows += [released("acme/ours", number * DAY, 500.0, builds_ai=True) for number in range(30)]
    rows += [released("acme/theirs", number * DAY, 300.0) for number in range(25)]
    changes = Changes.of(cohort(rows).changes)
    donors = of_others(changes, changes.frame["builds_ai"].to_numpy(), RELEASE)
    assert by_step(donors) == {20: 40.0, 500: 30.0}
    assert donors is not None
    assert (donors.stays, donors.words) == (80, "1 repository with 57% of the stays")


@pytest.mark.parametrize(("others", "enough"), [(FEWEST_DONORS, True), (FEWEST_DONORS - 1, False)])
def test_fewer_than_twenty_others_lend_nothing(others: int, enough: bool) -> None:
    """Of repositories with both alone; and nothing is lent where none are ours."""
    rows = [released("acme/both", number * DAY, 10.0, builds_ai=True) for number in range(5)]
    rows += [released("acme/both", number * DAY, 20.0) for number in range(others)]
    rows += [released("acme/theirs", number * DAY, 300.0) for number in range(50)]
    changes = Changes.of(cohort(rows).changes)
    ours = changes.frame["builds_ai"].to_numpy()
    assert (of_others(changes, ours, RELEASE) is not None) is enough
    assert of_others(changes, np.zeros_like(ours), RELEASE) is None
