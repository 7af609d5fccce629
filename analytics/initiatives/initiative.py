"""From tables to initiatives: who they are, how far they came, what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import duckdb

from analytics.filters import Filters
from analytics.initiatives.rungs import IN_USE, MERGED, PILOT, Stay, Use, Work, climb
from analytics.initiatives.stalling import FEWEST_LEFT, Limit, limits

__all__ = ["Initiative", "Portfolio", "Usage", "read_portfolio"]


@dataclass(frozen=True)
class Usage:
    """A record of use: when (naive UTC), how often and by how many, None where not known."""

    used_at: datetime
    uses: int | None
    users: int | None


@dataclass(frozen=True)
class Initiative:
    """One initiative as of `as_of`, the earliest watermark of its repositories.

    `stays`: its rungs in the order of time, the last not ended. `stalled`: None where that cannot be said. `observed`:
    whether its first arrival in production was; `deployments`: whether any of its repositories reports deployments.
    `waiting`: changes code complete and neither in production nor closed.
    """

    id: str
    name: str
    found: bool
    repos: tuple[str, ...]
    reasons: tuple[str, ...]
    stays: tuple[Stay, ...]
    observed: bool
    deployments: bool
    imports: bool
    changes: int
    waiting: int
    abandoned: int
    shipped: int
    people: int
    uses: tuple[Use, ...]
    usage: tuple[Usage, ...]
    last_shipped_at: datetime | None
    as_of: datetime
    stalled: bool | None = None
    limit: Limit | None = None

    @property
    def rung(self) -> str:
        """Where it is now."""
        return self.stays[-1].rung

    @property
    def first_change_at(self) -> datetime:
        """When its first change began."""
        return self.stays[0].since

    def reached_at(self, rung: str) -> datetime | None:
        """When it first reached a rung, None where it has not."""
        return next((stay.since for stay in self.stays if stay.rung == rung), None)

    def hours_on(self, rung: str) -> float | None:
        """All its hours on a rung, so far where it is there now; None where it never was."""
        hours = [stay.hours for stay in self.stays if stay.rung == rung]
        return sum(hours) if hours else None


@dataclass(frozen=True)
class Portfolio:
    """All initiatives by name, how many were dismissed, and when each rung on which one stands is too long."""

    initiatives: tuple[Initiative, ...]
    dismissed: int
    limits: Mapping[str, Limit] = field(default_factory=dict)


@dataclass
class _Parts:
    """What the tables say of one initiative."""

    name: str = ""
    found: bool = False
    reasons: list[tuple[str, str]] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    usage: list[Usage] = field(default_factory=list)
    deployments: bool = False
    imports: bool = False
    as_of: datetime | None = None


_WORK = """
    select initiative_id, change_id, repo, sandboxed, author, person, began_at, code_complete_at, merged_at, arrived_at,
        observed, abandoned_at, deployments, imports, as_of
    from initiative_work order by initiative_id, change_id
"""
_USES = """
    select u.initiative_id, u.change_id,
        case when u.user_repo_id = u.repo_id then u.path else s.repo || ': ' || u.path end as path, u.module,
        started.production_at as since, ended.production_at as until
    from initiative_uses u
    join repository_settings s on u.user_repo_id = s.repo_id
    join change_milestones started on u.change_id = started.change_id
    left join change_milestones ended on u.gone_by = ended.change_id
    where started.production_at is not null order by all
