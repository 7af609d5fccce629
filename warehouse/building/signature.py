"""What a whole build is made of, as one text: the same text, the same tables."""

from __future__ import annotations

import hashlib

from headway.settings import Settings
from warehouse.building import kept
from warehouse.models.settings.source_watermarks import source_watermarks
from warehouse.sources import Sources

__all__ = ["signature"]


def signature(sources: Sources, settings: Settings, addition: str = "") -> str:
    """A digest of the raw rows, of how far each source is known, of the settings, of the code and of `addition`.

    When a source was read last is no part of it, but which sources count is: of several the one that was read last may.
    """
    feeds = source_watermarks(sources.latest, sources.roles).drop_columns("collected_at")
    files = {table: [path.name for path in paths] for table, paths in sorted(sources.files.items())}
    teams = sorted(sources.teams.items())
    parts = (kept.code_version(), settings, files, sources.gaps, feeds.to_pylist(), teams, addition)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
