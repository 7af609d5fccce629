"""Definitions of a failed deployment: several, because the measures depend on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headway.errors import UsageError

__all__ = ["DEFAULT", "DEFINITIONS", "SIGNS", "Definition", "definitions_named"]

SIGNS = ("failed", "rollback", "revert", "hotfix", "incident")
DEFAULT = "headway"


@dataclass(frozen=True)
class Definition:
    """One way to read the same deployments.

    `signs`: what makes a deployment a failed one. `retried`: one that succeeded at a second try is a failed one too.
    `ships_nothing`: rollbacks and deployments of what ran already count as deployments. `mixed`: a deployment is
    unplanned if any change in it is urgent; otherwise if all are.
    """

    name: str
    meaning: str
    signs: frozenset[str]
    retried: bool = False
    ships_nothing: bool = False
    mixed: bool = False


DEFINITIONS: Mapping[str, Definition] = {
    definition.name: definition
    for definition in (
        Definition(DEFAULT, "every sign that a deployment failed", frozenset(SIGNS)),
        Definition(
            "production",
            "deployments that reached production and needed a fix; one that never succeeded is no failure",
            frozenset(SIGNS) - {"failed"},
        ),
        Definition(
            "incidents",
            "incidents alone, for every deployment: what tools with an incident system count",
            frozenset({"incident"}),
            ships_nothing=True,
        ),
        Definition(
            "remediation",
            "rollbacks, reverts and hot fixes: what Git and deployments show without any incident",
            frozenset({"rollback", "revert", "hotfix"}),
            mixed=True,
        ),
        Definition(
            "attempts",
            "deployments that failed at their first try: what a delivery tool alone can see",
            frozenset({"failed"}),
            retried=True,
            ships_nothing=True,
        ),
    )
}


def definitions_named(name: str | None) -> list[Definition]:
    """The definition of this name, the default one for None, all for `all`; UsageError for another name."""
    if name == "all":
        return list(DEFINITIONS.values())
    definition = DEFINITIONS.get(name or DEFAULT)
    if definition is None:
        raise UsageError(
            f"unknown definition of a failure: {name!r}", hint=f"choose one of {', '.join(DEFINITIONS)}, or all"
        )
    return [definition]
