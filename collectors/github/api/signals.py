"""What an answer of GitHub's means for whoever asked: errors that a person sees, and signals that stay in here."""

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
    """What the token may ask in this hour is used up; what was read is in, and the next run goes on from there."""

    exit_code = 3


class Lost(CollectError):
    """The repository is gone, or not there for this token any more."""


class LockedOut(AccessDenied):
    """The repository is there, and this token may not read it."""


class Signal(Exception):
    """An answer that is not what was asked for; its text says what came instead."""


class Again(Signal):
    """A fault that passes: ask once more."""


class Garbage(Again):
    """An answer that is none of GitHub's, such as a proxy's page: to ask for less will not help."""


class Unreachable(Again):
    """There was no connection at all: to ask for less will not help."""


class TooMuch(Signal):
    """The server could not put together so much at once: ask for less."""


class BadCursor(Signal):
    """GitHub does not know its own cursor any more: begin that list anew."""


class Gone(Signal):
    """It is not there, or not for us: 404, 410 or 451."""


class Refused(Signal):
    """This token may not read it. `path` is where in the data, for GraphQL."""

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.path = path


class Moved(Signal):
    """The repository has another name now, or the server another address. We never follow: that loses the query."""


class Limited(Signal):
    """A rate limit: until when, or for how many seconds, where the answer says so."""

    def __init__(self, message: str, *, until: datetime | None = None, seconds: float | None = None) -> None:
        super().__init__(message)
        self.until, self.seconds = until, seconds
