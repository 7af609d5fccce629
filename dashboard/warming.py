"""Answers made before anybody asks.

A published file never changes. So when the server starts, and when another file is published, and it is large, another
process answers what pages ask of all repositories, by the same functions. It has a core and memory of its own, gives
both back when it is done, and stands in no page's way. Its answers are kept as if a page had asked: by file and
question.
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

from dashboard import data
from dashboard.questions import below_first_chart, questions
from headway.errors import HeadwayError

__all__ = ["answer", "follow", "take"]

WORTH_CHANGES = 20_000
"""Fewer are told of as soon as somebody asks."""

_LOOK_AGAIN_SECONDS = 5.0
_NICE = 10


def follow(ended: threading.Event) -> None:
    """Warm each file that becomes the current one, until `ended`."""
    # Said of each answer that is for nobody's session.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    done = ""
    while not ended.is_set():
        # Whoever opens a page is told what is wrong.
        with contextlib.suppress(HeadwayError):
            file = data.published()
            if file != done:
                done = file
                if data.size(file) > WORTH_CHANGES:
                    _warm(file, ended)
        ended.wait(_LOOK_AGAIN_SECONDS)


def _warm(file: str, ended: threading.Event) -> None:
    command = [sys.executable, "-P", "-m", "dashboard.warming", file, *sys.argv[1:]]
    path = os.pathsep.join([str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    ) as process:
        threading.Thread(target=_end, args=(process, ended), daemon=True).start()
        # Meanwhile what any question here will need.
        data.prepare(file)
        # Whoever comes now sees the first chart sooner than the other process has it, and the rest when that has.
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
        if data.published() != file:
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
