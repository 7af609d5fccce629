"""What to collect: a target and what is wanted of it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass

from collectors.git.process.failures import shown
from collectors.git.repository.address import locate
from headway.errors import UsageError

__all__ = ["GitSource", "ManifestPatterns", "source_id"]


@dataclass(frozen=True)
class ManifestPatterns:
    """How a GitOps repository says what runs where; the patterns are regular expressions of Python, found anywhere."""

    path: str
    """Paths of files that name a version: named groups `environment` and, unless there is only one, `application`."""
    version: str
    """What names the version in such a file: named group `version`; `^` and `$` match at every line."""
    trigger: str | None = None
    """Paths whose change deploys; its groups `environment` and `application`, where present, must equal the file's.
    None: a deployment is made as soon as a file names another version."""
    application: str = ""
    """The application where `path` has no group for it."""

    def check(self) -> None:
        """UsageError for a pattern that cannot be one, or lacks a group."""
        for name, text, needed in (
            ("path", self.path, "environment"),
            ("version", self.version, "version"),
            ("trigger", self.trigger, ""),
        ):
            if text is None:
                continue
            hint = f"Correct `{name}` of the manifests; it is a regular expression of Python."
            try:
                groups = re.compile(text).groupindex
            except re.error as error:
                raise UsageError(
                    f"The manifests' {name} {shown(text)!r} is not a regular expression: {error}", hint=hint
                ) from error
            if needed and needed not in groups:
                raise UsageError(f"The manifests' {name} {shown(text)!r} has no group (?P<{needed}>…)", hint=hint)

    @property
    def fingerprint(self) -> str:
        """Changes when any of them does."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


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
    manifests: ManifestPatterns | None = None
    """Set for a GitOps manifests repository: it is cloned with file contents, and its versions are read."""


def source_id(source: GitSource) -> str:
    """A stable id of the source, without credentials: `git:` and the absolute path or URL. UsageError as `locate`.

    A folder that was moved keeps the id of the place where it lay first.
    """
    return source.known_as or f"git:{locate(source.target).name}"
