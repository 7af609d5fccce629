"""Commands that are killed: each ends by SIGKILL at a random moment, again and again, while others read.

    python benchmarks/kills.py [--kills 200] [--readers 20] [--pause 1.0] [--minutes N] [--seed N]

Three small repositories are made in a folder that is removed, and a fourth one that is collected and forgotten again
and again. Of twenty commands ten are `collect` (which builds, publishes and merges batches: here from four on), three
`build`, one of them with `--full`, three `forget`, two `backup` and two `restore`; one in ten is left alone. Meanwhile
readers open `headway.duckdb` as any tool does, and each fifth runs `headway export`: no read may fail, and none may see
fewer changes than one before.

After the last kill an undisturbed run follows. Then nothing may be left over, raw files that nobody names are gone a
day later, what was built on what was there must equal a full build of the same rows and a restored backup, in all
tables, and the lead times must equal those of a new warehouse that reads the repositories once. Exits with 1 where any
of it does not hold.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from cli.main import main as headway  # noqa: E402

# Loaded before processes are forked, which then need not load it; nothing of it runs in this one before the end.
from warehouse.publish import current  # noqa: E402
from warehouse.store import RawStore  # noqa: E402
from warehouse.upkeep import compaction  # noqa: E402

NAMES = ("shop", "api", "site")
RETIRED = "retired"
COMMANDS = (
    *("collect", "forget", "backup", "collect", "restore", "collect", "build", "collect", "forget", "collect"),
    *("build --full", "collect", "backup", "collect", "forget", "collect", "restore", "collect", "build", "collect"),
)
MANY_BATCHES = 4
DAYS = 2
SETTINGS = "[metrics]\nfile = 'metrics/headway.prom'\n"
READ = f"select count(*), count(distinct change_id) from lead_times where change_id not like '%{RETIRED}%'"  # noqa: S608


def main() -> int:
    """Kill commands, then compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--pause", type=float, default=1.0, help="mean seconds between two reads of a reader")
    parser.add_argument("--minutes", type=float, default=600, help="kill nothing after so many minutes")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    compaction.MOST_BATCHES = MANY_BATCHES
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder).resolve()
        for name in ("tmp", "metrics", "backups", "reads"):
            (base / name).mkdir()
        (base / "headway.toml").write_text(SETTINGS)
        os.environ["TMPDIR"], tempfile.tempdir = str(base / "tmp"), None
        for number, name in enumerate((*NAMES, RETIRED)):
            git("init", "--quiet", "--bare", "--initial-branch=main", str(base / name))
            add_commits(base / name, number)
        rounds = Rounds(base, random.Random(options.seed))
        readers = [fork(partial(read, base, place, options.pause)) for place in range(options.readers)]
        end = time.monotonic() + 60 * options.minutes
        for number in range(options.kills):
            if time.monotonic() < end:
                rounds.play(number)
        (base / "stop").touch()
        statuses = [os.waitpid(reader, 0)[1] for reader in readers]
        print(f"killed before their end: {rounds}; an undisturbed collect takes {rounds.lasts['collect']:.1f} s")
        problems = [f"reader {place} died" for place, status in enumerate(statuses) if status]
        problems += read_problems(base)
        problems += rounds.problems + end_problems(base)
    print("\n".join(problems) or "nothing is left over, and all rows are equal")
    return 1 if problems else 0


class Rounds:
    """Commands one after the other, each on what the ones before left."""

    def __init__(self, base: Path, dice: random.Random) -> None:
        self.base, self.dice = base, dice
        self.runs: Counter[str] = Counter()
        self.killed: Counter[str] = Counter()
        self.problems: list[str] = []
        self.lasts: dict[str, float] = {}
        self._backup = base / "backups" / "nights.tar"
        for arguments in (("collect", *targets(base)), ("build", "--full"), ("backup", str(self._backup))):
            self.timed("nights", *arguments)
        self.timed("restored", "restore", str(self._backup))
        run(base, "nights", "collect", str(base / RETIRED))
        self.timed("nights", "forget", f"git:{base / RETIRED}", "--yes")

    def __str__(self) -> str:
        total = f"{sum(self.killed.values())} of {sum(self.runs.values())} commands"
        return ", ".join((total, *self._by_command()))

    def _by_command(self) -> list[str]:
        return [f"{self.killed[name]} of {self.runs[name]} {name}" for name in sorted(self.runs)]

    def timed(self, warehouse: str, *arguments: str) -> None:
        """Run a command undisturbed, and note how long it takes."""
        began = time.monotonic()
        run(self.base, warehouse, *arguments)
        self.lasts[arguments[0]] = time.monotonic() - began

    def play(self, number: int) -> None:
        """One command of twenty, killed or not."""
        command, *options = COMMANDS[number % len(COMMANDS)].split()
        warehouse = "nights"
        if command == "collect":
            add_commits(self.base / self.dice.choice(NAMES), 100 + number)
            options = targets(self.base)
        elif command == "forget":
            run(self.base, "nights", "collect", str(self.base / RETIRED))
            options = [f"git:{self.base / RETIRED}", "--yes"]
        elif command == "backup":
            options = [str(self._backup)]
        elif command == "restore":
            shutil.rmtree(self.base / "restored", ignore_errors=True)
            warehouse, options = "restored", [str(self._backup)]
        wait = None if self.dice.random() < 0.1 else self.dice.uniform(0, 1.1 * self.lasts[command])
        self.runs[command] += 1
        killed = run(self.base, warehouse, command, *options, kill_after=wait)
        self.killed[command] += killed
        if command == "restore" and killed:
            self.problems += self.restored_again(number)

    def restored_again(self, number: int) -> list[str]:
        """What is wrong after another `restore`, or where the first had put all rows in their place, a build."""
        store = RawStore(self.base / "restored")
        if store.commits():
            run(self.base, "restored", "build")
        else:
            run(self.base, "restored", "restore", str(self._backup))
        left = leftovers(self.base, "restored")
        return [f"restore {number} left {path.name}" for path in left if path.parent != self.base / "tmp"]


