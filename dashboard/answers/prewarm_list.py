"""What is answered before anybody asks: all that pages ask of all repositories in each period, on each axis and clock.

Of each team and repository it is what they ask until their first chart.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from analytics.cohort.filters import Filters
from dashboard.answers import questions as data
from dashboard.answers.questions import SHOWN, Question, about_report
from dashboard.shell.filters import AXES, CLOCKS, EVERYTHING, PERIODS, filters_of

__all__ = ["below_first_chart", "first_charts", "questions"]

MOST_NAMED = 400
"""Of how many teams and repositories the first charts are answered beforehand."""

# The page's own choice as it is at first.
_WINDOW = "month"


def questions(file: str) -> Iterator[Question]:
    """All of them, each once: of the view that a visitor comes to, then the first charts of others, then the rest.

    The first charts of single teams and repositories come last.
    """
    scope = data.scope(file)
    first, *others = (
        (file, filters_of(scope, None, EVERYTHING, days, strong=False), axis, clock) for days, axis, clock in _views()
    )
    parts = [_first_charts(*first), _below(*first), *(_first_charts(*view) for view in others)]
    named = (_first_charts(file, filters, *first[2:]) for filters in itertools.islice(_named(scope), MOST_NAMED))
    yield from dict.fromkeys(itertools.chain(*parts, *(_below(*view) for view in others), *named))


def _named(scope: data.Scope) -> Iterator[Filters]:
    """Each team, then each repository."""
    for team in scope.teams:
        yield filters_of(scope, team, EVERYTHING, None, strong=False)
    for repo in scope.repositories:
        yield filters_of(scope, None, repo, None, strong=False)


def first_charts(file: str) -> list[Question]:
    """What pages ask until their first chart is drawn, in the view that a visitor comes to."""
    _, axis, clock = next(_views())
    return list(_first_charts(file, Filters(), axis, clock))


def below_first_chart(file: str) -> set[Question]:
    """What pages ask after their first chart is drawn, in the view that a visitor comes to."""
    _, axis, clock = next(_views())
    return set(_below(file, Filters(), axis, clock))


def _views() -> Iterator[tuple[int | None, str, str]]:
    """Period (days), axis and clock, what differs in least from the first of each first."""
    choices = [(days, axis, clock) for days in PERIODS.values() for axis in AXES.values() for clock in CLOCKS.values()]
    first = choices[0]
    # Of those that differ in as many the order stays.
    yield from sorted(choices, key=lambda view: sum(one != other for one, other in zip(view, first, strict=True)))


def _first_charts(file: str, filters: Filters, axis: str, clock: str) -> Iterator[Question]:
    yield about_report(file, "coverage", filters)
    yield Question("pulse", (file, filters, axis, clock))
    for name in ("occupancy", "stages"):
        yield about_report(file, name, filters, by=axis, clock=clock)


def _below(file: str, filters: Filters, axis: str, clock: str) -> Iterator[Question]:
    """In the order of pages."""
    yield Question("found", (file, filters, axis, clock))
    yield Question("portfolio", (file, filters))
    yield about_report(file, "rework", filters, by=axis)
    yield about_report(file, "dora", filters, by=axis)
    for name in ("arrivals", "trend"):
        yield about_report(file, name, filters, by=axis, clock=clock)
    yield from (Question("pulse", (file, filters, other, clock)) for other in AXES.values() if other != axis)
    yield Question("bottlenecks", (file, filters, None, clock))
    for name in ("bottlenecks", "cadences"):
        yield about_report(file, name, filters, by=axis, clock=clock)
    yield Question("needed", (file, filters, clock))
    for name in ("cadences", "waiting"):
        yield about_report(file, name, filters, clock=clock)
    for name in ("friction", "longest"):
        yield about_report(file, name, filters, by=axis)
    for name in ("week", "initiatives"):
        yield about_report(file, name, filters)
    for name, most in SHOWN.items():
        yield about_report(file, name, filters, most=most)
    yield about_report(file, "dora", filters)
    yield about_report(file, "dora", filters, window=_WINDOW)
    for name in ("troubled", "returned"):
        yield Question(name, (file, filters))
