"""Tags that were moved, as `collect` and `doctor` report them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.builders.repositories import Repository
from tests.pipeline.running import program

SHIPPED = "select deployment_id, succeeded_at from deployments order by succeeded_at"
MOVED = "release tags were moved: "


@pytest.mark.slow
def test_moved_tags_are_reported_and_what_was_read_stays(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tag that came to a younger commit than a later version is named; one that moves after it was read is two."""
    headway = program(tmp_path, capfd, monkeypatch)
    repo = Repository(tmp_path / "shop")
    commits = [repo.commit(f"Add {day}\n", at=datetime(2026, 1, day, 10)) for day in (1, 5, 9, 25)]
    for version, commit in ((1, 0), (2, 3), (3, 1), (4, 2)):  # v1.0.2 was set again, on the newest commit
        repo.tag(f"v1.0.{version}", commits[commit])
    ran = headway("collect", "shop")
    assert (ran.code, f"{MOVED}" in ran.err) == (0, True)
    assert "leads to now): v1.0.2\n" in ran.err
    said = headway("doctor").out
    assert f"ok    git:shop: {MOVED}" in said
    assert "leads to now): v1.0.2\n" in said
    before = headway("sql", "--format", "csv", SHIPPED).out.splitlines()
    repo.tag("v1.0.3", repo.commit("Add the last\n", at=datetime(2026, 1, 26, 10)))
    assert headway("collect", "shop").code == 0
    after = headway("sql", "--format", "csv", SHIPPED).out.splitlines()
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1
