from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.cohort.cohort import Cohort
from analytics.cohort.columns import GRID_HOURS
from analytics.cohort.kinds import Excluded
from analytics.comparison import (
    ALL,
    Comparison,
    Measure,
    ai_beside_other,
    before_beside_after,
    compare,
    comparison_table,
    team_beside_rest,
)
from analytics.comparison.contrasts import contrasts_by
from analytics.comparison.notes import note_of
from analytics.comparison.report import COMPARISON
from analytics.survival.errors.small_samples import BETWEEN_UNITS, reach_of
from headway.errors import UsageError
from tests.builders.companies import EFFECT, company

BUILDS = ai_beside_other()


def figures(found: Comparison) -> dict[tuple[str, str], Measure]:
    """The measures by name and basis."""
    return {(one.name, one.basis): one for one in found.measures}


def numbers(one: Measure) -> list[float]:
    """What a measure tells, nan where it tells nothing."""
    return [np.nan if value is None else value for value in (one.difference, one.lower, one.upper, one.p_value)]


@pytest.fixture(scope="module")
def slower() -> Comparison:
    """A company of twelve repositories in which AI work waits longer for review."""
    return compare(company(1, 12, 800, EFFECT**2), BUILDS)


def test_report_has_the_columns_of_the_contract(slower: Comparison) -> None:
    """The first ten are what users' scripts hold on to, and a measure's name is met once."""
    table = comparison_table(slower)
    promised = ["measure", "ai", "other", "difference", "lower", "upper", "p_value", "n_ai", "n_other", "note"]
    assert table.columns[:10] == promised
    assert table.columns == list(COMPARISON)
    assert table["measure"].is_unique().all()
    assert {"share_arrived_24h", "share_arrived_7d", "share_arrived_30d", "median_hours"} <= set(table["measure"])


def test_difference_is_seen_where_it_is(slower: Comparison) -> None:
    """The stage that was made slower is told from chance, with an interval around its difference."""
    one = slower.measure("mean_hours_review")
    assert one is not None
    assert one.lower is not None
    assert one.difference is not None
    assert 0.0 < one.lower < one.difference < (one.upper or 0.0)
    assert one.difference == pytest.approx((one.ai or 0.0) - (one.other or 0.0))
    assert one.p_value is None, "a plain difference is a description"
    within = slower.like_with_like("mean_hours_review")
    assert within is not None
    assert within.significant
    assert within.q_value is not None
    assert within.q_value >= (within.p_value or 1.0)
    assert "Benjamini" in note_of(within, slower)


def test_hours_add_up(slower: Comparison) -> None:
    """The hours of the stages add up to those of all waiting, and their shares to one."""
    for name in (ALL, BUILDS.basis):
        told = {key[0]: one for key, one in figures(slower).items() if key[1] == name}
        stages = [f"mean_hours_{stage}" for stage in ("pickup", "review", "merge", "release", "deploy")]
        assert sum(told[stage].ai or 0.0 for stage in stages) == pytest.approx(told["mean_hours_waiting"].ai)
        assert sum(one.other or 0.0 for key, one in told.items() if key.startswith("share_of_wait")) == pytest.approx(
            1.0
        )


def test_groups_exchanged_turn_the_difference_around() -> None:
    """What AI work has more, other work has less, with the same bounds and the same chance."""
    cohort = company(2, 8, 300, EFFECT)
    turned = replace(BUILDS, first=~pl.col("builds_ai"), group="other", beside="AI")
    ours, theirs = figures(compare(cohort, BUILDS)), figures(compare(cohort, turned))
    for (name, basis), one in ours.items():
        other = theirs[name, basis]
        if one.unit not in {"share", "hours"} or one.ai is None:
            continue
        assert [one.ai, one.other] == pytest.approx([other.other, other.ai])
        difference, lower, upper, p_value = numbers(other)
        assert numbers(one) == pytest.approx([-difference, -upper, -lower, p_value], nan_ok=True)


@pytest.mark.slow
@settings(max_examples=5)
@given(st.integers(0, 10_000))
def test_order_of_changes_means_nothing(seed: int) -> None:
    """The same changes in another order give the same figures."""
    cohort = company(3, 6, 90)
    shuffled = replace(cohort, changes=cohort.changes.sample(fraction=1.0, shuffle=True, seed=seed))
    for one, other in zip(compare(cohort, BUILDS).measures, compare(shuffled, BUILDS).measures, strict=True):
        assert one.name == other.name
        assert numbers(one) == pytest.approx(numbers(other), rel=1e-5, abs=1e-8, nan_ok=True)


