"""What a page shows, and how it asks: a published file, the chosen part of it, and a method for every question."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.units import THESE
from analytics.explain.change import Explanation
from analytics.initiatives import Portfolio
from analytics.pulse.pulse import Pulse
from analytics.reports.bottlenecks import Bottlenecks
from analytics.text.findings import Finding
from analytics.whatif.levers import Levers
from analytics.worklist.attention import Attention
from dashboard.answers import questions
from dashboard.answers.cache import Ask, Question
from dashboard.answers.choices import EVERYTHING
from dashboard.answers.questions import First, Scope

__all__ = ["Declaration", "View", "filters_of"]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class View:
    """A published file, the part of it to show, the groups to compare and the clock; `label` describes the part.

    `as_of`: the newest as-of time of any repository, None where there is none. `intervals`, `horizon_days`: as in
    `Options`.
    """

    file: str
    filters: Filters
    axis: str
    clock: str
    label: str = ""
    as_of: datetime | None = None
    intervals: str = THESE
    horizon_days: int | None = None

    def _ask(self, question: Ask[Concatenate[Filters, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return question(self.file, self.filters, *args, **kwargs)

    def report(self, name: str, **options: Any) -> pl.DataFrame:
        """The report of that name as `headway export` writes it; `options` as in `Options`."""
        return self._ask(questions.report, name, **self._chosen(name) | options)

    def download(self, name: str, **options: Any) -> Callable[[], pl.DataFrame]:
        """A function that returns all rows of a report, for a download; `options` as in `report`."""
        chosen = self._chosen(name) | options
        return lambda: questions.whole_report(self.file, self.filters, name, **chosen)

    def _chosen(self, name: str) -> dict[str, Any]:
        """The question of intervals and the horizon, where they are not the usual ones and the report has them."""
        chosen = {"intervals": self.intervals, "horizon_days": self.horizon_days}
        return {option: value for option, value in chosen.items() if option in questions.choices_of(name) and value}

    def pulse(self, axis: str | None = None) -> Pulse:
        """The pulse on an axis, by default the chosen one."""
        return self._ask(questions.pulse, axis or self.axis, self.clock, self.intervals, self.horizon_days)

    def findings(self) -> Sequence[Finding]:
        """What the comparisons of the groups find, on both axes."""
        return self._ask(questions.findings, self.clock, self.horizon_days)

    def bottlenecks(self) -> Sequence[Bottlenecks]:
        """The bottleneck and the what-ifs of all work, and by what it builds."""
        return self._ask(questions.bottlenecks, self.clock, self.intervals, self.horizon_days)

    def portfolio(self) -> Portfolio:
        """The initiatives."""
        return self._ask(questions.portfolio)

    def attention(self) -> Attention:
        """The waiting changes that need attention."""
        return self._ask(questions.attention, self.clock)

    def troubled_deployments(self) -> First:
        """Rollbacks and failed deployments to production, newest first."""
        return self._ask(questions.troubled_deployments)

    def returned_changes(self) -> First:
        """Changes that failed or needed rework, newest first."""
        return self._ask(questions.returned_changes)

    def levers(self, group: str) -> Levers | None:
        """The what-ifs that a user can adjust, for one group; None with too few changes."""
        return questions.levers(
            self.file, self.filters, self.axis, group, self.clock, self.intervals, self.horizon_days
        )

    def notices(self) -> pl.DataFrame:
        """What collectors noticed: provider, repo, kind, detail, count."""
        return questions.notices(self.file, self.filters)

    def held_back(self) -> list[str]:
        """Environments of few deployments for which most work waits, a line each."""
        return questions.held_back(self.file, self.filters)

    def side_by_side(self) -> list[str]:
        """A line for each environment whose rollbacks are in doubt."""
        return questions.side_by_side(self.file, self.filters)

    def possible_renames(self) -> list[str]:
        """A line for each pair of services that may be one."""
        return questions.possible_renames(self.file, self.filters)

    def record_clocks(self) -> list[str]:
        """A line for each repository whose records may have local times."""
        return questions.record_clocks(self.file, self.filters)

    def tag_dates(self) -> list[str]:
        """A line for each service whose lead times are in doubt, for its tags have no date."""
        return questions.tag_dates(self.file, self.filters)

    def closed_work_is_seen(self) -> bool:
        """Whether any source reports closed work."""
        return questions.closed_work_is_seen(self.file, self.filters)

    def services(self) -> pl.DataFrame:
        """Services of several in a repository, or with several waves; see `analytics.coverage.services`."""
        return questions.services(self.file, self.filters)

    def sources(self) -> pl.DataFrame:
        """The status of each source."""
        return questions.sources(self.file)

    def unknown_bots(self) -> pl.DataFrame:
        """Bots that no rule names: name, email, written, rule."""
        return questions.unknown_bots(self.file)

    def explain(self, change_id: str) -> Explanation:
        """All that is known about one change."""
        return questions.explain(self.file, change_id)


@dataclass(frozen=True)
class Declaration(View):
    """A view that answers nothing and collects the `questions` that it is asked."""

    questions: list[Question] = field(default_factory=list)

    def _ask(self, question: Ask[Concatenate[Filters, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        self.questions.append(question.about(self.file, self.filters, *args, **kwargs))
        return cast("R", None)


def filters_of(
    scope: Scope, team: str | None, repo: str, days: int | None, *, strong: bool, service: str | None = None
) -> Filters:
    """Filters for a team or None, a repository or `EVERYTHING`, the last so many days or None, a service or None."""
    names = None if team is None else scope.teams[team]
    if service is not None:
        # What is of whole repositories is then of the one that has the service.
        names = tuple(sorted({home for label, home in scope.services if label == service}))
    return Filters(
        since=_since(days, scope.as_of),
        # The filter of the reports is a glob; this one is a single name.
        repo=None if repo == EVERYTHING else glob.escape(repo),
        names=names,
        evidence="strong" if strong else "any",
        service=service,
    )


def _since(days: int | None, as_of: datetime | None) -> datetime | None:
    """Counted back from the as-of time, not from today: a warehouse of last month shows its own last days."""
    return as_of - timedelta(days=days) if days is not None and as_of is not None else None
