"""`--by service` and `--service` in every report, against a monorepo whose arrivals follow from its plan."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from analytics.reports.catalog import BY, REPORTS, SERVICE
from cli.main import main
from headway.times import parse_time
from tests.builders.repositories import Files, Repository

START = datetime(2026, 1, 1)
WAVES = ("canary", "us", "eu")
WAVE_LAG = timedelta(hours=6)
EVERY = {"pay": timedelta(hours=30), "search": timedelta(hours=70)}
CHANGES = 72
SETTINGS = """
[[sources]]
target = "mono"
[[sources]]
target = "shop"
[[sources]]
target = "tool"
[[sources]]
target = "events:deployments.ndjson"
[[services]]
repo = "acme/mono"
name = "pay"
paths = ["services/pay/**"]
shared = ["libs/**"]
[[services]]
repo = "acme/mono"
name = "search"
paths = ["services/search/**"]
shared = ["libs/**"]
[[services]]
repo = "acme/shop"
name = "pay"
paths = ["**"]
"""


def plan() -> Iterator[tuple[int, datetime, Files, tuple[str, ...]]]:
    """Each change of the monorepo: number, when it lands, its files, and the services that it touches."""
    for number in range(1, CHANGES + 1):
        at = START + timedelta(hours=5 * number)
        if number % 9 == 0:
            yield number, at, {f"docs/{number}": ""}, ()
        elif number % 7 == 0:
            yield number, at, {"libs/a": str(number)}, ("pay", "search")
        else:
            service = "pay" if number % 2 else "search"
            yield number, at, {f"services/{service}/a": str(number)}, (service,)


END = START + timedelta(hours=5 * CHANGES)
AS_OF = END + timedelta(hours=1)


def deployments() -> Iterator[tuple[str, str, datetime, datetime]]:
    """Each deployment of the monorepo: service, environment, when, and of what had landed by when."""
    for service, gap in EVERY.items():
        for lag, wave in enumerate(WAVES):
            yield service, wave, START + timedelta(minutes=1), START
            cut = START + gap
            while (at := cut + lag * WAVE_LAG) < AS_OF:
                yield service, wave, at, cut
                cut += gap


def arrivals() -> dict[tuple[int, str], datetime | None]:
    """When the last wave of each service had each change, None while one lacks it: a walk over all deployments."""
    found: dict[tuple[int, str], datetime | None] = {}
    for number, landed, _, services in plan():
        for service in services:
            firsts = [
                min(
                    (at for s, w, at, cut in deployments() if (s, w) == (service, wave) and cut >= landed), default=None
                )
                for wave in WAVES
            ]
            found[number, service] = None if None in firsts else max(at for at in firsts if at is not None)
    return found


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings of a collected warehouse: the monorepo, one with a service of the same name, one without any."""
    folder = tmp_path_factory.mktemp("services")
    mono, landed = Repository(folder / "mono"), {}
    landed[START] = mono.commit("Start", files={"services/pay/a": "", "services/search/a": "", "libs/a": ""}, at=START)
    for number, at, files, _ in plan():
        landed[at] = mono.commit(f"Change {number} (#{number})", files=files, at=at)
    records = [
        ("mono", service, f"prod-{wave}", next(sha for when, sha in reversed(landed.items()) if when <= cut), at)
        for service, wave, at, cut in deployments()
    ]
    for name in ("shop", "tool"):
        other = Repository(folder / name)
        sha = other.commit("Start", files={"a": ""}, at=START)
        records.append((name, "", "production", sha, START + timedelta(minutes=1)))
        sha = other.commit("Change (#1)", files={"a": "1"}, at=START + timedelta(hours=10))
        records.append((name, "", "production", sha, START + timedelta(hours=12)))
        finish(other, name)
    finish(mono, "mono")
    lines = [
        {
            "type": "deployment",
            "repo": f"github:acme/{repo}",
            "id": f"{application or repo}-{environment}-{at:%m%d%H%M}",
            "application": application,
            "environment": environment,
            "sha": sha,
            "created_at": f"{at.isoformat()}Z",
            "finished_at": f"{at.isoformat()}Z",
            "state": "success",
        }
        for repo, application, environment, sha, at in records
    ]
    lines.append(
        {**lines[0], "id": "last", "environment": "staging"}
        | dict.fromkeys(("created_at", "finished_at"), f"{AS_OF.isoformat()}Z")
    )
    (folder / "deployments.ndjson").write_text("\n".join(json.dumps(line) for line in lines))
    settings = folder / "headway.toml"
    settings.write_text(SETTINGS)
    assert main(["--config", str(settings), "collect"]) == 0
    return settings


