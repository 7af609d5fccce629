"""Views are kept until the repository is edited or the clock passes the time of a fact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.builders.github.model import Repository
from tests.builders.github.views import RepositoryView

__all__ = ["view"]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A view that is kept, and until when it holds."""

    version: int
    since: int
    until: float
    view: RepositoryView


def view(repository: Repository, now: int) -> RepositoryView:
    """The repository at this moment."""
    shown: _Shown | None = repository.shown
    if shown is None or shown.version != repository.version or not shown.since <= now < shown.until:
        coming = min((at for at in _times(repository) if at > now), default=float("inf"))
        shown = repository.shown = _Shown(repository.version, now, coming, RepositoryView(repository, now))
    return shown.view


def _times(repository: Repository) -> Iterator[int]:
    """The time of everything that changes what is visible."""
    for pull in repository.pulls:
        yield from (pull.opened_at, pull.vanished_at or 0, *pull.touched)
        yield from (at for pushed in pull.commits for at in (pushed.at, pushed.until or 0))
        yield from (at for review in pull.reviews for at in (review.submitted_at, review.dismissed_at or 0))
        yield from (event.at for event in pull.events)
        yield from (label.at for label in pull.labels)
    for deployment in repository.deployments:
        yield from (deployment.created_at, deployment.vanished_at or 0, *(one.at for one in deployment.statuses))
    for run in repository.runs:
        for attempt in run.attempts:
            yield attempt.created_at
            yield from (at for job in attempt.jobs for at in job[2:5] if at is not None)
    yield from (one.created_at for one in repository.environments)
    yield from (
        at for one in repository.releases for at in (one.created_at, one.published_at or 0, one.vanished_at or 0)
    )
    yield from (at for one in (*repository.main, *repository.refs.values()) for at in (one.at, one.until or 0))
