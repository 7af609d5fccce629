from __future__ import annotations

import pytest

from headway.errors import CollectError
from tests.builders.github import FakeGitHub, Fault, Faults, bulk, kinds
from tests.builders.github.exchange import Answer
from tests.collectors.github.reading import Reader, folded

Tables = dict[str, list[dict[str, object]]]


def forge() -> FakeGitHub:
    """A server with `acme/bulk`: some of everything, and pull requests with long lists."""
    return FakeGitHub(bulk(pulls=12, deployments=8, runs=8, long_every=11), schema="excerpt")


@pytest.fixture(scope="module")
def clean() -> Tables:
    """What comes in where nothing goes wrong."""
    with forge() as github:
        reader = Reader.of(github, page=4)
        reader.night()
    return folded(reader.tables)


# Every third one, and for CI the others.
PASSING = [
    kind if number % 3 == 0 else pytest.param(kind, marks=pytest.mark.slow)
    for number, kind in enumerate([*kinds.RECOVERABLE, kinds.node_limit()])
]


@pytest.mark.parametrize("kind", PASSING, ids=lambda kind: kind.name)
def test_passing_fault_changes_no_row(clean: Tables, kind: kinds.Kind) -> None:
    """After each fault that passes, wherever it struck, the same rows are in after a single run."""
    with forge() as github:
        github.faults = Faults([Fault(kind, at=(1, 3, 4, 7, 8, 9, 11, 14, 15, 19, 23))])
        reader = Reader.of(github, page=4)
        reader.night()
    assert sum(bool(one.fault) for one in github.served) >= 9
    assert folded(reader.tables) == clean


@pytest.mark.parametrize("seed", range(4))
def test_mixed_faults_change_no_row(clean: Tables, seed: int) -> None:
    """With everything going wrong at once for a third of all requests, the same rows are in."""
    with forge() as github:
        github.faults = Faults.mixed(seed, share=0.35)
        reader = Reader.of(github, page=4)
        reader.nights_until_done()
    assert folded(reader.tables) == clean


def test_answer_that_does_not_come_in_time_is_asked_for_again(clean: Tables) -> None:
    """A request that takes too long is given up and asked again."""
    with forge() as github:
        github.faults = Faults([Fault(kinds.timeout(1.3), at=(2, 20))])
        reader = Reader.of(github, page=4, timeout_seconds=1)
        reader.night()
    assert folded(reader.tables) == clean


@pytest.mark.parametrize(
    "kind", [kinds.status(500), kinds.html(), kinds.empty(), kinds.disconnect(), kinds.cut_json()], ids=lambda k: k.name
)
@pytest.mark.parametrize("path", ["/graphql", "*/actions/runs", "*/jobs"])
def test_lasting_fault_stops_the_run_and_the_next_one_completes_it(clean: Tables, kind: kinds.Kind, path: str) -> None:
    """Where a fault lasts, the run ends with an error that says what to do, and what landed stays for the next run."""
    with forge() as github:
        reader = Reader.of(github, page=4, tries=2)
        github.faults = Faults([Fault(kind, path=path, at=tuple(range(2, 60)))])
        with pytest.raises(CollectError) as stopped:
            reader.night()
        assert "collect again" in stopped.value.hint
        github.faults = Faults()
        github.advance(hours=24)
        reader.night()
    assert folded(reader.tables) == clean


def test_pages_shrink_until_the_server_can_and_grow_again(clean: Tables) -> None:
    """Pages that are too much for the server are halved, those after them too, and nothing is lost by it."""
    with forge() as github:
        too_many = Fault(kinds.resource_limits(), operation="PullRequests", when=lambda one: one.variables["size"] > 1)
        github.faults = Faults([too_many])
        reader = Reader.of(github, page=4)
        reader.night()
        sizes = [one.variables["size"] for one in github.served if one.operation == "PullRequests"]
    assert sizes[:3] == [4, 2, 1]
    assert max(sizes[3:]) > 1
    assert folded(reader.tables) == clean


def test_pull_request_that_cannot_be_read_is_left_out_and_said(clean: Tables) -> None:
    """One that GitHub fails on however small the page is left out with a notice; when it can be read it comes in."""
    with forge() as github:
        github.faults = Faults([Fault(kinds.status(502), operation="PullRequests*", touching=7)])
        reader = Reader.of(github, page=4)
        reader.night()
        assert {row["number"] for row in reader.rows("pull_requests")} == {*range(1, 13)} - {7}
        assert [(row["kind"], row["count"]) for row in reader.rows("notices")] == [("pull_requests_unreadable", 1)]
        github.faults = Faults()
        github.advance(hours=24)
        github.edit.comment("bulk", 1)
        reader.night()
        assert {row["number"] for row in reader.rows("pull_requests")} == {*range(1, 13)}
        assert [row["count"] for row in reader.rows("notices")] == [0]


