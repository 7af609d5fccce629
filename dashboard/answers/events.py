"""What settings add to a view: the events of its repositories, and the targets of its team."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from datetime import datetime

from analytics.cohort.filters import Filters
from analytics.text.wording import plain
from dashboard.answers.files import settings
from dashboard.answers.questions import Scope, scope
from headway.repository_names import names_match
from headway.settings import Targets

__all__ = ["Event", "events_of", "targets_of"]


@dataclass(frozen=True)
class Event:
    """An event of the settings: when (naive UTC), what, and the names of its repositories here; None for all."""

    at: datetime
    text: str
    names: tuple[str, ...] | None = None

    @property
    def label(self) -> str:
        """Its day and text, which is its name in URLs."""
        return f"{self.at:%Y-%m-%d} {self.text}"


def events_of(file: str, filters: Filters) -> tuple[Event, ...]:
    """The events of the repositories that filters leave, in the order of time; of several alike one."""
    choices = scope(file)
    left = _left(choices, filters)
    listed: dict[str, Event] = {}
    for event in sorted(settings().events, key=lambda event: event.happened_at):
        names = tuple(sorted({name for repo_id, name in choices.ids if names_match(event.repo, repo_id)} & left))
        if names:
            one = Event(event.happened_at, plain(event.text).strip(), None if event.repo == "*" else names)
            listed.setdefault(one.label, one)
    return tuple(listed.values())


def targets_of(file: str, filters: Filters) -> Targets:
    """The targets of the team that owns all repositories that filters leave, else those of all work."""
    choices = scope(file)
    left = _left(choices, filters)
    owners = [team for team, names in choices.teams.items() if left and left <= set(names)]
    return settings().targets.of(owners[0] if len(owners) == 1 else None)


def _left(choices: Scope, filters: Filters) -> set[str]:
    """The names of the repositories that filters leave."""
    names = set(choices.repositories if filters.names is None else filters.names)
    return names if filters.repo is None else {name for name in names if glob.escape(name) == filters.repo}
