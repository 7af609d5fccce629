"""The simulated company once more, collected from a fake GitHub: what it tells comes to the same truth."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from collectors.simulate import Company, simulate
from headway.progress import SilentProgress
from headway.source import Access
from pipeline.build import build, teams_of
from pipeline.collect import run_all
from pipeline.session import Session
from pipeline.sources import sources_of
from tests.builders.demo import UNTIL, session_in
from tests.builders.github import FakeGitHub
from tests.pipeline.test_truth import differences
from warehouse.store import RawStore

SOURCE = re.compile(r"\[\[sources\]\]\ntarget = \"(.+)\"\n(?:(?!\[\[).+\n)*\n")


def collected(folder: Path, size: str, *, with_git: bool) -> tuple[Session, Company]:
    """The company in which GitHub stands for the events file, and unless `with_git` for the clones too."""
    company = simulate(folder, until=UNTIL, size=size)
    settings = (folder / "headway.toml").read_text(encoding="utf-8")
    reported = "".join(
        f'[[sources]]\ntarget = "github:acme/{repo.name}"\n\n'
        for repo in company.repos
        if repo.reported and repo.forge == "github"
    )

    def kept(source: re.Match[str]) -> str:
        if source[1].startswith("events:"):
            return reported
        return source[0] if with_git or "deployments" in source[1] else ""

    with FakeGitHub(company, limits=False, schema="excerpt") as github:
        limits = f'[github]\nbase_url = "{github.url}"\njobs_days = 5000\n\n'
        settings = SOURCE.sub(kept, settings + "\n")
        first = settings.index("[[")
        (folder / "headway.toml").write_text(settings[:first] + limits + settings[first:], encoding="utf-8")
        session = replace(session_in(folder), config=folder / "headway.toml")
        access = Access({"HEADWAY_GITHUB_TOKEN": github.token}, github.clock)
        sources = sources_of(session.settings, (), access)
        store = RawStore(session.settings.warehouse_folder)
        with store.collecting():
            for run in run_all(store, sources, full=False, jobs=1, began_at=UNTIL, progress=SilentProgress()):
                assert run.error == ""
            build(session, teams_of(session.settings), SilentProgress())
    return session, company


def reported_by(company: Company, ways: set[str]) -> str:
    """A condition for the repositories that GitHub tells of and that deploy in one of these ways."""
    repos = (repo for repo in company.repos if repo.reported and repo.forge == "github")
    names = [f"'acme/{repo.name}'" for repo in repos if repo.deploys in ways]
    return f"repo in ({', '.join(names)})"


@pytest.mark.slow
def test_git_and_github_together_tell_the_truth(tmp_path: Path) -> None:
    """Every milestone, outcome and duration of every change is the true one, from Git's graph and GitHub's events."""
    session, company = collected(tmp_path, "tiny", with_git=True)
    where = reported_by(company, {"records", "manifests", "tags", "none"})
    assert differences(session, where) == {}


@pytest.mark.slow
def test_github_alone_tells_the_truth(tmp_path: Path) -> None:
    """Without a clone too: GitHub tells the commits of the default branch, and which of them were deployed."""
    session, company = collected(tmp_path, "tiny", with_git=False)
    # GitHub's pages tell no paths: only by them a release that mends code is work, and an agent that codes is no bot.
    paths = (
        "change_id not in (select change_id from built.changes where title like 'Release %.1' or author like '%fixer%')"
    )
    assert differences(session, f"{reported_by(company, {'records', 'manifests', 'none'})} and {paths}") == {}
    # What a tag shipped that is on another branch, and that a merge copied commits, only a clone can tell.
    known = "change_id not in (select change_id from built.lead_times where outcome = 'unknown')"
    assert differences(session, f"{reported_by(company, {'tags'})} and {known} and {paths}").keys() <= {"landed_by"}


@pytest.mark.slow
def test_whole_company_from_github_equals_its_truth(tmp_path: Path) -> None:
    """So it is for the company of the demo, over thousands of changes."""
    session, company = collected(tmp_path, "full", with_git=True)
    assert differences(session, reported_by(company, {"records", "manifests", "tags", "branch", "none"})) == {}
