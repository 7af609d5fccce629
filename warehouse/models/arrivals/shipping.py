"""When a service's deployments tried, staged, shipped and withdrew a change, in all of its waves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.graph import NEVER, Containment, Reach
from warehouse.models.arrivals.contents import NOWHERE, Content
from warehouse.models.arrivals.deployment_chain import Deployed, Step, deployed, steps
from warehouse.models.rows import records

__all__ = ["Shipping"]


@dataclass(frozen=True)
class _Sweep:
    """The first of an ordered list of deployments to contain each commit."""

    deployments: list[Deployed]
    reach: Reach

    @classmethod
    def of(cls, history: Containment, deployments: list[Deployed]) -> _Sweep:
        return cls(deployments, Reach(history, [deployment.commit for deployment in deployments]))

    def first(self, change: Content, *, branch: bool) -> tuple[int, str, int | None]:
        """See `Content.first`."""
        return change.first(self.reach, branch=branch) if self.deployments else NOWHERE

    def at(self, position: int) -> Deployed | None:
        return None if position == NEVER else self.deployments[position]

    def id(self, position: int) -> str | None:
        return None if position == NEVER else self.deployments[position].id


@dataclass(frozen=True)
class _Wave:
    """A wave of the service: when it was live, and its successes; those that began first come first."""

    since: datetime
    until: datetime | None
    sweep: _Sweep


class _Found(NamedTuple):
    """A deployment that contains a change: how, and the commit that shows it."""

    deployment: Deployed
    how: str
    through: int | None

    @property
    def order(self) -> tuple[datetime, str]:
        return self.deployment.at, self.deployment.id


@dataclass(frozen=True)
class _Withdrawals:
    """What rollbacks took from one lane for good: commits with the rollback after which nothing brought them back."""

    has: Reach
    by: Mapping[int, Deployed]


@dataclass(frozen=True)
class Shipping:
    """The deployments of one service as sweeps. `ended`: when the roll-out of each deployment had its last success."""

    shipped: _Sweep
    tried: _Sweep
    staged: _Sweep
    undatable: _Sweep
    parts: _Sweep
    """Deployments of an unknown part of their commit."""
    waves: Sequence[_Wave]
    withdrawals: Sequence[_Withdrawals]
    ended: Mapping[str, datetime]
    needs_all: bool
    shas: Sequence[str]

    @classmethod
    def of(cls, history: Containment, tables: Mapping[str, pa.Table], service: str) -> Shipping:
        """From `service_deployments`, `services`, `rollouts` and `service_waves` of one repository."""
        rows, rollouts, environments, services = (
            records(tables[name].filter(pc.equal(tables[name]["service"], service)))
            for name in ("service_deployments", "rollouts", "service_waves", "services")
        )
        graph = history.graph
        production = [row for row in rows if row["production"]]
        shipped = _Sweep.of(history, deployed(graph, production, "succeeded_at"))
        tried = deployed(graph, production, "created_at")
        # Tags, and records that succeed at once, have one order of both times.
        same = [attempt.id for attempt in tried] == [deployment.id for deployment in shipped.deployments]
        before = [row for row in rows if not row["production"] and not row["excluded"]]
        waves = [row for row in environments if row["wave"] is not None]
        live = {row["environment"] for row in waves if row["live"]}
        return cls(
            shipped,
            shipped if same else _Sweep.of(history, tried),
            _Sweep.of(history, deployed(graph, before, "succeeded_at")),
            _Sweep.of(history, _undatable(history, production)),
            _Sweep.of(history, deployed(graph, production, "succeeded_at", commit="part_of_sha")),
            _waves(history, shipped, waves),
            _withdrawals(
                history,
                [one for one in shipped.deployments if not live or one.lane[1] in live],
                {row["deployment_id"] for row in rollouts if row["kind"] == "rollback"},
            ),
            {row["deployment_id"]: row["ended_at"] for row in rollouts},
            all(row["arrival"] == "all" for row in services),
            graph.shas,
        )

    def arrival(self, change: Content) -> dict[str, Any]:
        """The columns of `arrivals` that a change has by the service's deployments."""
        position, found_by, found_through = self.shipped.first(change, branch=True)
        first = self.shipped.at(position)
        in_waves = [] if first is None or self._one_wave else list(self._in_waves(change, first))
        if first is not None and in_waves:
            complete, how, through = self._complete(in_waves, _Found(first, found_by, found_through))
        else:  # without several waves the first counts
            complete, how, through = first, found_by, found_through
        # Attempts and staging of a branch are review apps and previews, not deployments of the landing.
        # What a branch brought was found by it in both, and what the landing brought by that.
        by_branch = found_by == "branch_deploy"
        attempt = position if self.tried is self.shipped else self.tried.first(change, branch=by_branch)[0]
        staged = self.staged.first(change, branch=False)[0]
        part = self.parts.at(self.parts.first(change, branch=False)[0]) if self.parts.deployments else None
        landing = change.landing
        return {
            "first_deployment_id": first.id if first else None,
            "production_deployment_id": complete.id if complete else None,
            "mapped_by": how,
            "mapped_through": None if through is None else self.shas[through],
            "attempt_deployment_id": self.tried.id(attempt),
            "staged_deployment_id": self.staged.id(staged),
            "undatable_deployment_id": self.undatable.id(self.undatable.reach.first(landing))
            if landing is not None and self.undatable.deployments
            else None,
            "part_deployment_id": part.id if part and (first is None or part.at < first.at) else None,
            "rollback_deployment_id": self._withdrawn(landing, first),
            "wave_deployment_ids": "\n".join(found.deployment.id for _, found in in_waves if found)
            if first is not None and len(self.waves) > 1
            else None,
        }

    @property
    def _one_wave(self) -> bool:
        return len(self.waves) == 1 and self.waves[0].sweep is self.shipped

    def _in_waves(self, change: Content, first: Deployed) -> Iterator[tuple[_Wave, _Found | None]]:
        """Each wave that was there by the end of the roll-out that brought the change, and its first deployment."""
        ended = max(self.ended.get(first.id) or first.at, first.at)
        for wave in self.waves:
            if wave.since <= ended:
                position, how, through = wave.sweep.first(change, branch=True)
                deployment = wave.sweep.at(position)
                yield wave, None if deployment is None else _Found(deployment, how, through)

    def _complete(
        self, in_waves: Iterable[tuple[_Wave, _Found | None]], first: _Found
    ) -> tuple[Deployed | None, str, int | None]:
        """The deployment by which the last wave had the change: it was live by the end of the roll-out that brought it.

        A wave that fell silent without it is none any more, and one that began when all others had it never had to get
        it. Without any wave the first deployment counts.
        """
        last: _Found | None = None
        for wave, found in in_waves if self.needs_all else ():
            if last is not None and wave.since > last.deployment.at:
                continue
            if found is None and wave.until is None:
                return None, "", None
            if found is not None and (last is None or found.order > last.order):
                last = found
        chosen = last or first
        return chosen.deployment, chosen.how, chosen.through

    def _withdrawn(self, landing: int | None, first: Deployed | None) -> str | None:
        """The rollback that withdrew a commit from the last wave that had it, None while one has it."""
        if landing is None or first is None or not self.withdrawals:
            return None
        if not any(landing in lane.by for lane in self.withdrawals):
            return None
        last: Deployed | None = None
        for lane in self.withdrawals:
            rollback = lane.by.get(landing)
            if rollback is None and lane.has.first(landing) != NEVER:
                return None
            if rollback is not None and (last is None or (rollback.at, rollback.id) > (last.at, last.id)):
                last = rollback
        return last.id if last else None


