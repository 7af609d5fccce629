"""The process that answers questions in advance: `python -m dashboard.answers.prewarm_process FILE [ARGUMENTS]`."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys

_NICE = 10


def main(file: str, *arguments: str) -> None:
    """Write the answers about a file to standard output; `arguments` are those of the script."""
    # Ctrl-C is for the server, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    logging.disable(logging.WARNING)
    # Only now: Streamlit warns at each cache that no server runs here.
    from dashboard.answers.prewarm import answer

    sys.argv = [sys.argv[0], *arguments]
    with os.fdopen(os.dup(1), "wb") as answers, contextlib.suppress(BrokenPipeError):
        os.dup2(2, 1)  # Nothing else may come between answers.
        answer(file, answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
