"""The GitOps repository: every deployment by manifests is a version bumped on a branch and merged."""

from __future__ import annotations

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
    last = 0
    for deployment, _ in _by_manifests(repos):
        at = max(deployment.created_at, last + 1)
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
    replicas: dict[str, int] = {}
    versions: dict[str, str] = {}
    for deployment, repo in _by_manifests(repos):
        at = deployment.created_at
        path = f"apps/{deployment.environment}/{repo.name}.yaml"
        if path in versions and at - tip.committed_at > HOUR and dice.chance(0.02):
            replicas[path] = replicas.get(path, 2) + dice.whole(1, 2)
            scaled = Commit(person, at - HOUR, person, at - HOUR, f"Run {replicas[path]} replicas of {repo.name}")
            tip = git.commit(scaled, [tip], {path: git.blob(_text(repo, deployment, versions[path], replicas[path]))})
        versions[path] = deployment.version
        tip = _bump(
            git, deployment, repo, tip, git.blob(_text(repo, deployment, deployment.version, replicas.get(path, 2)))
        )
    git.tag("nightly", tip, BOTS["release"], until, f"Nightly copy {iso(until - until % DAY)[:10]}")
    git.finish([("refs/heads/main", tip), ("refs/tags/nightly", tip)])


def _bump(git: FastImport, deployment: Deployment, repo: Repo, tip: Commit, blob: int) -> Commit:
    word = "Roll back" if deployment.rollback else "Bump"
    target = f"{repo.name} in {deployment.environment} to {deployment.version}"
    written_at = max(tip.committed_at, deployment.created_at - 40)
    path = f"apps/{deployment.environment}/{repo.name}.yaml"
    step = Commit(DEPLOY_BOT, written_at, DEPLOY_BOT, written_at, f"{word} {target}")
    side = git.commit(step, [tip], {path: blob}, side=True)
    branch = f"bump/{deployment.environment}-{repo.name}-{deployment.version}"
    at = deployment.created_at
    merge = Commit(DEPLOY_BOT, at, DEPLOY_BOT, at, f"Merge branch '{branch}'")
    return git.commit(merge, [tip, side], {path: blob})


def _text(repo: Repo, deployment: Deployment, version: str, replicas: int) -> str:
    return (
        f"application: {repo.name}\nenvironment: {deployment.environment}\nreplicas: {replicas}\nimage_tag: {version}\n"
    )
