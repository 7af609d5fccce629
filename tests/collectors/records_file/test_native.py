from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.records_file import RecordsSource, source_id
from collectors.records_file.kinds import KINDS, MILESTONES
from headway.raw_tables import schema_of
from tests.collectors.records_file.reading import SHA, change, deployment, lines, read


def test_source_is_named_by_its_absolute_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same file is the same source from whatever folder it is named."""
    monkeypatch.chdir(tmp_path)
    assert source_id(RecordsSource(Path("x/../a.ndjson"))) == f"events:{tmp_path}/a.ndjson"


def test_a_change_with_everything(tmp_path: Path) -> None:
    """Every field of a change arrives in its column."""
    milestones = {name: f"2026-01-{day:02}T00:00:00Z" for day, name in enumerate(MILESTONES, 1)}
    del milestones["merged_at"]
    record = change(
        sha=SHA.upper(),
        head_sha="b" * 40,
        head_ref="rank",
        base_ref="main",
        title="Rank",
        body="Why",
        url="https://github.example/acme/checkout/pull/12",
        author="mona",
        author_kind="person",
        labels=["ml", "", "search: rank"],
        commits=3,
        files=2,
        additions=1,
        deletions=0,
        updated_at="2026-02-01T00:00:00Z",
        **milestones,
    )
    outcome = read(tmp_path / "a.ndjson", lines(record))
    expected = {name: value for name, value in record.items() if name not in {"type", "repo"}}
    expected |= {name: datetime(2026, 1, day) for day, name in enumerate(MILESTONES, 1) if name != "merged_at"}
    expected |= {"repo_id": "github:acme/checkout", "change_key": "#12", "sha": SHA, "labels": "ml\nsearch: rank"}
    expected |= {"updated_at": datetime(2026, 2, 1), "deleted": False}
    assert outcome.row("change_records") == expected
    assert outcome.error is None
    assert outcome.tables.keys() == {"change_records"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_fields_are_the_columns_of_their_table(kind: Any) -> None:
    """No column of a raw table is forgotten, and no field leads nowhere."""
    columns = set(schema_of(kind.table).names) - {"collected_at", "repo_id", "change_key", "source", "written_in"}
    columns -= {"reported_by"}
    fields = set(kind.fields) - {"repo"}
    if kind.id_column:
        columns = columns - {kind.id_column} | {"id"}
    if kind.id_column or kind.name == "ai_usage":
        columns |= {"updated_at"}
    if kind.name == "deployment":
        columns |= {"state", "finished_at", "statuses", "tenant"}
    assert fields == columns


def test_change_without_a_number_is_known_by_its_commit(tmp_path: Path) -> None:
    """A direct push has a landing commit and no number."""
    outcome = read(tmp_path / "a.ndjson", lines(change(number=None, sha=SHA)))
    assert outcome.row("change_records")["change_key"] == f"@{SHA}"


def test_deployment_with_statuses(tmp_path: Path) -> None:
    """Statuses become rows of their own, each once, in order of time."""
    statuses = [
        {"state": "success", "at": "2026-01-02T05:00:00+02:00"},
        {"state": "in_progress", "at": "2026-01-02T02:00:00Z"},
        {"state": "success", "at": "2026-01-02T03:00:00Z"},
    ]
    record = deployment(
        statuses=statuses, state=None, finished_at=None, production=True, created_at="2026-01-02T01:59:00Z"
    )
    outcome = read(tmp_path / "a.ndjson", lines(record))
    assert outcome.row("deployments") == {
        "repo_id": "github:acme/checkout",
        "deployment_id": "d1",
        "application": "",
        "environment": "production",
        "production": True,
        "sha": SHA,
        "created_at": datetime(2026, 1, 2, 1, 59),
        "source": "records",
        "deleted": False,
    }
    key = {"repo_id": "github:acme/checkout", "deployment_id": "d1"}
    assert outcome.rows("deployment_statuses") == [
        key | {"state": "in_progress", "status_at": datetime(2026, 1, 2, 2)},
        key | {"state": "success", "status_at": datetime(2026, 1, 2, 3)},
    ]


def test_tenants_are_environments_of_their_own(tmp_path: Path) -> None:
    """What one customer has says nothing of the others: the same id there is another deployment."""
    records = [deployment(tenant=tenant) for tenant in ("acme", " globex ", None)]
    rows = read(tmp_path / "a.ndjson", lines(*records)).rows("deployments")
    assert sorted(row["environment"] for row in rows) == ["production", "production/acme", "production/globex"]


def test_deployment_with_one_state(tmp_path: Path) -> None:
    """The flat form is one status: when it ended, or since when it waits."""
    waiting = deployment(id=7, state="queued", finished_at=None, created_at="2026-01-03T00:00:00Z")
    outcome = read(tmp_path / "a.ndjson", lines(deployment(), waiting))
    found = {(row["deployment_id"], row["state"]): row["status_at"] for row in outcome.rows("deployment_statuses")}
    assert found == {("d1", "success"): datetime(2026, 1, 2, 3, 4, 5), ("7", "queued"): datetime(2026, 1, 3)}


def test_incident_and_ci_run(tmp_path: Path) -> None:
    """The two small kinds arrive whole; a run that has not ended has no conclusion."""
    incident = {"type": "incident", "repo": "git:shop", "id": "i1", "opened_at": "2026-01-02T00:00:00Z", "title": "500"}
    run = {"type": "ci_run", "repo": "git:shop", "id": 5, "sha": SHA, "created_at": "2026-01-02T00:00:00Z"}
    outcome = read(tmp_path / "a.ndjson", lines(incident, run))
    opened_at = datetime(2026, 1, 2)
    assert outcome.row("incidents") == {
        "repo_id": "git:shop",
        "incident_id": "i1",
        "opened_at": opened_at,
        "title": "500",
    }
    assert outcome.row("ci_runs") == {"repo_id": "git:shop", "run_id": "5", "sha": SHA, "created_at": opened_at}


def test_tombstones_need_no_more_than_their_key(tmp_path: Path) -> None:
    """A change or a deployment is taken back by its id alone."""
    gone = {"type": "deployment", "repo": "git:shop", "id": "d1", "deleted": True}
    outcome = read(tmp_path / "a.ndjson", lines(gone, change(deleted=True)))
    assert outcome.row("deployments")["deleted"] is True
    assert outcome.row("change_records")["deleted"] is True


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (change(type=None), "`type` is missing"),
        (change(type="deploymnt"), "perhaps 'deployment'"),
        (change(type=["change"]), "`type` is a list"),
        (change(repo=None), "`repo` is missing"),
        (change(repo="acme/checkout"), "must name its provider"),
        (change(repo="https://github.com/acme/checkout.git"), "must be github:acme/checkout, not the address"),
        (change(repo="github:https://gitlab.com/acme/checkout"), "another provider"),
        (change(repo="github:https://github.com/acme"), "another provider"),
        (change(repo="github:.git"), "no repository"),
        (change(repo="github: acme"), "blank"),
        (change(repo="github:acme\u202echeckout"), "cannot be shown"),
        (change(number=None), "`number` or `sha` is needed"),
        (change(number=0), "at least 1"),
        (change(number=12.0), "whole number"),
        (change(number=True), "whole number"),
        (change(number="12"), "whole number"),
        (change(number=2**63), "from 0 to 9223372036854775807"),
        (change(additions=-1), "from 0 to"),
        (change(sha="8c5f0f1"), "full commit id"),
        (change(author_kind="Person"), "perhaps 'person'"),
        (change(labels="a"), "a list"),
        (change(labels=["a\nb"]), "line break"),
        (change(url="javascript:alert(1)"), "http or https"),
        (change(merged_at="2026-01-01T00:00:00Z", abandoned_at="2026-01-01T00:00:00Z"), "both"),
        (change(title={"a": 1}), "must be a text"),
        (change(deleted="yes"), "true or false"),
        (deployment(id=None), "`id` is missing"),
        (deployment(environment=None), "`environment` is missing"),
        (deployment(sha=None), "`sha` or `version`"),
        (deployment(state=None, finished_at=None), "`state` or `statuses` is needed"),
        (deployment(state=None), "without `state`"),
        (deployment(finished_at=None), "without `finished_at`"),
        (deployment(state="in_progress"), "its state is 'in_progress'"),
        (deployment(state="succeeded"), "perhaps 'success'"),
        (deployment(statuses=[{"state": "success", "at": "2026-01-02T03:04:05Z"}]), "one or the other"),
        (deployment(statuses={}, state=None, finished_at=None), "must be a list"),
        (deployment(statuses=[{"state": "success"}], state=None, finished_at=None), "`state` and `at` is due"),
        ({"type": "incident", "repo": "git:a", "id": "i"}, "`opened_at` is missing"),
        (
            {"type": "ci_run", "repo": "git:a", "id": "r", "sha": SHA, "conclusion": "success"},
            "`finished_at` is missing",
        ),
        ({"type": "ci_run", "repo": "git:a", "id": "r"}, "`sha` is missing"),
    ],
)
def test_a_bad_record_is_set_aside_with_its_reason(tmp_path: Path, record: dict[str, Any], reason: str) -> None:
    """What cannot be right is not guessed at: the line is set aside, and the reason names field and remedy."""
    outcome = read(tmp_path / "a.ndjson", lines(record, deployment()))
    assert len(outcome.reasons) == 1
    assert reason in outcome.reasons[0]
    assert len(outcome.rows("deployments")) == 1
    assert outcome.rows("change_records") == []


def test_unknown_fields_are_told_with_the_nearest_known_name(tmp_path: Path) -> None:
    """A misspelt field does not pass unseen, and does not cost the line."""
    outcome = read(tmp_path / "a.ndjson", lines(change(titel="Rank", zzz=1), change(number=13, titel="Score")))
    assert len(outcome.rows("change_records")) == 2
    (notice,) = outcome.rows("notices")
    assert (notice["kind"], notice["count"]) == ("unknown_fields", 3)
    assert "'titel' (perhaps 'title') (2 ×), 'zzz' (1 ×)" in notice["detail"]


def test_the_later_line_has_the_last_word(tmp_path: Path) -> None:
    """Of two lines about one thing the later counts, without anything of the earlier."""
    outcome = read(tmp_path / "a.ndjson", lines(change(title="Rank", url="https://ci.example/1"), change(title="Sort")))
    assert "url" not in outcome.row("change_records")
    assert outcome.row("change_records")["title"] == "Sort"
    assert outcome.notices == {"superseded_lines": 1}


def test_lines_about_one_deployment_add_up(tmp_path: Path) -> None:
    """Each line says what happened to it: all of its states are there, and it began with the earliest."""
    began = [f"2026-01-02T0{hour}:00:00Z" for hour in (1, 3)]
    first = deployment(url="https://ci.example/1", state="success", created_at=began[0])
    second = deployment(created_at=began[1], state="failure", finished_at="2026-01-02T04:00:00Z")
    for records in ((first, second), (second, first)):
        outcome = read(tmp_path / "a.ndjson", lines(*records))
        assert outcome.row("deployments")["created_at"] == datetime(2026, 1, 2, 1)
        assert ("url" in outcome.row("deployments")) == (records[-1] is first)
        states = {(row["state"], row["status_at"]) for row in outcome.rows("deployment_statuses")}
        assert states == {("success", datetime(2026, 1, 2, 3, 4, 5)), ("failure", datetime(2026, 1, 2, 4))}
        assert outcome.notices == {}


def test_retraction_ends_what_lines_before_it_say(tmp_path: Path) -> None:
    """A line with `deleted` between two lines about a deployment leaves the later one alone."""
    wrong, right = deployment(finished_at="2026-01-02T01:00:00Z"), deployment(finished_at="2026-01-02T02:00:00Z")
    whole = {"type": "deployment", "repo": "github:acme/checkout", "id": "d1", "deleted": True}
    place = whole | {"environment": "production", "sha": SHA}
    for retraction in (whole, place, place | {"application": "pay"}):
        named = {"application": "pay"} if "application" in retraction else {}
        outcome = read(tmp_path / "a.ndjson", lines(wrong | named, retraction, right | named))
        assert [row["status_at"] for row in outcome.rows("deployment_statuses")] == [datetime(2026, 1, 2, 2)]


def test_applications_of_one_run_are_deployments_of_their_own(tmp_path: Path) -> None:
    """A run is the id of two applications in one place: both are there, and what names the place retracts both."""
    both = [deployment(application=name) for name in ("pay", "search")]
    outcome = read(tmp_path / "a.ndjson", lines(*both))
    assert sorted(row["application"] for row in outcome.rows("deployments")) == ["pay", "search"]
    assert len(set(outcome.variants)) == 2
    gone = {name: value for name, value in deployment(deleted=True).items() if name not in {"state", "finished_at"}}
    outcome = read(tmp_path / "a.ndjson", lines(*both, gone))
    assert [row["deleted"] for row in outcome.rows("deployments")] == [True]
    assert outcome.rows("deployment_statuses") == []


@pytest.mark.parametrize(
    "repo",
    [
        "github:Acme/Shop.git",
        "github:Acme/Shop/",
        "GitHub:Acme/Shop",
        "github:https://github.com/Acme/Shop",
        "github:https://www.github.com/Acme/Shop/pull/3",
        "github:git@github.com:Acme/Shop.git",
        "github:github.com/Acme/Shop",
        "git:ssh://git@github.com/Acme/Shop.git",
    ],
)
def test_repository_is_called_what_its_clone_is_called(tmp_path: Path, repo: str) -> None:
    """An address or `.git` behind the provider is the name that a clone gives the repository."""
    outcome = read(tmp_path / "a.ndjson", lines(deployment(repo=repo)))
    assert outcome.row("deployments")["repo_id"] == "github:Acme/Shop"
    assert outcome.row("deployment_statuses")["repo_id"] == "github:Acme/Shop"
    assert outcome.checkpoint is not None
    assert outcome.checkpoint.repo_ids == ("github:Acme/Shop",)


def test_two_spellings_are_one_row(tmp_path: Path) -> None:
    """The later of two lines about one deployment counts, whatever the case of the repository in each."""
    first = deployment(repo="github:acme/shop", url="https://ci.example/1", state="failure")
    outcome = read(tmp_path / "a.ndjson", lines(first, deployment(repo="github:Acme/Shop.git")))
    assert outcome.row("deployments")["repo_id"] == "github:Acme/Shop"
    assert "url" not in outcome.row("deployments")
    assert outcome.notices == {}


def test_an_older_update_does_not_overrule_a_newer_one(tmp_path: Path) -> None:
    """Where both lines say when they were updated, that decides, not their order."""
    newer = change(title="newer", updated_at="2026-01-03T00:00:00Z")
    older = change(title="older", updated_at="2026-01-02T00:00:00Z")
    assert read(tmp_path / "a.ndjson", lines(newer, older)).row("change_records")["title"] == "newer"
    assert read(tmp_path / "b.ndjson", lines(older, newer)).row("change_records")["title"] == "newer"
    unsaid = change(title="unsaid")
    assert read(tmp_path / "c.ndjson", lines(newer, unsaid, older)).row("change_records")["title"] == "older"


def test_retraction_of_one_of_several_deployments_of_an_id_leaves_the_others(tmp_path: Path) -> None:
    """A run is the id of three deployments: one is taken back by environment and commit, or all by the id."""
    others = [deployment(environment=name) for name in ("canary", "staging")]
    one = {**deployment(deleted=True), "environment": "production"}
    outcome = read(tmp_path / "a.ndjson", lines(deployment(), *others, one))
    shown = sorted((row["environment"], row["deleted"]) for row in outcome.rows("deployments"))
    assert shown == [("canary", False), ("production", True), ("staging", False)]
    whole = {"type": "deployment", "repo": "github:acme/checkout", "id": "d1", "deleted": True}
    outcome = read(tmp_path / "b.ndjson", lines(deployment(), *others, whole))
    assert [row["deleted"] for row in outcome.rows("deployments")] == [True]


def test_type_that_is_like_no_other_gets_the_list(tmp_path: Path) -> None:
    """A type with a slip of the pen is guessed; for one that is like none all are named, and nothing is guessed."""
    outcome = read(tmp_path / "a.ndjson", lines({"type": "chnage", "repo": "a:b"}, {"type": "zzz", "repo": "a:b"}))
    slip, strange = outcome.reasons
    assert "perhaps 'change'" in slip
    assert "perhaps" not in strange
    assert "not one of change, " in strange


@pytest.mark.parametrize(("at", "accepted"), [("1970-01-01T00:00:00Z", True), ("1969-12-31T23:59:59Z", False)])
def test_times_begin_in_1970(tmp_path: Path, at: str, accepted: bool) -> None:
    """The first moment of 1970 is a time; one before it is a mistake of whoever wrote it."""
    outcome = read(tmp_path / "a.ndjson", lines(change(opened_at=at)))
    assert bool(outcome.rows("change_records")) == accepted
