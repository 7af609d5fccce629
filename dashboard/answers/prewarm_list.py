"""The questions that are answered in advance: what each page declares, for each period, axis and clock.

A page declares them by two functions that ask a view: `ask_first`, what is answered before a file is shown, and
`ask_later`, the rest. For each team and repository only the first are answered.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

from analytics.cohort.filters import Filters
from dashboard.answers.cache import Question
from dashboard.answers.choices import AXES, CLOCKS, EVERYTHING, PERIODS
from dashboard.answers.questions import Scope, scope
from dashboard.answers.view import Declaration, View, filters_of
from dashboard.shell.navigation import PAGES

__all__ = ["FIRST", "LATER", "declared", "first_questions", "later_questions", "questions", "views"]

FIRST, LATER = "ask_first", "ask_later"
MOST_NAMED = 400
"""For how many teams, repositories and services the first questions are answered."""


def questions(file: str) -> Iterator[Question]:
    """All of them, each once: first of the view that a visitor comes to, then of the others.

    Those of single teams and repositories come last.
    """
    choices = scope(file)
    first, *others = views(file, choices)
    parts = [_asked(first, FIRST), _asked(first, LATER), *(_asked(view, FIRST) for view in others)]
    single = (
        _asked(replace(first, filters=filters), FIRST) for filters in itertools.islice(_single(choices), MOST_NAMED)
    )
    yield from dict.fromkeys(itertools.chain(*parts, *(_asked(view, LATER) for view in others), *single))


def first_questions(file: str) -> list[Question]:
    """What is answered before the file is shown, of the view that a visitor comes to."""
    return _asked(next(views(file, scope(file))), FIRST)


def later_questions(file: str) -> set[Question]:
    """What pages ask besides, of the view that a visitor comes to."""
    return set(_asked(next(views(file, scope(file))), LATER)).difference(first_questions(file))


def declared(name: str, view: View, moment: str) -> list[Question]:
    """What the page of that name declares for a view: the questions of its function `moment`, if it has one."""
    declaration = Declaration(view.file, view.filters, view.axis, view.clock, as_of=view.as_of)
    ask = getattr(import_module(PAGES[name].module), moment, None)
    if ask is not None:
        ask(declaration)
    return declaration.questions


def _asked(view: View, moment: str) -> list[Question]:
    """What all pages declare for a view, in the order of pages."""
    return list(dict.fromkeys(itertools.chain(*(declared(name, view, moment) for name in PAGES))))


def _single(choices: Scope) -> Iterator[Filters]:
    """Filters for each team, then for each repository, then for each service, of the period that nobody chose."""
    days = next(iter(PERIODS.values()))
    for team in choices.teams:
        yield filters_of(choices, team, EVERYTHING, days, strong=False)
    for repo in choices.repositories:
        yield filters_of(choices, None, repo, days, strong=False)
    for service in dict.fromkeys(label for label, _ in choices.services):
        yield filters_of(choices, None, EVERYTHING, days, strong=False, service=service)


def views(file: str, choices: Scope) -> Iterator[View]:
    """A view of all repositories for each period, axis and clock, ordered by how much it differs from the first."""
    every = list(itertools.product(PERIODS.values(), AXES.values(), CLOCKS.values()))
    first = every[0]
    # The sort is stable: views that differ in as many choices stay in order.
    for days, axis, clock in sorted(every, key=lambda view: sum(a != b for a, b in zip(view, first, strict=True))):
        yield View(file, filters_of(choices, None, EVERYTHING, days, strong=False), axis, clock, as_of=choices.as_of)
