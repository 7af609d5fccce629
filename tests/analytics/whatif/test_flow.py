from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.cohort.cohort import LEAD_STAGES, Cohort
from analytics.cohort.working_time import WorkingCalendar
from analytics.survival import restricted_mean_hours
from analytics.whatif.clock import Clock
from analytics.whatif.compute import ALL_STAGES, StageModel
from analytics.whatif.flow import difference
from analytics.whatif.stages import Changes, of_others
from collectors.simulate.company import rates
from tests.builders.changes import START, cohort, simulated
from tests.builders.changes import change as row

REVIEW, RELEASE = LEAD_STAGES.index("review"), LEAD_STAGES.index("release")
LATER = START + timedelta(days=1500)


def drawn(
    seed: int, changes: int, repositories: int = 6, *, seen_hours: float | None = None, every: float = 1.0
) -> Cohort:
    """Pickup (exponential, mean 20 h), then release (mean 60 h), or abandoned at a hazard of 1/200 in pickup.

    `seen_hours`: each is watched for up to so many hours, uniformly; to its end when not given.
    """
    dice = np.random.default_rng(seed)
    rows = []
    for number in range(changes):
        pickup, gone, release = dice.exponential(20), dice.exponential(200), dice.exponential(60)
        pickup, gone, release = round(pickup, 4), round(gone, 4), round(release, 4)
        outcome, hours = "production", [pickup, release]
        if gone < pickup:
            outcome, hours = "abandoned", [gone]
        seen = np.inf if seen_hours is None else round(dice.uniform(0, seen_hours), 4)
        if sum(hours) > seen:
            outcome = "waiting"
            hours = [hours[0], seen - hours[0]] if hours[0] < seen else [seen]
        release_hours = hours[1] if len(hours) > 1 else None
        stages: list[float | None] = [hours[0], None, None, None, None, release_hours, None]
        rows.append(row(f"acme/{number % repositories}", outcome, number * every, stages, until=LATER))
    return cohort(rows)


def model(changes: Cohort) -> StageModel:
    """The model of a cohort."""
    return StageModel(Changes.of(changes.changes))


def test_stages_of_known_rates_keep_their_known_hours() -> None:
    """Two exponential stages with competing abandonment take the hours that their rates say."""
    expected = model(drawn(1, 20_000)).before
    leaves = 1 / 20 + 1 / 200
    ships = (1 / 20) / leaves
    assert expected.stage_hours[0, 0] == pytest.approx(1 / leaves, rel=0.02)
    assert expected.stage_hours[0, RELEASE] == pytest.approx(ships * 60, rel=0.03)
    assert expected.arrived[0, 1] == pytest.approx(ships, abs=0.01)


@pytest.mark.parametrize(
    ("hours", "production"),
    [
        ([10.0, None, None, None, None, None, None], 710.0),
        ([10.0, 20.0, 5.0, 1.0, 2.0, 30.0, 3.0], 649.0),
        ([None, None, None, None, None, 60.0, None], 660.0),
        ([None, 20.0, None, 7.0, None, None, 3.0], 690.0),
    ],
    ids=["pickup alone", "all stages", "release alone", "some"],
)
def test_work_that_goes_one_way_takes_its_own_hours(hours: list[float | None], production: float) -> None:
    """Whole hours in each stage of its way, and the rest of 720 in production: nothing goes back or is abandoned."""
    rows = [row(f"acme/{number % 2}", "production", float(number), hours, until=LATER) for number in range(8)]
    expected = model(cohort(rows)).before
    assert expected.stage_hours[0] == pytest.approx([stay or 0.0 for stay in hours], abs=1e-6)
    assert expected.ended_hours[0] == pytest.approx([production, 0.0], abs=1e-6)
    assert expected.arrived[0] == pytest.approx([1.0, 1.0])


def test_work_that_goes_several_ways_takes_the_mean_of_their_hours() -> None:
    """A half ships right from pickup after 10 h, a quarter by 200 h of release, a quarter is abandoned after 10 h."""
    rows = []
    for number in range(16):
        way = ("production", "production", "production", "abandoned")[number % 4]
        release = 200.0 if number % 4 == 2 else None
        hours = [10.0, None, None, None, None, release, None]
        rows.append(row(f"acme/{number // 8}", way, float(number), hours, until=LATER))
    expected = model(cohort(rows)).before
    assert expected.stage_hours[0] == pytest.approx([10.0, 0.0, 0.0, 0.0, 0.0, 50.0, 0.0], abs=1e-6)
    assert expected.ended_hours[0] == pytest.approx([0.5 * 710.0 + 0.25 * 510.0, 0.25 * 710.0], abs=1e-6)
    assert expected.arrived[0] == pytest.approx([0.5, 0.75])


@pytest.mark.slow
def test_work_that_is_not_over_counts_for_what_was_seen_of_it() -> None:
    """Changes of which a sixth is still on its way keep the hours that they have when all are seen to their end."""
    whole, cut = (model(drawn(2, 20_000, seen_hours=hours)) for hours in (None, 400.0))
    assert sum(counts.open.sum() for counts in cut.flow.counts) > 3_000
    np.testing.assert_allclose(cut.before.stage_hours[0], whole.before.stage_hours[0], rtol=0.04)
    np.testing.assert_allclose(cut.before.arrived[0], whole.before.arrived[0], atol=0.02)


def test_the_model_finds_the_hours_of_the_aalen_johansen_estimate() -> None:
    """On the simulated company the flow's mean hours a stage are those of the multi-state estimate, within 5 %."""
    changes = simulated(1, size="tiny")
    aalen_johansen = restricted_mean_hours(changes.moves(), 720.0).mean_hours
    expected = model(changes).before
    np.testing.assert_allclose(expected.stage_hours[0], aalen_johansen[:-2], rtol=0.05, atol=1.0)


