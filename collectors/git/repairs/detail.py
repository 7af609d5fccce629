"""What bulk reading leaves out, commit by commit: changed lines, complexity, and the delta maintainability model.

PyDriller knows these; it takes a tenth of a second a commit, so it is for commits that somebody chose, not for all.
It is given a repository of its own that borrows the objects: it writes into the config of what it opens, and it would
obey a hostile one. Commits are opened by id; `from_commit` leaves out branches that forked earlier.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from collectors.git.process.failures import os_failures, shown
from collectors.git.repository.clones import borrow_objects
from collectors.git.repository.repository import open_repository

__all__ = ["CommitDetail", "FileDetail", "details"]

_STATUSES = {"ADD": "A", "COPY": "C", "DELETE": "D", "MODIFY": "M", "RENAME": "R"}


@dataclass(frozen=True)
class FileDetail:
    """A file as a commit changed it. `path` is the path after the change, or before it where the file was deleted."""

    path: str
    old_path: str | None
    """The path before a rename or copy."""
    status: str
    """A, C, D, M or R; a file that becomes a symlink is D and A."""
    added: int | None
    """Lines added; None where the file is binary or empty, which PyDriller does not distinguish."""
    deleted: int | None
    """Lines deleted; likewise."""
    complexity: int | None
    """Cyclomatic complexity of the file after the change; None where its language is not known."""


@dataclass(frozen=True)
class CommitDetail:
    """What PyDriller says of a commit: of a merge, that it has no files.

    The three proportions lie between 0 (all of it makes the code harder to maintain) and 1, and are None where no known
    language is touched.

    Delta maintainability model: M. di Biase et al., "The Delta Maintainability Model: Measuring Maintainability of
    Fine-Grained Code Changes", TechDebt 2019, pages 113-122.
    """

    sha: str
    files: tuple[FileDetail, ...] = ()
    dmm_unit_size: float | None = None
    dmm_unit_complexity: float | None = None
    dmm_unit_interfacing: float | None = None
    problem: str = ""
    """Why there is no detail: the boundary of a shallow clone, missing file contents, a date no calendar has."""


def details(folder: Path, shas: Iterable[str]) -> Iterator[CommitDetail]:
    """The detail of some commits of a repository, in their order; needs file contents.

    A commit that PyDriller cannot read has a `problem` and does not end the rest. Use it in one thread of one process:
    PyDriller's objects share one Git. NotARepository or CollectError where the folder cannot be opened.
    """
    from pydriller import Git

    lender = open_repository(folder, str(folder))
    with os_failures(str(folder)), TemporaryDirectory(prefix="headway-detail-") as scratch:
        borrow_objects(Path(scratch), lender)
        git = Git(scratch)
        git.repo.git.update_environment(
            GIT_DIR=scratch,
            GIT_OBJECT_DIRECTORY=str(Path(scratch) / "objects"),
            GIT_ALLOW_PROTOCOL="none",
            GIT_CONFIG_GLOBAL=os.devnull,
            GIT_CONFIG_NOSYSTEM="1",
            LC_ALL="C",
        )
        try:
            for sha in shas:
                yield _detail(git, sha)
        finally:
            git.clear()


def _detail(git: Any, sha: str) -> CommitDetail:
    try:
        commit = git.get_commit(sha)
        return CommitDetail(
            sha=sha,
            files=tuple(_file(file) for file in commit.modified_files),
            dmm_unit_size=commit.dmm_unit_size,
            dmm_unit_complexity=commit.dmm_unit_complexity,
            dmm_unit_interfacing=commit.dmm_unit_interfacing,
        )
    except Exception as error:  # noqa: BLE001 PyDriller, GitPython and Lizard raise what they like
        return CommitDetail(sha, problem=shown(f"{type(error).__name__}: {error}"))


def _file(file: Any) -> FileDetail:
    status = _STATUSES.get(file.change_type.name, "M")
    unknown = status != "R" and not file.added_lines and not file.deleted_lines
    moved = status in {"R", "C"}
    return FileDetail(
        path=file.new_path or file.old_path,
        old_path=file.old_path if moved else None,
        status=status,
        added=None if unknown else file.added_lines,
        deleted=None if unknown else file.deleted_lines,
        complexity=file.complexity,
    )
