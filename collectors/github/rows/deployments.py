"""Rows of deployments and their statuses from GraphQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from collectors.github.rows.values import moment, next_cursor, text

__all__ = ["Deployment", "Glimpse", "glimpse", "production_flags", "tombstone"]

_UNFINISHED = frozenset({None, "IN_PROGRESS", "PENDING", "QUEUED", "WAITING"})


class Glimpse(NamedTuple):
    """Enough of a deployment to detect a change."""

    id: str
    deployment_id: str
    created_at: str
    changed_at: str
    mark: str
    """A text that differs after each change; begins with `changed_at`."""
    unfinished: bool


class Deployment:
    """One deployment, as read so far."""

    def __init__(self, node: dict[str, Any]) -> None:
        self._node = node
        self.id: str = node["id"]
        self.deployment_id = _deployment_id(node)
        self.created_at: str = node["createdAt"]

    def missing(self) -> str | None:
        """The cursor of the next page of statuses, None if all have been read."""
        return next_cursor(self._node["statuses"]["pageInfo"], None)

    def extend(self, page: Mapping[str, Any]) -> None:
        """Add the next page of statuses."""
        statuses = self._node["statuses"]
        next_cursor(page["pageInfo"], statuses["pageInfo"]["endCursor"])
        statuses["nodes"] += page["nodes"]
        statuses["pageInfo"], statuses["totalCount"] = page["pageInfo"], page["totalCount"]

    def is_short(self) -> bool:
        """Whether the number of statuses differs from GitHub's count: they changed while they were read."""
        statuses = self._node["statuses"]
        total: int = statuses["totalCount"]
        return len({status["id"] for status in statuses["nodes"]}) != total

    def rows(self, production: Mapping[str, bool]) -> dict[str, list[dict[str, Any]]]:
        """The rows of both tables, without what is common to a run; `production` as of `production_flags`."""
        node = self._node
        environment = text(node["environment"] or node["originalEnvironment"])
        latest = node["latestStatus"] or {}
        row = {
            "deployment_id": self.deployment_id,
            "application": "",
            "environment": environment,
            "production": production.get(environment),
            "sha": node["commitOid"],
            "version": _tag(node["ref"]),
            "created_at": moment(node["createdAt"]),
            "url": text(latest.get("logUrl") or latest.get("environmentUrl")),
            "source": "github",
            "deleted": False,
        }
        statuses = {(status["createdAt"], status["state"]): status for status in node["statuses"]["nodes"]}
        return {
            "deployments": [row],
            "deployment_statuses": [
                {"deployment_id": self.deployment_id, "state": state.lower(), "status_at": moment(at)}
                for at, state in sorted(statuses)
            ],
        }

    def glimpse(self) -> Glimpse:
        """The glimpse of this deployment."""
        return glimpse(self._node)


def glimpse(node: Mapping[str, Any]) -> Glimpse:
    """The glimpse in a node of the fragment `DeploymentGlimpse`."""
    status_at = node["latestStatus"]["createdAt"] if node["latestStatus"] else ""
    return Glimpse(
        id=node["id"],
        deployment_id=_deployment_id(node),
        created_at=node["createdAt"],
        changed_at=max(node["createdAt"], status_at),
        mark=f"{max(node['createdAt'], status_at)} {node['state']}",
        unfinished=node["state"] in _UNFINISHED,
    )


def production_flags(listed: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Environments that GitHub's REST list of deployments marks as production, by `production_environment`.

    Only `true` is evidence: it is `false` by default for every environment not named `production` (GitHub Docs, Create
    a deployment), so for those the name decides, as it does without a flag.
    """
    return {
        text(deployment["environment"]): True
        for deployment in listed
        if deployment.get("production_environment") is True
    }


def tombstone(deployment_id: str) -> dict[str, Any]:
    """The row of a deployment that is gone."""
    return {"deployment_id": deployment_id, "source": "github", "deleted": True}


def _tag(ref: Mapping[str, Any] | None) -> str | None:
    """The tag that was deployed; a branch is not a version."""
    return text(ref["name"]) if ref and ref["prefix"] == "refs/tags/" else None


def _deployment_id(node: Mapping[str, Any]) -> str:
    return str(node["databaseId"] or node["id"])
