from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_nights_that_are_killed_leave_nothing_behind() -> None:
    """Whenever collecting and building are killed, the next run makes what one that was left alone makes."""
    command = [sys.executable, "benchmarks/kills.py", "--kills", "3"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stdout.endswith("nothing is left over, and all rows are equal\n"), ended.stdout + ended.stderr
