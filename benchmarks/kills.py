"""Nights that are killed: `headway collect`, with its build, ends by SIGKILL at a random moment, again and again.

    python benchmarks/kills.py [--kills 200] [--seed N]

Each night brings commits to one of three small repositories that it makes, in a folder that is removed, and is killed;
one in ten is left alone. After the last one an undisturbed run follows. Then nothing may be left over, what was built
on what was there must equal a full build of the same rows, in all tables, and the lead times must equal those of a new
warehouse that reads the repositories once. Exits with 1 where any of it does not hold.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from cli.main import main as headway  # noqa: E402

# Loaded before processes are forked, which then need not load it; nothing of it runs in this one before the end.
from warehouse.publish import current  # noqa: E402

NAMES = ("shop", "api", "site")


def main() -> int:
    """Kill nights, then compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        temporary = base / "tmp"
        temporary.mkdir()
        os.environ["TMPDIR"] = str(temporary)
        tempfile.tempdir = None
        for number, name in enumerate(NAMES):
            git("init", "--quiet", "--bare", "--initial-branch=main", str(base / name))
            add_commits(base / name, number)
        began = time.monotonic()
        run(base, "nights", "collect", *targets(base))
        lasts = time.monotonic() - began
        killed = 0
        for night in range(options.kills):
            add_commits(base / dice.choice(NAMES), 100 + night)
            wait = None if dice.random() < 0.1 else dice.uniform(0, 1.1 * lasts)
            killed += run(base, "nights", "collect", *targets(base), kill_after=wait)
        print(f"{killed} of {options.kills} nights were killed; an undisturbed one takes {lasts:.1f} s")
        run(base, "nights", "collect", *targets(base))
        problems = [f"left over: {path.relative_to(base)}" for path in leftovers(base)]
        grown = base / "grown.duckdb"
        os.link(current(base / "nights"), grown)
        run(base, "nights", "build", "--full")
        run(base, "once", "collect", *targets(base))
        problems += [f"differs from a full build: {table}" for table in differing(grown, current(base / "nights"))]
        problems += [
            f"differs from a warehouse that read once: {table}"
            for table in differing(grown, current(base / "once"), tables=("lead_times", "deployments"))
        ]
    print("\n".join(problems) or "nothing is left over, and all rows are equal")
    return 1 if problems else 0


def targets(base: Path) -> list[str]:
    """The folders of the repositories."""
    return [str(base / name) for name in NAMES]


def run(base: Path, warehouse: str, *arguments: str, kill_after: float | None = None) -> bool:
    """Run a command in a process of its own; returns whether it was killed before it ended."""
    child = os.fork()
    if child == 0:
        with (base / "output.txt").open("w") as output:
            for stream in (1, 2):
                os.dup2(output.fileno(), stream)
            os.chdir(base)
            sys.argv = ["headway", "--warehouse", str(base / warehouse), *arguments]
            code = 1
            try:
                code = headway() or 0
            except SystemExit as end:
                code = int(end.code or 0)
            finally:
                sys.stderr.flush()
                os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.waitstatus_to_exitcode(status):
        sys.exit((base / "output.txt").read_text())
    return False


def add_commits(repository: Path, number: int) -> None:
    """A few commits on the default branch, with files, a dependency and now and then a tag; the same every time."""
    tip = git("-C", str(repository), "rev-parse", "--verify", "--quiet", "main", check=False).strip()
    stream = [f"feature done\nreset refs/heads/main\n{f'from {tip}' if tip else ''}\n"]
    for step in range(3):
        at = 1_700_000_000 + number * 90_000 + step * 600
        subject = f"Improve part {number}.{step} (#{number * 10 + step})\n"
        line = f"dependency-{number}=={step}\n"
        stream.append(f"commit refs/heads/main\ncommitter Someone <someone@example.com> {at} +0000\n")
        stream.append(f"data {len(subject)}\n{subject}")
        paths = (f"part{number % 7}/file{step}.py", "requirements.txt")
        stream += [f"M 100644 inline {path}\ndata {len(line)}\n{line}\n" for path in paths]
    if number % 3 == 0:
        stream.append(f"reset refs/tags/v1.{number}.0\nfrom refs/heads/main\n\n")
    git("-C", str(repository), "fast-import", "--quiet", "--force", text="".join(stream) + "done\n")


def git(*arguments: str, text: str = "", check: bool = True) -> str:
    """What Git prints."""
    return subprocess.run(("git", *arguments), check=check, capture_output=True, text=True, input=text).stdout


def leftovers(base: Path) -> list[Path]:
    """Files and folders that only a run that was killed leaves, but for raw files, which are kept for a day."""
    warehouse = base / "nights"
    unfinished = [*warehouse.glob("*.building*"), *warehouse.glob(".*.tmp"), *warehouse.glob("runs/.*.tmp")]
    unfinished += [
        *warehouse.glob("cache/.*.tmp"),
        *warehouse.glob("cache/collecting"),
        *warehouse.glob("cache/spill/*"),
        *(base / "tmp").iterdir(),
    ]
    return [path for path in unfinished if path.exists()]


def differing(one: Path, other: Path, tables: tuple[str, ...] = ()) -> list[str]:
    """The tables, all or these, of which the rows of two published files differ."""
    import duckdb

    with duckdb.connect() as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        query = "select table_name from duckdb_tables() where database_name = 'one' and schema_name = 'main' order by 1"
        listed = connection.execute(query)
        names = tables or tuple(name for (name,) in listed.fetchall())

        def differs(table: str) -> bool:
            # A quiet night moves only the time at which sources were read, and builds nothing.
            columns = "* exclude (collected_at)" if table == "source_watermarks" else "*"
            before, now = (f'select {columns} from {name}."{table}"' for name in ("one", "other"))  # noqa: S608
            return bool(
                connection.execute(f"({before} except all {now}) union all ({now} except all {before})").fetchall()
            )

        return [table for table in names if differs(table)]


if __name__ == "__main__":
    sys.exit(main())
