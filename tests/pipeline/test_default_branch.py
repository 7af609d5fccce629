from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from headway.progress import SilentProgress
from pipeline.build import build
from pipeline.collect import run_all
from pipeline.doctor import checkup
from pipeline.session import Session
from pipeline.sources import sources_of
from tests.builders.repositories import Repository
from warehouse.publish import open_published
from warehouse.store import RawStore

NOW = datetime(2026, 1, 5)


def renamed(folder: Path) -> Repository:
    """A clone whose `origin/HEAD` still names master; requests 12 and 13 landed on main."""
    repo = Repository(folder / "shop", branch="master").remote("https://github.com/acme/shop")
    repo.commit("Start\n", at=datetime(2026, 1, 1))
    repo.tag("v0.1.0", message="v0.1.0\n", at=datetime(2026, 1, 1, 1))
    for day, number in enumerate((11, 12, 13), start=2):
        repo.commit(f"Add {number} (#{number})\n", at=datetime(2026, 1, day, 10))
        if number < 13:
            repo.tag(f"v0.{day}.0", message="Release\n", at=datetime(2026, 1, day, 12))
        if number == 11:
            repo.point("refs/remotes/origin/master", repo.head)
            repo.point("refs/remotes/origin/HEAD", "ref: refs/remotes/origin/master")
    return repo.point("refs/remotes/origin/main", repo.head)


@pytest.mark.slow
@pytest.mark.parametrize("pruned", [False, True])
def test_clone_that_missed_the_rename_of_its_default_branch(tmp_path: Path, pruned: bool) -> None:
    """Changes that landed since are counted, and the doctor tells how to correct the clone."""
    repo = renamed(tmp_path)
    if pruned:
        repo.delete("refs/remotes/origin/master")
    (tmp_path / "headway.toml").write_text('[[sources]]\ntarget = "shop"\n', encoding="utf-8")
    session = Session(config=None, warehouse=None, debug=False, folder=tmp_path, environment={}, now=NOW)
    store = RawStore(session.settings.warehouse_folder)
    run_all(store, sources_of(session.settings), full=False, jobs=1, began_at=NOW, progress=SilentProgress())
    build(session, {}, SilentProgress())
    with open_published(session.settings.warehouse_folder) as connection:
        rows = connection.sql(
            "select number, outcome, lead_time_hours from lead_times where number is not null order by number"
        ).fetchall()
    assert rows == [(11, "production", 2.0), (12, "production", 2.0), (13, "waiting", None)]
    told = [check for check in checkup(session) if "default branch" in check.what]
    assert len(told) == 1
    assert not told[0].ok
    assert "main is read" in told[0].what
    assert "git remote set-head origin --auto" in told[0].hint
