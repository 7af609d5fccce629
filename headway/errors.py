"""Everything that Headway raises on purpose.

::

    HeadwayError                   the documented catch-all; `exit_code` 1
    ├── UsageError                 wrong arguments or settings; exit code 2
    ├── CollectError               a source could not be read
    │   ├── NotARepository         the target is no Git repository
    │   ├── AccessDenied           a credential is missing or refused
    │   └── PartialRead            the source ended early; nothing of it was kept
    ├── WarehouseError             the warehouse cannot be read or written
    │   └── WarehouseBusy          another collector holds it; exit code 4
    └── AnalysisError              the question has no answer in this data

An error is two lines: what happened (`str(error)`) and what to do (`error.hint`).
"""

from __future__ import annotations

__all__ = [
    "AccessDenied",
    "AnalysisError",
    "CollectError",
    "HeadwayError",
    "NotARepository",
    "PartialRead",
    "UsageError",
    "WarehouseBusy",
    "WarehouseError",
]


class HeadwayError(Exception):
    """What happened, and in `hint` what to do about it."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(HeadwayError):
    """Wrong arguments or settings."""

    exit_code = 2


class CollectError(HeadwayError):
    """A source could not be read."""


class NotARepository(CollectError):
    """The target is no Git repository."""


class AccessDenied(CollectError):
    """A credential is missing or was refused."""


class PartialRead(CollectError):
    """The source ended before its end; nothing of this read was kept."""


class WarehouseError(HeadwayError):
    """The warehouse cannot be read or written."""


class WarehouseBusy(WarehouseError):
    """Another collector is at work on this warehouse."""

    exit_code = 4


class AnalysisError(HeadwayError):
    """The question has no answer in this data."""