def finish(repository: Repository, name: str) -> None:
    """A commit beside the default branch, at the time of the report: up to then the clone is known."""
    repository.switch("later")
    repository.commit("Later", at=AS_OF)
    repository.switch("main")
    repository.remote(f"https://github.com/acme/{name}")


def exported(config: Path, *arguments: str) -> list[dict[str, Any]]:
    """The rows of an export."""
    out = config.parent / "rows.csv"
    assert main(["--config", str(config), "export", *arguments, "--out", str(out)]) == 0
    with out.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


LABELS = {"pay": "acme/mono pay", "search": "search"}


def test_each_service_arrives_with_its_last_wave(config: Path) -> None:
    """A row for each service of a change, with the arrival that a walk over all deployments gives."""
    rows = [row for row in exported(config, "lead-time", "--by", "service") if row["repo"] == "acme/mono"]
    found = {
        (int(row["number"]), row["service"]): parse_time(row["production_at"]) if row["production_at"] else None
        for row in rows
        if row["number"]
    }
    assert found == {(number, LABELS[service]): at for (number, service), at in arrivals().items()}
    assert {row["service"] for row in exported(config, "lead-time", "--by", "service")} == {
        "acme/mono pay",
        "acme/shop pay",
        "acme/tool",
        "search",
    }


def share_arrived(arrived: list[float], so_far: list[float], until: float) -> float:
    """Kaplan and Meier's share of changes that arrived within so many hours; those that wait were seen so far."""
    missing = 1.0
    for at in sorted(set(arrived)):
        if at <= until:
            missing *= 1.0 - arrived.count(at) / sum(other >= at for other in (*arrived, *so_far))
    return 1.0 - missing


def middle(stages: dict[str, dict[str, Any]]) -> tuple[float, float]:
    """Just before and just after the median of production."""
    median_hours = float(stages["production"]["median_hours"])
    return median_hours - 1e-3, median_hours + 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("service", ["pay", "search"])
def test_statistics_are_of_the_service(config: Path, service: str) -> None:
    """Counts, medians, roll-outs and what waits are those of the service, by `--by` and by `--service` alike."""
    label = LABELS[service]
    landed = {number: at for number, at, _, _ in plan()}
    hours = {number: (at, landed[number]) for (number, name), at in arrivals().items() if name == service}
    arrived = {number: (at - begun).total_seconds() / 3600 for number, (at, begun) in hours.items() if at is not None}
    waiting = {str(number) for number, (at, _) in hours.items() if at is None}
    assert waiting
    assert len(arrived) > 20

    def both(report: str, *options: str) -> list[dict[str, Any]]:
        grouped = [row for row in exported(config, report, "--by", "service", *options) if row["group"] == label]
        chosen = exported(config, report, "--service", label, *options)
        assert [{**row, "group": ""} for row in grouped] == [{**row, "group": ""} for row in chosen]
        return grouped

    stages = {row["stage"]: row for row in both("stages")}
    assert int(stages["production"]["changes"]) == len(hours)
    assert int(stages["production"]["reached"]) == len(arrived)
    assert float(stages["deploy"]["median_hours"]) == 12.0
    so_far = [(AS_OF - begun).total_seconds() / 3600 for at, begun in hours.values() if at is None]
    for row in both("arrivals"):
        if row["end"] == "production" and row["probability"]:
            share = share_arrived(list(arrived.values()), so_far, float(row["hours"]))
            assert float(row["probability"]) == pytest.approx(share)
    before, after = (share_arrived(list(arrived.values()), so_far, at) for at in middle(stages))
    assert before < 0.5 <= after
    dora = {row["measure"]: row for row in both("dora")}
    rollouts = len({cut for name, _, _, cut in deployments() if name == service})
    assert int(dora["deployment_frequency"]["numerator"]) == rollouts
    assert float(dora["lead_time"]["value"]) == pytest.approx(median(arrived.values()), abs=5.0)
    rollout = next(row for row in both("friction") if row["measure"] == "rollout_hours")
    assert (int(rollout["changes"]), float(rollout["mean"])) == (len(arrived), 12.0)
    listed = [row for row in exported(config, "waiting", "--by", "service") if row["service"] == label]
    assert {row["change_id"].partition("#")[2] for row in listed} == waiting
    assert {row["change_id"] for row in exported(config, "waiting", "--service", label)} == {
        row["change_id"] for row in listed
    }
    assert {row["repo"] for row in listed} == {"acme/mono"}
    for report in ("occupancy", "trend", "rework"):
        assert both(report)
    # What-ifs of a group leave at the usual hour of all releases.
    for report in ("bottlenecks", "cadences", "longest"):
        assert label in {row["group"] for row in exported(config, report, "--by", "service")}


