"""What the name of an environment says: production, something before production, or neither.

Hosts and people put more into a name than the environment: `shop (Production)` of Cloudflare Pages, `shop / production`
of Railway, `Production – shop` of Vercel, `prod/us-east`, `prodEU`, `PRD-2`. So names are read word by word, and a part
that is an environment's name alone says more than a word within another part.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

__all__ = ["EnvironmentName", "environment_name", "is_package_index", "is_trial"]

_PRODUCTION = frozenset(
    [
        "prod",
        "production",
        "prd",
        "live",
        "produktion",
        "produccion",
        "producción",
        "producao",
        "produção",
        "produzione",
        "productie",
    ]
)
# A word of these says that the name means something else, also beside a word of production: `prod-preview`.
_OTHER = frozenset(
    [
        "non",
        "not",
        "no",
        "pre",
        "post",
        "testpypi",
        "preprod",
        "preproduction",
        "nonprod",
        "nonproduction",
        "prelive",
        "nonlive",
        "preview",
        "previews",
        "staging",
        "stage",
        "stg",
        "stag",
        "uat",
        "qa",
        "sit",
        "quality",
        "test",
        "tests",
        "testing",
        "tst",
        "acc",
        "acceptance",
        "integration",
        "int",
        "dev",
        "devel",
        "develop",
        "development",
        "sandbox",
        "sbx",
        "demo",
        "demos",
        "trial",
        "training",
        "ci",
        "review",
        "reviews",
        "pr",
        "mr",
        "pull",
        "request",
        "requests",
        "branch",
        "feature",
        "features",
        "ephemeral",
        "temp",
        "tmp",
        "temporary",
        "local",
        "localhost",
        "load",
        "perf",
        "performance",
        "smoke",
        "mock",
        "lab",
        "experiment",
        "experimental",
        "beta",
        "alpha",
        "rc",
        "nightly",
        "like",
        "clone",
        "copy",
        "mirror",
        "shadow",
        "replica",
        "candidate",
        "dry",
        "plan",
        "approval",
        "approve",
        "approvals",
        "gate",
        "playground",
    ]
)
# A word of these means the preview of one request or branch, if no word of a stage is beside it.
_TRIAL = frozenset(
    [
        *("preview", "previews", "pr", "mr", "pull", "request", "requests", "review", "reviews"),
        *("branch", "feature", "features", "ephemeral"),
    ]
)
# Web pages about the work, and indexes of packages: neither production nor something before it.
_PAGES = frozenset(
    [
        "pages",
        "docs",
        "doc",
        "documentation",
        "storybook",
        "chromatic",
        "handbook",
        "wiki",
    ]
)
_PACKAGES = frozenset(
    [
        "pypi",
        "npm",
        "npmjs",
        "crates",
        "cratesio",
        "rubygems",
        "nuget",
        "maven",
        "packagist",
        "dockerhub",
        "ghcr",
        "jsr",
    ]
)
_NEITHER = _PAGES | _PACKAGES
_QUALIFIERS = frozenset(["env", "environment", "deploy", "deployment", "deployments"])
_LAST = re.compile(r".*\(([^()]+)\)\s*")
_PARTS = re.compile(r"[()\[\]{}/|:]|\s[-–—]\s")
_WORD = re.compile(r"[^\W\d_]+")
_CASES = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CACHED = 10_000


class EnvironmentName(Enum):
    """What the name of an environment says."""

    PRODUCTION = "production"
    OTHER = "other"
    """Something before production, or a trial of it."""
    NEITHER = "neither"
    """Documentation or other web pages about the work, or an index of packages."""
    UNKNOWN = "unknown"


@lru_cache(_CACHED)
def environment_name(name: str, repo_id: str = "") -> EnvironmentName:
    """What an environment's name says, in the repository that deploys to it.

    Words that the repository's own name has are no evidence: `product-docs (Production)` is the production of
    `product-docs`.
    """
    repository = _words(repo_id.rpartition(":")[2].rpartition("/")[2])
    ours = frozenset(repository)
    decisive = (EnvironmentName.OTHER, EnvironmentName.PRODUCTION)
    if (last := _LAST.fullmatch(name)) is not None and (said := _said(_words(last[1]), ours)) in decisive:
        return said
    parts = [words for part in _PARTS.split(name) if (words := _words(part))]
    alone = [_said(words, ours) for words in parts if len(parts) > 1 and words != repository and len(_bare(words)) == 1]
    for said in decisive:
        if said in alone:
            return said
    return _said([word for words in parts for word in words], ours)


def is_trial(name: str) -> bool:
    """Whether an environment's name means the preview of a request or branch: no stage that work passes on its way."""
    words = set(_words(name))
    return bool(words & _TRIAL) and not words & (_OTHER - _TRIAL)


def is_package_index(name: str) -> bool:
    """Whether an environment's name means an index of packages: to publish there may be a library's release."""
    words = set(_words(name))
    return bool(words & _PACKAGES) and not words & (_OTHER | _PAGES)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(_CASES.sub(" ", text))]


def _bare(words: list[str]) -> list[str]:
    return [word for word in words if word not in _QUALIFIERS]


def _said(words: list[str], ours: frozenset[str]) -> EnvironmentName:
    if any(word in _OTHER for word in words):
        return EnvironmentName.OTHER
    if any(word in _NEITHER and word not in ours for word in words):
        return EnvironmentName.NEITHER
    if any(word in _PRODUCTION for word in words):
        return EnvironmentName.PRODUCTION
    if any(word in _NEITHER for word in words):
        return EnvironmentName.NEITHER
    return EnvironmentName.UNKNOWN
