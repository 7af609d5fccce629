"""A tiny company, simulated once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run

import pytest

from collectors.simulate import Company, simulate

UNTIL = datetime(2026, 9, 29, 12, tzinfo=UTC)

Git = Callable[..., str]


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tiny company is written."""
    return tmp_path_factory.mktemp("company") / "tiny"


@pytest.fixture(scope="session")
def tiny(tiny_folder: Path) -> Company:
    """What happened in the tiny company."""
    return simulate(tiny_folder, until=UNTIL, size="tiny")


@pytest.fixture(scope="session")
def git(tiny: Company, tiny_folder: Path) -> Git:
    """Runs git in one of the tiny company's repositories and returns what it prints."""

    def ask(repo: str, *arguments: str) -> str:
        command = ["git", f"--git-dir={tiny_folder / 'repos' / repo}.git", *arguments]
        return run(command, check=True, capture_output=True, text=True).stdout

    return ask
