"""Records from anywhere: changes, deployments, incidents and CI runs out of a file (`events:FILE`).

Newline-delimited JSON, CSV, and CDEvents; `docs/records.md` describes them. Good lines are in, bad ones are set aside
and told. A file is small to describe and large to trust: everything in it is taken for hostile until checked.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collectors.records_file.collector import collect
    from collectors.records_file.rejects import RejectedLines
    from collectors.records_file.source import RecordsSource, source_id

__all__ = ["RecordsSource", "RejectedLines", "collect", "source_id"]

_MODULES = {
    "RecordsSource": "collectors.records_file.source",
    "RejectedLines": "collectors.records_file.rejects",
    "collect": "collectors.records_file.collector",
    "source_id": "collectors.records_file.source",
}


def __getattr__(name: str) -> Any:
    """A name of `__all__`, imported when it is used: a collect of Git reads no file."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
