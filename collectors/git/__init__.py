"""Git repositories: commits, paths, branches, tags, heads of pull requests, and what a manifests repository deployed.

Any clone will do, without a token: a folder, which is only read, or a URL, which is cloned into the cache.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collectors.git.collector import collect
    from collectors.git.manifests.patterns import ManifestPatterns
    from collectors.git.repairs.blame import Limits, Step
    from collectors.git.repairs.repairs import Pending, collect_repairs
    from collectors.git.repository.source import GitSource, source_id

__all__ = ["GitSource", "Limits", "ManifestPatterns", "Pending", "Step", "collect", "collect_repairs", "source_id"]

_MODULES = {
    "GitSource": "collectors.git.repository.source",
    "Limits": "collectors.git.repairs.blame",
    "ManifestPatterns": "collectors.git.manifests.patterns",
    "Pending": "collectors.git.repairs.repairs",
    "Step": "collectors.git.repairs.blame",
    "collect": "collectors.git.collector",
    "collect_repairs": "collectors.git.repairs.repairs",
    "source_id": "collectors.git.repository.source",
}


def __getattr__(name: str) -> Any:
    """A name of `__all__`, imported when it is used: most commands read no source."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
