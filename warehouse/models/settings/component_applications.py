"""Which applications of manifests are parts of one collected repository, by the names of its packages and folders."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from warehouse.models.services.inference.folders import Folders, is_named

__all__ = ["component_applications"]

_FEWEST = 2


def component_applications(
    applications: Iterable[str], repositories: Collection[str], components: Iterable[Mapping[str, Any]]
) -> dict[str, list[str]]:
    """For each repository the applications that are parts of it, and of no other; in order.

    `repositories` are the applications that are a whole repository by their name. A repository with a single such part
    is left out: what else it has, and where that goes, is not known.
    """
    owners: dict[str, set[str]] = {}
    for row in components:
        if row["folder"] and not Folders.aside(row["folder"]):
            for name in {is_named(row["name"]), is_named(row["folder"])}:
                owners.setdefault(name, set()).add(row["repo_id"])
    whole = {is_named(name) for name in repositories}
    parts: dict[str, list[str]] = {}
    for application in sorted(set(applications)):
        name = is_named(application)
        if name not in whole and len(owners.get(name, ())) == 1:
            parts.setdefault(next(iter(owners[name])), []).append(application)
    return {repo_id: names for repo_id, names in parts.items() if len(names) >= _FEWEST}