@pytest.mark.slow
def test_nothing_to_deploy_is_counted_and_listed(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Documents take no part, and are counted; by service they are still listed as left out, of no service."""
    documents = {f"github:acme/mono#{number}" for number, _, _, services in plan() if not services}
    stages = exported(config, "stages")
    assert {row["nothing_to_deploy"] for row in stages} == {str(len(documents))}
    for options in ((), ("--by", "service")):
        rows = [row for row in exported(config, "left-out", *options) if row["reason"] == "nothing_to_deploy"]
        assert {(row["change_id"], row["service"]) for row in rows} == {(change_id, "") for change_id in documents}
    waits = {row["change_id"] for row in exported(config, "waiting")}
    assert not waits & documents
    capfd.readouterr()
    assert main(["--config", str(config), "summary"]) == 0
    assert f"{len(documents)} with nothing to deploy" in capfd.readouterr().out


@pytest.mark.slow
def test_every_report_takes_services_or_says_why_not(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A report that honours the options answers; another one is an error of two lines."""
    for name, report in REPORTS.items():
        for option, arguments in ((BY, ("--by", "service")), (SERVICE, ("--service", "search"))):
            taken = option in report.honours and (name, option) != ("comparison", BY)
            capfd.readouterr()
            code = main(["--config", str(config), "export", name, *arguments])
            assert code == (0 if taken else 2), (name, option)
            said = capfd.readouterr().err
            assert (
                taken
                or said.startswith(f"headway: report {name} does not support {option}: ")
                or "in both groups" in said
            )


def test_a_service_that_is_not_there_is_an_error(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The error has the names as reports have them; the plain name of two repositories' services means both."""
    assert main(["--config", str(config), "export", "stages", "--service", "serch"]) == 2
    assert "hint: services are search, acme/mono pay, acme/shop pay, acme/tool" in capfd.readouterr().err
    rows = exported(config, "lead-time", "--service", "pay")
    assert {row["repo"] for row in rows} == {"acme/mono", "acme/shop"}


def test_explain_shows_each_service_and_wave(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Change 70 touches what both share: pay has it in no wave or some, and each wave has its record."""
    assert main(["--config", str(config), "explain", "github:acme/mono#7"]) == 0
    said = capfd.readouterr().out
    at = {
        wave: next(
            at for s, w, at, cut in deployments() if (s, w) == ("pay", wave) and cut >= START + timedelta(hours=35)
        )
        for wave in WAVES
    }
    assert "  pay: in production since" in said
    for wave, when in at.items():
        assert f"    prod-{wave}: since {when:%Y-%m-%dT%H:%M:%S}Z, deployment pay-prod-{wave}-{when:%m%d%H%M} (" in said
    assert "shared paths alone: libs/a" in said
