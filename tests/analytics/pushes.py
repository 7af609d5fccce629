"""Companies in which reviews ask for changes: what a report as of any time would have seen, and what came of it.

Nothing of this is taken from the product: rounds of waiting for a review, a verdict, work and another push; then a
merge and a train.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl

from analytics.cohort.cohort import LEAD_STAGES

__all__ = ["START", "Request", "World", "requests", "snapshot"]

START = datetime(2025, 1, 6)
_EARLIER = {"change_id": pl.String(), "stage": pl.String(), "begun_hours": pl.Float64(), "hours": pl.Float64()}


@dataclass(frozen=True)
class World:
    """`approved`: share of reviews that ask for nothing. `gaps`: days between trains, by repository in turn.

    `turn`: the day from which trains leave every `then` days, and what begins takes `slower` times as long. `grows`:
    how much longer work takes on the last day than on the first, evenly (log).
    """

    approved: float = 0.75
    gaps: tuple[float, ...] = (7.0, 1.0, 0.1, 3.0)
    turn: float = 1e9
    then: float | None = None
    slower: float = 1.0
    grows: float = 1.0
    repositories: int = 8
    changes: int = 500
    days: float = 420.0

    def pace(self, begun: float) -> float:
        """How much longer than on the first day a change takes that begins at this hour."""
        turned = self.slower if begun > self.turn * 24.0 else 1.0
        return turned * float(self.grows ** (begun / (self.days * 24.0)))


@dataclass(frozen=True)
class Request:
    """A pull request: rounds of (push, review, approval or infinity), then merge, production, or closed; in hours."""

    repository: int
    rounds: Sequence[tuple[float, float, float]]
    merged: float
    shipped: float
    closed: float


def requests(dice: np.random.Generator, world: World) -> list[Request]:
    """All pull requests of a company."""
    found = []
    for repository in range(world.repositories):
        gap, phase = 24.0 * world.gaps[repository % len(world.gaps)], float(dice.uniform())
        for begun in dice.uniform(0.0, world.days * 24.0, world.changes).tolist():
            pace = world.pace(begun)
            rounds, closed = _rounds(dice, begun, world.approved, pace)
            merged = rounds[-1][2] + float(dice.lognormal(np.log(4.0), 1.0)) * pace
            closed_at = closed if closed is not None else np.inf
            shipped = np.inf if np.isinf(merged) else _train(merged, gap, phase, world) + 0.5
            found.append(Request(repository, rounds, merged, shipped, closed_at))
    return found


def _rounds(
    dice: np.random.Generator, begun: float, approved: float, pace: float
) -> tuple[list[tuple[float, float, float]], float | None]:
    rounds: list[tuple[float, float, float]] = []
    at = begun
    while True:
        reviewed = at + float(dice.lognormal(np.log(14.0), 1.2)) * pace
        if dice.random() < approved:
            more = float(dice.lognormal(np.log(8.0), 1.2)) * pace if dice.random() < 0.7 else 0.0
            return [*rounds, (at, reviewed, reviewed + more)], None
        rounds.append((at, reviewed, np.inf))
        at = reviewed + float(dice.lognormal(np.log(20.0), 1.3)) * pace
        if dice.random() < 0.03:
            return rounds, at


def _train(merged: float, gap: float, phase: float, world: World) -> float:
    """When the next train leaves."""
    turn = world.turn * 24.0
    left = merged if gap < 3.0 else (np.ceil(merged / gap - phase) + phase) * gap
    if world.then is not None and left > turn:
        after = max(merged, turn)
        left = min(left, np.ceil(after / (24.0 * world.then)) * 24.0 * world.then)
    return float(left)


def snapshot(found: Sequence[Request], as_of: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of `lead_times` as of so many hours, and the stays after earlier pushes."""
    rows, earlier = [], []
    for number, request in enumerate(found):
        rounds = [one for one in request.rounds if one[0] <= as_of]
        if not rounds:
            continue
        end = min(as_of, request.shipped, request.closed)
        rows.append(_row(number, request, rounds[-1], end, as_of))
        for (pushed, reviewed, _), (following, _, _) in pairwise(rounds):
            spells = (("pickup", pushed, reviewed), ("review", reviewed, following))
            earlier += [
                (f"g#{number:06d}", stage, begun - rounds[-1][0], left - begun) for stage, begun, left in spells
            ]
    table = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.lit(None, pl.Float64).alias(f"{stage}_hours") for stage in LEAD_STAGES if f"{stage}_hours" not in rows[0]
    )
    return table, pl.DataFrame(earlier, schema=_EARLIER, orient="row")


def _row(
    number: int, request: Request, last: tuple[float, float, float], end: float, as_of: float
) -> dict[str, object]:
    outcome = "production" if request.shipped <= as_of else "abandoned" if request.closed <= as_of else "waiting"
    ends = {
        "pickup": last[1],
        "review": last[2],
        "merge": request.merged,
        "release": request.shipped - 0.5,
        "deploy": request.shipped,
    }
    hours: dict[str, float | None] = dict.fromkeys(ends)
    begun, stage = last[0], "pickup"
    for name, left in ends.items():
        if begun >= end and name != "pickup":
            break
        hours[name], stage, begun = max(min(left, end) - begun, 0.0), name, left
    at = START + timedelta(hours=end)
    return {
        "change_id": f"g#{number:06d}",
        "repo": f"acme/{request.repository}",
        "title": "",
        "url": "",
        "author": "ann",
        "team": "",
        "builds_ai": False,
        "built_with_ai": "none",
        "kind": "work",
        "services": "",
        "service": None,
        "first_production_at": None,
        "outcome": outcome,
        "current_stage": stage if outcome == "waiting" else None,
        "code_complete_at": START + timedelta(hours=last[0]),
        "production_at": at if outcome == "production" else None,
        "abandoned_at": at if outcome == "abandoned" else None,
        "as_of": START + timedelta(hours=as_of),
        **{f"{name}_hours": spent for name, spent in hours.items()},
        "hours": end - last[0],
        "hours_in_stage": hours[stage],
        "age_hours": end - last[0],
    }
