"""A full build on DuckDB here and on a Spark cluster: seconds of each, and every table compared.

    python benchmarks/engines.py WAREHOUSE --url sc://HOST:15002 [--url …] [--rounds N] [--kill PATTERN --after SECONDS]

WAREHOUSE is a folder with collected rows; nothing is written to it: builds go to folders beside it, which are removed
and which the cluster must see under the same path. Seconds are of the wall, for the work is done elsewhere; with
several addresses the figure to keep is the ratio between them. With `--kill` a process of this machine whose command
line has the pattern, such as an executor, is killed so many seconds after the build began.
docs/scale.md says how to start a cluster on one machine to try it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from headway.progress import SilentProgress  # noqa: E402
from headway.settings import EngineSettings, Settings, load  # noqa: E402
from warehouse.publish import publish  # noqa: E402

DIGITS = 9


def main() -> None:
    """Print a line for each engine, and the tables that differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--url", action="append", required=True)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kill", help="what the command line of a process to kill has in it")
    parser.add_argument("--after", type=float, default=5.0, help="seconds after the build began")
    given = parser.parse_args()
    settings = load(None, {}, folder=given.warehouse.resolve().parent)
    engines = {"duckdb": EngineSettings()} | {url: EngineSettings("spark", url) for url in given.url}
    with TemporaryDirectory(dir=given.warehouse.resolve().parent) as place:
        first: Path | None = None
        for name, engine in engines.items():
            seconds = []
            for number in range(given.rounds):
                folder = Path(place) / f"{len(list(Path(place).iterdir()))}-{number}"
                shutil.copytree(given.warehouse / "raw", folder / "raw")
                if given.kill and engine.kind == "spark":
                    threading.Thread(target=kill, args=(given.kill, given.after), daemon=True).start()
                made, taken = built(folder, replace(settings, engine=engine))
                seconds.append(taken)
            first = first or made
            wrong = differing(first, made)
            print(f"{name:32}{min(seconds):8.1f} s   tables that differ: {', '.join(wrong) or 'none'}", flush=True)


def built(folder: Path, settings: Settings) -> tuple[Path, float]:
    """The published file of a full build, and its seconds."""
    began = time.perf_counter()
    path = publish(
        folder, settings, {}, built_at=datetime.now(UTC).replace(tzinfo=None), progress=SilentProgress(), anew=True
    )
    return path, time.perf_counter() - began


def differing(one: Path, other: Path) -> list[str]:
    """The tables that hold other rows, floats compared to nine digits."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        names = connection.sql(
            "select table_name from duckdb_tables() where database_name = 'one' order by 1"
        ).fetchall()
        return [name for (name,) in names if not same(connection, name)]


def same(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a table has the same rows in both files."""
    chosen = ", ".join(
        f'round("{column}", {DIGITS}) as "{column}"' if kind == "DOUBLE" else f'"{column}"'
        for column, kind, *_ in connection.sql(f'describe one."{name}"').fetchall()
    )
    one, other = (f'select {chosen} from {database}."{name}"' for database in ("one", "other"))  # noqa: S608
    sides = ((one, other), (other, one))
    return all(
        connection.sql(f"select count(*) from ({left} except all {right})").fetchall() == [(0,)]  # noqa: S608
        for left, right in sides
    )


def kill(pattern: str, after: float) -> None:
    """Kill the first process whose command line has this pattern."""
    time.sleep(after)
    found = subprocess.run(("pgrep", "-f", pattern), capture_output=True, text=True, check=False).stdout.split()
    others = [int(process) for process in found if int(process) != os.getpid()]
    if others:
        os.kill(others[0], signal.SIGKILL)
        print(f"killed process {others[0]} after {after:g} s", flush=True)
    else:
        print(f"no process with {pattern!r} to kill", flush=True)


if __name__ == "__main__":
    main()
