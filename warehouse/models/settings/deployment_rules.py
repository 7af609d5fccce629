"""Table `deployment_rules`: where the deployments of each repository are read from; a repository may have several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import BOOL, INT, TEXT
from headway.repository_names import ignores_case, names_match
from headway.settings import DeploymentRule, Settings
from warehouse.model import Input, PythonModel, Table
from warehouse.models.deployments.environments import named_production
from warehouse.models.deployments.tag_families.families import any_release
from warehouse.models.rows import records
from warehouse.models.services.services import plain_name
from warehouse.models.settings.component_applications import component_applications

__all__ = [
    "DEPLOYMENT_RULES",
    "PLAIN_TAGS",
    "deployment_rules",
    "deploys_others",
    "model",
    "own_application",
    "parts_of",
    "repository_ids",
]

DEPLOYMENT_RULES = Table(
    "deployment_rules",
    "where the deployments of each repository are read from; the rules of one repository add up",
    "one row per repository and rule; from manifests, per rule and manifests repository",
    ("repo_id", "position"),
    (
        ("repo_id", TEXT, "repository, `<provider>:<repo>`"),
        ("position", INT, "order of the rules of a repository, from 0"),
        ("source", TEXT, "tags, manifests, branch, records, workflow, releases or none"),
        (
            "tags",
            TEXT,
            "from tags: pattern of the tags that are deployments; empty: the releases of `release_tags`",
        ),
        ("branch", TEXT, "from branch: the branch whose merges are deployments"),
        ("workflow", TEXT, "from workflow: glob on the name of the workflow whose runs deploy"),
        (
            "environment",
            TEXT,
            "of deployments whose source names none; from records and manifests also the only one that counts",
        ),
        ("manifests", TEXT, "from manifests: glob on the name of the manifests repository, empty for any"),
        ("manifests_repo_id", TEXT, "from manifests: the manifests repository, null where none has the application"),
        ("application", TEXT, "from manifests: the application; from records: the only one that counts, empty for all"),
        ("service", TEXT, "the service that is deployed, empty where the rule names none"),
        ("by_default", BOOL, "no setting says so: it is the most reliable record available"),
    ),
)
PLAIN_TAGS = r"^v?\d+\.\d+(\.\d+)*$"
"""The tags that are releases where none are inferred."""
_NAMES_ITSELF = ("records", "manifests")
Manifests = Sequence[tuple[str, str]]


def model(settings: Settings) -> PythonModel:
    """The model for these settings."""
    return PythonModel(
        "deployment_rules",
        (
            Input("source_watermarks", ("repo_id",)),
            Input("raw_repositories", ("repo_id",)),
            Input("raw_refs", ("repo_id", "kind", "name")),
            Input("manifest_versions", ("manifests_repo_id", "application")),
            Input("raw_deployments", ("repo_id", "environment", "production")),
            Input("components", ("repo_id", "folder", "name"), ("repo_id", "path", "name")),
        ),
        (DEPLOYMENT_RULES,),
        partial(deployment_rules, settings=settings),
        per_repository=False,
    )


def deployment_rules(tables: Mapping[str, pa.Table], settings: Settings) -> pa.Table:
    """From raw repositories, refs, manifests and deployments: the rules of the settings, or what was detected."""
    columns = (tables["manifest_versions"][name].to_pylist() for name in ("manifests_repo_id", "application"))
    manifests = sorted(set(zip(*columns, strict=True)))
    reporting = _reporting(tables["raw_deployments"], settings)
    tags = _tags(tables["raw_refs"])
    plain = "" if settings.inference.tags else PLAIN_TAGS
    rows: list[dict[str, Any]] = []
    inferred = _inferred_parts(tables, settings, manifests)
    for repo_id in repository_ids(tables):
        named = own_application(repo_id, manifests)
        given = settings.deployment_rules(repo_id)
        services = settings.services_of(repo_id)
        own = [(service.name, service.tags) for service in services if service.tags]
        parts = parts_of(repo_id, settings, manifests) if services else tuple(inferred.get(repo_id, ()))
        if deploys_others(repo_id, manifests, parts):
            chosen = given or (DeploymentRule(source="none"),)
        else:
            reports = reporting.get(repo_id)
            chosen = given or (_detected((named, *parts), manifests, tags.get(repo_id, ()), plain, reporting=reports),)
        by_service = [*_of_services(chosen, own)]
        others = [rule for rule in chosen if not (by_service and rule.source == "none")]
        found = [*by_service, *(row for rule in others for row in _rows(rule, (named, *parts), manifests))]
        for row in found:
            if row["source"] == "tags":
                row["tags"] = row["tags"] or plain
        rows += [
            {"repo_id": repo_id, "position": position, "by_default": not given, **row}
            for position, row in enumerate(found)
        ]
    return DEPLOYMENT_RULES.of(rows)


def repository_ids(tables: Mapping[str, pa.Table]) -> list[str]:
    """Every repository that a source describes or feeds."""
    return sorted({repo_id for name in ("raw_repositories", "source_watermarks") for repo_id in _column(tables[name])})


def own_application(repo_id: str, manifests: Manifests) -> str:
    """The application called as the repository, as manifests spell it.

    They may have another case where the forge ignores that of names, or the form of a variable: `MY_SHOP` of `my-shop`.
    """
    name = repo_id.rpartition(":")[2].rpartition("/")[2]
    applications = {application for _, application in manifests}
    if name in applications:
        return name
    variable = re.sub(r"\W", "_", name).upper()
    if variable in applications or not ignores_case(repo_id):
        return variable if variable in applications else name
    return min((other for other in applications if other.lower() == name.lower()), default=name)


def parts_of(repo_id: str, settings: Settings, manifests: Manifests) -> tuple[str, ...]:
    """The applications of the services that the settings give a repository, as manifests spell them."""
    services = settings.services_of(repo_id)
    names = {plain_name(name) for service in services for name in service.applications or (service.name,)}
    return tuple(sorted({name for _, name in manifests if plain_name(name) in names}))


def _inferred_parts(tables: Mapping[str, pa.Table], settings: Settings, manifests: Manifests) -> dict[str, list[str]]:
    """The applications that are parts of a repository by its folders."""
    if not manifests or not settings.inference.services:
        return {}
    whole = [own_application(repo_id, manifests) for repo_id in repository_ids(tables)]
    return component_applications((name for _, name in manifests), whole, records(tables["components"]))


def deploys_others(repo_id: str, manifests: Manifests, parts: Sequence[str] = ()) -> bool:
    """Whether a repository holds manifests, and none of the application that is called as itself or a part of it."""
    applications = {application for place, application in manifests if place == repo_id}
    return bool(applications) and applications.isdisjoint((own_application(repo_id, manifests), *parts))


def _rows(rule: DeploymentRule, named: Sequence[str], manifests: Manifests) -> Iterator[dict[str, Any]]:
    """A rule, once for each manifests repository that has an application of it; `named` are the repository's own."""
    row = {name: getattr(rule, name) for name in ("source", "tags", "branch", "workflow", "manifests", "service")}
    row["environment"] = rule.environment or ("" if rule.source in _NAMES_ITSELF else "production")
    row["application"] = rule.application if rule.source in _NAMES_ITSELF else ""
    if rule.source != "manifests":
        yield row
        return
    applications = [rule.application or rule.service] if rule.application or rule.service else named
    found: list[tuple[str | None, str]] = [
        (place, name)
        for place, name in manifests
        if name in applications and (not rule.manifests or names_match(rule.manifests, place))
    ]
    for place, name in found or [(None, applications[0])]:
        yield {**row, "application": name, "manifests_repo_id": place}


