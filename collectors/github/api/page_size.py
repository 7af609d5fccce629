"""Adapt the page size to the server: smaller pages after a failure, larger ones after successes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from collectors.github.api.client import Client
from collectors.github.api.signals import TooMuch

__all__ = ["AdaptivePager"]

T = TypeVar("T")
_CLEAN_PAGES = 4
_LONGEST_PAUSE_SECONDS = 16.0
# If a single object cannot be read, the object is at fault; if several in a row cannot, the server is.
_MOST_UNREADABLE_IN_A_ROW = 3
_TIMES_ALONE = 3


class AdaptivePager:
    """Requests pages of adaptive size: `most`, half of it and so on down to 1, which is tried three times in a row.

    A page that is too large halves the size; four successes in a row double it.
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
        """The current size."""
        return self._sizes[self.step]

    def ask(self, question: Callable[[], T]) -> T:
        """Call `question`, which requests the current size, until it succeeds; CollectError if size 1 fails too."""
        answer, fault = self._ask(question)
        if answer is None:
            raise self._client.unanswered(fault)
        return answer

    def ask_or_leave(self, question: Callable[[], T]) -> T | None:
        """As `ask`, but None for a single object that cannot be read; CollectError after several such in a row."""
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