"""
_USAGE = "select initiative, used_at, uses, users from usage_records where coalesce(uses, 1) > 0 order by all"


def read_portfolio(connection: duckdb.DuckDBPyConnection, filters: Filters | None = None) -> Portfolio:
    """Every initiative that has begun, and how it stands against the others.

    `filters`: only those with a repository that matches, and whose first change began in the period. What stalls is
    told against all initiatives, whatever is asked for.
    """
    window, dismissed, parts = _parts(connection)
    made = [one for key, part in parts.items() if (one := _initiative(key, part, window)) is not None]
    told = [stay for one in made for stay in _told(one)]
    limit = limits(connection, told, window, rungs={one.rung for one in made})
    judged = [_judged(one, limit) for one in made]
    kept = [one for one in judged if filters is None or _asked(one, filters)]
    return Portfolio(tuple(sorted(kept, key=lambda one: (one.name.casefold(), one.id))), dismissed, limit)


def _parts(connection: duckdb.DuckDBPyConnection) -> tuple[timedelta, int, dict[str, _Parts]]:
    ((days,),) = connection.cursor().execute("select in_use_window_days from parameters").fetchall()
    rows = _rows(connection, "select * from initiatives order by initiative_id, repo_id")
    dismissed = {row["initiative_id"] for row in rows if row["dismissed"]}
    parts: dict[str, _Parts] = {}
    for row in rows:
        if not row["dismissed"]:
            part = parts.setdefault(row["initiative_id"], _Parts(row["name"], row["found"]))
            part.reasons.append((row["repo_id"], row["reason"]))
    names = {part.name.casefold(): key for key, part in sorted(parts.items(), reverse=True)}
    for row in _rows(connection, _WORK):
        part = parts[row.pop("initiative_id")]
        part.deployments |= row.pop("deployments")
        part.imports |= row.pop("imports")
        as_of = row.pop("as_of")
        part.as_of = as_of if part.as_of is None else min(part.as_of, as_of)
        part.work.append(Work(**row))
    for row in _rows(connection, _USES):
        parts[row.pop("initiative_id")].uses.append(Use(**row))
    for row in _rows(connection, _USAGE):
        told = row.pop("initiative")
        key = told if told in parts else names.get(told.casefold())
        if key is not None:
            parts[key].usage.append(Usage(**row))
    return timedelta(days=days), len(dismissed), parts


def _initiative(key: str, part: _Parts, window: timedelta) -> Initiative | None:
    as_of = part.as_of
    if as_of is None:
        return None
    uses = tuple(one for one in part.uses if one.since <= as_of)
    usage = tuple(one for one in part.usage if one.used_at <= as_of)
    stays = climb(part.work, uses, (one.used_at for one in usage), window=window, as_of=as_of)
    if not stays:
        return None
    work = [one for one in part.work if one.began_at is not None and one.began_at <= as_of]
    outside = [one for one in work if not one.sandboxed]
    arrivals = [one.arrived_at for one in outside if one.arrived_at is not None and one.arrived_at <= as_of]
    return Initiative(
        id=key,
        name=part.name,
        found=part.found,
        repos=tuple(sorted({one.repo for one in work})),
        reasons=tuple(reason for _, reason in part.reasons),
        stays=stays,
        observed=all(one.observed for one in outside),
        deployments=part.deployments,
        imports=part.imports,
        changes=len(work),
        waiting=sum(_waits(one, as_of) for one in work) if part.deployments else 0,
        abandoned=sum(one.abandoned_at is not None and one.abandoned_at <= as_of for one in work),
        shipped=len(arrivals),
        people=len({one.author for one in work if one.person and one.author}),
        uses=uses,
        usage=usage,
        last_shipped_at=max(arrivals, default=None),
        as_of=as_of,
    )


def _waits(one: Work, as_of: datetime) -> bool:
    """Code complete by then, neither in production nor closed; what was not observed to arrive waits for nothing."""
    over = [at for at in (one.arrived_at, one.abandoned_at) if at is not None]
    complete = one.code_complete_at is not None and one.code_complete_at <= as_of
    return complete and one.observed and all(at > as_of for at in over)


def _told(one: Initiative) -> Sequence[Stay]:
    """The stays whose beginning and end were seen, or could have been."""
    if not one.deployments:
        return [stay for stay in one.stays if stay.rung == PILOT]
    return [stay for stay in one.stays if one.observed or stay.rung == PILOT]


def _judged(one: Initiative, limit: Mapping[str, Limit]) -> Initiative:
    stay = one.stays[-1]
    if stay.rung == IN_USE:
        return replace(one, stalled=False)
    if stay.rung == MERGED and not (one.deployments and one.observed):
        return one  # it may have arrived unseen
    against = limit[stay.rung]
    if against.hours is None:  # too few have left to say, or so many are still there that 85 % never left
        return replace(one, stalled=None if against.left < FEWEST_LEFT else False, limit=against)
    stalled = stay.hours > against.hours
    # An arrival before the first recorded deployment is no later than the one seen: too long is too long all the more.
    return replace(one, stalled=stalled if one.observed or stalled else None, limit=against)


def _asked(one: Initiative, filters: Filters) -> bool:
    names = [name for name in one.repos if filters.names is None or name in filters.names]
    if not any(filters.repo is None or fnmatchcase(name, filters.repo) for name in names):
        return False
    begun = one.first_change_at
    return (filters.since is None or begun >= filters.since) and (filters.until is None or begun < filters.until)


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = connection.cursor().sql(query).to_arrow_table().to_pylist()
    return rows