def read(base: Path, place: int, pause: float) -> None:
    """Read again and again until it is time to stop; each line of the file says how a read ended."""
    dice, before = random.Random(place), 0
    with (base / "reads" / str(place)).open("w") as journal:
        while not (base / "stop").exists():
            if place % 5 == 4:
                error = exported(base, base / "reads" / f"{place}.csv")
            else:
                error, before = opened(base / "nights" / "headway.duckdb", before)
            journal.write(f"{'export' if place % 5 == 4 else 'open'} {error}\n")
            time.sleep(dice.uniform(0, 2 * pause) * (10 if place % 5 == 4 else 1))


def opened(path: Path, before: int) -> tuple[str, int]:
    """What went wrong when a tool that knows nothing of Headway read the file, and how many changes it saw."""
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            ((changes, ids),) = connection.execute(READ).fetchall()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the benchmark looks for
        return f"{type(error).__name__}: {error}".replace("\n", " "), before
    if changes < before or changes != ids:
        return f"{changes} changes, {ids} ids, after {before}", before
    return "", changes


def exported(base: Path, path: Path) -> str:
    """What went wrong in an export."""
    try:
        run(base, "nights", "export", "lead-time", "--out", str(path), output=path.with_suffix(".txt"))
    except SystemExit as error:
        return str(error.code).replace("\n", " ") or "failed without a word"
    return ""


def read_problems(base: Path) -> list[str]:
    """Print how many reads there were; those that failed."""
    lines = [line for path in (base / "reads").iterdir() if not path.suffix for line in path.read_text().splitlines()]
    counts = Counter(line.split(" ", 1)[0] for line in lines)
    print(", ".join(f"{count} times {kind}" for kind, count in sorted(counts.items())) or "no reads")
    return [f"a reader failed: {line}" for line in lines if line.split(" ", 1)[1]]


def end_problems(base: Path) -> list[str]:
    """What is left over, or differs, after undisturbed runs."""
    run(base, "nights", "collect", str(base / RETIRED))
    run(base, "nights", "forget", f"git:{base / RETIRED}", "--yes")
    run(base, "nights", "collect", *targets(base))
    backup = base / "backups" / "nights.tar"
    run(base, "nights", "backup", str(backup))
    problems = [f"left over: {path.relative_to(base)}" for path in leftovers(base)]
    grown = base / "grown.duckdb"
    os.link(current(base / "nights"), grown)
    run(base, "nights", "build", "--full")
    run(base, "once", "collect", *targets(base))
    shutil.rmtree(base / "restored", ignore_errors=True)
    run(base, "restored", "restore", str(backup))
    problems += [f"differs from a full build: {table}" for table in differing(grown, current(base / "nights"))]
    problems += [f"differs from a restored backup: {table}" for table in differing(grown, current(base / "restored"))]
    problems += [
        f"differs from a warehouse that read once: {table}"
        for table in differing(grown, current(base / "once"), tables=("lead_times", "deployments"))
    ]
    return problems + loose(base)


def loose(base: Path) -> list[str]:
    """Raw files that no batch names, some days later."""
    store = RawStore(base / "nights")
    before = time.time() - DAYS * 86_400
    for path in store.folder.rglob("*"):
        if path.is_file():
            os.utime(path, (before, before))
    run(base, "nights", "collect", *targets(base))
    commits = store.commits()
    named = {path for paths in store.files(commits).values() for path in paths} | store.resume_files(commits)
    named |= {store.commits_folder / commit.name for commit in commits}
    return [f"left over: {path}" for path in store.folder.rglob("*") if path.is_file() and path not in named]


def targets(base: Path) -> list[str]:
    """The folders of the repositories."""
    return [str(base / name) for name in NAMES]


def run(
    base: Path, warehouse: str, *arguments: str, kill_after: float | None = None, output: Path | None = None
) -> bool:
    """Run a command in a process of its own; returns whether it was killed before it ended."""
    output = output or base / "output.txt"

    def command() -> int:
        with output.open("w") as file:
            for stream in (1, 2):
                os.dup2(file.fileno(), stream)
        os.chdir(base)
        sys.argv = ["headway", "--warehouse", str(base / warehouse), *arguments]
        return headway() or 0

    child = fork(command)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{arguments}: {output.read_text()}")
    return False


def fork(work: Callable[[], int | None]) -> int:
    """Do some work in a process of its own; its id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        code = work() or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stderr.flush()
        os._exit(code)


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


def leftovers(base: Path, name: str = "nights") -> list[Path]:
    """Files and folders that only a run that was killed leaves, but for raw files, which are kept for a day."""
    warehouse = base / name
    unfinished = [*warehouse.glob("*.building*"), *warehouse.glob(".*.tmp"), *warehouse.glob("runs/.*.tmp")]
    unfinished += [*warehouse.glob("raw.*"), *base.glob("backups/.*"), *base.glob("metrics/.*")]
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
