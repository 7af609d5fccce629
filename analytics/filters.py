"""Which part of a warehouse a report is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

import polars as pl

__all__ = ["Filters"]


@dataclass(frozen=True)
class Filters:
    """A period (naive UTC, from `since` to before `until`) and a glob on the repository's name."""

    since: datetime | None = None
    until: datetime | None = None
    repo: str | None = None

    def apply(self, table: pl.DataFrame, *, time: str | None) -> pl.DataFrame:
        """Rows of `table` (with columns `repo` and `time`) that are asked for; without a time, the period is moot."""
        if self.repo is not None:
            names = [name for name in table["repo"].unique().to_list() if fnmatchcase(name, self.repo)]
            table = table.filter(pl.col("repo").is_in(names))
        if time is not None and self.since is not None:
            table = table.filter(pl.col(time) >= self.since)
        if time is not None and self.until is not None:
            table = table.filter(pl.col(time) < self.until)
        return table
