from __future__ import annotations

from typing import Any

import pytest

from analytics.cohort.units import LIKE_THESE, THESE
from analytics.dora.definitions import DEFINITIONS, Definition, definitions_named
from analytics.dora.facts import Facts, failures
from analytics.dora.measures import Counted, Measure, measures
from analytics.dora.windows import Window, windows
from analytics.survival import incidence
from headway.errors import UsageError
from tests.analytics.dora.making import END, START, day, facts

ALL = Window("all", START, day(END) or START, whole=True, last=True)
HEADWAY = DEFINITIONS["headway"]


def told(
    given: Facts, definition: Definition = HEADWAY, window: Window = ALL, intervals: str = THESE
) -> dict[str, Measure]:
    """The measures by name."""
    counted = Counted.of(given, definition)
    return {one.name: one for one in measures(counted, window, 30.0, intervals=intervals)}


def releases(count: int, **facts_of: Any) -> list[dict[str, Any]]:
    """So many deployments, one each day."""
    return [{"deployment_id": f"d{n}", "deployed_at": n + 1.0, **facts_of} for n in range(count)]


def sign(deployment: str, kind: str, began: float, over: float | None, **more: Any) -> dict[str, Any]:
    """One sign of failure."""
    return {"deployment_id": deployment, "sign": kind, "began_at": began, "recovered_at": over, **more}


def test_five_measures_of_ten_deployments() -> None:
    """Counted by hand: ten in a hundred days, two failed, one of them for two hours and one still; one unplanned."""
    rows = releases(10)
    rows[5] |= {"urgent": 1}
    given = facts(rows, [sign("d2", "revert", 3.0, 3.0 + 2 / 24), sign("d7", "incident", 8.5, None)])
    found = told(given)
    assert found["deployment_frequency"].estimate.value == pytest.approx(0.7)
    rate = found["change_failure_rate"]
    assert (rate.estimate.value, rate.numerator, rate.denominator, rate.open) == (0.2, 2, 10, 0)
    # Wilson 1927 for 2 of 10.
    assert rate.estimate.lower == pytest.approx(0.0567, abs=5e-5)
    assert rate.estimate.upper == pytest.approx(0.5098, abs=5e-5)
    recovery = found["recovery_time"]
    assert (recovery.numerator, recovery.denominator, recovery.open, recovery.estimate.value) == (1, 2, 1, None)
    assert found["rework_rate"].estimate.value == 0.1


def test_nothing_is_filled_with_zero() -> None:
    """In a window without a deployment there is a frequency of 0, which was observed, and no rate of anything."""
    given = facts([*releases(1), {"deployment_id": "late", "deployed_at": 70.0}])
    month = windows("month", START, ALL.end)[1]
    found = told(given, window=month)
    assert found["deployment_frequency"].estimate.value == 0.0
    assert (found["deployment_frequency"].estimate.upper or 0.0) > 0.0
    for name in ("change_failure_rate", "recovery_time", "rework_rate", "lead_time"):
        assert (found[name].estimate.value, found[name].denominator) == (None, 0)


def test_recovery_counts_what_is_not_over() -> None:
    """Five failures, two of them still on: the median is Kaplan–Meier's; with three still on half never recovered."""
    rows = releases(5)
    hours = (1.0, 2.0, 3.0, None, None)
    over = [sign(f"d{n}", "rollback", n + 1.0, None if h is None else n + 1.0 + h / 24) for n, h in enumerate(hours)]
    found = told(facts(rows, over))["recovery_time"]
    assert found.estimate.value == pytest.approx(3.0)
    assert (found.numerator, found.open) == (3, 2)
    over[2]["recovered_at"] = None
    assert told(facts(rows, over))["recovery_time"].estimate.value is None


