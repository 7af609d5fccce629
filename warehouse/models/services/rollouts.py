"""Tables `rollouts` and `service_waves`: which deployments are one roll-out, and which environments are its waves.

A roll-out is all production deployments of one commit, else version, of a service: each environment takes it once. A
commit that comes back to an environment after a rollback is a roll-out again. An attempt that failed in one
environment, as a canary, before the first success in another is a part of that roll-out; where none came, attempts in
several environments are one. Another try in the same environment is another attempt.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import BOOL, INT, TEXT, TIME
from warehouse.model import Table
from warehouse.models.services.inference.propose import quiet_since
from warehouse.models.services.services import lines

__all__ = ["ROLLOUTS", "SERVICE_WAVES", "rollouts_and_waves"]

SHARE = 0.5
"""An environment is a wave if it got at least this share of the roll-outs while it was live."""

ROLLOUTS = Table(
    "rollouts",
    "the roll-outs that production deployments of a service make",
    "one row per repository, service and production deployment that succeeded or failed",
    ("repo_id", "service", "deployment_id"),
    (
        ("repo_id", TEXT, "repository"),
        ("service", TEXT, "service, empty where the repository is one service"),
        ("deployment_id", TEXT, "unique within the repository"),
        (
            "rollout_id",
            TEXT,
            "the deployment that opened its roll-out; of attempts that failed without one the first of their try",
        ),
        ("opens_rollout", BOOL, "it is the first success of the roll-out, and no rollback"),
        ("ended_at", TIME, "last success of the roll-out so far, UTC"),
        ("kind", TEXT, "what it was for the service, as in `deployment_chain`; null without a success or a commit"),
    ),
)
SERVICE_WAVES = Table(
    "service_waves",
    "the production environments of a service, and whether they are waves of its roll-outs",
    "one row per repository, service and production environment with a success",
    ("repo_id", "service", "environment"),
    (
        ("repo_id", TEXT, "repository"),
        ("service", TEXT, "service, empty where the repository is one service"),
        ("environment", TEXT, "as named by the source"),
        ("wave", INT, "its place in the order of a roll-out, from 1; null if it is none, or no commit of it is known"),
        ("live", BOOL, "it is a wave, and has not fallen silent"),
        ("since_at", TIME, "first success, UTC"),
        ("until_at", TIME, "last success before it fell silent while others went on, UTC; null if it did not"),
        ("rollouts", INT, "roll-outs that it got"),
        ("rollouts_of_service", INT, "roll-outs of the service from its first to the time it fell silent"),
        ("named", BOOL, "the settings name it as a wave"),
    ),
)


@dataclass
class _Rollout:
    id: str
    opened_at: datetime
    ended_at: datetime
    environments: set[str]


@dataclass
class _Environment:
    """The successes in one environment, and the roll-outs that it got."""

    times: list[datetime] = field(default_factory=list)
    rollouts: list[_Rollout] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    """Seconds from the opening of each roll-out."""
    resolved: bool = False
    """Whether any of its deployments has a known commit: without one nothing can be said to have arrived there."""


@dataclass
class _Failed:
    """Attempts of which no roll-out is known yet: one in each environment, of one commit, are a try of a roll-out."""

    ids: dict[int, str] = field(default_factory=dict)
    """For the position of each attempt the first one of its try."""
    _tries: dict[tuple[str, ...], dict[str, int]] = field(default_factory=dict)

    def add(self, key: tuple[str, ...], where: str, position: int, name: str) -> None:
        """An attempt at `position`; a second one in its environment begins another try."""
        attempts = self._tries.setdefault(key, {})
        if where in attempts:
            attempts.clear()
        attempts[where] = position
        self.ids[position] = self.ids.get(min(attempts.values()), name)

    def of_rollout(self, key: tuple[str, ...], where: str) -> list[int]:
        """The positions of attempts that a roll-out which opens in an environment had in others."""
        attempts = self._tries.pop(key, {})
        return [] if where in attempts else list(attempts.values())


def rollouts_and_waves(rows: Sequence[Mapping[str, Any]], services: Iterable[Mapping[str, Any]]) -> dict[str, pa.Table]:
    """From `services` and `service_deployments` of one repository, each with its `kind` as in `deployment_chain`."""
    rollouts: list[dict[str, Any]] = []
    waves: list[dict[str, Any]] = []
    by_service: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["production"]:
            by_service.setdefault(row["service"], []).append(row)
    named = {service["service"]: lines(service["waves"]) for service in services}
    for service, deployments in sorted(by_service.items()):
        key = {"repo_id": deployments[0]["repo_id"], "service": service}
        assigned, environments = _assigned(deployments)
        rollouts += [{**key, **row} for row in assigned]
        waves += [{**key, **row} for row in _waves(environments, named.get(service, []))]
    return {"rollouts": ROLLOUTS.of(rollouts), "service_waves": SERVICE_WAVES.of(waves)}


def _assigned(
    deployments: Iterable[Mapping[str, Any]],
) -> tuple[list[dict[str, Any]], dict[str, _Environment]]:
    """The roll-out of each deployment in the order of time, and what each environment got."""
    timed = [(row["succeeded_at"] or row["created_at"], row["deployment_id"], row) for row in deployments]
    current: dict[tuple[str, ...], _Rollout] = {}
    environments: dict[str, _Environment] = {}
    assigned: list[tuple[str, _Rollout | None, bool]] = []
    failed = _Failed()
    kinds: dict[str, str | None] = {}
    for at, name, row in sorted((part for part in timed if part[0] is not None), key=lambda part: part[:2]):
        key, where = _key(row), row["environment"]
        rollout = current.get(key)
        had = rollout is not None and where in rollout.environments
        if row["succeeded_at"] is None:
            # A failed attempt in a wave that the roll-out had not reached is a part of it, else of the next one.
            if rollout is None or had:
                failed.add(key, where, len(assigned), name)
            assigned.append((name, None if had else rollout, False))
            continue
        kind = kinds[name] = row["kind"]
        # A release that its environment had before is of another part of the service: the same roll-out.
        again = had and kind not in {"first", "release", "beside"}
        opens = kind not in {"rollback", "redeploy"} and (rollout is None or again)
        if opens:
            rollout = current[key] = _Rollout(name, at, at, set())
            for position in failed.of_rollout(key, where):
                assigned[position] = (assigned[position][0], rollout, False)
        place = environments.setdefault(where, _Environment())
        place.times.append(at)
        place.resolved |= kind is not None
        if rollout is not None and kind != "rollback":
            rollout.ended_at = at
            if where not in rollout.environments:
                rollout.environments.add(where)
                place.rollouts.append(rollout)
                place.lags.append((at - rollout.opened_at).total_seconds())
        assigned.append((name, rollout, opens))
    rows = [
        {
            "deployment_id": name,
            "rollout_id": rollout.id if rollout else failed.ids.get(position, name),
            "opens_rollout": opens,
            "ended_at": rollout.ended_at if rollout else None,
            "kind": kinds.get(name),
        }
        for position, (name, rollout, opens) in enumerate(assigned)
    ]
    return rows, environments


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What is rolled out: the commit, else the version. Without services each application is rolled out on its own."""
    application = "" if row["service"] else row["application"]
    if row["sha"]:
        return (application, row["sha"])
    return (application, "", row["version"]) if row["version"] else (application, "", "", row["deployment_id"])


