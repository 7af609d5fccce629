from __future__ import annotations

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.git.repository.address import Location, identify
from headway.repository_names import repository_at
from tests.collectors.records_file.reading import SHA, Outcome, change, deployment, lines, read

AT = "2026-01-02T03:04:05Z"
REPO = {"headway": {"repo": "github:acme/checkout"}}
VCS = f"vcs_url=git%2Bhttps%3A%2F%2Fgithub.com%2Facme%2Fcheckout.git%40{SHA}"


def event(
    kind: str,
    subject: str = "12",
    content: dict[str, Any] | None = None,
    *,
    at: str = AT,
    identity: str = "e1",
    custom: Any = None,
) -> dict[str, Any]:
    """A CDEvent in the layout of the specification 0.5 (spec.md, conformance examples)."""
    made: dict[str, Any] = {
        "context": {
            "specversion": "0.5.1",
            "id": identity,
            "source": "https://ci.example",
            "type": f"dev.cdevents.{kind}.0.3.0",
            "timestamp": at,
        },
        "subject": {"id": subject, "content": content or {}},
    }
    return made if custom is None else made | {"customData": custom, "customDataContentType": "application/json"}


def deployed(artifact: str = f"pkg:oci/checkout@sha256%3Aab?tag=v1&{VCS}", **more: Any) -> dict[str, Any]:
    """A service.deployed event."""
    return event("service.deployed", "checkout", {"environment": {"id": "prod"}, "artifactId": artifact}, **more)


def reading(folder: Path, *events: dict[str, Any]) -> Outcome:
    """What a file of these events gives."""
    return read(folder / "a.ndjson", lines(*events))


@pytest.mark.parametrize("kind", ["deployed", "upgraded", "rolledback"])
def test_service_events_are_deployments_that_succeeded(tmp_path: Path, kind: str) -> None:
    """Each is one deployment, done when the event says; when it began is not known."""
    event = deployed()
    event["context"]["type"] = f"dev.cdevents.service.{kind}.0.2.0"
    outcome = reading(tmp_path, event)
    assert outcome.row("deployments") == {
        "repo_id": "github:acme/checkout",
        "deployment_id": "https://ci.example#e1",
        "application": "checkout",
        "environment": "prod",
        "sha": SHA,
        "version": "v1",
        "source": "records",
        "deleted": False,
    }
    status = outcome.row("deployment_statuses")
    assert (status["state"], status["status_at"]) == ("success", datetime(2026, 1, 2, 3, 4, 5))


@pytest.mark.parametrize(
    ("artifact", "repo", "sha", "version"),
    [
        (f"pkg:github/acme/checkout@{SHA}", "github:acme/checkout", SHA, None),
        ("pkg:github/acme/checkout@244fd47e07d1", "github:acme/checkout", None, "244fd47e07d1"),
        ("pkg:gitlab/acme/tools/cli@v2", "gitlab:acme/tools/cli", None, "v2"),
        ("pkg:golang/github.com/acme/checkout@v1.2.0", "github:acme/checkout", None, "v1.2.0"),
        (f"pkg:oci/x@sha256%3Aab?{VCS}", "github:acme/checkout", SHA, "sha256:ab"),
        ("pkg:oci/x@1?vcs_url=https://u:p%40git.example/a/b.git", "git:git.example/a/b", None, "1"),
        ("pkg:oci/x?vcs_url=git%2Bssh://git%40gitlab.com/a/b/c.git%40main&tag=v3", "gitlab:a/b/c", None, "v3"),
    ],
)
def test_package_urls_tell_repository_commit_and_version(
    tmp_path: Path, artifact: str, repo: str, sha: str | None, version: str | None
) -> None:
    """As far as a package URL names them; a full commit id only."""
    row = reading(tmp_path, deployed(artifact)).row("deployments")
    assert (row["repo_id"], row.get("sha"), row.get("version")) == (repo, sha, version)


@pytest.mark.parametrize(
    "artifact",
    ["pkg:oci/x@1", "app.whl", "pkg:golang/go.example/zap@v1", "pkg:oci/x@1?vcs_url=a/b", "pkg:"],
)
def test_a_deployment_of_no_repository_is_set_aside(tmp_path: Path, artifact: str) -> None:
    """It would be missing from the numbers; the reason says where to put the repository, and there it works."""
    assert "customData.headway.repo" in reading(tmp_path, deployed(artifact)).reasons[0]
    assert reading(tmp_path, deployed(artifact, custom=REPO)).row("deployments")["repo_id"] == "github:acme/checkout"


