"""Look up the repository under its current name, with the newest of each of its parts, in one request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from collectors.github.api.client import Client
from collectors.github.api.page_size import AdaptivePager
from collectors.github.api.signals import BadCursor, Gone, LockedOut, Lost, Refused
from collectors.github.documents import EVENT_TYPES
from collectors.github.resume import Resume
from collectors.github.source import GitHubSource

__all__ = ["OverviewReader"]

# The name of a part in the query, and the part that the token then may not read.
_PARTS = {name: name for name in ("deployments", "releases", "environments", "history")} | {"tags": "history"}
_RELEASES = 20
_TAGS = 20
_COMMITS = 30
# After this time a part that the token may not read is tried again: permissions change.
_ASK_AGAIN = timedelta(days=7)


class OverviewReader:
    """The first request of a run, for one repository."""

    def __init__(self, source: GitHubSource, client: Client, state: Resume, collected_at: datetime) -> None:
        self._source, self._client, self._state, self._collected_at = source, client, state, collected_at
        self._pager = AdaptivePager(client, client.look)
        for part, tried in list(state.denied.items()):
            if datetime.fromisoformat(tried) + _ASK_AGAIN <= collected_at:
                del state.denied[part]

    def overview(self, *, full: bool) -> dict[str, Any]:
        """The repository with its newest contents, and under `watched` the deployments that had not ended.

        Raises Lost, LockedOut or what the client raises.
        """
        if self._state.node_id:
            node = self._ask("Overview", "node", {"repository": self._state.node_id})
            if node is not None:
                return node
        names = {"owner": self._source.owner, "name": self._source.name}
        node = self._ask("OverviewByName", "repository", names)
        if node is None:
            raise Lost(
                f"GitHub has no repository {self._source.owner}/{self._source.name} for this token",
                hint="check its name, and that the token may read it; what was collected is retained",
            )
        if self._state.node_id and not full:
            raise Lost(
                f"{self._source.owner}/{self._source.name} is now another repository; the collected one was deleted",
                hint="`headway collect --full` with this target reads the new one; what was collected is retained",
            )
        return node

    def _ask(self, query: str, where: str, names: Mapping[str, str]) -> dict[str, Any] | None:
        """The overview; None if there is no such repository."""
        while True:
            try:
                data, ids = self._pager.ask(lambda: self._request(query, names))
            except Gone:
                return None
            except Refused as refused:
                self._leave_out(refused)
            except BadCursor:
                if self._state.pulls.open_cursor is None:
                    raise
                self._state.pulls.open_cursor = None
            else:
                node = data[where]
                return None if node is None else {**node, "watched": dict(zip(ids, data["watched"], strict=True))}

    def _request(self, query: str, names: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
        variables = self._variables()
        return self._client.graphql(query, {**names, **variables}, may_be_gone="watched"), variables["watched"]

    def _leave_out(self, refused: Refused) -> None:
        """Leave out a part that the token may not read."""
        part = next((part for name, part in _PARTS.items() if name in refused.path), None)
        if part is None or part in self._state.denied:
            raise LockedOut(
                f"the token may not read {self._source.owner}/{self._source.name}: {refused}",
                hint="give it read access to metadata, contents, pull requests, actions, deployments, environments",
            ) from refused
        self._state.denied[part] = self._collected_at.isoformat()

    def _variables(self) -> dict[str, Any]:
        state, most = self._state, self._pager.size
        watch_pulls, watch_deployments = state.pulls.done, state.deployments.done
        return {
            "changed": most if watch_pulls else 1,
            "open": most if watch_pulls else 1,
            "openCursor": state.pulls.open_cursor,
            "deployments": most if watch_deployments else 1,
            "watched": _watched(state)[:most],
            "releases": min(_RELEASES, most),
            "environments": most,
            "tags": min(_TAGS, most),
            "history": min(_COMMITS, most) if state.history.done else 1,
            "withDeployments": "deployments" not in state.denied,
            "withReleases": "releases" not in state.denied,
            "withEnvironments": "environments" not in state.denied,
            "withHistory": self._source.history and "history" not in state.denied,
            "eventTypes": EVENT_TYPES,
        }


def _watched(state: Resume) -> list[str]:
    """Node ids of deployments that have not ended, the newest first."""
    unfinished = state.deployments.unfinished
    return sorted(unfinished, key=lambda id_: (unfinished[id_][1], id_), reverse=True)
