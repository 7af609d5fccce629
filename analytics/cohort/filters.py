"""Which part of a warehouse a report is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase

import duckdb
import polars as pl

__all__ = ["TIERS", "Filters"]

_QUOTE = "'"
_CONFIDENCE = {"builds_ai": "ai_confidence_what", "built_with_ai": "ai_confidence_how"}
TIERS = {"any": (), "mark": ("override", "commit", "mark"), "commit": ("override", "commit")}
"""Per weakest tier of evidence that is accepted, the values of `ai_tier` that it lets count."""


@dataclass(frozen=True)
class Filters:
    """A period (naive UTC, from `since` to before `until`), a glob on the repository's name, and what to trust.

    `names`: repositories by their whole names, such as those of a team; None for any, and the glob holds beside it.
    `service`: one service, by its name in reports or its own; None for all, and whole changes (`services.changes_of`).
    `evidence` is `any`, or `strong`: then changes classified on weak evidence are on neither side of a comparison.
    `tier` is one of `TIERS`: changes whose answer on how they were made comes from a weaker one are on neither side.
    """

    since: datetime | None = None
    until: datetime | None = None
    repo: str | None = None
    evidence: str = "any"
    names: tuple[str, ...] | None = None
    service: str | None = None
    tier: str = "any"

    def before(self, end: datetime) -> Filters | None:
        """The period of the same length right before, this one reaching to `end`; None where it has no beginning."""
        if self.since is None:
            return None
        return replace(self, since=self.since - ((self.until or end) - self.since), until=self.since)

    def of_any_evidence(self) -> Filters:
        """The same work, whatever its classification comes from."""
        return replace(self, evidence="any", tier="any")

    def apply(self, table: pl.DataFrame, *, time: str | None) -> pl.DataFrame:
        """Rows of `table` (with columns `repo` and `time`) that match; without a time, the period is ignored."""
        if self.repo is not None:
            names = [name for name in table["repo"].unique().to_list() if fnmatchcase(name, self.repo)]
            table = table.filter(pl.col("repo").is_in(names))
        if self.names is not None:
            table = table.filter(pl.col("repo").is_in(sorted(set(self.names).intersection(table["repo"].unique()))))
        if time is not None and self.since is not None:
            table = table.filter(pl.col(time) >= self.since)
        if time is not None and self.until is not None:
            table = table.filter(pl.col(time) < self.until)
        return table

    def condition(self, connection: duckdb.DuckDBPyConnection, table: str, *, time: str | None) -> str:
        """The condition of `apply` in SQL over a published table, so that the other rows are not read."""
        parts = ["true"]
        if self.repo is not None or self.names is not None:
            rows = connection.cursor().execute(f'select distinct repo from "{table}" order by repo').fetchall()  # noqa: S608  (a name of ours)
            matching = self.apply(pl.DataFrame(rows, schema={"repo": pl.String}, orient="row"), time=None)
            names = ", ".join(f"'{name.replace(_QUOTE, 2 * _QUOTE)}'" for name in matching["repo"])
            parts.append(f"repo in ({names})" if names else "false")
        for instant, sign in ((self.since, ">="), (self.until, "<")):
            if time is not None and instant is not None:
                parts.append(f"\"{time}\" {sign} timestamp '{instant.isoformat()}'")
        return " and ".join(parts)

    @property
    def verdict_columns(self) -> tuple[str, ...]:
        """Columns of `lead_times` that `sure` looks at."""
        weak = () if self.evidence == "any" else tuple(_CONFIDENCE.values())
        return weak if self.tier == "any" else (*weak, "ai_tier")

    def sure(self, table: pl.DataFrame, axis: str | None = None) -> pl.DataFrame:
        """Rows of `table` (of `lead_times`) whose verdict may be used, with `evidence` strong only those not weak.

        `axis` is `builds_ai` or `built_with_ai`; for any other comparison, or none, a weak verdict on either is enough
        to leave a row out. A weak "no" (a near miss) is left out like a weak "yes": nothing changes sides.
        Where no mark was found there is nothing weak, and no tier: the row stays. Tiers are of how a change was made.
        """
        if self.tier != "any" and axis != "builds_ai":
            table = table.filter(pl.col("ai_tier").is_in(("", *TIERS[self.tier])))
        if self.evidence == "any":
            return table
        return table.filter(pl.all_horizontal(pl.col(name) != "weak" for name in self.judged_by(axis)))

    def judged_by(self, axis: str | None = None) -> tuple[str, ...]:
        """Columns of `lead_times` that must not be weak, for a comparison on `axis`, or on any."""
        if self.evidence == "any":
            return ()
        return (_CONFIDENCE[axis],) if axis in _CONFIDENCE else tuple(_CONFIDENCE.values())
