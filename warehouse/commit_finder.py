"""From what a deployment or a message calls a version to a commit."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

__all__ = ["CommitFinder"]

_SHORTEST_SHA = 7
_HEX_PART = re.compile(rf"(?:^|[^0-9a-zA-Z])g?([0-9a-f]{{{_SHORTEST_SHA},64}})(?=$|[^0-9a-zA-Z])")


# What an image is, byte for byte: `v1.2@sha256:…`, or alone.
_DIGEST = re.compile(r"@?sha256:[0-9a-f]{64}$")


class CommitFinder:
    """From a version as a deployment names it to a commit: a tag of the application, else a full or short commit id."""

    def __init__(
        self,
        shas: list[str],
        tags: Mapping[str, str],
        reported: Iterable[str] = (),
        objects: Mapping[str, str] | None = None,
        moved: Mapping[str, Sequence[tuple[datetime, str]]] | None = None,
    ) -> None:
        """Take the commits, and the commit of each tag by its name.

        `reported` are commits of which only the id is known: the landings and heads that reports name. `objects` are
        annotated tags by the ids of their objects, which name their commits too. `moved` are the tags that led to
        several commits: since when to which, in order.
        """
        self._known = {*shas, *reported}
        self._objects = {oid: sha for oid, sha in (objects or {}).items() if sha in self._known}
        self._sorted = sorted({*self._known, *self._objects})
        self._tags = tags
        self._moved = moved or {}

    def find(self, version: str | None, at: datetime | None = None) -> tuple[str | None, str]:
        """The commit and an empty text, or None and why not; a tag that moved is meant where it was at that time."""
        if not version:
            return None, "no version"
        if match := _DIGEST.search(version):
            if not match.start():
                return None, "an image digest alone, which names no commit"
            version = version[: match.start()]
        for name in (version, f"v{version}", version.removeprefix("v")):
            if name in self._tags:
                tagged = self._tagged(name, at)
                return (tagged, "") if tagged in self._known else (None, "its commit is not in the clone")
        for text in (version.lower(), *reversed(_HEX_PART.findall(version.lower()))):
            sha, problem = self.commit(text)
            if sha or problem == "ambiguous short commit id":
                return sha, problem
        full = re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", version.lower())
        return None, "its commit is not in the clone" if full else "no tag or commit of this name"

    def _tagged(self, name: str, at: datetime | None) -> str:
        places = self._moved.get(name, ())
        if at is None or not places:
            return self._tags[name]
        # Clocks differ: what ran before the tag was set is what it led to first.
        return max([place for place in places if place[0] <= at], default=places[0])[1]

    def commit(self, text: str) -> tuple[str | None, str]:
        """A commit by its full or short id, or by that of an annotated tag."""
        if text in self._known:
            return text, ""
        if text in self._objects:
            return self._objects[text], ""
        if not re.fullmatch(rf"[0-9a-f]{{{_SHORTEST_SHA},64}}", text):
            return None, "not a commit id"
        at = bisect.bisect_left(self._sorted, text)
        matches = [sha for sha in self._sorted[at : at + 2] if sha.startswith(text)]
        if len(matches) == 1:
            return self._objects.get(matches[0], matches[0]), ""
        return None, "ambiguous short commit id" if matches else "its commit is not in the clone"