@pytest.mark.slow
@settings(max_examples=15)
@given(st.integers(0, 99), st.floats(0.0, 1.0), st.sampled_from(["pickup", "release"]))
def test_states_add_up_and_a_shorter_stage_saves_hours(seed: int, factor: float, stage: str) -> None:
    """With a stage shortened the states still fill the horizon, and no fewer hours are saved than none."""
    ours = model(drawn(seed, 40, seen_hours=300.0))
    for expected in (ours.before, ours.flow.expected({LEAD_STAGES.index(stage): factor})):
        whole = expected.stage_hours.sum(axis=1) + expected.ended_hours.sum(axis=1)
        np.testing.assert_allclose(whole, 720.0, rtol=1e-9)
    effect = ours.stage_time(stage, factor).effect
    assert effect.hours_saved.value >= -1e-6


def test_nothing_replaced_saves_exactly_nothing() -> None:
    """A stage given its own rates saves 0 hours, to the last digit."""
    ours = model(drawn(3, 200))
    after = ours.flow.expected({RELEASE: ours.flow.counts[RELEASE]})
    np.testing.assert_array_equal(after.stage_hours, ours.before.stage_hours)
    np.testing.assert_array_equal(after.arrived, ours.before.arrived)


def test_a_stage_without_time_gives_its_hours_to_production() -> None:
    """Pickup that takes no time saves its mean hours, and what would have been abandoned in it is so at once."""
    ours = model(drawn(4, 5_000))
    effect = ours.stage_time("pickup", 0.0).effect
    # Those who ship spent 1 / (1/20 + 1/200) hours there, as did those who were abandoned.
    assert effect.hours_saved.value == pytest.approx(ours.before.stage_hours[0, 0], rel=0.01)


def test_best_months_of_equal_months_promise_little() -> None:
    """Where all months are alike, the best of them save next to nothing: luck is not taken for a rate."""
    saved = []
    for seed in range(5):
        found = {what.stage: what.effect for what in model(drawn(seed, 3_000, 3, every=5.0)).best_months()}
        saved.append(found["release"].hours_saved.value)
    assert abs(np.mean(saved)) < 2.0  # of 55 hours; the best quarter by its own hours would promise some 12


def test_best_months_that_are_better_are_found() -> None:
    """Where every fourth month is twice as fast, the best quarter saves about half of the stage."""
    changes = drawn(5, 6_000, 2, every=5.0)
    begun = changes.changes["code_complete_at"].dt.epoch("us").to_numpy() / 3.6e9
    fast = np.floor(begun / 730.5).astype(int) % 4 == 0
    rows = []
    for change, quick in zip(changes.changes.drop("hours").to_dicts(), fast.tolist(), strict=True):
        if quick and change["release_hours"] is not None:
            change["release_hours"] /= 4.0
        rows.append(change)
    effect = {what.stage: what.effect for what in model(cohort(rows)).best_months()}["release"]
    before = model(cohort(rows)).before.stage_hours[0, RELEASE]
    assert effect.hours_saved.value == pytest.approx(before - 0.91 * 15.0, rel=0.25)


def test_rates_of_others_are_those_within_the_same_repositories() -> None:
    """AI work that lives in a slow repository gains nothing from other work that is fast because it lives elsewhere."""
    dice = np.random.default_rng(6)
    rows: list[dict[str, Any]] = []
    for number in range(4_000):
        slow = number % 2 == 0
        ai = bool(dice.random() < (0.7 if slow else 0.3))
        hours = round(float(dice.exponential(100.0 if slow else 10.0)), 3)
        stages: list[float | None] = [None, None, 1.0, None, None, hours, None]
        rows.append(
            row(f"acme/{'slow' if slow else 'fast'}-{number % 6}", "production", number / 3, stages, builds_ai=ai)
        )
    changes = Changes.of(cohort(rows).changes)
    ours = changes.frame["builds_ai"].to_numpy()
    found = {what.stage: what.effect for what in StageModel(changes, ours).rates_of_others("other work")}
    assert ALL_STAGES in found
    assert abs(found["release"].hours_saved.value) < 8.0  # not the 80 or so between the repositories


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize(("calendar", "within_hours"), [(None, 15.0), (WorkingCalendar(), 3.5)])
def test_the_flow_finds_what_another_pace_would_have_done(
    seed: int, calendar: WorkingCalendar | None, within_hours: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulated company run again with AI work reviewed and merged as other work is lies within the interval."""
    cohort = simulated(seed).changes
    really = Changes.of(cohort, Clock.of(cohort, calendar))
    ours = really.frame["builds_ai"].to_numpy()
    before = StageModel(really, ours)
    stages = (LEAD_STAGES.index("pickup"), REVIEW, LEAD_STAGES.index("merge"))
    borrowed = {stage: of_others(really, ours, stage) for stage in stages}
    after = before.flow.expected({stage: donors.counts for stage, donors in borrowed.items() if donors is not None})
    predicted = difference(before.before, after, really.units, int(ours.sum()), really.clock).hours_saved
    other = rates.PACES["other"]
    kept = {name: getattr(rates.PACES["ai"], name) for name in ("coding", "rework_chance", "rework", "evaluation")}
    monkeypatch.setattr(rates, "PACES", {**rates.PACES, "ai": replace(other, **kept)})
    again = simulated(seed).where(pl.col("builds_ai")).changes
    alike = StageModel(Changes.of(again, Clock.of(again, calendar)))
    saved = float(before.before.waiting_hours[0] - alike.before.waiting_hours[0])
    assert predicted.lower <= saved <= predicted.upper
    assert predicted.value == pytest.approx(saved, abs=within_hours)
