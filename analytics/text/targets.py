"""Targets beside what was measured: met or missed only where the interval says so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analytics.text import wording

if TYPE_CHECKING:
    from analytics.pulse.pulse import Estimate, Pulse
    from headway.settings import Targets

__all__ = ["TargetResult", "failures", "lead_times", "summarized", "waiting", "within_a_week"]


ALL_WORK = ", all work"


@dataclass(frozen=True)
class TargetResult:
    """A target as text, what was measured with its interval, and whether it is met.

    None: the interval allows both.
    """

    goal: str
    measured: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """One word."""
        return {True: "met", False: "missed", None: "not certain"}[self.met]

    @property
    def sentence(self) -> str:
        """The target, whether it is met, and what that rests on."""
        return f"{self.goal}: {self.verdict}, {self.measured}"


def lead_times(pulse: Pulse, targets: Targets) -> Iterator[TargetResult]:
    """The targets for lead time, of all work; none on the working clock, whose hours are others."""
    if pulse.clock != "wall":
        return
    work = pulse.everything
    for name, target, hours in (
        ("half", targets.lead_time_median_hours, work.median_hours),
        ("85%", targets.lead_time_p85_hours, work.p85_hours),
    ):
        if target:
            per, unit = (24.0, "d") if max(target, hours.value or 0.0) >= wording.TWO_DAYS else (1.0, "h")
            goal = f"Target {name} within {target / per:,.3g} {unit}{ALL_WORK}"
            yield _result(goal, hours, target, _hours(hours, target), most=True, enough=work.enough)


def within_a_week(pulse: Pulse, targets: Targets) -> Iterator[TargetResult]:
    """The target for the share in production within 7 days, of all work."""
    target = targets.within_7_days_share
    if target and pulse.clock == "wall":
        share = pulse.everything.arrived_after(pulse.week_hours)
        goal = f"Target {_percent(target)} within 7 days{ALL_WORK}"
        yield _result(goal, share, target, _share(share), most=False, enough=pulse.everything.enough)


def waiting(longer: int, targets: Targets, clock: str = "wall") -> Iterator[TargetResult]:
    """The target for what waits; `longer`: how many changes wait longer than it allows, a count without an interval."""
    if targets.waiting_days and clock == "wall":
        goal = f"Target none longer than {targets.waiting_days:,.4g} d"
        yield TargetResult(goal, f"{wording.counted(longer, 'change')}", longer == 0)


def failures(rows: Sequence[Mapping[str, Any]], targets: Targets) -> Iterator[TargetResult]:
    """The target for failed deployments; `rows` of the report `dora`, of all work and the whole period."""
    from analytics.pulse.pulse import Estimate

    if not targets.failure_share:
        return
    for row in rows:
        if row["measure"] == "change_failure_rate":
            share = Estimate(row["value"], row["lower"], row["upper"])
            goal = f"Target at most {_percent(targets.failure_share)} failed"
            yield _result(goal, share, targets.failure_share, _share(share), most=True, enough=share.value is not None)


def summarized(results: Sequence[TargetResult]) -> str:
    """All results in one line; empty where there is no target."""
    sentences = [result.sentence.removeprefix("Target ").replace(ALL_WORK, "", 1) for result in results]
    return f"Targets of all work: {'; '.join(sentences)}" if sentences else ""


def _result(goal: str, measured: Estimate, target: float, text: str, *, most: bool, enough: bool) -> TargetResult:
    """`most`: whether less is better. A bound that is open excludes nothing."""
    if not enough:
        return TargetResult(goal, wording.TOO_FEW, None)
    lower = -math.inf if measured.lower is None else measured.lower
    upper = math.inf if measured.upper is None else measured.upper
    met, missed = (upper <= target, lower > target) if most else (lower >= target, upper < target)
    return TargetResult(goal, text, True if met else False if missed else None)


def _hours(hours: Estimate, target: float) -> str:
    if hours.value is None and hours.lower is not None:
        return f"{wording.NOT_REACHED} [{wording.hours(max(hours.lower, 0.0))} – …]"
    return wording.with_interval(hours, beside=target)


def _share(share: Estimate) -> str:
    if share.value is None:
        return wording.TOO_FEW
    bounds = ("…" if bound is None else _percent(bound) for bound in (share.lower, share.upper))
    return f"{_percent(share.value)} [{' – '.join(bounds)}]" if share.lower or share.upper else _percent(share.value)


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f}".removesuffix(".0") + "%"
