"""Tags as they were read, and names among them that move on, such as `v1.2` beside `v1.2.0`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from warehouse.models.deployments.tag_families.forms import TagForm

__all__ = ["Reading", "without_floating"]


class Reading(NamedTuple):
    """A tag as it was read: where it led, and since when; `at` None where it has no date."""

    name: str
    sha: str | None
    at: datetime | None


def without_floating(
    releases: Sequence[Reading], forms: Mapping[str, TagForm], undated: Collection[Reading]
) -> tuple[list[Reading], int]:
    """Versions without names that are set again for each release of a line, and how many those are.

    `v1.2` is one if it came with or after the first of `v1.2.0`, `v1.2.1`, …, or without a date is on a commit of one.
    """
    begun: dict[tuple[int, ...], datetime] = {}
    lines: set[tuple[tuple[int, ...], str | None]] = set()
    for reading in releases:
        numbers = forms[reading.name].numbers
        for length in range(1, len(numbers)):
            lines.add((numbers[:length], reading.sha))
            if reading.at:
                begun[numbers[:length]] = min(begun.get(numbers[:length], reading.at), reading.at)
    settled = []
    for reading in releases:
        form = forms[reading.name]
        line = begun.get(form.numbers) if form.revision is None else None
        beside = reading in undated and (form.numbers, reading.sha) in lines
        if line is None or not reading.at or (reading.at < line and not beside):
            settled.append(reading)
    return settled, len(releases) - len(settled)
