"""The section `[[deployments]]`: where the deployments of some repositories come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headway.errors import UsageError
from headway.nearest import hint_for
from headway.repository_names import names_match
from headway.settings.field import setting
from headway.settings.services import ServiceSettings

__all__ = ["DeploymentRule", "check_rules", "check_services_of_rules", "rules_for"]

DEPLOYED_FROM = ("tags", "manifests", "branch", "records", "workflow", "releases", "none")


@dataclass(frozen=True)
class DeploymentRule:
    """Where deployments of some repositories come from.

    The first rule whose `repo` matches applies, and with it all others that have the same `repo`: they add up.
    """

    repo: str = setting("*", "glob on the repository's name, with or without its provider")
    source: str = setting(
        "tags",
        "where deployments come from; `records`: what any system reports, GitHub too",
        choices=DEPLOYED_FROM,
    )
    tags: str = setting(
        "", "from tags, from releases: pattern of the tags that are deployments; empty: releases", pattern=True
    )
    branch: str = setting("production", "from branch: the branch whose merges are deployments")
    workflow: str = setting("*deploy*", "from workflow: glob on the name of the workflow whose runs deploy")
    environment: str = setting(
        "",
        "from tags, from branch, from workflow, from releases: the environment they deploy to (empty: production); from"
        " records, from manifests: take only deployments to this environment, or that name none (empty: all)",
    )
    environments: str = setting(
        "",
        "pattern of the production environments of these repositories, whatever flags and names say; empty: as in"
        " [production]",
        pattern=True,
    )
    manifests: str = setting("", "from manifests: name of the manifests repository, or a glob; empty: any")
    application: str = setting(
        "",
        "from manifests: the application (empty: `service`, or the last part of the repository's name);"
        " from records: take only deployments of this application (empty: all)",
    )
    service: str = setting("", "the service that these deployments deploy; empty: as the deployments say")

    @property
    def key(self) -> tuple[str, ...]:
        """What may not be said twice of one repository."""
        named = "tags" if self.source == "releases" else self.source
        selecting = getattr(self, named) if named in ("tags", "branch", "workflow", "manifests") else ""
        return self.source, self.environment, self.service, self.application, selecting


def rules_for(rules: Sequence[DeploymentRule], repo_id: str) -> tuple[DeploymentRule, ...]:
    """The first rule that matches a repository, and all with the same `repo`; empty where none matches."""
    first = next((rule for rule in rules if names_match(rule.repo, repo_id)), None)
    return tuple(rule for rule in rules if first is not None and rule.repo == first.repo)


def check_services_of_rules(rules: Sequence[DeploymentRule], services: Sequence[ServiceSettings]) -> None:
    """UsageError for a rule of a service that no [[services]] of its repositories has."""
    for number, rule in enumerate(rules, 1):
        if not rule.service:
            continue
        names = sorted({service.name for service in services if _may_be_of(service.repo, rule.repo)})
        if rule.service not in names:
            lacking = "add [[services]] with this name: `headway doctor` prints what was inferred, to paste"
            raise UsageError(
                f"[[deployments]] {number}: no [[services]] of {rule.repo} has the name {rule.service!r}",
                hint=hint_for(rule.service, names, None if names else lacking),
            )


def _may_be_of(one: str, other: str) -> bool:
    """Whether two globs may match one repository."""
    globs = all(set(text) & set("*?[") for text in (one, other))
    return globs or names_match(one, other) or names_match(other, one)


def check_rules(rules: Sequence[DeploymentRule]) -> None:
    """UsageError for a rule that could never apply, or that contradicts another of the same repository."""
    for number, rule in enumerate(rules, 1):
        where = f"[[deployments]] {number}"
        for place, other in enumerate(rules[: number - 1], 1):
            if other.repo == rule.repo:
                if other.key == rule.key:
                    raise UsageError(
                        f"{where} says the same as [[deployments]] {place}, of {rule.repo}",
                        hint="keep one, or let them differ in environment, service or application",
                    )
                if "none" in (other.source, rule.source):
                    raise UsageError(
                        f'{where} and [[deployments]] {place} contradict each other: one says from = "none"',
                        hint="keep the one that is right",
                    )
            elif names_match(other.repo, rule.repo):
                raise UsageError(
                    f"{where} ({rule.repo}) can never apply: [[deployments]] {place} ({other.repo}) comes first and"
                    " matches the same repositories",
                    hint="put the more special rule first; rules add up where they have the same repo",
                )
