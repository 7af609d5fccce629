"""How many small faults do the tests notice? A sample of mutants of the code that makes the numbers.

    python benchmarks/mutants.py --seed 7 --count 150
    python benchmarks/mutants.py --seed 7 --count 150 --only 12 31   these of that sample again
    python benchmarks/mutants.py --package analytics/survival --package warehouse/classify
    python benchmarks/mutants.py --seed 7 --count 30 --wider         survivors also against all tests around them
    python benchmarks/mutants.py --seed 7 --results seed7.ndjson     can be stopped, and goes on where it was

Draws as many places of each package, changes one thing there (`mutation_sites.py`), and runs the tests that belong to
the file (`mutation_tests.py`, the nearest first) on a copy of the tree with this one fault, until a test fails. The
tree itself stays as it is. Prints how many mutants were killed, and the difference of each that survived: either it
computes the same (equivalent), or a test is missing. Each test that noticed a fault must pass without it, too: these
tests run once more at the end. One process per core; a test that takes longer than `--seconds` of processor time
(of 20 times as long in all) is stopped, which counts as noticed.
"""

from __future__ import annotations

import argparse
import compileall
import difflib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.mutation_sites import Mutant, mutants_of, readable  # noqa: E402
from benchmarks.mutation_tests import PACKAGES, tests_of, wider_than  # noqa: E402

LEFT_OUT = shutil.ignore_patterns(".*", "headway-d*", "build", "dist", "htmlcov", "*.egg-info")
SECONDS, WALL_TIMES = 30, 20
MEMORY_BYTES = 6 * 2**30
KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"
Tests = Callable[[str], tuple[str, ...]]


class Run(NamedTuple):
    """One run of tests: what became of it, its seconds of processor time, and the test that ran last."""

    verdict: str
    seconds: float
    last_test: str


@dataclass
class Job:
    """Tests on a copy of the tree, with a mutant or none."""

    mutant: Mutant | None
    tests: tuple[str, ...]
    folder: Path | None = None


class Watch:
    """A plugin of pytest that notes the test that runs, and gives it so many seconds of processor time."""

    def __init__(self, note: Path, seconds: int) -> None:
        self.note, self.seconds = note, seconds

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin a test."""
        self.note.write_text(nodeid, encoding="utf-8")
        limit = int(time.process_time()) + self.seconds
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that cannot be imported."""
        if report.failed:
            self.note.write_text(report.nodeid, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--package", action="append", choices=sorted(PACKAGES), metavar="FOLDER")
    parser.add_argument("--only", type=int, nargs="+", default=[], metavar="N", help="run only these of the sample")
    parser.add_argument("--results", type=Path, help="keep what ended in this file, and go on from there")
    parser.add_argument("--wider", action="store_true", help="run more tests where a mutant survives")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of processor time for a test")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    packages = {name: PACKAGES[name] for name in options.package or PACKAGES}
    drawn = list(enumerate(draw(ROOT, packages, options.seed, options.count), 1))
    chosen = [(number, mutant) for number, mutant in drawn if not options.only or number in options.only]
    preload()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    mutants = [mutant for _, mutant in chosen]
    results = Results(options.results)
    runs = run_all(ROOT, mutants, options.processes, seconds=options.seconds, results=results)
    survivors = [place for place, run in enumerate(runs) if run.verdict == SURVIVED]
    if options.wider and survivors:
        again = [mutants[place] for place in survivors]
        more = run_all(ROOT, again, options.processes, tests=wider_than, seconds=options.seconds)
        for place, run in zip(survivors, more, strict=True):
            runs[place] = run
    for (number, mutant), run in zip(chosen, runs, strict=True):
        if run.verdict != KILLED:
            print(f"\n#{number} {run.verdict} ({mutant.kind})\n{difference(ROOT, mutant)}")
    print(f"\nseed {options.seed}, {len(chosen)} mutants\n")
    print(
        table([(package_of(packages, mutant.path), run.verdict) for (_, mutant), run in zip(chosen, runs, strict=True)])
    )


def draw(root: Path, packages: Mapping[str, str], seed: int, count: int) -> list[Mutant]:
    """As many mutants of each package, each of another place, in an order drawn by the seed."""
    chance = random.Random(seed)
    drawn = []
    for place, (folder, pattern) in enumerate(sorted(packages.items())):
        wanted = count * (place + 1) // len(packages) - count * place // len(packages)
        sources = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted((root / folder.partition(" ")[0]).rglob(pattern))
        }
        every = [mutant for path, source in sources.items() for mutant in mutants_of(path, source)]
        chance.shuffle(every)
        usable: Iterator[Mutant] = (mutant for mutant in every if readable(mutant, sources[mutant.path]))
        lines: set[tuple[str, int]] = set()
        for mutant in usable:
            line = (mutant.path, line_of(sources[mutant.path], mutant))
            if len(lines) < wanted and line not in lines:
                lines.add(line)
                drawn.append(mutant)
            if len(lines) >= wanted:
                break
    chance.shuffle(drawn)
    return drawn


