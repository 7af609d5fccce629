"""Parts of a repository that are named behind the version: `v1.2.0-api` and `v1.3.0-web`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from warehouse.models.deployments.tag_families.spans import overlap
from warehouse.models.deployments.tag_families.words import ELSEWHERE, RELEASE

if TYPE_CHECKING:
    from warehouse.models.deployments.tag_families.families import Family

__all__ = ["name_suffixed"]

_FEWEST = 3
_DAY = timedelta(days=1)


def name_suffixed(families: Sequence[Family]) -> None:
    """Give families of one prefix that were in use at once the words behind their versions as their parts.

    Builds of one release for several platforms have a tag on its commit each: they are no parts. Nor are words beside
    the same versions without a word.
    """
    plain = {
        (family.prefix, numbers) for family in families if not family.variant for numbers in family.numbers.values()
    }
    named = [family for family in families if _names_part(family, plain)]
    for family in named:
        beside = [other for other in named if other.prefix == family.prefix and other.variant != family.variant]
        if any(overlap(other.times, family.times) and not _together(other, family) for other in beside):
            family.component = family.variant


def _names_part(family: Family, plain: set[tuple[str, tuple[int, ...]]]) -> bool:
    words = set(family.variant.split("-"))
    return bool(
        family.variant
        and family.taken
        and not family.component
        and len(family.times) >= _FEWEST
        and words.isdisjoint(ELSEWHERE | RELEASE)
        and 2 * sum((family.prefix, numbers) in plain for numbers in family.numbers.values()) < len(family.numbers)
    )


def _together(one: Family, other: Family) -> bool:
    """Whether most have a tag of the other on their commit, set within a day."""
    at = {reading.sha: reading.at for reading in other.releases if reading.at}
    both = sum(
        reading.sha in at and abs(reading.at - at[reading.sha]) <= _DAY for reading in one.releases if reading.at
    )
    return 2 * both >= min(len(one.releases), len(other.releases))
