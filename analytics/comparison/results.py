"""Results of a comparison: frozen, so that a report, a sentence and a page agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics.cohort.kinds import Excluded
from analytics.comparison.contrasts import Contrast

__all__ = ["ALL", "Comparison", "Friction", "Measure", "Side", "Support", "Within"]

ALL = "all changes"


@dataclass(frozen=True)
class Measure:
    """One figure of both groups and their difference, first minus second.

    `unit`: `share` (0 to 1), `hours`, `ratio` (of times or of hazards; the second group is 1) or `test` (a p-value
    alone). `basis`: `ALL` changes, or those of the contrast, compared within cells. `lower`, `upper`: the 95 % interval
    of the difference in these repositories; None where it is open or cannot be estimated. `q_value`: the p-value,
    controlled for the false discovery rate, where a finding rests on it. `n_ai`, `n_other`: changes behind it.
    `n_needed`: of the first group, at the present mix, to detect a difference of `smallest_difference` with a power of
    80 %. `lower_like_these`, `upper_like_these`, `p_like_these`: the interval and test in repositories like these.
    `worth_reporting`: False where the difference is below the smallest that matters. None: not estimated.
    """

    name: str
    basis: str
    unit: str
    ai: float | None
    other: float | None
    difference: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    n_ai: int
    n_other: int
    note: str = ""
    q_value: float | None = None
    n_needed: int | None = None
    smallest_difference: float | None = None
    lower_like_these: float | None = None
    upper_like_these: float | None = None
    p_like_these: float | None = None
    worth_reporting: bool | None = None

    @property
    def significant(self) -> bool:
        """Whether the difference is significant at 5 %, by the q-value where the measure has one."""
        p_value = self.p_value if self.q_value is None else self.q_value
        return p_value is not None and p_value <= 0.05


@dataclass(frozen=True)
class Side:
    """One group: how many changes, and what became of them."""

    name: str
    changes: int
    production: int
    waiting: int
    abandoned: int
    repositories: int


@dataclass(frozen=True)
class Support:
    """How far both groups are in the same cells.

    `ai_share`, `other_share`: of each group, what lies in cells with both. `repositories_overlap`,
    `quarters_overlap`: of the distributions over repositories, and over quarters: 1 where they are equal, 0 where
    nothing is shared. `newer_days`: how much later the median change of the first group was code complete.
    `cells`: how many have both.
    """

    ai_share: float
    other_share: float
    repositories_overlap: float
    quarters_overlap: float
    newer_days: float
    cells: int


@dataclass(frozen=True)
class Within:
    """What the ratio of times within cells rests on.

    `changes`: of both groups, in `cells` with both. `repositories`: that have both in one cell, so that each has a
    difference of its own. `degrees`: of freedom of Student's t; None where cells are too few for an interval.
    `typical_hours`: the geometric mean of the second group's hours not in production. `odds`: of the first group in the
    mean cell. `deviation`: the standard deviation between repositories of the logarithm of the ratio, `deviation_p`
    the test that it is zero; None where fewer than two repositories can be compared.
    """

    changes: tuple[int, int]
    cells: int
    repositories: int
    degrees: float | None
    typical_hours: float
    odds: float
    deviation: float | None
    deviation_p: float | None


@dataclass(frozen=True)
class Friction:
    """Whether both groups lose their time in the same stages.

    `stages`: names. `ai`, `other`: the share of its waiting that a group spends in each. `distance`: half the sum of
    the absolute differences, the part of the waiting that would have to move for the groups to be alike; `lower`,
    `upper`: an interval with a coverage of at least 95 %. `p_value`: of the test that all shares are equal.
    """

    stages: tuple[str, ...]
    ai: tuple[float, ...]
    other: tuple[float, ...]
    distance: float
    lower: float
    upper: float
    p_value: float


@dataclass(frozen=True)
class Comparison:
    """Two groups beside each other.

    `measures`: in the order of the report. `within`, `friction`: of the comparison within cells; None where it cannot
    be estimated. `units`: what the errors of plain differences take as independent: `repository`, `repository and
    month` or `change`. `enough`: whether both groups have changes enough to claim anything. `excluded`, `unknown`,
    `no_deployments`: changes left out. `horizon_hours`: of hours in stages. `clock`: `wall` or `working`. `as_of`: None
    where there is no change.
    """

    contrast: Contrast
    ai: Side
    other: Side
    enough: bool
    measures: Sequence[Measure]
    support: Support | None
    within: Within | None
    friction: Friction | None
    units: str
    excluded: Excluded
    unknown: int
    no_deployments: int
    horizon_hours: float
    clock: str
    as_of: datetime | None

    @property
    def both(self) -> tuple[Side, Side]:
        """The first group and what it stands beside."""
        return self.ai, self.other

    def like_with_like(self, name: str) -> Measure | None:
        """The measure of that name within cells, None where there is none."""
        return self.measure(name, self.contrast.basis)

    def measure(self, name: str, basis: str = ALL) -> Measure | None:
        """The measure of that name, None where there is none."""
        return next(
            (candidate for candidate in self.measures if candidate.name == name and candidate.basis == basis), None
        )
