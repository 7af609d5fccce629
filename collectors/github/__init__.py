"""GitHub's API: pull requests with commits, reviews and events, deployments, CI, releases and environments.

A first run costs some 40 requests per thousand pull requests and 10 per thousand deployments; a run with nothing new
costs two. See `docs/github.md`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collectors.github.api.access import Access, access_of
    from collectors.github.api.auth import SECRETS, GitHubAuth, auth_from
    from collectors.github.api.limits import Limits, Waiting
    from collectors.github.api.signals import OutOfBudget
    from collectors.github.collector import collect
    from collectors.github.owners import Owned, identity_of, known_as, lost_from, repositories_of
    from collectors.github.source import GitHubSource, checked_base_url, parse_target, source_id

__all__ = [
    "SECRETS",
    "Access",
    "GitHubAuth",
    "GitHubSource",
    "Limits",
    "OutOfBudget",
    "Owned",
    "Waiting",
    "access_of",
    "auth_from",
    "checked_base_url",
    "collect",
    "identity_of",
    "known_as",
    "lost_from",
    "parse_target",
    "repositories_of",
    "source_id",
]

_MODULES = {
    "Access": "collectors.github.api.access",
    "GitHubAuth": "collectors.github.api.auth",
    "GitHubSource": "collectors.github.source",
    "Limits": "collectors.github.api.limits",
    "OutOfBudget": "collectors.github.api.signals",
    "Owned": "collectors.github.owners",
    "SECRETS": "collectors.github.api.auth",
    "Waiting": "collectors.github.api.limits",
    "access_of": "collectors.github.api.access",
    "auth_from": "collectors.github.api.auth",
    "checked_base_url": "collectors.github.source",
    "collect": "collectors.github.collector",
    "identity_of": "collectors.github.owners",
    "known_as": "collectors.github.owners",
    "lost_from": "collectors.github.owners",
    "parse_target": "collectors.github.source",
    "repositories_of": "collectors.github.owners",
    "source_id": "collectors.github.source",
}


def __getattr__(name: str) -> Any:
    """A name of `__all__`, imported when it is used: most commands read no source."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
