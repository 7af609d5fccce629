"""What an answer of GitHub means for the caller: errors that users see, and signals within the collector."""

from __future__ import annotations

from datetime import datetime

from headway.errors import AccessDenied, CollectError

__all__ = [
    "Again",
    "BadCursor",
    "Garbage",
    "Gone",
    "Limited",
    "LockedOut",
    "Lost",
    "Moved",
    "OutOfBudget",
    "Refused",
    "Signal",
    "TooMuch",
    "Unreachable",
]


class OutOfBudget(CollectError):
    """The token's hourly budget is used up; what was read is saved, and the next run resumes from there."""

    exit_code = 3


class Lost(CollectError):
    """The repository is gone, or no longer visible to this token."""


class LockedOut(AccessDenied):
    """The repository exists, and this token may not read it."""


class Signal(Exception):
    """An answer that is not the expected data; its text says what came instead."""


class Again(Signal):
    """A fault that passes: retry."""


class Garbage(Again):
    """An answer that is not from GitHub, such as a proxy's page: a smaller request will not help."""


class Unreachable(Again):
    """No connection: a smaller request will not help."""


class TooMuch(Signal):
    """The request was too large for the server: make a smaller one."""


class BadCursor(Signal):
    """GitHub no longer accepts its own cursor: restart that list."""


class Gone(Signal):
    """It does not exist, or is not visible to this token: 404, 410 or 451."""


class Refused(Signal):
    """This token may not read it. `path` is where in the data, for GraphQL."""

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.path = path


class Moved(Signal):
    """The repository has a new name, or the server a new address. Redirects are not followed: they lose the query."""


class Limited(Signal):
    """A rate limit: until when, or for how many seconds, where the answer says so."""

    def __init__(self, message: str, *, until: datetime | None = None, seconds: float | None = None) -> None:
        super().__init__(message)
        self.until, self.seconds = until, seconds