def test_outage_is_not_taken_for_pull_requests_that_cannot_be_read() -> None:
    """When nothing can be read any more the run stops, instead of leaving everything out."""
    with forge() as github:
        github.faults = Faults([Fault(kinds.status(502), operation="PullRequests")])
        reader = Reader.of(github, page=4)
        with pytest.raises(CollectError, match="does not answer"):
            reader.night()
        assert reader.rows("pull_requests") == []
        github.faults = Faults()
        reader.night()
        assert len(reader.rows("pull_requests")) == 12


@pytest.mark.slow
def test_no_link_of_an_answer_is_followed() -> None:
    """A next page on another host is never asked for: pages are counted, and no link is followed."""
    with FakeGitHub(bulk(pulls=1, runs=130), schema="excerpt") as github:
        reader = Reader.of(github)
        reader.night()
        github.faults = Faults([Fault(kinds.other_host())])
        misled = reader.again()
        misled.night()
    assert len(reader.rows("ci_runs")) == 130
    assert folded(misled.tables) == folded(reader.tables)


def test_redirect_to_another_host_is_refused() -> None:
    """A server that sends us elsewhere gets no request there with our token: the run stops and names the setting."""
    elsewhere = kinds.Kind(
        "elsewhere",
        lambda exchange: Answer(301, {"Location": "https://elsewhere.example.com/api/graphql"}, b""),
    )
    with forge() as github:
        github.faults = Faults([Fault(elsewhere)])
        with pytest.raises(CollectError) as refused:
            Reader.of(github).night()
    assert "base_url" in refused.value.hint


def test_page_that_shifts_while_it_is_read_loses_nothing(clean: Tables) -> None:
    """Pull requests that are updated or opened while we read are in, at the latest after the next night."""
    with forge() as github:

        def shift(server: FakeGitHub) -> None:
            server.edit.comment("bulk", 2)
            server.edit.open_pull("bulk", "While you read")

        github.faults = Faults([Fault(kinds.act(shift), operation="PullRequests", at=(1, 2, 3))])
        reader = Reader.of(github, page=4)
        reader.night()
        github.advance(hours=24)
        reader.night()
        whole = reader.again()
        whole.night()
    assert folded(reader.tables) == folded(whole.tables)
    assert len(reader.rows("pull_requests")) == 15


def test_pull_request_that_changes_between_two_of_its_pages_is_read_once_more() -> None:
    """A force push between the page of a pull request and the rest of its commits does not mix old and new ones."""
    with forge() as github:
        act = kinds.act(lambda server: server.edit.force_push("bulk", 11, commits=3))
        github.faults = Faults([Fault(act, operation="Overflow", at=(1,))])
        reader = Reader.of(github, page=4)
        reader.night()
        whole = reader.again()
        whole.night()
    assert folded(reader.tables) == folded(whole.tables)
    assert len([row for row in reader.rows("pull_request_commits") if row["number"] == 11]) == 3


@pytest.mark.slow
def test_runs_deleted_while_they_are_read_let_none_slip_past() -> None:
    """When GitHub's count changes between two pages, the window is read again from its beginning."""
    with FakeGitHub(bulk(pulls=0, runs=230), schema="excerpt") as github:

        def delete(server: FakeGitHub) -> None:
            del server.forge.repositories[700_000_900].runs[-5:]
            server.forge.repositories[700_000_900].version += 1

        runs = github.forge.repositories[700_000_900].runs
        page_two = Fault(kinds.act(delete), path="*/runs", when=lambda asked: asked.query.get("page") == "2", at=(1,))
        github.faults = Faults([page_two])
        reader = Reader.of(github)
        reader.night()
        pages = [one.query.get("page", "1") for one in github.served if one.path.endswith("/actions/runs")]
        left = {str(run.id) for run in runs}
    assert len(left) == 225
    assert left <= {row["run_id"] for row in reader.rows("ci_runs")}
    assert pages[-5:] == ["1", "2", "1", "2", "3"]


def test_what_repeats_our_token_does_not_spread_it() -> None:
    """A server that says in its error what it was sent shows the token to nobody, and no row holds it."""
    with forge() as github:
        body = f'{{"message": "Bad request: Authorization: token {github.token}"}}'.encode()
        echo = kinds.Kind("echo", lambda exchange: Answer(400, {"Location": github.token}, body))
        github.faults = Faults([Fault(echo)])
        with pytest.raises(CollectError) as refused:
            Reader.of(github).night()
        assert github.token not in f"{refused.value} {refused.value.hint}"
        assert "***" in str(refused.value)


def test_page_of_a_proxy_ends_the_run_soon() -> None:
    """An answer that is not GitHub's at all is asked for a few times, and not in ever smaller pages."""
    with forge() as github:
        github.faults = Faults([Fault(kinds.html())])
        with pytest.raises(CollectError, match="a web page instead of data"):
            Reader.of(github).night()
        assert len(github.served) == 5
