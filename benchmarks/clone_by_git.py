"""A clone as plain `git` shows it: commits, tags with their dates, paths and cherry-picks."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

_PICKED = re.compile(r"(?i)cherry[- ]picked from commit `?([0-9a-f]{7,40})")


class Tag(NamedTuple):
    """A tag that is a release: when it was set, and of which part of the repository."""

    at: datetime
    name: str
    sha: str
    part: str


class Clone:
    """What plain git says of one repository."""

    def __init__(self, folder: Path) -> None:
        """The git folder of a clone."""
        self.folder = folder
        self.parents: dict[str, list[str]] = {}
        for line in self.run("rev-list", "--parents", "--all").splitlines():
            sha, *parents = line.split(" ")
            self.parents[sha] = parents

    def run(self, *arguments: str) -> str:
        """What git prints."""
        command = ["git", f"--git-dir={self.folder}", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout

    @cached_property
    def tags(self) -> list[tuple[datetime, str, str]]:
        """Time, name and commit of every tag of this history: the tagger's date, no earlier than the commit's."""
        return [tag for tag in self.all_tags if self._related(tag[2])]

    @cached_property
    def all_tags(self) -> list[tuple[datetime, str, str]]:
        """Likewise, also of tags that share no history with the default branch: what they have is not known."""
        names = "%(refname:short)%00%(objectname)%00%(*objectname)%00%(taggerdate:unix)"
        rows = [line.split("\0") for line in self.run("for-each-ref", "refs/tags", f"--format={names}").splitlines()]
        at = {sha: self.committed_at[sha] for _, one, two, _ in rows if (sha := two or one) in self.committed_at}
        return sorted(
            (max(at[sha], _time(tagged or "0")), name, sha)
            for name, one, two, tagged in rows
            if (sha := two or one) in at
        )

    def _related(self, sha: str) -> bool:
        """Whether a commit goes back to one of the default branch: a build or an import does not."""
        seen, pending = set[str](), [sha] if sha in self.parents else []
        while pending:
            commit = pending.pop()
            if commit in self.main:
                return True
            if commit not in seen:
                seen.add(commit)
                pending += self.parents.get(commit, [])
        return False

    @cached_property
    def main(self) -> set[str]:
        """Every commit that the default branch has."""
        return set(self.run("rev-list", "HEAD").split())

    @cached_property
    def chain(self) -> list[str]:
        """The steps of the default branch."""
        return self.run("rev-list", "--first-parent", "HEAD").split()

    @cached_property
    def committed_at(self) -> dict[str, datetime]:
        """When each commit was made."""
        rows = (line.split(" ") for line in self.run("log", "--all", "--format=%H %ct").splitlines())
        return {sha: _time(at) for sha, at in rows}

    @cached_property
    def paths(self) -> dict[str, set[str]]:
        """The paths that each commit changes, of a moved file both; of a merge none."""
        text = self.run("-c", "core.quotePath=false", "log", "--all", "--no-renames", "--name-only", "--format=%x01%H")
        parts = (part.partition("\n") for part in text.split("\x01")[1:])
        return {sha.strip(): set(names.split("\n")) - {""} for sha, _, names in parts}

    @cached_property
    def picks(self) -> dict[str, list[str]]:
        """For each commit those that say that they were picked from it."""
        found: dict[str, list[str]] = defaultdict(list)
        for entry in self.run("log", "--all", "--format=%H%x00%B%x01").split("\x01"):
            sha, _, text = entry.strip().partition("\x00")
            for picked in _PICKED.findall(text):
                found[picked].append(sha)
        return found

    def first_tags(self, tags: Iterable[Tag]) -> dict[str, Tag]:
        """For each commit the first of some tags that contains it."""
        first: dict[str, Tag] = {}
        for tag in sorted(tags):
            pending = [tag.sha]
            while pending:
                sha = pending.pop()
                if sha not in first and sha in self.parents:
                    first[sha] = tag
                    pending += self.parents[sha]
        return first


def _time(unix: str) -> datetime:
    return datetime.fromtimestamp(int(unix), UTC)
