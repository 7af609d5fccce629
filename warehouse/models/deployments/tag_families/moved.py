"""Signs that tags were moved before Headway first read them: their dates are then those of the move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from warehouse.models.deployments.tag_families.families import Family, Reading

__all__ = ["moved_tags", "short_names"]

_LATE = timedelta(days=7)


def moved_tags(families: Sequence[Family], written: Mapping[Reading, datetime]) -> list[str]:
    """Names of releases that look moved at a first reading, sorted; `written` are the dates that taggers wrote.

    A tag was moved if its commit is more than a week younger than what its tagger wrote, or if it is more than a week
    younger than a later version of its line (`v1.2.3` after `v1.2.4`). A name that could move shows nothing.
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
    return sorted(moved)


def short_names(family: Family) -> set[str]:
    """Releases with fewer numbers than the others, where first releases are written in full (`v1.2` beside `v1.1.0`).

    Such a name may move on with each release of its line; only readings can show that it did.
    """
    longest = max(map(len, family.numbers.values()), default=0)
    if not any(len(numbers) == longest and numbers[-1] == 0 for numbers in family.numbers.values()):
        return set()
    return {name for name, numbers in family.numbers.items() if len(numbers) < longest}


def _after_later_ones(family: Family, line: Sequence[Reading]) -> set[str]:
    moved = set()
    earliest: datetime | None = None
    for reading in sorted(line, key=lambda reading: (family.numbers[reading.name], reading.name), reverse=True):
        if reading.at and earliest and reading.at - earliest > _LATE:
            moved.add(reading.name)
        earliest = min(filter(None, (earliest, reading.at)), default=None)
    return moved
