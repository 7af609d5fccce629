from __future__ import annotations

import json
from collections import Counter
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from time import monotonic

import pytest

from tests.builders.github import FakeGitHub, Fault, Faults, bulk, kinds
from tests.builders.github.asking import Client

LIST = "/repos/acme/checkout/pulls?state=all"
PAGE = """query Pulls($n: Int!, $after: String) { repository(owner: "acme", name: "checkout") {
  pullRequests(first: $n, after: $after) { pageInfo { hasNextPage endCursor } nodes { number labels(first: 5) {
    totalCount } } } } }"""


def fail(github: FakeGitHub, kind: kinds.Kind) -> None:
    """Let everything fail in this way."""
    github.faults = Faults([Fault(kind)])


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_server_error(code: int, github: FakeGitHub, client: Client) -> None:
    """A server error is a page on REST and a message on GraphQL."""
    fail(github, kinds.status(code))
    got = client.get(LIST)
    assert (got.status, got.headers["content-type"]) == (code, "text/html; charset=utf-8")
    asked = client.post_query(PAGE, n=5)
    assert asked.status == code
    assert asked.json["message"].startswith("We couldn't respond to your request in time.")


def test_resource_limits(github: FakeGitHub, client: Client) -> None:
    """All nodes are null while the page information is whole: only the error tells that nothing was read."""
    honest = client.query(PAGE, n=5)
    fail(github, kinds.resource_limits())
    answer = client.query(PAGE, n=5)
    page = answer["data"]["repository"]["pullRequests"]
    assert page["nodes"] == [None] * 5
    assert page["pageInfo"] == honest["data"]["repository"]["pullRequests"]["pageInfo"]
    assert answer["errors"][0]["type"] == "RESOURCE_LIMITS_EXCEEDED"


def test_node_limit(github: FakeGitHub, client: Client) -> None:
    """The query is refused with an error and no data."""
    fail(github, kinds.node_limit())
    answer = client.query(PAGE, n=5)
    assert ("data" in answer, answer["errors"][0]["type"]) == (False, "MAX_NODE_LIMIT_EXCEEDED")


@pytest.mark.parametrize(("field", "hole"), [("", None), ("labels", {"labels": None})])
def test_partial_answer(field: str, hole: dict[str, None] | None, github: FakeGitHub, client: Client) -> None:
    """One node, or one field of it, is null; the error names its path; the rest is there."""
    honest = client.query(PAGE, n=5)["data"]["repository"]["pullRequests"]["nodes"]
    fail(github, kinds.partial(field, place=2))
    answer = client.query(PAGE, n=5)
    nodes = answer["data"]["repository"]["pullRequests"]["nodes"]
    assert nodes == [*honest[:2], hole and honest[2] | hole, *honest[3:]]
    path = ["repository", "pullRequests", "nodes", 2]
    assert answer["errors"][0]["path"] == ([*path, field] if field else path)


@pytest.mark.parametrize("kind", [kinds.cut_body(), kinds.cut_chunked()])
def test_cut_body(kind: kinds.Kind, github: FakeGitHub, client: Client) -> None:
    """The connection ends in the middle of the body."""
    fail(github, kind)
    with pytest.raises(IncompleteRead):
        client.get(LIST)


def test_disconnect(github: FakeGitHub, client: Client) -> None:
    """The connection ends without an answer."""
    fail(github, kinds.disconnect())
    with pytest.raises(RemoteDisconnected):
        client.get(LIST)


def test_cut_json(github: FakeGitHub, client: Client) -> None:
    """A whole answer whose JSON ends early."""
    fail(github, kinds.cut_json())
    got = client.get(LIST)
    assert got.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = got.json


@pytest.mark.parametrize(("kind", "begin"), [(kinds.html(), b"<html>"), (kinds.empty(), b"")])
def test_no_json_at_200(kind: kinds.Kind, begin: bytes, github: FakeGitHub, client: Client) -> None:
    """A page of a proxy, or nothing at all, with status 200."""
    fail(github, kind)
    for got in (client.get(LIST), client.post_query(PAGE, n=5)):
        assert got.status == 200
        assert got.body.startswith(begin)
        assert bool(got.body) == bool(begin)


@pytest.mark.parametrize("retry_after", [None, 7])
@pytest.mark.parametrize(("kind", "code"), [(kinds.forbidden, 403), (kinds.too_many, 429)])
def test_secondary_limit(kind: object, code: int, retry_after: int | None, github: FakeGitHub, client: Client) -> None:
    """403 or 429, with or without the time to wait; the hourly budget is not used up."""
    assert callable(kind)
    fail(github, kind(retry_after))
    got = client.get(LIST)
    assert got.status == code
    assert "secondary rate limit" in got.json["message"]
    assert got.headers.get("retry-after") == (None if retry_after is None else str(retry_after))
    assert int(got.headers["x-ratelimit-remaining"]) > 0


def test_secondary_limit_as_success(github: FakeGitHub, client: Client) -> None:
    """Status 200 with a message and no data."""
    fail(github, kinds.secondary_as_success())
    got = client.post_query(PAGE, n=5)
    assert got.status == 200
    assert got.json.keys() == {"message", "documentation_url"}


