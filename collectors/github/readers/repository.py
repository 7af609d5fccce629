"""Read the repository, its environments and its releases: those in the overview, and further pages if any."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from collectors.github.api.page_size import AdaptivePager
from collectors.github.context import Run
from collectors.github.rows.repository import environment_row, release_row, repository_row, tombstone
from collectors.github.rows.values import next_cursor

__all__ = ["read_environments", "read_releases", "read_repository"]

_PAGE = 100


def read_repository(run: Run, overview: Mapping[str, Any]) -> None:
    """Its row, if that has changed, and whether GitHub has another name for it than the target."""
    row = repository_row(overview)
    if row != run.state.repository:
        run.gather.add("repositories", [row | run.read_by])
        run.state.repository = row
    target = f"{run.source.owner}/{run.source.name}"
    run.notices.state("another_name", int(target.lower() != run.name_with_owner.lower()))


def read_environments(run: Run, first: Mapping[str, Any]) -> None:
    """Add environments that are new or have other gates; read all pages only if their number has changed."""
    nodes = list(first["nodes"])
    previous = run.state.environments
    if first["totalCount"] != len(previous):
        for more in _rest(run, "Environments", "environments", first):
            nodes += more
    rows = {row["environment"]: row for row in map(environment_row, nodes)}
    run.gather.add("environments", [row for name, row in rows.items() if previous.get(name) != row])
    environments = rows if len(rows) == first["totalCount"] else previous | rows
    run.state.environments = dict(sorted(environments.items()))


def read_releases(run: Run, newest: Mapping[str, Any]) -> None:
    """Add releases among the newest that are new, changed or gone; the first time all of them, newest first."""
    state, previous = run.state.releases, run.state.releases.newest
    rest = _rest(run, "Releases", "releases", newest)
    for nodes in chain([newest["nodes"]], rest):
        rows = [release_row(node) for node in nodes]
        run.gather.add("releases", [row for row in rows if previous.get(row["release_id"]) != _mark(row)])
        if any(row["release_id"] in previous for row in rows):
            break
    shown = {row["release_id"]: _mark(row) for row in map(release_row, newest["nodes"])}
    # Newer releases push a known one off the first page, but one newer than the last release there must be on it.
    last = min(shown.values(), default=[""])[0] if newest["pageInfo"]["hasNextPage"] else ""
    gone = sorted(id_ for id_, mark in previous.items() if id_ not in shown and mark[0] > last)
    run.gather.add("releases", map(tombstone, gone))
    state.newest, state.known_at = shown, run.now


def _rest(run: Run, query: str, name: str, page: Mapping[str, Any]) -> Iterator[list[Mapping[str, Any]]]:
    """The nodes of each further page."""
    cursor: str | None = None
    pager = AdaptivePager(run.client, _PAGE)
    while cursor := next_cursor(page["pageInfo"], cursor):
        variables = {"cursor": cursor}
        page = pager.ask(lambda: run.query(query, {**variables, "size": pager.size})[name])  # noqa: B023  (called at once)
        yield page["nodes"]


def _mark(row: Mapping[str, Any]) -> list[str]:
    """When a release was created, and a digest that changes with its row."""
    digest = hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()
    return [str(row["created_at"]), digest[:12]]
