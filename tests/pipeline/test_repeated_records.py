"""Lines, files and readings about one deployment: what was shipped once keeps its first date, and it is told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.builders.repositories import Repository
from tests.pipeline.running import Headway, deployed, program, rows, shas, shop, write

LEAD = "select change_id, outcome, lead_time_hours from lead_times where change_id like '%#%' order by change_id"


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


def later(repo: Repository) -> list[str]:
    """The commits of main, after a commit elsewhere makes the clone complete for a month."""
    commits = shas(repo)
    repo.branch = "later"
    repo.commit("Later\n", at=datetime(2026, 2, 1), parents=[commits[-1]])
    return commits


def ended(id_: str, sha: str, at: str, state: str = "success", **fields: Any) -> dict[str, Any]:
    """A record of a deployment that began and ended `at`."""
    return deployed(id_, sha, at, state=state, **fields)


@pytest.mark.slow
def test_first_success_of_repeated_lines_keeps_its_date(headway: Headway, tmp_path: Path) -> None:
    """A second run under the same id neither takes an arrival away nor moves it; each change arrived after 2 hours."""
    commits = later(shop(tmp_path / "shop", days=6))
    running = {name: value for name, value in deployed("r3", commits[3], "").items() if name != "finished_at"}
    records = [
        ended("r0", commits[0], "2026-01-01T02:00:00Z"),
        ended("r1", commits[1], "2026-01-02T12:00:00Z"),
        ended("r1", commits[1], "2026-01-02T15:00:00Z", "failure"),
        ended("r2", commits[2], "2026-01-03T12:00:00Z"),
        ended("r2", commits[2], "2026-01-05T12:00:00Z"),
        running | {"state": "in_progress", "created_at": "2026-01-04T11:00:00Z"},
        ended("r3", commits[3], "2026-01-04T12:00:00Z"),
        ended("r4", commits[4], "2026-01-05T11:00:00Z", "failure"),
        ended("r4", commits[4], "2026-01-05T12:00:00Z"),
        ended("r5", commits[5], "2026-01-06T12:00:00Z"),
        ended("r5", commits[5], "2026-01-07T12:00:00Z", "inactive"),
        ended("r6", commits[6], "2026-01-07T12:00:00Z"),
    ]
    write(tmp_path / "d.ndjson", records)
    collected = headway("collect", "shop", "events:d.ndjson")
    assert rows(headway, LEAD) == [f"github:acme/shop#{n},production,2.0" for n in range(1, 7)]
    assert rows(headway, "select failed_attempts from deployments where deployment_id = 'r4'") == ["1"]
    for said in (collected.err, headway("doctor").out):
        assert (
            "2 deployments: r1 to production: success at 2026-01-02T12:00:00Z (d.ndjson line 2) counts,"
            " not failure at 2026-01-02T15:00:00Z (d.ndjson line 3); r2 to production: success at"
            " 2026-01-03T12:00:00Z (d.ndjson line 4) counts, not success at 2026-01-05T12:00:00Z (d.ndjson line 5)"
        ) in said
    assert "line 3: the deployment 'r1' again" in headway("collect", "--dry-run", "events:d.ndjson").out


@pytest.mark.slow
def test_later_file_does_not_take_an_arrival_away(headway: Headway, tmp_path: Path) -> None:
    """What the file of a later week says of the same deployment adds up, in whatever run it is read."""
    commits = later(shop(tmp_path / "shop", days=2))
    write(tmp_path / "a" / "d.ndjson", [ended(f"r{n}", commits[n], f"2026-01-0{n + 1}T12:00:00Z") for n in range(3)])
    assert headway("collect", "shop", "events:a/d.ndjson").code == 0
    again = [
        ended("r1", commits[1], "2026-01-08T12:00:00Z", "failure"),
        ended("r2", commits[2], "2026-01-08T13:00:00Z"),
    ]
    write(tmp_path / "b" / "d.ndjson", again)
    collected = headway("collect", "events:b/d.ndjson")
    assert rows(headway, LEAD) == [f"github:acme/shop#{n},production,2.0" for n in (1, 2)]
    assert "r1 to production: success at 2026-01-02T12:00:00Z (d.ndjson line 2) counts, not failure" in collected.err


@pytest.mark.slow
def test_file_that_is_replaced_says_what_changed(headway: Headway, tmp_path: Path) -> None:
    """A failure later than a success keeps it; another success is what counts, as a correction; both are reported."""
    commits = later(shop(tmp_path / "shop", days=2))
    write(tmp_path / "d.ndjson", [ended(f"r{n}", commits[n], f"2026-01-0{n + 1}T12:00:00Z") for n in range(3)])
    assert headway("collect", "shop", "events:d.ndjson").code == 0
    now = [ended("r0", commits[0], "2026-01-01T12:00:00Z"), ended("r1", commits[1], "2026-01-02T14:00:00Z", "failure")]
    write(tmp_path / "d.ndjson", [*now, ended("r2", commits[2], "2026-01-03T17:00:00Z")])
    collected = headway("collect", "events:d.ndjson")
    assert rows(headway, LEAD) == ["github:acme/shop#1,production,2.0", "github:acme/shop#2,production,7.0"]
    assert "r1 to production: success at 2026-01-02T12:00:00Z (d.ndjson line 2) counts" in collected.err
    assert (
        "r2 to production: success at 2026-01-03T17:00:00Z (d.ndjson line 3) counts; before it was success at"
        " 2026-01-03T12:00:00Z (d.ndjson line 3)"
    ) in collected.err


@pytest.mark.slow
def test_run_that_deploys_two_applications_loses_none(headway: Headway, tmp_path: Path) -> None:
    """One id, commit and environment for two applications of a repository is two deployments."""
    repo = shop(tmp_path / "shop", days=1)
    for number, name in enumerate(("pay", "search"), 10):
        repo.commit(f"Touch {name} (#{number})\n", {f"{name}/main.py": name}, at=datetime(2026, 1, number))
    commits = later(repo)
    runs = (("a", commits[0], "2026-01-01T02:00:00Z"), ("b", commits[-1], "2026-01-12T00:00:00Z"))
    records = [ended(*run, application=name) for run in runs for name in ("pay", "search")]
    write(tmp_path / "d.ndjson", records)
    assert headway("collect", "shop", "events:d.ndjson").code == 0
    assert rows(headway, "select deployment_id, service from deployments order by 1") == [
        f'"{name} (production, {service})",{service}' for name in ("a", "b") for service in ("pay", "search")
    ]
    assert rows(headway, LEAD)[1:] == ["github:acme/shop#10,production,48.0", "github:acme/shop#11,production,24.0"]
