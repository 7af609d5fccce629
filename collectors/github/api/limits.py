"""Rate limits: how long to wait, how little may remain, when to stop until the next run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from collectors.github.api.answers import moment
from collectors.github.api.signals import Limited, OutOfBudget
from headway.progress import Progress
from headway.source import Waiting

__all__ = ["Budgets", "Limits", "Waiting"]

_SECONDARY_SECONDS = 60.0  # GitHub: wait at least a minute, and longer each time, where the answer does not say
_MOST_IN_A_ROW = 10
_DIGITS = 15  # read of a number; Python refuses thousands


@dataclass(frozen=True)
class Limits:
    """How long a run waits, and how much of the budget it leaves."""

    waiting: Waiting
    floor: int = 200
    """Stop before fewer requests (REST) or points (GraphQL) than this remain: others use the token too. Of a small
    limit, a quarter."""
    longest_wait_seconds: float = 900.0
    """The run waits for a limit that ends sooner; otherwise it stops and the next run resumes."""
    tries: int = 5
    """How often to try before a passing fault counts as lasting."""
    timeout_seconds: int = 60
    """How long a single answer may take, to its last byte; GitHub itself gives up after ten seconds."""
    gap_seconds: float = 0.1
    """Pause between two requests: 600 a minute, below the 900 points of GitHub's secondary limit."""
    page: int = 25
    """Pull requests a page: 50 take GitHub twice as long, and 100 more than it allows itself."""
    look: int = 100
    """How many pull requests or deployments one request checks for changes."""


class _Budget(NamedTuple):
    """What remains until a reset."""

    limit: int
    remaining: int
    resets_at: datetime


@dataclass
class Budgets:
    """The remaining budget per kind of request, from the headers of the last answers. A server may have no limits."""

    limits: Limits
    known: dict[str, _Budget] = field(default_factory=dict)
    secondary: int = 0
    """How many secondary limits came in a row."""

    def learn(self, kind: str, headers: Mapping[str, str]) -> None:
        """Read the budget from an answer's headers; `kind` is the budget (`core`, `graphql`) if they do not name it."""
        values = [headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining", "reset")]
        if all(value.isdecimal() for value in values):
            limit, remaining = (int(value[:_DIGITS]) for value in values[:2])
            self.known[headers.get("x-ratelimit-resource", kind)] = _Budget(limit, remaining, moment(values[2]))

    def check(self, kind: str, label: str, progress: Progress) -> None:
        """Before a request: wait if too little is left, or raise OutOfBudget if the wait is too long."""
        budget = self.known.get(kind)
        if budget is None or budget.remaining >= min(self.limits.floor, budget.limit // 4):
            return
        if budget.resets_at > self.limits.waiting.now():
            self._wait_until(budget.resets_at, label, progress)
        del self.known[kind]

    def wait(self, limited: Limited, label: str, progress: Progress) -> None:
        """After a rate limit: wait as the answer says, or raise OutOfBudget if that is too long."""
        now = self.limits.waiting.now()
        if limited.until is not None:
            until = max(limited.until, now) + timedelta(seconds=1)  # the limit ends some time within that second
        elif limited.seconds is not None:
            until = now + timedelta(seconds=limited.seconds)
        else:
            until = now + timedelta(seconds=_SECONDARY_SECONDS * 2**self.secondary)
        self.secondary += 1
        if self.secondary > _MOST_IN_A_ROW:
            until = max(until, now + timedelta(seconds=self.limits.longest_wait_seconds + 1))
        self._wait_until(until, label, progress)

    def answered(self) -> None:
        """Reset the count of secondary limits after an answer."""
        self.secondary = 0

    def _wait_until(self, until: datetime, label: str, progress: Progress) -> None:
        seconds = (until - self.limits.waiting.now()).total_seconds()
        if seconds > self.limits.longest_wait_seconds:
            again = until + timedelta(seconds=59)  # the minute after that second
            raise OutOfBudget(
                f"{label}: GitHub's rate limit is reached; it ends at {until:%Y-%m-%d %H:%M} UTC",
                hint=f"collect again after {again:%H:%M} UTC, or let the next run resume; what was read is stored",
            )
        progress.note(f"rate limit until {until:%H:%M:%S} UTC: {label}")
        if seconds > 0:
            self.limits.waiting.sleep(seconds)
