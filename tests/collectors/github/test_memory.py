from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.github import FakeGitHub, bulk

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from collectors.github import GitHubSource, Limits, auth_from, collect
from datetime import datetime
from headway.progress import SilentProgress

class Waiting:
    sleep = staticmethod(lambda seconds: None)
    now = staticmethod(lambda: datetime(2025, 6, 1))

for item in collect(
    GitHubSource("acme", "bulk", sys.argv[1]), auth=auth_from({"GITHUB_TOKEN": sys.argv[2]}), full=False, resume=None,
    collected_at=datetime(2025, 6, 1), progress=SilentProgress(), limits=Limits(Waiting(), gap_seconds=0),
):
    pass
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def peak_megabytes(pulls: int) -> float:
    """The most memory that a process needs to collect so many pull requests."""
    with FakeGitHub(bulk(pulls=pulls, long_every=100), schema="excerpt", limits=False) as github:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, github.url, github.token],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    return int(done.stdout) / 1024


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel does not tell a process's peak here")
def test_memory_does_not_grow_with_pull_requests() -> None:
    """Five times as many pull requests need the same memory, but for a few megabytes."""
    few, many = peak_megabytes(200), peak_megabytes(1000)
    assert many < few + 12
