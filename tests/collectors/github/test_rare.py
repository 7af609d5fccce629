from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from collectors.github.api.signals import OutOfBudget
from collectors.github.resume import Resume
from collectors.github.rows.events import event_rows
from headway.errors import CollectError
from tests.builders.github import FakeGitHub, Fault, Faults, kinds
from tests.builders.github.exchange import Answer, Exchange
from tests.builders.github.model import Attempt, Job
from tests.collectors.github.reading import Reader, folded

HOUR, DAY = 3600, 86_400


def stopped(github: FakeGitHub, operation: str) -> Reader:
    """A reader whose first run was stopped by the budget after the first page of something."""
    reader = Reader.of(github, page=5, look=5, longest_wait_seconds=1)
    github.faults = Faults([Fault(kinds.primary_limit(), operation=operation, at=(2,))])
    with pytest.raises(OutOfBudget):
        reader.night()
    github.faults = Faults()
    github.advance(hours=1)
    return reader


def test_cursor_that_github_has_forgotten_begins_the_list_anew(small: FakeGitHub) -> None:
    """A saved cursor that GitHub no longer understands costs reading a list again, and no row."""
    whole = Reader.of(small)
    whole.night()
    reader = stopped(small, "PullRequests")
    resume = copy.deepcopy(dict(reader.resume or {}))
    assert resume["pulls"]["cursor"]
    resume["pulls"]["cursor"] = resume["deployments"]["cursor"] = "forgotten"
    resume["deployments"]["done"] = False
    reader.resume = resume
    reader.night()
    assert folded(reader.tables) == folded(whole.tables)


def test_forgotten_place_among_the_open_ones_begins_their_turn_anew(small: FakeGitHub) -> None:
    """The same for the place at which open pull requests are looked at in turn."""
    reader = Reader.of(small)
    reader.night()
    resume = copy.deepcopy(dict(reader.resume or {}))
    resume["pulls"]["open_cursor"] = "forgotten"
    reader.resume = resume
    assert reader.night() == {}
    assert (reader.resume or {})["pulls"]["open_cursor"] is None


def test_pull_request_that_vanishes_before_it_is_read_again_is_gone(small: FakeGitHub) -> None:
    """One that was updated and is deleted before it is read by its id becomes a tombstone."""
    reader = Reader.of(small)
    reader.night()
    small.advance(hours=24)
    small.edit.comment("bulk", 4)
    small.edit.comment("bulk", 5)
    vanish = kinds.act(lambda server: server.edit.vanish("bulk", 4))
    small.faults = Faults([Fault(vanish, operation="PullRequestsById", at=(1,))])
    reader.night()
    assert 4 not in {row["number"] for row in reader.rows("pull_requests")}
    assert {row["number"] for row in reader.rows("pull_request_commits")} == set(range(1, 21)) - {4}


def test_pull_request_that_vanishes_between_two_of_its_pages_is_gone(small: FakeGitHub) -> None:
    """One whose lists are being completed when it is deleted does not take the others with it."""
    vanish = kinds.act(lambda server: server.edit.vanish("bulk", 19))
    small.faults = Faults([Fault(vanish, operation="Overflow", at=(1,))])
    reader = Reader.of(small)
    reader.night()
    assert {row["number"] for row in reader.rows("pull_requests")} == {*range(1, 21)} - {19}


def test_list_that_cannot_be_completed_leaves_its_pull_request_out(small: FakeGitHub) -> None:
    """A pull request of which GitHub never gives the rest of the commits is left out with a notice, not half taken."""
    small.faults = Faults([Fault(kinds.status(502), operation="Overflow")])
    reader = Reader.of(small)
    reader.night()
    assert {row["number"] for row in reader.rows("pull_requests")} == {*range(1, 21)} - {19}
    assert 19 not in {row["number"] for row in reader.rows("pull_request_commits")}
    assert [row["kind"] for row in reader.rows("notices")] == ["pull_requests_unreadable"]


def test_deployment_with_very_many_statuses_has_all_of_them(small: FakeGitHub) -> None:
    """Statuses beyond the first page of a deployment are read too, at a request for twenty such deployments."""
    deployment = small.edit.deploy("bulk")
    for number in range(130):
        small.advance(minutes=1)
        small.edit.deployment_status("bulk", deployment, "IN_PROGRESS" if number % 2 else "QUEUED")
    reader = Reader.of(small)
    reader.night()
    statuses = [row for row in reader.rows("deployment_statuses") if row["deployment_id"] == str(deployment)]
    assert len(statuses) >= 130
    assert reader.rows("notices") == []


@pytest.mark.slow
def test_deployment_that_cannot_be_read_is_left_out_and_said(small: FakeGitHub) -> None:
    """One deployment that GitHub fails on, however small the page, does not keep the others out."""
    small.faults = Faults([Fault(kinds.status(502), operation="Deployments", at=tuple(range(1, 10)))])
    reader = Reader.of(small)
    reader.night()
    assert len(reader.rows("deployments")) == 11
    assert [(row["kind"], row["count"]) for row in reader.rows("notices")] == [("deployments_unreadable", 1)]


