"""Releases of single parts of a repository, while others go on apart: such a tag ships nothing of the others."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from warehouse.models.deployments.tag_families.spans import Span, in_use, within

__all__ = ["Release", "among_parts"]

_FEWEST = 3
_TOGETHER = timedelta(hours=1)
Release = tuple[datetime, str, str | None]
"""Time, name and commit of a tag."""


def among_parts(releases: Mapping[str, Sequence[Release]], whole: Sequence[Span], as_of: datetime) -> set[Release]:
    """The releases of parts that others, then in use, were not released with, in a time of no releases as a whole.

    `releases` are those of each part, and `whole` the times in which the repository was released as one. Parts with a
    tag on one commit are released together, by the tag that completes them: one of an hour before is as good, for a
    script sets them one after the other. A part with fewer than three releases shows no rhythm: nothing waits for it.
    Linear in releases, but for sorting.
    """
    lives = {name: _life(sorted(at for at, _, _ in tags), as_of) for name, tags in releases.items() if _lasts(tags)}
    begins, ends = sorted(begin for begin, _ in lives.values()), sorted(end for _, end in lives.values())
    together: dict[str | None, dict[str, datetime]] = defaultdict(dict)
    for name in lives:
        for at, _, sha in releases[name]:
            together[sha][name] = min(at, together[sha].get(name, at))
    among = set[Release]()
    for name, tags in releases.items():
        for release in tags:
            at, _, sha = release
            if within(whole, at):
                continue
            in_life = bisect_right(begins, at) - bisect_left(ends, at)
            set_by_then = {part for part, begun in together[sha].items() if begun <= at + _TOGETHER}
            here = sum(within([lives[part]], at) for part in set_by_then | ({name} & lives.keys()))
            if here < in_life:
                among.add(release)
    return among


def _lasts(tags: Sequence[Release]) -> bool:
    return len(tags) >= _FEWEST


def _life(times: Sequence[datetime], as_of: datetime) -> Span:
    """From its first release on: to the last, or to the report where they go on."""
    return times[0], in_use(times, as_of)[-1][1]
