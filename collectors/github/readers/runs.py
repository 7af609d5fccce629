"""Read workflow runs, and the jobs of relevant ones: a walk from one time of creation to another.

GitHub lists at most a thousand results of a filter, the newest first. So a walk goes through windows of time, the
oldest first, each with no more results than that. The first walk begins with the repository; later ones begin three
days before the last one's end, and read only what has changed since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from collectors.github.api.client import Listing
from collectors.github.api.signals import Gone
from collectors.github.api.windows import MOST, Window, first_window, half, next_window
from collectors.github.context import Run
from collectors.github.readers.change_cursor import earlier
from collectors.github.resume import Runs
from collectors.github.rows.runs import is_finished, job_row, jobs_matter, run_row
from collectors.github.rows.values import moment
from headway.errors import CollectError

__all__ = ["RunReader"]

_PAGE = 100
_AT_ONCE = 25
_OVERLAP = timedelta(minutes=15)
_RERUN = timedelta(days=3)
_WATCHED = timedelta(days=35)
_MOST_WATCHED = 50
_MOST_TIMES_AGAIN = 2


class RunReader:
    """Reads the runs of one repository. `read` yields wherever the rows so far may be saved."""

    def __init__(self, run: Run) -> None:
        self._run = run
        options = f"{run.source.jobs_days} {' '.join(run.source.deploy_workflows)}"
        if run.state.runs.options != options:
            run.state.runs = Runs(options=options)
        self._state = run.state.runs

    def newest(self) -> Listing:
        """The newest page, if anything on it has changed. Raises Refused or Gone if the token may not read runs."""
        parameters: dict[str, str | int] = {"per_page": _PAGE, "exclude_pull_requests": "true"}
        return self._run.rest("/actions/runs", parameters, etag=self._state.etag)

    def read(self, newest: Listing, created_at: str) -> Iterator[None]:
        """Read everything that is new; `created_at` is when the repository was created."""
        state, run = self._state, self._run
        if state.goal:  # an earlier run did not reach it
            yield from self._walk(0)
            run.gather.next_pass()
        if newest.data is not None:
            first = not state.since
            self._begin(newest.data, created_at)
            yield from self._walk(newest.data["total_count"])
            if not first:
                yield from self._read_unfinished()
        state.etag = newest.etag or state.etag
        state.known_at = run.now

    def _begin(self, newest: Mapping[str, Any], created_at: str) -> None:
        """Begin a walk up to the newest run."""
        state, runs = self._state, newest["workflow_runs"]
        state.reached = earlier(state.reached, _RERUN) if state.since else created_at
        state.goal = max((run["created_at"] for run in runs), default="")
        state.next_since = max((run["updated_at"] for run in runs), default="")

    def _walk(self, expected: int) -> Iterator[None]:
        """Read from `reached` to `goal`, window after window. `expected` is the expected number of runs."""
        state = self._state
        goal = moment(state.goal)
        window = self._window_of(expected, goal)
        while window is not None and goal is not None:
            listed = self._page(window)
            total, runs = listed["total_count"], listed["workflow_runs"]
            smaller = half(window) if total > MOST and state.page == 1 else None
            if smaller is not None:
                window = smaller
                continue
            if self._shifted(total):
                continue
            state.window, state.total = [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in window], total
            yield from self._save_page(runs)
            state.page += 1
            if runs and (state.page - 1) * _PAGE < min(total, MOST):
                continue
            self._run.notices.add("runs_incomplete", int(state.seen < total))
            state.reached = state.window[1]
            state.window, state.page, state.seen, state.again = [], 1, 0, 0
            window = next_window(window, goal, total)
        if state.goal:
            state.reached, state.since, state.goal = state.goal, state.next_since, ""

    def _window_of(self, expected: int, goal: datetime | None) -> Window | None:
        """The window that an earlier run was in, else the first one of this walk."""
        state = self._state
        if state.window:
            first, last = (moment(at) for at in state.window)
            return Window(first, last) if first and last else None
        reached = moment(state.reached)
        return first_window(reached, goal, expected) if reached and goal and reached <= goal else None

    def _shifted(self, total: int) -> bool:
        """Whether runs were deleted between two pages, so that others were missed; the window is then restarted."""
        state = self._state
        if state.page == 1 or total == state.total or state.again == _MOST_TIMES_AGAIN:
            return False
        state.page, state.skip, state.seen, state.again = 1, 0, 0, state.again + 1
        self._run.gather.next_pass()
        return True

    def _page(self, window: Window) -> Mapping[str, Any]:
        parameters: dict[str, str | int] = {
            "created": str(window),
            "per_page": _PAGE,
            "page": self._state.page,
            "exclude_pull_requests": "true",
        }
        page: Mapping[str, Any] = self._run.rest("/actions/runs", parameters).data
        return page

    def _save_page(self, runs: list[Mapping[str, Any]]) -> Iterator[None]:
        """Save the runs of a page, some at a time, because each may cost a request."""
        state = self._state
        state.seen += len(runs) if state.skip == 0 else 0
        changed_after = earlier(state.since, _OVERLAP)
        stopped: CollectError | None = None
        while state.skip < len(runs) and stopped is None:
            for run in runs[state.skip : state.skip + _AT_ONCE]:
                try:
                    if run["updated_at"] > changed_after:
                        self._save(run)
                except CollectError as error:
                    stopped = error  # raised after the runs before it are saved: each cost a request
                    break
                state.skip += 1
            if not state.since and (reached := moment(state.reached)):
                state.known_at = reached.isoformat()
            self._run.step(state.seen, None, "workflow runs")
            yield
        if stopped is not None:
            raise stopped
        state.skip = 0

    def _save(self, run: Mapping[str, Any]) -> None:
        source, gather = self._run.source, self._run.gather
        jobs: list[Mapping[str, Any]] = []
        if jobs_matter(
            run,
            default_branch=self._run.default_branch,
            deploy_workflows=source.deploy_workflows,
            since=self._run.collected_at - timedelta(days=source.jobs_days),
        ):
            jobs = self._jobs(run["id"])
        gather.add("ci_runs", [run_row(run, jobs)])
        gather.add("ci_jobs", [job_row(job) for job in jobs])
        self._state.unfinished.pop(str(run["id"]), None)
        if not is_finished(run):
            self._state.unfinished[str(run["id"])] = run["created_at"]

    def _jobs(self, run_id: int) -> list[Mapping[str, Any]]:
        """All jobs of all attempts; none if the run has been deleted meanwhile."""
        jobs: dict[int, Mapping[str, Any]] = {}
        page, total = 1, 1
        while (page - 1) * _PAGE < total:
            parameters: dict[str, str | int] = {"filter": "all", "per_page": _PAGE, "page": page}
            try:
                listed = self._run.rest(f"/actions/runs/{run_id}/jobs", parameters).data
            except Gone:
                break
            jobs |= {job["id"]: job for job in listed["jobs"]}
            total, page = listed["total_count"], page + 1
        return list(jobs.values())

    def _read_unfinished(self) -> Iterator[None]:
        """Read runs again that had not ended and that no later walk covers, such as those that wait for a gate."""
        state = self._state
        oldest, passed = earlier(state.reached, _WATCHED), earlier(state.reached, _RERUN)
        state.unfinished = {id_: at for id_, at in state.unfinished.items() if at >= oldest}
        waiting = sorted(id_ for id_, at in state.unfinished.items() if at < passed)[:_MOST_WATCHED]
        for run_id in waiting:
            try:
                self._save(self._run.rest(f"/actions/runs/{run_id}", {}).data)
            except Gone:
                del state.unfinished[run_id]
        if waiting:
            yield
