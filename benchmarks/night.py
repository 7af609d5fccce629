"""What nights cost: nothing new, one repository changed, all watermarks moved, a full build; and many small ones.

    python benchmarks/night.py REPO... [--changed N] [--times 4] [--small REPO] [--copies 640]

Each REPO is a folder with a repository, bare or not; nothing is written to it: mirrors that share its objects are read,
into a warehouse that is removed. The night brings fifty commits to the Nth of them (default: the first). After sixty
quiet nights `headway status` runs once more. With `--times` the rows of all are copied until there are so many times as
many repositories, with `--small` those of that one repository; each copy is a source of its own. Seconds are processor
time, user and system, all processors and children; megabytes are the peak of one process. The figures to keep are the
ratios to `headway status`, which has to start and to read the warehouse as every run has.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from headway.raw_tables import TABLES, Checkpoint, Rows  # noqa: E402
from warehouse.store import Commit, RawStore  # noqa: E402

PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from cli.main import main; sys.exit(main())"
NEW_COMMITS = 50
QUIET_NIGHTS = 60
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cost:
    """Processor seconds and peak megabytes of one command."""

    seconds: float
    megabytes: float


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", type=Path, nargs="+", metavar="REPO")
    parser.add_argument("--changed", type=int, default=1, help="which repository the night changes")
    parser.add_argument("--times", type=int, default=1, help="how many times the repositories are there in the end")
    parser.add_argument("--small", type=Path, help="a small repository to copy")
    parser.add_argument("--copies", type=int, default=640)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        base = Path(folder)
        for step, cost in nights(base, options.repositories, options.changed, options.times):
            show(step, cost)
    if options.small:
        with TemporaryDirectory() as folder:
            for step, cost in many(Path(folder), options.small, options.copies):
                show(step, cost)


def nights(base: Path, repositories: list[Path], changed: int, times: int) -> Iterator[tuple[str, Cost]]:
    """A first run, and what later ones cost."""
    mirrors = [mirror(path, base / f"{path.name}-{number}") for number, path in enumerate(repositories, 1)]
    targets = [str(path) for path in mirrors]
    yield "first collect, with its build", headway(base, "collect", *targets)
    yield "status", headway(base, "status")
    yield "collect, nothing new", headway(base, "collect", *targets)
    add_commits(mirrors[changed - 1])
    yield f"collect, {NEW_COMMITS} commits on repository {changed}", headway(base, "collect", *targets)
    store = RawStore(base / "headway-data")
    move_watermarks(store)
    yield "build, all watermarks moved", headway(base, "build")
    yield "build --full", headway(base, "build", "--full")
    for _ in range(QUIET_NIGHTS):
        move_watermarks(store)
    yield f"status after {QUIET_NIGHTS} quiet nights", headway(base, "status")
    if times > 1:
        copy_rows(store, times - 1)
        yield f"{times * len(repositories)} repositories: build --full", headway(base, "build", "--full")


def many(base: Path, repository: Path, copies: int) -> Iterator[tuple[str, Cost]]:
    """Builds of many small repositories."""
    headway(base, "collect", str(mirror(repository, base / repository.name)))
    copy_rows(RawStore(base / "headway-data"), copies - 1)
    yield f"{copies} small repositories: build --full", headway(base, "build", "--full")
    yield f"{copies} small repositories: status", headway(base, "status")
    yield f"{copies} small repositories: build, nothing new", headway(base, "build")


def headway(base: Path, *arguments: str) -> Cost:
    """Run a command in a folder; its costs, those of its children too."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    argv = [sys.executable, "-c", PROGRAM, str(HERE), *arguments]
    with (base / "output.txt").open("w") as output:
        process = subprocess.Popen(argv, cwd=base, stdout=output, stderr=output, env=environment)
        _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit((base / "output.txt").read_text())
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def mirror(repository: Path, folder: Path) -> Path:
    """A repository of its own, with the objects of another."""
    git("clone", "--quiet", "--mirror", "--shared", str(repository), str(folder))
    return folder


def add_commits(repository: Path) -> None:
    """Changes to files that are there, on the default branch."""
    branch = git("-C", str(repository), "symbolic-ref", "HEAD").strip()
    paths = git("-C", str(repository), "ls-tree", "-r", "--name-only", "-z", "HEAD").split("\0")[:-1]
    plain = [path for path in paths if path.isprintable() and '"' not in path][:: max(1, len(paths) // NEW_COMMITS)]
    tip, at = git("-C", str(repository), "log", "-1", "--format=%H %ct", "HEAD").split()
    stream = [f"feature done\nreset {branch}\nfrom {tip}\n"]
    for number in range(NEW_COMMITS):
        subject = f"Improve part {number} (#{990_000 + number})\n"
        who = f"Someone <someone@example.com> {int(at) + 600 * (number + 1)} +0000"
        stream.append(f"commit {branch}\ncommitter {who}\ndata {len(subject)}\n{subject}")
        stream.append(f"M 100644 inline {plain[number % len(plain)]}\ndata {len(str(number))}\n{number}\n")
    git("-C", str(repository), "fast-import", "--quiet", "--force", text="".join(stream) + "done\n")


def git(*arguments: str, text: str = "") -> str:
    """What Git prints."""
    return subprocess.run(("git", *arguments), check=True, capture_output=True, text=True, input=text).stdout


def move_watermarks(store: RawStore) -> None:
    """Every source is known a day further, and brought nothing."""
    for source, commit in store.latest().items():
        assert commit.watermark_at is not None, source
        batch = store.begin(source, store.moment(commit.collected_at + timedelta(seconds=1)), after=commit)
        batch.commit(Checkpoint(commit.resumed(), commit.watermark_at + DAY, commit.repo_ids))


def copy_rows(store: RawStore, copies: int) -> None:
    """Copy the rows of each source, which feeds one repository, under other names; each copy is a source."""
    commits = store.commits()
    for source, newest in store.latest(commits).items():
        (repo_id,) = newest.repo_ids
        files = store.files([commit for commit in commits if commit.source == source])
        tables = {
            name: pa.concat_tables([pq.read_table(path, schema=TABLES[name].schema) for path in paths])
            for name, paths in files.items()
            if paths
        }
        for number in range(copies):
            copy_of_source(store, f"{source}-{number}", f"{repo_id}-{number}", tables, newest)


def copy_of_source(store: RawStore, source: str, repo_id: str, tables: dict[str, pa.Table], like: Commit) -> None:
    """One batch with these rows under the name of another repository."""
    batch = store.begin(source, like.collected_at)
    for name, rows in tables.items():
        at = rows.schema.get_field_index("repo_id")
        names = pa.array([repo_id] * len(rows), rows.schema.field(at).type)
        batch.write(Rows(name, rows.set_column(at, rows.schema.field(at), names)))
    batch.commit(Checkpoint({}, like.watermark_at, (repo_id,)))


def show(step: str, cost: Cost) -> None:
    """One line of the table."""
    print(f"{step:60}{cost.seconds:9.2f} s{cost.megabytes:9.0f} MB", flush=True)


if __name__ == "__main__":
    main()
