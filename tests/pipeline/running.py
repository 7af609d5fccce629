"""Runs the program in a folder of its own, and keeps what it said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cli.main import main
from tests.builders.repositories import Repository


class Ran(NamedTuple):
    """Exit code, standard output and standard error of one run."""

    code: int
    out: str
    err: str


Headway = Callable[..., Ran]


def program(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """The program, run in `tmp_path`."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ran:
        capfd.readouterr()
        code = main(arguments)
        return Ran(code, *capfd.readouterr())

    return run


def shop(folder: Path, days: int = 3, url: str = "https://github.com/acme/shop.git") -> Repository:
    """Pull requests #1, #2, … that landed at 10:00 on the second of January and the days after."""
    repo = Repository(folder)
    repo.commit("Start\n", at=datetime(2026, 1, 1))
    for number in range(1, days + 1):
        repo.commit(f"Add {number} (#{number})\n", at=datetime(2026, 1, 1 + number, 10))
    repo.remote(url)
    return repo


def shas(repo: Repository) -> list[str]:
    """The commits of main, the oldest first."""
    return repo.git("rev-list", "--reverse", "main").split()


def deployed(id_: str, sha: str, at: str, **fields: Any) -> dict[str, Any]:
    """A record of a deployment that succeeded at once."""
    record = {"type": "deployment", "repo": "github:acme/shop", "id": id_, "environment": "production", "sha": sha}
    return record | {"created_at": at, "state": "success", "finished_at": at} | fields


def write(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    """Records as newline-delimited JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def rows(headway: Headway, query: str) -> list[str]:
    """The lines of a query as CSV, without the header."""
    return headway("sql", query, "--format", "csv").out.splitlines()[1:]
