"""What happens to pull requests."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable

from tests.builders.github.edit_base import BEYOND_INT32, Edit
from tests.builders.github.model import Label, PullRequest, Pushed, Review

__all__ = ["PullEdits"]


class PullEdits(Edit):
    """Edits of pull requests, called by repository name and number."""

    def open_pull(
        self,
        repo: str,
        title: str = "A change",
        *,
        author: str = "mara-lindqvist",
        draft: bool = False,
        labels: Iterable[str] = (),
        commits: int = 1,
    ) -> int:
        """Open a pull request with so many commits; its number."""
        where = self._repository(repo)
        number = 1 + max((one.number for one in where.pulls), default=0)
        pull = PullRequest(
            number,
            BEYOND_INT32 + self.forge.number(),
            title,
            "",
            self.forge.account(author),
            self._now,
            f"topic-{number}",
            opened_as_draft=draft,
            additions=commits,
            files=1,
        )
        pull.labels = [Label(name, self._now) for name in labels]
        where.pulls.append(pull)
        for _ in range(commits):
            self.push(repo, number)
        return number

    def push(self, repo: str, number: int, message: str = "Work") -> str:
        """Push a commit to its head; the commit."""
        where, pull = self._pull(repo, number)
        author = pull.author or self.forge.account("ghost")
        before = pull.commits[-1].commit if pull.commits else self._tip(where)
        commit = self._commit(author, message, (before.oid,) if before else ())
        pull.commits.append(Pushed(commit, self._now))
        return commit.oid

    def force_push(self, repo: str, number: int, commits: int = 1) -> str:
        """Replace all of its commits by so many new ones; the last of them."""
        _, pull = self._pull(repo, number)
        before = pull.commits[-1].commit
        pull.commits = [one._replace(until=self._now) if one.until is None else one for one in pull.commits]
        author = pull.author or self.forge.account("ghost")
        made = [self._commit(author, "Work, again", before.parents) for _ in range(commits)]
        pull.commits += [Pushed(one, self._now) for one in made]
        self._event(pull, "HeadRefForcePushedEvent", pull.author, beforeCommit=before, afterCommit=made[-1])
        return made[-1].oid

    def ready(self, repo: str, number: int) -> None:
        """It leaves draft."""
        _, pull = self._pull(repo, number)
        self._event(pull, "ReadyForReviewEvent", pull.author)

    def convert_to_draft(self, repo: str, number: int) -> None:
        """It becomes a draft."""
        _, pull = self._pull(repo, number)
        self._event(pull, "ConvertToDraftEvent", pull.author)

    def request_review(self, repo: str, number: int, reviewer: str) -> None:
        """A review is asked for."""
        _, pull = self._pull(repo, number)
        self._event(pull, "ReviewRequestedEvent", pull.author, requestedReviewer=self.forge.account(reviewer))

    def review(self, repo: str, number: int, state: str = "APPROVED", *, author: str = "priya-raman") -> int:
        """A review arrives; its number."""
        _, pull = self._pull(repo, number)
        commit = pull.commits[-1].commit if pull.commits else None
        review = Review(BEYOND_INT32 + self.forge.number(), self.forge.account(author), state, self._now, commit)
        pull.reviews.append(review)
        return review.number

    def dismiss(self, repo: str, number: int, review: int) -> None:
        """A review is dismissed."""
        _, pull = self._pull(repo, number)
        found = next(one for one in pull.reviews if one.number == review)
        found.dismissed_at = self._now
        self._event(pull, "ReviewDismissedEvent", pull.author, review=found, previousReviewState=found.state)

    def enqueue(self, repo: str, number: int) -> None:
        """It enters the merge queue."""
        _, pull = self._pull(repo, number)
        self._event(pull, "AddedToMergeQueueEvent", pull.author, enqueuer=pull.author)

    def dequeue(self, repo: str, number: int, reason: str = "failed_checks") -> None:
        """It leaves the merge queue."""
        _, pull = self._pull(repo, number)
        self._event(pull, "RemovedFromMergeQueueEvent", pull.author, reason=reason)

    def merge(self, repo: str, number: int, *, by: str = "priya-raman") -> str:
        """It lands, squashed; the commit by which it did."""
        where, pull = self._pull(repo, number)
        merger = self.forge.account(by)
        before = self._tip(where)
        parents = (before.oid,) if before else ()
        pull.landing = self._commit(pull.author or merger, f"{pull.title} (#{number})", parents)
        pull.merged_by = merger
        insort(where.main, Pushed(pull.landing, self._now), key=lambda one: one.at)
        self._event(pull, "MergedEvent", merger, commit=pull.landing, mergeRefName=where.default_branch)
        self._event(pull, "ClosedEvent", merger)
        return pull.landing.oid

    def close(self, repo: str, number: int, *, by_commit: str = "", by_pull: int | None = None) -> None:
        """It is closed unmerged: by its author, or by a commit or the merge of a pull request that says so."""
        where, pull = self._pull(repo, number)
        closer: object = self._known(where, by_commit) if by_commit else None
        if by_pull is not None:
            closer = self._pull(repo, by_pull)[1]
        self._event(pull, "ClosedEvent", pull.author, closer=closer)

    def reopen(self, repo: str, number: int) -> None:
        """It is opened again."""
        _, pull = self._pull(repo, number)
        self._event(pull, "ReopenedEvent", pull.author)

    def change_base(self, repo: str, number: int, to: str) -> None:
        """It shall merge into another branch."""
        _, pull = self._pull(repo, number)
        self._event(pull, "BaseRefChangedEvent", pull.author, previousRefName=pull.base_ref, currentRefName=to)
        pull.base_ref = to

    def label(self, repo: str, number: int, name: str) -> None:
        """It gets a label."""
        _, pull = self._pull(repo, number)
        pull.labels.append(Label(name, self._now))

    def comment(self, repo: str, number: int) -> None:
        """Somebody comments: it was updated, and nothing else changed."""
        _, pull = self._pull(repo, number)
        pull.touched.append(self._now)

    def vanish(self, repo: str, number: int) -> None:
        """A pull request is no longer there, as when GitHub hides a spammer's."""
        _, pull = self._pull(repo, number)
        pull.vanished_at = self._now
