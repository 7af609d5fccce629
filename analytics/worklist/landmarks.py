"""What became of changes that had been in a stage as long: the chances of those that are there now.

A landmark is a stage and hours in it. Of the changes that were seen to be still there at that hour, and could be
watched for another 7 days, the share that was in production by then is the chance of arriving within 7 days: the
conditional incidence, abandonment competing, without any assumption on how stages follow each other (van Houwelingen
& Putter 2012, Dynamic Prediction in Clinical Survival Analysis, ch. 3; Putter & Spitoni 2018, Stat. Methods Med. Res.
27, 3081, show that it holds where work is no Markov process). Watching ends at the watermark alone, so that those who
can be watched long enough are no selection.

What began recently counts more, half as much for each `HALF_LIFE_HOURS` of age: a new cadence is soon what counts.
A repository with few such changes borrows from the others: the more, the more alike repositories are (beta-binomial
empirical Bayes, by moments: Kleinman 1973, JASA 68, 46). Changes of one month in a repository share trains and
holidays; they count for as many as their spread between months says (design effect: Kish 1965, Survey Sampling, ch.
5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import special

from analytics.survival.arrays import BoolArray, FloatArray, IntArray, totals

__all__ = ["CHANCE_HOURS", "FEWEST", "HALF_LIFE_HOURS", "LANDMARK_HOURS", "Chances", "Past", "borrowing", "chances"]

CHANCE_HOURS = (168.0, 336.0, 720.0)
LANDMARK_HOURS = np.concatenate([[0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0], 10.0 * 1.25 ** np.arange(36)])
FEWEST = 20
"""With fewer changes in all repositories that ever waited so long, no chance is estimated."""
HALF_LIFE_HOURS = 75.0 * 24.0
_LEAST_PRIOR, _MOST_PRIOR, _MOST_DESIGN_EFFECT = 1.0, 200.0, 30.0
_FEWEST_MONTHS = 6


@dataclass(frozen=True, eq=False)
class Past:
    """Stays in one stage, (stays,) each.

    `repository`: code 0 … repositories-1. `batch`: code of the repository and month in which it began. `hours`: of
    the stay, so far where it goes on. `end_hours`: from its beginning to production, abandonment or as of.
    `seen_hours`: from its beginning to as of. `arrived`: whether it ended in production.
    """

    repository: IntArray
    repositories: int
    batch: IntArray
    hours: FloatArray
    end_hours: FloatArray
    seen_hours: FloatArray
    arrived: BoolArray

    @cached_property
    def owner(self) -> IntArray:
        """The repository of each batch, (batches,)."""
        owner = np.zeros(int(self.batch.max(initial=-1)) + 1, dtype=np.int64)
        owner[self.batch] = self.repository
        return owner

    @cached_property
    def weight(self) -> FloatArray:
        """What each stay counts, by its age."""
        youngest = self.seen_hours.min(initial=np.inf)
        weight: FloatArray = 0.5 ** ((self.seen_hours - youngest) / HALF_LIFE_HOURS)
        return weight

    def take(self, rows: IntArray | BoolArray) -> Past:
        """Some of the stays."""
        names = ("batch", "hours", "end_hours", "seen_hours", "arrived")
        taken = {name: getattr(self, name)[rows] for name in names}
        return Past(repository=self.repository[rows], repositories=self.repositories, **taken)

    def as_of(self, ago: float) -> Past:
        """The stays that had begun so many hours ago, as far as they had come then."""
        begun = self.take(self.seen_hours > ago)
        seen = begun.seen_hours - ago
        return replace(
            begun,
            hours=np.minimum(begun.hours, seen),
            end_hours=np.minimum(begun.end_hours, seen),
            seen_hours=seen,
            arrived=begun.arrived & (begun.end_hours <= seen),
        )


@dataclass(frozen=True, eq=False)
class Chances:
    """For each change, (changes, `CHANCE_HOURS`): the chance of production and its 95 % bounds; nan: too few to say.

    `in_repository`, `in_all` (changes,): changes of its repository, and of all repositories, that were in the stage as
    long and were watched for another 7 days.
    """

    chance: FloatArray
    lower: FloatArray
    upper: FloatArray
    in_repository: IntArray
    in_all: IntArray

    def or_else(self, rows: IntArray, other: Chances) -> Chances:
        """These, with those of `rows` taken from `other`."""
        for name in self.__dataclass_fields__:
            getattr(self, name)[rows] = getattr(other, name)
        return self


def chances(past: Past, repository: IntArray, hours: FloatArray) -> Chances:
    """The chances of changes that have been so many `hours` (changes,) in the stage, by `repository` (changes,).

    The landmark is the last of `LANDMARK_HOURS` not after their hours.
    """
    size = (hours.size, len(CHANCE_HOURS))
    result = Chances(*(np.full(size, np.nan) for _ in range(3)), *(np.zeros(hours.size, np.int64) for _ in range(2)))
    landmark = np.searchsorted(LANDMARK_HOURS, hours, "right") - 1
    still = np.arange(past.hours.size)
    for mark in np.unique(landmark).tolist():
        # What was no longer there at one landmark is not there at a later one.
        still = still[past.hours[still] > LANDMARK_HOURS[mark]]
        watched = still
        rows = np.flatnonzero(landmark == mark)
        homes, place = np.unique(repository[rows], return_inverse=True)
        for column, ahead in enumerate(CHANCE_HOURS):
            watched = watched[past.seen_hours[watched] - LANDMARK_HOURS[mark] >= ahead]
            counts = _at(past, watched, float(LANDMARK_HOURS[mark]), ahead)
            if column == 0:
                result.in_repository[rows], result.in_all[rows] = (
                    np.append(counts.in_repository, 0)[repository[rows]],
                    counts.in_all,
                )
            if counts.in_all >= FEWEST:
                values = counts.posterior(homes)
                for into, value in zip((result.chance, result.lower, result.upper), values, strict=True):
                    into[rows, column] = value[place]
    for curve in (result.chance, result.lower, result.upper):
        np.maximum.accumulate(curve, axis=1, out=curve)
    return result


def borrowing(past: Past, elsewhere: Past, repository: IntArray, hours: FloatArray) -> tuple[Chances, BoolArray]:
    """The chances from a stage's `past`; where that is too little, from stays `elsewhere`, and for which that was."""
    estimated = chances(past, repository, hours)
    borrowed: BoolArray = estimated.in_all < FEWEST
    rows = np.flatnonzero(borrowed)
    if rows.size:
        estimated = estimated.or_else(rows, chances(elsewhere, repository[rows], hours[rows]))
    return estimated, borrowed


