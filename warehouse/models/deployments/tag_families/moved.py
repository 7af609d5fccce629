"""Signs that tags were moved before Headway first read them: their dates are then those of the move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from warehouse.models.deployments.tag_families.families import Family, Reading

__all__ = ["moved_tags"]

_LATE = timedelta(days=7)
_FEW = 3


def moved_tags(families: Sequence[Family], written: Mapping[Reading, datetime]) -> list[str]:
    """Names of releases that look moved at a first reading, sorted; `written` are the dates that taggers wrote.

    A tag was moved if its commit is more than a week younger than what its tagger wrote, or if it is more than a week
    younger than a later version of its line (`v1.2.3` after `v1.2.4`). It may have been if it is one of few with fewer
    numbers than the others (`v1.2` among `v1.1.0`): such names move on with each release of their line.
    """
    moved: set[str] = set()
    for family in families:
        if not family.taken:
            continue
        lines: dict[tuple[int, ...], list[Reading]] = {}
        for reading in family.releases:
            if reading.at and reading in written and reading.at - written[reading] > _LATE:
                moved.add(reading.name)
            if reading.at and not reading.name[len(family.prefix) :].strip("0123456789._"):
                numbers = family.numbers[reading.name]
                lines.setdefault((len(numbers), *numbers[:-1]), []).append(reading)
        for line in lines.values():
            moved |= _after_later_ones(family, line)
        moved |= _short(family)
    return sorted(moved)


def _short(family: Family) -> set[str]:
    longest = max(map(len, family.numbers.values()), default=0)
    lines = {numbers[:end] for numbers in family.numbers.values() for end in range(1, len(numbers))}
    short = {name for name, numbers in family.numbers.items() if len(numbers) < longest and numbers not in lines}
    return short if longest > 2 and len(short) <= _FEW else set()


def _after_later_ones(family: Family, line: Sequence[Reading]) -> set[str]:
    moved = set()
    earliest: datetime | None = None
    for reading in sorted(line, key=lambda reading: (family.numbers[reading.name], reading.name), reverse=True):
        if reading.at and earliest and reading.at - earliest > _LATE:
            moved.add(reading.name)
        earliest = min(filter(None, (earliest, reading.at)), default=None)
    return moved
