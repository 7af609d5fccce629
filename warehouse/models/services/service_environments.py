"""Table `service_environments`: what the settings of a service say of the environments that it is deployed to."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyarrow as pa

from headway.raw_tables.table import BOOL, INT, TEXT
from warehouse.model import Input, PythonModel, Table
from warehouse.models.rows import records
from warehouse.models.services.services import lines

__all__ = ["MODEL", "SERVICE_ENVIRONMENTS", "service_environments"]

SERVICE_ENVIRONMENTS = Table(
    "service_environments",
    "what the settings of a service say of the environments that it is deployed to",
    "one row per repository, service and environment of a deployment",
    ("repo_id", "service", "environment"),
    (
        ("repo_id", TEXT, "repository"),
        ("service", TEXT, "service, empty for the whole repository"),
        ("environment", TEXT, "as named by the source"),
        ("production", BOOL, "its name matches the service's own pattern; null where it has none"),
        ("excluded", BOOL, "the setting `exclude` names it"),
        ("wave", INT, "its place in the setting `waves`, from 1; null where that does not name it"),
        ("waves_named", BOOL, "the setting `waves` is there: production environments that it does not name are none"),
    ),
)


def service_environments(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `deployments_seen` and `services` of all repositories: one row per service and environment."""
    services = {(row["repo_id"], row["service"]): row for row in records(tables["services"])}
    whole = {row["repo_id"]: row for row in reversed(records(tables["services"]))}
    seen = tables["deployments_seen"].group_by(["repo_id", "service", "environment"]).aggregate([]).to_pylist()
    rows = []
    for key in sorted(
        (row for row in seen if row["service"] is not None),
        key=lambda row: (row["repo_id"], row["service"], row["environment"]),
    ):
        # A deployment of a whole repository with services has the settings of the first of them.
        service = services.get((key["repo_id"], key["service"])) or whole[key["repo_id"]]
        name = key["environment"].casefold()
        waves = [wave.casefold() for wave in lines(service["waves"])]
        pattern = service["environments"]
        rows.append(
            {
                **key,
                "production": re.search(pattern, key["environment"]) is not None if pattern else None,
                "excluded": name in [other.casefold() for other in lines(service["excluded"])],
                "wave": waves.index(name) + 1 if name in waves else None,
                "waves_named": bool(waves),
            }
        )
    return SERVICE_ENVIRONMENTS.of(rows)


MODEL = PythonModel(
    "service_environments",
    (
        Input("deployments_seen", ("repo_id", "service", "environment")),
        Input("services", ("repo_id", "service", "environments", "waves", "excluded"), ("repo_id", "service")),
    ),
    (SERVICE_ENVIRONMENTS,),
    service_environments,
    per_repository=False,
)
