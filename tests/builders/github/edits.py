"""What people and machines do while a test runs, each at the time of the clock."""

from __future__ import annotations

from tests.builders.github.edit_pulls import PullEdits
from tests.builders.github.edit_shipping import ShippingEdits
from tests.builders.github.model import Pushed, Repository

__all__ = ["Edits"]


class Edits(PullEdits, ShippingEdits):
    """Edits of a fake GitHub. A repository is called by its name (`checkout`), a pull request by its number."""

    def add_repository(
        self, name: str, *, archived: bool = False, fork: bool = False, commits: int = 1, owner: str = ""
    ) -> Repository:
        """A new repository with so many commits on main, of the owner of the others or of this user."""
        first = next(iter(self.forge.repositories.values())).owner
        whose = self.forge.account(owner) if owner else first
        made = Repository(710_000_000 + self.forge.number(), whose, name, self._now, archived=archived, fork=fork)
        author = self.forge.account("mara-lindqvist")
        made.main = [Pushed(self._commit(author, f"Begin {place}", ()), self._now) for place in range(commits)]
        return self.forge.add(made)

    def rename(self, repo: str, to: str, *, owner: str = "") -> None:
        """A repository gets another name, or another owner too; the old name leads to it until it is taken again."""
        where = self._repository(repo)
        self.forge.moved[where.full_name.lower()] = where.id
        where.name = to
        if owner:
            where.owner = self.forge.account(owner)

    def archive(self, repo: str) -> None:
        """A repository is archived."""
        self._repository(repo).archived = True

    def lose(self, repo: str, status: int = 404) -> None:
        """A repository is deleted, or the token loses sight of it; 410 and 451 say so otherwise."""
        where = self._repository(repo)
        where.lost_at, where.lost_as = self._now, status

    def restore(self, repo: str) -> None:
        """It is there again."""
        self._repository(repo).lost_at = None

    def delete_account(self, login: str) -> None:
        """An account is deleted: GraphQL has null in its places, REST the account `ghost`."""
        self.forge.account(login).gone = True
