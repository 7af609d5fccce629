from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from collectors.simulate import Company
from tests.builders.github import Clock, FakeGitHub
from tests.builders.github.model import Rule
from tests.collectors.github.conftest import UNTIL
from tests.collectors.github.reading import Reader, folded

END = UNTIL.replace(tzinfo=None)


@pytest.mark.parametrize("repo", [pytest.param("checkout", marks=pytest.mark.slow), "sdk"])
def test_night_after_night_comes_to_the_same_as_all_at_once(company: Company, repo: str) -> None:
    """A company's last weeks, collected night after night, give row for row what one reading at the end gives."""
    with FakeGitHub(company, clock=Clock(END - timedelta(days=14)), deployments="all", schema="excerpt") as github:
        reader = Reader.of(github, repo)
        while github.clock.now() < END:
            reader.night()
            github.advance(hours=min(31.0, (END - github.clock.now()).total_seconds() / 3600))
        reader.night()
        whole = reader.again()
        whole.night()
    assert folded(reader.tables) == folded(whole.tables)
    assert len(reader.rows("pull_requests")) > 20


def test_collecting_twice_changes_nothing(github: FakeGitHub) -> None:
    """A second run at once brings no row, and a third not even another resume point."""
    reader = Reader.of(github, "checkout")
    reader.night()
    assert reader.night() == {}
    before = reader.resume
    assert reader.night() == {}
    assert reader.resume == before


@pytest.mark.slow
def test_reading_everything_again_gives_the_same_rows(github: FakeGitHub) -> None:
    """`full` reads all of it once more, and it comes to the same."""
    reader = Reader.of(github, "sdk")
    counts = reader.night()
    before = folded(reader.tables)
    github.advance(hours=1)
    again = reader.night(full=True)
    assert {table: again[table] for table in counts} == counts
    assert folded(reader.tables) == before


def _dequeue(github: FakeGitHub, number: int) -> None:
    github.edit.enqueue("bulk", number)
    github.edit.dequeue("bulk", number)


CHANGES: dict[str, Callable[[FakeGitHub, int], object]] = {
    "push": lambda github, number: github.edit.push("bulk", number),
    "force push": lambda github, number: github.edit.force_push("bulk", number, commits=2),
    "review": lambda github, number: github.edit.review("bulk", number, "CHANGES_REQUESTED"),
    "draft": lambda github, number: github.edit.convert_to_draft("bulk", number),
    "review request": lambda github, number: github.edit.request_review("bulk", number, "priya-raman"),
    "merge queue": lambda github, number: github.edit.enqueue("bulk", number),
    "out of the merge queue": _dequeue,
    "label": lambda github, number: github.edit.label("bulk", number, "ai"),
    "other base": lambda github, number: github.edit.change_base("bulk", number, "release"),
    "merge": lambda github, number: github.edit.merge("bulk", number),
    "close": lambda github, number: github.edit.close("bulk", number),
}


@pytest.mark.slow
def test_each_change_is_seen_the_next_night(small: FakeGitHub) -> None:
    """Whatever happens to an open pull request is in after the next run, and nothing else is read for it."""
    reader = Reader.of(small)
    numbers = {name: small.edit.open_pull("bulk", commits=2) for name in CHANGES}
    reader.night()
    for name, change in CHANGES.items():
        small.advance(hours=20)
        change(small, numbers[name])
        small.advance(hours=4)
        assert reader.night()["pull_requests"] == 1, name
    whole = reader.again()
    whole.night()
    assert folded(reader.tables) == folded(whole.tables)


def test_commits_of_before_a_force_push_do_not_linger(small: FakeGitHub) -> None:
    """After a force push a pull request has its new commits, and none of the old ones."""
    reader = Reader.of(small)
    number = small.edit.open_pull("bulk", commits=4)
    reader.night()
    small.advance(hours=24)
    small.edit.force_push("bulk", number, commits=1)
    reader.night()
    assert len([row for row in reader.rows("pull_request_commits") if row["number"] == number]) == 1
    assert [row["kind"] for row in reader.rows("pull_request_events") if row["number"] == number] == ["force_pushed"]


def test_merge_queue_is_seen_though_nothing_was_updated(small: FakeGitHub) -> None:
    """An open pull request that enters the queue is read again, though that does not move it up in GitHub's order.

    Of more open ones than are looked at in a night each has its turn, and what happened since the last one is seen.
    """
    reader = Reader.of(small, look=5)
    numbers = [small.edit.open_pull("bulk") for _ in range(12)]
    queued, talked_about = numbers[5], numbers[-1]
    reader.night()
    before = {row["number"]: row["updated_at"] for row in reader.rows("pull_requests")}
    small.advance(hours=1)
    small.edit.enqueue("bulk", queued)
    for _ in range(5):
        small.advance(hours=24)
        small.edit.comment("bulk", talked_about)  # so that what is known goes on past the event
        reader.night()
    assert [row["kind"] for row in reader.rows("pull_request_events") if row["number"] == queued] == ["queued"]
    rows = {row["number"]: row["updated_at"] for row in reader.rows("pull_requests")}
    assert rows[queued] == before[queued]
    small.forget()
    small.advance(hours=24)
    assert reader.night() == {}
    assert asked_by(small) == ["Overview", ""]


