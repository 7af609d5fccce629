"""The sections `[comparison]`, `[targets]` and `[[events]]`: what matters, what is aimed for, and what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from headway.errors import UsageError
from headway.nearest import hint_for
from headway.settings.field import setting
from headway.times import parse_time

__all__ = [
    "ComparisonSettings",
    "EventSettings",
    "TargetSettings",
    "Targets",
    "TeamTargets",
    "check_events",
    "check_teams",
]

LONGEST_EVENT = 100


@dataclass(frozen=True)
class ComparisonSettings:
    """The smallest difference between groups that findings report; a smaller one is called too small."""

    smallest_hours: float = setting(1.0, "of waiting: so many hours")
    smallest_percent: float = setting(
        5.0, "of waiting: so many percent of that of the other group, if that is more; also of ratios"
    )
    smallest_points: float = setting(2.0, "of shares: so many percentage points")

    def __post_init__(self) -> None:
        """UsageError for a difference below zero."""
        for name in ("smallest_hours", "smallest_percent", "smallest_points"):
            if getattr(self, name) < 0.0:
                raise UsageError(f"[comparison] {name} is below zero", hint="write 0 to report every difference")


@dataclass(frozen=True)
class Targets:
    """What is aimed for; 0 is no target. Hours and days are of the wall clock."""

    lead_time_median_hours: float = setting(
        0.0, "half of the changes are in production so many hours after code complete; 0: no target"
    )
    lead_time_p85_hours: float = setting(
        0.0, "85 % of the changes are in production so many hours after code complete; 0: no target"
    )
    within_7_days_share: float = setting(
        0.0, "so many of the changes are in production within 7 days of code complete, 0 to 1; 0: no target"
    )
    waiting_days: float = setting(0.0, "no change waits longer than so many days after code complete; 0: no target")
    failure_share: float = setting(
        0.0, "no more of the production deployments fail, 0 to 1, as [dora] counts failures; 0: no target"
    )

    def __post_init__(self) -> None:
        """UsageError for a target that nothing can meet or miss."""
        for spec in fields(Targets):
            value = getattr(self, spec.name)
            if value < 0.0:
                raise UsageError(f"[targets] {spec.name} is below zero", hint="write 0 for no target")
            if spec.name.endswith("_share") and value > 1.0:
                raise UsageError(f"[targets] {spec.name} is not between 0 and 1", hint="write 0.8 for 80 %")

    @property
    def any(self) -> bool:
        """Whether there is a target at all."""
        return any(getattr(self, spec.name) for spec in fields(Targets))


@dataclass(frozen=True)
class TeamTargets(Targets):
    """Targets of one team, in place of those of all; what is not set here is as there."""

    team: str = setting("", "the team, as in [[sources]]")


@dataclass(frozen=True)
class TargetSettings(Targets):
    """Targets: drawn on the dashboard and reported by `headway summary`, each with its interval."""

    teams: tuple[TeamTargets, ...] = setting((), "targets of single teams", tables=TeamTargets)

    def __post_init__(self) -> None:
        """UsageError for a target without a team, and for a team that is there twice."""
        super().__post_init__()
        for name, count in Counter(table.team for table in self.teams).items():
            if not name or count > 1:
                what = f"has the team {name!r} twice" if name else "has no team"
                raise UsageError(f"[[targets.teams]] {what}", hint='write team = "payments" once, as in [[sources]]')

    def of(self, team: str | None) -> Targets:
        """The targets of a team, or of all work."""
        values = {spec.name: getattr(self, spec.name) for spec in fields(Targets)}
        for table in self.teams:
            if table.team == team:
                values |= {name: getattr(table, name) for name in values if getattr(table, name)}
        return replace(Targets(), **values)


@dataclass(frozen=True)
class EventSettings:
    """What happened: marked on every time axis of the dashboard, with a comparison of the time before and after."""

    at: str = setting("", "when, such as `2026-03-01` or `2026-03-01T14:00Z`; without a zone it is UTC")
    text: str = setting("", "what happened, such as `New CI`", longest=LONGEST_EVENT)
    repo: str = setting("*", "glob on the names of its repositories, with or without their provider")

    @property
    def happened_at(self) -> datetime:
        """When, in naive UTC."""
        return parse_time(self.at)


def check_events(events: Sequence[EventSettings]) -> None:
    """UsageError for an event without a text, or whose time is none."""
    for number, event in enumerate(events, 1):
        if not event.text.strip():
            raise UsageError(f"[[events]] {number} has no text", hint='write text = "New CI"')
        try:
            parse_time(event.at)
        except (ValueError, OverflowError) as error:
            what = f"[[events]] {number} at is not a date or time: {event.at!r}"
            raise UsageError(what, hint='write at = "2026-03-01"') from error


def check_teams(targets: TargetSettings, teams: Collection[str]) -> None:
    """UsageError for targets of a team that no source has."""
    for table in targets.teams:
        if table.team not in teams:
            hint = hint_for(table.team, sorted(teams), None if teams else "set team in [[sources]]")
            raise UsageError(f"[[targets.teams]] has the team {table.team!r}, which no source has", hint=hint)
