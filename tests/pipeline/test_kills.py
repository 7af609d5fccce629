from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def output(*arguments: str) -> str:
    """What a benchmark prints in the end."""
    ended = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr if ended.returncode else ended.stdout


@pytest.mark.slow
def test_commands_that_are_killed_leave_nothing_behind() -> None:
    """Whenever commands are killed while others read, the next run makes what one that was left alone makes."""
    printed = output("benchmarks/kills.py", "--kills", "5", "--readers", "5")
    assert printed.endswith("nothing is left over, and all rows are equal\n"), printed


@pytest.mark.slow
def test_nights_equal_full_builds() -> None:
    """Nights of a company that grows, some of them killed or under a wrong clock, make what a full build makes."""
    printed = output("benchmarks/year.py", "--nights", "8", "--history", "20")
    assert printed.endswith("every compared night equals a full build, and nothing is left over\n"), printed
