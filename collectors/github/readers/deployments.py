"""Read deployments: at first all of them, oldest first; later those that are new or have changed.

GitHub lists them only by creation, so those of the last week are checked whenever there is anything new, and those that
have not ended are checked by their id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any

from collectors.github.api.nested_pages import Lost, PageRequest, next_pages
from collectors.github.api.page_size import AdaptivePager
from collectors.github.api.signals import BadCursor, Gone, Refused
from collectors.github.context import Run
from collectors.github.readers.change_cursor import earlier
from collectors.github.rows.deployments import Deployment, Glimpse, glimpse, production_flags, tombstone
from collectors.github.rows.values import moment, next_cursor

__all__ = ["DeploymentReader"]

_PAGE = 100
_LIST, _STATUSES = "statuses", 20
_LATELY = timedelta(days=7)
# A gate of GitHub expires after 30 days.
_WATCHED = timedelta(days=35)


class DeploymentReader:
    """Reads the deployments of one repository. `read` yields wherever the rows so far may be saved."""

    def __init__(self, run: Run) -> None:
        self._run, self._state = run, run.state.deployments
        self._pager = AdaptivePager(run.client, _PAGE)

    def read(self, overview: Mapping[str, Any]) -> Iterator[None]:
        """Read everything that is new."""
        first = not self._state.done
        begun_before = self._state.done or self._state.cursor is not None
        if first:
            yield from self._read_first(overview["deployments"])
        if begun_before:
            self._run.gather.next_pass()
            yield from self._read_updates(overview, thorough=first)

    def _read_first(self, newest: Mapping[str, Any]) -> Iterator[None]:
        state, run = self._state, self._run
        if state.cursor is None:
            state.began_at = run.now
            state.edge.until = max((glimpse(node).changed_at for node in newest["nodes"]), default="")
        done, more = 0, bool(newest["totalCount"])
        if more:
            self._learn_flags()
        while more:
            page = self._next()
            self._save([Deployment(node) for node in page["nodes"] if "statuses" in node])
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
        """The next page in order of creation; of an unreadable deployment only its id."""
        page = self._pager.ask_or_leave(lambda: self._list("Deployments", {"statuses": self._statuses()}))
        if page is None:
            page = self._list("DeploymentIds", {"size": 1, "direction": "ASC"})
            self._state.unreadable += [node["id"] for node in page["nodes"]]
        return page

    def _next(self) -> dict[str, Any]:
        """The next page; the first one if GitHub no longer accepts the cursor."""
        try:
            return self._page()
        except BadCursor:
            if self._state.cursor is None:
                raise
            self._state.cursor = None
            self._run.gather.next_pass()
            return self._page()

    def _list(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        values = {"size": self._pager.size, "cursor": self._state.cursor, **variables}
        page: dict[str, Any] = self._run.query(query, values)["deployments"]
        return page

    def _statuses(self) -> int:
        return max(_STATUSES >> self._pager.step, 1)

    def _read_updates(self, overview: Mapping[str, Any], *, thorough: bool) -> Iterator[None]:
        state, run = self._state, self._run
        page, watched = overview["deployments"], overview["watched"]
        self._forget({id_: state.unfinished[id_][0] for id_, node in watched.items() if node is None})
        glimpses = [glimpse(node) for node in (*page["nodes"], *watched.values()) if node is not None]
        newest = max((item.changed_at for item in glimpses), default="")
        changed = state.edge.news(glimpses)
        if changed or thorough:
            changed = state.edge.news([*changed, *self._further_pages(page, newest)])
            self._learn_flags()
        yield from self._read_changed(changed)
        state.edge.advance(newest)
        state.known_at = run.now
        for id_ in [id_ for id_, (_, at) in state.unfinished.items() if at < earlier(newest, _WATCHED)]:
            del state.unfinished[id_]

    def _further_pages(self, page: Mapping[str, Any], newest: str) -> Iterator[Glimpse]:
        """Further pages, back to a week before the newest."""
        pager = AdaptivePager(self._run.client, self._run.client.look)
        down_to = min(self._state.edge.overlap_from, earlier(newest, _LATELY))
        cursor: str | None = None
        while (cursor := next_cursor(page["pageInfo"], cursor)) and page["nodes"][-1]["createdAt"] > down_to:
            variables = {"cursor": cursor, "direction": "DESC"}
            page = pager.ask(lambda: self._list("DeploymentIds", {**variables, "size": pager.size}))  # noqa: B023  (called at once)
            yield from map(glimpse, page["nodes"])

    def _read_changed(self, changed: list[Glimpse]) -> Iterator[None]:
        waiting = {item.id: item for item in changed}

        def ask() -> dict[str, dict[str, Any] | None]:
            ids = list(islice(waiting, self._pager.size))
            variables = {"ids": ids, "statuses": self._statuses()}
            data = self._run.client.graphql("DeploymentsById", variables, may_be_gone="nodes")
            return dict(zip(ids, data["nodes"], strict=True))

        while waiting:
            nodes = self._pager.ask_or_leave(ask)
            if nodes is None:
                unreadable = next(iter(waiting))
                self._state.unreadable.append(unreadable)
                del waiting[unreadable]
                continue
            taken = {id_: waiting.pop(id_) for id_ in nodes}
            self._forget({id_: taken[id_].deployment_id for id_, node in nodes.items() if node is None})
            self._save([Deployment(node) for node in nodes.values() if node is not None])
            self._state.edge.advance(max(item.changed_at for item in taken.values()))
            self._run.step(len(changed) - len(waiting), len(changed), "changed deployments")
            yield

    def _save(self, deployments: list[Deployment]) -> None:
        by_id = {deployment.id: deployment for deployment in deployments}
        while requests := [
            PageRequest(deployment.id, "Deployment", ((_LIST, c),))
            for deployment in by_id.values()
            if (c := deployment.missing())
        ]:
            for request, pages in next_pages(self._run.client, requests):
                if pages is Lost.UNREADABLE:
                    raise self._run.client.unanswered("no statuses of a deployment")
                if isinstance(pages, dict):
                    by_id[request.id].extend(pages[_LIST])
                else:
                    self._forget({request.id: by_id.pop(request.id).deployment_id})
        self._run.notices.add("statuses_incomplete", sum(deployment.is_short() for deployment in by_id.values()))
        for deployment in by_id.values():
            self._run.gather.add_all(deployment.rows(self._state.production))
            current = deployment.glimpse()
            self._state.edge.read(current)
            self._state.unfinished.pop(deployment.id, None)
            self._state.unreadable = [id_ for id_ in self._state.unreadable if id_ != deployment.id]
            if current.unfinished:
                self._state.unfinished[deployment.id] = [deployment.deployment_id, deployment.created_at]

    def _forget(self, gone: Mapping[str, str]) -> None:
        """Drop deployments that are gone: node id and deployment id."""
        for id_, deployment_id in gone.items():
            self._state.unfinished.pop(id_, None)
            self._run.gather.add("deployments", [tombstone(deployment_id)])

    def _learn_flags(self) -> None:
        """Read which environments GitHub marks as production: only REST includes that."""
        try:
            listed = self._run.rest("/deployments", {"per_page": _PAGE}).data
        except (Gone, Refused):
            return
        self._state.production |= production_flags(listed)