def line_of(source: bytes, mutant: Mutant) -> int:
    """The line where the fault begins."""
    return source[: mutant.start].count(b"\n") + 1


def package_of(packages: Iterable[str], path: str) -> str:
    """The package that a file was drawn for."""
    endings = {"", path.rpartition(".")[2]}
    parts = [(name, *name.partition(" ")) for name in packages]
    return next(name for name, folder, _, ending in parts if path.startswith(f"{folder}/") and ending in endings)


def preload() -> None:
    """Load the libraries once, for every run: they take longer than many a test. Polars starts threads at that."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    for library in ("duckdb", "numpy", "pyarrow.parquet", "pytest", "scipy.optimize", "scipy.stats"):
        __import__(library)


class Results:
    """What became of mutants, also in earlier runs of the same tree that were stopped, by the fault itself."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        self.runs = {Mutant(*fault): Run(*run) for fault, run in map(json.loads, lines)}

    def add(self, mutant: Mutant, run: Run) -> None:
        """Keep what ended."""
        self.runs[mutant] = run
        if self.path:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([mutant, run]) + "\n")


def run_all(
    root: Path,
    mutants: Sequence[Mutant],
    processes: int,
    *,
    tests: Tests = tests_of,
    seconds: int = SECONDS,
    results: Results | None = None,
) -> list[Run]:
    """Run the tests of each mutant without a result; the tests that notice one must pass without it."""
    results = results or Results()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder, "tree")
        shutil.copytree(root, tree, ignore=LEFT_OUT)
        compileall.compile_dir(tree, quiet=2)
        jobs = [Job(mutant, tests(mutant.path)) for mutant in mutants if mutant not in results.runs]
        run_jobs(tree, jobs, processes, seconds, results)
        runs = [results.runs[mutant] for mutant in mutants]
        failed = sorted({run.last_test for run in runs if run.verdict != SURVIVED and run.last_test})
        (control,) = run_jobs(tree, [Job(None, tuple(failed))], 1, seconds) if failed else [Run(SURVIVED, 0.0, "")]
        if control.verdict != SURVIVED:
            sys.exit(f"This test fails without a mutant: {control.last_test}")
        return runs


def run_jobs(
    root: Path, jobs: Sequence[Job], processes: int, seconds: int, results: Results | None = None
) -> list[Run]:
    """The runs of all jobs, in their order; so many at a time."""
    runs: dict[int, Run] = {}
    active: dict[int, int] = {}
    pending = list(reversed(range(len(jobs))))
    try:
        while pending or active:
            while pending and len(active) < processes:
                number = pending.pop()
                active[start(root, jobs[number], seconds)] = number
            ended, status, used = os.wait4(-1, os.WNOHANG)
            if ended:
                number = active.pop(ended)
                runs[number] = Run(verdict_of(status), used.ru_utime + used.ru_stime, note_of(jobs[number]).read_text())
                finish(root, jobs[number], runs[number], f"{len(runs)}/{len(jobs)}")
                if results and (mutant := jobs[number].mutant):
                    results.add(mutant, runs[number])
                continue
            for process, number in active.items():
                if time.time() - note_of(jobs[number]).stat().st_mtime > WALL_TIMES * seconds:
                    os.killpg(process, signal.SIGKILL)
            time.sleep(0.05)
    finally:
        for process in active:  # this run was stopped
            with suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)
    return [runs[number] for number in range(len(jobs))]


