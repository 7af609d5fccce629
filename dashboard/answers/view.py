"""What a page shows, and how it asks: a published file, the chosen part of it, and a method for every question."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.units import THESE
from analytics.comparison import Comparison
from analytics.comparison.around import Around
from analytics.explain.change import Explanation
from analytics.initiatives import Portfolio
from analytics.pulse.news import News
from analytics.pulse.pulse import Pulse
from analytics.reports.bottlenecks import Bottlenecks
from analytics.text.findings import Finding, findings_from
from analytics.whatif.levers import Levers
from analytics.worklist.attention import Attention
from dashboard.answers import events, questions
from dashboard.answers.cache import Ask, Question
from dashboard.answers.choices import EVERYTHING
from dashboard.answers.events import Event
from dashboard.answers.questions import First, Scope
from headway.settings import Targets

__all__ = ["Declaration", "View", "filters_of"]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class View:
    """A published file, the part of it to show, the groups to compare and the clock.

    `label`, `period`: which repositories, and when their changes were code complete, as text.

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
    period: str = "all time"

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

    def comparisons(self, by: str | None = None) -> Sequence[Comparison]:
        """The comparisons of the groups on both axes, or by a day: what was code complete since then, and before."""
        return self._ask(questions.comparisons, self.clock, self.horizon_days, by)

    def findings(self) -> Sequence[Finding]:
        """What the comparisons of the groups find, on both axes."""
        return findings_from(self.comparisons() or ())

    def since(self, days: int) -> View | None:
        """The same part of the warehouse in the last so many days; None where nothing is there."""
        if self.as_of is None:
            return None
        return replace(self, filters=replace(self.filters, since=self.as_of - timedelta(days=days), until=None))

    def before(self) -> View | None:
        """The period of the same length before this one; None where this one has no beginning."""
        filters = None if self.as_of is None else self.filters.before(self.as_of)
        return None if filters is None else replace(self, filters=filters)

    @property
    def always(self) -> View:
        """The same part of the warehouse in any period: what waits now does so whenever it was code complete."""
        return replace(self, filters=replace(self.filters, since=None, until=None), period="all time")

    def trend(self, days: int) -> Comparison | None:
        """What was code complete in the last so many days compared with what was in as many before; None for none."""
        both = self.since(2 * days)
        if both is None or self.as_of is None:
            return None
        return next(iter(both.comparisons((self.as_of - timedelta(days=days)).isoformat()) or ()), None)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of its repositories, in the order of time."""
        return events.events_of(self.file, self.filters)

    @property
    def targets(self) -> Targets:
        """The targets of its team."""
        return events.targets_of(self.file, self.filters)

    def around(self, event: Event) -> Around:
        """The time before an event compared with the same time after it, whatever the period."""
        filters = replace(self.always.filters, names=event.names or self.filters.names)
        as_of = self.as_of or event.at
        return questions.around(self.file, filters, event.at, as_of, self.clock, self.horizon_days)

    def news(self) -> Sequence[News]:
        """What changed since last month, whatever the period."""
        return () if self.as_of is None else self.always._ask(questions.news, self.clock, self.as_of) or ()  # noqa: SLF001  (of the same class)

    def bottlenecks(self) -> Sequence[Bottlenecks]:
        """The bottleneck and the what-ifs of all work, and by what it builds."""
        return self._ask(questions.bottlenecks, self.clock, self.intervals, self.horizon_days)

    def portfolio(self) -> Portfolio:
        """The initiatives."""
        return self._ask(questions.portfolio)

    def attention(self) -> Attention:
        """The waiting changes that need a decision, whenever they were code complete."""
        longest = self.targets.waiting_days if self.clock == "wall" else 0.0
        return self.always._ask(questions.attention, self.clock, longest)  # noqa: SLF001  (of the same class)

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

    def search(self, text: str) -> pl.DataFrame:
        """The changes that a text names, in any repository and period."""
        return questions.search(self.file, text)

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