def test_too_few_changes_claim_nothing_and_say_how_many_would() -> None:
    """Below twenty changes of a group there is no figure, but the number needed."""
    cohort = company(4, 6, 200)
    few = replace(
        cohort,
        changes=pl.concat([cohort.changes.filter("builds_ai").head(7), cohort.changes.filter(~pl.col("builds_ai"))]),
    )
    found = compare(few, BUILDS)
    assert not found.enough
    assert {one.difference for one in found.measures} == {None}
    assert {one.n_ai for one in found.measures} == {7}
    needed = found.measures[0].n_needed
    # n = z² p (1 - p) (1 + 1/ratio) / δ² with z = 1.96 + 0.84, p = ½ and δ = 0.1, the other group far larger.
    ratio = (len(few.changes) - 7) / 7
    assert needed == pytest.approx(7.849 * 0.25 * (1 + 1 / ratio) / 0.01, rel=0.01)
    assert "too few to say" in note_of(found.measures[0], found)


def test_nothing_at_all_gives_no_row() -> None:
    """No change, or a group without any, is no error."""
    nothing = compare(replace(company(5, 6, 50), changes=company(5, 6, 50).changes.head(0)), BUILDS)
    assert comparison_table(nothing).height == 0
    one_sided = company(5, 6, 50).where(~pl.col("builds_ai"))
    assert compare(one_sided, BUILDS).ai.changes == 0


def test_within_repositories_what_is_only_place_is_gone() -> None:
    """AI work that lives in slow repositories looks slow; within repositories it is not, and the note says so."""
    cohort = company(6, 12, 1500, spread=0.9)
    pace = cohort.changes.group_by("repo").agg(pl.col("hours").median()).sort("hours")["repo"].to_list()
    slow, lots = pl.col("repo").is_in(pace[6:]), pl.col("change_id").cast(pl.Int64)
    moved = cohort.changes.with_columns(builds_ai=pl.when(slow).then(lots % 10 < 8).otherwise(lots % 10 < 1))
    found = compare(replace(cohort, changes=moved), BUILDS)
    plain, within = found.measure("mean_hours_waiting"), found.like_with_like("mean_hours_waiting")
    assert plain is not None
    assert within is not None
    assert abs(within.difference or 0.0) < 0.3 * abs(plain.difference or 0.0)
    assert found.support is not None
    assert found.support.repositories_overlap < 0.5
    assert "other repositories" in note_of(plain, found)
    assert "cells with both groups" in note_of(within, found)


def test_one_repository_is_cut_into_months() -> None:
    """Changes of one repository that ship together are no independent witnesses: its months are the units."""
    found = compare(company(7, 1, 300), BUILDS)
    assert found.units == "change"  # three months are too few
    cohort = company(7, 1, 600)
    spread = pl.col("code_complete_at") + pl.duration(days=3 * (pl.col("code_complete_at").dt.ordinal_day() - 1))
    assert compare(replace(cohort, changes=cohort.changes.with_columns(code_complete_at=spread)), BUILDS).units == (
        "repository and month"
    )


def test_plain_differences_describe_and_are_never_significant(slower: Comparison) -> None:
    """Of all changes there are figures and intervals, but tests alone of rates, which are within repositories."""
    plain = {one.name: one for one in slower.measures if one.basis == ALL}
    tested = {name for name, one in plain.items() if one.p_value is not None}
    assert tested == {"log_rank_production", "rate_ratio_adjusted", "proportional_hazards"}
    assert all(plain[name].lower is not None for name in ("median_hours", "mean_hours_waiting", "share_arrived_7d"))
    assert not any(one.significant for one in plain.values() if one.unit in {"share", "hours"})


def test_median_that_is_not_reached_has_no_difference() -> None:
    """Where half of a group never arrives there is no median to subtract."""
    cohort = company(8, 6, 300)
    stuck = pl.when("builds_ai").then(pl.lit("abandoned")).otherwise("outcome")
    one = compare(replace(cohort, changes=cohort.changes.with_columns(outcome=stuck)), BUILDS).measure("median_hours")
    assert one is not None
    assert (one.ai, one.difference, one.p_value) == (None, None, None)
    assert one.other is not None
    assert "not reached in the first group" in one.note


def test_groups_watched_for_days_say_nothing_of_a_month() -> None:
    """Where one group was only watched for some days, later shares are unknown and the horizon shrinks."""
    cohort = company(9, 6, 400)
    cut = pl.min_horizontal("hours", pl.when("builds_ai").then(pl.lit(200.0)).otherwise(pl.lit(1e9)))
    rows = cohort.changes.filter(~pl.col("builds_ai") | (pl.col("hours") <= 200.0) | (cut == 200.0))
    short = rows.filter(~pl.col("builds_ai") | (pl.col("hours") <= 200.0) & (pl.col("outcome") != "waiting"))
    waits = rows.filter(pl.col("builds_ai") & (pl.col("outcome") == "waiting") & (pl.col("hours") < 200.0)).head(20)
    found = compare(replace(cohort, changes=pl.concat([short, waits])), BUILDS)
    month = found.measure("share_arrived_30d")
    assert month is not None
    assert (month.difference is None) == (found.horizon_hours < 720.0)


