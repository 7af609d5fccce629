"""Run Python models in processes of their own, some repositories at a time, the largest first.

A process (`worker`) gets a model, and rows as Arrow; it gives Arrow. It lives as long as the pipe from which it reads,
so whatever ends a build ends its processes. What a process cannot do, because it fails or is gone, is done here: the
result is the same, and an error is the one that a build without processes has.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import BoundedSemaphore
from types import TracebackType
from typing import BinaryIO, Self, cast

import pyarrow as pa

from warehouse.building.parts import Part, part_of
from warehouse.engines import Engine
from warehouse.model import PythonModel

__all__ = ["FEWEST_ROWS", "Workers", "receive_tables", "send_tables"]

FEWEST_ROWS = 100_000
"""Rows of a model's inputs below which no process is started: it needs most of a second."""
_ROOT = Path(__file__).resolve().parents[2]
_DONE = b"done"

Results = Mapping[str, pa.Table]


class Workers:
    """As many processes as `jobs` says, started when there is work for two; with one job all is done here."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._processes: list[subprocess.Popen[bytes]] = []
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closed = True
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    cast("BinaryIO", pipe).close()

    def run(self, engine: Engine, model: PythonModel, sizes: Sequence[Mapping[str, int]]) -> list[Results]:
        """What a model makes of each of these parts of the repositories (`part_sizes`), in their order."""
        rows = [sum(part.values()) for part in sizes]
        if self.jobs < 2 or len(sizes) < 2 or sum(rows) < FEWEST_ROWS:
            return [part_of(engine, model, list(part)).run(model) for part in sizes]
        self._start(min(self.jobs, len(sizes)))
        results: list[Future[Results]] = [Future()] * len(sizes)
        # One more than processes: the next is fetched while these work, and memory stays bounded.
        room = BoundedSemaphore(len(self._processes) + 1)
        pickled = pickle.dumps(model, pickle.HIGHEST_PROTOCOL)
        with ThreadPoolExecutor(len(self._processes)) as pool:
            try:
                for place in sorted(range(len(sizes)), key=lambda place: -rows[place]):
                    room.acquire()
                    part = part_of(engine, model, list(sizes[place]))
                    results[place] = pool.submit(self._in_process, model, pickled, part)
                    results[place].add_done_callback(lambda _: room.release())
            except BaseException:
                self.__exit__(None, None, None)
                raise
        return [result.result() for result in results]

    def _start(self, count: int) -> None:
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-P", "-m", "warehouse.building.worker"]
        for _ in range(count - len(self._processes)):
            # In a session of its own: Ctrl-C is for the build, which ends its processes.
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
                env=os.environ | {"PYTHONPATH": path},
            )  # fmt: skip
            self._processes.append(process)
            self._idle.put(process)

    def _in_process(self, model: PythonModel, pickled: bytes, part: Part) -> Results:
        process = self._idle.get()
        try:
            results = _results(process, model, pickled, part)
        except (OSError, EOFError, pa.ArrowException):
            process.kill()  # it may be anywhere in an answer
            results = None
        finally:
            self._idle.put(process)
        if results is None and not self._closed:
            return part.run(model)
        return results or {}


def _results(process: subprocess.Popen[bytes], model: PythonModel, pickled: bytes, part: Part) -> Results | None:
    """What a process makes of a part; None where it fails."""
    stdin, stdout = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
    pickle.dump((pickled, part.repositories, part.places), stdin)
    send_tables(stdin, tuple(part.tables.values()))
    stdin.flush()
    if stdout.readline().strip() != _DONE:
        return None
    names = [table.name for table in model.tables]
    return dict(zip(names, receive_tables(stdout, len(names)), strict=True))


def send_tables(pipe: BinaryIO, tables: Iterable[pa.Table]) -> None:
    """Write tables, each as a stream of Arrow."""
    for table in tables:
        with pa.ipc.new_stream(pipe, table.schema) as writer:
            writer.write_table(table)


def receive_tables(pipe: BinaryIO, count: int) -> list[pa.Table]:
    """Read so many tables as `send_tables` writes them."""
    return [pa.ipc.open_stream(pipe).read_all() for _ in range(count)]
