"""Answers made before anybody asks.

A published file never changes. So when the server starts, and when another file is published, and it is large, what
pages ask until their first chart is answered before the file is shown. Then another process answers the rest that they
ask of all repositories, by the same functions. It has a core and memory of its own, gives both back when it is done,
and stands in no page's way. Its answers are kept as if a page had asked: by file and question.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from dashboard.answers import files
from dashboard.answers import questions as data
from dashboard.answers.prewarm_list import below_first_chart, first_charts, questions
from headway.errors import HeadwayError

__all__ = ["answer", "begin", "follow", "take"]

WORTH_CHANGES = 20_000
"""Fewer are told of as soon as somebody asks."""

_LOOK_AGAIN_SECONDS = 5.0
_NICE = 10


def begin() -> None:
    """Make the current file ready, if there is one, before a server says that it is there."""
    # Said of each answer that is for nobody's session.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    # Whoever opens a page is told what is wrong.
    with contextlib.suppress(HeadwayError):
        _make_ready(files.newest())


def follow(ended: threading.Event) -> None:
    """Make each file ready that becomes the current one, show it, and warm it, until `ended`."""
    done = ""
    try:
        while not ended.is_set():
            try:
                file = files.newest()
                if file != done:
                    done = file
                    large = _make_ready(file)
                    files.show(file)
                    if large:
                        _warm(file, ended)
            except HeadwayError:
                # Whoever opens a page is told what is wrong.
                files.show(None)
            ended.wait(_LOOK_AGAIN_SECONDS)
    finally:
        files.show(None)


def _make_ready(file: str) -> bool:
    """Answer here what pages ask until their first chart, where that takes long: whether it does."""
    from dashboard import charts  # noqa: F401  (the first page need not wait for its import)

    large = files.size(file) > WORTH_CHANGES
    if large:
        data.prepare(file)
        for question in first_charts(file):
            data.ask(question)
    return large


def _warm(file: str, ended: threading.Event) -> None:
    command = [sys.executable, "-P", "-m", "dashboard.answers.prewarm", file, *sys.argv[1:]]
    path = os.pathsep.join([str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    ) as process:
        threading.Thread(target=_end, args=(process, ended), daemon=True).start()
        # Whoever comes now sees the first chart, and the rest when the other process has it.
        data.expect(below_first_chart(file))
        assert process.stdout is not None  # noqa: S101  (asked for)
        try:
            take(file, process.stdout)
        finally:
            data.expect(())
            process.kill()


def _end(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    ended.wait()
    process.kill()


def answer(file: str, answers: IO[bytes]) -> None:
    """Write the answer to each question of a file, None where there is none."""
    for question in questions(file):
        try:
            found = data.compute(question)
        except HeadwayError:
            found = None  # A page that asks says why.
        pickle.dump(found, answers)
        answers.flush()


def take(file: str, answers: IO[bytes]) -> None:
    """Keep such answers, until they end or another file is current."""
    for question in questions(file):
        try:
            found = pickle.load(answers)  # noqa: S301  (from our own process)
        except (EOFError, pickle.UnpicklingError):
            return
        if files.newest() != file:
            return
        data.keep(question, found)


def _main(file: str, *arguments: str) -> None:
    """The other process; `arguments` are those of the script."""
    # Ctrl-C is for the server, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    logging.disable(logging.WARNING)
    sys.argv = [sys.argv[0], *arguments]
    with os.fdopen(os.dup(1), "wb") as answers, contextlib.suppress(BrokenPipeError):
        os.dup2(2, 1)  # Nothing else may come between answers.
        answer(file, answers)


if __name__ == "__main__":
    _main(*sys.argv[1:])
