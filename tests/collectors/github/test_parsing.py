from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.github.rows.deployments import Deployment, glimpse
from collectors.github.rows.events import KINDS, event_rows
from collectors.github.rows.pull_requests import Pull
from collectors.github.rows.repository import environment_row
from collectors.github.rows.runs import job_row, jobs_matter, run_row
from collectors.github.rows.values import account, commit_moment, moment, text, whole
from headway.raw_tables import schema_of

AT = "2026-03-01T10:00:00Z"


def page(*nodes: Any, total: int | None = None) -> dict[str, Any]:
    """A whole list."""
    count = len(nodes) if total is None else total
    return {"nodes": list(nodes), "totalCount": count, "pageInfo": {"hasNextPage": False, "endCursor": None}}


def person(login: str = "mara") -> dict[str, Any]:
    """An account."""
    return {"__typename": "User", "login": login}


def commit(oid: str, **other: Any) -> dict[str, Any]:
    """A commit of a pull request."""
    plain = {
        "oid": oid,
        "authoredDate": AT,
        "committedDate": AT,
        "message": "Work",
        "author": {"name": "Mara", "email": "mara@acme.com", "user": None},
        "parents": {"totalCount": 1},
    }
    return {"commit": plain | other}


def pull(**other: Any) -> dict[str, Any]:
    """A pull request as GraphQL tells it."""
    plain = {
        "id": "PR_1",
        "number": 1,
        "url": "https://github.com/acme/shop/pull/1",
        "title": "A change",
        "body": "",
        "state": "OPEN",
        "isDraft": False,
        "isCrossRepository": False,
        "createdAt": AT,
        "updatedAt": AT,
        "closedAt": None,
        "mergedAt": None,
        "author": person(),
        "mergedBy": None,
        "headRefName": "work",
        "headRefOid": "b" * 40,
        "baseRefName": "main",
        "mergeCommit": None,
        "additions": 1,
        "deletions": 0,
        "changedFiles": 1,
        "labels": page(),
        "commits": page(commit("b" * 40)),
        "reviews": page(),
        "timelineItems": page(),
    }
    return plain | other


def holds(tables: dict[str, list[dict[str, Any]]]) -> None:
    """The raw tables take the rows."""
    for table, rows in tables.items():
        pa.Table.from_pylist(rows, schema=schema_of(table))


@given(st.text())
def test_no_text_is_too_strange_to_store(strange: str) -> None:
    """Whatever people write into a title, body, label, branch, message or name can be stored as a row."""
    author = {"name": strange, "email": strange, "user": None}
    node = pull(
        title=strange,
        body=strange + "\ud800\0",
        headRefName=strange,
        labels=page({"name": strange}),
        commits=page(commit("b" * 40, message=strange, author=author)),
    )
    rows = Pull(node).rows()
    holds(rows)
    assert len(rows["pull_requests"][0]["labels"].splitlines()) <= max(1, len(strange.splitlines()) + 1)


def test_text_that_parquet_cannot_hold_is_marked() -> None:
    """NUL and halves of surrogate pairs become replacement characters; everything else stays as it is."""
    assert text("a\0b\ud83dc") == "a�b�c"
    assert text("🚀 é\r\n") == "🚀 é\r\n"
    assert text(None) == ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10)),
        ("2021-02-18T14:59:13.000+08:00", datetime(2021, 2, 18, 6, 59, 13)),
        ("2026-03-01T10:00:00.123456Z", datetime(2026, 3, 1, 10, 0, 0, 123456)),
        ("", None),
        (None, None),
    ],
)
def test_times_are_naive_utc(given: str | None, expected: datetime | None) -> None:
    """A time with any zone is UTC to the microsecond; an absent one is absent."""
    assert moment(given) == expected


@pytest.mark.parametrize("given", ["yesterday", "2026-03-01T10:00:00", "2026-13-01T00:00:00Z"])
def test_time_that_is_none_raises(given: str) -> None:
    """A time in another form is an error and never a wrong number."""
    with pytest.raises(ValueError, match=r".+"):
        moment(given)


