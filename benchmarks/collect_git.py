"""Collecting a Git repository, against `git log` itself and against PyDriller.

    python benchmarks/collect_git.py REPO [--sample N]

REPO is a folder with heads and tags, bare or not; nothing is written to it. Each of three rounds runs Git and then our
reader in a process of its own, so that both meet the same machine; the figures to keep are the ratios of the medians.
Python's own imports are left out of the times of readers, as is the start of Git's first process of a kind (the caches
are warm); the whole command has everything, from its start to the published file.

The whole command counts processor seconds, its own and Git's, for it is compared with the `git log` of the same refs,
those of pull requests too, while other work disturbs the clock. In November 2026, with Git 2.39 and
other work on the machine, times the `git log` of the same refs:

| | numpy | dd-trace-py |
|---|---|---|
| commits, added lines, statements | 72,666, 16,352, 81,860 | 121,104, 810,906, 232,865 |
| `headway collect` | 11.6 | 8.5 |
| of it reading | 4.8 | 4.2 |

Since then one log lists all commits, and of a file only what changed between its versions is searched for imports. In
December 2026, in one run of turns with other work on the machine (a load of 20 to 27 on two processors), numpy took 9.6
times the `git log`, and 10.5 times without these. Another run of that day (a load of 23 to 30) had 9.0 and 10.4 times
for two commits whose rows are the same, so such a machine shows no difference below a tenth or two. Of 43.6 seconds Git
took 10.7: 4.8 for the log with messages, 4.0 for 46,976 contents of source files (2.3 GB). Python and DuckDB took 32.9:
9.1 for reading, of it 5.6 for imports, and 22.6 for the build, of it 5.8 for classification.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from collectors.git import GitSource, collect
from collectors.git.readers.commits import CommitReader
from collectors.git.repairs.detail import details
from collectors.git.repository.refs import list_refs
from collectors.git.repository.repository import open_repository
from headway.progress import SilentProgress
from headway.raw_tables import Checkpoint

ROUNDS = 3
PROGRAM = "import sys; from cli.main import main; sys.exit(main())"
AT = datetime(2100, 1, 1)
LOG = ("log", "-z", "--raw", "-M100%")
NIGHT_COMMITS = 50


def main() -> None:
    """Print one table, or as a worker one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--sample", type=int, default=200, help="commits that PyDriller reads (it takes long)")
    parser.add_argument("--worker", choices=sorted(WORKERS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        seconds, count = WORKERS[given.worker](given.repository)
        peak = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        print(json.dumps({"seconds": seconds, "count": count, "self_mb": peak[0], "git_mb": peak[1]}))
    else:
        compare(given.repository.resolve(), given.sample)


def compare(repository: Path, sample: int) -> None:
    """Everything, in one run."""
    git(repository, *LOG, "--branches", "--tags")  # warm the caches
    limit, ours, whole = [], [], []
    for _ in range(ROUNDS):
        limit.append(git(repository, *LOG, "--branches", "--tags"))
        ours.append(worker("read", repository))
        whole.append(worker("collect", repository))
    base = statistics.median(limit)
    read = median(ours)
    print(f"{repository.name}: {ours[0]['count']:,.0f} commits from heads and tags; medians of {ROUNDS}\n")
    line("git log -z --raw -M100%", base, base)
    line("our reader, to Arrow", read, base, f"peak {peak(ours, 'self_mb')}, git's own {peak(ours, 'git_mb')}")
    line("whole first run, lines and imports too", median(whole), base, f"peak {peak(whole, 'self_mb')}")
    print()
    whole_command(repository)
    print()
    nights(repository)
    print()
    pydriller(repository, sample)


def whole_command(repository: Path) -> None:
    """`headway collect` of a new warehouse, its build too, beside Git's log of the same refs, in processor seconds."""
    chosen = "".join(f"{oid}\n" for oid in list_refs(open_repository(repository, repository.name)).oids.values())
    limits, collects, builds = [], [], []
    for _ in range(ROUNDS):
        with TemporaryDirectory() as folder:
            program = [sys.executable, "-c", PROGRAM, "--warehouse", folder]
            limits.append(processor_seconds(["git", "-C", str(repository), *LOG, "--stdin"], chosen))
            collects.append(processor_seconds([*program, "collect", str(repository)]))
            builds.append(processor_seconds([*program, "build", "--full"]))
    base, collect, build = map(statistics.median, (limits, collects, builds))
    line("git log of the same refs, processor", base, base)
    line("headway collect, processor", collect, base)
    line("of it the build, about", build, base)


def processor_seconds(argv: list[str], stdin: str = "") -> float:
    """Processor seconds that a command and all that it starts take; nobody reads what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    env = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   input=stdin.encode(), env=env)  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def nights(repository: Path) -> None:
    """A night without a change, and one with some commits, on a clone that shares the objects."""
    with TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        run("clone", "--quiet", "--bare", "--shared", str(repository), str(clone))
        branch = run("-C", str(clone), "symbolic-ref", "HEAD").strip()
        new = run("-C", str(clone), "rev-parse", branch).strip()
        old, count = some_nights_ago(clone, new)
        for ref in run("-C", str(clone), "for-each-ref", "--format=%(refname)", f"--contains={old}").split():
            if ref != branch:
                run("-C", str(clone), "update-ref", "-d", ref)
        run("-C", str(clone), "update-ref", branch, old)
        resume = collected(clone, None)[0].resume
        quiet = [timed(lambda: collected(clone, resume)) for _ in range(ROUNDS)]
        run("-C", str(clone), "update-ref", branch, new)
        asked = (*LOG, new, "--not", old)
        limit = statistics.median(git(clone, *asked) for _ in range(ROUNDS))
        busy = [timed(lambda: collected(clone, resume)) for _ in range(ROUNDS)]
        found = collected(clone, resume)[1]
        assert found == count, (found, count)
    line("night without a change", statistics.median(quiet))
    line(f"git log of {count} commits", limit, limit)
    line(f"night with {count} commits", statistics.median(busy), limit)


def some_nights_ago(clone: Path, new: str) -> tuple[str, int]:
    """The first-parent ancestor that lacks about as many commits as a busy night brings, and how many it lacks."""
    for old in run("-C", str(clone), "rev-list", "--first-parent", "--skip=1", f"-n{NIGHT_COMMITS}", new).split():
        count = int(run("-C", str(clone), "rev-list", "--count", new, f"^{old}"))
        if count >= NIGHT_COMMITS:
            break
    return old, count


def pydriller(repository: Path, sample: int) -> None:
    """PyDriller with modified files over the newest commits, beside Git's log of the same."""
    shas = run("-C", str(repository), "rev-list", f"-n{sample}", "HEAD").split()
    asked = (*LOG, "--no-walk=unsorted", "--stdin")
    chosen = "".join(f"{sha}\n" for sha in shas)
    limit = statistics.median(git(repository, *asked, stdin=chosen) for _ in range(ROUNDS))
    line(f"git log of the newest {len(shas)} commits", limit, limit)
    began = time.perf_counter()
    files = modified_files(repository, shas)
    line("PyDriller on them, modified files", time.perf_counter() - began, limit, f"1 run, {files:,} files")
    some = shas[: max(1, sample // 10)]
    seconds = timed(lambda: list(details(repository, some)))
    line(f"details() of the newest {len(some)}", seconds, limit / 10, "1 run, maintainability and complexity too")


def modified_files(repository: Path, shas: list[str]) -> int:
    """How many files PyDriller finds, read as its own documentation does, in a clone that it may write to."""
    from pydriller import Git

    with TemporaryDirectory() as folder:
        run("clone", "--quiet", "--bare", "--shared", str(repository), folder)
        reader = Git(folder)
        try:
            return sum(len(reader.get_commit(sha).modified_files) for sha in shas)
        finally:
            reader.clear()


def read(repository: Path) -> tuple[float, int]:
    """Seconds and commits of our reader alone: commits and changed paths of heads and tags, to Arrow."""
    opened = open_repository(repository, repository.name)
    oids = [oid for ref, oid in list_refs(opened).oids.items() if ref.startswith(("refs/heads/", "refs/tags/"))]
    list(CommitReader(opened, "git:warm", AT).read(oids[:1], [f"{oids[0]}~1"]))  # load what Arrow loads when first used
    began = time.perf_counter()
    tables = list(CommitReader(opened, "git:benchmark", AT).read(oids, []))
    seconds = time.perf_counter() - began
    return seconds, sum(some.commits.num_rows for some in tables)


def first_run(repository: Path) -> tuple[float, int]:
    """Seconds and commits of a whole first run."""
    began = time.perf_counter()
    commits = collected(repository, None)[1]
    return time.perf_counter() - began, commits


WORKERS: dict[str, Callable[[Path], tuple[float, int]]] = {"read": read, "collect": first_run}


def collected(repository: Path, resume: Mapping[str, Any] | None) -> tuple[Checkpoint, int]:
    """The checkpoint of a run and how many commits it read; the rows are let go, as the warehouse does."""
    commits = 0
    source = GitSource(str(repository))
    for item in collect(source, cache=Path(), collected_at=AT, resume=resume, full=False, progress=SilentProgress()):
        if isinstance(item, Checkpoint):
            return item, commits
        commits += item.data.num_rows if item.table == "commits" else 0
    raise AssertionError("a run ends in a checkpoint")


def worker(what: str, repository: Path) -> dict[str, float]:
    """One measurement in a process of its own."""
    argv = [sys.executable, __file__, str(repository), "--worker", what]
    measured: dict[str, float] = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
    return measured


def git(repository: Path, *arguments: str, stdin: str = "") -> float:
    """Seconds that a Git takes whose output nobody reads."""
    argv = ["git", "-C", str(repository), *arguments]
    began = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, input=stdin.encode())
    return time.perf_counter() - began


def run(*arguments: str) -> str:
    """What Git prints."""
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def median(measured: list[dict[str, float]]) -> float:
    """Median of the seconds."""
    return statistics.median(one["seconds"] for one in measured)


def peak(measured: list[dict[str, float]], which: str) -> str:
    """The highest of the peaks."""
    return f"{max(one[which] for one in measured):,.0f} MB"


def line(name: str, seconds: float, base: float | None = None, note: str = "") -> None:
    """One line of the table."""
    ratio = "" if base is None else f"{seconds / base:6.2f} x"
    print(f"{name:44}{seconds:9.3f} s  {ratio:10}{note}")


if __name__ == "__main__":
    main()