def test_incidents_say_how_long_it_lasted() -> None:
    """Where there are any, all of them must be over; other signs begin with the deployment and end with the first."""
    signs = [sign("d0", "rollback", 1.0, 1.5), sign("d0", "revert", 1.0, 2.0, change_key="#1")]
    (row,) = failures(facts(releases(1), signs), HEADWAY).to_dicts()
    assert (row["began_at"], row["recovered_at"], row["signs"]) == (day(1.0), day(1.5), "revert, rollback")
    signs += [sign("d0", "incident", 1.2, 4.0), sign("d0", "incident", 1.1, 3.0, shown_by="y")]
    (row,) = failures(facts(releases(1), signs), HEADWAY).to_dicts()
    assert (row["began_at"], row["recovered_at"]) == (day(1.1), day(4.0))
    signs[-1]["recovered_at"] = None
    (row,) = failures(facts(releases(1), signs), HEADWAY).to_dicts()
    assert row["recovered_at"] is None


def test_same_data_under_each_definition() -> None:
    """One failed attempt, one retried, a rollback, an incident, a hot fix: the answer hangs on the words."""
    rows = releases(8)
    rows[1] |= {"succeeded": False, "kind": None, "failed_attempts": 1}
    rows[2] |= {"failed_attempts": 1, "created_at": 2.9}
    rows[4] |= {"kind": "rollback"}
    rows[6] |= {"changes": 3, "urgent": 1}
    signs = [sign("d1", "failed", 2.0, 3.0), sign("d3", "rollback", 4.0, 5.0), sign("d5", "incident", 6.5, 7.0)]
    given = facts(rows, signs)
    rates = {
        name: (
            one["change_failure_rate"].numerator,
            one["change_failure_rate"].denominator,
            one["rework_rate"].numerator,
        )
        for name, definition in DEFINITIONS.items()
        for one in [told(given, definition)]
    }
    assert rates == {
        "headway": (3, 7, 1),
        "production": (2, 6, 1),
        "incidents": (1, 7, 1),
        "remediation": (1, 6, 2),
        "attempts": (2, 8, 1),
    }


def test_definition_that_cannot_know_says_nothing() -> None:
    """Without incident records there is no rate by incidents; where only successes are seen, none of attempts."""
    given = facts(releases(4, tells_incidents=False, tells_failed=False))
    for name in ("incidents", "attempts"):
        found = told(given, DEFINITIONS[name])["change_failure_rate"]
        assert (found.estimate.value, found.denominator) == (None, 0)
    assert told(given)["change_failure_rate"].estimate.value == 0.0


def test_axis_of_ai_work_takes_the_deployments_that_shipped_it() -> None:
    """A deployment with changes of both groups counts in both."""
    change = [
        {"change_id": "r#1", "change_key": "#1", "deployment_id": "d0", "production_at": 1.0, "builds_ai": True},
        {"change_id": "r#2", "change_key": "#2", "deployment_id": "d0", "production_at": 1.0},
        {"change_id": "r#3", "change_key": "#3", "deployment_id": "d1", "production_at": 2.0},
    ]
    given = facts(releases(2), [sign("d0", "rollback", 1.0, 2.0)], change)
    found = {}
    for ai in (True, False):
        counted = Counted.of(given.of("builds_ai", ai), HEADWAY)
        found[ai] = {one.name: (one.numerator, one.denominator) for one in measures(counted, ALL, 30.0)}
    assert found[True]["change_failure_rate"] == (1, 1)
    assert found[False]["change_failure_rate"] == (1, 2)


def test_lead_times_count_what_waits() -> None:
    """Twenty changes, ten arrived after 1 to 10 days, ten wait: the median is reached with the tenth, no sooner."""
    change: list[dict[str, Any]] = [
        {
            "change_id": f"r#{n}",
            "code_complete_at": 10.0,
            "first_commit_at": 9.0,
            "lead_time_hours": 24.0 * n if n <= 10 else None,
            "dora_lead_time_hours": 24.0 * (n + 1) if n <= 10 else None,
            "production_at": 10.0 + n if n <= 10 else None,
            "outcome": "production" if n <= 10 else "waiting",
        }
        for n in range(1, 21)
    ]
    found = told(facts(releases(1), [], change))
    assert (found["lead_time"].estimate.value, found["dora_lead_time"].estimate.value) == (240.0, 264.0)
    assert (found["lead_time"].numerator, found["lead_time"].denominator, found["lead_time"].open) == (10, 20, 10)
    assert found["lead_time"].level == "medium"
    assert told(facts(releases(1), [], change[:19]))["lead_time"].estimate.value is None