def test_headway_fields_win(tmp_path: Path) -> None:
    """What the sender says in our own words counts more than what was worked out, and is checked the same."""
    own = {"repo": "git:shop", "id": "d1", "environment": "production", "production": True, "state": "failure", "zz": 1}
    outcome = reading(tmp_path, deployed(custom={"headway": own}))
    row = outcome.row("deployments")
    assert (row["repo_id"], row["deployment_id"], row["environment"]) == ("git:shop", "d1", "production")
    assert row["production"] is True
    assert outcome.row("deployment_statuses")["state"] == "failure"
    assert outcome.notices == {"unknown_fields": 1}
    statuses = [{"state": "success", "at": AT}, {"state": "inactive", "at": "2026-02-01T00:00:00Z"}]
    outcome = reading(tmp_path, deployed(custom={"headway": {"statuses": statuses}}))
    assert len(outcome.rows("deployment_statuses")) == 2


def test_environments_are_called_by_their_names(tmp_path: Path) -> None:
    """The name may come after the deployment, and the newest one counts; a native record keeps its own words."""
    named = [
        event("environment.modified", "prod", {"name": "production"}, at="2026-01-05T00:00:00Z"),
        event("environment.created", "prod", {"name": "prod-old"}, at="2026-01-04T00:00:00Z"),
        event("environment.created", "bare"),
    ]
    outcome = reading(tmp_path, deployed(), *named, deployment(environment="prod"))
    assert [row["environment"] for row in outcome.rows("deployments")] == ["production", "prod"]
    assert outcome.notices == {"events_not_used": 1}


def test_events_about_one_change_make_one_record(tmp_path: Path) -> None:
    """Whatever their order; the first review and the first merge count."""
    repository = {"repository": {"id": "acme/checkout", "source": "https://github.com"}}
    events = [
        event("change.merged", "12", repository, at="2026-01-05T00:00:00Z", custom={"headway": {"sha": SHA}}),
        event("change.reviewed", "12", repository, at="2026-01-04T00:00:00Z"),
        event("change.reviewed", "12", repository, at="2026-01-03T00:00:00Z"),
        event("change.abandoned", "12", repository, at="2026-01-02T12:00:00Z"),
        event("change.created", "12", repository | {"description": "Rank"}, at="2026-01-02T00:00:00Z"),
        event("change.updated", "12", repository, at="2026-01-02T01:00:00Z"),
    ]
    expected = {
        "repo_id": "github:acme/checkout",
        "change_key": "#12",
        "number": 12,
        "sha": SHA,
        "body": "Rank",
        "opened_at": datetime(2026, 1, 2),
        "first_review_at": datetime(2026, 1, 3),
        "merged_at": datetime(2026, 1, 5),
        "deleted": False,
    }
    for order in (events, events[::-1]):
        outcome = reading(tmp_path, *order)
        assert outcome.row("change_records") == expected
        assert outcome.notices == {"events_not_used": 1}


@pytest.mark.parametrize(
    ("subject", "key"),
    [
        ("12", "#12"),
        ("#12", "#12"),
        ("!12", "#12"),
        ("PR-12", "#12"),
        ("https://api.github.com/repos/acme/checkout/pulls/12", "#12"),
        ("https://gitlab.com/acme/checkout/-/merge_requests/12", "#12"),
        (SHA, f"@{SHA}"),
    ],
)
def test_ways_to_name_a_change(tmp_path: Path, subject: str, key: str) -> None:
    """Its number, its address or its commit."""
    outcome = reading(tmp_path, event("change.merged", subject, custom=REPO))
    assert outcome.row("change_records")["change_key"] == key


def test_a_change_by_its_branch_needs_a_number(tmp_path: Path) -> None:
    """A branch name does not tell which change it is; the sender can."""
    branch = event("change.merged", "feature-x", custom=REPO)
    assert "customData.headway.number" in reading(tmp_path, branch).reasons[0]
    branch["customData"] = {"headway": REPO["headway"] | {"number": 12}}
    assert reading(tmp_path, branch).row("change_records")["change_key"] == "#12"


