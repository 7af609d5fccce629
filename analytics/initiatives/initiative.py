"""From tables to initiatives: who they are, how far they came, what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import duckdb

from analytics.cohort.filters import Filters
from analytics.initiatives.rungs import IN_USE, MERGED, PILOT, PRODUCTION, REMOVED, Stay, Use, Work, climb
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

    `stays`: its rungs in the order of time, the last not ended. `stalled`: None where that is unknown. `observed`:
    whether its first arrival in production was; `deployments`: whether any of its repositories reports deployments;
    `imports`: whether any of them shows what imports it. `people`: different authors, however they write their names;
    None where no names are stored. `waiting`: changes code complete and neither in production nor closed. `removed_by`:
    the changes that took out the last of its code, empty where some is there.
    """

    id: str
    name: str
    detected: bool
    repos: tuple[str, ...]
    reasons: tuple[str, ...]
    stays: tuple[Stay, ...]
    observed: bool
    deployments: bool
    imports: bool
    changes: int
    waiting: int
    abandoned: int
    landed: int
    shipped: int
    people: int | None
    uses: tuple[Use, ...]
    usage: tuple[Usage, ...]
    last_shipped_at: datetime | None
    removed_by: tuple[str, ...]
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
    """All initiatives by name, how many were dismissed, and the limit of each rung that one is on."""

    initiatives: tuple[Initiative, ...]
    dismissed: int
    limits: Mapping[str, Limit] = field(default_factory=dict)


@dataclass(frozen=True)
class _Removal:
    """The change that took the last of the code out of one repository, when it landed, and arrived in production."""

    change_id: str
    merged_at: datetime | None
    production_at: datetime | None


@dataclass
class _Parts:
    """What the tables say of one initiative."""

    name: str = ""
    detected: bool = False
    reasons: list[tuple[str, str]] = field(default_factory=list)
    removals: list[_Removal | None] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    usage: list[Usage] = field(default_factory=list)
    deployments: bool = False
    imports: bool = False
    as_of: datetime | None = None


_INITIATIVES = """
    select i.initiative_id, i.repo_id, i.name, i.found, i.dismissed, i.reason, i.removed_by,
        m.merged_at, m.production_at
    from initiatives i left join change_milestones m on i.removed_by = m.change_id and m.whole
    order by i.initiative_id, i.repo_id
"""
_WORK = """
    select initiative_id, change_id, repo, sandboxed, author, person, began_at, code_complete_at, merged_at, arrived_at,
        observed, abandoned_at, deployments, imports, as_of, nameless
    from initiative_work order by initiative_id, change_id
"""
_USES = """
    select u.initiative_id, u.change_id,
        case when u.user_repo_id = u.repo_id then u.path else s.repo || ': ' || u.path end as path, u.module,
        started.production_at as since, ended.production_at as until
    from initiative_uses u
    join repository_settings s on u.user_repo_id = s.repo_id
    join change_milestones started on u.change_id = started.change_id and started.whole
    left join change_milestones ended on u.gone_by = ended.change_id and ended.whole
    where started.production_at is not null order by all
"""
_USAGE = "select initiative, used_at, uses, users from usage_records where coalesce(uses, 1) > 0 order by all"


def read_portfolio(connection: duckdb.DuckDBPyConnection, filters: Filters | None = None) -> Portfolio:
    """Read every initiative that has begun, and whether it stalls.

    `filters`: only those with a repository that matches, and whose first change began in the period. What stalls is
    judged against all initiatives, whatever the filters.
    """
    window, dismissed, parts = _parts(connection)
    initiatives = [
        initiative for key, part in parts.items() if (initiative := _initiative(key, part, window)) is not None
    ]
    stays = [stay for initiative in initiatives for stay in _observed_stays(initiative)]
    limit = limits(connection, stays, window, rungs={initiative.rung for initiative in initiatives})
    watched = bool(_rows(connection, _USAGE))
    judged = [_judged(initiative, limit, watched=watched) for initiative in initiatives]
    selected = [initiative for initiative in judged if filters is None or _matches(initiative, filters)]
    return Portfolio(
        tuple(sorted(selected, key=lambda initiative: (initiative.name.casefold(), initiative.id))), dismissed, limit
    )


def _parts(connection: duckdb.DuckDBPyConnection) -> tuple[timedelta, int, dict[str, _Parts]]:
    ((days,),) = connection.cursor().execute("select in_use_window_days from parameters").fetchall()
    rows = _rows(connection, _INITIATIVES)
    dismissed = {row["initiative_id"] for row in rows if row["dismissed"]}
    parts: dict[str, _Parts] = {}
    for row in rows:
        if not row["dismissed"]:
            part = parts.setdefault(row["initiative_id"], _Parts(row["name"], row["found"]))
            part.reasons.append((row["repo_id"], row["reason"]))
            by = row["removed_by"]
            part.removals.append(None if by is None else _Removal(by, row["merged_at"], row["production_at"]))
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
        name = row.pop("initiative")
        key = name if name in parts else names.get(name.casefold())
        if key is not None:
            parts[key].usage.append(Usage(**row))
    return timedelta(days=days), len(dismissed), parts


