"""Collect what is new in one repository, page by page, each page with a point to resume from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from collectors.github.api.auth import GitHubAuth
from collectors.github.api.client import Client
from collectors.github.api.limits import Limits
from collectors.github.api.signals import Gone, LockedOut, Lost, Refused, Signal
from collectors.github.context import Run
from collectors.github.readers.deployments import DeploymentReader
from collectors.github.readers.history import HistoryReader
from collectors.github.readers.overview import OverviewReader
from collectors.github.readers.pull_requests import PullReader
from collectors.github.readers.repository import read_environments, read_releases, read_repository
from collectors.github.readers.runs import RunReader
from collectors.github.readers.tags import read_tags
from collectors.github.resume import Resume
from collectors.github.source import GitHubSource, checked_base_url, source_id
from headway.errors import CollectError
from headway.notices import NoticeLedger
from headway.progress import Progress
from headway.raw_tables import Checkpoint, Rows
from headway.raw_tables.batch import RowBuffer

__all__ = ["collect"]

_PARTS = ("deployments", "environments", "history", "releases", "runs")


def collect(
    source: GitHubSource,
    *,
    auth: GitHubAuth,
    collected_at: datetime,
    resume: Mapping[str, Any] | None,
    full: bool,
    progress: Progress,
    limits: Limits,
) -> Iterator[Rows | Checkpoint]:
    """Read what is new in a repository: `Rows` and a `Checkpoint` for each page; only a checkpoint if nothing is new.

    `collected_at` is when the run began, naive UTC. `resume` is the last checkpoint's, None before the first; `full`
    reads everything again. The watermark is the time up to which all parts are complete, None until each has been
    begun. Raises OutOfBudget where the rate limit ends the run, AccessDenied, or CollectError where GitHub does
    not answer or the repository is gone. What came with a checkpoint is saved, and the next run resumes from it.
    """
    client = Client(checked_base_url(source.base_url), auth, limits, f"{source.owner}/{source.name}", progress)
    yield from _Collector(source, client, collected_at, Resume.from_json(resume), progress, full=full).rows()


class _Collector:
    """The state of one run; `rows` does the work, in order."""

    def __init__(
        self,
        source: GitHubSource,
        client: Client,
        collected_at: datetime,
        before: Resume,
        progress: Progress,
        *,
        full: bool,
    ) -> None:
        self._source, self._client, self._progress = source, client, progress
        self._collected_at, self._full = collected_at, full
        self._name = f"{source.owner}/{source.name}"
        self._saved = before.to_json()
        self._notices = NoticeLedger(before.notices, again=full)
        self._state = before.anew() if full else before
        self._gather = RowBuffer(collected_at, before.repo_id or f"github:{self._name}")

    def rows(self) -> Iterator[Rows | Checkpoint]:
        """All rows of this run, and its checkpoints."""
        try:
            overview = OverviewReader(self._source, self._client, self._state, self._collected_at).overview(
                full=self._full
            )
            run = self._run(overview)
            read_repository(run, overview)
            for _ in self._parts(run, overview):
                if self._gather:
                    yield from self._flush()
            yield from self._flush()
        except (Lost, LockedOut):
            yield from self._unreachable()
            raise
        except Gone as gone:
            yield from self._unreachable()
            raise Lost(
                f"{self._name} went away while it was read ({gone})",
                hint="check that it is still there, and collect again; what was read is stored",
            ) from gone
        except Refused as refused:
            yield from self._unreachable()
            raise LockedOut(
                f"the token may not read {self._name}: {refused}",
                hint="give it read access to metadata, contents and pull requests; what was read is stored",
            ) from refused
        except Signal as signal:
            raise self._client.unanswered(str(signal)) from signal
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise CollectError(
                f"GitHub's answer is not as documented ({type(error).__name__}: {error})",
                hint="`headway --debug collect` with this target shows more: report it; what was read is stored",
            ) from error

    def _run(self, overview: Mapping[str, Any]) -> Run:
        """The context of all parts; a repository that replaced another of its name starts from nothing."""
        name = overview["nameWithOwner"]
        if self._state.node_id not in {"", overview["id"]}:
            # The collected data belongs to another repository: this one must not resume from it.
            self._state = Resume(complete_at="", repo_id=f"github:{name}~{overview['databaseId']}")
        state, branch = self._state, overview["defaultBranchRef"]
        state.node_id, state.database_id = overview["id"], overview["databaseId"]
        state.repo_id = state.repo_id or f"github:{self._source.alias or name}"
        self._gather.use_repository(state.repo_id)
        self._notices.state("unreachable", 0)
        return Run(
            source=self._source,
            client=self._client,
            state=state,
            gather=self._gather,
            notices=self._notices,
            collected_at=self._collected_at,
            progress=self._progress,
            name_with_owner=overview["nameWithOwner"],
            default_branch=branch["name"] if branch else "",
        )

    def _parts(self, run: Run, overview: Mapping[str, Any]) -> Iterator[None]:
        """Read part after part, the cheap ones first; skip those that the token may not read."""
        denied = run.state.denied
        if "environments" not in denied:
            read_environments(run, overview["environments"])
        if "releases" not in denied:
            read_releases(run, overview["releases"])
        yield
        if "deployments" not in denied:
            yield from DeploymentReader(run).read(overview)
        if run.wants("history"):
            yield from read_tags(run, overview["tags"])
        history = HistoryReader(run, overview)
        yield from PullReader(run, history).read(overview)
        yield from history.read()
        if "runs" not in denied:
            reader = RunReader(run)
            try:
                newest = reader.newest()
            except (Gone, Refused):
                denied["runs"] = run.now
            else:
                yield from reader.read(newest, overview["createdAt"])

    def _flush(self) -> Iterator[Rows | Checkpoint]:
        """The rows since the last checkpoint, and the next checkpoint."""
        state, notices = self._state, self._notices
        for part in _PARTS:
            notices.state(f"no_access_{part}", int(part in state.denied))
        notices.state("pull_requests_unreadable", len(state.pulls.unreadable))
        notices.state("deployments_unreadable", len(state.deployments.unreadable))
        self._gather.add("notices", notices.rows(source_id(self._source)))
        state.notices = notices.counts
        known_at = self._known_at()
        state.complete_at = max(state.complete_at, known_at)
        yield from self._gather.drain()
        self._saved = state.to_json()
        yield self._checkpoint()

    def _checkpoint(self) -> Checkpoint:
        complete_at = self._saved["complete_at"]
        return Checkpoint(
            self._saved, datetime.fromisoformat(complete_at) if complete_at else None, (self._saved["repo_id"],)
        )

    def _known_at(self) -> str:
        """The time up to which every part is complete, empty if one has not been begun."""
        state = self._state
        times = {"deployments": state.deployments.known_at, "releases": state.releases.known_at}
        times |= {"pulls": state.pulls.known_at, "runs": state.runs.known_at}
        times |= {"history": state.history.known_at} if self._source.history else {}
        return min(at for part, at in times.items() if part not in state.denied)

    def _unreachable(self) -> Iterator[Rows | Checkpoint]:
        """Record that a collected repository is unreachable; rows of an incomplete page are dropped."""
        if self._saved["repo_id"]:
            self._gather.discard()
            self._notices.state("unreachable", 1)
            self._gather.add("notices", self._notices.rows(source_id(self._source)))
            yield from self._gather.drain()
            self._saved = {**self._saved, "notices": self._notices.counts}
            yield self._checkpoint()
