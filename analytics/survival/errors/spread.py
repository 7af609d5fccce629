"""From the influence of each unit on an estimate to its standard error, and how many of these an interval reaches.

Units are single changes, clusters drawn from more of their kind, or clusters within strata that are all there are. In
the last case nothing is said of other strata: a cluster counts by how far it is from what is expected of it, its part
of the changes of its stratum (Särndal, Swensson & Wretman 1992, Model Assisted Survey Sampling, section 3.7; for why
the question decides, Abadie, Athey, Imbens & Wooldridge 2023, Quarterly Journal of Economics 138, 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from analytics.survival.arrays import FloatArray, IntArray
from analytics.survival.errors.small_samples import moments_of, variance_of_means
from analytics.survival.intervals import critical_value
from analytics.survival.moves import Moves

__all__ = ["Spread", "kurtosis_of_hours"]

_NOTHING = 1e-24
_KURTOSIS, _KURTOSIS_OF_BATCHES = 2.0, 4.0
"""Excess kurtosis of units' mean hours, between those of a normal and of an exponential law (0 and 6): in stages that
each change leaves by itself, and in those that many leave at one moment, where a single late release makes a month."""


def kurtosis_of_hours(moves: Moves) -> FloatArray:
    """The excess kurtosis that units' mean hours in each state are taken to have, (states,)."""
    kurtosis = np.full(len(moves.states), _KURTOSIS)
    kurtosis[list(moves.batches)] = _KURTOSIS_OF_BATCHES
    return kurtosis


@dataclass(frozen=True, eq=False)
class Spread:
    """What standard errors of a group of changes rest on.

    `sizes` (units,): changes of each unit; None where each unit is one change. `strata`: that clusters lie in; None
    where clusters are drawn from more of their kind.
    """

    sizes: FloatArray | None
    strata: _Strata | None = None

    @classmethod
    def of(cls, moves: Moves) -> Spread:
        """That of the estimates from some moves."""
        return cls.by(moves.cluster_sizes, moves.stratum)

    @classmethod
    def by(cls, sizes: FloatArray | None, stratum: IntArray | None = None) -> Spread:
        """By units of such `sizes` (units,), each in a `stratum` (units,): codes from 0 on."""
        return cls(sizes, None if sizes is None or stratum is None else _Strata.of(sizes, stratum))

    def errors(
        self, influence: FloatArray, level: float, *, kurtosis: float | FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Standard errors of estimates, and how many of them an interval of `level` reaches to each side.

        `influence` (…, units): of each unit on each estimate. Both results have the shape (…); nan where units are
        too few to say anything. `kurtosis` (…): where estimates are mean hours, of which few units say less, the excess
        kurtosis of those of units (`_Strata.errors`).
        """
        if self.strata is not None:
            return self.strata.errors(influence, level, kurtosis)
        standard_error = np.sqrt(np.einsum("...u,...u->...", influence, influence))
        if self.sizes is not None and np.count_nonzero(self.sizes) < 2:
            standard_error = np.full_like(standard_error, np.nan)
        return standard_error, np.full_like(standard_error, critical_value(level, self.sizes))


@dataclass(frozen=True, eq=False)
class _Strata:
    """Clusters within strata.

    `order` (clusters,): the units that carry changes, by stratum; `first` (strata,): where each stratum begins in it.
    `share` (clusters,): of the changes of its stratum. `inflation` (strata,): of the sum of squares, because clusters
    were measured from their own mean; 0 for a stratum of one cluster. `degrees` (strata,): of freedom. `usual`: of all
    strata, where nothing varies. `missing`: of the whole sum, for strata of one cluster, whose clusters are taken to
    differ as those of the others.
    """

    order: IntArray
    first: IntArray
    share: FloatArray
    inflation: FloatArray
    degrees: FloatArray
    usual: float
    missing: float

    @classmethod
    def of(cls, sizes: FloatArray, stratum: IntArray) -> _Strata:
        present = np.flatnonzero(sizes > 0.0)
        order = present[np.argsort(stratum[present], kind="stable")]
        code = np.unique(stratum[order], return_inverse=True)[1]
        size = sizes[order]
        first = np.flatnonzero(np.diff(code, prepend=-1))
        whole = np.add.reduceat(size, first) if first.size else np.zeros(0)
        share = size / whole[code]
        true, estimated, square = moments_of(share, variance_of_means(size), first)
        several = np.diff(np.append(first, code.size)) > 1
        weighted = (whole / max(float(whole.sum()), 1.0)) ** 2 * true
        known = float(weighted[several].sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            inflation = np.where(several, true / estimated, 0.0)
            degrees = np.where(several, estimated**2 / square, np.nan)
        missing = float(weighted.sum()) / known if known > 0.0 else float("nan")
        usual = known**2 / float((weighted**2 / degrees)[several].sum()) if known > 0.0 else float("nan")
        return cls(order, first, share, inflation, degrees, usual, missing)

    def errors(
        self, influence: FloatArray, level: float, kurtosis: float | FloatArray | None
    ) -> tuple[FloatArray, FloatArray]:
        """As `Spread.errors`; degrees of freedom by Welch (1947, Biometrika 34, 28), from the parts of the strata.

        Mean hours are skewed, and release together: months with rare long waits make both the mean and its error, so
        that an error is low where the mean is. Intervals of them take squares of distances as large as if each unit
        were left out in turn (HC3 of MacKinnon & White 1985, Journal of Econometrics 29, 305), and degrees of freedom
        of units that are no normal ones: a sum of squares varies by one plus half the excess kurtosis times as much
        (Box 1953, Biometrika 40, 318). Both are less, the more units there are.
        """
        moved = influence[..., self.order]
        whole = np.add.reduceat(moved, self.first, axis=-1)
        sizes = np.diff(np.append(self.first, self.order.size))
        moved = moved - self.share * np.repeat(whole, sizes, axis=-1)
        parts = self.inflation * np.add.reduceat(moved**2, self.first, axis=-1)
        total, several = parts.sum(axis=-1), self.inflation > 0.0
        some = total > _NOTHING
        fewer = np.broadcast_to(1.0 + (0.0 if kurtosis is None else np.asarray(kurtosis)) / 2.0, total.shape)
        degrees, longer = np.array(self.usual / fewer), np.ones_like(total)
        degrees[some] = _welch(parts[..., several][some], self.degrees[several] / fewer[some][..., None])
        if kurtosis is not None:
            longer[some] = np.sqrt((self.inflation * parts).sum(axis=-1)[some] / total[some])
        critical = longer * scipy.special.stdtrit(degrees, (1.0 + level) / 2.0)
        return np.sqrt(total * self.missing), np.asarray(critical)


def _welch(parts: FloatArray, degrees: FloatArray) -> FloatArray:
    """Degrees of freedom of sums of parts (…, strata), each as uncertain as its own degrees say."""
    welch: FloatArray = parts.sum(axis=-1) ** 2 / (parts**2 / (degrees + 2.0)).sum(axis=-1) - 2.0
    return welch
