"""Memory that the C library keeps after a question, given back to the system."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["give_large_arrays_back", "trim"]

# Of <malloc.h>; mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGE = 4 << 20
"""Smaller arrays are made and dropped too often: with a quarter of a megabyte a question took half as long again."""


def give_large_arrays_back() -> None:
    """Have large arrays given back when they are done with, where the C library is glibc.

    Else it learns from the first large array to keep such memory for the next, in an arena for each thread.
    """
    library = _library("mallopt")
    if library is not None:
        for option, value in ((_M_MMAP_THRESHOLD, _LARGE), (_M_TRIM_THRESHOLD, _LARGE), (_M_ARENA_MAX, 1)):
            library.mallopt(option, value)


def trim() -> None:
    """Give back what is free between things that are held; malloc_trim(3)."""
    library = _library("malloc_trim")
    if library is not None:
        library.malloc_trim(0)


def _library(function: str) -> ctypes.CDLL | None:
    """The C library, where it has this function."""
    library = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
    return library if hasattr(library, function) else None
