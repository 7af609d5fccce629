"""GitHub's API: pull requests with commits, reviews and events, deployments, CI, releases and environments.

A first run costs some 40 requests per thousand pull requests and 10 per thousand deployments; a run with nothing new
costs two. See `docs/github.md`.
"""

from __future__ import annotations

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
