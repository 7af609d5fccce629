"""The truth about services: what each change touches, and when each service had it in each region.

Everything follows from places on the main branch and from what the simulation did: which roll-out a deployment is a
part of, when a region was opened or closed. None of Headway's collecting, mapping or reporting is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from collectors.simulate.company.model import Change, Deployment, Repo
from collectors.simulate.company.services import Part
from collectors.simulate.events.clock import iso

__all__ = [
    "DEPLOYMENT_COLUMNS",
    "NEVER",
    "Arrival",
    "Arrivals",
    "deployments_of",
    "firsts",
    "touched",
    "whole",
    "withdrawn",
]

NEVER = 1 << 62
DEPLOYMENT_COLUMNS = (
    "repo",
    "service",
    "environment",
    "version",
    "sha",
    "created_at",
    "succeeded_at",
    "rollback",
    "rollout",
)
"""The columns of the table of deployments."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """When production of a service began to get a change, first had it, had it in every region, and lost it."""

    begun_at: int | None = None
    first_at: int | None = None
    complete_at: int | None = None
    rolled_back_at: int | None = None
    unknown: bool = False  # it was code complete before the first deployment


def touched(repo: Repo, change: Change) -> list[Part]:
    """The services whose files a change changes; a change without files belongs to the only service."""
    if not change.paths and len(repo.services) == 1:
        return list(repo.services)
    return [part for part in repo.services if any(part.is_built_from(path) for path in change.paths)]


def deployments_of(repo: Repo) -> list[dict[str, Any]]:
    """Every deployment to production that was tried, as `DEPLOYMENT_COLUMNS`, oldest first."""
    return [
        {
            "repo": f"acme/{repo.name}",
            "service": item.service,
            "environment": item.environment,
            "version": item.version,
            "sha": item.sha,
            "created_at": iso(item.created_at),
            "succeeded_at": item.succeeded_at and iso(item.succeeded_at),
            "rollback": item.rollback,
            "rollout": item.rollout if item.rollout >= 0 else None,
        }
        for item in sorted(repo.deployments, key=lambda each: (each.created_at, each.deployment_id))
        if item.production
    ]


def firsts(size: int, moments: list[tuple[Change, int | None]]) -> list[int]:
    """By place on main: the earliest of these moments that belongs to this place or to a later one."""
    times = [NEVER] * size
    for change, at in moments:
        if at is not None and change.position is not None:
            times[change.position] = min(times[change.position], at)
    return list(accumulate(reversed(times), min))[::-1]


def withdrawn(deployments: list[Deployment]) -> dict[int, int]:
    """Place on main to the time since when an environment has it no more, for what a rollback withdrew for good."""
    gone: dict[int, int] = {}
    place = -1
    done = [item for item in deployments if item.production and item.succeeded_at is not None]
    for deployment in sorted(done, key=lambda item: item.succeeded_at or 0):
        target = deployment.change.position or 0
        if deployment.rollback:
            for landing in range(target + 1, place + 1):
                gone.setdefault(landing, deployment.succeeded_at or 0)
        gone = {landing: at for landing, at in gone.items() if landing > target}
        place = target
    return gone


class Arrivals:
    """The arrivals of all changes in one service."""

    def __init__(self, repo: Repo, part: Part) -> None:
        """From the deployments of the service."""
        size = len(repo.landed)
        deployments = [item for item in repo.deployments if item.service == part.name and item.succeeded_at is not None]
        self.begun = firsts(size, [(item.change, item.created_at) for item in deployments])
        self.shipped = firsts(size, [(item.change, item.succeeded_at) for item in deployments])
        self.first_production_at = min((item.succeeded_at or 0 for item in deployments), default=NEVER)
        self.deployments = sorted(deployments, key=lambda item: item.succeeded_at or 0)
        self.ended = {item.rollout: item.succeeded_at or 0 for item in self.deployments if item.rollout >= 0}
        closed = {region.environment for region in repo.regions if region.closes < 1}
        names = dict.fromkeys(item.environment for item in self.deployments)
        by_name = {name: [item for item in self.deployments if item.environment == name] for name in names}
        self.opened = {name: ones[0].succeeded_at or 0 for name, ones in by_name.items()}
        self.had = {name: firsts(size, [(item.change, item.succeeded_at) for item in by_name[name]]) for name in names}
        self.gone = {name: withdrawn(by_name[name]) for name in names if name not in closed}
        self.closed = closed

    def of(self, change: Change, complete_at: int | None) -> Arrival:
        """The arrival of a change that was code complete at `complete_at`."""
        if complete_at is not None and complete_at < self.first_production_at:
            return Arrival(unknown=True)
        place = change.position
        if place is None or self.begun[place] == NEVER:
            return Arrival()
        if self.shipped[place] == NEVER:
            return Arrival(self.begun[place])
        first_at = self.shipped[place]
        return Arrival(self.begun[place], first_at, self._complete_at(place), self._rolled_back_at(place))

    def _complete_at(self, place: int) -> int | None:
        """When the last region had it, of those that were open by the end of the roll-out that brought it.

        A region that was opened when all others had it never had to get it, nor one that was closed without it.
        """
        first = next(item for item in self.deployments if (item.change.position or 0) >= place)
        ended_at = self.ended.get(first.rollout, first.succeeded_at or 0)
        last_at: int | None = None
        for name, opened_at in sorted(self.opened.items(), key=lambda pair: pair[1]):
            if opened_at > ended_at or (last_at is not None and opened_at > last_at):
                continue
            at = self.had[name][place]
            if at == NEVER and name not in self.closed:
                return None
            if at != NEVER:
                last_at = max(at, last_at or at)
        return last_at

    def _rolled_back_at(self, place: int) -> int | None:
        """When the last region that had it lost it, None while one has it."""
        having = [name for name in self.gone if self.had[name][place] != NEVER]
        if any(place not in self.gone[name] for name in having):
            return None
        return max((self.gone[name][place] for name in having), default=None)


def whole(arrivals: list[Arrival]) -> Arrival:
    """The arrival of a change in all of the services that it touches."""
    known = [item for item in arrivals if item.first_at is not None]
    complete = [item.complete_at for item in arrivals]
    back = [item.rolled_back_at for item in known]
    return Arrival(
        min((item.begun_at for item in arrivals if item.begun_at is not None), default=None),
        min((item.first_at for item in known if item.first_at is not None), default=None),
        None if None in complete else max((at for at in complete if at is not None), default=None),
        None if None in back else max((at for at in back if at is not None), default=None),
        any(item.unknown for item in arrivals),
    )