@pytest.mark.parametrize("given", ["33658-09-27T01:46:39Z", "-0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_commit_with_an_impossible_date_has_none(given: str) -> None:
    """The dates of a commit are its author's choice: one that no calendar has does not stop the reading."""
    assert commit_moment(given) is None
    (row,) = Pull(pull(commits=page(commit("b" * 40, authoredDate=given)))).rows()["pull_request_commits"]
    assert row["authored_at"] is None


@pytest.mark.parametrize("given", ["7", 7.0, True])
def test_number_in_another_form_raises(given: object) -> None:
    """A count that is no whole number is an error."""
    with pytest.raises(TypeError):
        whole(given)


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        ({"__typename": "User", "login": "mara"}, ("mara", "person")),
        ({"__typename": "Bot", "login": "dependabot"}, ("dependabot[bot]", "bot")),
        ({"__typename": "Bot", "login": "renovate[bot]"}, ("renovate[bot]", "bot")),
        ({"__typename": "User", "login": "github-actions[bot]"}, ("github-actions[bot]", "bot")),
        ({"__typename": "Mannequin", "login": "imported"}, ("imported", "person")),
        ({"__typename": "Organization", "login": "acme"}, ("acme", "person")),
        ({"__typename": "User", "login": "robotics_expert"}, ("robotics_expert", "person")),
        (None, (None, None)),
    ],
)
def test_bots_are_known_by_their_type(actor: dict[str, str] | None, expected: tuple[str | None, str | None]) -> None:
    """The type says what is a bot, or the ending that only bots have; a name that sounds like one says nothing."""
    assert account(actor) == expected


def test_lists_that_are_null_are_empty() -> None:
    """GitHub's schema lets labels and reviews be null: then there are none."""
    rows = Pull(pull(labels=None, reviews=None)).rows()
    assert (rows["pull_requests"][0]["labels"], rows["reviews"]) == ("", [])


def test_review_that_is_still_being_written_is_none() -> None:
    """A pending review is seen by its author alone, who may own the token: it is not a review yet."""
    review = {"id": "R", "fullDatabaseId": "5", "author": person(), "commit": None, "comments": {"totalCount": 0}}
    rows = Pull(
        pull(
            reviews=page(
                review | {"state": "PENDING", "submittedAt": None},
                review | {"id": "S", "state": "APPROVED", "submittedAt": AT},
            )
        )
    ).rows()
    assert [row["state"] for row in rows["reviews"]] == ["approved"]


def test_commits_keep_order_and_merges_can_be_told() -> None:
    """Commits come in GitHub's order, each once, with the number of their parents."""
    nodes = [commit("a" * 40), commit("c" * 40, parents={"totalCount": 2}), commit("a" * 40)]
    one = Pull(pull(commits=page(*nodes, total=2)))
    rows = one.rows()["pull_request_commits"]
    assert [(row["sha"][0], row["position"], row["parents"]) for row in rows] == [("a", 0, 1), ("c", 1, 2)]
    assert one.short_of() == []
    assert Pull(pull(commits=page(commit("a" * 40), total=2))).short_of() == ["commits"]


def test_list_that_goes_on_is_missing_and_is_extended() -> None:
    """A list that did not fit says where it goes on, and with the next page it is whole."""
    first = page(commit("a" * 40), total=2) | {"pageInfo": {"hasNextPage": True, "endCursor": "c1"}}
    one = Pull(pull(commits=first))
    assert list(one.missing()) == [("commits", "c1")]
    one.extend("commits", page(commit("d" * 40), total=2))
    assert list(one.missing()) == []
    assert [row["sha"][0] for row in one.rows()["pull_request_commits"]] == ["a", "d"]


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_event_becomes_a_row(name: str) -> None:
    """Each event keeps its id, actor and time."""
    node = {"__typename": name, "id": "E_1", "createdAt": AT, "actor": person()}
    (row,) = event_rows(1, [node])
    assert (row["kind"], row["event_id"], row["actor"]) == (KINDS[name], "E_1", "mara")
    assert row["happened_at"] == datetime(2026, 3, 1, 10)
    holds({"pull_request_events": [row]})