def _waves(environments: Mapping[str, _Environment], named: Sequence[str]) -> list[dict[str, Any]]:
    """Of each environment whether it is a wave, and from when to when it was live."""
    opened = sorted({rollout.id: rollout.opened_at for e in environments.values() for rollout in e.rollouts}.values())
    places = {name.casefold(): place for place, name in enumerate(named)}
    rows = []
    for name, environment in environments.items():
        others = [other.times[-1] for key, other in environments.items() if key != name]
        until = quiet_since(environment.times, max(others)) if others else None
        got = environment.rollouts
        begin = bisect_left(opened, min((rollout.opened_at for rollout in got), default=environment.times[0]))
        end = len(opened) if until is None else bisect_right(opened, until)
        is_named = name.casefold() in places
        is_wave = environment.resolved and (is_named if named else len(got) >= max(SHARE * (end - begin), 1))
        lags = sorted(environment.lags)
        order = places.get(name.casefold(), 0) if named else lags[len(lags) // 2] if lags else 0.0
        rows.append(
            {
                "environment": name,
                "order": order,
                "is_wave": is_wave,
                "live": is_wave and (is_named or until is None),
                "since_at": environment.times[0],
                "until_at": None if is_named else until,
                "rollouts": len(got),
                "rollouts_of_service": end - begin,
                "named": is_named,
            }
        )
    rows.sort(key=lambda row: (not row["is_wave"], row["order"], row["since_at"], row["environment"]))
    for place, row in enumerate(rows, 1):
        row["wave"] = place if row.pop("is_wave") else None
        del row["order"]
    return rows
