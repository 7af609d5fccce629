"""What is wrong with the raw store itself: files that are missing, and a clock that was ahead."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from headway.notices import NOTICES
from pipeline.collect import Run, last_runs
from warehouse.models.settings.collection_gaps import KIND
from warehouse.store import RawStore
from warehouse.upkeep.damage import gaps, heal

__all__ = ["clock_lines", "gap_lines", "heal_read_again"]

_AHEAD = timedelta(hours=1)
"""Clocks of several machines differ by less."""
_HINT = (
    "compare this machine's clock; if it is right now, run `headway collect`: what it reads counts as newer, and"
    " reports end at the right time again"
)


def heal_read_again(store: RawStore, runs: Collection[Run], *, before: datetime) -> None:
    """Forget what was missing of the sources that these runs read whole; each of their batches is as late as `before`.

    The caller holds the warehouse.
    """
    again = {run.source for run in runs if not run.error}
    heal(store, again, before=before, all_sources={*store.latest(), *last_runs(store.warehouse)})


def gap_lines(store: RawStore) -> list[tuple[str, str]]:
    """What is missing of each source, with a hint."""
    return [(gap.line(), NOTICES[KIND].remedy) for gap in gaps(store)]


def clock_lines(store: RawStore, now: datetime) -> Iterator[tuple[str, str]]:
    """Sources that say that they are complete through a time after `now` (naive UTC), with a hint."""
    for source, commit in sorted(store.latest().items()):
        through = commit.watermark_at or commit.collected_at
        if through > now + _AHEAD:
            yield (f"{source}: a clock was ahead: it is said to be complete through {through:%Y-%m-%d %H:%M}Z", _HINT)
