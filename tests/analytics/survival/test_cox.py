from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.survival import cox
from headway.errors import AnalysisError

Floats = NDArray[np.float64]


def _slow_log_likelihood(hours: Floats, ended: Floats, design: Floats, stratum: Floats, beta: Floats) -> float:
    """Efron's partial likelihood, end by end; `design` (changes, covariates, hours) may depend on the hour."""
    total = 0.0
    for own in np.unique(stratum):
        for place, hour in enumerate(np.unique(hours)):
            eta = np.einsum("np,p->n", design[:, :, place], beta)
            here, still = (stratum == own), (hours >= hour)
            tied = here & (hours == hour) & (ended > 0)
            for number in range(int(tied.sum())):
                at_risk = np.exp(eta[here & still]).sum() - number / tied.sum() * np.exp(eta[tied]).sum()
                total -= np.log(at_risk)
            total += eta[tied].sum()
    return total


def _derivatives(log_likelihood: object, at: Floats) -> tuple[Floats, Floats]:
    assert callable(log_likelihood)
    size, step = at.size, 1e-4
    unit = np.eye(size) * step
    gradient = np.array([(log_likelihood(at + u) - log_likelihood(at - u)) / (2 * step) for u in unit])
    hessian = np.array(
        [
            [
                log_likelihood(at + u + v)
                - log_likelihood(at + u - v)
                - log_likelihood(at - u + v)
                + log_likelihood(at - u - v)
                for v in unit
            ]
            for u in unit
        ]
    )
    return gradient, hessian / (4 * step**2)


