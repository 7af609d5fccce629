"""What a reader of the numbers must know about a repository, as rows of `notices`: only what is news."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["Notices"]

_DETAILS = {
    "another_name": "GitHub has another name for the repository now; here it keeps the one that it was collected under",
    "commits_incomplete": "pull requests changed whenever they were read: some of their commits may be missing",
    "deployments_unreadable": "GitHub could not give these deployments, even one by one: they are missing",
    "no_access_deployments": "the token may not read deployments: there are none in these numbers",
    "no_access_environments": "the token may not read environments: gates before deployments are not known",
    "no_access_history": "the token may not read contents: what a deployed commit contains is not known from here",
    "no_access_releases": "the token may not read releases: there are none in these numbers",
    "no_access_runs": "the token may not read Actions, or they are switched off: there is no CI in these numbers",
    "pull_requests_incomplete": "GitHub counts more pull requests than it gave; collect with --full to look again",
    "pull_requests_unreadable": "GitHub could not give these pull requests, even one by one: they are missing",
    "runs_incomplete": "runs were deleted while they were read, or too many began in one second: some may be missing",
    "statuses_incomplete": "deployments got another status while they were read: some statuses may be missing",
    "unreachable": "the repository is gone, or not for this token any more: its numbers end where they were last read",
}


class Notices:
    """The notices of one source with their counts, beside those of the run before."""

    def __init__(self, before: dict[str, int]) -> None:
        self._before = dict(before)
        self.counts = dict(before)

    def state(self, kind: str, count: int) -> None:
        """So it is now: a `count` of 0 takes an earlier notice back."""
        self.counts[kind] = count

    def add(self, kind: str, count: int) -> None:
        """It was seen `count` times more."""
        self.counts[kind] = self.counts.get(kind, 0) + count

    def forget(self) -> None:
        """Everything is read anew: nothing has been seen yet."""
        self.counts = dict.fromkeys(self.counts, 0)

    def news(self, source: str) -> Iterator[dict[str, Any]]:
        """A row for each notice that has changed since the last call; one that was taken back has count 0."""
        for kind, count in sorted(self.counts.items()):
            if count != self._before.get(kind, 0):
                yield {"source": source, "kind": kind, "detail": _DETAILS[kind], "count": count}
        self.counts = {kind: count for kind, count in self.counts.items() if count}
        self._before = dict(self.counts)
