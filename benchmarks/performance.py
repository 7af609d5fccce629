"""How far one machine goes: measures, and writes docs/performance.md.

    python3 dev.py bench REPO... [--changes N...] [--memory-gb GB...] [--output FILE]

Each REPO is a folder with a repository, bare or not; nothing is written to it. Each is read for the first time and for
a night, beside `git log` and PyDriller. Then the rows of the first one are copied under as many names as make N
changes, and all tables are made of them, at each limit of memory. Seconds are processor time, user and system, all
processes; megabytes are the peak of the largest process. The page is written after each step, so a run that is stopped
leaves what it measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from benchmarks.collect_git import modified_files  # noqa: E402
from benchmarks.night import add_commits, copy_rows, git, headway, mirror  # noqa: E402
from warehouse.store import RawStore  # noqa: E402

LOG = ("log", "-z", "--raw", "-M100%")
SAMPLE = 200
ROUNDS = 3
PAGE = """# How far one machine goes

By `benchmarks/performance.py` (`{command}`). Seconds are processor time, user and system, of all processes;
megabytes are the peak of the largest process. Beside each figure stands its limit, and how many times the limit it is.

{machine}

## Git

The limit of a first run is the `git log` of the same refs (median of {rounds}). PyDriller reads the modified files of
the newest {sample} commits, without the time of its own Git processes; its limit is the `git log` of these. The limit
of a night is `headway status`, which starts and reads the warehouse as every run does.

| repository | what | seconds | MB | limit, seconds | times the limit |
|---|---|---|---|---|---|
{git}

## Build

Copies of the first repository under other names, each a source of its own. The limit is reading the raw files once.

| changes | memory | what | seconds | MB | published file, MB | limit, seconds | times the limit |
|---|---|---|---|---|---|---|---|
{build}

## Not measured

What is not on this page has not been measured: a million changes and more, a history of a million commits, Perceval,
requests to GitHub against a naive client, Spark on several machines at these sizes, exports and pages at a million
changes.
"""


@dataclass(frozen=True)
class Run:
    """What a process and its children took."""

    seconds: float
    megabytes: float


def main() -> None:
    """Measure, and write the page after each step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", type=Path, nargs="+", metavar="REPO")
    parser.add_argument("--changes", type=int, nargs="*", default=[100_000])
    parser.add_argument("--memory-gb", type=float, nargs="*", default=[4.0, 2.0])
    parser.add_argument("--output", type=Path, default=HERE / "docs" / "performance.md")
    options = parser.parse_args()
    repositories = [path.resolve() for path in options.repositories]
    rows: dict[str, list[str]] = {"git": [], "build": []}
    before = os.getloadavg()[0]
    steps = [("git", git_lines(path)) for path in repositories]
    steps += [("build", build_lines(repositories[0], count, options.memory_gb)) for count in options.changes]
    for section, lines in steps:
        for line in lines:
            print(line, flush=True)
            rows[section].append(line)
            page = PAGE.format(
                command="python3 dev.py bench",
                machine=machine(before),
                rounds=ROUNDS,
                sample=SAMPLE,
                git="\n".join(rows["git"]),
                build="\n".join(rows["build"]),
            )
            options.output.write_text(page, encoding="utf-8")


def machine(load: float) -> str:
    """Processor, memory, versions, and what else the machine did."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    names = ("duckdb", "pyarrow", "polars", "pydriller")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"Machine: {model}, {os.cpu_count()} processors, {memory:.0f} GB. Python {platform.python_version()}, "
        f"{git('version').strip()}, {versions}. Other work ran meanwhile: a load of {load:.0f} at the beginning and "
        f"{os.getloadavg()[0]:.0f} at the end."
    )


def git_lines(repository: Path) -> Iterator[str]:
    """A first run and nights of one repository, beside Git and PyDriller."""
    with TemporaryDirectory() as folder:
        base = Path(folder)
        clone = mirror(repository, base / repository.name)
        name = f"{repository.parent.name.partition('+')[2] or repository.name}, {count_of(clone):,} commits"
        limit = statistics.median(taken("git", "-C", str(clone), *LOG, "--all").seconds for _ in range(ROUNDS))
        first = headway(base, "collect", str(clone))
        yield _git_line(name, "first `headway collect`, with its build", first.seconds, first.megabytes, limit)
        full = headway(base, "build", "--full")
        yield _git_line(name, "`headway build --full` alone", full.seconds, full.megabytes, limit)
        quiet = headway(base, "collect", str(clone))
        status = headway(base, "status").seconds
        yield _git_line(name, "night, nothing new (limit: `headway status`)", quiet.seconds, quiet.megabytes, status)
        add_commits(clone)
        night = headway(base, "collect", str(clone))
        yield _git_line(name, "night, 50 commits, with its build", night.seconds, night.megabytes, status)
        shas = git("-C", str(clone), "rev-list", f"-n{SAMPLE}", "HEAD").split()
        newest = taken("git", "-C", str(clone), *LOG, f"-n{SAMPLE}", "HEAD").seconds
        before = resource.getrusage(resource.RUSAGE_SELF)
        files = modified_files(clone, shas)
        after = resource.getrusage(resource.RUSAGE_SELF)
        # PyDriller's own Git processes are left out, in its favour.
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        yield _git_line(name, f"PyDriller, {len(shas)} commits, {files:,} files", seconds, None, newest)


def _git_line(name: str, what: str, seconds: float, megabytes: float | None, limit: float) -> str:
    memory = f"{megabytes:,.0f}" if megabytes else ""
    return f"| {name} | {what} | {seconds:.2f} | {memory} | {limit:.2f} | {seconds / limit:.1f} |"


def build_lines(repository: Path, changes: int, limits: list[float]) -> Iterator[str]:
    """All tables of so many changes, from nothing, at each limit of memory."""
    with TemporaryDirectory() as folder:
        base = Path(folder)
        headway(base, "collect", str(mirror(repository, base / repository.name)))
        each = changes_in(base)
        copy_rows(RawStore(base / "headway-data"), max(1, round(changes / each)) - 1)
        reading = taken(sys.executable, "-c", READ, str(HERE), str(base / "headway-data")).seconds
        for limit in limits:
            os.environ["HEADWAY_WAREHOUSE_MEMORY_GB"] = str(limit)
            try:
                cost = headway(base, "build", "--full")
            finally:
                del os.environ["HEADWAY_WAREHOUSE_MEMORY_GB"]
            size = (base / "headway-data" / (base / "headway-data" / "CURRENT").read_text().strip()).stat().st_size
            yield (
                f"| {changes_in(base):,} | {limit:g} GB | `build --full` | {cost.seconds:.1f} | {cost.megabytes:,.0f} "
                f"| {size / (1 << 20):,.0f} | {reading:.1f} | {cost.seconds / reading:.0f} |"
            )


READ = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import pyarrow.parquet as pq
from warehouse.store import RawStore
for paths in RawStore(Path(sys.argv[2])).files().values():
    for path in paths:
        pq.read_table(path)
"""


def changes_in(base: Path) -> int:
    """The changes of the published file."""
    path = base / "headway-data" / (base / "headway-data" / "CURRENT").read_text().strip()
    with duckdb.connect(str(path), read_only=True) as connection:
        row = connection.execute("select count(*) from changes").fetchone()
    assert row is not None
    return int(row[0])


def count_of(repository: Path) -> int:
    """The commits of all refs."""
    return int(git("-C", str(repository), "rev-list", "--count", "--all"))


def taken(*argv: str) -> Run:
    """Run a process to its end."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, argv
    return Run(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
