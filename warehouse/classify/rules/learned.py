"""Directories that are AI work according to a repository's own history.

No general rule distinguishes a `vector/` of embeddings from one of C++ vectors; its changes do. A directory is known by
its bare name, so that it stays known when it moves and its tests help to know it. It is learned if enough of the
**other* changes in it are AI work by their subject or their other paths: no change is evidence for itself. Files whose
own path names AI are evidence for themselves, not for their neighbours (an `integrations/` has many topics).

How large a share is enough depends on how a repository's authors write. On the whole histories of five repositories
with terse subjects, the two relaxations below added some 250 changes; of 70 that were read, 3 were wrong.
"""

from __future__ import annotations

from collections.abc import Iterable

from warehouse.classify.rules.load import Numbers

__all__ = ["LearnedDirectories"]

_ABOVE = 2  # times as many changes are required of the parent directory
_PRIOR_SAID, _PRIOR_KNOWN = 2, 3  # as if so many changes in AI files had been seen, so many of which said so


class LearnedDirectories:
    """Per directory name: how many changes touched it, and how many of them were AI work. Grows with names only."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._changes: dict[str, int] = {}
        self._speaking: dict[str, int] = {}
        self._known, self._said = _PRIOR_KNOWN, _PRIOR_SAID
        self._all, self._all_speaking = 0, 0
        self._shares: dict[tuple[tuple[str, ...], bool], tuple[float, str]] = {}

    def learn(self, names: Iterable[str], *, speaks: bool) -> None:
        """Count one change that touched directories of these names."""
        self._shares.clear()
        self._all += 1
        self._all_speaking += speaks
        changes, speaking = self._changes, self._speaking
        for name in names:
            changes[name] = changes.get(name, 0) + 1
            if speaks:
                speaking[name] = speaking.get(name, 0) + 1

    def learn_known(self, *, says_so: bool) -> None:
        """Count one change that is AI work by its own paths, and whether its subject says so."""
        self._known += 1
        self._said += says_so

    @property
    def needed_share(self) -> float:
        """The share of AI work that makes a directory AI work: less where subjects seldom name known AI work."""
        numbers = self._numbers
        share = numbers.learned_of_known * self._said / self._known
        return max(numbers.learned_least, min(numbers.learned_share, share))

    def share(self, names: tuple[str, ...], *, speaks: bool) -> tuple[float, str]:
        """The share of AI work among the other changes of a path's directory; `names` are outermost first.

        If too few changes touched it, the parent counts, if that is not a top folder and many more touched it. The
        change itself, which `speaks` or not, is left out. Returns 0 and no name without a result.
        """
        cached = self._shares.get((names, speaks))
        if cached is None:
            cached = self._shares[names, speaks] = self._share(names, speaks=speaks)
        return cached

    def _share(self, names: tuple[str, ...], *, speaks: bool) -> tuple[float, str]:
        numbers = self._numbers
        above = (names[-2], _ABOVE * numbers.learned_changes) if len(names) > 2 else ("", 0)
        for name, least in ((names[-1] if names else "", numbers.learned_changes), above):
            others = self._changes.get(name, 1) - 1
            if name and others >= least:
                speaking = self._speaking.get(name, 0) - speaks
                if speaking < numbers.learned_speaking:
                    return 0.0, ""
                share = speaking / others
                return (1.0 if self._stands_out(share, others) else share), name
        return 0.0, ""

    def _stands_out(self, share: float, others: int) -> bool:
        """Whether a smaller share is enough: in a long history, if it is many times that of the whole repository."""
        numbers = self._numbers
        if others < numbers.learned_lift_changes or share < numbers.learned_lift_least:
            return False
        return share * self._all >= numbers.learned_lift * self._all_speaking