def asked_by(github: FakeGitHub) -> list[str]:
    """The operations asked for, in order; empty for REST."""
    return [one.operation for one in github.served]


def test_deployment_waiting_at_a_gate_is_followed(small: FakeGitHub) -> None:
    """A deployment that waits for days is looked at every night, and its success is in the night after."""
    reader = Reader.of(small)
    deployment = small.edit.deploy("bulk", environment="production")
    small.edit.deployment_status("bulk", deployment, "WAITING")
    reader.night()
    for state in ("QUEUED", "IN_PROGRESS", "SUCCESS"):
        small.advance(days=4)
        small.edit.deployment_status("bulk", deployment, state)
        small.advance(minutes=1)
        reader.night()
    states = [row["state"] for row in reader.rows("deployment_statuses") if row["deployment_id"] == str(deployment)]
    assert set(states) == {"waiting", "queued", "in_progress", "success"}


def test_inactive_comes_after_success_and_not_instead_of_it(small: FakeGitHub) -> None:
    """A deployment that was replaced before it was first read keeps its success beside the later `inactive`."""
    reader = Reader.of(small)
    deployment = small.edit.deploy("bulk")
    for state in ("IN_PROGRESS", "SUCCESS", "INACTIVE"):
        small.advance(minutes=5)
        small.edit.deployment_status("bulk", deployment, state)
    reader.night()
    rows = [row for row in reader.rows("deployment_statuses") if row["deployment_id"] == str(deployment)]
    assert [row["state"] for row in sorted(rows, key=lambda row: row["status_at"])][-2:] == ["success", "inactive"]


def test_what_is_deleted_becomes_a_tombstone(small: FakeGitHub) -> None:
    """Pull requests, deployments and releases that GitHub deletes are no more, the rest stays."""
    reader = Reader.of(small)
    number, deployment = small.edit.open_pull("bulk"), small.edit.deploy("bulk")
    small.edit.deployment_status("bulk", deployment, "QUEUED")
    small.edit.release("bulk", "v1")
    reader.night()
    counts = {table: len(reader.rows(table)) for table in ("pull_requests", "deployments", "releases")}
    small.advance(hours=24)
    small.edit.delete_deployment("bulk", deployment)
    reader.night()
    assert len(reader.rows("deployments")) == counts["deployments"] - 1
    assert len(reader.rows("pull_requests")) == counts["pull_requests"]
    assert number in {row["number"] for row in reader.rows("pull_requests")}


def test_releases_are_read_to_the_first_and_then_as_they_come(small: FakeGitHub) -> None:
    """All releases are in however many; new ones, changed ones and deleted ones are seen among the newest."""
    for number in range(150):
        small.edit.release("bulk", f"v1.{number}")
        small.advance(minutes=1)
    reader = Reader.of(small)
    reader.night()
    assert len(reader.rows("releases")) == 150
    for number in range(45):
        small.edit.release("bulk", f"v2.{number}")
        small.advance(minutes=1)
    assert 45 <= reader.night()["releases"] <= 120
    releases = small.forge.repositories[700_000_900].releases
    releases[-1].name, releases[-3].vanished_at = "The last", small.clock.seconds
    small.forge.repositories[700_000_900].version += 1
    small.advance(hours=24)
    assert reader.night()["releases"] <= 3
    rows = {row["tag"]: row["name"] for row in reader.rows("releases")}
    assert len(rows) == 194
    assert rows["v2.44"] == "The last"
    assert "v2.42" not in rows


def test_gate_that_is_added_is_seen(small: FakeGitHub) -> None:
    """An environment that gets another protection rule has another row the night after; the others have none."""
    reader = Reader.of(small)
    reader.night()
    where = small.forge.repositories[700_000_900]
    environment = next(one for one in where.environments if one.name == "staging")
    environment.rules = (*environment.rules, Rule(99, "wait_timer", 30))
    where.version += 1
    small.advance(hours=24)
    assert reader.night() == {"environments": 1}
    gates = {row["environment"]: (row["gates"], row["wait_minutes"]) for row in reader.rows("environments")}
    assert gates["staging"] == ("wait_timer", 30)


def test_watermark_waits_until_everything_was_begun(small: FakeGitHub) -> None:
    """No watermark before each part has been begun; then it grows, and at the end it is the run's beginning."""
    reader = Reader.of(small, page=5)
    began_at = small.clock.now()
    reader.night()
    marks = [checkpoint.watermark_at for checkpoint in reader.checkpoints]
    known = [mark for mark in marks if mark is not None]
    assert marks[0] is None
    assert known == sorted(known)
    assert known[-1] == began_at
    assert {checkpoint.repo_ids for checkpoint in reader.checkpoints} == {("github:acme/bulk",)}
