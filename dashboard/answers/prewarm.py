"""Answers computed in advance.

A published file never changes. When the server starts, and when another file is published, and it is large, the first
questions of pages are answered before the file is shown. Then another process answers the rest that pages ask of all
repositories, by the same functions. It has a core and memory of its own, frees both when it is done, and blocks no
page. Its answers are cached as if a page had asked: by file and question.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from dashboard.answers import cache, files
from dashboard.answers.prewarm_list import first_questions, later_questions, questions
from dashboard.answers.questions import prepare
from headway.errors import HeadwayError

__all__ = ["answer", "begin", "follow", "take"]

WORTH_CHANGES = 20_000
"""Questions about fewer changes are answered at once."""

_LOOK_AGAIN_SECONDS = 5.0


def begin() -> None:
    """Make the current file ready, if there is one, before a server says that it is there."""
    # It warns at each answer that is computed outside a session.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    # A page that is opened shows the error.
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
                # A page that is opened shows the error.
                files.show(None)
            ended.wait(_LOOK_AGAIN_SECONDS)
    finally:
        files.show(None)


def _make_ready(file: str) -> bool:
    """Answer the first questions of pages if the file is large; return whether it is."""
    from dashboard import charts  # noqa: F401  (the first page need not wait for its import)

    large = files.size(file) > WORTH_CHANGES
    if large:
        prepare(file)
        for question in first_questions(file):
            cache.ask(question)
    return large


def _warm(file: str, ended: threading.Event) -> None:
    command = [sys.executable, "-P", "-m", "dashboard.answers.prewarm_process", file, *sys.argv[1:]]
    path = os.pathsep.join([str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    ) as process:
        threading.Thread(target=_end, args=(process, ended), daemon=True).start()
        # Pages that are opened now show the first chart, and the rest when the other process has it.
        cache.expect(later_questions(file))
        assert process.stdout is not None  # noqa: S101  (it is a pipe)
        try:
            take(file, process.stdout)
        finally:
            cache.expect(())
            process.kill()


def _end(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    ended.wait()
    process.kill()


def answer(file: str, answers: IO[bytes]) -> None:
    """Write the answer to each question of a file, None where there is none."""
    for question in questions(file):
        try:
            result = cache.compute(question)
        except HeadwayError:
            result = None  # A page that asks shows the error.
        pickle.dump(result, answers)
        answers.flush()


def take(file: str, answers: IO[bytes]) -> None:
    """Cache such answers, until they end or another file is current."""
    for question in questions(file):
        try:
            result = pickle.load(answers)  # noqa: S301  (from our own process)
        except (EOFError, pickle.UnpicklingError):
            return
        if files.newest() != file:
            return
        cache.keep(question, result)
