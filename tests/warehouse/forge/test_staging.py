from __future__ import annotations

from tests.builders.forge import Forge
from tests.builders.rows import built, commit_id, hour


def test_newest_reading_of_a_pull_request_counts() -> None:
    """Its state, and every list that belongs to it, are those of its newest reading."""
    old = Forge(read=10).request(
        1, opened=2, commits="a@1", title="old", reviews=[("bob", "approved", 3)], events=[("queued", 4)]
    )
    new = Forge(read=20).request(1, opened=2, commits="b@1", title="new", reviews=[("cat", "commented", 3)])
    for parts in ((old, new), (new, old)):
        with built(*parts) as tables:
            assert tables("select title, head_sha from pull_requests") == [{"title": "new", "head_sha": commit_id("b")}]
            assert tables("select sha from pull_request_commits") == [{"sha": commit_id("b")}]
            assert tables("select author from reviews") == [{"author": "cat"}]
            assert tables("select kind from pull_request_events") == []


def test_pull_request_that_is_gone_is_none() -> None:
    """A tombstone takes a pull request and its lists away; read again it is back."""
    there = Forge(read=10).request(1, opened=2, commits="a@1", reviews=[("bob", "approved", 3)])
    gone = Forge(read=20).add("pull_requests", number=1, deleted=True)
    back = Forge(read=30).request(1, opened=2, commits="a@1")
    with built(there, gone) as tables:
        for name in ("pull_requests", "pull_request_commits", "reviews", "changes"):
            assert tables(f"select * from {name}") == []
    with built(there, gone, back) as tables:
        assert tables("select number from changes") == [{"number": 1}]
        assert tables("select * from reviews") == []


def test_what_was_read_twice_is_there_once() -> None:
    """A page that was read twice in one run tells each thing once."""
    one = Forge().request(1, opened=2, commits="a@1", reviews=[("bob", "approved", 3)], events=[("queued", 4)])
    one.run("a", 5, 6, run_id="1").run_jobs("1", 1, (5, 5.5, 6, "success")).release("v1", "a", 7)
    with built(one, one) as tables:
        for name in ("pull_requests", "pull_request_commits", "reviews", "ci_runs", "ci_jobs", "releases", "changes"):
            assert tables(f"select count(*) as n from {name}") == [{"n": 1}], name


def test_jobs_belong_to_the_newest_reading_of_their_run() -> None:
    """Jobs of an attempt that the newest reading no longer has are gone."""
    old = (
        Forge(read=10)
        .run("a", 5, 6, "failure", run_id="1")
        .run_jobs("1", 1, (5, 5, 6, "failure"), (5, 5, 6, "success"))
    )
    new = Forge(read=20).run("a", 5, 8, run_id="1", attempt=2, started=7).run_jobs("1", 2, (7, 7, 8, "success"))
    with built(old, new) as tables:
        assert tables("select job_id from ci_jobs") == [{"job_id": "1.2.0"}]


def test_releases_and_environments_are_those_of_the_newest_reading() -> None:
    """A draft that was published, a release that was taken back, a gate that was put up."""
    old = Forge(read=10).release("v1", "a", None).release("v2", "a", 5)
    old.add("environments", environment="production", gates="", wait_minutes=0)
    new = Forge(read=20).release("v1", "a", 15).add("releases", release_id="v2", deleted=True)
    new.add("environments", environment="production", gates="required_reviewers", wait_minutes=30)
    with built(old, new) as tables:
        assert tables("select tag, published_at from releases") == [{"tag": "v1", "published_at": hour(15)}]
        assert tables("select gates, wait_minutes from environment_gates") == [
            {"gates": "required_reviewers", "wait_minutes": 30}
        ]
