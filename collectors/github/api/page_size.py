"""Pages as large as the server can put together: smaller after a failure, larger again when it goes well."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from collectors.github.api.client import Client
from collectors.github.api.signals import TooMuch

__all__ = ["Patience"]

T = TypeVar("T")
_CLEAN_PAGES = 4
_LONGEST_PAUSE_SECONDS = 16.0
# What cannot be read alone is at fault itself; where several in a row cannot, the server is.
_MOST_UNREADABLE_IN_A_ROW = 3
_TIMES_ALONE = 3


class Patience:
    """The sizes to ask for: `most`, half of it and so on down to 1, which is asked for three times in a row.

    A page that is too much halves the next one; four good ones in a row double it.
    """

    def __init__(self, client: Client, most: int) -> None:
        self._client = client
        self._sizes = [most]
        while self._sizes[-1] > 1:
            self._sizes.append(self._sizes[-1] // 2)
        self._clean = self._unreadable_in_a_row = 0
        self.step = 0

    @property
    def size(self) -> int:
        """What to ask for now."""
        return self._sizes[self.step]

    def ask(self, question: Callable[[], T]) -> T:
        """What the question, which asks by the present size, comes to; CollectError where even one is too much."""
        answer, fault = self._ask(question)
        if answer is None:
            raise self._client.unanswered(fault)
        return answer

    def ask_or_leave(self, question: Callable[[], T]) -> T | None:
        """Likewise, but None for a single one that cannot be read; CollectError where that goes on and on."""
        answer, fault = self._ask(question)
        self._unreadable_in_a_row = 0 if answer is not None else self._unreadable_in_a_row + 1
        if self._unreadable_in_a_row > _MOST_UNREADABLE_IN_A_ROW:
            raise self._client.unanswered(fault)
        return answer

    def _ask(self, question: Callable[[], T]) -> tuple[T | None, str]:
        alone = 0
        while True:
            try:
                answer = question()
            except TooMuch as fault:
                self._clean = 0
                self._client.pause(min(2.0 ** (self.step + alone), _LONGEST_PAUSE_SECONDS), str(fault))
                if self.step + 1 < len(self._sizes):
                    self.step += 1
                    continue
                alone += 1
                if alone == _TIMES_ALONE:
                    return None, str(fault)
            else:
                self._succeeded()
                return answer, ""

    def _succeeded(self) -> None:
        self._clean += 1
        if self._clean >= _CLEAN_PAGES and self.step:
            self._clean, self.step = 0, self.step - 1