def note_of(job: Job) -> Path:
    """The file that names the test that runs."""
    assert job.folder is not None
    return job.folder / "test"


def start(root: Path, job: Job, seconds: int) -> int:
    """Make the copy and begin its tests in a fork; returns the id of the process."""
    job.folder = Path(tempfile.mkdtemp(prefix="mutant-", dir=root.parent))
    tree = job.folder / "tree"
    shutil.copytree(root, tree, copy_function=os.link)
    if job.mutant is not None:
        path = tree / job.mutant.path
        source = path.read_bytes()
        path.unlink()  # the other copies have the same file
        path.write_bytes(job.mutant.apply(source))
    note_of(job).touch()
    process = os.fork()
    if not process:
        os.setsid()
        try:
            os._exit(run_tests(tree, job, seconds))
        except BaseException:  # noqa: BLE001 - the parent must not go on twice
            traceback.print_exc()
            os._exit(1)
    return process


def run_tests(tree: Path, job: Job, seconds: int) -> int:
    """Run the tests in this process, on the copy; returns the exit code of pytest."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    output = os.open(tree.parent / "output", os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(output, stream)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))  # `Watch` gives each test its own
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    # An installation of the project that can be edited would lead back to the tree.
    elsewhere = [path for path in sys.path if Path(path or ".").resolve() not in {ROOT, ROOT / "benchmarks"}]
    sys.path[:] = [str(tree), *elsewhere]
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchmarks"]:
        del sys.modules[name]
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--basetemp={tree.parent / 'temporary'}"]
    return int(pytest.main([*options, *job.tests], plugins=[Watch(note_of(job), seconds)]))


def verdict_of(status: int) -> str:
    """What the end of the process says about the mutant."""
    if os.WIFSIGNALED(status):
        return TIMED_OUT if os.WTERMSIG(status) in {signal.SIGKILL, signal.SIGXCPU} else KILLED
    return SURVIVED if os.WEXITSTATUS(status) == 0 else KILLED


def finish(root: Path, job: Job, run: Run, ended: str) -> None:
    """Say what ended, and remove the copy."""
    name = f"{job.mutant.path} {job.mutant.kind}" if job.mutant else f"without a mutant: {len(job.tests)} tests"
    by = f" by {run.last_test}" if run.verdict != SURVIVED else ""
    print(f"{ended} {run.verdict} {run.seconds:.0f} s {name}{by}", file=sys.stderr, flush=True)
    if job.mutant is not None and run.verdict != KILLED:
        print(difference(root, job.mutant), file=sys.stderr, flush=True)
    if job.folder:
        if job.mutant is None and run.verdict != SURVIVED:
            sys.stderr.write((job.folder / "output").read_text(encoding="utf-8", errors="replace"))
        shutil.rmtree(job.folder, ignore_errors=True)


def difference(root: Path, mutant: Mutant) -> str:
    """The fault as a unified difference, with the line in its head."""
    source = (root / mutant.path).read_bytes()
    before, after = source.decode().splitlines(), mutant.apply(source).decode().splitlines()
    name = f"{mutant.path}:{line_of(source, mutant)}"
    return "\n".join(difflib.unified_diff(before, after, name, "mutant", n=1, lineterm=""))


def table(verdicts: Sequence[tuple[str, str]]) -> str:
    """A row for each package: mutants that ran, were killed, survived, timed out; the share noticed."""
    counts = Counter(verdicts)
    rows = ["| package | run | killed | survived | timed out | noticed |", "|---|---|---|---|---|---|"]
    for name in [*sorted({package for package, _ in verdicts}), "all"]:
        killed, survived, late = (
            sum(number for (package, verdict), number in counts.items() if verdict == kind and name in {package, "all"})
            for kind in (KILLED, SURVIVED, TIMED_OUT)
        )
        every = killed + survived + late
        rows.append(f"| {name} | {every} | {killed} | {survived} | {late} | {(killed + late) / every:.0%} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
