"""Which service a deployment deploys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from warehouse.models.services.services import lines, plain_name

__all__ = ["for_services"]


def for_services(row: Mapping[str, Any], services: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The deployment with its service: `row` of `deployments_seen`, `services` of its repository.

    The service is the one that the row names already, by its rule, or that has its application, or whose pattern its
    tag matches: of a published release the pattern comes first. It is empty for the whole repository: where that is one
    service, or nothing names another. It is null where what is named is no service, unless by the name of a workflow,
    which may mean anything.
    What names several services is a deployment of each: the first keeps the id.
    """
    names = [service["service"] for service in services if service["service"]]
    by_workflow = row["source"] == "workflow"
    if not names:
        yield {**row, "service": "", "application": "" if by_workflow else row["application"]}
        return
    wanted, application = row["service"], plain_name(row["application"])
    if wanted:
        named = [name for name in names if name == wanted]
    else:
        named = [
            service["service"] for service in services if row["source"] == "releases" and _has_tag(service, row)
        ] or [
            service["service"]
            for service in services
            if application in (plain_name(name) for name in lines(service["applications"]))
            or (not application and _has_tag(service, row))
        ]
    if not named and by_workflow and not wanted:
        yield {**row, "service": "", "application": ""}
    elif not named:
        yield {**row, "service": None if wanted or application else ""}
    for place, service in enumerate(named):
        name = row["deployment_id"]
        yield {**row, "service": service, "deployment_id": f"{name}@{service}" if place else name}


def _has_tag(service: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether a release of no known part of the repository is one of this service."""
    tag = row["version"] if row["source"] in {"tags", "releases"} else None
    return bool(service["tags"] and tag and re.search(service["tags"], tag))
