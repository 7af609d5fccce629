"""The GitOps repository: every deployment by manifests is a version bumped on a branch and merged."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from collectors.simulate.company.model import Commit, Deployment, Repo, Status
from collectors.simulate.company.people import BOTS, DEPLOY_BOT, TEAMS
from collectors.simulate.events.clock import DAY, HOUR, iso
from collectors.simulate.events.dice import Dice
from collectors.simulate.writers.fast_import import FastImport, create_bare

__all__ = ["MANIFESTS", "spread_apart", "write_manifests"]

MANIFESTS = "deployments"
"""Name of the manifests repository."""


def _by_manifests(repos: list[Repo]) -> list[tuple[Deployment, Repo]]:
    pairs = [(deployment, repo) for repo in repos if repo.deploys == "manifests" for deployment in repo.deployments]
    return sorted(pairs, key=lambda pair: pair[0].created_at)


def spread_apart(repos: list[Repo]) -> None:
    """No two merges into the manifests repository in one second: the later one moves on."""
    last, together = 0, (0, "", "")
    for deployment, repo in _by_manifests(repos):
        step = (deployment.created_at, repo.name, deployment.environment)
        at = max(deployment.created_at, last + (step != together))
        together = step
        deployment.statuses = [
            Status(status.state, status.at + at - deployment.created_at) for status in deployment.statuses
        ]
        deployment.created_at = last = at


def write_manifests(repos: list[Repo], folder: Path, dice: Dice, since: int, until: int) -> None:
    """Write the manifests repository as the new bare repository `folder`."""
    create_bare(folder, f"https://github.com/acme/{MANIFESTS}.git")
    git = FastImport(folder)
    person = TEAMS["platform"][0]
    readme = git.blob("# Deployments\n\nWhat runs where. Bots bump the image tags.\n")
    tip = git.commit(Commit(person, since, person, since, "Describe this repository"), [], {"README.md": readme})
    files: dict[str, _File] = {}
    for at, steps in groupby(_by_manifests(repos), key=lambda pair: pair[0].created_at):
        deployments = list(steps)
        deployment, repo = deployments[0]
        path = _path(repo, deployment)
        file = files.setdefault(path, _File(repo, deployment.environment))
        if file.versions and at - tip.committed_at > HOUR and dice.chance(0.02):
            file.replicas += dice.whole(1, 2)
            scaled = Commit(person, at - HOUR, person, at - HOUR, f"Run {file.replicas} replicas of {repo.name}")
            tip = git.commit(scaled, [tip], {path: git.blob(file.text)})
        file.versions |= {item.service or repo.name: item.version for item, _ in deployments}
        tip = _bump(git, [item for item, _ in deployments], repo, tip, git.blob(file.text))
    git.tag("nightly", tip, BOTS["release"], until, f"Nightly copy {iso(until - until % DAY)[:10]}")
    git.finish([("refs/heads/main", tip), ("refs/tags/nightly", tip)])


@dataclass
class _File:
    """What a manifest says: the versions of one application, or of all services of a repository."""

    repo: Repo
    environment: str
    replicas: int = 2
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        if self.repo.services:
            lines = (f"{name.upper()}_TAG={version}\n" for name, version in sorted(self.versions.items()))
            return f"REPLICAS={self.replicas}\n" + "".join(lines)
        head = f"application: {self.repo.name}\nenvironment: {self.environment}\nreplicas: {self.replicas}\n"
        return head + f"image_tag: {self.versions[self.repo.name]}\n"


def _path(repo: Repo, deployment: Deployment) -> str:
    if repo.services:
        return f"fleet/{deployment.environment}/{repo.name}.env"
    return f"apps/{deployment.environment}/{repo.name}.yaml"


def _bump(git: FastImport, deployments: list[Deployment], repo: Repo, tip: Commit, blob: int) -> Commit:
    """One merge for all services of a repository that change in an environment at the same time."""
    deployment = deployments[0]
    word = "Roll back" if deployment.rollback else "Bump"
    name = ", ".join(item.service or repo.name for item in deployments)
    target = f"{name} in {deployment.environment} to {deployment.version}"
    written_at = max(tip.committed_at, deployment.created_at - 40)
    path = _path(repo, deployment)
    step = Commit(DEPLOY_BOT, written_at, DEPLOY_BOT, written_at, f"{word} {target}")
    side = git.commit(step, [tip], {path: blob}, side=True)
    branch = f"bump/{deployment.environment}-{name.replace(', ', '-')}-{deployment.version}"
    at = deployment.created_at
    merge = Commit(DEPLOY_BOT, at, DEPLOY_BOT, at, f"Merge branch '{branch}'")
    return git.commit(merge, [tip, side], {path: blob})
