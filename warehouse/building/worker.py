"""A process that runs Python models for a build (`workers`): requests come on standard input, results go out."""

from __future__ import annotations

import os
import pickle
import sys
from functools import lru_cache
from typing import BinaryIO

import pyarrow as pa

from warehouse.building.parts import Part
from warehouse.building.workers import receive_tables, send_tables
from warehouse.model import PythonModel

__all__ = ["serve"]


def serve(requests: BinaryIO, results: BinaryIO) -> None:
    """Answer requests until no more can come."""
    while True:
        try:
            pickled, repositories, places = pickle.load(requests)  # noqa: S301 - of the build that started this
        except EOFError:
            return
        model = _model(pickled)
        tables = receive_tables(requests, len(model.inputs))
        names = [read.table for read in model.inputs]
        part = Part(repositories, dict(zip(names, tables, strict=True)), places)
        try:
            outputs = part.run(model)
        except Exception:  # noqa: BLE001  (the build does it again, and has the error itself)
            results.write(b"failed\n")
        else:
            results.write(b"done\n")
            send_tables(results, [outputs[table.name] for table in model.tables])
        results.flush()


@lru_cache(maxsize=1)
def _model(pickled: bytes) -> PythonModel:
    model: PythonModel = pickle.loads(pickled)  # noqa: S301 - likewise
    return model


def main() -> None:
    """Serve on standard input and output, which nothing else writes to."""
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        serve(sys.stdin.buffer, results)
    except (OSError, EOFError, pickle.UnpicklingError, pa.ArrowException):
        os._exit(1)  # the build has ended amid a request or an answer: nobody waits for the rest


if __name__ == "__main__":
    main()
