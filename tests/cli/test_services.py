"""Services and waves by the commands: Git and a file of records in, `lead-time` and `dora` out."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from tests.builders.repositories import Files, Repository

SOURCES = """
[[sources]]
target = "repo"
[[sources]]
target = "events:deployments.ndjson"
"""
SERVICES = """
[[services]]
repo = "acme/mono"
name = "pay"
paths = ["services/pay/**", "libs/money/**"]
[[services]]
repo = "github:acme/mono"
name = "search"
paths = ["services/search/**"]
"""
LANDED: tuple[tuple[datetime, str, Files], ...] = (
    (datetime(2026, 1, 2), "pay: change fee (#1)", {"services/pay/a": "1"}),
    (datetime(2026, 1, 3), "search: rank (#2)", {"services/search/a": "1"}),
    (datetime(2026, 1, 3, 6), "money: round half even (#3)", {"libs/money/a": "1"}),
    (datetime(2026, 1, 3, 7), "docs: how to pay (#4)", {"docs/a": "1"}),
    (datetime(2026, 1, 3, 8), "One log format for both (#5)", {"services/pay/a": "2", "services/search/a": "2"}),
)


def collected(folder: Path, deployments: list[tuple[str, str, str, str, str]], settings: str) -> Path:
    """The settings of a collected warehouse; deployments are id, application, environment, commit and time."""
    repository = Repository(folder / "repo")
    start: Files = {"services/pay/a": "0", "services/search/a": "0", "libs/money/a": "0"}
    shas = {"start": repository.commit("Start", files=start, at=datetime(2026, 1, 1))}
    for landed_at, message, files in LANDED:
        shas[message[-2]] = repository.commit(message, files=files, at=landed_at)
    repository.switch("later")
    repository.commit("Later", at=datetime(2026, 2, 2))
    repository.switch("main")
    repository.remote("https://github.com/acme/mono")
    lines = []
    for name, application, environment, commit, at in deployments:
        facts = {"id": name, "application": application, "environment": environment, "sha": shas[commit]}
        times = {"created_at": at, "finished_at": at, "state": "success"}
        lines.append(json.dumps({"type": "deployment", "repo": "github:acme/mono", **facts, **times}))
    (folder / "deployments.ndjson").write_text("\n".join(lines))
    config = folder / "headway.toml"
    config.write_text(SOURCES + settings)
    assert main(["--config", str(config), "collect"]) == 0
    return config


def exported(capfd: pytest.CaptureFixture[str], config: Path, *arguments: str) -> list[dict[str, Any]]:
    """The rows of an export."""
    capfd.readouterr()
    assert main(["--config", str(config), "export", *arguments]) == 0
    return list(csv.DictReader(io.StringIO(capfd.readouterr().out)))


@pytest.mark.slow
def test_each_service_has_its_own_arrivals(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Pay on 4 January, search on 20 January, from one commit: lead times, and what `dora` says of each service."""
    first, last = "2026-01-01T01:00:00Z", "2026-02-02T00:00:00Z"
    deployments = [
        ("p0", "pay", "production", "start", first),
        ("s0", "search", "production", "start", first),
        ("p1", "pay", "production", "5", "2026-01-04T00:00:00Z"),
        ("s1", "search", "production", "5", "2026-01-20T00:00:00Z"),
        ("x9", "pay", "staging", "start", last),
    ]
    config = collected(tmp_path, deployments, SERVICES)
    rows = {row["number"]: row for row in exported(capfd, config, "lead-time") if row["number"]}
    columns = ("services", "outcome", "first_production_at", "production_at", "lead_time_hours", "rollout_hours")
    fourth, twentieth = "2026-01-04T00:00:00Z", "2026-01-20T00:00:00Z"
    assert {number: tuple(row[name] for name in columns) for number, row in rows.items()} == {
        "1": ("pay", "production", fourth, fourth, "48.0", "0.0"),
        "2": ("search", "production", twentieth, twentieth, "408.0", "0.0"),
        "3": ("pay", "production", fourth, fourth, "18.0", "0.0"),
        "4": ("", "nothing_to_deploy", "", "", "", ""),
        "5": ("pay;search", "production", fourth, twentieth, "400.0", "384.0"),
    }
    dora = {
        (row["group"], row["measure"]): row["numerator"] for row in exported(capfd, config, "dora", "--by", "service")
    }
    assert [dora[service, "lead_time"] for service in ("pay", "search")] == ["3", "2"]
    assert [dora[service, "deployment_frequency"] for service in ("pay", "search")] == ["2", "2"]
    capfd.readouterr()
    assert main(["--config", str(config), "explain", "github:acme/mono#4"]) == 0
    assert "it touches the paths of no service" in capfd.readouterr().out


@pytest.mark.slow
def test_three_environments_are_the_waves_of_one_rollout(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Canary on the 4th, us on the 10th, eu on the 25th: two roll-outs, lead times to the last wave, or the first."""
    deployments = [(f"{name}0", "", f"prod-{name}", "start", "2026-01-01T01:00:00Z") for name in ("canary", "us", "eu")]
    deployments += [
        (f"{name}1", "", f"prod-{name}", "2", f"2026-01-{day}T00:00:00Z")
        for name, day in (("canary", "04"), ("us", "10"), ("eu", "25"))
    ]
    deployments.append(("z", "", "staging", "start", "2026-02-02T00:00:00Z"))
    for settings, hours in (
        ("", ("552.0", "528.0", "504.0")),
        ('[production]\narrival = "first"\n', ("48.0", "24.0", "")),
    ):
        folder = tmp_path / (hours[0])
        folder.mkdir()
        config = collected(folder, deployments, settings)
        rows = {row["number"]: row for row in exported(capfd, config, "lead-time") if row["number"] in {"1", "2"}}
        assert (rows["1"]["lead_time_hours"], rows["2"]["lead_time_hours"], rows["1"]["rollout_hours"]) == hours
        assert {row["first_production_at"] for row in rows.values()} == {"2026-01-04T00:00:00Z"}
        dora = {row["measure"]: row["numerator"] for row in exported(capfd, config, "dora", "--by", "service")}
        assert dora["deployment_frequency"] == "2"
