"""What other tools' tests pin down of failures and recovery, with what Headway's definitions say and why it differs."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.reports.catalog import REPORTS
from headway.settings import DoraSettings, Settings
from tests.builders.rows import START, Raw, built

DEVLAKE = Path(__file__).resolve().parents[4] / "shared" / "devlake" / "dora"
needs_devlake = pytest.mark.skipif(not DEVLAKE.exists(), reason="DevLake's fixtures are not beside this checkout")


def rows_of(name: str) -> list[dict[str, str]]:
    """A fixture of DevLake's."""
    with (DEVLAKE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def hours(text: str) -> float | None:
    """A time of a fixture in hours after the builder's start."""
    if not text:
        return None
    at = datetime.fromisoformat(text.replace(" ", "T")[:19].replace("T1:", "T01:").replace("T6:", "T06:"))
    return (at - START).total_seconds() / 3600


def deployed(scopes: set[str], folder: str) -> Raw:
    """The deployments of some scopes as one repository, an application for each that they deploy, as one line."""
    rows = [row for row in rows_of(f"{folder}/cicd_deployment_commits_after.csv") if row["cicd_scope_id"] in scopes]
    rows.sort(key=lambda row: row["finished_date"])
    raw = Raw(known=0, read=0)
    raw.commits(" ".join(f"c{row['id']}@{-30_000 + n}" for n, row in enumerate(rows)))
    for row in rows:
        state = "success" if row["result"] == "SUCCESS" else "failure"
        environment = row["environment"].lower()
        application = f"{row['cicd_scope_id']} {row['repo_url']}"
        at = hours(row["finished_date"])
        assert at is not None
        raw.deploy(row["id"], f"c{row['id']}", states=[(state, at)], created=hours(row["started_date"]),
                   application=application, environment=environment)  # fmt: skip
    return raw


@needs_devlake
def test_devlake_previous_success() -> None:
    """DevLake's chains by scope, repository and environment are ours, with its fixture and its expected values."""
    expected = {
        row["id"]: row["prev_success_deployment_commit_id"] or None
        for row in rows_of("prev_success_deployment_commit/cicd_deployment_commits_after.csv")
        if row["result"] == "SUCCESS"
    }
    with built(deployed({"cicd1", "cicd2", "cicd3"}, "prev_success_deployment_commit")) as tables:
        found = tables("select deployment_id, previous_deployment_id from deployment_chain")
    assert {row["deployment_id"]: row["previous_deployment_id"] for row in found} == expected


@pytest.mark.slow
@needs_devlake
@pytest.mark.parametrize("incident_hours", [24, 24 * 90])
def test_devlake_incidents_to_deployments(incident_hours: int) -> None:
    """DevLake puts an incident to the last deployment of the project before it, however long ago.

    So do we if the setting says 90 days. By default an incident seven weeks after the last deployment is put to none,
    and counted: that deployment ran well for so long.
    """
    folder = "connect_incident_to_deployment"
    pipeline = {row["id"]: row["cicd_deployment_id"] for row in rows_of(
        f"{folder}/prev_success_deployment_commit/cicd_deployment_commits_after.csv")}  # fmt: skip
    expected = {
        row["id"]: row["deployment_id"]
        for row in rows_of(f"{folder}/snapshot_tables/project_incident_deployment_relationships.csv")
    }
    raw = deployed({"cicd1", "cicd2"}, f"{folder}/prev_success_deployment_commit")
    for row in rows_of(f"{folder}/raw_tables/incidents.csv"):
        if row["id"] in expected:
            raw.add("incidents", incident_id=row["id"], opened_at=hours(row["created_date"]))
    settings = Settings(base=Path(), dora=DoraSettings(incident_hours=incident_hours, failure_days=90))
    with built(raw, settings=settings) as tables:
        signs = tables("select shown_by, deployment_id from failure_signs where sign = 'incident'")
        report = REPORTS["dora"](tables.connection, Filters())
    found = {row["shown_by"]: pipeline[row["deployment_id"]] for row in signs}
    late = "github:GithubIssue:1:1373792478"
    assert found == (expected if incident_hours > 24 else {late: expected[late]})
    assert report["unlinked_incidents"].unique().to_list() == [len(expected) - len(found)]


@pytest.mark.slow
@needs_devlake
def test_devlake_deployments_of_pipelines() -> None:
    """DevLake keeps a failed pipeline as a failed deployment, and one without dates with no time.

    What has no time is in no window here, and what names no environment is no production in either.
    """
    raw = Raw(known=0, read=0).commits("a@-30000")
    for row in rows_of("deployment_generator/cicd_deployment_commits.csv"):
        at = hours(row["finished_date"])
        state = "success" if row["result"] == "SUCCESS" else "failure"
        raw.deploy(row["id"], "a", states=[(state, at)] if at is not None else (), created=hours(row["started_date"]),
                   environment=row["environment"].lower())  # fmt: skip
    with built(raw) as tables:
        assert len(tables("select * from deployments")) == 5
        assert tables(
            "select count(*) as n, count(case when succeeded then 1 end) as went_well from production_deployments"
        )[0] == {"n": 4, "went_well": 0}
        report = REPORTS["dora"](tables.connection, Filters())
    rate = report.filter(pl.col("measure") == "change_failure_rate").row(0, named=True)
    assert (rate["value"], rate["numerator"], rate["denominator"]) == (1.0, 4, 4)


@pytest.mark.slow
def test_athenian_58_and_gitlab_53_failed_deployment_consumes_nothing() -> None:
    """What a failed deployment tried to ship arrives with the next; it failed, and it is over with that next one."""
    raw = Raw().commits("a@1 b@2").deploy("d0", "a", 1).deploy("d1", "b", states=[("failure", 5)]).deploy("d2", "b", 9)
    with built(raw) as tables:
        assert tables.change("b")["deployment_id"] == "d2"
        (sign,) = tables("select deployment_id, sign, recovered_at from failure_signs")
        report = REPORTS["dora"](tables.connection, Filters())
    assert (sign["deployment_id"], sign["sign"]) == ("d1", "failed")
    shown = {row["measure"]: (row["numerator"], row["denominator"]) for row in report.to_dicts()}
    assert shown["change_failure_rate"] == (1, 3)
    assert shown["deployment_frequency"][0] == 2


@pytest.mark.slow
def test_athenian_59_equal_times_divide_by_nothing() -> None:
    """All deployments in one instant: a window without length has no frequency, and rates all the same."""
    raw = Raw(known=1, read=1).commits("a@1 b@1").deploy("d0", "a", 1).deploy("d1", "b", 1)
    with built(raw) as tables:
        report = REPORTS["dora"](tables.connection, Filters())
    shown: dict[str, Any] = {row["measure"]: row["value"] for row in report.to_dicts()}
    assert (shown["deployment_frequency"], shown["change_failure_rate"]) == (None, 0.0)


@pytest.mark.slow
def test_metrik_40_and_67_empty_is_missing_and_denominators_are_what_they_say() -> None:
    """Metrik's NaN is an absent value here; Heartbeat's mean over builds without a pull request has no like here."""
    with built(Raw().commits("a@1 b@2").deploy("d0", "a", 1)) as tables:
        report = REPORTS["dora"](tables.connection, Filters(since=START.replace(year=2026)))
    assert report.is_empty()