def _waves(history: Containment, shipped: _Sweep, rows: Iterable[Mapping[str, Any]]) -> list[_Wave]:
    by_environment: dict[str | None, list[Deployed]] = {}
    for deployment in shipped.deployments:
        by_environment.setdefault(deployment.lane[1], []).append(deployment)
    waves = []
    for row in sorted(rows, key=lambda row: row["since_at"]):
        deployments = by_environment.get(row["environment"], [])
        sweep = shipped if len(deployments) == len(shipped.deployments) else _Sweep.of(history, deployments)
        waves.append(_Wave(row["since_at"], row["until_at"], sweep))
    return waves


def _withdrawals(
    history: Containment, deployments: Sequence[Deployed], rollbacks: Collection[str]
) -> list[_Withdrawals]:
    """What each lane lost for good; `rollbacks`: the ids of those deployments that are rollbacks."""
    if not rollbacks:
        return []
    lanes: dict[tuple[str | None, ...], list[Step]] = {}
    for step in steps(history, deployments, single=True):
        lanes.setdefault(step.deployment.lane, []).append(step)
    withdrawals = []
    for lane in lanes.values():
        commits = [step.deployment.commit for step in lane]
        backwards = Reach(history, commits[::-1])
        by = {
            commit: step.deployment
            for position, step in enumerate(lane)
            for commit in (step.withdrawn if step.deployment.id in rollbacks else ())
            if position > len(lane) - 1 - backwards.first(commit)
        }
        withdrawals.append(_Withdrawals(backwards, by))
    return withdrawals


def _undatable(history: Containment, rows: Iterable[Mapping[str, Any]]) -> list[Deployed]:
    index = history.graph.index
    return [
        Deployed(row["deployment_id"], index[row["sha"]], ("", ""), datetime.min)  # noqa: DTZ901
        for row in rows
        if row["undatable"] and row["sha"] in index
    ]
