"""The checks of `headway doctor` on what deployments show: services in doubt, and environments that are no waves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from headway.source import Check

if TYPE_CHECKING:
    import duckdb

__all__ = ["doubt_checks"]


def doubt_checks(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """A failure per service or environment in doubt, with the setting that fixes it; a line per one that is no wave."""
    from analytics.reports.doubts import doubts_by_repository, hint_of, in_words
    from analytics.reports.side_by_side import SEPARATE, side_by_side
    from analytics.reports.spare_environments import spare_environments

    for name, rows in doubts_by_repository(connection).items():
        for row in rows:
            yield Check(ok=False, what=f"{name}: {in_words(row)}", hint=hint_of(row))
    yield from (Check(ok=False, what=line, hint=SEPARATE) for line in side_by_side(connection))
    # No environment is wrong for being no wave.
    yield from (Check(ok=True, what=line) for line in spare_environments(connection))
