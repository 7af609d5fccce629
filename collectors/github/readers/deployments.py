"""Read deployments: first all of them, oldest first; from then on new ones and those that have changed.

GitHub lists them by their creation alone, so the last week's are looked at whenever there is anything new, and those
that were unfinished are watched by their id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any

from collectors.github.api.nested_pages import Lost, Want, next_pages
from collectors.github.api.page_size import Patience
from collectors.github.api.signals import BadCursor, Gone, Refused
from collectors.github.context import Run
from collectors.github.readers.change_cursor import back
from collectors.github.rows.deployments import Deployment, Glimpse, glimpse, production_flags, tombstone
from collectors.github.rows.values import moment, next_cursor

__all__ = ["DeploymentReader"]

_PAGE = 100
_LIST, _STATUSES = "statuses", 20
_LATELY = timedelta(days=7)
# A gate of GitHub's gives up after 30 days.
_WATCHED = timedelta(days=35)


class DeploymentReader:
    """Reads the deployments of one repository. `read` pauses wherever what was read may land."""

    def __init__(self, run: Run) -> None:
        self._run, self._state = run, run.state.deployments
        self._patience = Patience(run.client, _PAGE)

    def read(self, overview: Mapping[str, Any]) -> Iterator[None]:
        """All that is new."""
        first = not self._state.done
        begun_before = self._state.done or self._state.cursor is not None
        if first:
            yield from self._first(overview["deployments"])
        if begun_before:
            self._run.gather.next_pass()
            yield from self._changed(overview, thorough=first)

    def _first(self, newest: Mapping[str, Any]) -> Iterator[None]:
        state, run = self._state, self._run
        if state.cursor is None:
            state.began_at = run.now
            state.edge.until = max((glimpse(node).changed_at for node in newest["nodes"]), default="")
        done, more = 0, bool(newest["totalCount"])
        if more:
            self._learn_flags()
        while more:
            page = self._next()
            self._land([Deployment(node) for node in page["nodes"] if "statuses" in node])
            more = next_cursor(page["pageInfo"], state.cursor) is not None
            state.cursor = page["pageInfo"]["endCursor"] or state.cursor
            reached = moment(page["nodes"][-1]["createdAt"]) if page["nodes"] else None
            state.known_at = reached.isoformat() if reached else state.known_at
            done += len(page["nodes"])
            run.step(done, page["totalCount"], "deployments")
            yield
        state.done, state.known_at = True, state.began_at
        state.edge.advance(state.edge.until)

    def _page(self) -> dict[str, Any]:
        """The next page in order of creation; of one that cannot be read, only its id."""
        found = self._patience.ask_or_leave(lambda: self._listed("Deployments", {"statuses": self._statuses()}))
        if found is None:
            found = self._listed("DeploymentIds", {"size": 1, "direction": "ASC"})
            self._state.unreadable += [node["id"] for node in found["nodes"]]
        return found

    def _next(self) -> dict[str, Any]:
        """The next page; from the beginning if GitHub has forgotten where we were."""
        try:
            return self._page()
        except BadCursor:
            if self._state.cursor is None:
                raise
            self._state.cursor = None
            self._run.gather.next_pass()
            return self._page()

    def _listed(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        asked = {"size": self._patience.size, "cursor": self._state.cursor, **variables}
        page: dict[str, Any] = self._run.query(query, asked)["deployments"]
        return page

    def _statuses(self) -> int:
        return max(_STATUSES >> self._patience.step, 1)

    def _changed(self, overview: Mapping[str, Any], *, thorough: bool) -> Iterator[None]:
        state, run = self._state, self._run
        page, watched = overview["deployments"], overview["watched"]
        self._forget({id_: state.unfinished[id_][0] for id_, node in watched.items() if node is None})
        glimpses = [glimpse(node) for node in (*page["nodes"], *watched.values()) if node is not None]
        newest = max((one.changed_at for one in glimpses), default="")
        found = state.edge.news(glimpses)
        if found or thorough:
            found = state.edge.news([*found, *self._deeper(page, newest)])
            self._learn_flags()
        yield from self._read_changed(found)
        state.edge.advance(newest)
        state.known_at = run.now
        for id_ in [id_ for id_, (_, at) in state.unfinished.items() if at < back(newest, _WATCHED)]:
            del state.unfinished[id_]

    def _deeper(self, page: Mapping[str, Any], newest: str) -> Iterator[Glimpse]:
        """Further pages, back to a week before the newest."""
        patience = Patience(self._run.client, self._run.client.look)
        down_to = min(self._state.edge.overlap_from, back(newest, _LATELY))
        cursor: str | None = None
        while (cursor := next_cursor(page["pageInfo"], cursor)) and page["nodes"][-1]["createdAt"] > down_to:
            asked = {"cursor": cursor, "direction": "DESC"}
            page = patience.ask(lambda: self._listed("DeploymentIds", {**asked, "size": patience.size}))  # noqa: B023  (asked at once)
            yield from map(glimpse, page["nodes"])

    def _read_changed(self, found: list[Glimpse]) -> Iterator[None]:
        waiting = {one.id: one for one in found}

        def ask() -> dict[str, dict[str, Any] | None]:
            ids = list(islice(waiting, self._patience.size))
            variables = {"ids": ids, "statuses": self._statuses()}
            data = self._run.client.graphql("DeploymentsById", variables, may_be_gone="nodes")
            return dict(zip(ids, data["nodes"], strict=True))

        while waiting:
            nodes = self._patience.ask_or_leave(ask)
            if nodes is None:
                one = next(iter(waiting))
                self._state.unreadable.append(one)
                del waiting[one]
                continue
            taken = {id_: waiting.pop(id_) for id_ in nodes}
            self._forget({id_: taken[id_].deployment_id for id_, node in nodes.items() if node is None})
            self._land([Deployment(node) for node in nodes.values() if node is not None])
            self._state.edge.advance(max(one.changed_at for one in taken.values()))
            self._run.step(len(found) - len(waiting), len(found), "changed deployments")
            yield

    def _land(self, deployments: list[Deployment]) -> None:
        known = {one.id: one for one in deployments}
        while wants := [Want(one.id, "Deployment", ((_LIST, c),)) for one in known.values() if (c := one.missing())]:
            for want, pages in next_pages(self._run.client, wants):
                if pages is Lost.UNREADABLE:
                    raise self._run.client.unanswered("no statuses of a deployment")
                if isinstance(pages, dict):
                    known[want.id].extend(pages[_LIST])
                else:
                    self._forget({want.id: known.pop(want.id).deployment_id})
        self._run.notices.add("statuses_incomplete", sum(one.is_short() for one in known.values()))
        for one in known.values():
            self._run.gather.add_all(one.rows(self._state.production))
            seen = one.glimpse()
            self._state.edge.read(seen)
            self._state.unfinished.pop(one.id, None)
            self._state.unreadable = [id_ for id_ in self._state.unreadable if id_ != one.id]
            if seen.unfinished:
                self._state.unfinished[one.id] = [one.deployment_id, one.created_at]

    def _forget(self, gone: Mapping[str, str]) -> None:
        """Deployments that are gone: node id and deployment id."""
        for id_, deployment_id in gone.items():
            self._state.unfinished.pop(id_, None)
            self._run.gather.add("deployments", [tombstone(deployment_id)])

    def _learn_flags(self) -> None:
        """Which environments GitHub calls production: GraphQL does not tell."""
        try:
            listed = self._run.rest("/deployments", {"per_page": _PAGE}).data
        except (Gone, Refused):
            return
        self._state.production |= production_flags(listed)