@pytest.mark.parametrize(
    ("details", "subject"),
    [
        ({"requestedReviewer": {"slug": "reviewers"}}, "reviewers"),
        ({"requestedReviewer": person("priya")}, "priya"),
        ({"requestedReviewer": {"__typename": "Bot", "login": "copilot-pull-request-reviewer"}}, None),
        ({"requestedReviewer": None}, None),
        ({"review": {"id": "R", "fullDatabaseId": "77"}}, "77"),
        ({"review": {"id": "R", "fullDatabaseId": None}}, "R"),
        ({"review": None}, None),
        ({"reason": "MERGE_CONFLICT"}, "MERGE_CONFLICT"),
        ({"reason": None}, None),
        ({"currentRefName": "release"}, "release"),
        ({"deployment": {"environment": "production"}}, "production"),
    ],
)
def test_event_says_whom_or_what_it_concerns(details: dict[str, Any], subject: str | None) -> None:
    """The subject is the reviewer or team, the review, the reason, the new base or the environment, if it is told."""
    node = {"__typename": "ClosedEvent", "id": "E_1", "createdAt": AT, "actor": None}
    (row,) = event_rows(1, [node | details])
    expected = "copilot-pull-request-reviewer[bot]" if "Bot" in str(details) else subject
    assert (row["subject"], row["actor"]) == (expected, None)


def test_unknown_event_is_left_out() -> None:
    """A kind of event that GitHub adds later does not stop anything."""
    assert list(event_rows(1, [{"__typename": "NewEvent"}, None])) == []


def test_force_push_keeps_both_heads() -> None:
    """A force push tells the head before and after it, as far as GitHub still has them."""
    node = {
        "__typename": "HeadRefForcePushedEvent",
        "id": "E_1",
        "createdAt": AT,
        "actor": person(),
        "beforeCommit": None,
        "afterCommit": {"oid": "a" * 40},
    }
    (row,) = event_rows(1, [node])
    assert (row["before_sha"], row["after_sha"]) == (None, "a" * 40)


def deployment(**other: Any) -> dict[str, Any]:
    """A deployment as GraphQL tells it."""
    plain = {
        "id": "DE_1",
        "databaseId": 3_881_429_895,
        "commitOid": "a" * 40,
        "ref": {"name": "main", "prefix": "refs/heads/"},
        "environment": "live",
        "originalEnvironment": "staging",
        "createdAt": AT,
        "state": "WAITING",
        "latestStatus": {"createdAt": AT, "logUrl": "https://x/log", "environmentUrl": None},
        "statuses": page({"id": "S", "state": "WAITING", "createdAt": AT}),
    }
    return plain | other


def test_production_is_what_github_calls_so_and_otherwise_unsaid() -> None:
    """GitHub's flag counts where it says yes; its no is only a default, so the name decides there."""
    (row,) = Deployment(deployment()).rows({"live": True})["deployments"]
    assert row["production"] is True
    (row,) = Deployment(deployment()).rows({})["deployments"]
    assert row["production"] is None


@pytest.mark.parametrize(
    ("latest", "url"),
    [
        ({"createdAt": AT, "logUrl": "https://x/log", "environmentUrl": "https://x"}, "https://x/log"),
        ({"createdAt": AT, "logUrl": None, "environmentUrl": "https://x"}, "https://x"),
        ({"createdAt": AT, "logUrl": None, "environmentUrl": None}, ""),
        (None, ""),
    ],
)
def test_address_of_a_deployment_is_its_log_or_else_its_environment(latest: Any, url: str) -> None:
    """Whichever the latest status has; empty without a status."""
    (row,) = Deployment(deployment(latestStatus=latest)).rows({})["deployments"]
    assert row["url"] == url
    assert row["deployment_id"] == "3881429895"
    (row,) = Deployment(deployment(databaseId=None)).rows({})["deployments"]
    assert row["deployment_id"] == "DE_1"


def test_tag_is_a_version_and_a_branch_is_none() -> None:
    """A deployment of a tag has it as its version; one of a branch, or of a commit alone, has none."""
    versions = []
    for ref in ({"name": "v1.2", "prefix": "refs/tags/"}, {"name": "main", "prefix": "refs/heads/"}, None):
        (row,) = Deployment(deployment(ref=ref)).rows({})["deployments"]
        versions.append(row["version"])
    assert versions == ["v1.2", None, None]


