"""Table `inferred_services`: what each repository deploys apart, where no setting says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from headway.raw_tables.table import BOOL, INT, TEXT, TIME
from headway.settings import Settings
from warehouse.model import REPOSITORIES, Input, PythonModel, Table
from warehouse.models.deployments.seen.workflow import workflow_application
from warehouse.models.rows import records
from warehouse.models.services.inference.folders import Component, Folders, components_among
from warehouse.models.services.inference.path_kinds import deployable
from warehouse.models.services.inference.propose import Deployed, Proposal, Releases, propose, unplaced

__all__ = [
    "GONE_SERVICES",
    "INFERRED_SERVICES",
    "RENAMED_SERVICES",
    "SMALL_PARTS",
    "UNPLACED_PARTS",
    "inferred_services",
    "model",
]

INFERRED_SERVICES = Table(
    "inferred_services",
    "services that deployments, tags and folders show, in repositories of which the settings name none",
    "one row per repository and service; none for a repository that deploys nothing apart",
    ("repo_id", "service"),
    (
        ("repo_id", TEXT, "repository"),
        ("service", TEXT, "its name: that in the deployments, or of the newest form of its tags"),
        ("told_by", TEXT, "what shows it: records, manifests, workflows or tags"),
        ("paths", TEXT, "globs of its own paths, one a line; empty: what no service lists"),
        ("applications", TEXT, "its names in deployments and tags, one a line"),
        ("tags", TEXT, "pattern of its tags, where they do not name it"),
    ),
)
GONE_SERVICES = Table(
    "gone_services",
    "services whose folders the default branch has no more",
    "one row per repository and service whose folders all had a package, and have none now",
    ("repo_id", "service"),
    (
        ("repo_id", TEXT, "repository"),
        ("service", TEXT, "its name"),
        ("successor", TEXT, "the service whose folder most files went to that were moved out of it, else empty"),
    ),
)
SMALL_PARTS = Table(
    "small_parts",
    "repositories that are one service, of which tags release parts that hold less than half of the paths",
    "one row per such repository",
    ("repo_id",),
    (
        ("repo_id", TEXT, "repository"),
        ("paths", INT, "paths that it can deploy, also former ones: those of parts that moved are former too"),
        ("covered", INT, "those of them in folders of parts that have releases of their own"),
    ),
)
UNPLACED_PARTS = Table(
    "unplaced_parts",
    "parts that tags go on releasing beside inferred services, and of which no folder is known",
    "one row per repository and part",
    ("repo_id", "part"),
    (
        ("repo_id", TEXT, "repository"),
        ("part", TEXT, "its name in tags"),
        ("tags", INT, "its releases"),
    ),
)
RENAMED_SERVICES = Table(
    "renamed_services",
    "names of inferred services that began when another one ended, and may mean the same",
    "one row per repository and pair of names",
    ("repo_id", "service", "former"),
    (
        ("repo_id", TEXT, "repository"),
        ("service", TEXT, "the later name"),
        ("former", TEXT, "the name that ended"),
        ("ended_at", TIME, "last deployment under the former name, UTC"),
        ("began_at", TIME, "first deployment under the later name, UTC"),
        ("joined", BOOL, "they are taken for one service; else it is not known"),
    ),
)
_TAGS = ("tags", "releases")


def model(settings: Settings) -> PythonModel:
    """The model for these settings."""
    return PythonModel(
        "inferred_services",
        (
            Input(REPOSITORIES, ("repo_id", "repo"), ("repo_id",)),
            Input("deployment_rules", ("source", "workflow"), ("position",)),
            Input("reported_deployments", ("application", "created_at", "succeeded_at"), ("deployment_id",)),
            Input(
                "manifest_deployments",
                ("application", "version", "changed_at"),
                ("application", "changed_at", "version"),
            ),
            Input("workflow_deployments", ("workflow", "succeeded_at"), ("deployment_id",)),
            Input("release_tags", ("tag", "component", "release", "released_at"), ("deployment_id",)),
            Input("tag_families", ("component", "taken", "pattern"), ("family",)),
            Input("components", ("folder", "name"), ("path", "name")),
            Input("commit_files", ("path", "old_path", "status")),
            Input("past_files", ("path", "old_path", "alive")),
        ),
        (INFERRED_SERVICES, GONE_SERVICES, SMALL_PARTS, UNPLACED_PARTS, RENAMED_SERVICES),
        partial(inferred_services, settings=settings),
    )


def inferred_services(tables: Mapping[str, pa.Table], settings: Settings) -> dict[str, pa.Table]:
    """From the deployments, tags, packages and paths of one repository: services, those gone, other parts."""
    (repository,) = records(tables[REPOSITORIES])
    repo_id = repository["repo_id"]
    named = settings.services_of(repo_id)
    proposals: list[Proposal] = []
    homeless: list[Deployed] = []
    gone: dict[str, str] = {}
    if named:
        folders = _folders(tables)
        gone = _gone({service.name: service.paths for service in named}, folders)
        if any(service.unlisted for service in named):  # they stand for what would be inferred
            names = {name.lower() for one in named for name in (one.applications or (one.name,))}
            homeless = [part for part in _unplaced(tables, folders) if part.name.lower() not in names]
    else:
        if settings.inference.services:
            proposals, homeless = _proposals(repository["repo"], tables)
        gone = {proposal.name: proposal.successor for proposal in proposals if proposal.gone}
    apart = bool(proposals or named)
    rows = [
        {
            "repo_id": repo_id,
            "service": proposal.name,
            "told_by": proposal.told_by,
            "paths": "\n".join(proposal.paths),
            "applications": "\n".join(proposal.applications),
            "tags": proposal.tags,
        }
        for proposal in proposals
    ]
    return {
        INFERRED_SERVICES.name: INFERRED_SERVICES.of(rows),
        GONE_SERVICES.name: GONE_SERVICES.of(
            [{"repo_id": repo_id, "service": name, "successor": other} for name, other in gone.items()]
        ),
        SMALL_PARTS.name: SMALL_PARTS.of(
            [] if apart else [{"repo_id": repo_id, **row} for row in _small_parts(tables)]
        ),
        UNPLACED_PARTS.name: UNPLACED_PARTS.of(
            [{"repo_id": repo_id, "part": part.name, "tags": len(part.times)} for part in homeless]
        ),
        RENAMED_SERVICES.name: RENAMED_SERVICES.of(
            [
                {
                    "repo_id": repo_id,
                    "service": row.name,
                    "former": row.former,
                    "ended_at": row.ended_at,
                    "began_at": row.began_at,
                    "joined": row.joined,
                }
                for proposal in proposals
                for row in proposal.successions
            ]
        ),
    }


def _small_parts(tables: Mapping[str, pa.Table]) -> Iterator[dict[str, int]]:
    """How much of the repository its released parts are, where that is less than half: one row, or none."""
    tags = records(tables["release_tags"])
    parts = {row["component"] for row in tags if row["component"] and row["release"]}
    if not parts:
        return
    folders = _folders(tables)
    places = {folder for part in parts if (folder := folders.of(part)) is not None}
    places |= {old for folder in places for old in folders.earlier(folder)}
    if not places or "" in places:
        return
    inside = tuple(f"{folder}/" for folder in sorted(places))
    every = list(folders.paths)
    paths = [path for path, can in zip(every, deployable(every, [""] * len(every)), strict=True) if can]
    covered = sum(path.startswith(inside) for path in paths)
    if 2 * covered < len(paths):
        yield {"paths": len(paths), "covered": covered}


def _proposals(repo: str, tables: Mapping[str, pa.Table]) -> tuple[list[Proposal], list[Deployed]]:
    """The services, and the parts beside them that have no folder."""
    sources = set(tables["deployment_rules"]["source"].to_pylist())
    deployed = _grouped(_named(tables, sources))
    if len(deployed) < 2:  # nothing to tell apart
        return [], []
    whole = _whole(tables) if sources.intersection(_TAGS) else None
    folders = _folders(tables)
    proposals = propose(repo.rpartition("/")[2], deployed, whole, folders)
    return proposals, unplaced(deployed, folders) if proposals else []


def _unplaced(tables: Mapping[str, pa.Table], folders: Folders) -> list[Deployed]:
    return unplaced(_grouped(_named(tables, tables["deployment_rules"]["source"].to_pylist())), folders)


def _folders(tables: Mapping[str, pa.Table]) -> Folders:
    components = [Component(**row) for row in records(tables["components"])]
    if past := records(tables["past_files"]):
        alive = [row["path"] for row in past if row["alive"]]
        renamed = {(row["old_path"], row["path"]) for row in past if row["old_path"]}
        return Folders(components_among(alive, components), [row["path"] for row in past], renamed)
    files = tables["commit_files"]
    moves = files.filter(pc.equal(files["status"], "R"))
    renames = zip(moves["old_path"].to_pylist(), moves["path"].to_pylist(), strict=True)
    return Folders(components, pc.unique(files["path"]).to_pylist(), set(renames))


def _gone(services: Mapping[str, Sequence[str]], folders: Folders) -> dict[str, str]:
    """Of services by name, each with its globs, those that are gone, with the service that has their files."""
    gone = {name: globs for name, globs in services.items() if _are_gone(globs, folders)}
    homes = {glob.removesuffix("/**"): name for name, globs in services.items() if name not in gone for glob in globs}
    return {name: folders.went_to(globs[0].removesuffix("**").rstrip("/"), homes) for name, globs in gone.items()}


def _are_gone(globs: Iterable[str], folders: Folders) -> bool:
    """Whether a service is built from folders alone, and none of them has a package any more."""
    wanted = [glob.removesuffix("**") for glob in globs if not glob.startswith("!")]
    return bool(wanted) and all(glob.endswith("/") and folders.gone(glob.rstrip("/")) for glob in wanted)


def _named(tables: Mapping[str, pa.Table], sources: Iterable[str]) -> Iterator[tuple[str, str, datetime]]:
    """Name, source and time of each deployment that names what it deploys, of the sources that count."""
    if "records" in sources:
        for row in records(tables["reported_deployments"]):
            at = row["succeeded_at"] or row["created_at"]
            if row["application"] and at:
                yield row["application"], "records", at
    if "manifests" in sources:
        for row in records(tables["manifest_deployments"]):
            if row["application"] and row["version"] is not None:
                yield row["application"], "manifests", row["changed_at"]
    if "workflow" in sources:
        yield from _by_workflow(tables)
    if any(source in sources for source in _TAGS):
        yield from _by_tag(tables)


def _by_tag(tables: Mapping[str, pa.Table]) -> Iterator[tuple[str, str, datetime]]:
    for row in records(tables["release_tags"]):
        if row["component"] and row["release"] and row["released_at"]:
            yield row["component"], "tags", row["released_at"]


def _by_workflow(tables: Mapping[str, pa.Table]) -> Iterator[tuple[str, str, datetime]]:
    """What the workflows that deploy say by their names."""
    rules = records(tables["deployment_rules"])
    globs = [row["workflow"].lower() for row in rules if row["source"] == "workflow"]
    for row in records(tables["workflow_deployments"]):
        name, at = workflow_application(row["workflow"]), row["succeeded_at"]
        if name and at and any(fnmatchcase(row["workflow"].lower(), glob) for glob in globs):
            yield name, "workflows", at


def _grouped(named: Iterable[tuple[str, str, datetime]]) -> list[Deployed]:
    """What is called by one name, whatever its case."""
    groups: dict[tuple[str, str], Deployed] = {}
    for name, told_by, at in named:
        groups.setdefault((told_by, name.lower()), Deployed(name, told_by)).times.append(at)
    for group in groups.values():
        group.times.sort()
    return list(groups.values())


def _whole(tables: Mapping[str, pa.Table]) -> Releases:
    """Releases of the repository as one."""
    families: list[dict[str, Any]] = records(tables["tag_families"])
    patterns = [row["pattern"] for row in families if row["taken"] and not row["component"] and row["pattern"]]
    tags = [
        (row["tag"], row["released_at"])
        for row in records(tables["release_tags"])
        if row["release"] and not row["component"] and row["released_at"]
    ]
    return Releases(tags, "|".join(patterns))
