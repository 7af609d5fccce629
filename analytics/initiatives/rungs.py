"""On which rung an initiative is, and when it climbed each: from the times of its changes and of what uses it.

`pilot` until a change outside of the sandbox lands, `merged` until one of those is in production, `production`, and
`in use` for as long as there is a sign of use: code outside depends on it, it shipped again, or somebody recorded it.
When its code was taken out it is `removed`, which is no rung: nothing is used, or stalls, any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["REMOVED", "RUNGS", "Stay", "Use", "Work", "climb"]

RUNGS = ("pilot", "merged", "production", "in use")
PILOT, MERGED, PRODUCTION, IN_USE = RUNGS
REMOVED = "removed"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Work:
    """One change of an initiative, times naive UTC and None where it did not happen.

    `sandboxed`: it touches nothing but sandbox paths. `arrived_at`: first production deployment seen to contain it;
    `observed`: whether that was its arrival. `person`: whether a person opened it. `nameless`: names are not stored.
    """

    change_id: str
    repo: str
    sandboxed: bool
    author: str
    person: bool
    began_at: datetime | None
    code_complete_at: datetime | None
    merged_at: datetime | None
    arrived_at: datetime | None
    observed: bool
    abandoned_at: datetime | None
    nameless: bool = False


@dataclass(frozen=True)
class Use:
    """Code outside of the initiative imports it in production: the file, what it imports, since when, until when."""

    change_id: str
    path: str
    module: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Stay:
    """Time on a rung: from `since` to `until`, or so far where it has not `ended`."""

    rung: str
    since: datetime
    until: datetime
    ended: bool

    @property
    def hours(self) -> float:
        """How long, in hours; so far where it has not ended."""
        return (self.until - self.since) / _HOUR


def climb(
    work: Iterable[Work],
    uses: Iterable[Use],
    used_at: Iterable[datetime],
    *,
    window: timedelta,
    as_of: datetime,
    removed_at: datetime | None = None,
) -> tuple[Stay, ...]:
    """The rungs of an initiative in the order of time, the last one not ended; () where nothing began by `as_of`.

    Only what happened by `as_of` counts. A shipment after the first, and a recorded use, hold for `window`; what
    depends on it for as long as it does. When no sign is left, the initiative is in production and no longer in use.
    `removed_at`: when the last of its code was taken out; the change that did so is no shipment.
    """
    pieces = list(work)
    begun = _first(item.began_at for item in pieces)
    if begun is None or begun > as_of:
        return ()
    removed = _until(removed_at, as_of)
    outside = [item for item in pieces if not item.sandboxed]
    production = _until(_first(item.arrived_at for item in outside), as_of)
    merged = _until(_first(item.merged_at for item in outside), as_of)
    if production is not None and (merged is None or merged > production):
        merged = production
    starts: list[tuple[str, datetime]] = [(PILOT, begun)]
    if merged is not None:
        starts.append((MERGED, max(begun, merged)))
    if production is not None:
        production = max(begun, production)
        again = [item.arrived_at for item in outside if item.arrived_at is not None and item.arrived_at > production]
        signs = [(at, at + window) for at in (*again, *used_at)]
        signs += [(use.since, use.until or as_of) for use in uses]
        starts += _alternating(production, signs, as_of)
    if removed is not None:
        starts = [item for item in starts if item[1] < removed] or starts[:1]
        starts.append((REMOVED, max(removed, begun)))
    return _stays(starts, as_of)


def _first(times: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in times if at is not None), default=None)


def _until(at: datetime | None, as_of: datetime) -> datetime | None:
    return at if at is not None and at <= as_of else None


def _alternating(
    production: datetime, signs: Sequence[tuple[datetime, datetime]], as_of: datetime
) -> list[tuple[str, datetime]]:
    """From the first day in production on: when it was in use and when it was not; nothing after `as_of`."""
    starts = [(PRODUCTION, production)]
    held: datetime | None = None
    for since, until in sorted((max(since, production), until) for since, until in signs if until > production):
        if since > as_of:
            break
        if held is None or since > held:
            if held is not None:
                starts.append((PRODUCTION, held))
            starts.append((IN_USE, since))
            held = until
        else:
            held = max(held, until)
    if held is not None and held < as_of:
        starts.append((PRODUCTION, held))
    return starts


def _stays(starts: Sequence[tuple[str, datetime]], as_of: datetime) -> tuple[Stay, ...]:
    ends = [since for _, since in starts[1:]]
    ended = [Stay(rung, since, until, ended=True) for (rung, since), until in zip(starts, ends, strict=False)]
    rung, since = starts[-1]
    return (*ended, Stay(rung, since, as_of, ended=False))
