"""Which sources are stale or failed, for monitors: by what the settings name, or by what was collected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from headway.settings import Settings
from headway.times import shown
from pipeline.sources import configured_sources, ended
from pipeline.watch.source_status import source_status
from warehouse.store import RawStore

__all__ = ["SourceHealth", "ended_repositories", "source_health", "stale_sources"]


class SourceHealth:
    """One source: a row of `source_status` with its last run.

    `configured`: the settings name it. `ended`: they say that it ended. `counts`: its failures are failures of the
    service.
    """

    def __init__(self, row: Mapping[str, Any], *, configured: bool, ended: bool, named: bool) -> None:
        self.row = row
        self.id: str = row["source"]
        self.configured, self.ended = configured, ended
        # A target that was tried once and brought nothing is no part of a service that has settings.
        self.counts = not ended and (configured or not named or row["rows"] is not None)

    @property
    def traces(self) -> bool:
        """Whether it traces repairs in another source, and so is never complete through a time of its own."""
        return self.id.startswith("repairs:")

    @property
    def failed(self) -> bool:
        """Whether its last run failed."""
        return bool(self.row["error"])

    @property
    def through(self) -> datetime | None:
        """Through when it is complete, or when it was read; None where nothing of it is there."""
        times = [at for at in (self.row["watermark_at"], self.row["collected_at"]) if at is not None]
        return min(times) if times else None

    def stale(self, now: datetime, days: float) -> bool:
        """Whether it is complete through a time that is longer ago."""
        if self.traces:
            return False
        return self.through is None or now - self.through > timedelta(days=days)

    def line(self, now: datetime) -> str:
        """Its state in words."""
        if self.through is None:
            return "nothing was collected"
        age = (now - self.through) / timedelta(days=1)
        return f"complete through {shown(self.through)}, {age:.1f} days ago; read {shown(self.row['collected_at'])}"


def source_health(settings: Settings) -> list[SourceHealth]:
    """Each source that was ever run or that the settings name, by its id."""
    rows = {row["source"]: row for row in source_status(settings, settings.warehouse_folder).iter_rows(named=True)}
    endings = {source.id: ended(entry) is not None for source, entry in configured_sources(settings)}
    nothing = dict.fromkeys(("watermark_at", "rows", "collected_at")) | dict.fromkeys(
        ("place", "began_at", "error", "hint"), ""
    )
    for id_ in endings:
        rows.setdefault(id_, {"source": id_, **nothing})
    return [
        SourceHealth(row, configured=id_ in endings, ended=endings.get(id_, False), named=bool(settings.sources))
        for id_, row in sorted(rows.items())
    ]


def ended_repositories(settings: Settings) -> set[str]:
    """Repositories of which every source ended by the settings: they are complete as they are."""
    ids = {source.id for source, entry in configured_sources(settings) if ended(entry) is not None}
    ending: dict[str, bool] = {}
    for source, commit in RawStore.of(settings).latest().items():
        for repo_id in commit.repo_ids:
            ending[repo_id] = ending.get(repo_id, True) and source in ids
    return {repo_id for repo_id, all_ended in ending.items() if all_ended}


def stale_sources(settings: Settings, now: datetime) -> list[SourceHealth]:
    """The sources that count and are stale."""
    days = settings.check.source_days
    return [source for source in source_health(settings) if source.counts and source.stale(now, days)]
