"""Tables `path_services` and `deployable_paths`: the services of each path, and what can be deployed at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import BOOL, TEXT
from warehouse.classify.rules.globs import compile_globs
from warehouse.model import Input, PythonModel, Table
from warehouse.models.services.inference.path_kinds import deployable, is_companion
from warehouse.models.services.inference.propose import EVERYTHING
from warehouse.models.services.services import lines

__all__ = ["DEPLOYABLE_PATHS", "MODEL", "PATH_SERVICES", "path_services"]

PATH_SERVICES = Table(
    "path_services",
    "the services that each path belongs to",
    "one row per repository, path and service",
    ("repo_id", "path", "service"),
    (
        ("repo_id", TEXT, "repository"),
        ("path", TEXT, "path"),
        ("service", TEXT, "service"),
        ("shared", BOOL, "it is none of the service's own paths: the service shares it"),
    ),
)
DEPLOYABLE_PATHS = Table(
    "deployable_paths",
    "paths of repositories with several services that are neither documents, CI, tests nor tooling",
    "one row per repository and path",
    ("repo_id", "path"),
    (
        ("repo_id", TEXT, "repository"),
        ("path", TEXT, "path"),
        ("listed", BOOL, "it belongs to some service by its paths"),
        ("companion", BOOL, "a lock or a list of packages: beside listed paths it says nothing of other services"),
    ),
)


def path_services(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """From `service_files` and `services` of all repositories: the services of each path, and what can be deployed."""
    distinct = tables["service_files"].group_by(["repo_id", "path"], use_threads=False).aggregate([])
    paths: dict[str, list[str]] = {}
    for repo_id, path in zip(*(distinct[name].to_pylist() for name in ("repo_id", "path")), strict=True):
        paths.setdefault(repo_id, []).append(path)
    services: dict[str, list[dict[str, Any]]] = {}
    for service in tables["services"].to_pylist():
        services.setdefault(service["repo_id"], []).append(service)
    memberships: list[dict[str, Any]] = []
    deployables: list[dict[str, Any]] = []
    for repo_id, names in sorted(paths.items()):
        names.sort()
        globs = _Globs(services[repo_id])
        places = [globs.of(path) for path in names]
        able = deployable(names, [folder for folder, _ in places])
        for path, (_, owners), can in zip(names, places, able, strict=True):
            memberships += [
                {"repo_id": repo_id, "path": path, "service": service, "shared": shared}
                for service, shared, code_alone in owners
                if can or not code_alone
            ]
            if can:
                deployables.append(
                    {"repo_id": repo_id, "path": path, "listed": bool(owners), "companion": is_companion(path)}
                )
    return {PATH_SERVICES.name: PATH_SERVICES.of(memberships), DEPLOYABLE_PATHS.name: DEPLOYABLE_PATHS.of(deployables)}


_Hit = tuple[int, bool, bool]
"""A glob that takes a path: place of its service, whether it shares the path, whether it leaves it out."""
_Owners = list[tuple[str, bool, bool]]


class _Globs:
    """The globs of the services of one repository. Most are whole folders, which are looked up."""

    def __init__(self, services: Sequence[Mapping[str, Any]]) -> None:
        self._folders: dict[str, list[_Hit]] = {}
        self._found: dict[str, tuple[str, frozenset[_Hit]]] = {}
        self._owned: dict[str, _Owners] = {}
        self._patterns = []
        self._services = [(service["service"], service["unlisted"]) for service in services]
        for place, service in enumerate(services):
            for name in ("paths", "shared"):
                globs = [glob for glob in lines(service[name]) if not (glob == EVERYTHING and service["unlisted"])]
                others = [glob for glob in globs if not self._look_up(glob, place, shared=name == "shared")]
                self._patterns += [
                    (pattern, place, name == "shared", leaves_out)
                    for leaves_out, some in _by_sign(others)
                    if (pattern := compile_globs(some)) is not None
                ]

    def _look_up(self, glob: str, place: int, *, shared: bool) -> bool:
        leaves_out = glob.startswith("!")
        folder = glob.removeprefix("!").removesuffix("**").removesuffix("/")
        if glob.endswith(("/", "/**")) and folder and not set(folder) & set("*?"):
            self._folders.setdefault(folder, []).append((place, shared, leaves_out))
            return True
        return False

    def of(self, path: str) -> tuple[str, _Owners]:
        """The deepest listed folder of a path; of each service of it the name, whether it shares it, and `unlisted`."""
        folder = path.rpartition("/")[0]
        deepest, hits = self._above(folder)
        matched = [
            (place, shared, leaves_out)
            for pattern, place, shared, leaves_out in self._patterns
            if pattern.match(path) is not None
        ]
        if matched:
            return deepest, self._owners(hits.union(matched))
        if folder not in self._owned:
            self._owned[folder] = self._owners(hits)
        return deepest, self._owned[folder]

    def _above(self, folder: str) -> tuple[str, frozenset[_Hit]]:
        """Of a folder the deepest listed one that it is or is in, and the globs of all of these."""
        if folder not in self._found:
            deepest, hits = self._above(folder.rpartition("/")[0]) if folder else ("", frozenset())
            if entries := self._folders.get(folder):
                hits = hits.union(entries)
                if any(not leaves_out for _, _, leaves_out in entries):
                    deepest = folder
            self._found[folder] = deepest, hits
        return self._found[folder]

    def _owners(self, hits: Iterable[_Hit]) -> _Owners:
        """The services that some globs hit and none leaves out."""
        hit = set(hits)
        owners = {(place, shared) for place, shared, leaves_out in hit if not leaves_out} - {
            (place, shared) for place, shared, leaves_out in hit if leaves_out
        }
        places = {place: (place, False) not in owners for place, _ in sorted(owners)}
        return [(self._services[place][0], shared, self._services[place][1]) for place, shared in places.items()]


def _by_sign(globs: Iterable[str]) -> Iterator[tuple[bool, list[str]]]:
    texts = list(globs)
    yield False, [glob for glob in texts if not glob.startswith("!")]
    yield True, [glob[1:] for glob in texts if glob.startswith("!")]


MODEL = PythonModel(
    "path_services",
    (
        Input("service_files", ("repo_id", "path")),
        Input("services", ("repo_id", "service", "paths", "shared", "unlisted"), ("repo_id", "service")),
    ),
    (PATH_SERVICES, DEPLOYABLE_PATHS),
    path_services,
    per_repository=False,
)
