"""Services, regions and tags of the simulated company are in Git as the truth says."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from collectors.simulate import Company, Deployment, simulate

UNTIL = datetime(2026, 7, 1, tzinfo=UTC)
Git = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the company is written."""
    return tmp_path_factory.mktemp("served") / "company"


@pytest.fixture(scope="module")
def company(folder: Path) -> Company:
    """A company with a monorepo in several regions, component tags and tags that changed their form."""
    return simulate(folder, until=UNTIL, size="served")


@pytest.fixture(scope="module")
def git(company: Company, folder: Path) -> Git:
    """Runs git in one of its repositories and returns what it prints."""

    def ask(repo: str, *arguments: str) -> str:
        command = ["git", f"--git-dir={folder / 'repos' / repo}.git", *arguments]
        return run(command, check=True, capture_output=True, text=True).stdout

    assert company.repos
    return ask


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table of the truth."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rollouts(company: Company) -> dict[int, list[Deployment]]:
    """The deployments of each roll-out of the monorepo."""
    found: dict[int, list[Deployment]] = {}
    for one in company.repo("shop").deployments:
        if one.rollout >= 0:
            found.setdefault(one.rollout, []).append(one)
    return found


def test_git_finds_nothing_wrong(company: Company, git: Git) -> None:
    """Every repository passes fsck."""
    for name in [*(repo.name for repo in company.repos), "deployments"]:
        assert git(name, "fsck", "--strict", "--no-dangling") == ""


def test_rollouts_go_from_region_to_region(company: Company) -> None:
    """Each begins in the canary; one region closes, another opens later, and some roll-outs are overtaken there."""
    shop = company.repo("shop")
    first = {one.environment: one.created_at for one in reversed(shop.deployments)}
    last = {one.environment: one.created_at for one in shop.deployments}
    assert last["production-ap"] < first["production-eu"]
    overtaken = 0
    for deployments in rollouts(company).values():
        assert deployments[0].environment == "production-canary"
        assert len({one.change for one in deployments}) == 1
        times = [one.created_at for one in deployments]
        assert times == sorted(times)
        names = {one.environment for one in deployments}
        after = times[0] > first["production-eu"] and "production-us" in names
        stopped = any(one.rollback for one in _until_next(company, deployments))
        overtaken += after and "production-eu" not in names and not stopped
    assert overtaken >= 2


def _until_next(company: Company, deployments: list[Deployment]) -> list[Deployment]:
    """Deployments of the same service between the beginning of a roll-out and that of the next one."""
    service, begun = deployments[0].service, deployments[0].created_at
    later = [ones[0].created_at for ones in rollouts(company).values() if ones[0].service == service]
    end = min((at for at in later if at > begun), default=company.until)
    return [one for one in company.repo("shop").deployments if one.service == service and begun <= one.created_at < end]


def test_rollbacks_withdraw_in_one_region(company: Company, folder: Path) -> None:
    """What is rolled back in the canary alone is nowhere; what one region lost, another one still has."""
    back = [one for one in company.repo("shop").deployments if one.rollback]
    assert {one.environment for one in back} == {"production-canary", "production-us"}
    gone = [row for row in rows(folder, "truth_services.csv") if row["rolled_back_at"]]
    assert gone
    for row in gone:
        assert row["first_production_at"] < row["rolled_back_at"]
        assert row["outcome"] == "waiting"


def test_changes_touch_what_their_files_say(company: Company, folder: Path, git: Git) -> None:
    """Shared files belong to several services, documents to none, and an own file to its service alone."""
    told = {row["change_id"]: row for row in rows(folder, "truth.csv")}
    seen = set()
    shop = company.repo("shop")
    for change in shop.landed[1:]:
        if change.way.how == "merge":
            continue
        files = git("shop", "diff", "--name-only", f"{change.landing[0].sha}^", change.sha).splitlines()
        expected = set()
        for path in files:
            top, _, rest = path.partition("/")
            if path == "requirements.txt":
                expected |= {"cart", "pay", "offers"}
            elif top == "services":
                expected.add(rest.partition("/")[0])
            elif path.startswith("libs/money/"):
                expected |= {"cart", "pay"}
        row = told[shop.change_id(change)]
        assert row["services"] == ";".join(sorted(expected)), files
        assert (row["outcome"] == "nothing_to_deploy") == (not expected)
        seen.add(len(expected))
    assert seen == {0, 1, 2, 3}


