"""Record a command in the history of runs, and write the metrics, however it ends."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.session import Session
from pipeline.watch.history import RecordedRun, RunHistory

__all__ = ["Outcome", "recorded"]


@dataclass
class Outcome:
    """What a command did; it fills this in."""

    exit_code: int = 0
    rows: int = 0
    requests: int = 0
    error: str = ""


@contextlib.contextmanager
def recorded(session: Session, command: str) -> Iterator[Outcome]:
    """Add the block to the history of runs; then write the metrics, where the settings say so."""
    outcome = Outcome()
    began = time.monotonic()
    try:
        yield outcome
    except BaseException as error:
        outcome.exit_code = getattr(error, "exit_code", 1)
        outcome.error = str(error) or type(error).__name__
        with contextlib.suppress(Exception):  # the error of the command is the one to report
            _finish(session, command, outcome, time.monotonic() - began)
        raise
    _finish(session, command, outcome, time.monotonic() - began)


def _finish(session: Session, command: str, outcome: Outcome, seconds: float) -> None:
    if not session.settings.warehouse_folder.is_dir():
        return  # a command with wrong arguments makes none
    _record(session, command, outcome, seconds)
    from pipeline.watch.metrics import write_metrics

    write_metrics(session)


def _record(session: Session, command: str, outcome: Outcome, seconds: float) -> None:
    run = RecordedRun(
        command=command,
        source="",
        began_at=session.now.isoformat(sep=" ", timespec="seconds"),
        seconds=round(seconds, 3),
        requests=outcome.requests,
        rows=outcome.rows,
        exit_code=outcome.exit_code,
        error=outcome.error,
    )
    # A full disk, or a folder that cannot be written: the command itself reports that.
    with contextlib.suppress(OSError):
        RunHistory(session.settings.warehouse_folder).add(run)
