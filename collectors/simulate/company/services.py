"""What a repository deploys apart: its services, the waves of their roll-outs, and the forms of its tags."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Part", "Region", "TagForms"]


@dataclass(frozen=True, slots=True)
class Part:
    """A service of a monorepo: the folders that it is built from, and when it is released."""

    name: str
    folders: tuple[str, ...]
    shared: tuple[str, ...] = ()  # folders and files that other services are built from, too
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    hour: int = 10
    tag: str = ""  # where tags release it: its tag, with the number of the release as `{number}`

    def is_built_from(self, path: str) -> bool:
        """Whether a file is one of its own or of those that it shares."""
        return any(path == place or path.startswith(f"{place}/") for place in (*self.folders, *self.shared))


@dataclass(frozen=True, slots=True)
class Region:
    """A production environment to which each roll-out goes, `hours` after its first one.

    `opens` and `closes` are shares of the simulated time.
    """

    environment: str
    hours: float = 0.0
    opens: float = 0.0
    closes: float = 1.0
    rollback_chance: float = 0.0  # that a roll-out is taken back here and goes no further
    late_chance: float = 0.0  # that it comes here four times as late, and perhaps never: the next one overtakes it


@dataclass(frozen=True, slots=True)
class TagForms:
    """Tags that changed their form: `v1.2.0` up to a share `until` of the time, `release-2026.03.0` afterwards.

    A release candidate is tagged before each. One release, from the number `moved` on, was first tagged at an older
    commit.
    """

    until: float
    moved: int
