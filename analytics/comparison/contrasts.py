"""Which two groups of changes are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from analytics.comparison.cells import MONTH, REPOSITORY
from headway.errors import UsageError

__all__ = ["AI_AXES", "Contrast", "ai_beside_other", "before_beside_after", "contrasts_by", "team_beside_rest"]

AI_AXES = ("builds_ai", "built_with_ai")
_NAMES = {"builds_ai": ("AI work", "other work"), "built_with_ai": ("work made with AI", "work with no AI mark")}


@dataclass(frozen=True)
class Contrast:
    """Two groups, named for a sentence: `group` is where `first` holds, `beside` the rest.

    `axis`: what distinguishes them. `cells`: what they must share to be alike but for the axis (`cells.numbered`): they
    are compared within cells that have both. `dated`: whether time of code complete is not the axis itself, so that it
    can be held equal.
    """

    axis: str
    group: str
    beside: str
    first: pl.Expr
    cells: tuple[str, ...]
    dated: bool = True

    @property
    def basis(self) -> str:
        """The basis of measures within cells: `within repository and month`."""
        return f"within {' and '.join(self.cells)}"


def ai_beside_other(axis: str = "builds_ai") -> Contrast:
    """AI work beside other work: by what it builds, or by how it was made (by an agent or assisted, beside no mark)."""
    group, beside = _NAMES[axis]
    first = pl.col("builds_ai") if axis == "builds_ai" else pl.col("built_with_ai").is_in(["agent", "assisted"])
    return Contrast(axis, group, beside, first, (REPOSITORY, MONTH))


def team_beside_rest(team: str) -> Contrast:
    """A team's work beside that of all others. Repositories belong to a team, so only time can be shared."""
    return Contrast("team", f"work of {team}", "work of the others", pl.col("team") == team, (MONTH,))


def before_beside_after(at: datetime) -> Contrast:
    """What was code complete from `at` (naive UTC) on, beside what was before, within the same repositories."""
    day = at.date().isoformat()
    first = pl.col("code_complete_at") >= at
    return Contrast("period", f"work since {day}", f"work before {day}", first, (REPOSITORY,), dated=False)


def contrasts_by(by: str | None, changes: pl.DataFrame) -> tuple[Contrast, ...]:
    """Parse `--by`: an axis, `team`, or a day; both axes where it is not given.

    UsageError for anything else.
    """
    if by is None:
        return tuple(ai_beside_other(axis) for axis in AI_AXES)
    if by in AI_AXES:
        return (ai_beside_other(by),)
    if by == "team":
        return tuple(_teams(changes))
    if by == "service":
        raise UsageError(
            "the report comparison cannot group by service: a change of several services would be in both groups",
            hint="choose one with --service; `stages --by service` has them all",
        )
    try:
        return (before_beside_after(datetime.fromisoformat(by).replace(tzinfo=None)),)
    except ValueError:
        raise UsageError(
            f"the report comparison cannot group by {by!r}",
            hint="use builds_ai, built_with_ai, team, or a day such as 2026-03-01 (before and after)",
        ) from None


def _teams(changes: pl.DataFrame) -> Iterator[Contrast]:
    for team in changes["team"].unique().sort().to_list():
        if team:
            yield team_beside_rest(team)
