"""What pages ask of all repositories, in each period, on each axis and clock: what is answered before anybody asks."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.filters import Filters
from dashboard import data
from dashboard.data import Question, about_report
from dashboard.filters import AXES, CLOCKS, EVERYTHING, PERIODS, filters_of

__all__ = ["below_first_chart", "questions"]

# The page's own choice as it is at first.
_WINDOW = "month"


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


def below_first_chart(file: str) -> set[Question]:
    """What the view that a visitor comes to asks after its first chart is drawn."""
    axis, clock = next((axis, clock) for _, axis, clock in _views())
    _coverage, _pulse, *others = _of_view(file, Filters(), axis, clock)
    return set(others)


def _views() -> Iterator[tuple[int | None, str, str]]:
    """Period (days), axis and clock, what differs in least from the first of each first."""
    choices = [(days, axis, clock) for days in PERIODS.values() for axis in AXES.values() for clock in CLOCKS.values()]
    first = choices[0]
    # Of those that differ in as many the order stays.
    yield from sorted(choices, key=lambda view: sum(one != other for one, other in zip(view, first, strict=True)))


def _of_view(file: str, filters: Filters, axis: str, clock: str) -> Iterator[Question]:
    """In the order of pages, what comes first on each before what comes below."""
    yield about_report(file, "coverage", filters)
    yield Question("pulse", (file, filters, axis, clock))
    yield Question("found", (file, filters, axis, clock))
    yield Question("portfolio", (file, filters))
    yield about_report(file, "rework", filters, by=axis)
    yield about_report(file, "dora", filters, by=axis)
    for name in ("occupancy", "arrivals", "stages", "trend"):
        yield about_report(file, name, filters, by=axis, clock=clock)
    yield from (Question("pulse", (file, filters, other, clock)) for other in AXES.values())
    yield Question("bottlenecks", (file, filters, None))
    for name in ("bottlenecks", "friction"):
        yield about_report(file, name, filters, by=axis)
    for name in ("week", "waiting", "initiatives"):
        yield about_report(file, name, filters)
    yield about_report(file, "dora", filters)
    yield about_report(file, "dora", filters, window=_WINDOW)
    yield Question("troubled", (file, filters))
