"""What a build starts from, and one spelling for each repository: sources write names as they find them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from headway.repository_names import normalized, repository_key
from warehouse.store import Commit
from warehouse.upkeep.damage import Gap

__all__ = ["SourceRole", "Sources", "spellings"]


@dataclass(frozen=True)
class SourceRole:
    """What the settings say of a source that they name: its feed, and when it ended (naive UTC)."""

    feed: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Sources:
    """The visible raw files of each table, the newest batch of each source, and the team that owns each source.

    `roles`: of each source that the settings name, what they say of it. `gaps`: what is missing of the files.
    """

    files: Mapping[str, Sequence[Path]]
    latest: Mapping[str, Commit]
    teams: Mapping[str, str]
    roles: Mapping[str, SourceRole] = field(default_factory=dict)
    gaps: Sequence[Gap] = ()

    def respelled(self, spellings: Mapping[str, str]) -> Sources:
        """The same sources, feeding repositories under the spelling to use for each."""
        latest = {
            source: replace(
                commit, repo_ids=tuple(dict.fromkeys(spellings.get(name, name) for name in commit.repo_ids))
            )
            for source, commit in self.latest.items()
        }
        return replace(self, latest=latest)


def spellings(repo_ids: Iterable[str], collected: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """For each id that is another spelling of a repository, the one to use for all of its rows.

    That is the spelling of the collected code: `collected` are rows of the raw table `repositories`. A forge's own API
    knows it best, then the newest reading counts. A repository that no source collects has the first spelling in order.
    """
    spelled: dict[str, list[str]] = {}
    for repo_id in sorted(set(repo_ids)):
        spelled.setdefault(repository_key(repo_id), []).append(repo_id)
    best: dict[str, tuple[Any, ...]] = {}
    for row in collected:
        rank = (row["origin"] == "api", row["collected_at"], row["repo_id"])
        key = repository_key(row["repo_id"])
        best[key] = max(best.get(key, rank), rank)
    return {
        repo_id: used
        for key, written in spelled.items()
        for used in [best[key][-1] if key in best else normalized(written[0])]
        for repo_id in written
        if repo_id != used
    }
