"""Which service a deployment deploys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from warehouse.models.services.services import lines

__all__ = ["for_services"]


def for_services(row: Mapping[str, Any], services: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The deployment with its service: `row` of `deployments_seen`, `services` of its repository.

    The service is empty for the whole repository: where that is one service, or nothing names another. It is null where
    the application is that of no service, or the rule names a service that there is not. What names several services is
    a deployment of each: the first keeps the id.
    """
    if row["service"]:  # the rule that shows it says so
        known = row["service"] in (service["service"] for service in services)
        yield {**row, "service": row["service"] if known else None}
        return
    named = [service["service"] for service in services if service["service"] and _names(row, service)]
    if not named:
        several = any(service["service"] for service in services)
        yield {**row, "service": None if several and row["application"] else ""}
    for place, service in enumerate(named):
        name = row["deployment_id"]
        yield {**row, "service": service, "deployment_id": f"{name}@{service}" if place else name}


def _names(row: Mapping[str, Any], service: Mapping[str, Any]) -> bool:
    """Whether a tag of the service's pattern, or an application, names it; forges and people differ in case."""
    if row["source"] == "tags" and service["tags"]:
        return re.search(service["tags"], row["version"]) is not None
    return row["application"].casefold() in (name.casefold() for name in lines(service["applications"]))
