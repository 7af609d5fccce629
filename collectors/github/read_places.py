"""Read the repository itself, its environments and its releases: what the overview shows, and more where there is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.github.context import Run
from collectors.github.paging import Patience
from collectors.github.places import environment_row, release_row, repository_row, tombstone

__all__ = ["read_environments", "read_releases", "read_repository"]

_PAGE = 100


def read_repository(run: Run, overview: Mapping[str, Any]) -> None:
    """Its row, if that has changed, and whether it has another name now."""
    row = repository_row(overview)
    if row != run.state.repository:
        run.gather.add("repositories", [row])
        run.state.repository = row
    known_as = run.state.repo_id.partition(":")[2].lower()
    run.notices.state("another_name", int(known_as != run.name_with_owner.lower()))


def read_environments(run: Run, first: Mapping[str, Any]) -> None:
    """Environments that are new or have other gates; all pages only if their number has changed."""
    nodes = list(first["nodes"])
    known = run.state.environments
    if first["totalCount"] != len(known):
        nodes += _rest(run, "Environments", "environments", first)
    for node in nodes:
        row = environment_row(node)
        if known.get(row["environment"]) != row:
            run.gather.add("environments", [row])
            known[row["environment"]] = row


def read_releases(run: Run, newest: Mapping[str, Any]) -> None:
    """Releases that are new, changed or gone among the newest; the first time all of them, newest first."""
    state, patience = run.state.releases, Patience(run.client, _PAGE)
    known, page = state.newest, newest
    while True:
        rows = [release_row(node) for node in page["nodes"]]
        run.gather.add("releases", [row for row in rows if known.get(row["release_id"]) != _mark(row)])
        if not page["pageInfo"]["hasNextPage"] or any(row["release_id"] in known for row in rows):
            break
        page = _next(run, patience, "Releases", "releases", page)
    shown = {row["release_id"]: _mark(row) for row in map(release_row, newest["nodes"])}
    # A known one is pushed off the first page by newer ones, but what is newer than the last one there must be on it.
    last = min(shown.values(), default=[""])[0] if newest["pageInfo"]["hasNextPage"] else ""
    gone = sorted(id_ for id_, mark in known.items() if id_ not in shown and mark[0] > last)
    run.gather.add("releases", map(tombstone, gone))
    state.newest, state.known_at = shown, run.now


def _rest(run: Run, query: str, name: str, page: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The nodes of all further pages."""
    patience = Patience(run.client, _PAGE)
    while page["pageInfo"]["hasNextPage"]:
        page = _next(run, patience, query, name, page)
        yield from page["nodes"]


def _next(run: Run, patience: Patience, query: str, name: str, page: Mapping[str, Any]) -> Mapping[str, Any]:
    cursor = page["pageInfo"]["endCursor"]
    found: Mapping[str, Any] = patience.ask(lambda: run.query(query, {"size": patience.size, "cursor": cursor})[name])
    return found


def _mark(row: Mapping[str, Any]) -> list[str]:
    """When a release was made, and another text whenever something about it has changed."""
    digest = hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()
    return [str(row["created_at"]), digest[:12]]