def test_a_day_parts_before_from_after() -> None:
    """From a day on, beside what was before it, in the same repositories and with time not held equal."""
    cohort = company(10, 6, 400)
    found = compare(cohort, before_beside_after(datetime(2026, 2, 1)))
    after = cohort.changes.filter(pl.col("code_complete_at") >= datetime(2026, 2, 1))
    assert found.ai.changes == len(after)
    ratio = found.measure("rate_ratio_adjusted")
    assert ratio is not None
    assert "time" not in ratio.note


def test_what_can_be_compared_by() -> None:
    """Both axes by default; an axis, each team, or a day; anything else is an error that says so."""
    changes = pl.DataFrame({"team": ["b", "a", "", "a"]})
    assert [one.axis for one in contrasts_by(None, changes)] == ["builds_ai", "built_with_ai"]
    assert [one.group for one in contrasts_by("team", changes)] == ["work of a", "work of b"]
    assert contrasts_by("2026-03-01", changes)[0].group == "work since 2026-03-01"
    assert team_beside_rest("a").cells == ("month",)
    with pytest.raises(UsageError, match="by 'colour'"):
        contrasts_by("colour", changes)


def test_bots_and_releases_take_no_part_unless_requested() -> None:
    """What bots made and releases are on neither side, and counted."""
    cohort = company(11, 6, 300)
    place = pl.col("index")
    kinds = cohort.changes.with_row_index().with_columns(
        kind=pl.when(place < 30).then(pl.lit("bot")).when(place < 42).then(pl.lit("release")).otherwise(pl.lit("work"))
    )
    some = Cohort(kinds.drop("index"), 0, 0)
    assert compare(some, BUILDS).excluded == Excluded(bots=30, releases=12)
    assert compare(some, BUILDS).ai.changes + compare(some, BUILDS).other.changes == 258
    assert compare(some, BUILDS, automation=True).excluded == Excluded()


def test_a_large_cohort_on_its_grid_gives_the_same_figures() -> None:
    """Counting on a grid of minutes and quarters of an hour moves figures by less than their grid."""
    cohort = company(12, 12, 2000, EFFECT)
    exact, counted = figures(compare(cohort, BUILDS)), figures(compare(replace(cohort, grid_hours=GRID_HOURS), BUILDS))
    for key, one in exact.items():
        if key[1] != ALL and ("mean_hours" in key[0] or "wait" in key[0] or "friction" in key[0]):
            continue  # only those followed to the horizon have hours in stages there
        if one.difference is not None and one.unit in {"share", "hours"}:
            close = 0.3 if one.unit == "hours" else 0.005
            assert counted[key].difference == pytest.approx(one.difference, abs=close), key
            if one.lower is not None and key[0] != "median_hours":
                assert counted[key].lower == pytest.approx(one.lower, abs=2 * close), key


@pytest.mark.parametrize("units", [2, 5, 40])
def test_equal_units_give_the_classic_correction(units: int) -> None:
    """With units of one size: one degree of freedom less than units, and the root of units over one less."""
    share, changes = np.full(units, 1 / units), np.full(units, 7.0)
    for groups in ([(share, changes)], [(share, changes), (share, changes)]):
        reach = reach_of(groups)
        assert reach.degrees == pytest.approx(units - 1)
        assert reach.inflation == pytest.approx(np.sqrt(units / (units - 1)))


@given(st.integers(3, 9), st.integers(0, 1000))
def test_correction_is_that_of_whole_matrices(units: int, seed: int) -> None:
    """The few columns give what the full covariance matrix of the units' influences gives."""
    rng = np.random.default_rng(seed)
    groups, whole, true = [], np.zeros((units, units)), 0.0
    for _ in range(2):
        changes = rng.integers(1, 50, units).astype(np.float64)
        share = changes / changes.sum()
        variance = np.diag((1 - BETWEEN_UNITS) / changes + BETWEEN_UNITS)
        residual = (np.eye(units) - np.outer(share, np.ones(units))) @ np.diag(share)
        whole += residual @ variance @ residual.T
        true += float(share @ variance @ share)
        groups.append((share, changes))
    reach = reach_of(groups)
    assert reach.degrees == pytest.approx(np.trace(whole) ** 2 / np.trace(whole @ whole))
    assert reach.inflation == pytest.approx(np.sqrt(true / np.trace(whole)))


def test_friction_of_equal_groups_is_not_told_apart(slower: Comparison) -> None:
    """The distance has bounds around it; where the test does not speak, the lower one is zero."""
    alike = compare(company(20, 12, 800), BUILDS).friction
    unlike = slower.friction
    assert alike is not None
    assert unlike is not None
    assert alike.p_value > 0.05
    assert alike.lower == 0.0
    assert unlike.p_value <= 0.05
    for one in (alike, unlike):
        assert one.lower <= one.distance <= one.upper
        assert sum(one.ai) == pytest.approx(1.0)
        assert one.distance == pytest.approx(np.abs(np.subtract(one.ai, one.other)).sum() / 2)
