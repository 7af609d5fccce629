"""Table `environments`: which environments are production."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyarrow as pa

from headway.raw_tables.table import BOOL, TEXT
from headway.settings import ProductionSettings
from warehouse.model import Input, PythonModel, Table

__all__ = ["ENVIRONMENTS", "environments", "model"]

ENVIRONMENTS = Table(
    "environments",
    "environments that deployments name, and which of them are production",
    "one row per environment",
    ("environment",),
    (
        ("environment", TEXT, "as named by the source"),
        ("production", BOOL, "its name matches the setting `environments` of `[production]`"),
    ),
)


def model(settings: ProductionSettings) -> PythonModel:
    """The model for these settings."""
    return PythonModel(
        "environments",
        (Input("deployments_seen", ("environment",)),),
        (ENVIRONMENTS,),
        lambda tables: environments(tables, re.compile(settings.environments)),
        per_repository=False,
    )


def environments(tables: Mapping[str, pa.Table], production: re.Pattern[str]) -> pa.Table:
    """From `deployments_seen` of all repositories: one row per environment."""
    names = set(tables["deployments_seen"]["environment"].to_pylist())
    return ENVIRONMENTS.of(
        [{"environment": name, "production": bool(production.search(name))} for name in sorted(names)]
    )