@pytest.mark.parametrize(
    ("repository", "repo"),
    [
        ({"id": "https://api.github.com/repos/acme/checkout"}, "github:acme/checkout"),
        ({"id": "github.com/acme/checkout"}, "github:acme/checkout"),
        ({"id": "acme/checkout", "source": "https://github.com/"}, "github:acme/checkout"),
        ({"id": "acme/tools/cli", "source": "gitlab.com"}, "gitlab:acme/tools/cli"),
        ({"id": "https://gitlab.com/acme/tools/cli/-/merge_requests/1"}, "gitlab:acme/tools/cli"),
        ({"id": "git:shop"}, "git:shop"),
        ({"id": "acme/checkout", "source": "https://git.example:8443"}, "git:git.example/acme/checkout"),
        ({"id": "acme/checkout", "source": "https://github.com/acme/checkout"}, "github:acme/checkout"),
        ({"id": "acme/checkout", "source": "https://git.example/acme/checkout/"}, "git:git.example/acme/checkout"),
        ({"id": "acme/checkout", "source": "/tekton"}, None),
        ({"id": "acme/checkout"}, None),
        ({"id": "https://api.github.com/users/acme"}, None),
        ({"id": "https://github.com/acme"}, None),
        ({}, None),
    ],
)
def test_ways_to_name_a_repository(tmp_path: Path, repository: dict[str, str], repo: str | None) -> None:
    """By address, by name at an address, or by our own id; a name at no address is none."""
    outcome = reading(tmp_path, event("change.created", "12", {"repository": repository}))
    assert [row["repo_id"] for row in outcome.rows("change_records")] == ([repo] if repo else [])
    assert len(outcome.rejects) == (0 if repo else 1)


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/acme/checkout.git",
        "https://www.github.com/acme/checkout/",
        "git@github.com:acme/checkout.git",
        "ssh://git@ssh.github.com:443/acme/checkout.git",
        "https://gitlab.com/acme/tools/cli.git",
        "https://gitlab.acme.example:8443/tools/cli",
        "https://mona@bitbucket.org/acme/checkout.git",
        "https://git.example/scm/acme/checkout.git",
        "https://git.example:8443/acme/checkout",
    ],
)
def test_a_repository_has_the_name_that_the_git_collector_gives_it(address: str) -> None:
    """A deployment told by an event and the commits of the clone meet under one id."""
    assert repository_at(address) == identify(Location(None, address, address), "", None).repo_id


def test_the_address_of_a_change_names_its_repository(tmp_path: Path) -> None:
    """Where nothing else does."""
    outcome = reading(tmp_path, event("change.created", "https://github.com/acme/checkout/pull/12"))
    assert outcome.row("change_records")["repo_id"] == "github:acme/checkout"


def test_incidents(tmp_path: Path) -> None:
    """Open from the first event that says so to the last resolution; one without a beginning is only counted."""
    content = {"description": "Slow", "ticketURI": "https://tickets.example/7", "environment": {"id": "prod"}}
    relative = {"artifactId": "pkg:github/acme/checkout@v1", "ticketURI": "/tickets/7"}
    outcome = reading(
        tmp_path,
        event("incident.resolved", "i1", {"description": "Fast"}, at="2026-01-03T00:00:00Z", custom=REPO),
        event("incident.reported", "i1", content, at="2026-01-02T00:00:00Z", custom=REPO),
        event("incident.detected", "i1", relative, at="2026-01-01T00:00:00Z"),
        event("incident.resolved", "i1", at="2026-01-04T00:00:00Z", custom=REPO),
        event("incident.resolved", "i2", custom=REPO),
    )
    assert outcome.row("incidents") == {
        "repo_id": "github:acme/checkout",
        "incident_id": "https://ci.example#i1",
        "opened_at": datetime(2026, 1, 1),
        "resolved_at": datetime(2026, 1, 4),
        "title": "Slow",
        "url": "https://tickets.example/7",
    }
    (notice,) = outcome.rows("notices")
    assert "its start is in no line (1 ×)" in notice["detail"]


def test_pipeline_runs(tmp_path: Path) -> None:
    """Queued, started and finished make one run of a commit; without commit or repository they are only counted."""
    own = {"headway": {"repo": "git:shop", "sha": SHA, "branch": "main"}}
    outcome = reading(
        tmp_path,
        event("pipelinerun.finished", "r1", {"outcome": "cancel"}, at="2026-01-03T00:00:00Z", custom=own),
        event("pipelinerun.queued", "r1", {"pipelineName": "ci"}, at="2026-01-01T00:00:00Z", custom=own),
        event("pipelinerun.started", "r1", at="2026-01-02T00:00:00Z", custom=own),
        event("pipelinerun.finished", "r2", {"uri": "https://github.com/acme/checkout/actions/runs/2"}),
        event("pipelinerun.finished", "r3"),
    )
    assert outcome.row("ci_runs") == {
        "repo_id": "git:shop",
        "run_id": "https://ci.example#r1",
        "name": "ci",
        "sha": SHA,
        "branch": "main",
        "conclusion": "cancelled",
        "created_at": datetime(2026, 1, 1),
        "started_at": datetime(2026, 1, 2),
        "finished_at": datetime(2026, 1, 3),
    }
    assert outcome.notices == {"events_not_used": 2}


def test_ids_are_unique_within_their_source(tmp_path: Path) -> None:
    """Two senders may count from 1 both; the same event delivered twice is one deployment."""
    other = deployed()
    other["context"]["source"] = "https://other.example"
    outcome = reading(tmp_path, deployed(), other, deployed())
    ids = [row["deployment_id"] for row in outcome.rows("deployments")]
    assert ids == ["https://other.example#e1", "https://ci.example#e1"]