@pytest.mark.slow
def test_one_file_names_the_versions_of_three_services(company: Company, git: Git) -> None:
    """Each region has one file; one commit may move several services, and each deployment is at its time."""
    log = git("deployments", "log", "--first-parent", "--reverse", "--format=%H %ct", "main").splitlines()
    told: set[tuple[str, str, str, int]] = set()
    state: dict[tuple[str, str], str] = {}
    most = 0
    for line in log:
        sha, at = line.split()
        moved = 0
        for path in git("deployments", "show", "--first-parent", "-m", "--name-only", "--format=", sha).split():
            if not path.startswith("fleet/"):
                continue
            environment = path.split("/")[1]
            for text in git("deployments", "show", f"{sha}:{path}").splitlines():
                name, _, version = text.partition("=")
                if name.endswith("_TAG") and state.get((environment, name)) != version:
                    state[environment, name] = version
                    told.add((environment, name.removesuffix("_TAG").lower(), version, int(at)))
                    moved += 1
        most = max(most, moved)
    shop = company.repo("shop")
    assert told == {(one.environment, one.service, one.version, one.created_at) for one in shop.deployments}
    assert {one.service for one in shop.deployments} == {"cart", "pay", "offers"}
    assert most >= 2


def test_tags_of_services_and_of_two_forms(company: Company, git: Git) -> None:
    """Each release has an annotated tag at its time; candidates and a name that moves on are beside them."""
    form = "--format=%(refname:short) %(taggerdate:unix) %(*objectname)"
    for name in ("toolkit", "mobile"):
        tags = dict(line.split(" ", 1) for line in git(name, "for-each-ref", form, "refs/tags").splitlines())
        for one in company.repo(name).deployments:
            assert tags[one.version] == f"{one.created_at} {one.sha}"
    versions = [one.version for one in company.repo("mobile").deployments]
    changed = next(place for place, version in enumerate(versions) if version.startswith("release-"))
    assert 5 < changed < len(versions) - 5
    assert all(version.startswith("v1.") for version in versions[:changed])
    assert all(version.startswith("release-2026.") for version in versions[changed:])
    shipped = {one.sha for one in company.repo("mobile").deployments}
    assert git("mobile", "rev-parse", "stable^{commit}").strip() in shipped


def test_a_moved_tag_is_told(company: Company, folder: Path, git: Git) -> None:
    """The truth has where it was first, an older commit of the same branch."""
    told: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    (moved,) = (one for repo in told["repositories"] for one in repo["moved_tags"])
    assert moved["first_at"] < moved["at"]
    assert git("mobile", "merge-base", moved["first_sha"], moved["sha"]).strip() == moved["first_sha"] != moved["sha"]
    assert git("mobile", "rev-parse", f"{moved['tag']}^{{commit}}").strip() == moved["sha"]


def test_the_truth_counts_rollouts(company: Company, folder: Path) -> None:
    """A roll-out to several regions is one of its service; where there are none, each release is one."""
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    counts = {repo["repo_id"]: sum(one["rollouts"] for one in repo["services"]) for repo in told["repositories"]}
    assert counts["github:acme/shop"] == len(rollouts(company)) < len(company.repo("shop").deployments) / 2
    assert counts["github:acme/toolkit"] == len(company.repo("toolkit").deployments)


def test_the_settings_name_the_services(folder: Path, company: Company) -> None:
    """The paths of each service are in the settings as the company has them."""
    settings = tomllib.loads((folder / "headway.toml").read_text(encoding="utf-8"))
    named = {(one["repo"], one["name"]) for one in settings["services"]}
    assert named == {(f"acme/{repo.name}", part.name) for repo in company.repos for part in repo.services}


def test_a_repository_that_stops_to_deploy_is_unknown_from_then_on(tmp_path: Path) -> None:
    """What landed after its last deployment has no outcome that anybody could know."""
    company = simulate(tmp_path / "doubtful", until=UNTIL, size="doubtful")
    production = [one for one in company.repo("vouchers").deployments if one.production]
    last = max(one.succeeded_at or 0 for one in production)
    assert company.until - last > 60 * 86400
    ended = datetime.fromtimestamp(last, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = [row for row in rows(tmp_path / "doubtful", "truth.csv") if row["repo"] == "acme/vouchers"]
    after = [row for row in told if row["merged_at"] > ended]
    assert len(after) > 10
    assert {row["outcome"] for row in after} == {"unknown"}
    assert sum(row["outcome"] == "production" for row in told) > 10
