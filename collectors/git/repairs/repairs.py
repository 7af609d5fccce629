"""Which commits wrote the lines that fixes repair: a reading of its own, after it is known which changes are fixes.

What is a fix is told from subjects, labels, reverts and incidents, which takes the built tables; so the fixes come in
as an argument, and what was traced before does not come again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from collectors.git.process.command import Git
from collectors.git.process.failures import os_failures
from collectors.git.repairs.blame import Limits, Step, Traced, trace
from collectors.git.repairs.detail import details
from collectors.git.repository.clones import sealed
from collectors.git.repository.open import reopen
from collectors.git.repository.repository import Repository
from collectors.git.repository.source import GitSource, source_id
from headway.progress import Progress
from headway.raw_tables import Checkpoint, Rows
from headway.raw_tables.batch import rows_of

__all__ = ["Pending", "collect_repairs"]

_TOGETHER = 100
_IGNORED_REVS = "HEAD:.git-blame-ignore-revs"
_MOST_IGNORED = 1_000
_ID = re.compile(rb"^([0-9a-f]{40}|[0-9a-f]{64})\b", re.MULTILINE)


@dataclass(frozen=True)
class Pending:
    """What is to be read of one repository: fixes to trace, and commits whose maintainability is wanted."""

    repo_id: str
    fixes: Sequence[Step] = ()
    commits: Sequence[str] = ()


def collect_repairs(
    source: GitSource, pending: Pending, *, cache: Path, limits: Limits, collected_at: datetime, progress: Progress
) -> Iterator[Rows | Checkpoint]:
    """Trace the fixes of a Git source that was collected before: rows, and a `Checkpoint` after each hundred.

    Nothing is fetched and nothing written to the repository. A fix that is too large, takes too long or cannot be read
    is a row that says so. NotARepository where the clone is gone, CollectError where it cannot be opened. The
    checkpoints feed no repository: what is known of it does not reach further for this.
    """
    with os_failures(source_id(source)):
        repository = reopen(source, cache)
        common = {"repo_id": pending.repo_id, "collected_at": collected_at}
        done = Checkpoint({}, collected_at, ())
        left = iter(pending.fixes)
        traced = 0
        with _ignored(repository) as ignored, sealed(repository) as git:
            while steps := list(islice(left, _TOGETHER)):
                results: list[tuple[Step, Traced]] = []
                for step in steps:
                    progress.step(traced + len(results), len(pending.fixes), f"{pending.repo_id} fixes traced")
                    results.append((step, _traced(git, repository, step, limits, ignored)))
                traced += len(results)
                yield from _rows(common, results)
                yield done
        left_over = iter(pending.commits)
        while shas := list(islice(left_over, _TOGETHER)):
            yield rows_of("commit_quality", list(_qualities(repository, shas)), common)
            yield done


def _traced(git: Git, repository: Repository, step: Step, limits: Limits, ignored: Path | None) -> Traced:
    if repository.blobless:
        return Traced("no_contents")
    return trace(git, step, limits, ignored=ignored, cut_off=repository.shallow)


def _rows(common: Mapping[str, Any], results: Sequence[tuple[Step, Traced]]) -> Iterator[Rows]:
    repairs, fixes = [], []
    for step, traced in results:
        about = {**common, "sha": step.sha}
        counts = {"files": traced.files, "lines": traced.removed, "lines_unknown": traced.unknown}
        fixes.append({**about, "base_sha": step.base, "outcome": traced.outcome, **counts})
        for (sha, path), lines in sorted(traced.lines.items()):
            shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "�")
            repairs.append({**about, "repaired_sha": sha, "path": shown, "lines": lines})
    yield rows_of("traced_fixes", fixes)
    if repairs:
        yield rows_of("repairs", repairs)


def _qualities(repository: Repository, shas: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What PyDriller says of commits; a commit that it cannot read has a row without values, and is not asked again."""
    for detail in details(repository.git.git_dir, shas):
        complexities = [file.complexity for file in detail.files if file.complexity is not None]
        yield {
            "sha": detail.sha,
            "dmm_unit_size": detail.dmm_unit_size,
            "dmm_unit_complexity": detail.dmm_unit_complexity,
            "dmm_unit_interfacing": detail.dmm_unit_interfacing,
            "complexity": max(complexities, default=None),
        }


@contextmanager
def _ignored(repository: Repository) -> Iterator[Path | None]:
    """A file of the commits that the repository itself asks blame to look through, or None; unknown ones left out."""
    listed = [match.decode() for match in _ID.findall(_listed(repository.git))[:_MOST_IGNORED]]
    existing = _commits(repository.git, listed)
    if not existing:
        yield None
        return
    with TemporaryDirectory(prefix="headway-repairs-") as folder:
        path = Path(folder) / "ignored"
        path.write_text("".join(f"{sha}\n" for sha in existing), encoding="ascii")
        yield path


def _listed(git: Git) -> bytes:
    return git.run("cat-file", "blob", _IGNORED_REVS, allowed=(0, 1, 128), timeout=60).stdout


def _commits(git: Git, shas: Sequence[str]) -> list[str]:
    """Those that are commits of this repository: Git refuses to blame at all where one is not."""
    if not shas:
        return []
    printed = git.output("cat-file", "--batch-check=%(objectname) %(objecttype)",
                         stdin="".join(f"{sha}\n" for sha in shas).encode())  # fmt: skip
    return [line.removesuffix(" commit") for line in printed.decode().split("\n") if line.endswith(" commit")]
