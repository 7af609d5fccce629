"""How well the lines of a fix tell which commit was at fault, where the people who mended it have said so.

    python benchmarks/attribution.py REPO [--fixes 400]

REPO is a clone with file contents of a project whose fixes name the commit at fault in a trailer (`Fixes: 1234abcd
("subject")`), as Open vSwitch, iproute2 and the Linux kernel do: an oracle by the developers themselves (as in Lyu,
Kang, Widyasari, Lawall & Lo 2023, "Evaluating SZZ Implementations: An Empirical Study on the Linux Kernel",
arXiv:2308.05060). The newest fixes with such a trailer are traced as `headway collect` does, and each way to choose
among the commits whose lines they took is held against what the trailer says.

Recall: of the commits named, how many were found, fixes that lead nowhere included. Precision: of those found, how many
were named.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from collectors.git.process.command import Git
from collectors.git.repairs.blame import Limits, Step, trace
from collectors.git.repository.clones import sealed
from collectors.git.repository.repository import open_repository

_FIXES = re.compile(r"^Fixes: ?([0-9a-f]{7,40})\b", re.MULTILINE)

Candidates = dict[str, tuple[int, int]]
"""Commit to how many of the removed lines it wrote, and when (committer date)."""


def largest(found: Candidates) -> set[str]:
    """The one that wrote most of what was taken out; of several the newest."""
    return {max(found, key=lambda sha: (*found[sha], sha))}


def latest(found: Candidates) -> set[str]:
    """The newest of them."""
    return {max(found, key=lambda sha: (*found[sha][::-1], sha))}


def half(found: Candidates) -> set[str]:
    """Those that wrote half of it at least."""
    total = sum(lines for lines, _ in found.values())
    return {sha for sha, (lines, _) in found.items() if 2 * lines >= total}


WAYS: dict[str, Callable[[Candidates], set[str]]] = {
    "any": set,
    "half": half,
    "largest": largest,
    "latest": latest,
}


def main() -> None:
    """Print one row a way to choose."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--fixes", type=int, default=400)
    given = parser.parse_args()
    repository = open_repository(given.repository, str(given.repository))
    asked = list(oracle(repository.git, given.fixes))
    outcomes: Counter[str] = Counter()
    found: list[tuple[set[str], Candidates]] = []
    with sealed(repository) as git:
        for step, named in asked:
            traced = trace(git, step, Limits(), ignored=None, cut_off=repository.shallow)
            outcomes[traced.outcome] += 1
            lines: Counter[str] = Counter()
            for (sha, _), count in traced.lines.items():
                lines[sha] += count
            found.append((named, {sha: (count, written_at(git, sha)) for sha, count in lines.items()}))
    print(f"{len(asked)} fixes that name {sum(len(named) for named, _ in found)} commits: {dict(outcomes)}")
    many = sum(len(candidates) > 1 for _, candidates in found)
    print(f"{sum(bool(candidates) for _, candidates in found)} lead to a commit, {many} of them to several")
    print(f"{'way':<10}{'precision':>11}{'recall':>9}{'F1':>7}{'commits':>9}")
    for name, way in WAYS.items():
        line(name, [(named, way(candidates) if candidates else set()) for named, candidates in found])


def line(name: str, answers: list[tuple[set[str], set[str]]]) -> None:
    """Print how right a way is."""
    right = sum(len(named & told) for named, told in answers)
    told = sum(len(told) for _, told in answers)
    named = sum(len(named) for named, _ in answers)
    precision, recall = right / max(told, 1), right / max(named, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    print(f"{name:<10}{precision:>11.3f}{recall:>9.3f}{f1:>7.3f}{told:>9}")


def oracle(git: Git, most: int) -> Iterator[tuple[Step, set[str]]]:
    """The newest fixes with a trailer, as steps, and the commits that it names, as far as they are there."""
    printed = git.output("log", "-z", "--first-parent", "--format=%H %P%x01%B").decode("utf-8", "replace")
    count = 0
    for entry in filter(None, printed.split("\0")):
        ids, _, message = entry.partition("\x01")
        sha, *parents = ids.split()
        named = {full for short in _FIXES.findall(message) if (full := whole(git, short))}
        if named and len(parents) == 1:
            yield Step(sha, parents[0]), named
            count += 1
            if count == most:
                return


def whole(git: Git, short: str) -> str:
    """The whole id of a commit, empty where there is none or several."""
    ran = git.run("rev-parse", "--verify", "--quiet", f"{short}^{{commit}}", allowed=(0, 1, 128))
    return ran.stdout.decode().strip()


def written_at(git: Git, sha: str) -> int:
    """When a commit was made, in seconds."""
    return int(git.output("show", "-s", "--format=%ct", sha))


if __name__ == "__main__":
    main()
