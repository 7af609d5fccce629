"""What the settings say of where the deployments of one repository are seen."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Rule"]


@dataclass(frozen=True)
class Rule:
    """One repository's settings, as `repository_settings` has them."""

    source: str
    tags: str
    branch: str
    environment: str
    application: str
