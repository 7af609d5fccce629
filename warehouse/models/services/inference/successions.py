"""Names that one service had one after another: an application that was renamed, without a setting that says so.

Pure. A name ended, and soon another one began that never ran beside it. Where the two have different folders they are
two services. Where nothing else fits, it began within the usual gaps and both went on for some time, the new name takes
the old one's place; else it is reported, and nothing is joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol

from warehouse.models.deployments.silence import FEWEST, GAPS, usual_longest

__all__ = ["Named", "Succession", "successions"]

_SHORTEST = timedelta(days=1)
"""A gap shorter than this is none."""
_MISSED = 2
"""A name that missed so many of its usual longest gaps has ended, and one that began within so many followed it."""
_SOON = timedelta(days=14)
"""What began so long, or `GAPS` gaps, after another ended may have followed it: a holiday lay between."""


class Named(Protocol):
    """What deployments call by one name: the folders that it is built from, and when it was deployed, rising."""

    name: str
    told_by: str
    folders: list[str]
    times: list[datetime]
    gone: bool


@dataclass(frozen=True)
class Succession:
    """A name and the one before it; `joined`: they are taken for one service."""

    name: str
    former: str
    ended_at: datetime
    began_at: datetime
    joined: bool


def successions(parts: Sequence[Named]) -> list[Succession]:
    """The names of one repository that followed one another, in the order in which the later ones began."""
    newest = max((part.times[-1] for part in parts), default=None)
    if newest is None:
        return []
    pairs = [(old, new) for new in parts for old in parts if _follows(old, new, newest)]
    rows = []
    for old, new in sorted(pairs, key=lambda pair: (pair[1].times[0], pair[1].name, pair[0].name)):
        alone = sum(old is one or new is other for one, other in pairs) == 1
        usual = _MISSED * _longest(old)
        certain = new.times[0] - old.times[-1] <= usual < newest - old.times[-1]
        rows.append(
            Succession(
                name=new.name,
                former=old.name,
                ended_at=old.times[-1],
                began_at=new.times[0],
                joined=alone and certain and min(len(old.times), len(new.times)) >= FEWEST,
            )
        )
    return rows


def _follows(old: Named, new: Named, newest: datetime) -> bool:
    """Whether a name began when another ended, and may mean the same."""
    if old is new or old.gone or "tags" in {old.told_by, new.told_by} or old.times[-1] >= new.times[0]:
        return False
    if old.folders and new.folders and set(old.folders).isdisjoint(new.folders):
        return False
    usual = _longest(old)
    return usual < newest - old.times[-1] and new.times[0] - old.times[-1] <= max(_SOON, GAPS * usual)


def _longest(part: Named) -> timedelta:
    """The usual longest gap between its deployments."""
    gaps = [after - before for before, after in pairwise(part.times)]
    return max(_SHORTEST, usual_longest(gaps)) if gaps else _SHORTEST