def test_changed_deployment_that_cannot_be_read_is_left_out_and_said(small: FakeGitHub) -> None:
    """The same for one that is read again by its id; the next time it changes it comes in."""
    reader = Reader.of(small)
    reader.night()
    small.advance(hours=24)
    deployment = small.edit.deploy("bulk")
    small.faults = Faults([Fault(kinds.status(502), operation="DeploymentsById")])
    reader.night()
    assert str(deployment) not in {row["deployment_id"] for row in reader.rows("deployments")}
    small.faults = Faults()
    small.advance(hours=24)
    small.edit.deployment_status("bulk", deployment, "SUCCESS")
    reader.night()
    assert str(deployment) in {row["deployment_id"] for row in reader.rows("deployments")}
    assert [row["count"] for row in reader.rows("notices")] == [0]


def test_deployment_deleted_while_it_is_read_is_gone(small: FakeGitHub) -> None:
    """A deployment that goes away between the look and the reading becomes a tombstone."""
    reader = Reader.of(small)
    reader.night()
    small.advance(hours=24)
    deployment = small.edit.deploy("bulk")
    delete = kinds.act(lambda server: server.edit.delete_deployment("bulk", deployment))
    small.faults = Faults([Fault(delete, operation="DeploymentsById", at=(1,))])
    assert reader.night()["deployments"] == 1
    assert len(reader.rows("deployments")) == 12


def test_run_deleted_while_it_waits_is_followed_no_more(small: FakeGitHub) -> None:
    """A run that was under way and is deleted is not asked for again and again."""
    where = small.forge.repositories[700_000_900]
    now = small.clock.seconds
    waiting = Job(1, "gate", now - 5 * DAY, None, None, None, "")
    where.runs[-1].attempts = [Attempt(1, now - 5 * DAY, (waiting,))]
    other = Job(2, "test", now, now, now + 9 * DAY, "success", "")
    where.runs[-2].attempts = [Attempt(1, now, (other,))]
    reader = Reader.of(small)
    reader.night()
    number = str(where.runs[-1].id)
    assert number in (reader.resume or {})["runs"]["unfinished"]
    del where.runs[-1]
    where.version += 1
    small.advance(days=10)
    reader.night()
    assert number not in (reader.resume or {})["runs"]["unfinished"]


def test_answer_of_another_form_stops_the_run(small: FakeGitHub) -> None:
    """A field that is not as GitHub documents it is an error that says so, and never a wrong number."""

    def apply(exchange: Exchange) -> Answer:
        return replace(exchange.honest, body=exchange.honest.body.replace(b'"additions":', b'"additions":"x","y":'))

    small.faults = Faults([Fault(kinds.Kind("strange", apply), operation="PullRequests")])
    with pytest.raises(CollectError, match="not as documented"):
        Reader.of(small).night()


def test_closing_commit_and_closing_pull_request_are_read(small: FakeGitHub) -> None:
    """A request that a bot landed by hand is closed by its commit; one that another replaces, by that one's merge."""
    landing = small.edit.merge("bulk", 17)
    small.edit.close("bulk", 18, by_commit=landing)
    small.edit.close("bulk", 19, by_pull=17)
    small.edit.close("bulk", 20)
    reader = Reader.of(small)
    reader.night()
    rows = [
        row for row in reader.rows("pull_request_events") if row["kind"] == "closed" and row["number"] in (18, 19, 20)
    ]
    assert {row["number"]: (row["after_sha"], row["subject"]) for row in rows} == {
        18: (landing, None),
        19: (None, "17"),
        20: (None, None),
    }


@pytest.mark.parametrize(
    ("closer", "sha", "subject"),
    [
        ({"__typename": "Commit", "oid": "a" * 40}, "a" * 40, None),
        ({"__typename": "PullRequest", "number": 13}, None, "13"),
        ({"__typename": "ProjectV2"}, None, None),
        (None, None, None),
    ],
)
def test_closed_event_has_what_closed_it(closer: dict[str, Any] | None, sha: str | None, subject: str | None) -> None:
    """The commit whose message closed the pull request is stored, or the number of the pull request that did."""
    node = {
        "__typename": "ClosedEvent",
        "id": "E_1",
        "createdAt": "2026-01-01T00:00:00Z",
        "actor": None,
        "closer": closer,
    }
    (row,) = event_rows(1, [node])
    assert (row["kind"], row["after_sha"], row["before_sha"], row["subject"]) == ("closed", sha, None, subject)


def test_resume_point_survives_being_kept() -> None:
    """What a resume point holds is plain data, and comes back as it was; another version counts as none."""
    state = Resume(node_id="R_1", database_id=7)
    state.pulls.edge.marks["PR_1"] = "x"
    state.runs.window = ["a", "b"]
    kept = copy.deepcopy(state.to_json())
    assert Resume.from_json(kept) == state
    assert Resume.from_json({**kept, "version": 0}) == Resume()
    assert Resume.from_json({**kept, "later": 1}) == state
    assert Resume.from_json(None) == Resume()
