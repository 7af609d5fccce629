"""Simulate the whole company and write its files."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from collectors.simulate.company.areas import AREAS, INITIATIVES
from collectors.simulate.company.initiatives import rungs_of
from collectors.simulate.company.model import Change, Commit, Company, Deployment, Repo, Touch
from collectors.simulate.company.people import TEAMS
from collectors.simulate.company.plan import PLANS, PRESETS, Plan
from collectors.simulate.company.rates import as_published
from collectors.simulate.company.services import Part
from collectors.simulate.events.clock import DAY, iso, later, seconds_of, working_hours_between
from collectors.simulate.events.cutoff import cut_off, number_and_name
from collectors.simulate.events.dice import Dice
from collectors.simulate.events.flow import run_main_branch
from collectors.simulate.events.rare import add_rare_marks
from collectors.simulate.events.releases import first_release, releases_of
from collectors.simulate.events.ship import finish_statuses
from collectors.simulate.events.story import new_change
from collectors.simulate.events.together import choose_styles, join_changes
from collectors.simulate.writers.manifests import MANIFESTS, spread_apart, write_manifests
from collectors.simulate.writers.records import lines_of
from collectors.simulate.writers.repository import write_repository
from collectors.simulate.writers.service_truth import DEPLOYMENT_COLUMNS, deployments_of
from collectors.simulate.writers.settings import settings_text
from collectors.simulate.writers.truth import COLUMNS, MILESTONES, rows_of, service_rows_of, stages_of
from headway.errors import UsageError

__all__ = ["simulate"]


def simulate(
    folder: Path,
    *,
    until: datetime,
    seed: int = 7,
    days: int | None = None,
    size: str = "full",
    changes: Mapping[str, int] | None = None,
) -> Company:
    """Simulate a company up to `until` and write it under `folder`; returns everything that happened.

    Written are `repos/<name>.git` (bare repositories), `repos/deployments.git` (GitOps manifests), `events.ndjson`,
    `headway.toml`, `truth.json`, `truth.csv`, `truth_services.csv` (one row per change and service) and
    `truth_deployments.csv`. The same arguments give the same bytes; only Git's pack files, of the same objects, may
    differ between versions of Git.

    `size` is a preset: `full`, `styled` (small, with every way of landing), `served` (small, with services, regions and
    tags that change), `doubtful` (small, a repository stops to deploy) or `tiny`; `days` and `changes` (by
    repository) replace what it says. Raises `UsageError` for an unknown preset or a folder that already contains
    repositories, `CollectError` where git fails.
    """
    if size not in PRESETS:
        raise UsageError(f"unknown company size {size!r}", hint=f"use one of {', '.join(PRESETS)}")
    if (folder / "repos").exists():
        raise UsageError(f"{folder} already contains repositories", hint="name a new folder, or remove this one")
    preset = PRESETS[size]
    end = seconds_of(until)
    since = end - (days or preset.days) * DAY
    counts = changes or preset.changes
    repos = [simulate_repository(PLANS[name], seed, since, end, count) for name, count in counts.items()]
    add_rare_marks(repos)
    spread_apart(repos)
    company = Company(seed, since, end, repos, [initiative for initiative in INITIATIVES if initiative.repo in counts])
    for repo in repos:
        finish_statuses(repo, end)
        write_repository(repo, folder / "repos" / f"{repo.name}.git", Dice(seed, repo.name, "text"), end)
    write_manifests(repos, folder / "repos" / f"{MANIFESTS}.git", Dice(seed, MANIFESTS), since, end)
    _write_files(company, folder)
    return company


def simulate_repository(plan: Plan, seed: int, since: int, until: int, count: int) -> Repo:
    """Simulate one repository: the changes that begin, then what becomes of each."""
    repo = Repo(plan.name, plan.team, plan.deploys, plan.recorded, plan.reported, forge=plan.forge)
    repo.services, repo.regions, repo.stopped = plan.services, plan.regions, plan.stops_at < 1.0
    dice = Dice(seed, plan.name, "changes")
    begins = later(since, 0.1)
    span = working_hours_between(begins, until)
    begun = sorted(later(begins, dice.uniform() * span) + dice.whole(0, 59) for _ in range(count))
    repo.changes = [_root(plan, since)]
    repo.changes += [new_change(plan, dice, at, (at - since) / (until - since)) for at in begun]
    choose_styles(repo.changes, plan, Dice(seed, plan.name, "styles"))
    repo.changes += releases_of(plan, repo.changes[1:], Dice(seed, plan.name, "releases"), since, until)
    join_changes(repo.changes, plan)
    run_main_branch(repo, plan, Dice(seed, plan.name, "flow"), since, until)
    cut_off(repo, until)
    number_and_name(repo, Dice(seed, plan.name, "numbers"))
    return repo


def _root(plan: Plan, since: int) -> Change:
    person = TEAMS[plan.team][0]
    touches = tuple(Touch(f"{area.folder}/{name}", 0, 12) for area in AREAS[plan.name] for name in area.files)
    touches += (Touch("README.md", 0, 3), *first_release(plan))
    commit = Commit(person, since, person, since, f"Begin {plan.name}", touches)
    change = Change(plan.name, "direct", commit.message, person, since, False, "none", "direct")  # noqa: FBT003
    change.style, change.commits = "direct", [commit]
    change.merged_at = change.opened_at = change.ready_at = since
    return change


def _write_files(company: Company, folder: Path) -> None:
    rows = {repo.name: rows_of(repo, company.until) for repo in company.repos}
    (folder / "headway.toml").write_text(settings_text(company.repos, company.initiatives))
    with (folder / "events.ndjson").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines_of(company, rows))
    ordered = sorted((row for repo_rows in rows.values() for row in repo_rows), key=lambda row: str(row["change_id"]))
    _write_table(folder / "truth.csv", COLUMNS, ordered)
    services = [row for repo in company.repos for row in service_rows_of(repo, company.until)]
    services.sort(key=lambda row: (str(row["change_id"]), str(row["service"])))
    _write_table(folder / "truth_services.csv", (*COLUMNS, "service"), services)
    deployments = [row for repo in company.repos for row in deployments_of(repo)]
    _write_table(folder / "truth_deployments.csv", DEPLOYMENT_COLUMNS, deployments)
    head = json.dumps(_truth(company, rows), indent=1, ensure_ascii=False).removesuffix("\n}")
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in ordered)
    (folder / "truth.json").write_text(f'{head},\n "changes": [\n{lines}\n]}}\n', encoding="utf-8")


def _write_table(path: Path, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _truth(company: Company, rows: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "simulated": True,
        "seed": company.seed,
        "since": iso(company.since),
        "until": iso(company.until),
        "process": as_published(),
        "repositories": [
            {
                "repo_id": repo.repo_id,
                "team": repo.team,
                "deployments_from": repo.deploys,
                "recorded": [name for name in MILESTONES if name in repo.recorded],
                "stages": stages_of(repo),
                "changes": len(repo.changes),
                "production_deployments": sum(deployment.production for deployment in repo.deployments),
                "rollbacks": sum(deployment.rollback for deployment in repo.deployments),
                "services": [_service(repo, part) for part in repo.services],
                "in_doubt_since": _in_doubt_since(repo),
                "moved_tags": [_moved(one) for one in repo.deployments if one.moved_from],
            }
            for repo in company.repos
        ],
        "initiatives": rungs_of(company, rows),
    }


def _service(repo: Repo, part: Part) -> dict[str, Any]:
    """What is deployed as item, and how often each production environment got it."""
    deployments = [item for item in repo.deployments if item.service == part.name]
    return {
        "name": part.name,
        "paths": part.folders,
        "shared": part.shared,
        "rollouts": len({item.rollout for item in deployments} - {-1}),
        "rollbacks": sum(item.rollback for item in deployments),
        "environments": dict(Counter(item.environment for item in deployments)),
    }


def _moved(deployment: Deployment) -> dict[str, Any]:
    """A tag that was first set at another commit; a clone that is read once shows only where it is now."""
    assert deployment.moved_from is not None  # noqa: S101 it was asked for
    change, at = deployment.moved_from
    return {
        "tag": deployment.version,
        "first_sha": change.sha,
        "first_at": iso(at),
        "sha": deployment.sha,
        "at": iso(deployment.created_at),
    }


def _in_doubt_since(repo: Repo) -> str | None:
    """The last production deployment of a repository that stopped to deploy while work went on; None for others."""
    times = [item.succeeded_at for item in repo.deployments if item.production and item.succeeded_at is not None]
    return iso(max(times)) if repo.stopped and times else None
