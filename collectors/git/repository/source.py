"""What to collect: a target and what is wanted of it."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.git.manifests.patterns import ManifestPatterns
from collectors.git.repository.address import locate

__all__ = ["GitSource", "source_id"]


@dataclass(frozen=True)
class GitSource:
    """One repository to collect from, and what of it."""

    target: str
    """A folder (working clone or bare) or a clone URL."""
    name: str | None = None
    """Overrides the repository's id: `owner/name` or `provider:owner/name`."""
    branch: str = ""
    """The default branch; empty: the one that the clone names, or that contains it."""
    pull_heads: bool = False
    """Fetch the heads of pull requests (`refs/pull/*/head`, `refs/merge-requests/*/head` and what other forges keep)
    from the remote. Those that a clone has are read anyway."""
    patch_ids: bool = False
    """Compute `git patch-id` of every commit that is no merge: needs file contents and takes long."""
    added_lines: bool = True
    """Read the lines added to package manifests, where the clone has file contents."""
    imports: bool = True
    """Read the import statements that commits change in source files, where the clone has file contents."""
    ai_notes: bool = True
    """Read line-level attribution from Git notes (`refs/notes/ai`); from a URL they are fetched."""
    contents: bool = False
    """Clone a URL with file contents: only they show who wrote the lines that fixes repair."""
    known_as: str = ""
    """The id under which it was collected before it lay where it lies now; empty: its target says it."""
    manifests: tuple[ManifestPatterns, ...] = ()
    """Given for a GitOps manifests repository: it is cloned with file contents, and its versions are read."""


def source_id(source: GitSource) -> str:
    """A stable id of the source, without credentials: `git:` and the absolute path or URL. UsageError as `locate`.

    A folder that was moved keeps the id of the place where it lay first.
    """
    return source.known_as or f"git:{locate(source.target).name}"
