"""Settings that name a repository which nothing was collected of: mostly a typing error, and without effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from headway.errors import HeadwayError, UsageError
from headway.repository_names import change_of, names_match, normalized, repository_key
from headway.settings import Settings
from pipeline.sources import expected_repositories, sources_of
from warehouse.store import RawStore

__all__ = ["check_repositories", "nearest", "unexpected_repositories", "unknown_repositories"]

_SHOWN = 3
_SIMILARITY = 0.6
_NEAR = "did you mean"


def check_repositories(settings: Settings, store: RawStore) -> None:
    """UsageError for settings of a repository that is not there, once every source was read: before, it may come."""
    unknown = list(unknown_repositories(settings, store))
    if unknown and _all_read(settings, store):
        what, hint = unknown[0]
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        raise UsageError(f"{what}{more}", hint=hint)


def unknown_repositories(settings: Settings, store: RawStore) -> Iterator[tuple[str, str]]:
    """Each setting whose repository matches none that was collected, and the nearest names."""
    repo_ids = {normalized(repo_id) for commit in store.latest().values() for repo_id in commit.repo_ids}
    yield from _unmatched(settings, sorted(repo_ids))


def unexpected_repositories(settings: Settings) -> Iterator[tuple[str, str]]:
    """Before anything is collected: each setting whose repository none of the sources brings.

    While it is not known what some source brings, that is said only where another name is near.
    """
    names, complete = expected_repositories(settings)
    for what, hint in _unmatched(settings, names) if names else ():
        if complete or hint.startswith(_NEAR):
            yield what, hint


def _unmatched(settings: Settings, repo_ids: list[str]) -> Iterator[tuple[str, str]]:
    keys = {repository_key(repo_id) for repo_id in repo_ids}
    for where, pattern in _patterns(settings):
        if not any(names_match(pattern, repo_id) for repo_id in repo_ids):
            yield f"{where}: no repository matches {pattern!r}", _hint(pattern, repo_ids)
    for number, override in enumerate(settings.ai.overrides, 1):
        repo_id = change_of(override.change)[0]
        if repository_key(repo_id) not in keys:
            yield f"[[ai.overrides]] {number}: there is no repository {repo_id!r}", _hint(repo_id, repo_ids)


def _patterns(settings: Settings) -> Iterator[tuple[str, str]]:
    """Globs on names of repositories, and where they stand."""
    for name in ("deployments", "services", "initiatives", "events"):
        for number, table in enumerate(getattr(settings, name), 1):
            yield f"[[{name}]] {number}", table.repo
    for number, rule in enumerate(settings.deployments, 1):
        if rule.manifests:
            yield f"[[deployments]] {number} manifests", rule.manifests
    for pattern in settings.production.complete:
        yield "[production] complete", pattern
    for pattern in settings.ai.ai_repos:
        yield "[ai] ai_repos", pattern


def _hint(pattern: str, repo_ids: Iterable[str]) -> str:
    near = nearest(pattern, repo_ids)
    return f"{_NEAR} {' or '.join(near)}?" if near else "`headway status` has the names of all repositories"


def nearest(pattern: str, repo_ids: Iterable[str]) -> list[str]:
    """The names nearest to a glob, at most three: with its provider where the glob has one."""
    with_provider = ":" in pattern
    names = [repo_id if with_provider else repo_id.partition(":")[2] for repo_id in repo_ids]
    ranked = sorted((-_likeness(pattern, name), name) for name in dict.fromkeys(names))
    return [name for likeness, name in ranked[:_SHOWN] if -likeness >= _SIMILARITY]


def _likeness(pattern: str, name: str) -> float:
    """From 0 to 1; the last parts alone may be alike, where the owner is another one."""
    one, other = (text.lower().removesuffix(".git") for text in (pattern, name))
    last = SequenceMatcher(None, one.rpartition("/")[2], other.rpartition("/")[2]).ratio()
    return max(SequenceMatcher(None, one, other).ratio(), last if "*" not in one.rpartition("/")[2] else 0.0)


def _all_read(settings: Settings, store: RawStore) -> bool:
    """Whether each source of the settings has been read once."""
    try:
        return {source.id for source in sources_of(settings)} <= store.latest().keys() if settings.sources else True
    except HeadwayError:
        return False
