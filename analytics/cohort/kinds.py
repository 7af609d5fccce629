"""Which kinds of changes take part in statistics: work alone, unless bots and releases are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import polars as pl

__all__ = ["BOT", "KINDS", "RELEASE", "WORK", "Excluded", "taking_part", "taking_part_sql"]

BOT, RELEASE = "bot", "release"
KINDS = ("work", BOT, RELEASE)
WORK = pl.col("kind") == "work"
"""The changes that comparisons are of: neither made by a bot nor only making a release."""


def taking_part(*, automation: bool = False, by: str | None = None) -> pl.Expr:
    """Which changes take part in a report with these options.

    `automation` includes bots and releases; a grouping on `built_with_ai` has bots as a group of its own.
    """
    if automation:
        return pl.lit(value=True)
    return pl.col("kind") != RELEASE if by == "built_with_ai" else WORK


def taking_part_sql(*, automation: bool = False, by: str | None = None) -> str:
    """Return the condition of `taking_part` over `lead_times` in SQL."""
    if automation:
        return "true"
    return f"kind <> '{RELEASE}'" if by == "built_with_ai" else "kind = 'work'"


@dataclass(frozen=True)
class Excluded:
    """How many changes are left out because of their kind: those of bots, and releases."""

    bots: int = 0
    releases: int = 0

    @classmethod
    def of(cls, changes: pl.DataFrame, kept: pl.Expr) -> Self:
        """Count those of `changes` that are not `kept`."""
        gone = changes.lazy().filter(~kept).select(pl.col("kind").cast(pl.String))
        counts = dict(gone.group_by("kind").len().collect().iter_rows())
        return cls(counts.get(BOT, 0), counts.get(RELEASE, 0))
