"""Who wrote the lines that a commit took away: SZZ, for one step from one commit to another.

The algorithm is that of PyDriller's `Git.get_commits_last_modified_lines` (Śliwerski, Zimmermann & Zeller 2005, MSR):
diff, then blame the removed lines at the state before. It is run by our own Git, because PyDriller writes into the
config of the repository that it opens, obeys that config, blames whole files, and knows no limit. What differs: white
space never counts, in the diff too; lines that moved within a file or between files of one commit are followed;
comments are told by language; tests and documents are left out; commits of `.git-blame-ignore-revs` are looked through.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from collectors.git.process.command import PATCH, Git
from collectors.git.readers.patches import unquoted_path
from collectors.git.repairs.code_lines import is_code, says_something
from headway.errors import CollectError

__all__ = ["Limits", "Step", "Traced", "trace"]

_DIFF = ("diff-tree", "-r", "--no-ext-diff", "--no-textconv", "--no-relative", "--ignore-submodules=all",
         "-w", "--ignore-blank-lines", "-M", "--no-color")  # fmt: skip
_NO_TEXT = tuple(option for option in PATCH if option != "--text")
_BLAME = ("-c", "core.bigFileThreshold=1m", "blame", "--porcelain", "-w", "-M", "-C", "--no-textconv",
          "--no-progress")  # fmt: skip
_NEIGHBOURS = 3
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_HEAD = re.compile(rb"([0-9a-f]{40,64}) \d+ (\d+)(?: \d+)?")


@dataclass(frozen=True)
class Limits:
    """What is too much for one fix: a step that changes more is no fix but a rewrite, and would take long."""

    files: int = 30
    """Files of code from which it takes lines."""
    lines: int = 500
    """Lines of code that it takes."""
    seconds: float = 60.0
    """For each Git that is started."""


@dataclass(frozen=True)
class Step:
    """A change as a whole: the commit by which it landed, and the one that was there before."""

    sha: str
    base: str


@dataclass(frozen=True)
class Traced:
    """What became of a step. `outcome`: traced, nothing (no code removed), too_large, timeout, or failed.

    `lines`: of each commit and path (before the step), how many of the removed lines it wrote. `removed`: lines asked
    for. `unknown`: those that lead to where the history is cut off.
    """

    outcome: str
    lines: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: int = 0
    removed: int = 0
    unknown: int = 0


def trace(git: Git, step: Step, limits: Limits, *, ignored: Path | None, cut_off: frozenset[str]) -> Traced:
    """Blame what a step removed.

    `git`: one that obeys nobody's config (`clones.sealed`). `ignored`: a file of commits to look through. `cut_off`: a
    shallow clone's boundary. Never raises for what one step brings about: its outcome says it.
    """
    try:
        return _trace(git, step, limits, ignored, cut_off)
    except subprocess.TimeoutExpired:
        return Traced("timeout")
    except CollectError:
        return Traced("failed")


def _trace(git: Git, step: Step, limits: Limits, ignored: Path | None, cut_off: frozenset[str]) -> Traced:
    touched = _touched(git, step, limits)
    if not touched:
        return Traced("nothing")
    if len(touched) > limits.files or sum(touched.values()) > limits.lines:
        return Traced("too_large", files=len(touched), removed=sum(touched.values()))
    removed = {path: lines for path, lines in _removed(git, step, touched, limits) if lines}
    authors: Counter[tuple[str, str]] = Counter()
    unknown = 0
    for path, lines in removed.items():
        for sha, count in _blamed(git, step.base, path, lines, limits, ignored).items():
            if sha in cut_off:
                unknown += count
            else:
                authors[sha, path] += count
    total = sum(len(lines) for lines in removed.values())
    return Traced("traced" if total else "nothing", authors, len(removed), total, unknown)


def _touched(git: Git, step: Step, limits: Limits) -> dict[str, int]:
    """The files of code that lose lines, by their path before, and how many; binary files have none."""
    printed = git.run(
        *_DIFF, "--numstat", "-z", "-l1000", step.base, step.sha, timeout=limits.seconds
    ).stdout  # fmt: skip
    deletions: dict[str, int] = {}
    fields = iter(printed.split(b"\0"))
    for entry in fields:
        if not entry:
            continue
        _, deleted, path = entry.split(b"\t", 2)
        name = path or next(fields)  # of a rename the old path comes first, then the new one
        if not path:
            next(fields)
        text = name.decode("utf-8", "surrogateescape")
        if deleted.isdigit() and int(deleted) and is_code(text):
            deletions[text] = int(deleted)
    return deletions


def _removed(git: Git, step: Step, touched: dict[str, int], limits: Limits) -> Iterator[tuple[str, list[int]]]:
    """The numbers of the removed lines that say something, a file at a time, by its path before."""
    printed = git.run(
        "-c", "core.bigFileThreshold=1m", *_DIFF, *_NO_TEXT, "-U0", step.base, step.sha, timeout=limits.seconds
    ).stdout  # fmt: skip
    path, numbers = "", list[int]()
    at = old = new = 0
    for line in printed.split(b"\n"):
        if old or new:
            if line.startswith(b"-"):
                if says_something(line[1:].decode("utf-8", "replace"), path):
                    numbers.append(at)
                at, old = at + 1, old - 1
            new -= line.startswith(b"+")
        elif match := _HUNK.match(line):
            at, old, new = int(match[1]), _count(match[2]), _count(match[3])
        elif line.startswith(b"--- "):
            if path in touched:
                yield path, numbers
            path, numbers = unquoted_path(line.removeprefix(b"--- "), b"a/"), []
    if path in touched:
        yield path, numbers


def _count(text: bytes | None) -> int:
    return 1 if text is None else int(text)


def _blamed(git: Git, base: str, path: str, lines: Sequence[int], limits: Limits, ignored: Path | None) -> Counter[str]:
    ranges = [f"-L{first},{last}" for first, last in _ranges(lines)]
    through = () if ignored is None else (f"--ignore-revs-file={ignored}",)
    printed = git.run(*_BLAME, *through, *ranges, base, "--", path, timeout=limits.seconds).stdout
    numbers = set(lines)
    counts: Counter[str] = Counter()
    for line in printed.split(b"\n"):
        # A line of content begins with a tab, so that nothing in a file can pass as a header.
        if (match := _HEAD.fullmatch(line)) and int(match[2]) in numbers:
            counts[match[1].decode()] += 1
    return counts


def _ranges(lines: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each line with its neighbours, overlapping ones together: a line alone is too short to be found where it was."""
    first, last = lines[0], lines[0]
    for line in lines[1:]:
        if line - last > 2 * _NEIGHBOURS:
            yield max(first - _NEIGHBOURS, 1), last + _NEIGHBOURS
            first = line
        last = line
    yield max(first - _NEIGHBOURS, 1), last + _NEIGHBOURS
