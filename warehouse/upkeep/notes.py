"""Small files of a warehouse that nothing can replace: what is in a damaged one is not guessed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headway.errors import WarehouseError

__all__ = ["reading"]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise `WarehouseError` where what is read inside is not what Headway wrote."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WarehouseError(f"{path} is damaged", hint="restore it from a backup of the warehouse") from error
