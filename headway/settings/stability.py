"""The sections `[dora]` and `[rework]`: what counts as a failure, and whether the lines of fixes are traced."""

from __future__ import annotations

from dataclasses import dataclass

from headway.settings.field import setting

__all__ = ["DoraSettings", "ReworkSettings"]


@dataclass(frozen=True)
class DoraSettings:
    """What counts as a failure of a deployment."""

    failure_days: int = setting(30, "a sign counts as a failure of a deployment that is no older than this")
    incident_hours: int = setting(
        24, "an incident without a deployment is put to the last one no longer than this before it"
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
    """Which changes are repaired by later fixes: read from the contents of the clone, which takes time and space."""

    enabled: bool = setting(default=False, doc="trace the lines that fixes repair to the changes that wrote them")
    fixes_per_run: int = setting(2000, "fixes to trace in a night, the newest first; the rest comes the next night")
    max_files: int = setting(30, "a fix that takes lines from more files of code than this is no fix but a rewrite")
    max_lines: int = setting(500, "likewise for lines of code that it takes away")
    timeout_seconds: int = setting(60, "for each Git that is started; a fix that takes longer is counted and left out")
    maintainability: bool = setting(
        default=False, doc="measure delta maintainability and complexity of changes with PyDriller (slow)"
    )
    commits_per_run: int = setting(1000, "commits to measure in a night: each takes a tenth of a second")
