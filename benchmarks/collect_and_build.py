"""A first `headway collect` with its build, against `git log` of the same refs.

    python benchmarks/collect_and_build.py REPO [--rounds N] [--beside CHECKOUT] [--settings FILE]

REPO is a folder with a repository, bare or not; nothing is written to it. Each round runs Git and then Headway in
processes of their own, into a warehouse that is removed, so that both meet the same machine. Seconds are those of the
user on all processors, children too; the figures to keep are the ratios of the medians. With `--beside` another
checkout of Headway, such as an earlier commit, takes turns with this one, under the same Python. With `--settings`
so do runs with these settings, such as `[inference] services = false`.

In December 2026, beside the commit before changes were recognised as forges land them (d692592): cobra, heads and tags,
1.03 (nine rounds at a load of 25 to 30 on two processors; the fastest of both took 2.43 s).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent.parent
GIT_LOG = ("log", "-z", "--raw", "-M100%")
# The refs that a clone in a folder is read from: branches, tags and the heads of requests.
REFS = ("--branches", "--tags", "--remotes", "--glob=refs/pull/*/head", "--glob=refs/merge-requests/*/head")
PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from cli.main import main; sys.exit(main())"


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beside", type=Path, help="another checkout of Headway")
    parser.add_argument("--settings", type=Path, help="settings of a second series of runs")
    given = parser.parse_args()
    repository = given.repository.resolve()
    checkouts = [HERE] + ([given.beside.resolve()] if given.beside else [])
    logs: list[float] = []
    runs: dict[Path, list[float]] = {checkout: [] for checkout in checkouts}
    others: list[float] = []
    for _ in range(given.rounds):
        logs.append(user_seconds("git", "-C", str(repository), *GIT_LOG, *REFS))
        for checkout in checkouts:
            runs[checkout].append(collect_and_build(checkout, repository))
        if given.settings:
            others.append(collect_and_build(HERE, repository, given.settings.resolve()))
    base = statistics.median(logs)
    print(f"{repository.name}: user CPU, medians of {given.rounds}\n")
    print(f"{'git log -z --raw -M100%':44}{base:9.2f} s")
    for checkout, seconds in runs.items():
        name = "headway collect, with its build" + ("" if checkout == HERE else ", beside")
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        median = statistics.median(seconds)
        print(f"{name:44}{median:9.2f} s  {median / base:6.2f} x  {spread}")
    if given.settings:
        print(f"{f'with {given.settings.name}':44}{statistics.median(others):9.2f} s")
        print(f"{'without, of with':44}{statistics.median(runs[HERE]) / statistics.median(others):11.2f}")
    if given.beside:
        here, beside = (statistics.median(runs[checkout]) for checkout in checkouts)
        print(f"{'this checkout, of the one beside':44}{here / beside:11.2f}")


def collect_and_build(checkout: Path, repository: Path, settings: Path | None = None) -> float:
    """User seconds of a first run in a new warehouse."""
    config = ("--config", str(settings)) if settings else ()
    with TemporaryDirectory() as folder:
        argv = (
            sys.executable,
            "-c",
            PROGRAM,
            str(checkout),
            "collect",
            *config,
            "--warehouse",
            folder,
            str(repository),
        )
        return user_seconds(*argv, cwd=folder)


def user_seconds(*argv: str, cwd: str | None = None) -> float:
    """What a process and its children take; without this, Python would compile every module again."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(argv, check=True, capture_output=True, cwd=cwd, env=environment)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


if __name__ == "__main__":
    main()
