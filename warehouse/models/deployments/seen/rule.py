"""What a rule says of where the deployments of one repository are seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Rule"]


@dataclass(frozen=True)
class Rule:
    """One row of `deployment_rules`."""

    source: str
    tags: str
    branch: str
    workflow: str
    environment: str
    application: str
    service: str
    manifests_repo_id: str | None

    def takes(self, row: Mapping[str, Any]) -> bool:
        """Whether a deployment whose source names an environment and an application is one of this rule."""
        return all(
            not wanted or not named or wanted.strip().casefold() == named.strip().casefold()
            for wanted, named in ((self.environment, row["environment"]), (self.application, row["application"]))
        )
