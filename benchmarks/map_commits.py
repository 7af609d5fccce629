"""Mapping every commit to the first deployment that contains it, against reading the graph at all.

    python benchmarks/map_commits.py REPO          every commit of a repository against every tag
    python benchmarks/map_commits.py --generated   graphs of up to a million commits: is it linear?

Everything is measured in one process and one run; the figures to keep are the ratios.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from warehouse.graph import NEVER, Graph, first_reach

RUNS = 5
T = TypeVar("T")


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", nargs="?")
    parser.add_argument("--generated", action="store_true")
    given = parser.parse_args()
    if given.generated:
        generated()
    elif given.repository:
        real(given.repository)
    else:
        parser.print_help()


def real(repository: str) -> None:
    """One repository: reading its parent graph, and the sweep over it."""

    def read() -> Graph:
        listed = git(repository, "rev-list", "--topo-order", "--parents", "--branches", "--tags")
        pairs = [line.partition(" ")[::2] for line in listed.splitlines()]
        return Graph.of(pa.table({"sha": [sha for sha, _ in pairs], "parents": [parents for _, parents in pairs]}))

    form = "--format=%(creatordate:unix) %(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)"
    tags = sorted(line.split() for line in git(repository, "for-each-ref", form, "refs/tags").splitlines())
    reading, graph = timed(read)
    tips = [graph.index[sha] for _, sha in tags if sha in graph.index]
    mapping, first = timed(lambda: first_reach(graph, tips))
    mapped = sum(1 for position in first if position != NEVER)
    print(f"{len(graph.shas):,} commits, {len(tips):,} tags; {mapped:,} commits mapped")
    print(f"reading the parent graph   {reading * 1e3:9.1f} ms   1.00 x")
    print(f"mapping alone              {mapping * 1e3:9.1f} ms   {mapping / reading:.3f} x")
    print(f"both                       {(reading + mapping) * 1e3:9.1f} ms   {1 + mapping / reading:.2f} x")


def generated() -> None:
    """Graphs of growing size with a thousand deployments each: time for each commit should not grow."""
    base: float | None = None
    for size in (10_000, 100_000, 1_000_000):
        graph = history(size)
        tips = list(range(size // 1000, size, size // 1000))
        seconds, _ = timed(lambda graph=graph, tips=tips: first_reach(graph, tips), runs=3)  # type: ignore[misc]
        each = seconds / size * 1e9
        base = base or each
        shown = f"{seconds * 1e3:8.1f} ms, {each:6.0f} ns a commit, {each / base:.2f} x"
        print(f"{size:>9,} commits, {len(tips):,} deployments: {shown}")


def history(size: int) -> Graph:
    """A main line with short branches that merge back, as histories are: deep and thin."""
    chance = random.Random(7)
    parents: list[tuple[int, ...]] = [()]
    tip = 0
    while len(parents) < size:
        length = chance.randint(0, 6)
        branch = tip
        for _ in range(length):
            parents.append((branch,))
            branch = len(parents) - 1
        parents.append((tip, branch) if length else (tip,))
        tip = len(parents) - 1
    return Graph([str(number) for number in range(len(parents))], {}, parents)


def timed(work: Callable[[], T], runs: int = RUNS) -> tuple[float, T]:
    """Median seconds of some runs, and the last result."""
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), result


def git(repository: str, *words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", "-C", repository, *words], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
