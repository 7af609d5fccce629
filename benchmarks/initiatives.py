"""Finding initiatives, what uses them and their rungs, against reading the same rows and against Git itself.

    python benchmarks/initiatives.py [--changes 20000] [--repository REPO]

Of a made-up repository (changes of some files each, a tenth of them AI work in a few folders, import statements in two
of five) the model is measured whole and in parts; its baseline is to turn the same columns of paths and imports into
Python's rows, which is the least that a model in Python can do. Rungs are measured on a thousand initiatives with as
many changes as they have there, against sorting their times. With REPO, a clone with file contents, the reading of
import statements is measured against `git log --raw` of the same source files and against `git cat-file` of their
contents; `git ls-tree` of the newest state says how much a single state is.

Medians of three rounds in one process; the figures to keep are the ratios. On a busy machine with two cores, 20,000
changes (100,000 paths, 25,000 statements): the model takes 40 to 65 times as long as the rows alone (0.2 to 0.3 ms a
change), a third of it for finding; rungs take four to seven times as long as sorting their times (under a millisecond
an initiative of 400 changes). Import statements of karakeep and paperless-ngx take 1.6 times as long as
`git log --raw`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analytics.initiatives import Work, climb
from collectors.git.process.command import LOG, Git
from collectors.git.readers.import_statements import ENDINGS
from collectors.git.readers.imports import ImportReader
from collectors.git.repository.repository import open_repository
from warehouse.initiatives import InitiativeRules, Piece, initiatives_in
from warehouse.models.initiatives.initiatives import initiatives

ROUNDS = 3
START = datetime(2024, 1, 1)
AI = ("ranking", "assistant", "llm", "embeddings", "fraud_scoring")
OTHER = tuple(f"area_{number}" for number in range(60))
PATHS_A_CHANGE = 5
CLIMBS = 1_000


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=20_000)
    parser.add_argument("--repository", type=Path)
    given = parser.parse_args()
    tables = made(given.changes, random.Random(1))
    rules = InitiativeRules()
    base = median(lambda: [tables[name].to_pylist() for name in ("commit_files", "imports")])
    found = initiatives(tables, rules)
    rows = {name: table.num_rows for name, table in (tables | found).items()}
    print(f"{given.changes:,} changes, {rows['commit_files']:,} paths, {rows['imports']:,} statements:")
    print(f"{rows['initiatives']} initiatives, {rows['initiative_uses']:,} uses")
    line("paths and imports as Python's rows", base, base)
    line("finding alone", median(lambda: initiatives_in("git:a/b", pieces(tables), rules)), base)
    line("the model: finding, uses, removal", median(lambda: initiatives(tables, rules)), base)
    rungs(found["initiative_changes"].num_rows // max(found["initiatives"].num_rows, 1))
    if given.repository:
        reading(given.repository.resolve())


def made(changes: int, dice: random.Random) -> dict[str, pa.Table]:
    """The tables that the model reads, of a made-up repository."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("changes", "classification", "commits")}
    rows |= {"commit_files": [], "imports": []}
    as_of = START + timedelta(hours=changes)
    for number in range(changes):
        at, key, ai = START + timedelta(hours=number), f"#{number}", dice.random() < 0.1
        sha, change_id = f"{number:040x}", f"git:a/b#{number}"
        rows["changes"].append(
            {"repo_id": "git:a/b", "change_id": change_id, "change_key": key, "sha": sha, "title": "A change"}
            | {"head_ref": "", "labels": "", "landed_by": "squash", "reverted_by": None, "first_commit_at": at}
            | {"opened_at": at, "code_complete_at": at, "merged_at": at, "as_of": as_of}
        )
        rows["classification"].append({"change_id": change_id, "builds_ai": ai, "built_with_ai": "none"})
        rows["commits"].append({"sha": sha, "committed_at": at, "message": "A change"})
        area = dice.choice(AI if ai else OTHER)
        for path in {
            f"app/{area}/part_{dice.randrange(40)}/file_{dice.randrange(20)}.py" for _ in range(PATHS_A_CHANGE)
        }:
            rows["commit_files"].append({"sha": sha, "path": path, "status": "M", "old_path": None})
            if dice.random() < 0.25:
                module = f"app.{dice.choice((*AI, *OTHER))}.part_{dice.randrange(40)}.file_{dice.randrange(20)}"
                rows["imports"].append({"sha": sha, "path": path, "kind": "import", "module": module, "added": True})
    schemas = {
        "change_commits": ("change_key", "sha"),
        "added_lines": ("sha", "path", "line"),
        "foreign_imports": ("user_repo_id", "change_id", "merged_at", "path", "language", "module", "folder", "added"),
    }
    empty = {
        name: pa.table({column: pa.array([], pa.string()) for column in columns}) for name, columns in schemas.items()
    }
    return empty | {name: pa.Table.from_pylist(each) for name, each in rows.items()}


