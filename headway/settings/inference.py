"""What Headway infers where no setting says it."""

from __future__ import annotations

from dataclasses import dataclass

from headway.settings.field import setting

__all__ = ["InferenceSettings"]


@dataclass(frozen=True)
class InferenceSettings:
    """What is inferred from the data where no setting says it."""

    tags: bool = setting(
        default=True, doc="learn from a repository's tags which are releases; false: only tags such as `v1.2.3`"
    )
    services: bool = setting(
        default=True,
        doc="infer the services of a repository from its deployments, tags and folders; false: it is one service",
    )
    production: bool = setting(
        default=True, doc="infer from the words of their names which environments are production"
    )
