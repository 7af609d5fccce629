"""How a report is asked for, beside which part of the warehouse (`Filters`)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """What a report may be asked for.

    `by`: the column whose values are its groups, None for the report's own. `automation`: whether what bots made takes
    part; otherwise it is left out and counted.
    """

    by: str | None = None
    automation: bool = False
