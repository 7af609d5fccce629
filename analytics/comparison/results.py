"""Results of a comparison: frozen, so that a report, a sentence and a page agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics.cohort.kinds import Excluded
from analytics.comparison.contrasts import Contrast

__all__ = ["ALL", "SUPPORTED", "Comparison", "Friction", "Measure", "Side", "Support"]

ALL, SUPPORTED = "all changes", "common support"


@dataclass(frozen=True)
class Measure:
    """One figure of both groups and their difference, first minus second.

    `unit`: `share` (0 to 1), `hours`, `ratio` (hazard ratio; the second group is 1) or `test` (a p-value alone).
    `basis`: `ALL` changes, or those in `SUPPORTED` cells, the second group weighted to the mix of the first. `lower`,
    `upper`: the 95 % interval of the difference; None where it is open or cannot be estimated. `q_value`: the p-value,
    controlled for the false discovery rate, where the measure is one of many stages. `n_ai`, `n_other`: changes behind
    it. `n_needed`: of the first group, at the present mix, to detect a difference of `smallest_difference` with a power
    of 80 %. None: not estimated.
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

    @property
    def significant(self) -> bool:
        """Whether the difference is significant at 5 %, by the q-value where the measure is one of many."""
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
    `cells`: how many have both. `effective_other`: how many changes of the second group the weights leave (Kish).
    """

    ai_share: float
    other_share: float
    repositories_overlap: float
    quarters_overlap: float
    newer_days: float
    cells: int
    effective_other: float


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

    `measures`: in the order of the report. `friction`, `supported_friction`: None where it cannot be estimated.
    `units`: what the standard errors take as independent: `repository`, `repository and month` or `change`. `enough`:
    whether both groups have changes enough to claim anything. `excluded`, `unknown`, `no_deployments`: changes left
    out. `horizon_hours`: of hours in stages. `clock`: `wall` or `working`. `as_of`: None where there is no change.
    """

    contrast: Contrast
    ai: Side
    other: Side
    enough: bool
    measures: Sequence[Measure]
    support: Support | None
    friction: Friction | None
    supported_friction: Friction | None
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

    def measure(self, name: str, basis: str = ALL) -> Measure | None:
        """The measure of that name, None where there is none."""
        return next(
            (candidate for candidate in self.measures if candidate.name == name and candidate.basis == basis), None
        )
