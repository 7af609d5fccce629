"""A script of what goes wrong, and with which requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random

from tests.builders.github import kinds
from tests.builders.github.exchange import Answer, Exchange, Request

__all__ = ["Fault", "Faults"]


@dataclass(slots=True)
class Fault:
    """One fault: its kind (see `kinds`), and the requests that it happens to, all of these conditions together.

    `method`, `path` and `operation` (the name of a GraphQL operation) are globs; `over` takes GraphQL requests with a
    page or list of ids larger than that; `touching` those whose honest answer tells of that pull request; `when` any
    other condition. `at` are the places, from 1, among the requests that match; without it, all.
    """

    kind: kinds.Kind
    method: str = "*"
    path: str = "*"
    operation: str = ""
    over: int | None = None
    touching: int | None = None
    when: Callable[[Request], bool] | None = None
    at: tuple[int, ...] = ()
    matched: int = field(default=0, init=False)
    happened: bool = field(default=False, init=False)

    def fires(self, exchange: Exchange) -> bool:
        """Whether it happens to this request; counts those that match."""
        if not self._matches(exchange):
            return False
        self.matched += 1
        return not self.at or self.matched in self.at

    def apply(self, exchange: Exchange) -> Answer:
        """The answer to this request; notes whether it is another one, or something happened on the server."""
        answer = self.kind(exchange)
        self.happened = self.happened or self.kind.acts or answer != exchange.honest
        return answer

    def _matches(self, exchange: Exchange) -> bool:
        asked = exchange.request
        return (
            fnmatchcase(asked.method, self.method)
            and fnmatchcase(asked.path, self.path)
            and (not self.operation or fnmatchcase(asked.operation, self.operation))
            and (self.over is None or asked.page > self.over)
            and (self.when is None or self.when(asked))
            and (self.touching is None or exchange.touches(self.touching))
        )


class Faults:
    """Faults in order: of those that fire for a request, the first one happens."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        """Take these faults."""
        self.faults = list(faults)

    def answer(self, exchange: Exchange) -> tuple[Answer, str]:
        """The answer to a request, and the name of the fault that it suffered, empty if none."""
        fired = [fault for fault in self.faults if fault.fires(exchange)]
        if not fired:
            return exchange.honest, ""
        return fired[0].apply(exchange), fired[0].kind.name

    def idle(self) -> list[str]:
        """The faults that changed no answer so far: a test that sets one and never meets it tests nothing."""
        return [fault.kind.name for fault in self.faults if not fault.happened]

    @staticmethod
    def mixed(seed: int, *, share: float = 0.25, in_a_row: int = 2) -> Faults:
        """Every recoverable kind, drawn by this seed for a share of the requests, at most `in_a_row` one after another.

        The same requests in the same order suffer the same faults.
        """
        return _Mixed(seed, share, in_a_row)


class _Mixed(Faults):
    """Faults by chance."""

    def __init__(self, seed: int, share: float, in_a_row: int) -> None:
        super().__init__()
        self._random, self._share, self._in_a_row = Random(seed), share, in_a_row
        self._row = 0

    def answer(self, exchange: Exchange) -> tuple[Answer, str]:
        """The answer to a request: something else goes wrong each time."""
        roll, kind = self._random.random(), self._random.choice(kinds.RECOVERABLE)
        self._row = self._row + 1 if roll < self._share and self._row < self._in_a_row else 0
        return (kind(exchange), kind.name) if self._row else (exchange.honest, "")