@pytest.mark.parametrize("state", ["WAITING", "QUEUED", "PENDING", "IN_PROGRESS", None])
def test_deployment_under_way_is_watched(state: str | None) -> None:
    """A deployment of which more is to come is unfinished; one that ended is not, whatever its end."""
    assert glimpse(deployment(state=state)).unfinished
    assert not any(glimpse(deployment(state=end)).unfinished for end in ("SUCCESS", "ACTIVE", "INACTIVE", "FAILURE"))


def test_gates_of_an_environment_are_told() -> None:
    """Protection rules become lines, and the wait of the timer minutes."""
    rules = [{"type": "WAIT_TIMER", "timeout": 30}, {"type": "REQUIRED_REVIEWERS", "timeout": 43200}]
    row = environment_row({"name": "production", "protectionRules": {"nodes": rules}})
    assert row == {"environment": "production", "gates": "required_reviewers\nwait_timer", "wait_minutes": 30}
    assert environment_row({"name": "x", "protectionRules": {"nodes": []}})["wait_minutes"] is None


def run(**other: Any) -> dict[str, Any]:
    """A workflow run as REST tells it."""
    plain = {
        "id": 7,
        "name": "CI",
        "head_sha": "a" * 40,
        "head_branch": "main",
        "event": "push",
        "status": "completed",
        "conclusion": "success",
        "run_attempt": 2,
        "created_at": "2026-03-01T10:00:00Z",
        "run_started_at": "2026-03-01T11:00:00Z",
        "updated_at": "2026-03-09T00:00:00Z",
    }
    return plain | other


def job(**other: Any) -> dict[str, Any]:
    """A job as REST tells it."""
    plain = {
        "id": 70,
        "run_id": 7,
        "name": "test",
        "status": "completed",
        "conclusion": "success",
        "run_attempt": 2,
        "created_at": "2026-03-01T11:00:00Z",
        "started_at": "2026-03-01T11:01:00Z",
        "completed_at": "2026-03-01T11:30:00Z",
        "runner_name": "linux-1",
    }
    return plain | other


def test_run_ends_with_the_last_job_of_its_last_attempt() -> None:
    """The end of a run is its last job's, for `updated_at` moves again later; without jobs there is nothing better."""
    jobs = [job(), job(id=71, completed_at="2026-03-01T11:40:00Z"), job(id=60, run_attempt=1)]
    row = run_row(run(), jobs)
    assert (row["started_at"], row["finished_at"]) == (datetime(2026, 3, 1, 11), datetime(2026, 3, 1, 11, 40))
    assert run_row(run())["finished_at"] == datetime(2026, 3, 9)
    assert run_row(run(status="in_progress", conclusion=None))["finished_at"] is None


def test_queue_time_of_a_job_can_be_told() -> None:
    """A job keeps when it was queued and when a runner took it."""
    row = job_row(job())
    assert row["started_at"] - row["created_at"] == timedelta(minutes=1)
    assert job_row(job(status="queued", conclusion=None))["started_at"] is None


@pytest.mark.parametrize(
    ("other", "matters"),
    [
        ({}, True),
        ({"event": "merge_group", "head_branch": "gh-readonly-queue/main/pr-1"}, True),
        ({"event": "deployment", "head_branch": "v1"}, True),
        ({"name": "Ship it", "head_branch": "v1", "event": "release"}, True),
        ({"event": "pull_request", "head_branch": "main"}, False),
        ({"event": "schedule"}, False),
        ({"head_branch": "work"}, False),
        ({"created_at": "2025-01-01T00:00:00Z"}, False),
        ({"status": "in_progress", "conclusion": None}, False),
    ],
)
def test_jobs_that_matter(other: dict[str, Any], matters: bool) -> None:
    """Jobs of what lands, queues to merge or deploys are worth a request; those of pull requests and timers are not."""
    asked = jobs_matter(run(**other), default_branch="main", deploy_workflows=("ship*",), since=datetime(2026, 1, 1))
    assert asked is matters
