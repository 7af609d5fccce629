"""Import less with Arrow: no pandas, and no threads for algebra, in programs that do without them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import ModuleType

__all__ = ["leave_pandas_out", "one_thread_of_algebra"]


class _NoPandas:
    """A finder that finds everything but pandas where others would."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:  # noqa: ARG004
        """Refuse pandas; leave the rest to the finders after this one."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def leave_pandas_out() -> None:
    """Let pyarrow look for pandas now, in vain, with the first list that it converts.

    Importing it takes as long as a second of a small build. Whoever needs pandas later imports it as ever, and pyarrow
    looks again when it is to make a pandas table.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    sys.meta_path.insert(0, _NoPandas)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(_NoPandas)


def one_thread_of_algebra() -> None:
    """Before numpy is imported, let its algebra have one thread: the others take a third of the time of that import."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
