"""How a GitOps repository says what runs where: patterns of the settings, or a preset that knows a usual form."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from collectors.git.process.failures import shown
from headway.errors import UsageError

__all__ = ["ManifestPatterns", "fingerprint"]

_READING = 3
"""Another number here, and every chain is read again: what is read from the same files is another."""


@dataclass(frozen=True)
class ManifestPatterns:
    """One `[[sources.manifests]]`; the patterns are regular expressions of Python, found anywhere.

    The groups `environment` and `application` may stand in `path` or in `version`; the one in `version` counts more.
    """

    path: str = ""
    """Paths of files that name versions. With a preset: those of its files that count; empty: all of them."""
    version: str = ""
    """What names a version in such a file, in all matches: named group `version`; `^` and `$` match at every line."""
    trigger: str | None = None
    """Paths whose change deploys; its groups `environment` and `application`, where present, must equal the file's.
    None: a deployment is made as soon as a file names another version."""
    application: str = ""
    """The application where no group names it; with a preset: in place of the names that the files have."""
    preset: str = ""
    """`kustomize`, `helm`, `argocd` or `flux`: what names a version is known, and no pattern is needed."""

    def check(self) -> None:
        """UsageError for a pattern that cannot be one, or lacks a group."""
        groups = {name: _groups(name, text) for name, text in self._patterns if text}
        if self.preset:
            if self.version:
                raise UsageError(
                    f"The manifests have the preset {self.preset!r} and a pattern `version`",
                    hint="Leave out one of them; `path` may narrow a preset to some of its files.",
                )
            return
        if not self.path or not self.version:
            missing = "version" if self.path else "path"
            raise UsageError(
                f"The manifests have no {missing}",
                hint="Set `path` and `version`, or a `preset`: kustomize, helm, argocd or flux.",
            )
        if "version" not in groups["version"]:
            raise UsageError(
                f"The manifests' version {shown(self.version)!r} has no group (?P<version>…)",
                hint="Put `(?P<version>…)` around what is an image tag or a commit.",
            )
        if "environment" not in groups["path"] | groups["version"]:
            raise UsageError(
                f"The manifests' path {shown(self.path)!r} has no group (?P<environment>…), nor has their version",
                hint="Put `(?P<environment>…)` around the part of the path, or of the file, that names it.",
            )

    @property
    def _patterns(self) -> tuple[tuple[str, str | None], ...]:
        return ("path", self.path), ("version", self.version), ("trigger", self.trigger)


def fingerprint(manifests: Sequence[ManifestPatterns]) -> str:
    """Changes when any of them does."""
    told = json.dumps([_READING, *map(asdict, manifests)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _groups(name: str, text: str) -> set[str]:
    try:
        return set(re.compile(text).groupindex)
    except re.error as error:
        raise UsageError(
            f"The manifests' {name} {shown(text)!r} is not a regular expression: {error}",
            hint=f"Correct `{name}` of the manifests; it is a regular expression of Python.",
        ) from error
