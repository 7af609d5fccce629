"""The hourly budgets: requests for REST, points for GraphQL."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.builders.github.clock import Clock

__all__ = ["Budget", "Limits"]

HOUR = 3600


@dataclass
class Budget:
    """What is left of a budget; it is full again an hour after its first use."""

    resource: str  # core, graphql or search
    clock: Clock
    limit: int = 5000
    remaining: int = 5000
    reset_at: int = 0  # seconds since the epoch

    def refresh(self) -> None:
        """Begin a new hour where the last one is over."""
        if self.clock.seconds >= self.reset_at:
            if self.reset_at:
                self.remaining = self.limit
            self.reset_at = self.clock.seconds + HOUR

    def spend(self, points: int) -> bool:
        """Take points; False where there are none left, and nothing is taken."""
        self.refresh()
        if self.remaining <= 0:
            return False
        self.remaining = max(0, self.remaining - points)
        return True

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell of it."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(self.limit - self.remaining),
            "X-RateLimit-Reset": str(self.reset_at),
            "X-RateLimit-Resource": self.resource,
        }

    @property
    def told(self) -> dict[str, int | str]:
        """As `/rate_limit` tells it."""
        self.refresh()
        used = self.limit - self.remaining
        return {"limit": self.limit, "used": used, "remaining": self.remaining, "reset": self.reset_at}


@dataclass
class Limits:
    """The budgets of a token; `on` is False where a server has none, as GitHub Enterprise Server by default."""

    clock: Clock
    on: bool = True
    core: Budget = field(init=False)
    graphql: Budget = field(init=False)

    def __post_init__(self) -> None:
        self.core = Budget("core", self.clock)
        self.graphql = Budget("graphql", self.clock)
