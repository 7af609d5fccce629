"""Real merges, shipped by another release cadence.

Every change keeps the instant at which it was ready for a release, and its own hours of deployment; only when releases
leave is replaced. All instants are whole microseconds since 1970 UTC, so that the replay of what happened is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from analytics.survival import CENSORED
from analytics.survival.arrays import BoolArray, IntArray
from analytics.whatif.cadence import Cadence
from analytics.whatif.clock import lifetimes
from analytics.whatif.departures import NEVER, Departures
from analytics.whatif.effect import Watched

__all__ = ["HELD", "Held", "Releases", "eligible_at", "replay"]

Held = Literal["early", "middle", "late"]
HELD: tuple[Held, ...] = ("early", "middle", "late")
_HOUR = 3_600_000_000
_ENDED_PRODUCTION, _ENDED_ABANDONED = 0, 1


@dataclass(frozen=True, eq=False)
class Releases:
    """What the replay keeps of each change, (changes,) each.

    `repository`: code in the departures, -1 where nothing ever left. `complete_at`: code complete. `ready_at`: its wait
    for a release began; `NEVER` where it is not there yet. `left_at`: the release that took it left, or `NEVER`.
    `deploy`: microseconds of deployment, so far where it is on its way, -1 where it has not left. `end_at`: last seen.
    `as_of`: until when releases are known. `ended_as`: as in `Cohort`. `alone`: it was picked onto an older release.
    """

    repository: IntArray
    complete_at: IntArray
    ready_at: IntArray
    left_at: IntArray
    deploy: IntArray
    end_at: IntArray
    as_of: IntArray
    ended_as: IntArray
    alone: BoolArray

    @classmethod
    def of(cls, changes: pl.DataFrame, ended_as: IntArray, departures: Departures) -> Releases:
        """From rows of a cohort with `production_at`, `abandoned_at` and `mapped_by`."""
        codes = {name: code for code, name in enumerate(departures.repositories)}
        repository = changes["repo"].replace_strict(codes, default=-1, return_dtype=pl.Int64).to_numpy()
        as_of = changes["as_of"].dt.epoch("us").to_numpy()
        complete_at, end = lifetimes(changes)
        release, deploy = (_microseconds(changes[f"{stage}_hours"]) for stage in ("release", "deploy"))
        in_release = (release >= 0) & (ended_as != _ENDED_ABANDONED)
        on_its_way = in_release & ((deploy >= 0) | (ended_as == _ENDED_PRODUCTION))
        deploying = np.where(on_its_way, np.maximum(deploy, 0), -1)
        left_at = np.where(on_its_way, end - deploying, NEVER)
        ready_at = np.where(in_release, np.where(on_its_way, left_at, end) - np.maximum(release, 0), NEVER)
        alone = changes["mapped_by"].is_in(["cherry_pick_trailer", "patch_id"]).to_numpy()
        return cls(repository, complete_at, ready_at, left_at, deploying, end, as_of, ended_as, alone)

    def watched(self) -> Watched:
        """As it happened."""
        return Watched(self.complete_at, self.end_at, self.ended_as)

    def take(self, rows: IntArray | BoolArray) -> Releases:
        """Some of the changes."""
        return Releases(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def replay(
    releases: Releases,
    departures: Departures,
    cadence: Cadence | None,
    *,
    held: Held | IntArray = "middle",
    besides: bool = True,
) -> Watched:
    """How the changes would have gone with releases by `cadence`; None: by the real departures.

    `besides`: releases that really left still leave, so that nobody gets slower; otherwise `cadence` replaces them.
    A change that missed a release, or an hour in which one is due by habit, was held back by something else (a check
    that ran on, a release cut earlier), until some instant between the last that it missed and the one that took it.
    `held` says where: just after the first, in the middle, or only at the second (or the instants themselves, from
    `eligible_at`). What is held to this day is not released by any cadence but with `early`. What really never left and
    does now takes its repository's median hours of deployment; what would leave or arrive after `as_of` waits.
    """
    eligible = eligible_at(releases, departures, held) if isinstance(held, str) else held
    if cadence is None:
        leaves = departures.first_from(releases.repository, eligible)
    elif cadence.on_merge:
        leaves = eligible
    else:
        leaves = _due(cadence, eligible)
    keeps_real = releases.alone if cadence is not None and not besides else np.True_
    leaves = np.where(keeps_real, np.minimum(leaves, releases.left_at), leaves)
    leaves = np.where(releases.repository < 0, releases.left_at, leaves)
    return _arrivals(releases, leaves)


def eligible_at(releases: Releases, departures: Departures, held: Held) -> IntArray:
    """From when on each change could have gone with a release, (changes,), as `replay` says; `NEVER` where not yet."""
    gone = releases.left_at != NEVER
    until = np.where(gone, releases.left_at, releases.as_of + 1)
    missed = departures.with_missed.last_before(releases.repository, until)
    late = (missed >= releases.ready_at) & ~releases.alone
    ready = np.where(releases.alone & gone, releases.left_at, releases.ready_at)
    if held == "early":
        return np.where(late, missed + 1, ready)
    taken = np.where(gone, until if held == "late" else missed + (until - missed + 1) // 2, NEVER)
    return np.where(late, taken, ready)


def _due(cadence: Cadence, eligible: IntArray) -> IntArray:
    finite = eligible[eligible != NEVER]
    if not finite.size:
        return eligible
    due = np.append(cadence.instants(int(finite.min()), int(finite.max())), NEVER)
    return due[np.searchsorted(due, eligible)]


def _arrivals(releases: Releases, leaves: IntArray) -> Watched:
    leaving = leaves != NEVER
    really = releases.left_at != NEVER
    deploy = np.where(really, releases.deploy, _typical_deploy(releases))
    end = np.where(leaving, leaves, 0) + np.maximum(deploy, 0)
    new = leaving & ~really & (releases.ended_as == CENSORED)
    arrives = leaving & (new | (releases.ended_as == _ENDED_PRODUCTION))
    late = leaving & (end > releases.as_of)
    ended_as = np.where(arrives, np.where(late, CENSORED, _ENDED_PRODUCTION), releases.ended_as)
    end = np.where(leaving, np.where(late, releases.as_of, end), releases.end_at)
    # A release that has not left by now holds what was on its way: it is seen to wait until now.
    unsent = (leaves == NEVER) & really
    ended_as, end = np.where(unsent, CENSORED, ended_as), np.where(unsent, releases.as_of, end)
    return Watched(releases.complete_at, end, ended_as)


def _typical_deploy(releases: Releases) -> IntArray:
    """The median deployment of each change's repository."""
    arrived = releases.ended_as == _ENDED_PRODUCTION
    frame = pl.DataFrame({"repository": releases.repository, "deploy": releases.deploy, "arrived": arrived})
    median = pl.col("deploy").filter("arrived").median().over("repository").fill_null(0.0)
    return frame.select(median.cast(pl.Int64)).to_series().to_numpy()


def _microseconds(hours: pl.Series) -> IntArray:
    """Hours as whole microseconds; -1 where there are none."""
    return (hours * float(_HOUR)).round().cast(pl.Int64).fill_null(-1).to_numpy()