def _of_services(rules: Sequence[DeploymentRule], tags: Iterable[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """For each service with tags of its own a rule that comes before those of a repository deployed from tags."""
    replaced = [rule for rule in rules if rule.source in {"tags", "none"}]
    for service, pattern in tags if replaced else ():
        rule = DeploymentRule(source="tags", tags=pattern, service=service, environment=replaced[0].environment)
        yield from _rows(rule, (), ())


def _column(table: pa.Table) -> list[str]:
    values: list[str] = table["repo_id"].to_pylist()
    return values


def _tags(refs: pa.Table) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = {}
    for repo_id, kind, name in zip(*(refs[name].to_pylist() for name in ("repo_id", "kind", "name")), strict=True):
        if kind == "tag":
            tags.setdefault(repo_id, []).append(name)
    return tags


def _reporting(deployments: pa.Table, settings: Settings) -> dict[str, bool]:
    """The repositories of which a system reports deployments, and whether one may be to production."""
    columns = ["repo_id", "environment", "production"]
    reporting: dict[str, bool] = {}
    for row in records(deployments.select(columns).group_by(columns).aggregate([])):
        flag = row["production"]
        named = None if row["environment"] is None else named_production(row["repo_id"], row["environment"], settings)
        may_be = named is not False if flag is None else flag or named is True
        reporting[row["repo_id"]] = reporting.get(row["repo_id"], False) or may_be
    return reporting


def _detected(
    applications: Sequence[str], manifests: Manifests, tags: Iterable[str], pattern: str, *, reporting: bool | None
) -> DeploymentRule:
    """What to take for deployments where no rule says it: the most reliable record available.

    `reporting`: a system reports deployments, and true where one may be to production. Else, as of a library whose
    only environments are its web pages, tags go before them.
    """
    if reporting:
        return DeploymentRule(source="records")
    if any(name in applications for _, name in manifests):
        return DeploymentRule(source="manifests")
    if any(re.search(pattern, name) for name in tags) if pattern else any_release(tags):
        return DeploymentRule(source="tags")
    return DeploymentRule(source="none" if reporting is None else "records")
