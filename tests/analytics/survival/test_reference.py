"""Against what an independent package made of a cohort (R 4.2, survival 3.5-3); skipped where it is not beside us."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from analytics.survival import (
    CENSORED,
    Moves,
    Spells,
    cox,
    incidence,
    kaplan_meier,
    log_rank,
    moves_from_spells,
    occupancy,
    restricted_mean_hours,
)
from analytics.survival.arrays import FloatArray

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "reference"
GRID = [24, 72, 168, 336, 720, 1440]
STATES = ("review", "merge", "build", "release", "deploy", "production", "abandoned")

pytestmark = pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference cohort is not here")
Rows = list[dict[str, str]]


def _rows(name: str, **wanted: str) -> Rows:
    with (REFERENCE / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if all(row[column] == value for column, value in wanted.items())]


def _numbers(rows: Rows, *columns: str) -> FloatArray:
    """(rows, columns), NA as nan."""
    return np.array([[float(row[column].replace("NA", "nan")) for column in columns] for row in rows])


def _cohort(**wanted: str) -> tuple[FloatArray, FloatArray, Rows]:
    """Hours, position of the end in production, abandoned (or `CENSORED`), rows."""
    rows = _rows("cohort_dev.csv", **wanted)
    ends = {"production": 0, "abandoned": 1, "waiting": CENSORED}
    return _numbers(rows, "hours")[:, 0], np.array([ends[row["outcome"]] for row in rows]), rows


def _moves(group: str, by: str) -> Moves:
    rows = _rows("dev_transitions.csv", builds_ai=group)
    state: dict[str, int] = {}
    came_from = []
    for row in rows:
        came_from.append(state.get(row["id"], 0))
        state[row["id"]] = CENSORED if row["ev"] == "censor" else STATES.index(row["ev"])
    to = [CENSORED if row["ev"] == "censor" else STATES.index(row["ev"]) for row in rows]
    start, end = _numbers(rows, "t1", "t2").T
    spells = Spells.of([int(row["id"]) for row in rows], start, end, came_from, to)
    cluster = np.unique([row["repo"] for row in rows], return_inverse=True)[1]
    return moves_from_spells(spells, STATES, cluster=cluster if by == "repo" else None)


@pytest.mark.parametrize("group", ["0", "1"])
def test_kaplan_meier(group: str) -> None:
    """Survival, bounds and number at risk are those of `survfit` with log-log intervals."""
    hours, end, _ = _cohort(builds_ai=group)
    at = kaplan_meier(hours, end == 0).at(GRID)
    found = np.stack([at.survival, at.lower, at.upper, at.at_risk], axis=1)
    expected = _numbers(_rows("dev_km.csv", builds_ai=group), "not_in_production", "lower", "upper", "at_risk")
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("0", [(61.88, 56.81, 67.22), (119.58, 113.19, 130.81), (365.20, 322.26, 401.12)]),
        ("1", [(101.36, 87.65, 110.69), (189.39, 159.85, 229.25), (528.25, 447.10, 697.08)]),
    ],
)
def test_quantiles(group: str, expected: list[tuple[float, float, float]]) -> None:
    """Quantiles and their bounds are those of `quantile.survfit` (dev_tests.txt)."""
    hours, end, _ = _cohort(builds_ai=group)
    found = kaplan_meier(hours, end == 0).quantiles([0.25, 0.5, 0.85])
    assert [(q.hours, q.lower_hours, q.upper_hours) for q in found] == [pytest.approx(e, rel=1e-9) for e in expected]


@pytest.mark.parametrize("group", ["0", "1"])
def test_incidence(group: str) -> None:
    """Cumulative incidences and their infinitesimal-jackknife errors are those of `survfit` with several ends."""
    hours, end, _ = _cohort(builds_ai=group)
    at = incidence(hours, end, ("production", "abandoned")).at(GRID)
    rows = _rows("dev_cif.csv", builds_ai=group)
    np.testing.assert_allclose(at.probability, _numbers(rows, "p_production", "p_abandoned"), rtol=1e-9)
    np.testing.assert_allclose(at.standard_error, _numbers(rows, "se_production", "se_abandoned"), rtol=1e-9)


@pytest.mark.parametrize("group", ["0", "1"])
@pytest.mark.parametrize("by", ["change", "repo"])
def test_occupancy(group: str, by: str) -> None:
    """State occupation and its errors by change and by repository are those of multi-state `survfit`."""
    found = occupancy(_moves(group, by), GRID)
    expected = _numbers(_rows("dev_occupancy.csv", builds_ai=group), *STATES)
    np.testing.assert_allclose(found.probability, expected, rtol=1e-9, atol=1e-13)
    errors = _numbers(_rows("dev_occupancy_se_by.csv", builds_ai=group, se_by=by), *STATES)
    np.testing.assert_allclose(found.standard_error, errors, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("group", ["0", "1"])
@pytest.mark.parametrize("by", ["change", "repo"])
def test_mean_hours(group: str, by: str) -> None:
    """Mean hours in state and their errors by change and by repository are those of multi-state `survfit`."""
    found = restricted_mean_hours(_moves(group, by), 720.0)
    rows = _rows("dev_mean_hours_in_state_720_se.csv", builds_ai=group, se_by=by)
    assert [row["state"] for row in rows] == list(STATES)
    np.testing.assert_allclose(
        np.stack([found.mean_hours, found.standard_error], axis=1), _numbers(rows, "mean_hours", "se"), rtol=1e-9
    )


def test_log_rank() -> None:
    """The log-rank tests are those of `survdiff` (dev_tests.txt)."""
    hours, end, rows = _cohort()
    group = _numbers(rows, "builds_ai")[:, 0].astype(np.int64)
    repo = np.unique([row["repo"] for row in rows], return_inverse=True)[1]
    assert log_rank(hours, end == 0, group).chi_squared == pytest.approx(42.2078551217, rel=1e-10)
    assert log_rank(hours, end == 0, group, stratum=repo).chi_squared == pytest.approx(42.2618013672, rel=1e-10)


def test_cox() -> None:
    """Coefficients, both errors, p-values and the proportionality test are those of `coxph` and `cox.zph`."""
    hours, end, rows = _cohort()
    group, size = _numbers(rows, "builds_ai", "size").T
    repo = np.unique([row["repo"] for row in rows], return_inverse=True)[1]
    plain = cox(hours, end == 0, group, ["builds_ai"])
    assert plain.coefficient[0] == pytest.approx(-0.4582918751, rel=1e-7)
    assert plain.standard_error[0] == pytest.approx(0.07114728366, rel=1e-8)
    assert plain.p_value[0] == pytest.approx(1.183351902e-10, rel=1e-6)
    both = np.stack([group, np.log1p(size)], axis=1)
    found = cox(hours, end == 0, both, ["builds_ai", "size"], stratum=repo, cluster=repo)
    np.testing.assert_allclose(found.coefficient, [-0.47179234129, -0.02694938185], rtol=1e-7)
    np.testing.assert_allclose(found.standard_error, [0.07280571014, 0.02794315297], rtol=1e-8)
    assert found.robust_standard_error is not None
    np.testing.assert_allclose(found.robust_standard_error, [0.07451728694, 0.02407898100], rtol=1e-8)
    np.testing.assert_allclose(found.p_value, [2.430820966e-10, 2.630515252e-01], rtol=1e-6)
    check = found.proportionality
    np.testing.assert_allclose(check.chi_squared, [4.8749774543, 0.6378434013], rtol=1e-7)
    np.testing.assert_allclose(check.p_value, [0.02724879685, 0.42449281336], rtol=1e-7)
    assert check.overall_chi_squared == pytest.approx(5.7420650690, rel=1e-7)
    assert check.overall_p_value == pytest.approx(0.05664041320, rel=1e-7)