def test_a_whole_record_wins_over_events(tmp_path: Path) -> None:
    """One row a change, even where a file has both."""
    outcome = reading(tmp_path, event("change.merged", "12", custom=REPO), change(title="whole"))
    assert outcome.row("change_records")["title"] == "whole"
    assert outcome.notices == {"superseded_lines": 1}


@pytest.mark.parametrize("form", ["object", "text", "base64"])
def test_cloudevents_envelopes(tmp_path: Path, form: str) -> None:
    """Structured mode, with the event as an object, as JSON text or in base64."""
    inner = deployed()
    envelope = {"specversion": "1.0", "type": inner["context"]["type"], "source": "x", "id": "y"}
    written = json.dumps(inner)
    data: dict[str, dict[str, Any]] = {
        "object": {"data": inner},
        "text": {"data": written},
        "base64": {"data_base64": base64.b64encode(written.encode()).decode()},
    }
    assert reading(tmp_path, envelope | data[form]).row("deployments")["version"] == "v1"


def test_events_without_a_meaning_here_are_counted_not_rejected(tmp_path: Path) -> None:
    """Other events of CDEvents and CloudEvents are good lines; their time still tells how far the file is known."""
    later = event("testsuiterun.finished", at="2026-03-01T00:00:00Z")
    custom = event("x", at="yesterday")
    custom["context"]["type"] = "dev.cdeventsx.tool.done.0.1.0"
    outcome = reading(tmp_path, later, later, custom, {"specversion": "1.0", "type": "com.example.push", "data": 1})
    assert outcome.error is None
    (notice,) = outcome.rows("notices")
    assert (notice["kind"], notice["count"]) == ("events_not_used", 4)
    assert notice["detail"].endswith(
        "dev.cdevents.testsuiterun.finished.0.3.0 (2 ×), com.example.push (1 ×), dev.cdeventsx.tool.done.0.1.0 (1 ×)"
    )
    assert outcome.checkpoint is not None
    assert outcome.checkpoint.watermark_at == datetime(2026, 3, 1)


def _without(path: str) -> dict[str, Any]:
    made = deployed()
    part, _, name = path.partition(".")
    del made[part][name]
    return made


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (_without("context.id"), "`context.id` is missing"),
        (_without("context.type"), "`context.type` is missing"),
        (_without("context.source"), "`context.source` is missing"),
        (_without("context.timestamp"), "`context.timestamp` is missing"),
        (_without("subject.id"), "`subject.id` is missing"),
        (deployed(identity="0"), "`context.id` is 0"),
        (deployed(at="2026-01-02T03:04:05"), "`context.timestamp` '2026-01-02T03:04:05' has no time zone"),
        (deployed(custom={"headway": []}), "`customData.headway` must be an object"),
        (deployed(custom={"headway": {"repo": "x"}}), "`repo` must name its provider"),
        (deployed() | {"context": "x"}, "`context` must be an object"),
        (deployed() | {"subject": None}, "`subject` must be an object"),
        (event("service.deployed", "x", {"artifactId": f"pkg:github/a/b@{SHA}"}), "`environment` is missing"),
        (event("service.deployed", "x", {"artifactId": 5}), "`artifactId` must be a text"),
        (event("pipelinerun.finished", "r", {"outcome": "ok"}, custom=REPO), "`conclusion` is 'ok'"),
        ({"specversion": "1.0", "type": "dev.cdevents.change.merged.0.3.0"}, "`data` must be a CDEvent"),
        ({"specversion": "1.0", "type": "dev.cdevents.change.merged.0.3.0", "data": "{"}, "`data` is not JSON"),
        ({"specversion": "1.0", "type": "dev.cdevents.x.y", "data_base64": "?"}, "not UTF-8 in base64"),
        ({"specversion": "1.0", "type": "dev.cdevents.x.y", "data": {}}, "`context` must be an object"),
    ],
)
def test_a_bad_event_is_set_aside(tmp_path: Path, line: dict[str, Any], reason: str) -> None:
    """An event that means something here and cannot be placed is a bad line."""
    outcome = reading(tmp_path, line)
    assert outcome.tables.keys() == {"notices"}
    assert len(outcome.reasons) == 1
    assert reason in outcome.reasons[0]


@pytest.mark.parametrize("custom", ["PGRhdGE+", {"other": 1}, None])
def test_custom_data_of_others_is_left_alone(tmp_path: Path, custom: Any) -> None:
    """Text, and the objects of other tools, say nothing to us."""
    assert reading(tmp_path, deployed(custom=custom)).error is None
