"""Table `services`: what each repository deploys as one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import BOOL, TEXT
from headway.settings import ServiceSettings, Settings
from warehouse.model import REPOSITORIES, Input, PythonModel, Table
from warehouse.models.services.inference.inferred_services import GONE_SERVICES, INFERRED_SERVICES

__all__ = ["SERVICES", "lines", "model", "plain_name", "services"]

SERVICES = Table(
    "services",
    "what each repository deploys as one",
    "one row per repository and service; a repository without known services is one, with an empty name",
    ("repo_id", "service"),
    (
        ("repo_id", TEXT, "repository"),
        ("service", TEXT, "its name, empty for a repository that is one service"),
        ("inferred", BOOL, "no setting names it"),
        (
            "told_by",
            TEXT,
            "what names it: settings, records, manifests, workflows, tags; repository: it is one service",
        ),
        ("paths", TEXT, "globs of its own paths, one a line; empty for a repository that is one service"),
        ("shared", TEXT, "globs of paths that it shares, one a line"),
        ("applications", TEXT, "its names in records, manifests and workflows, one a line"),
        ("tags", TEXT, "pattern of its tags, empty: the repository's rule"),
        ("environments", TEXT, "pattern of its production environments, empty: that of `[production]`"),
        ("arrival", TEXT, "all or first: which of its waves must have a change for it to be in production"),
        ("waves", TEXT, "its production environments in the order of a roll-out, one a line; empty: inferred"),
        ("excluded", TEXT, "production environments that are left out, one a line"),
        ("unlisted", BOOL, "it takes paths that no service lists; documents, CI, tests and tooling touch it not"),
        ("gone", BOOL, "the default branch has its folder no more"),
        ("successor", TEXT, "then the service that has its files now, empty where none is known"),
    ),
)


def model(settings: Settings) -> PythonModel:
    """The model for these settings."""
    return PythonModel(
        "services",
        (
            Input(REPOSITORIES, ("repo_id",), ("repo_id",)),
            Input(
                INFERRED_SERVICES.name,
                ("repo_id", "service", "told_by", "paths", "applications", "tags"),
                ("repo_id", "service"),
            ),
            Input(GONE_SERVICES.name, ("repo_id", "service", "successor")),
        ),
        (SERVICES,),
        partial(services, settings=settings),
        per_repository=False,
    )


def services(tables: Mapping[str, pa.Table], settings: Settings) -> pa.Table:
    """From all repositories and what was inferred of them: one row per service; what settings say wins."""
    inferred: dict[str, list[dict[str, Any]]] = {}
    for row in tables[INFERRED_SERVICES.name].to_pylist():
        inferred.setdefault(row["repo_id"], []).append({**_whole(settings), **row, "unlisted": True})
    gone = {(row["repo_id"], row["service"]): row["successor"] for row in tables[GONE_SERVICES.name].to_pylist()}
    rows = []
    for repo_id in tables[REPOSITORIES]["repo_id"].to_pylist():
        named = [_named(service, settings) for service in settings.services_of(repo_id)]
        chosen = named or inferred.get(repo_id) or [_whole(settings)]
        for service in chosen:
            key = (repo_id, service["service"])
            rows.append({"repo_id": repo_id, "gone": key in gone, "successor": gone.get(key, ""), **service})
    return SERVICES.of(rows)


def lines(text: str) -> list[str]:
    """The names or globs in a column of this table."""
    return text.splitlines()


def plain_name(application: str) -> str:
    """The name of an application without case and marks: a variable may have it as `MY_SHOP`, a record as `my-shop`."""
    return re.sub(r"\W", "_", application).casefold()


def _named(service: ServiceSettings, settings: Settings) -> dict[str, Any]:
    production = settings.production
    return {
        "service": service.name,
        "inferred": False,
        "told_by": "settings",
        "paths": _joined(service.paths),
        "shared": _joined(service.shared),
        "applications": _joined(service.applications or (service.name,)),
        "tags": service.tags,
        "environments": service.environments,
        "arrival": service.arrival or production.arrival,
        "waves": _joined(service.waves or production.waves),
        "excluded": _joined(service.exclude or production.exclude),
        "unlisted": service.unlisted,
    }


def _whole(settings: Settings) -> dict[str, Any]:
    """A repository that is one service."""
    texts = dict.fromkeys(("service", "paths", "shared", "applications", "tags", "environments"), "")
    return {
        **texts,
        "inferred": True,
        "told_by": "repository",
        "arrival": settings.production.arrival,
        "waves": _joined(settings.production.waves),
        "excluded": _joined(settings.production.exclude),
        "unlisted": False,
    }


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(texts)
