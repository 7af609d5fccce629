"""A simulated year of nights: files, bytes and processor seconds, and whether each night equals a full build.

    python benchmarks/year.py [--nights 365] [--history 300] [--seed 1] [--minutes N] [--rows FILE.csv]

It builds four small repositories with `--history` pull requests in a folder that is removed, one of them behind a URL,
and a file of deployments. Then `headway collect` runs night after night under a clock that is set. Three nights of
seven bring one to three pull requests, the others nothing. In between: releases, force pushes of a request and of a
default branch, changed settings, new repositories, a source that ends and is forgotten later, one night under a clock
that is 40 days ahead, nights that end by SIGKILL, nights in a process of their own, a backup every seventh night.

Every thirtieth night, and the last, is compared in two ways.

- *Equal*: a copy of the warehouse is built with `--full`; the rows of all tables must be the same.
- *Young*: just before, all sources are collected once into a new warehouse; then both warehouses read the same night.
  What the old one costs or holds beyond the young one is what its age costs. What both share is what was collected.

The clock of files is set too: what a night wrote in `raw/` is as old as the night. Exits with 1 where rows differ or
something is left over; and, from six comparisons on, where the old warehouse takes a fifth more seconds than the young
ones, or where the files or bytes that its age costs peak a fifth higher in the second half than in the first.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from benchmarks.growing_company import Company  # noqa: E402
from benchmarks.kills import differing, leftovers  # noqa: E402
from cli import main as command_line  # noqa: E402
from warehouse.publish import current  # noqa: E402

BEGAN = datetime(2025, 1, 6, 2, 15)
AHEAD = timedelta(days=40)
AGED = ("raw", "raw/_commits", "raw/_resume", "cache", "runs", "notes", "rejects")
MONTH = 30
MOST_OVER = 1.2
LEAST_COMPARED = 6
PROGRAM = (
    "import sys; from datetime import datetime; sys.path.insert(0, sys.argv[1]); from cli import main\n"
    "at = datetime.fromisoformat(sys.argv[2]); main._Time.now = lambda _: at\n"
    "sys.exit(main.main(sys.argv[3:]))"
)


@dataclass(frozen=True)
class Night:
    """What a night was, what it cost, and what the warehouse held after it."""

    number: int
    kind: str
    seconds: float
    megabytes: float
    files: dict[str, int]
    bytes: dict[str, int]


class Year:
    """Nights of one warehouse, and the comparisons between them."""

    def __init__(self, base: Path, nights: int, history: int, seed: int, minutes: float) -> None:
        self.end = time.monotonic() + 60 * minutes
        self.base, self.nights = base, nights
        self.company = Company(base, random.Random(seed))
        self.history = history
        self.problems: list[str] = []
        self.young: list[tuple[int, Night, Night]] = []
        self.events: Counter[str] = Counter()
        self._every = max(5, MONTH * nights // 365)
        self._lasts = 0.0

    def play(self) -> Iterator[Night]:
        """All nights, one after the other."""
        start = BEGAN - timedelta(days=731)
        for name, share in (("shop", 0.5), ("api", 0.25), ("site", 0.15), ("old", 0.1)):
            self.company.begin(name, int(self.history * share), start)
        self.run("headway-data", BEGAN - timedelta(days=1), "collect")
        for number in range(1, self.nights + 1):
            if time.monotonic() > self.end:
                self.problems.append(f"stopped after {number - 1} nights")
                return
            at = BEGAN + timedelta(days=number - 1)
            compared = number % self._every == 0 or number == self.nights
            if compared:
                shutil.rmtree(self.base / "young", ignore_errors=True)
                self.run("young", at - timedelta(hours=12), "collect")
            kind = self.news(number, at, compared=compared)
            night = self.night(number, at, "news" if compared else kind)
            yield night
            if compared:
                self.compare(number, at, night)

    def news(self, number: int, at: datetime, *, compared: bool) -> str:
        """What happened on the day before; returns what kind of night it makes."""
        company, day, kind = self.company, at - timedelta(hours=15), "quiet"
        if compared or number % 7 in {0, 2, 4}:
            kind = "news"
            for place in range(company.dice.randint(1, 3)):
                name = company.dice.choice([name for name in company.repositories if name != "old"])
                how = company.dice.choice(("squash", "squash", "merge", None))
                company.request(name, day + timedelta(minutes=10 * place), how=how)
                if number % 3 == 0:
                    company.deploy(name, at - timedelta(hours=10))
        return kind if compared else self.changes(number, at, kind)

    def changes(self, number: int, at: datetime, kind: str) -> str:
        """What happens beside the work of a day; returns what kind of night it makes of that kind."""
        company, day = self.company, at - timedelta(hours=15)
        for fraction, event in ((0.22, "repository pay"), (0.6, "repository lab"), (0.45, "until"), (0.7, "forget")):
            if number == self.day(fraction):
                self.once(event, at)
                kind = "changed"
        if number % self._every == 3:
            company.push_over(company.dice.choice(("shop", "api")), day + timedelta(hours=3))
            self.events["force pushes"] += 1
        if number % self._every == 2:
            company.variant += 1
            company.write()
            self.events["changed settings"] += 1
            kind = "changed"
        if number % self._every == 4:  # as a host does; the refs stay files
            for repository in company.repositories.values():
                repository.git("repack", "-a", "-d", "-q")
        return kind

    def day(self, fraction: float) -> int:
        """The night at this share of the year, or the next where that one is compared."""
        number = int(fraction * self.nights)
        return number + 1 if number % self._every == 0 else number

    def once(self, event: str, at: datetime) -> None:
        """What happens once in the year."""
        company = self.company
        self.events[event] += 1
        if event.startswith("repository"):
            company.begin(event.split()[1], self.history // 20, at - timedelta(days=731))
        elif event == "until":
            company.ended["old"] = f"{at:%Y-%m-%d}"
        else:
            company.retired.add("old")
        company.write()
        if event == "forget":
            self.run("headway-data", at - timedelta(hours=1), "forget", f"git:{self.base / 'old'}", "--yes")

    def night(self, number: int, at: datetime, kind: str) -> Night:
        """The night itself: `collect` as cron runs it, in one of several ways, and now and then a backup."""
        if number == self.day(0.33):
            self.events["clock ahead"] += 1
            kind, at = "changed", at + AHEAD
        if kind == "news" and number % self._every == 1:
            self.events["killed"] += self.killed(at)
            kind = "killed"
        seconds, megabytes = 0.0, 0.0
        if number == 1 or number % (2 * self._every) == self._every - 1:
            seconds, megabytes = self.process(at)
            kind = "process"
        elif kind != "killed":
            seconds = self.run("headway-data", at, "collect")
        if number % 7 == 0:
            self.run("headway-data", at + timedelta(hours=2), "backup", str(self.base / "kept" / "headway.tar"))
        self.date_files(at)
        return Night(number, kind, seconds, megabytes, *self.held("headway-data"))

    def run(self, warehouse: str, at: datetime, *arguments: str) -> float:
        """A command in this process under a clock; its processor seconds, those of its children too."""
        output = io.StringIO()
        vars(command_line)["_Time"].now = lambda _: at  # The clock of the program.
        before = _used()
        with contextlib.redirect_stderr(output), contextlib.redirect_stdout(output):
            code = command_line.main(["--warehouse", warehouse, *arguments])
        seconds = _used() - before
        if code:
            sys.exit(f"{arguments} ended with {code}\n{output.getvalue()}")
        return seconds

    def process(self, at: datetime) -> tuple[float, float]:
        """A night in a process of its own: processor seconds and megabytes."""
        began = time.monotonic()
        with (self.base / "output.txt").open("w") as output:
            process = subprocess.Popen(self.command(at), stdout=output, stderr=output)
            _, status, used = os.wait4(process.pid, 0)
        self._lasts = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit((self.base / "output.txt").read_text())
        return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024

    def killed(self, at: datetime) -> bool:
        """A night that ends by SIGKILL at a moment of chance; whether it had not ended before."""
        process = subprocess.Popen(self.command(at), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.company.dice.uniform(0.1, 1.0) * self._lasts)
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL

    def command(self, at: datetime) -> list[str]:
        """A night as a command."""
        return [sys.executable, "-c", PROGRAM, str(HERE), at.isoformat(), "--warehouse", "headway-data", "collect"]

    def date_files(self, at: datetime) -> None:
        """What was written now is of this night: the raw store removes what nobody needs after a day."""
        moment = at.replace(tzinfo=UTC).timestamp()
        for path in (self.base / "headway-data" / "raw").rglob("*"):
            if path.is_file() and path.stat().st_mtime > (BEGAN + timedelta(days=500)).replace(tzinfo=UTC).timestamp():
                os.utime(path, (moment, moment))

    def held(self, warehouse: str) -> tuple[dict[str, int], dict[str, int]]:
        """How many files and bytes the warehouse holds, by kind."""
        files: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        newest = current(self.base / warehouse)
        for path in (self.base / warehouse).rglob("*"):
            if not path.is_file():
                continue
            place = path.relative_to(self.base / warehouse).parts
            kind = place[0] if len(place) > 1 else "notes"
            if path.suffix == ".duckdb":
                kind = "published" if path == newest else "published before"
            elif place[:2] == ("cache", "git"):
                kind = "clones"
            elif kind == "raw" and place[1].startswith("_"):
                kind = f"raw/{place[1]}"
            if path.name != "headway.duckdb":  # another name of the newest
                files[kind] += 1
                sizes[kind] += path.stat().st_size
        return dict(files), dict(sizes)

    def compare(self, number: int, at: datetime, night: Night) -> None:
        """The night beside one of a young warehouse, and its tables beside those of a full build."""
        seconds = self.run("young", at, "collect")
        self.young.append((number, night, Night(number, "young", seconds, 0.0, *self.held("young"))))
        copy = self.base / "copy"
        shutil.copytree(self.base / "headway-data", copy, symlinks=True)
        before = current(self.base / "headway-data")
        self.run("copy", at, "build", "--full")
        self.problems += [f"night {number}: {table} differs" for table in differing(before, current(copy))]
        print(
            f"night {number}: {night.seconds:.2f} s, young {seconds:.2f} s", self.problems, file=sys.stderr, flush=True
        )
        shutil.rmtree(copy)
        if number == self.nights:
            self.run("headway-data", at, "backup", "kept/headway.tar")
            self.run("restored", at, "restore", "kept/headway.tar")
            self.problems += [
                f"restored: {table} differs" for table in differing(before, current(self.base / "restored"))
            ]
        self.problems += [f"night {number}: left over: {path}" for path in leftovers(self.base, "headway-data")]


def main() -> int:
    """Play the nights and print a line for each month."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--history", type=int, default=300, help="pull requests before the first night")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=600, help="stop after so many minutes")
    parser.add_argument("--rows", type=Path, help="a CSV file with a row for each night")
    options = parser.parse_args()
    rows = options.rows.absolute() if options.rows else None
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder).resolve()
        for name in ("tmp", "kept"):
            (base / name).mkdir()
        os.environ["TMPDIR"], tempfile.tempdir = str(base / "tmp"), None
        os.chdir(base)
        year = Year(base, options.nights, options.history, options.seed, options.minutes)
        nights = []
        for night in year.play():
            nights.append(night)
            if rows:
                write_rows(rows, nights)
        year.problems += [f"left over: {path.name}" for path in (base / "kept").iterdir() if path.name[0] == "."]
        show(year, nights)
        if len(year.young) >= LEAST_COMPARED:
            year.problems += age_problems(year.young)
        os.chdir(HERE)
    print("\n".join(year.problems) or "every compared night equals a full build, and nothing is left over")
    return 1 if year.problems else 0


