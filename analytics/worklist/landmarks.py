"""What became of changes that had been in a stage as long: the chances of those that are there now.

A landmark is a stage and hours in it. Of the changes that were seen to be still there at that hour, and could be
watched for another 7 days, the share that was in production by then is the chance of arriving within 7 days: the
conditional incidence, abandonment competing, without any assumption on how stages follow each other (van Houwelingen
& Putter 2012, Dynamic Prediction in Clinical Survival Analysis, ch. 3; Putter & Spitoni 2018, Stat. Methods Med. Res.
27, 3081, show that it holds where work is no Markov process). Watching ends at the watermark alone, so that those who
can be watched long enough are no selection.

What began recently counts more, half as much for each half-life of age: with a short one a new cadence is soon what
counts, with a long one chances are less by chance. Which serves is judged on held-out time (`held_out`).
A repository with few such changes borrows from the others: the more, the more alike repositories are (beta-binomial
empirical Bayes, by moments: Kleinman 1973, JASA 68, 46). Changes of one month in a repository share trains and
holidays; they count for as many as their spread between months says (design effect: Kish 1965, Survey Sampling, ch.
5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["CHANCE_HOURS", "FEWEST", "HALF_LIVES", "LANDMARK_HOURS", "Asked", "Chances", "Past", "chances"]

CHANCE_HOURS = (168.0, 336.0, 720.0)
LANDMARK_HOURS = np.concatenate([[0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0], 10.0 * 1.25 ** np.arange(36)])
FEWEST = 20
"""With fewer changes in all repositories that ever waited so long, no chance is estimated."""
HALF_LIVES = (20.0 * 24.0, 75.0 * 24.0, 300.0 * 24.0)
"""Hours of age by which a stay counts half."""
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

    def take(self, rows: IntArray | BoolArray) -> Past:
        """Some of the stays."""
        names = ("batch", "hours", "end_hours", "seen_hours", "arrived")
        taken = {name: getattr(self, name)[rows] for name in names}
        return Past(repository=self.repository[rows], repositories=self.repositories, **taken)


@dataclass(frozen=True, eq=False)
class Asked:
    """Changes that are in the stage, (changes,) each: code of the `repository`, `hours` in it so far, and the `time`.

    `time`: a place in `ago`, the hours before as of at which they were there, ascending; of each time nothing is used
    that was seen after it.
    """

    repository: IntArray
    hours: FloatArray
    time: IntArray
    ago: FloatArray

    @classmethod
    def now(cls, repository: IntArray, hours: FloatArray) -> Asked:
        """Changes that are there as of the report."""
        return cls(repository, hours, np.zeros(hours.size, np.int64), np.zeros(1))


@dataclass(frozen=True, eq=False)
class Chances:
    """The chance of production and its 95 % bounds, (half-lives, changes, `CHANCE_HOURS`, 3); nan: too few to say.

    `in_repository`, `in_all` (changes,): changes of its repository, and of all repositories, that were in the stage as
    long and were watched for another 7 days.
    """

    chance: FloatArray
    in_repository: IntArray
    in_all: IntArray

    def or_else(self, rows: IntArray, other: Chances) -> Chances:
        """These, with those of `rows` taken from `other`."""
        self.chance[:, rows] = other.chance
        self.in_repository[rows], self.in_all[rows] = other.in_repository, other.in_all
        return self


def chances(past: Past, asked: Asked, half_lives: Sequence[float] = HALF_LIVES) -> Chances:
    """The chances of changes, for each half-life with which the past may count.

    The landmark is the last of `LANDMARK_HOURS` not after their hours.
    """
    count = asked.hours.size
    result = Chances(
        np.full((len(half_lives), count, len(CHANCE_HOURS), 3), np.nan),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
    )
    weights = [0.5 ** (past.seen_hours / half_life) for half_life in half_lives]
    landmark = np.searchsorted(LANDMARK_HOURS, asked.hours, "right") - 1
    still = np.arange(past.hours.size)
    for mark in np.unique(landmark).tolist():
        # What was no longer there at one landmark is not there at a later one.
        still = still[past.hours[still] > LANDMARK_HOURS[mark]]
        rows = np.flatnonzero(landmark == mark)
        both, place = np.unique(asked.repository[rows] * asked.ago.size + asked.time[rows], return_inverse=True)
        home, time = np.divmod(both, asked.ago.size)
        for column, ahead in enumerate(CHANCE_HOURS):
            watched = _watched(past, still, float(LANDMARK_HOURS[mark]), ahead, asked.ago)
            in_repository = np.append(watched.count, np.zeros((1, asked.ago.size), np.int64), axis=0)
            if column == 0:
                result.in_repository[rows] = in_repository[home, time][place]
                result.in_all[rows] = watched.count.sum(axis=0)[time][place]
            known = watched.count.sum(axis=0)[time] >= FEWEST
            if not known.any():
                continue
            for number, weight in enumerate(weights):
                values = np.full((home.size, 3), np.nan)
                values[known] = _landmark(watched, weight[watched.stays]).posterior(home[known], time[known])
                result.chance[number, rows, column] = values[place]
    np.maximum.accumulate(result.chance, axis=2, out=result.chance)
    return result


@dataclass(frozen=True, eq=False)
class _Watched:
    """The `stays` that were there at a landmark and could be watched for long enough after it, (stays,).

    `until`: the place of the earliest time by which they were; they were by all later ones, at places before it.
    `arrived` within the hours ahead. `count` (repositories, times): how many.
    """

    past: Past
    stays: IntArray
    until: IntArray
    arrived: BoolArray
    count: IntArray

    def sums(self, code: IntArray, size: int, values: FloatArray) -> FloatArray:
        """The sums of `values` (stays,) by `code` (stays,), of so many codes, as of each time, (codes, times)."""
        return _by_time(code, size, self.until, self.count.shape[1], values)


def _by_time(code: IntArray, size: int, until: IntArray, times: int, values: FloatArray | None = None) -> FloatArray:
    """Sums, or numbers of stays, by `code` and as of each time: each stay counts up to the place `until`."""
    by = np.bincount(code * times + until, weights=values, minlength=size * times).reshape(size, times)
    return np.asarray(by[:, ::-1].cumsum(axis=1)[:, ::-1], dtype=np.float64)


def _watched(past: Past, present: IntArray, mark: float, ahead: float, ago: FloatArray) -> _Watched:
    """Of the stays that were `present` at the mark."""
    until = np.searchsorted(ago, past.seen_hours[present] - mark - ahead, "right") - 1
    stays, until = present[until >= 0], until[until >= 0]
    arrived = past.arrived[stays] & (past.end_hours[stays] - mark <= ahead)
    count = _by_time(past.repository[stays], past.repositories, until, ago.size).astype(np.int64)
    return _Watched(past, stays, until, arrived, count)


@dataclass(frozen=True, eq=False)
class _Landmark:
    """What was watched at one landmark as of each time, and the prior of each.

    `watched`, `came` (repositories, times): so many changes of one age as they amount to by their weights (Kish), and
    those of them that arrived. `design_effect` likewise. `prior_mean`, `prior` (times,).
    """

    watched: FloatArray
    came: FloatArray
    design_effect: FloatArray
    prior_mean: FloatArray
    prior: FloatArray

    def posterior(self, repository: IntArray, time: IntArray) -> FloatArray:
        """Mean and 95 % bounds of the chance in each of the repositories as of each of the times, (…, 3)."""
        effect = _or_none(self.design_effect, repository, time, 1.0)
        watched, came = (_or_none(part, repository, time, 0.0) / effect for part in (self.watched, self.came))
        prior, mean = self.prior[time], self.prior_mean[time]
        yes = np.maximum(prior * mean + came, 1e-6)
        no = np.maximum(prior * (1.0 - mean) + watched - came, 1e-6)
        return np.stack([yes / (yes + no), *(special.betaincinv(yes, no, end) for end in (0.025, 0.975))], axis=1)


def _or_none(values: FloatArray, repository: IntArray, time: IntArray, none: float) -> FloatArray:
    """Values of repositories at times; of one that is not known (-1), `none`."""
    return np.where(repository < 0, none, values[repository, time])


def _landmark(watched: _Watched, weight: FloatArray) -> _Landmark:
    """What was watched, each stay with its `weight` (stays,)."""
    past = watched.past
    home, repositories = past.repository[watched.stays], past.repositories
    total, square = (watched.sums(home, repositories, values) for values in (weight, weight**2))
    share = watched.sums(home, repositories, weight * watched.arrived) / np.maximum(total, 1e-300)
    amount = total**2 / np.maximum(square, 1e-300)
    effect = _design_effect(watched, weight, square, share)
    mean, prior = _prior(amount / effect, amount * share / effect)
    return _Landmark(amount, amount * share, effect, mean, prior)


def _design_effect(watched: _Watched, weight: FloatArray, square: FloatArray, share: FloatArray) -> FloatArray:
    """How much more the months of each repository differ than they would if changes were independent.

    `square`: sum of squared weights. (repositories, times); the median of the others where a repository has too few
    months.
    """
    past = watched.past
    batch, batches = past.batch[watched.stays], past.owner.size
    by_chance = square * share * (1.0 - share)
    whole, came = (watched.sums(batch, batches, values) for values in (weight, weight * watched.arrived))
    apart = came - share[past.owner] * whole
    spread, months = (_by_owner(past, part) for part in (apart**2, (whole > 0.0).astype(np.float64)))
    measurable = (months >= _FEWEST_MONTHS) & (by_chance > 0.0)
    ratio = spread / np.maximum(by_chance, 1e-300)
    return np.clip(np.where(measurable, ratio, _median(ratio, measurable)), 1.0, _MOST_DESIGN_EFFECT)


def _median(values: FloatArray, usable: BoolArray) -> FloatArray:
    """The median over the usable repositories as of each time, (times,); 1 where there is none."""
    number = usable.sum(axis=0)
    ordered = np.sort(np.where(usable, values, np.inf), axis=0)
    times = np.arange(number.size)
    both = ordered[np.maximum(number - 1, 0) // 2, times] + ordered[number // 2, times]
    return np.where(number > 0, both / 2.0, 1.0)


def _by_owner(past: Past, values: FloatArray) -> FloatArray:
    """Values of batches, (batches, times), summed by repository."""
    times = values.shape[1]
    code = past.owner[:, None] * times + np.arange(times)
    size = past.repositories * times
    by = np.bincount(code.ravel(), weights=values.ravel(), minlength=size).reshape(past.repositories, times)
    return np.asarray(by, dtype=np.float64)


def _prior(count: FloatArray, came: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean chance over repositories, and for how many changes of one it counts, (times,) of (repositories, times)."""
    total, number = count.sum(axis=0), (count > 0.0).sum(axis=0)
    usable = (number >= 2) & (total > 0.0)
    total = np.maximum(total, 1e-300)
    mean = came.sum(axis=0) / total
    share = came / np.maximum(count, 1e-300)
    spread = mean * (1.0 - mean)
    between = (count * (share - mean) ** 2).sum(axis=0) - (number - 1) * spread
    scale = total - (count**2).sum(axis=0) / total
    variance = np.where(scale > 0.0, between / np.maximum(scale, 1e-300), 0.0)
    prior = np.where(variance > 0.0, spread / np.maximum(variance, 1e-300) - 1.0, _MOST_PRIOR)
    prior = np.clip(prior, _LEAST_PRIOR, _MOST_PRIOR)
    weight = count / (count + prior)
    # Half a change each way keeps the mean off 0 and 1.
    mean = ((weight * share).sum(axis=0) + 0.5 / total) / (weight.sum(axis=0) + 1.0 / total)
    return np.where(usable, mean, 0.5), np.where(usable, prior, 1.0)
