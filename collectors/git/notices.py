"""What a reader of the numbers must know about a repository, as rows of `notices`: only what is news."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Notices"]

_DETAILS = {
    "added_lines_cut": "lines added to package manifests were cut or left out: too long, or too many in one commit",
    "empty": "the repository has no commits",
    "future_dates": "commits have a date after the run that read them; their dates are kept as they are",
    "history_rewritten": "the default branch was rewritten: commits that were on it no longer are",
    "imports_cut": "import statements were left out: of commits before the newest 50,000, or too many in one commit",
    "imports_missing": "contents of source files are missing in the clone: what they import is not known",
    "missing_blobs": "this clone has no file contents: package manifests, imports and patch ids were not read",
    "notes_other_form": "notes under refs/notes/ai are of another form, or longer than 1 MB, and tell nothing",
    "notes_unreadable": "the notes under refs/notes/ai could not be read; the rest of the repository was",
    "pull_heads_unavailable": "heads of pull requests were asked for, and the clone has no remote to fetch them from",
    "shallow": "the history is cut off: commits before the cut are unknown, and so is what deployments contain of them",
}


@dataclass
class Notices:
    """The notices of one source with their counts, beside those of the run before."""

    before: Mapping[str, int]
    again: bool
    """Everything is read again: counts begin anew, and every notice is news."""
    counts: dict[str, int] = field(default_factory=dict)

    def state(self, kind: str, count: int) -> None:
        """So it is now: a `count` of 0 takes an earlier notice back."""
        self.counts[kind] = count

    def add(self, kind: str, count: int, *, forever: bool = False) -> None:
        """It was seen `count` times more; `forever`: reading again does not make it unseen."""
        self.counts[kind] = count + (self.before.get(kind, 0) if forever or not self.again else 0)

    def kept(self) -> dict[str, int]:
        """For the next run."""
        return {kind: count for kind, count in self.counts.items() if count}

    def news(self, source: str) -> Iterator[dict[str, Any]]:
        """A row for each notice that is new, changed or taken back (its count is then 0)."""
        for kind in sorted(self.counts.keys() | self.before.keys()):
            count = self.counts.get(kind, 0)
            if count != self.before.get(kind, 0) or (count and self.again):
                yield {"source": source, "kind": kind, "detail": _DETAILS.get(kind, kind), "count": count}
