"""Directories that a repository's own history shows to be AI work.

No general rule tells a `vector/` of embeddings from one of C++ vectors; the changes in it do. A directory is known by
its bare name, so that it stays known when it moves and its tests help to know it. It is learned if enough of the
*other* changes in it are AI work by their subject or their other paths: no change is its own witness. Files whose own
path says AI speak for themselves, not for their neighbours (one `integrations/` holds many things).
"""

from __future__ import annotations

from collections.abc import Iterable

from warehouse.classify.rules import Numbers

__all__ = ["LearnedDirectories"]


class LearnedDirectories:
    """Per directory name: how many changes touched it, and how many of them were AI work. Grows with names only."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._changes: dict[str, int] = {}
        self._speaking: dict[str, int] = {}
        self._shares: dict[tuple[tuple[str, ...], bool], tuple[float, str]] = {}

    def learn(self, names: Iterable[str], *, speaks: bool) -> None:
        """Count one change that touched directories of these names."""
        self._shares.clear()
        changes, speaking = self._changes, self._speaking
        for name in names:
            changes[name] = changes.get(name, 0) + 1
            if speaks:
                speaking[name] = speaking.get(name, 0) + 1

    def share(self, names: tuple[str, ...], *, speaks: bool) -> tuple[float, str]:
        """The share of AI work in the innermost directory (`names` are outermost first) that enough others touched.

        The change that asks, which `speaks` itself or not, is left out. Gives 0 and no name where nothing is known.
        """
        known = self._shares.get((names, speaks))
        if known is None:
            known = self._shares[names, speaks] = self._share(names, speaks=speaks)
        return known

    def _share(self, names: tuple[str, ...], *, speaks: bool) -> tuple[float, str]:
        numbers = self._numbers
        for name in reversed(names):
            others = self._changes.get(name, 1) - 1
            if others >= numbers.learned_changes:
                speaking = self._speaking.get(name, 0) - speaks
                return (speaking / others, name) if speaking >= numbers.learned_speaking else (0.0, "")
        return 0.0, ""