@pytest.mark.parametrize(
    ("repositories", "intervals", "deployments", "changes"),
    [
        (4, THESE, "repository and fortnight", "change"),
        (5, THESE, "repository and fortnight", "change"),
        (4, LIKE_THESE, "repository and fortnight", "change"),
        (5, LIKE_THESE, "repository", "repository"),
    ],
)
def test_intervals_rest_on_fortnights_of_these_repositories_or_on_five_like_these(
    repositories: int, intervals: str, deployments: str, changes: str
) -> None:
    """Fortnights, where months are too few; what all began on one day has none, and each change counts by itself."""
    names = [f"r{n % repositories}" for n in range(20)]
    rows = [{"deployment_id": f"d{n}", "deployed_at": n + 1.0, "repo_id": repo} for n, repo in enumerate(names)]
    signs = [sign(f"d{n}", "incident", n + 1.5, n + 2.0, repo_id=repo) for n, repo in enumerate(names)]
    arrived = {"code_complete_at": 10.0, "first_commit_at": 9.0, "lead_time_hours": 24.0, "production_at": 11.0}
    change = [{"change_id": f"#{n}", "repo_id": repo, **arrived} for n, repo in enumerate(names)]
    found = told(facts(rows, signs, change), intervals=intervals)
    assert found["change_failure_rate"].interval_by == found["rework_rate"].interval_by == deployments
    assert found["lead_time"].interval_by == changes
    assert found["recovery_time"].interval_by == deployments
    assert {one.repositories for one in found.values()} == {repositories}


@pytest.mark.parametrize("repositories", [4, 5])
def test_interval_of_the_lead_time_is_that_of_its_units(repositories: int) -> None:
    """Where all changes of a repository are alike there are as many independent ones as repositories, from five on."""
    code = [n % repositories for n in range(60)]
    hours = [24.0 * (repo + 1) for repo in code]
    change = [
        {
            "change_id": f"#{n}",
            "repo_id": f"r{repo}",
            "code_complete_at": 10.0,
            "lead_time_hours": spent,
            "production_at": 10.0 + spent / 24.0,
        }
        for n, (repo, spent) in enumerate(zip(code, hours, strict=True))
    ]
    found = told(facts(releases(1), [], change), intervals=LIKE_THESE)["lead_time"].estimate
    ended = [0] * 60
    by_change = incidence(hours, ended, ("production",))
    by_repository = incidence(hours, ended, ("production",), cluster=code, clusters=repositories)
    curve = by_repository if repositories == 5 else by_change
    (median,) = curve.quantiles("production", [0.5])
    assert (found.lower, found.value, found.upper) == (median.lower_hours, median.hours, median.upper_hours)
    assert by_repository.quantiles("production", [0.5]) != by_change.quantiles("production", [0.5])


def test_young_deployments_are_counted_as_open() -> None:
    """What was deployed less than the days of account before the report may fail yet."""
    given = facts([{"deployment_id": f"d{n}", "deployed_at": at} for n, at in enumerate((10.0, 75.0, 99.0))])
    assert told(given)["change_failure_rate"].open == 2


def test_definitions_go_by_name() -> None:
    """The usual one without a name, all by that word, and an error with the names for any other."""
    assert [one.name for one in definitions_named(None)] == ["headway"]
    assert [one.name for one in definitions_named("all")] == list(DEFINITIONS)
    with pytest.raises(UsageError, match="unknown definition of a failure: 'dora'"):
        definitions_named("dora")
