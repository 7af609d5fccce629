"""What pages ask of all repositories, in each period, on each axis and clock: what is answered before anybody asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analytics.dora.definitions import DEFINITIONS
from analytics.filters import Filters
from dashboard import data
from dashboard.data import Question
from dashboard.filters import AXES, CLOCKS, EVERYTHING, PERIODS, filters_of

__all__ = ["first_view", "questions"]

# The pages' own choices as they are at first.
_WINDOW, _DEFINITION = "month", next(iter(DEFINITIONS))


def first_view(file: str) -> Iterator[Question]:
    """What stands on top of the page that a visitor comes to."""
    filters, (_, axis, clock) = Filters(), next(_views())
    yield _report(file, "coverage", filters)
    yield Question("pulse", (file, filters, axis, clock))


def questions(file: str) -> Iterator[Question]:
    """All of them, each once: those of the view that a visitor comes to, then of those that are one choice away."""
    scope = data.scope(file)
    told: set[Question] = set()
    for days, axis, clock in _views():
        filters = filters_of(scope, None, EVERYTHING, days, strong=False)
        for question in _of_view(file, filters, axis, clock):
            if question not in told:
                told.add(question)
                yield question


def _views() -> Iterator[tuple[int | None, str, str]]:
    """Period (days), axis and clock, what differs in least from the first of each first."""
    choices = [(days, axis, clock) for days in PERIODS.values() for axis in AXES.values() for clock in CLOCKS.values()]
    first = choices[0]
    # Of those that differ in as many the order stays.
    yield from sorted(choices, key=lambda view: sum(one != other for one, other in zip(view, first, strict=True)))


def _of_view(file: str, filters: Filters, axis: str, clock: str) -> Iterator[Question]:
    """In the order of pages, what comes first on each before what comes below."""
    yield _report(file, "coverage", filters)
    yield Question("pulse", (file, filters, axis, clock))
    yield Question("found", (file, filters, axis, clock))
    yield Question("portfolio", (file, filters))
    for name in ("occupancy", "arrivals", "stages", "trend"):
        yield _report(file, name, filters, by=axis, clock=clock)
    yield from (Question("pulse", (file, filters, other, clock)) for other in AXES.values())
    yield Question("bottlenecks", (file, filters, None))
    for name in ("bottlenecks", "friction"):
        yield _report(file, name, filters, by=axis)
    for name in ("week", "waiting", "initiatives"):
        yield _report(file, name, filters)
    yield _report(file, "rework", filters, by=axis)
    yield _report(file, "dora", filters, by=axis)
    yield _report(file, "dora", filters, definition=_DEFINITION)
    yield _report(file, "dora", filters, window=_WINDOW, definition=_DEFINITION)
    yield _report(file, "dora", filters, by=axis, definition=_DEFINITION)
    yield Question("troubled", (file, filters))


def _report(file: str, name: str, filters: Filters, **asked: Any) -> Question:
    return Question("report", (file, name, filters), tuple(asked.items()))
