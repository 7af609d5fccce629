"""Patch ids: equal for commits that change the same lines, wherever they are; cherry-picks are found by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from collectors.git.process.command import LOG, PATCH, Git

__all__ = ["PatchId", "read_patch_ids"]


class PatchId(NamedTuple):
    """A commit and its patch id; a merge or an empty commit has none."""

    sha: str
    patch_id: str


def read_patch_ids(git: Git, tips: Sequence[str], read_before: Sequence[str]) -> Iterator[PatchId]:
    """`git patch-id --stable` of what leads to `tips`, not to `read_before`. PartialRead where contents are missing."""
    chosen = "".join(f"{sha}\n" for sha in tips) + "".join(f"^{sha}\n" for sha in read_before)
    options = (*PATCH, "-U3", "-M100%", "--no-merges", "--diff-merges=off", "--format=commit %H")
    with (
        git.stream(*LOG, *options, "--ignore-missing", "--stdin", stdin=chosen.encode()) as patches,
        git.stream("patch-id", "--stable", stdin=patches) as printed,
    ):
        for line in printed:
            patch_id, sha = line.decode("ascii").split()
            yield PatchId(sha, patch_id)
