from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from scipy import stats

from analytics.reports.bottlenecks import Bottlenecks
from analytics.text.whatif import sentences_of
from analytics.whatif.compute import NOBODY_BEHIND, StageModel, WhatIf
from analytics.whatif.effect import Bounds, Effect
from analytics.whatif.load import pickup_by_load
from analytics.whatif.stages import Changes, best_quartile
from tests.builders.changes import change, cohort

YEAR = 8760.0
UNTIL = datetime(2027, 3, 1)


def reviewed(dice: np.random.Generator, repositories: int, load: float | None, *, count: int = 400) -> pl.DataFrame:
    """A year of changes: one reviewer takes them in turn, busy for `load` of the time; None: whoever comes is taken."""
    rows = []
    for place in range(repositories):
        at = np.sort(dice.uniform(0.0, YEAR, count))
        work, free = dice.exponential((load or 0.5) * YEAR / count, count), 0.0
        for begun, takes in zip(at.tolist(), work.tolist(), strict=True):
            wait = float(dice.exponential(10.0)) if load is None else max(free - begun, 0.0)
            free = begun + wait + takes if load is not None else free
            hours = [wait, takes, 1.0, None, None, 1.0, None]
            rows.append(change(f"acme/{place}", "production", begun, hours, until=UNTIL))
    return cohort(rows).changes


def test_a_queue_is_seen_where_there_is_one() -> None:
    """Pickup grows with the arrivals of the week where one reviewer takes all in turn."""
    found = pickup_by_load(reviewed(np.random.default_rng(1), 6, 0.85))
    assert found is not None
    assert 1.3 < found.lower < found.value


def test_no_queue_is_rarely_seen_where_there_is_none() -> None:
    """Where pickups know nothing of each other, at most 6 of 60 companies seem to have a queue."""
    dice = np.random.default_rng(2)
    found = [pickup_by_load(reviewed(dice, 3, None, count=150)) for _ in range(60)]
    assert sum(one is not None and not one.lower <= 1.0 <= one.upper for one in found) <= 6
    assert np.mean([np.log(one.value) for one in found if one is not None]) == pytest.approx(0.0, abs=0.1)


def test_slope_is_that_of_least_squares_with_constants_for_months() -> None:
    """As numpy solves it with a column for each repository and month; arrivals counted one by one."""
    changes = reviewed(np.random.default_rng(3), 2, 0.6, count=120)
    rows = changes.select("repo", "code_complete_at", "pickup_hours").sort("repo", "code_complete_at").to_dicts()
    begun = {row["repo"]: row["code_complete_at"] for row in reversed(rows)}
    x, z, cell = [], [], []
    for row in rows:
        back = [
            (row["code_complete_at"] - other["code_complete_at"]).total_seconds() / 3600.0
            for other in rows
            if other["repo"] == row["repo"]
        ]
        if (row["code_complete_at"] - begun[row["repo"]]).total_seconds() < 168 * 3600:
            continue
        x.append(np.log1p(sum(0.0 < hours <= 168.0 for hours in back)))
        z.append(np.log(row["pickup_hours"] + 0.1))
        month = int(row["code_complete_at"].replace(tzinfo=None).timestamp() // (730.5 * 3600))
        cell.append((row["repo"], month))
    codes = {key: place for place, key in enumerate(sorted(set(cell)))}
    constants = np.eye(len(codes))[[codes[key] for key in cell]]
    solved = np.linalg.lstsq(np.column_stack([x, constants]), np.array(z), rcond=None)[0]
    found = pickup_by_load(changes)
    assert found is not None
    assert np.log2(found.value) == pytest.approx(solved[0], rel=1e-6)
    # The interval is that of Student's t with fewer degrees than there are months.
    left = np.array(z) - np.column_stack([x, constants]) @ solved
    inside = np.array(x) - constants @ np.linalg.lstsq(constants, np.array(x), rcond=None)[0]
    error = np.sqrt(((constants.T @ (inside * left)) ** 2).sum()) / (inside**2).sum()
    reach = (np.log2(found.upper) - np.log2(found.value)) / error
    assert stats.t.ppf(0.975, len(codes)) < reach < stats.t.ppf(0.975, 5)


def test_few_changes_say_nothing_of_load() -> None:
    """Forty changes are too few; so is one month."""
    assert pickup_by_load(reviewed(np.random.default_rng(4), 1, 0.5, count=40)) is None
    some = reviewed(np.random.default_rng(5), 1, 0.5)
    assert pickup_by_load(some.head(100)) is None


def what_if(kind: str, stage: str, load: Bounds | None) -> WhatIf:
    """A what-if that saves 41 hours."""
    gained = (Bounds(0.0, -0.1, 0.1), Bounds(0.0, -0.01, 0.01))
    effect = Effect(Bounds(41.0, 35.0, 48.0), gained, (0.5, 0.9), 100.0, (168.0, 720.0), 812, 7, "repository")
    return WhatIf(kind, stage, "rate of other work", effect, "", load=load)


@pytest.mark.parametrize(
    ("what", "says", "queue"),
    [
        (what_if("rate_of_others", "review", None), True, False),
        (what_if("rate_of_others", "review", Bounds(1.4, 1.1, 1.7)), True, True),
        (what_if("rate_of_others", "review", Bounds(1.1, 0.9, 1.3)), True, False),
        (what_if("rate_of_others", "build", Bounds(1.4, 1.1, 1.7)), True, False),
        (what_if("release_cadence", "release", None), False, False),
    ],
)
def test_a_sentence_says_what_it_assumes(what: WhatIf, says: bool, queue: bool) -> None:
    """Only a replay of releases assumes no queue; a queue of reviewers is named where it is significant and theirs."""
    (sentence,) = sentences_of(Bottlenecks("all", 812, (), (what,), 6.0, datetime(2026, 1, 1)))
    assert (NOBODY_BEHIND in sentence.text) is says
    assert ("after a week with twice the arrivals, so others would gain too" in sentence.text) is queue


def test_notes_of_the_report_say_it_too() -> None:
    """Each what-if of the flow has its assumption in its note, and the queue where there is one."""
    dice = np.random.default_rng(6)
    queued = StageModel(Changes.of(reviewed(dice, 6, 0.85)))
    notes = {what.stage: what.note for what in queued.best_months()} | {
        "review": queued.stage_time("review", 0.5).note,
        "merge": queued.stage_time("merge", 0.5).note,
    }
    assert all(NOBODY_BEHIND in note for note in notes.values())
    assert "reviewers are a queue" in notes["review"]
    assert "queue" not in notes["merge"]


def test_quiet_months_are_no_lever() -> None:
    """Pickup is short in months in which little came and nowhere else: none of those is among the best."""
    rows, dice = [], np.random.default_rng(7)
    for month in range(12):
        quiet = month % 2 == 0
        for at in dice.uniform(730.5 * month, 730.5 * (month + 1), 15 if quiet else 60).tolist():
            hours = [float(dice.exponential(4.0 if quiet else 40.0)), 1.0, 1.0, None, None, 1.0, None]
            rows.append(change("acme/shop", "production", at, hours, until=UNTIL))
    frame = cohort(rows).changes
    changes = Changes.of(frame)
    donors = best_quartile(changes, changes.stays, 0)
    assert donors is None or donors.counts.onward[:, :, :10].sum() < 0.5 * donors.counts.onward.sum()
    saved = {what.stage: what.effect.hours_saved.value for what in StageModel(changes).best_months()}
    assert saved.get("pickup", 0.0) < 8.0