def show(year: Year, nights: list[Night]) -> None:
    """Print the months and what the age of the warehouse costs, and note what is over the bar."""
    print(
        f"{'nights':>9}{'quiet s':>9}{'news s':>9}{'files':>7}{'raw MB':>8}{'published':>10}{'clones':>8}{'other':>7}"
    )
    months = defaultdict(list)
    for night in nights:
        months[(night.number - 1) // MONTH].append(night)
    for month in months.values():
        quiet, news = ([night.seconds for night in month if night.kind == kind] for kind in ("quiet", "news"))
        last, most = month[-1], max(sum(night.files.values()) for night in month)
        sizes = Counter(last.bytes)
        raw = sum(size for kind, size in sizes.items() if kind.startswith("raw"))
        other = sum(sizes[kind] for kind in ("runs", "cache", "notes", "rejects"))
        columns = [f"{size / 1e6:.2f}" for size in (raw, sizes["published"], sizes["clones"], other)]
        print(
            f"{month[0].number:>4}-{last.number:>4}{mean(quiet or [0]):>9.2f}{mean(news or [0]):>9.2f}{most:>7}"
            f"{columns[0]:>8}{columns[1]:>10}{columns[2]:>8}{columns[3]:>7}"
        )
    print("old beside young, the same night:")
    for number, old, young in year.young:
        kinds = sorted(old.bytes.keys() & young.bytes.keys())
        ratios = ", ".join(f"{kind} {old.bytes[kind] / max(1, young.bytes[kind]):.2f}" for kind in kinds)
        print(f"  {number}: {old.seconds:.2f} s beside {young.seconds:.2f} s; bytes {ratios}")
    peaks = [f"{night.megabytes:.0f}" for night in nights if night.megabytes]
    print(f"MB of nights in processes of their own: {' '.join(peaks)}")
    print(", ".join(f"{event} {count}" for event, count in sorted(year.events.items())))


def age_problems(young: list[tuple[int, Night, Night]]) -> list[str]:
    """Where the age of the warehouse costs more than a fifth."""
    seconds = sum(old.seconds for _, old, _ in young), sum(new.seconds for _, _, new in young)
    problems = [] if seconds[0] <= MOST_OVER * seconds[1] else [f"seconds: {seconds[0]:.1f} beside {seconds[1]:.1f}"]
    for what in ("files", "bytes"):
        over = [
            sum(getattr(old, what).get(kind, 0) - getattr(new, what).get(kind, 0) for kind in AGED)
            for _, old, new in young
        ]
        peaks = max(over[: len(over) // 2]), max(over[len(over) // 2 :])
        if peaks[1] > MOST_OVER * peaks[0]:
            problems.append(f"{what} beyond a young warehouse: {peaks[1]:,} at most, {peaks[0]:,} in the first half")
    return problems


def write_rows(path: Path, nights: list[Night]) -> None:
    """A CSV file with a row for each night."""
    kinds = sorted({kind for night in nights for kind in night.bytes})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["night", "kind", "seconds", "megabytes", *(f"{kind} files" for kind in kinds), *kinds])
        for night in nights:
            counts = [night.files.get(kind, 0) for kind in kinds], [night.bytes.get(kind, 0) for kind in kinds]
            writer.writerow([night.number, night.kind, f"{night.seconds:.3f}", night.megabytes, *counts[0], *counts[1]])


def _used() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


if __name__ == "__main__":
    sys.exit(main())
