"""Where the last run stood: plain data that the warehouse keeps and hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from collectors.git.repository.refs import is_pull_head

__all__ = ["Resume"]

_VERSION = 1


@dataclass
class Resume:
    """What a run must know of the one before; empty before the first."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """What decides which rows there are: with other options everything is read again."""
    tips: dict[str, str | None] = field(default_factory=dict)
    """Each ref and the commit that it led to, None for none."""
    objects: dict[str, str] = field(default_factory=dict)
    """What a ref points to where that is not a commit: an annotated tag may be replaced on the same commit."""
    repository: Mapping[str, Any] = field(default_factory=dict)
    """The repository's row, without its time."""
    notices: dict[str, int] = field(default_factory=dict)
    """Each notice and its count."""
    newest_micros: int | None = None
    """The newest commit or tag so far, not later than the run that saw it, in microseconds since 1970."""
    manifests: Mapping[str, Any] | None = None
    """Where the chain of a manifests repository ended."""
    place: str = ""
    """The folder in which it was read; empty for what is fetched from a URL."""
    ai_notes: str = ""
    """What the ref of the notes held, as far as they were read; empty for no notes."""
    components: str = ""
    """Fingerprint of the files that name components, empty where they were not read."""
    tag_objects: bool = False
    """Whether tags were read with the ids of their objects."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Self:
        """What `to_json` gave; anything else counts as no earlier run."""
        if not data or data.get("version") != _VERSION:
            return cls()
        fields = {name: value for name, value in data.items() if name in cls.__dataclass_fields__}
        return cls(**fields)

    def to_json(self) -> dict[str, Any]:
        """Plain data: dictionaries, lists, text, numbers."""
        return {
            "version": _VERSION,
            "options": dict(self.options),
            "tips": dict(sorted(self.tips.items())),
            "objects": dict(sorted(self.objects.items())),
            "repository": dict(self.repository),
            "notices": dict(sorted(self.notices.items())),
            "newest_micros": self.newest_micros,
            "manifests": self.manifests,
            "ai_notes": self.ai_notes,
            "tag_objects": self.tag_objects,
            "components": self.components,
            **({"place": self.place} if self.place else {}),
        }

    def holds(self, ref: str, oid: str) -> bool:
        """Whether a ref was last found to hold this very object."""
        return self.objects.get(ref, self.tips.get(ref)) == oid

    @property
    def commits(self) -> set[str]:
        """All commits that refs led to: what leads to them has been read."""
        return {sha for sha in self.tips.values() if sha}

    @property
    def landed(self) -> set[str]:
        """Those that branches and tags led to: the others' history was read as that of pull requests."""
        return {sha for ref, sha in self.tips.items() if sha and not is_pull_head(ref)}
