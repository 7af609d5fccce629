from __future__ import annotations

import json

import jwt
import pytest

from tests.builders.github import FakeGitHub, Fault, Faults, kinds
from tests.builders.github.asking import Client
from tests.builders.github.exchange import Request

QUERY = """{ repository(owner: "acme", name: "assistant") { name pullRequests { totalCount }
  deployments { totalCount } environments { totalCount } } }"""


def signed(app_id: int, key: str, seconds: int = 500) -> str:
    """A JWT of an app."""
    return jwt.encode({"iat": 1_000, "exp": 1_000 + seconds, "iss": str(app_id)}, key, algorithm="RS256")


@pytest.mark.parametrize("token", ["none", "ghp_unknown"])
def test_every_request_needs_a_token_that_is_known(token: str, github: FakeGitHub) -> None:
    """Without a token, or with an unknown one, REST and GraphQL answer 401."""
    client = Client(github, token)
    assert client.get("/repos/acme/sdk").status == 401
    assert client.post_query(QUERY).json["message"] == "Bad credentials"


def test_classic_token_tells_its_scopes(client: Client) -> None:
    """Answers to a classic token tell what it may do; others tell nothing."""
    assert client.get("/repos/acme/sdk").headers["x-oauth-scopes"] == "repo, read:org"


def test_fine_grained_token_is_refused_what_it_may_not_read(github: FakeGitHub) -> None:
    """REST names the permission that is missing; GraphQL answers the rest, with null and an error in that place."""
    client = Client(github, github.add_token(permissions={"pull_requests": "read"}))
    assert client.get("/repos/acme/assistant/pulls").status == 200
    refused = client.get("/repos/acme/assistant/deployments")
    assert (refused.status, refused.json["message"]) == (403, "Resource not accessible by personal access token")
    assert refused.headers["x-accepted-github-permissions"] == "deployments=read"
    assert "x-oauth-scopes" not in refused.headers
    answer = client.query(QUERY)
    assert answer["data"] == {"repository": None}
    assert {(one["type"], one["path"][-1]) for one in answer["errors"]} == {("FORBIDDEN", "deployments")}


def test_app_exchanges_its_key_for_a_token(github: FakeGitHub) -> None:
    """A JWT signed with the app's key gets a token with the app's permissions, until the tokens expire."""
    app = github.add_app({"deployments": "read"})
    path = f"/app/installations/{app.installation_id}/access_tokens"
    got = Client(github, signed(app.app_id, app.private_key)).post(path)
    assert got.status == 201
    client = Client(github, got.json["token"])
    assert client.get("/repos/acme/assistant/deployments").status == 200
    refused = client.get("/repos/acme/assistant/pulls")
    assert (refused.status, refused.json["message"]) == (403, "Resource not accessible by integration")
    github.expire_tokens()
    assert client.get("/repos/acme/assistant/deployments").status == 401


def test_app_needs_its_own_key_and_a_short_life(github: FakeGitHub) -> None:
    """A JWT of another key, of another app or for more than ten minutes is no token."""
    app, other = github.add_app(), github.add_app()
    wrong = [
        signed(app.app_id, other.private_key),
        signed(99, app.private_key),
        signed(app.app_id, app.private_key, seconds=601),
    ]
    assert [Client(github, one).get("/app").status for one in wrong] == [401, 401, 401]


def test_apps_own_token_reads_no_repository(github: FakeGitHub) -> None:
    """A JWT is for the app's own endpoints, another token is not."""
    app = github.add_app()
    client = Client(github, signed(app.app_id, app.private_key))
    assert client.get("/repos/acme/sdk").status == 401
    assert Client(github).get("/app").status == 401
    assert client.post(f"/app/installations/{app.installation_id + 1}/access_tokens").status == 404


def test_nothing_that_is_kept_has_a_token_in_it(github: FakeGitHub) -> None:
    """Neither the requests that a fault sees nor those that are counted carry the token."""
    seen: list[Request] = []

    def note(request: Request) -> bool:
        seen.append(request)
        return True

    github.faults = Faults([Fault(kinds.act(lambda server: None), when=note)])
    Client(github).get("/repos/acme/sdk")
    assert github.token not in json.dumps([str(one) for one in (*seen, *github.served)])
    assert seen
