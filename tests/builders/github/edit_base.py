"""What every edit of a fake GitHub stands on."""

from __future__ import annotations

from hashlib import sha1
from typing import Any

from tests.builders.github.clock import Clock
from tests.builders.github.model import Account, Commit, Event, Forge, PullRequest, Repository, Signature

__all__ = ["BEYOND_INT32", "Edit"]

BEYOND_INT32 = 4_000_000_000


class Edit:
    """Finds what is to be edited, and makes what is new, at the clock's time."""

    def __init__(self, forge: Forge, clock: Clock) -> None:
        """Edit this forge at this clock's time."""
        self.forge, self.clock = forge, clock

    @property
    def _now(self) -> int:
        return self.clock.seconds

    def _repository(self, repo: str) -> Repository:
        found = next(one for one in self.forge.repositories.values() if one.name == repo)
        found.version += 1
        return found

    def _tip(self, where: Repository) -> Commit | None:
        """The newest landing by now; a company may have later ones in store."""
        return next((one.commit for one in reversed(where.main) if one.at <= self._now), None)

    def _pull(self, repo: str, number: int) -> tuple[Repository, PullRequest]:
        where = self._repository(repo)
        return where, next(one for one in where.pulls if one.number == number)

    def _event(self, pull: PullRequest, kind: str, actor: Account | None, **details: Any) -> None:
        pull.events.append(Event(self.forge.number(), kind, self._now, actor, details))

    def _commit(self, author: Account, message: str, parents: tuple[str, ...]) -> Commit:
        oid = sha1(f"{self.forge.number()} {message}".encode(), usedforsecurity=False).hexdigest()
        who = Signature(author.login, f"{author.login}@example.com", author)
        return Commit(oid, who, self._now, who, self._now, message, parents)

    def _known(self, where: Repository, oid: str) -> Commit:
        """The commit of this id, the tip of main without one."""
        if not oid and (tip := self._tip(where)):
            return tip
        heads = (one.commit for pull in where.pulls for one in pull.commits)
        every = [*(one.commit for one in (*where.main, *where.refs.values())), *heads]
        return next(one for one in every if one.oid == oid)
