"""Which deployments follow one another, and which environments run several versions side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from warehouse.models.services.services import plain_name

__all__ = ["FEWEST_DEEP", "Lane", "goes_back_deeply", "lanes"]

FEWEST_DEEP = 3
"""So many deployments that go back over several versions, ..."""
DEEP = 2
"""... each over at least so many, are no rollbacks where they are most of those that go back: tenants differ so."""

Lane = tuple[str | None, ...]
_Names = dict[str, list[datetime]]


def lanes(rows: Sequence[Mapping[str, Any]], time: str) -> list[Lane]:
    """Service, environment and application of each row's lane; `time`: the column that orders them.

    Without services each application is a lane of its own. The applications of one service are one lane if they follow
    one another, as those of a service that was renamed; what is deployed side by side is not what another replaced.
    """
    named: dict[Lane, _Names] = {}
    for row in rows:
        if row["service"] and row["application"] and row[time] is not None:
            names = named.setdefault((row["service"], row["environment"]), {})
            names.setdefault(plain_name(row["application"]), []).append(row[time])
    places = {key: _in_turn(names) for key, names in named.items() if len(names) > 1}
    return [
        (
            row["service"],
            row["environment"],
            places.get((row["service"], row["environment"]), {}).get(plain_name(row["application"]), "")
            if row["service"]
            else row["application"],
        )
        for row in rows
    ]


def _in_turn(names: _Names) -> dict[str, str]:
    """For each name the first of those that it goes on from; all empty where they are one lane."""
    spans = sorted((min(times), max(times), name) for name, times in names.items())
    ends: dict[str, datetime] = {}
    places = {}
    for begin, end, name in spans:
        before = [(until, first) for first, until in ends.items() if until < begin]
        first = max(before)[1] if before else name
        places[name], ends[first] = first, end
    return places if len(ends) > 1 else {}


def goes_back_deeply(commits: Sequence[int], backwards: Iterable[int]) -> bool:
    """Whether a lane runs several versions: most deployments of an older commit go back over two versions or more.

    `commits`: what was deployed in turn; `backwards`: positions of deployments of an ancestor of what ran. A rollback
    goes back to what ran before the failure, and a second one after it further; another tenant gets what it has not
    had yet, whatever others have by then.
    """
    positions = sorted(backwards)
    again = set(positions)
    first = [position for position in positions if position - 1 not in again]
    deep = sum(_versions_since(commits, position) >= DEEP for position in first)
    return deep >= FEWEST_DEEP and 2 * deep > len(first)


def _versions_since(commits: Sequence[int], position: int) -> int:
    """How many versions were deployed since the commit of a position was last."""
    between: set[int] = set()
    for commit in reversed(commits[:position]):
        if commit == commits[position]:
            break
        between.add(commit)
        if len(between) >= DEEP:
            break
    return len(between)