def _made_up(seed: int = 3, size: int = 60) -> tuple[Floats, Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    covariates = np.stack([rng.integers(0, 2, size), rng.normal(size=size)], axis=1)
    hours = np.ceil(rng.exponential(6, size) * np.exp(-covariates @ [0.5, -0.3]))
    return hours, (rng.random(size) < 0.8).astype(np.float64), covariates, rng.integers(0, 3, size).astype(np.float64)


def test_coefficient_by_hand() -> None:
    """Ends of group 1, 0, 1 in turn: the likelihood θ/(2θ+1) · 1/(1+θ) is highest at θ² = ½."""
    found = cox([1, 2, 3], [True] * 3, [1, 0, 1], ["group"])
    assert found.coefficient[0] == pytest.approx(-np.log(2) / 2, rel=1e-9)
    assert found.standard_error[0] == pytest.approx((1 + np.sqrt(2)) / np.sqrt(2 * np.sqrt(2)), rel=1e-9)
    theta = 1 / np.sqrt(2)
    assert found.log_likelihood == pytest.approx(np.log(theta / (2 * theta + 1) / (1 + theta)), rel=1e-12)
    assert found.robust_standard_error is None
    assert (found.changes, found.ended) == (3, 3)


def test_maximum_and_information_with_ties_and_strata() -> None:
    """The coefficients are where Efron's likelihood, end by end, is level; the errors are its curvature there."""
    hours, ended, covariates, stratum = _made_up()
    found = cox(hours, ended, covariates, ["group", "size"], stratum=stratum.astype(np.int64))
    design = np.repeat(covariates[:, :, None], np.unique(hours).size, axis=2)

    def log_likelihood(beta: Floats) -> float:
        return _slow_log_likelihood(hours, ended, design, stratum, beta)

    gradient, hessian = _derivatives(log_likelihood, found.coefficient)
    np.testing.assert_allclose(gradient, 0.0, atol=1e-6)
    np.testing.assert_allclose(found.standard_error, np.sqrt(np.diag(np.linalg.inv(-hessian))), rtol=1e-5)
    assert found.log_likelihood == pytest.approx(log_likelihood(found.coefficient), rel=1e-12)


def test_step_too_far_is_taken_back() -> None:
    """A covariate with wild outliers, on which the first steps go too far, still ends where the likelihood is level."""
    rng = np.random.default_rng(12)
    size = rng.integers(5, 30)
    outliers, hours = rng.standard_cauchy(size) ** 3, np.ceil(rng.exponential(10, size))
    ended = (rng.random(size) < 0.9).astype(np.float64)
    found = cox(hours, ended, outliers, ["wild"])
    design = np.repeat(outliers[:, None, None], np.unique(hours).size, axis=2)
    here, near = (
        _slow_log_likelihood(hours, ended, design, np.zeros(size), found.coefficient + step) for step in (0.0, 1e-7)
    )
    assert here == pytest.approx(near, abs=1e-5)
    assert here > _slow_log_likelihood(hours, ended, design, np.zeros(size), found.coefficient * 1.5)
    assert here > _slow_log_likelihood(hours, ended, design, np.zeros(size), found.coefficient * 0.5)


def test_ends_at_no_hours_are_ends_like_others() -> None:
    """Only the order of hours counts: counted from the first end on, which takes none, all figures are the same."""
    hours, ended, covariates, stratum = _made_up(seed=8)
    codes = stratum.astype(np.int64)
    later, sooner = (cox(hours - off, ended, covariates, ["a", "b"], stratum=codes) for off in (0.0, hours.min()))
    np.testing.assert_allclose(sooner.coefficient, later.coefficient, rtol=1e-12)
    np.testing.assert_allclose(sooner.proportionality.chi_squared, later.proportionality.chi_squared, rtol=1e-9)


def test_ends_all_at_once_say_nothing_of_effects_over_time() -> None:
    """Where all that ended did so at one hour there is no check, and still an effect."""
    ended = np.arange(40) % 3 > 0
    found = cox(np.where(ended, 0.0, 5.0), ended, (np.arange(40) % 2).astype(np.float64), ["odd"])
    assert np.isfinite(found.coefficient).all()
    assert np.isnan(found.proportionality.p_value).all()
    assert np.isnan(found.proportionality.overall_p_value)


def test_proportionality_is_the_score_test_of_effects_over_time() -> None:
    """Its χ² is that of a slope of each effect over the share ended, from the likelihood end by end."""
    hours, ended, covariates, stratum = _made_up(seed=8)
    found = cox(hours, ended, covariates, ["group", "size"], stratum=stratum.astype(np.int64))
    times = np.unique(hours)
    survival = np.cumprod([1 - ended[hours == t].sum() / (hours >= t).sum() for t in times])
    share = 1 - np.concatenate([[1.0], survival[:-1]])
    design = np.concatenate(
        [np.repeat(covariates[:, :, None], times.size, axis=2), covariates[:, :, None] * share], axis=1
    )

    def log_likelihood(beta: Floats) -> float:
        return _slow_log_likelihood(hours, ended, design, stratum, beta)

    gradient, hessian = _derivatives(log_likelihood, np.concatenate([found.coefficient, np.zeros(2)]))
    overall = gradient @ np.linalg.solve(-hessian, gradient)
    assert found.proportionality.overall_chi_squared == pytest.approx(overall, rel=1e-4)
    for column in range(2):
        kept = [0, 1, 2 + column]
        own = gradient[kept] @ np.linalg.solve(-hessian[np.ix_(kept, kept)], gradient[kept])
        assert found.proportionality.chi_squared[column] == pytest.approx(own, rel=1e-4)


def test_robust_error_is_close_to_leaving_clusters_out() -> None:
    """The robust error is near the spread of the coefficient when each cluster in turn is left out."""
    hours, ended, covariates, _ = _made_up(seed=4, size=400)
    cluster = np.arange(400) % 40
    found = cox(hours, ended, covariates, ["group", "size"], cluster=cluster)
    assert found.robust_standard_error is not None
    left_out = [
        cox(hours[keep], ended[keep], covariates[keep], ["group", "size"]).coefficient
        for keep in (cluster != one for one in range(40))
    ]
    jackknife = np.sqrt(((np.array(left_out) - found.coefficient) ** 2).sum(axis=0))
    np.testing.assert_allclose(found.robust_standard_error, jackknife, rtol=0.12)


def test_interval_and_p_value_rest_on_the_robust_error() -> None:
    """Where clusters are given, interval and p-value follow them; a single cluster leaves both open."""
    hours, ended, covariates, _ = _made_up()
    found = cox(hours, ended, covariates, ["group", "size"], cluster=np.arange(60) % 6)
    assert found.robust_standard_error is not None
    np.testing.assert_allclose((found.upper - found.lower) / 2, 1.959964 * found.robust_standard_error, rtol=1e-6)
    alone = cox(hours, ended, covariates, ["group", "size"], cluster=np.zeros(60, np.int64))
    assert np.isnan(alone.p_value).all()
    assert np.isfinite(alone.standard_error).all()


@pytest.mark.parametrize(
    ("hours", "ended", "covariates", "said"),
    [
        ([1, 2, 3], [True, True, True], [1, 1, 1], "does not vary"),
        ([1, 2, 3], [False, False, False], [1, 0, 1], "no change has ended"),
        ([1, 2, 3, 4], [True, True, False, False], [1, 1, 0, 0], "does not converge"),
        ([], [], [], "no change has ended"),
    ],
)
def test_no_effect_to_be_found(hours: list[float], ended: list[bool], covariates: list[float], said: str) -> None:
    """What cannot be estimated is refused, with the reason."""
    with pytest.raises(AnalysisError, match=said):
        cox(hours, ended, covariates, ["group"])


def test_collinear_covariates() -> None:
    """A covariate that another one repeats is refused."""
    hours, ended, covariates, _ = _made_up()
    with pytest.raises(AnalysisError, match="collinear"):
        cox(hours, ended, np.stack([covariates[:, 1], 2 * covariates[:, 1] + 1], axis=1), ["size", "doubled"])
