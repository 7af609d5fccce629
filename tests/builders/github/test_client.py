from __future__ import annotations

from collections.abc import Iterator

import pytest

from collectors.simulate import Company
from github import Auth, Github
from tests.builders.github import FakeGitHub


@pytest.fixture(params=["url", "enterprise_url"])
def pygithub(request: pytest.FixtureRequest, github: FakeGitHub) -> Iterator[Github]:
    """The real client, at either address."""
    client = Github(
        base_url=getattr(github, request.param),
        auth=Auth.Token(github.token),
        seconds_between_requests=0,
        seconds_between_writes=0,
        retry=None,
    )
    yield client
    client.close()


def test_client_reads_lists(pygithub: Github, company: Company) -> None:
    """PyGithub walks through every list of the fake."""
    repo = pygithub.get_repo("acme/assistant")
    wanted = company.repo("assistant")
    assert {one.number for one in repo.get_pulls(state="all")} == {one.number for one in wanted.changes if one.number}
    assert len(list(repo.get_workflow_runs())) > 30
    assert len(list(repo.get_deployments())) == len(wanted.deployments)
    assert {one.name for one in repo.get_environments()} == {"staging", "production"}
    assert {one.name for one in pygithub.get_organization("acme").get_repos()} == {"checkout", "assistant", "sdk"}


def test_client_asks_graphql(pygithub: Github) -> None:
    """PyGithub finds the GraphQL endpoint that belongs to the address."""
    headers, body = pygithub.requester.graphql_query("{ rateLimit { remaining } }", {})
    assert body["data"]["rateLimit"]["remaining"] == int(headers["x-ratelimit-remaining"]) == 4999


def test_client_authenticates_as_an_app(github: FakeGitHub) -> None:
    """PyGithub signs in as an app and reads with the installation's token."""
    app = github.add_app({"pull_requests": "read"})
    auth = Auth.AppAuth(app.app_id, app.private_key).get_installation_auth(app.installation_id)
    with Github(base_url=github.url, auth=auth, retry=None) as client:
        assert client.get_repo("acme/sdk").get_pulls(state="all").totalCount > 20
    assert github.count(endpoint="*access_tokens", method="POST") == 1
