"""What a forge tells of a repository, in a few words: pull requests with their lists, CI with its jobs, releases.

::

    shop = Forge("acme/shop")
    shop.request(1, opened=2, commits="a@1 b@3", reviews=[("bob", "approved", 4)], merged=5, merge="m1")
    with built(shop, as_of=20) as tables:
        tables.change(1)

Times are hours after `START`, commits go by name, as in `tests.builders.rows`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from tests.builders.rows import Raw, commit_id, graph

__all__ = ["Forge"]

Event = tuple[str, float] | tuple[str, float, str]
Review = tuple[str | None, str, float]
Job = tuple[float | None, float | None, float | None, str | None]


class Forge(Raw):
    """The raw rows that one run of a forge's collector read of one repository."""

    def __init__(self, repo: str = "acme/shop", *, provider: str = "github", **facts: Any) -> None:
        super().__init__(repo, provider=provider, source=f"{provider}:{repo}", **facts)

    def request(
        self,
        number: int,
        *,
        opened: float,
        commits: str = "",
        events: Iterable[Event] = (),
        reviews: Iterable[Review] = (),
        merged: float | None = None,
        merge: str | None = None,
        closed: float | None = None,
        says: str | None = None,
        **facts: Any,
    ) -> Self:
        """A pull request of `ann`.

        `commits` are those on its head, in the notation of a graph (a merge names two parents); `events` are kinds with
        times and perhaps a subject; `reviews` are authors (a bot's ends in `[bot]`), states and times.
        """
        words = graph(commits)
        shut = merged if merged is not None else closed
        row = {
            "node_id": f"PR_{number}",
            "state": "merged" if merged is not None else "closed" if closed is not None else "open",
            "draft": False,
            "title": f"Change {number}",
            "body": "",
            "url": f"https://forge.example/{number}",
            "author": "ann",
            "author_kind": "person",
            "head_ref": f"topic-{number}",
            "head_sha": commit_id(words[-1].name) if words else None,
            "base_ref": "main",
            "merge_sha": commit_id(merge or f"merge-{number}") if merged is not None else None,
            "created_at": opened,
            "updated_at": shut if shut is not None else opened,
            "merged_at": merged,
            "closed_at": shut,
            "labels": "",
            "additions": 10,
            "deletions": 2,
            "files": 1,
            "commits": len(words),
            "cross_repository": False,
            "deleted": False,
        }
        self.add("pull_requests", number=number, **{**row, **facts})
        for position, word in enumerate(words):
            self.add(
                "pull_request_commits",
                number=number,
                sha=commit_id(word.name),
                position=position,
                parents=max(len(word.parents), 1),
                authored_at=word.hour,
                committed_at=word.hour,
                author_name="ann",
                author_email="ann@example.com",
                author_login="ann",
                message=says or word.name,
            )
            self.names.append(word.name)
        for place, (kind, at, *subject) in enumerate(events):
            self.add(
                "pull_request_events",
                number=number,
                event_id=f"{number}-{place}",
                kind=kind,
                actor="ann",
                actor_kind="person",
                subject=subject[0] if subject else None,
                happened_at=at,
            )
        for place, (author, state, at) in enumerate(reviews):
            self.add(
                "reviews",
                number=number,
                review_id=f"{number}-{place}",
                author=author,
                author_kind=None if author is None else "bot" if author.endswith("[bot]") else "person",
                state=state,
                submitted_at=at,
                comments=0,
            )
        return self

    def run_jobs(self, run_id: str, attempt: int, *jobs: Job) -> Self:
        """Jobs of one attempt of a run: queued, started, ended, and with what conclusion."""
        for place, (created, started, finished, conclusion) in enumerate(jobs):
            self.add(
                "ci_jobs",
                run_id=run_id,
                job_id=f"{run_id}.{attempt}.{place}",
                attempt=attempt,
                name=f"job {place}",
                conclusion=conclusion,
                created_at=created,
                started_at=started,
                finished_at=finished,
                runner="runner-1",
            )
        return self

    def release(self, tag: str, commit: str | None, published: float | None, **facts: Any) -> Self:
        """A release of a tag; not published it is a draft."""
        return self.add(
            "releases",
            **{
                "release_id": tag,
                "tag": tag,
                "sha": commit_id(commit) if commit else None,
                "name": f"Release {tag}",
                "draft": published is None,
                "prerelease": False,
                "published_at": published,
                "deleted": False,
                **facts,
            },
        )

    def run(
        self,
        commit: str,
        created: float | None,
        ended: float | None = None,
        conclusion: str | None = "success",
        *,
        name: str = "ci",
        run_id: str | None = None,
        started: float | None = None,
        **facts: Any,
    ) -> Self:
        """A CI run; by default a push to main."""
        return self.add(
            "ci_runs",
            **{
                "run_id": run_id or f"{name}-{len(self.rows['ci_runs'])}",
                "name": name,
                "sha": commit_id(commit),
                "branch": "main",
                "event": "push",
                "attempt": 1,
                "conclusion": conclusion if ended is not None else None,
                "created_at": created,
                "started_at": created if started is None else started,
                "finished_at": ended,
                **facts,
            },
        )
