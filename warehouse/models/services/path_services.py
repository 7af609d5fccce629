"""Tables `path_services` and `deployable_paths`: the services of each path, and what can be deployed at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import BOOL, TEXT
from warehouse.classify.rules.globs import compile_globs
from warehouse.model import Input, PythonModel, Table
from warehouse.models.rows import records
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
    paths: dict[str, set[str]] = {}
    for repo_id, path in zip(*(tables["service_files"][name].to_pylist() for name in ("repo_id", "path")), strict=True):
        paths.setdefault(repo_id, set()).add(path)
    services: dict[str, list[dict[str, Any]]] = {}
    for service in records(tables["services"]):
        services.setdefault(service["repo_id"], []).append(service)
    memberships: list[dict[str, Any]] = []
    deployables: list[dict[str, Any]] = []
    for repo_id, names in sorted(paths.items()):
        globs = _Globs(services[repo_id])
        for path in sorted(names):
            folder, owners = globs.of(path)
            can = deployable(path, folder)
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


class _Globs:
    """The globs of the services of one repository. Most are whole folders, which are looked up."""

    def __init__(self, services: Sequence[Mapping[str, Any]]) -> None:
        self._folders: dict[str, list[tuple[int, bool, bool]]] = {}
        """For each folder: place of a service, whether it shares it, whether it leaves it out."""
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

    def of(self, path: str) -> tuple[str, list[tuple[str, bool, bool]]]:
        """The deepest listed folder of a path; of each service of it the name, whether it shares it, and `unlisted`."""
        deepest = ""
        hits: set[tuple[int, bool, bool]] = set()
        for end in [place for place, letter in enumerate(path) if letter == "/"]:
            entries = self._folders.get(path[:end])
            if entries:
                hits.update(entries)
                if any(not leaves_out for _, _, leaves_out in entries):
                    deepest = path[:end]
        hits.update(
            (place, shared, leaves_out)
            for pattern, place, shared, leaves_out in self._patterns
            if pattern.match(path) is not None
        )
        owners = {(place, shared) for place, shared, leaves_out in hits if not leaves_out} - {
            (place, shared) for place, shared, leaves_out in hits if leaves_out
        }
        places = {place: (place, False) not in owners for place, _ in sorted(owners)}
        return deepest, [
            (self._services[place][0], shared, self._services[place][1]) for place, shared in places.items()
        ]


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
