"""What happens to deployments, releases and CI."""

from __future__ import annotations

from collections.abc import Iterable

from tests.builders.github.edit_base import Edit
from tests.builders.github.model import Attempt, Deployment, Environment, Job, Pushed, Release, Run, Status

__all__ = ["ShippingEdits"]

_MINUTE = 60


class ShippingEdits(Edit):
    """Edits of deployments, releases and workflow runs."""

    def deploy(
        self, repo: str, oid: str = "", environment: str = "production", *, states: Iterable[str] = ("QUEUED",)
    ) -> int:
        """Deploy a commit (else the tip of main), with these statuses at once; the deployment's id."""
        where = self._repository(repo)
        commit = self._known(where, oid)
        made = Deployment(
            90_000_000 + self.forge.number(),
            environment,
            commit,
            where.default_branch,
            self.forge.account("acme-deploy-bot"),
            self._now,
            production=environment.startswith("prod"),
        )
        where.deployments.append(made)
        if environment not in (one.name for one in where.environments):
            where.environments.append(Environment(self.forge.number(), environment, self._now))
        for state in states:
            self.deployment_status(repo, made.id, state)
        return made.id

    def deployment_status(self, repo: str, deployment: int, state: str) -> None:
        """A deployment gets a status: `QUEUED`, `WAITING`, `IN_PROGRESS`, `SUCCESS`, `FAILURE`, `INACTIVE`, `ERROR`."""
        where = self._repository(repo)
        found = next(one for one in where.deployments if one.id == deployment)
        found.statuses.append(Status(80_000_000 + self.forge.number(), state.upper(), self._now))

    def delete_deployment(self, repo: str, deployment: int) -> None:
        """A deployment is deleted."""
        where = self._repository(repo)
        next(one for one in where.deployments if one.id == deployment).vanished_at = self._now

    def release(self, repo: str, tag: str, oid: str = "") -> int:
        """Publish a release of a new tag; its id."""
        where = self._repository(repo)
        commit = self._known(where, oid)
        where.refs[f"refs/tags/{tag}"] = Pushed(commit, self._now)
        author = self.forge.account("mara-lindqvist")
        made = Release(70_000_000 + self.forge.number(), tag, commit, f"Release {tag}", author, self._now, self._now)
        where.releases.append(made)
        return made.id

    def run(self, repo: str, oid: str = "", *, name: str = "build", conclusion: str = "success") -> int:
        """A workflow runs on a commit (else the tip of main); the run's id.

        It waits a minute for a runner and ends five minutes later, as the clock passes.
        """
        where = self._repository(repo)
        commit = self._known(where, oid)
        path = f".github/workflows/{name}.yml"
        actor = self.forge.account("mara-lindqvist")
        run = Run(60_000_000 + self.forge.number(), name, path, commit, "main", "push", "Build", actor, None)
        run.attempts.append(self._attempt(1, name, conclusion))
        where.runs.append(run)
        return run.id

    def rerun(self, repo: str, run: int, conclusion: str = "success") -> None:
        """A run is tried again."""
        where = self._repository(repo)
        found = next(one for one in where.runs if one.id == run)
        found.attempts.append(self._attempt(len(found.attempts) + 1, found.name, conclusion))

    def _attempt(self, number: int, name: str, conclusion: str) -> Attempt:
        at = self._now
        begun, ended = at + _MINUTE, at + 6 * _MINUTE
        job = Job(60_000_000 + self.forge.number(), name, at, begun, ended, conclusion, "runner-1")
        return Attempt(number, at, (job,))
