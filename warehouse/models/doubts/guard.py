"""When a service is in doubt: changes went on landing, and its production deployments stopped or ship none of them.

Pure. What came after the time of the report is not for the caller to give. `docs/method.md` has the calibration.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from warehouse.models.deployments.silence import FEWEST, GAPS, SHARE, SHORTEST, usual_longest

__all__ = [
    "APART",
    "BATCHES",
    "FEWEST_CHANGES",
    "FEWEST_TAGS",
    "FEW_DEPLOYMENTS",
    "LONGEST",
    "MOSTLY_UNSHIPPED",
    "NEWER_TAGS",
    "SHIPS_NONE",
    "SHORTEST_OF_FEW",
    "STOPPED",
    "WAITS",
    "Doubt",
    "Evidence",
    "Landing",
    "in_doubt",
]

WAITS = 2
"""Changes went on landing for longer than this many of the usual longest waits from landing to production, ..."""
SHORTEST_OF_FEW = timedelta(days=90)
"""... and, of fewer than `FEWEST` deployments, for longer than this."""
LONGEST = timedelta(days=730)
"""Whatever the gaps were: so long without a deployment is never usual."""
FEWEST_CHANGES = 10
"""At least so many more changes landed without a deployment than with one, ..."""
BATCHES = 2
"""... and so many times those of the usual largest deployment: where less lands, deployments are fewer."""
FEWEST_TAGS = 3
"""So many releases by tags that do not count, after the last deployment, halve what is needed: they took its place."""

STOPPED, SHIPS_NONE, MOSTLY_UNSHIPPED = "stopped", "ships_none", "mostly_unshipped"
FEW_DEPLOYMENTS, NEWER_TAGS, APART = "few_deployments", "newer_tags", "apart"


@dataclass(frozen=True, order=True)
class Landing:
    """When a change landed, and when a production deployment first had it."""

    landed_at: datetime
    shipped_at: datetime | None


@dataclass(frozen=True)
class Evidence:
    """What else shows that deployments are read from the wrong place.

    `newer_tags`: releases by tags that do not count, after the last deployment that shipped anything; `older_tags`:
    before it. `apart`: deployments since then whose commits share no history with the default branch.
    """

    newer_tags: int = 0
    older_tags: int = 0
    apart: int = 0

    @property
    def reason(self) -> str:
        """The reason that it gives, empty where it gives none."""
        if self.apart >= FEWEST:
            return APART
        return NEWER_TAGS if self.newer_tags >= max(FEWEST_TAGS, self.older_tags + 1) else ""


@dataclass(frozen=True)
class Doubt:
    """A service in doubt.

    `since_at`: its last believable deployment, None where no deployment shipped anything. `changes`: those that landed
    after it and were in no deployment. `days`: for how long they landed. `usual_days`: the usual longest gap between
    deployments, None of fewer than two. `deployments`: days with a deployment that shipped something.
    """

    since_at: datetime | None
    reason: str
    changes: int
    days: float
    usual_days: float | None
    deployments: int


def in_doubt(landings: Collection[Landing], deployed_at: Iterable[datetime], evidence: Evidence) -> Doubt | None:
    """Whether a service is in doubt, of the changes that landed and the times of its successful deployments.

    Deployments of one day are one. Changes that landed before the first deployment say nothing.
    """
    shipped = [row for row in landings if row.shipped_at is not None]
    times = [at for row in shipped if (at := row.shipped_at)]
    deployed = sorted([*deployed_at, *times])
    if not deployed:
        return None
    first = deployed[0]
    late = sorted((row for row in landings if row.landed_at > first), key=lambda row: row.landed_at)
    start, excess = _unshipped_end(late)
    if start is None:
        return None
    unshipped = [row.landed_at for row in late[start:] if row.shipped_at is None]
    span = unshipped[-1] - unshipped[0]
    batches = _batches(shipped)
    days = sorted(batches)
    gaps = [timedelta(days=after - before) for before, after in pairwise(days)]
    waits = [at - row.landed_at for row in shipped if row.landed_at > first and (at := row.shipped_at)]
    usual, longest = _longest(gaps, waits)
    fewest = max(FEWEST_CHANGES, BATCHES * _usual_largest([batches[day] for day in days[1:]]))
    needed = 0.5 if evidence.reason else 1.0
    hopeless = evidence.reason == APART and not batches  # none can ever be found to ship anything: nothing waits
    if not hopeless and (span <= needed * longest or excess < needed * fewest):
        return None
    last = max(times, default=first)
    goes_on = last - unshipped[0] > longest
    since = max((at for at in times if at <= unshipped[0]), default=first) if goes_on else last
    silent = MOSTLY_UNSHIPPED if goes_on else SHIPS_NONE if deployed[-1] > last else STOPPED
    return Doubt(
        since_at=since if batches else None,
        reason=evidence.reason or (FEW_DEPLOYMENTS if len(days) < FEWEST else silent),
        changes=len(unshipped),
        days=span / timedelta(days=1),
        usual_days=None if usual is None else usual / timedelta(days=1),
        deployments=len(days),
    )


def _unshipped_end(late: Sequence[Landing]) -> tuple[int | None, int]:
    """Where the end of the landings begins in which most were not deployed: by how many more, the most of any end."""
    start, excess, sum_ = None, 0, 0
    for place in range(len(late) - 1, -1, -1):
        sum_ += 1 if late[place].shipped_at is None else -1
        if sum_ > excess:
            start, excess = place, sum_
    return start, excess


def _longest(gaps: Sequence[timedelta], waits: Sequence[timedelta]) -> tuple[timedelta | None, timedelta]:
    """The usual longest gap, and how long changes may go on landing without a deployment."""
    usual = usual_longest(gaps) if gaps else None
    shortest = SHORTEST if len(gaps) + 1 >= FEWEST else SHORTEST_OF_FEW
    usual_wait = usual_longest(waits) if waits else timedelta()
    return usual, min(max(shortest, GAPS * (usual or timedelta()), WAITS * usual_wait), LONGEST)


def _batches(shipped: Iterable[Landing]) -> dict[int, int]:
    """Changes that were first deployed on each day, by its number."""
    batches: dict[int, int] = {}
    for row in shipped:
        if row.shipped_at:
            day = row.shipped_at.toordinal()
            batches[day] = batches.get(day, 0) + 1
    return batches


def _usual_largest(counts: Sequence[int]) -> int:
    return sorted(counts)[min(len(counts) - 1, int(SHARE * len(counts)))] if counts else 0
