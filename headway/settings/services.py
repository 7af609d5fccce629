"""The sections `[production]` and `[[services]]`: what is deployed as one, and where it must be to be in production."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headway.errors import UsageError
from headway.settings.field import setting
from headway.settings.pasted import PLACEHOLDER

__all__ = ["ProductionSettings", "ServiceSettings", "check_services"]

ARRIVAL = ("all", "first")
_NOT_IN_NAMES = ";\n*"  # reports join names with the first, tables with the second; the third is the whole change


@dataclass(frozen=True)
class ProductionSettings:
    """Which environments are production, and when a change has arrived there."""

    environments: str = setting(
        "",
        "pattern of production environments, where the system does not flag them; empty: names with a word such as"
        " prod, production, prd or live, and none such as preview or test",
        pattern=True,
    )
    arrival: str = setting(
        "all",
        "a change is in production when `all` of its services and waves have it, or the `first` of them",
        choices=ARRIVAL,
    )
    waves: tuple[str, ...] = setting(
        (),
        "names of the production environments that a roll-out goes to, in order; empty: inferred from the deployments",
    )
    exclude: tuple[str, ...] = setting(
        (), "names of production environments to leave out: they are no waves, such as retired ones"
    )
    complete: tuple[str, ...] = setting(
        (),
        "globs on repositories whose production deployments are recorded completely, one after the other, and in right"
        " times: a pause in them is no doubt, and an older commit after newer ones always a rollback",
    )


@dataclass(frozen=True)
class ServiceSettings:
    """A service: what is deployed as one. A change belongs to each service whose paths it touches."""

    repo: str = setting("*", "glob on the repository's name, with or without its provider")
    name: str = setting("", "its name", longest=100)
    paths: tuple[str, ...] = setting((), "globs of its own paths; those that begin with `!` are left out")
    shared: tuple[str, ...] = setting((), "globs of paths that it shares with other services")
    unlisted: bool = setting(
        default=False,
        doc="it is also built from paths that no service lists, while it is alive; documents, CI, tests and tooling"
        " then touch nothing (as in services that are inferred)",
    )
    tags: str = setting("", "from tags: pattern of its tags; empty: the repository's rule", pattern=True)
    applications: tuple[str, ...] = setting(
        (), "its names in deployment records, manifests and workflows; empty: its name"
    )
    environments: str = setting(
        "", "pattern of its production environments, whatever the system flags; empty: as in [production]", pattern=True
    )
    arrival: str = setting("", "as in [production], for this service; empty: as there", choices=("", *ARRIVAL))
    waves: tuple[str, ...] = setting((), "as in [production], for this service; empty: as there")
    exclude: tuple[str, ...] = setting((), "as in [production], for this service; empty: as there")


def check_services(services: Sequence[ServiceSettings]) -> None:
    """UsageError for a service without a name or paths, or that is there twice."""
    seen: set[tuple[str, str]] = set()
    for number, service in enumerate(services, 1):
        where = f"[[services]] {number}"
        if not service.name:
            raise UsageError(f"{where} has no name", hint="give it a name")
        if any(mark in service.name for mark in _NOT_IN_NAMES):
            raise UsageError(f"{where} has a name that reports cannot show: {service.name!r}", hint="leave out ; and *")
        if not (service.paths or service.shared or service.unlisted):
            raise UsageError(f"{where} {service.name} has no paths", hint="set paths to globs such as services/pay/")
        if PLACEHOLDER in service.paths:
            raise UsageError(f"{where} {service.name} has no paths yet", hint=f"write globs instead of {PLACEHOLDER}")
        key = (service.repo.lower(), service.name)
        if key in seen:
            raise UsageError(f"[[services]] has {service.name} of {service.repo} twice", hint="keep one of them")
        seen.add(key)
