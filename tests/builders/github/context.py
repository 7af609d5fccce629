"""What the answers of one request go by: whose request it is, when, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from tests.builders.github.access import Access
from tests.builders.github.cost import Cost
from tests.builders.github.limits import Budget
from tests.builders.github.model import Forge, Repository
from tests.builders.github.moments import view
from tests.builders.github.problems import Problem
from tests.builders.github.views import RepositoryView

__all__ = ["WEB", "Context"]

WEB = "https://github.com"


@dataclass(slots=True)
class Context:
    """One GraphQL request."""

    forge: Forge
    now: int
    access: Access
    cost: Cost
    budget: Budget | None

    def view(self, repository: Repository) -> RepositoryView:
        """The repository now."""
        return view(repository, self.now)

    def may(self, permission: str) -> None:
        """Refuse the field where the token lacks this permission to read."""
        if not self.access.may_read(permission):
            raise Problem("FORBIDDEN", self.access.refusal)