@pytest.mark.parametrize("error_type", ["RATE_LIMITED", "RATE_LIMIT"])
def test_primary_limit(error_type: str, github: FakeGitHub, client: Client) -> None:
    """REST answers 403 and GraphQL 200 with an error, both tell when it ends, and until then nothing gets through."""
    github.faults = Faults([Fault(kinds.primary_limit(10, error_type=error_type), at=(1, 2))])
    asked, got = client.post_query(PAGE, n=5), client.get(LIST)
    assert (asked.status, asked.json["errors"][0]["type"]) == (200, error_type)
    assert (got.status, got.headers["x-ratelimit-remaining"]) == (403, "0")
    assert int(got.headers["x-ratelimit-reset"]) == github.clock.seconds + 600
    assert client.get(LIST).status == 403
    github.clock.sleep(600)
    assert client.get(LIST).status == 200
    assert "data" in client.query(PAGE, n=5)


def test_moved(github: FakeGitHub, client: Client) -> None:
    """A redirect to the repository's number, which keeps the query."""
    github.faults = Faults([Fault(kinds.moved(), at=(1,))])
    got = client.get(LIST)
    assert (got.status, got.headers["location"]) == (301, f"{github.url}/repositories/700000000/pulls?state=all")
    assert client.get(got.headers["location"]).status == 200


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (kinds.not_found(), 404),
        (kinds.gone(), 410),
        (kinds.unavailable_for_legal_reasons(), 451),
        (kinds.bad_credentials(), 401),
    ],
)
def test_permanent_refusal(kind: kinds.Kind, code: int, github: FakeGitHub, client: Client) -> None:
    """A status and a message."""
    fail(github, kind)
    got = client.get(LIST)
    assert (got.status, bool(got.json["message"])) == (code, True)


def test_saml(github: FakeGitHub, client: Client) -> None:
    """Single sign-on: 403 with the URL to go to on REST, an error with its own mark on GraphQL."""
    fail(github, kinds.saml("https://github.com/orgs/acme/sso"))
    got, asked = client.get(LIST), client.query(PAGE, n=5)
    assert got.status == 403
    assert got.headers["x-github-sso"] == "required; url=https://github.com/orgs/acme/sso"
    assert asked["data"] == {"repository": None}
    assert asked["errors"][0]["extensions"] == {"saml_failure": True}


def test_timeout(github: FakeGitHub, client: Client) -> None:
    """The answer comes late, and others are answered meanwhile."""
    fail(github, kinds.timeout(0.2))
    begun = monotonic()
    assert client.get(LIST).status == 200
    assert monotonic() - begun >= 0.2


def test_next_link_to_another_host(github: FakeGitHub, client: Client) -> None:
    """The links lead elsewhere."""
    fail(github, kinds.other_host())
    got = client.get(LIST)
    assert got.next is not None
    assert got.next.startswith("https://elsewhere.example.com/repositories/")


def test_page_shifts_while_it_is_read(github: FakeGitHub, client: Client) -> None:
    """Something happens just before an answer: on REST the next page repeats what the last one had."""
    newest = LIST + "&sort=updated&direction=desc&per_page=5"
    before = [one["number"] for page in client.pages(newest) for one in page]

    def touch(server: FakeGitHub) -> None:
        server.advance(minutes=1)
        server.edit.comment("checkout", before[-1])

    github.faults = Faults([Fault(kinds.act(touch), path="/repositories/*", at=(1,))])
    found = [one["number"] for page in client.pages(newest) for one in page]
    assert Counter(found)[before[4]] == 2
    assert before[-1] not in found


def test_fault_happens_to_what_it_is_for(github: FakeGitHub, client: Client) -> None:
    """Conditions hold together, and places are counted among the requests that meet them."""
    github.faults = Faults(
        [
            Fault(kinds.not_found(), method="GET", path="/repos/*/pulls", at=(2,)),
            Fault(kinds.gone(), path="/repos/*", when=lambda one: "state" not in one.query),
        ]
    )
    paths = [LIST, "/repos/acme/sdk", LIST, "/orgs/acme", LIST]
    assert [client.get(path).status for path in paths] == [200, 410, 404, 200, 200]
    assert [one.fault for one in github.served] == ["", "410", "404", "", ""]


def test_fault_of_large_pages_and_of_one_pull_request(github: FakeGitHub, client: Client) -> None:
    """Pages above a size fail, or those that have a certain pull request, whatever their size."""
    github.faults = Faults([Fault(kinds.resource_limits(), operation="Pulls", over=12)])
    assert ["errors" in client.query(PAGE, n=n) for n in (25, 13, 12, 1)] == [True, True, False, False]
    github.faults = Faults()
    nodes = client.query(PAGE, n=5)["data"]["repository"]["pullRequests"]["nodes"]
    github.faults = Faults([Fault(kinds.status(502), touching=nodes[3]["number"])])
    assert [client.post_query(PAGE, n=n).status for n in (3, 4, 5)] == [200, 502, 502]


def test_mixed_faults_are_drawn_by_seed(github: FakeGitHub) -> None:
    """The same requests suffer the same faults, of many kinds, never more than so many at once."""
    drawn = [_suffered(seed) for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert 20 < sum(map(bool, drawn[0])) < 60
    assert len(set(drawn[0])) > 8
    assert not any(all(drawn[0][place : place + 3]) for place in range(len(drawn[0]) - 2))


def _suffered(seed: int) -> list[str]:
    with FakeGitHub(bulk(pulls=5), faults=Faults.mixed(seed, share=0.3), schema="excerpt") as github:
        client = Client(github)
        for number in range(120):
            github.limits.core.remaining = github.limits.graphql.remaining = 1_000
            try:
                if number % 2:
                    client.get("/repos/acme/bulk/pulls?state=all")
                else:
                    client.query(PAGE.replace("checkout", "bulk"), n=5)
            except (HTTPException, OSError, ValueError):
                pass
        return [one.fault for one in github.served]
