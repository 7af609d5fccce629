"""Questions that pages ask of a published file, and their answers: cached, computed here, or computed elsewhere.

A published file never changes, so its name in the key is all that keeps answers fresh. A question is declared by the
function that answers it:

    @question()
    def pulse(cursor, filters, axis, clock): ...

Pages call it with the name of a file in place of the cursor: `pulse(file, filters, axis, clock)`.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, Literal, ParamSpec, TypeVar

import duckdb
import streamlit as st

from dashboard.answers.files import cursor_of, give_back

__all__ = ["ANSWERS", "BUSY", "Ask", "Question", "ask", "clear", "compute", "expect", "keep", "question"]

P = ParamSpec("P")
R = TypeVar("R")

# Together they take no more than `maxCacheDataSize` of `config.toml`.
ANSWERS = 1024
_LARGE_ANSWERS = 12
BUSY = "Counting …"
_PATIENCE_SECONDS = 60.0
# Several at once would share the cores all the same, and need the memory of each.
_one_at_a_time = threading.Lock()
# Answers that another process computed, until they are cached, and questions that it will answer soon.
_delivered: dict[Question, Any] = {}
_expected: set[Question] = set()
_delivery = threading.Condition()
_declared: dict[str, Ask[..., Any]] = {}


@dataclass(frozen=True)
class Question:
    """One question about one published file: the name of the function that answers it, and all of its arguments."""

    name: str
    file: str
    arguments: tuple[tuple[str, Any], ...]


class Ask(Generic[P, R]):
    """A declared question: call it with a file and arguments to get the answer.

    `shared` decides by the arguments which answers are handed out as they are, instead of a copy for each run.
    """

    def __init__(
        self,
        function: Callable[Concatenate[duckdb.DuckDBPyConnection, P], R],
        spinner: str | Literal[False],
        shared: Callable[[Mapping[str, Any]], bool] | None,
    ) -> None:
        self.function = function
        self._signature = inspect.signature(function)
        self._shared = shared
        self._copied = st.cache_data(max_entries=ANSWERS, show_spinner=spinner)(_answer_of(function))
        self._as_is = st.cache_resource(max_entries=_LARGE_ANSWERS, show_spinner=spinner)(_answer_of(function))

    def about(self, file: str, *args: P.args, **kwargs: P.kwargs) -> Question:
        """Return the question with these arguments; a default that is spelled out makes no difference."""
        bound = self._signature.bind(None, *args, **kwargs)
        bound.apply_defaults()
        _, *arguments = bound.arguments.items()
        return Question(self.function.__name__, file, tuple(arguments))

    def __call__(self, file: str, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the answer."""
        return self.answer(self.about(file, *args, **kwargs))

    def answer(self, question: Question) -> R:
        """Return the answer to one of its questions, from the cache where it is there."""
        shared = self._shared is not None and self._shared(dict(question.arguments))
        answer: R = (self._as_is if shared else self._copied)(question)
        return answer

    def clear(self) -> None:
        """Empty its caches."""
        self._copied.clear()
        self._as_is.clear()


def question(
    *, spinner: str | Literal[False] = BUSY, shared: Callable[[Mapping[str, Any]], bool] | None = None
) -> Callable[[Callable[Concatenate[duckdb.DuckDBPyConnection, P], R]], Ask[P, R]]:
    """Declare the function that answers a question; its first parameter is a cursor on the file."""

    def declare(function: Callable[Concatenate[duckdb.DuckDBPyConnection, P], R]) -> Ask[P, R]:
        declared = Ask(function, spinner, shared)
        _declared[function.__name__] = declared
        return declared

    return declare


def _answer_of(function: Callable[..., Any]) -> Callable[[Question], Any]:
    def answer(question: Question) -> Any:
        return _answered(question)

    # Streamlit tells caches apart by these.
    answer.__module__, answer.__qualname__ = function.__module__, function.__qualname__
    return answer


def ask(question: Question) -> Any:
    """Return the answer as a page gets it."""
    return _declared[question.name].answer(question)


def compute(question: Question) -> Any:
    """Compute the answer without caching it."""
    with cursor_of(question.file) as cursor:
        return _declared[question.name].function(cursor, **dict(question.arguments))


def clear() -> None:
    """Empty the caches of all questions."""
    for declared in _declared.values():
        declared.clear()


def expect(questions: Collection[Question]) -> None:
    """Name the questions that are being answered elsewhere: pages that ask one of them wait for that answer."""
    with _delivery:
        _expected.clear()
        _expected.update(questions)
        _delivery.notify_all()


def keep(question: Question, answer: Any) -> None:
    """Cache an answer that was computed elsewhere; None: there is none, and pages compute it here."""
    with _delivery:
        _expected.discard(question)
        if answer is not None:
            _delivered[question] = answer
        _delivery.notify_all()
    if answer is not None:
        ask(question)
        _delivered.pop(question, None)


def _answered(question: Question) -> Any:
    with _delivery:
        _delivery.wait_for(lambda: question not in _expected, _PATIENCE_SECONDS)
        delivered = _delivered.pop(question, None)
    if delivered is not None:
        return delivered
    with _one_at_a_time:
        answer = compute(question)
        give_back(question.file)
    return answer