@dataclass(frozen=True, eq=False)
class _Landmark:
    """What was watched at one landmark, and the prior.

    `in_repository` (repositories,): changes. `watched`, `came`: so many changes of one age as they amount to by their
    weights (Kish), and those of them that arrived. `design_effect` (repositories,).
    """

    in_repository: IntArray
    watched: FloatArray
    came: FloatArray
    prior_mean: float
    prior: float
    design_effect: FloatArray

    @property
    def in_all(self) -> int:
        """Changes of all repositories."""
        return int(self.in_repository.sum())

    def posterior(self, repository: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Mean and 95 % bounds of the chance in each of the repositories."""
        effect = np.append(self.design_effect, 1.0)[repository]
        watched, came = (np.append(values, 0.0)[repository] / effect for values in (self.watched, self.came))
        yes = self.prior * self.prior_mean + came
        no = self.prior * (1.0 - self.prior_mean) + watched - came
        yes, no = np.maximum(yes, 1e-6), np.maximum(no, 1e-6)
        return yes / (yes + no), special.betaincinv(yes, no, 0.025), special.betaincinv(yes, no, 0.975)


def _at(past: Past, present: IntArray, mark: float, ahead: float) -> _Landmark:
    """From the stays that were `present` at the mark, and were watched for long enough after it."""
    arrived = past.arrived[present] & (past.end_hours[present] - mark <= ahead)
    home, weight = past.repository[present], past.weight[present]
    total, square = (totals(home, values, past.repositories) for values in (weight, weight**2))
    share = totals(home, weight * arrived, past.repositories) / np.maximum(total, 1e-300)
    watched = total**2 / np.maximum(square, 1e-300)
    effect = _design_effect(past, present, arrived, square, share)
    mean, prior = _prior(watched / effect, watched * share / effect)
    count = np.bincount(home, minlength=past.repositories)
    return _Landmark(count.astype(np.int64), watched, watched * share, mean, prior, effect)


def _design_effect(
    past: Past, present: IntArray, arrived: BoolArray, square: FloatArray, share: FloatArray
) -> FloatArray:
    """How much more the months of each repository differ than they would if changes were independent.

    `square`: sum of squared weights. (repositories,); the median of the others where a repository has too few months.
    """
    by_chance = square * share * (1.0 - share)
    batch = past.batch[present]
    apart = past.weight[present] * (arrived - share[past.repository[present]])
    met = np.bincount(batch, minlength=past.owner.size) > 0
    by_batch = totals(batch, apart, past.owner.size)
    spread, months = (totals(past.owner, part, past.repositories) for part in (by_batch**2, met))
    measurable = (months >= _FEWEST_MONTHS) & (by_chance > 0.0)
    ratio = spread / np.maximum(by_chance, 1e-300)
    usual = float(np.median(ratio[measurable])) if measurable.any() else 1.0
    return np.clip(np.where(measurable, ratio, usual), 1.0, _MOST_DESIGN_EFFECT)


def _prior(count: FloatArray, came: FloatArray) -> tuple[float, float]:
    """Mean chance over repositories, and for how many changes of one it counts."""
    here = count > 0
    count, came = count[here], came[here]
    if count.size < 2:
        return 0.5, 1.0
    total = float(count.sum())
    mean = float(came.sum() / total)
    share = came / count
    spread = mean * (1.0 - mean)
    between = float((count * (share - mean) ** 2).sum()) - (count.size - 1) * spread
    variance = between / (total - float((count**2).sum()) / total)
    prior = spread / variance - 1.0 if variance > 0.0 else _MOST_PRIOR
    prior = float(np.clip(prior, _LEAST_PRIOR, _MOST_PRIOR))
    weight = count / (count + prior)
    # Half a change each way keeps the mean off 0 and 1.
    return float(((weight * share).sum() + 0.5 / total) / (weight.sum() + 1.0 / total)), prior
