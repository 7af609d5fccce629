"""Tracing the lines that fixes repair, against `git blame` by hand and against PyDriller.

    python benchmarks/trace_repairs.py REPO [--fixes 200] [--pydriller 40] [--show 20]

REPO is a clone with file contents. The newest fixes on its first-parent history are traced as `headway collect` does;
by hand is one `git blame -w` of the state before for each file of code that the fix takes lines from, which is what a
person would run, without reading the answer. PyDriller is asked about those of them that are no merges (of a merge it
says nothing). `--show` prints attributions, evenly chosen, to be read and judged.

Everything is measured in one process and one run; the figures to keep are the ratios.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from collectors.git.process.command import Git
from collectors.git.repairs.blame import Limits, Step, Traced, trace
from collectors.git.repairs.code_lines import is_code
from collectors.git.repository.clones import borrow_objects, sealed
from collectors.git.repository.repository import open_repository
from headway.settings import DoraSettings
from warehouse.fixes import FixRules, Said
from warehouse.models.changes.commit_messages import read_landing

T = TypeVar("T")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--fixes", type=int, default=200)
    parser.add_argument("--pydriller", type=int, default=40)
    parser.add_argument("--show", type=int, default=0)
    given = parser.parse_args()
    repository = open_repository(given.repository, str(given.repository))
    steps = fixes(repository.git, given.fixes)
    own, hand, found, blamed = [], [], {}, 0
    with sealed(repository) as git:
        for step, _, _ in steps:
            seconds, traced = timed(partial(trace, git, step, Limits(), ignored=None, cut_off=repository.shallow))
            own.append(seconds)
            found[step] = traced
            if traced.outcome == "traced":
                seconds, files = timed(partial(by_hand, git, step))
                hand.append((own[-1], seconds))
                blamed += files
    outcomes: dict[str, int] = {}
    for traced in found.values():
        outcomes[traced.outcome] = outcomes.get(traced.outcome, 0) + 1
    print(f"{len(steps)} fixes: {outcomes}")
    print(f"a fix, all: median {statistics.median(own) * 1e3:.0f} ms, mean {statistics.mean(own) * 1e3:.0f} ms, "
          f"longest {max(own):.1f} s")  # fmt: skip
    ours, theirs = (sum(pair[side] for pair in hand) for side in (0, 1))
    print(f"traced ones: {ours:.1f} s; git blame of their {blamed} files by hand {theirs:.1f} s; "
          f"ratio {ours / theirs:.2f}, median of ratios {statistics.median(a / b for a, b in hand):.2f}")  # fmt: skip
    against_pydriller(given.repository, [step for step, _, merge in steps if not merge], found, given.pydriller)
    show(repository.git, [(step, said) for step, said, _ in steps if found[step].lines], found, given.show)


def fixes(git: Git, most: int) -> list[tuple[Step, str, bool]]:
    """The newest fixes of the first-parent history: the step, its title, and whether it is a merge."""
    rules = FixRules.load(DoraSettings().hotfix, DoraSettings().fix_labels)
    printed = git.output("log", "-z", "--first-parent", "--format=%H %P%x01%B", "-n", str(most * 20)).decode(
        "utf-8", "replace"
    )
    steps = []
    for entry in filter(None, printed.split("\0")):
        ids, _, message = entry.partition("\x01")
        sha, *parents = ids.split()
        title = read_landing(message, merge=len(parents) > 1).title
        if parents and rules.evidence(Said(title))[0]:
            steps.append((Step(sha, parents[0]), title, len(parents) > 1))
    return steps[:most]


def by_hand(git: Git, step: Step) -> int:
    """Blame each file of code that loses lines; how many they are."""
    printed = git.output("diff-tree", "-r", "-M", "--numstat", "-z", step.base, step.sha).decode("utf-8", "replace")
    paths, fields = [], iter(printed.split("\0"))
    for entry in fields:
        if entry:
            _, deleted, path = entry.split("\t", 2)
            name = path or next(fields)
            if not path:
                next(fields)
            if deleted.isdigit() and int(deleted) and is_code(name):
                paths.append(name)
    for path in paths:
        git.output("blame", "-w", step.base, "--", path)
    return len(paths)


def against_pydriller(folder: Path, steps: list[Step], found: dict[Step, Traced], most: int) -> None:
    """Time, and how often both name the same commits; on a repository of our own, for PyDriller writes into it."""
    if not most:
        return
    from pydriller import Git as PyDriller

    asked = [step for step in steps if found[step].outcome == "traced"][:most]
    with TemporaryDirectory() as own:
        borrow_objects(Path(own), open_repository(folder, str(folder)))
        theirs = PyDriller(own)
        ours_s = theirs_s = 0.0
        same = missed = more = 0
        for step in asked:
            seconds, answer = timed(partial(last_modified, theirs, step.sha))
            theirs_s += seconds
            mending = Git(Path(own), "", sealed=True)
            ours_s += timed(partial(trace, mending, step, Limits(), ignored=None, cut_off=frozenset()))[0]
            named = {sha for path, shas in answer.items() if is_code(path) for sha in shas}
            mine = {sha for sha, _ in found[step].lines}
            same += len(named & mine)
            missed += len(named - mine)
            more += len(mine - named)
        theirs.clear()
    print(f"PyDriller on {len(asked)}: {theirs_s:.1f} s, ours {ours_s:.1f} s, ratio {ours_s / theirs_s:.2f}; in files "
          f"of code {same} commits named by both, {missed} by PyDriller alone, {more} by ours alone")  # fmt: skip


def last_modified(pydriller: Any, sha: str) -> dict[str, set[str]]:
    """PyDriller's answer for a commit: by path, who wrote the lines that it removed."""
    answer: dict[str, set[str]] = pydriller.get_commits_last_modified_lines(pydriller.get_commit(sha))
    return answer


def show(git: Git, traced: list[tuple[Step, str]], found: dict[Step, Traced], most: int) -> None:
    """Attributions to be read: the fix, and the commit that wrote most of what it removed."""
    for step, said in traced[:: max(len(traced) // max(most, 1), 1)][:most]:
        lines: dict[str, int] = {}
        for (sha, _), count in found[step].lines.items():
            lines[sha] = lines.get(sha, 0) + count
        sha = max(lines, key=lambda each: (lines[each], each))
        wrote = git.output("log", "-1", "--format=%h %as %s", sha).decode("utf-8", "replace").strip()
        print(f"\n{step.sha[:10]} {said[:100]}")
        print(f"  repairs {len(lines)} commits; most ({lines[sha]} of {sum(lines.values())} lines): {wrote[:110]}")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds, and the result."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


if __name__ == "__main__":
    main()