def _initiative(key: str, part: _Parts, window: timedelta) -> Initiative | None:
    as_of = part.as_of
    if as_of is None:
        return None
    uses = tuple(item for item in part.uses if item.since <= as_of)
    usage = tuple(item for item in part.usage if item.used_at <= as_of)
    removed_at = _removed_at(part, as_of)
    used_at = (item.used_at for item in usage)
    stays = climb(part.work, uses, used_at, window=window, as_of=as_of, removed_at=removed_at)
    if not stays:
        return None
    work = [item for item in part.work if item.began_at is not None and item.began_at <= as_of]
    outside = [item for item in work if not item.sandboxed]
    arrivals = [item.arrived_at for item in outside if item.arrived_at is not None and item.arrived_at <= as_of]
    return Initiative(
        id=key,
        name=part.name,
        detected=part.detected,
        repos=tuple(sorted({item.repo for item in work})),
        reasons=tuple(reason for _, reason in part.reasons),
        stays=stays,
        observed=all(item.observed for item in outside),
        deployments=part.deployments,
        imports=part.imports,
        changes=len(work),
        waiting=sum(_waits(item, as_of) for item in work) if part.deployments else 0,
        abandoned=sum(item.abandoned_at is not None and item.abandoned_at <= as_of for item in work),
        landed=sum(item.merged_at is not None and item.merged_at <= as_of for item in work),
        shipped=len(arrivals),
        people=_people(work),
        uses=uses,
        usage=usage,
        last_shipped_at=max(arrivals, default=None),
        removed_by=tuple(item.change_id for item in part.removals if item) if stays[-1].rung == REMOVED else (),
        as_of=as_of,
    )


def _people(work: Sequence[Work]) -> int | None:
    """How many different people: None where the names of some are not stored."""
    if any(item.nameless and item.person for item in work):
        return None
    return len({_plain(item.author) for item in work if item.person and item.author})


def _plain(author: str) -> str:
    """A name without case, spaces and marks: people write theirs in more than one way."""
    return "".join(letter for letter in author.casefold() if letter.isalnum()) or author


def _removed_at(part: _Parts, as_of: datetime) -> datetime | None:
    """When its last code was removed: from production if it was there, else from the default branch."""
    arrived = any(item.arrived_at is not None and item.arrived_at <= as_of for item in part.work if not item.sandboxed)
    times = [None if item is None else item.production_at if arrived else item.merged_at for item in part.removals]
    dated = [at for at in times if at is not None]
    return max(dated) if dated and len(dated) == len(times) else None


def _waits(work: Work, as_of: datetime) -> bool:
    """Code complete by then, neither in production nor closed; what was not observed to arrive waits for nothing."""
    over = [at for at in (work.arrived_at, work.abandoned_at) if at is not None]
    complete = work.code_complete_at is not None and work.code_complete_at <= as_of
    return complete and work.observed and all(at > as_of for at in over)


def _observed_stays(initiative: Initiative) -> Sequence[Stay]:
    """The stays whose beginning and end were seen, or could have been; to be removed is not to move on."""
    stays = list(initiative.stays)
    if stays[-1].rung == REMOVED and len(stays) > 1:
        stays[-2] = replace(stays[-2], ended=False)
    return [stay for stay in stays if stay.rung == PILOT or (initiative.deployments and initiative.observed)]


def _judged(initiative: Initiative, limit: Mapping[str, Limit], *, watched: bool) -> Initiative:
    """`watched`: use is recorded, so that what nothing is recorded of is not used."""
    stay = initiative.stays[-1]
    if stay.rung in {IN_USE, REMOVED}:
        return replace(initiative, stalled=False)
    if stay.rung == MERGED and not (initiative.deployments and initiative.observed):
        return initiative  # it may have arrived unseen
    against = limit[stay.rung]
    if against.hours is None:  # too few have left to say, or so many are still there that 85 % never left
        return replace(initiative, stalled=None if against.left < FEWEST_LEFT else False, limit=against)
    stalled = stay.hours > against.hours
    if stalled and stay.rung == PRODUCTION and not (initiative.imports or watched):
        return replace(initiative, limit=against)  # it may be used unseen
    # An arrival before the first recorded deployment is no later than the one seen: too long is too long all the more.
    return replace(initiative, stalled=stalled if initiative.observed or stalled else None, limit=against)


def _matches(initiative: Initiative, filters: Filters) -> bool:
    names = [name for name in initiative.repos if filters.names is None or name in filters.names]
    if not any(filters.repo is None or fnmatchcase(name, filters.repo) for name in names):
        return False
    begun = initiative.first_change_at
    return (filters.since is None or begun >= filters.since) and (filters.until is None or begun < filters.until)


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = connection.cursor().sql(query).to_arrow_table().to_pylist()
    return rows