def pieces(tables: dict[str, pa.Table]) -> list[Piece]:
    """The changes as finding looks at them."""
    paths: dict[str, list[str]] = {}
    for sha, path in zip(*(tables["commit_files"][name].to_pylist() for name in ("sha", "path")), strict=True):
        paths.setdefault(sha, []).append(path)
    ai = tables["classification"]["builds_ai"].to_pylist()
    made = []
    for row, builds_ai in zip(tables["changes"].to_pylist(), ai, strict=True):
        changed = tuple(sorted(paths.get(row["sha"], ())))
        made.append(Piece(row["change_id"], "", "", (), builds_ai, builds_ai, row["merged_at"], changed))
    return made


def rungs(changes: int) -> None:
    """Climbing, against sorting the same times."""
    dice = random.Random(2)
    work = []
    for number in range(changes):
        at = START + timedelta(hours=dice.randrange(20_000))
        work.append(
            Work(
                change_id=f"#{number}",
                repo="a/b",
                sandboxed=False,
                author="ann",
                person=True,
                began_at=at,
                code_complete_at=at,
                merged_at=at,
                arrived_at=at + timedelta(hours=9),
                observed=True,
                abandoned_at=None,
            )
        )
    times = [at for one in work for at in (one.began_at, one.merged_at, one.arrived_at) if at is not None]
    as_of, window = START + timedelta(hours=30_000), timedelta(days=90)
    base = median(lambda: [sorted(times) for _ in range(CLIMBS)])
    print(f"\n{CLIMBS:,} initiatives of {changes:,} changes")
    line("their times sorted", base, base)
    line("their rungs", median(lambda: [climb(work, (), (), window=window, as_of=as_of) for _ in range(CLIMBS)]), base)


def reading(folder: Path) -> None:
    """Import statements of a real repository, against what Git takes for the same files."""
    repository = open_repository(folder, folder.name)
    git = repository.git
    options = ("--no-renames", "--diff-merges=off", "--branches", "--tags", "--no-merges")
    source = ("--", *(f"*{ending}" for ending in ENDINGS))
    shas = git.output(*LOG, *options, "--format=%H", *source).decode().split()
    log = (*LOG, "-z", "--raw", *options, "--format=%H", *source)
    base = median(lambda: git.output(*log))
    blobs = contents(git, log)

    def imports() -> int:
        reader = ImportReader(git, repository.id_length)
        return sum(1 for _ in reader.read(reader.changes_of(shas)))

    statements = imports()
    print(f"\n{folder}: {len(shas):,} commits, {len(blobs):,} contents, {statements:,} statements")
    line("git ls-tree -r HEAD", median(lambda: git.output("ls-tree", "-r", "-z", "HEAD")), base)
    line("git log --raw of source files", base, base)
    stdin = "".join(f"{blob}\n" for blob in blobs).encode()
    line("git cat-file of their contents", median(lambda: drained(git, stdin)), base)
    line("import statements", median(imports), base)


def contents(git: Git, log: tuple[str, ...]) -> list[str]:
    """The ids of all contents before and after."""
    fields = git.output(*log).decode("utf-8", "replace").split("\0")
    ids = {oid for field in fields if field.lstrip("\n").startswith(":") for oid in field.split(" ")[2:4]}
    return sorted(oid for oid in ids if oid.strip("0"))


def drained(git: Git, stdin: bytes) -> None:
    """Read all contents and keep none."""
    with git.stream("cat-file", "--batch", "--buffer", stdin=stdin) as printed:
        while printed.read(1 << 20):
            pass


def median(run: Callable[[], object]) -> float:
    """Seconds."""
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def line(name: str, seconds: float, base: float) -> None:
    """One row."""
    print(f"  {name:<38} {seconds * 1e3:10,.1f} ms  {seconds / base:7.2f} x")


if __name__ == "__main__":
    main()
