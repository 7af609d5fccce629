"""`headway dashboard` as a process of its own, on a port that is free."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.frame.project import ROOT

SECONDS_TO_START = 60
SECONDS_TO_END = 20


@dataclass
class Served:
    """A running dashboard."""

    process: subprocess.Popen[str]
    folder: Path
    port: int
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> int:
        """End it as Ctrl-C does; returns its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS_TO_END)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def dashboard(warehouse: Path, *code: str, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve a warehouse until the block ends; `code` is run by Python instead of the command, with `PORT` in it."""
    port = free_port()
    program = ["-c", *(part.replace("PORT", str(port)) for part in code)] if code else ["-m", "cli.main"]
    command = [] if code else ["--warehouse", str(warehouse), "dashboard", "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, *program, *command],
        cwd=warehouse,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    served = Served(process, warehouse, port)
    ready = threading.Event()
    reader = threading.Thread(target=_read, args=(served, ready), daemon=True)
    reader.start()
    try:
        assert ready.wait(SECONDS_TO_START), served.said
        assert process.poll() is None, served.said
        yield served
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(SECONDS_TO_END)
        reader.join(SECONDS_TO_END)
        if process.stdout is not None:
            process.stdout.close()


def _read(served: Served, ready: threading.Event) -> None:
    for line in served.process.stdout or ():
        served.said.append(line.rstrip("\n"))
        if line.startswith("dashboard at "):
            ready.set()
    ready.set()
