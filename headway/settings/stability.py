"""The sections `[dora]` and `[rework]`: what counts as a failure, and whether the lines of fixes are traced."""

from __future__ import annotations

from dataclasses import dataclass

from headway.settings.field import setting

__all__ = ["DoraSettings", "ReworkSettings"]


@dataclass(frozen=True)
class DoraSettings:
    """What counts as a failure of a deployment."""

    failure_days: int = setting(30, "the most days between a deployment and a sign that it failed")
    incident_hours: int = setting(
        24, "attribute an incident without a deployment to the last deployment within this many hours before it"
    )
    hotfix: str = setting(
        r"(?i)(?<![a-z])hot-?_? ?fix(?:es)?(?![a-z])",
        "pattern of titles, labels and branches of hot fixes",
        pattern=True,
    )
    fix_labels: str = setting(
        r"(?i)^((type|kind|category)[:/ -]*)?(bug|bug[ -]?fix|fix|defect|regression)$",
        "pattern of labels of fixes",
        pattern=True,
    )


@dataclass(frozen=True)
class ReworkSettings:
    """Tracing fixes to the changes that they repair. It reads the contents of the clone, which takes time and space."""

    enabled: bool = setting(default=False, doc="trace the lines that fixes repair to the changes that wrote them")
    fixes_per_run: int = setting(2000, "fixes to trace in each run, the newest first; the rest follows in later runs")
    max_files: int = setting(30, "ignore fixes that remove lines from more files of code than this (rewrites)")
    max_lines: int = setting(500, "ignore fixes that remove more lines of code than this (rewrites)")
    timeout_seconds: int = setting(60, "timeout of each Git process; fixes that take longer are counted and left out")
    maintainability: bool = setting(
        default=False, doc="measure delta maintainability and complexity of changes with PyDriller (slow)"
    )
    commits_per_run: int = setting(1000, "commits to measure in each run: each takes a tenth of a second")
