from __future__ import annotations

from typing import Any

import pytest

from collectors.simulate import Company
from tests.builders.github import FakeGitHub, bulk
from tests.builders.github.asking import Client
from tests.builders.github.clock import iso


def test_pages_are_linked_by_the_repositorys_number(client: Client, github: FakeGitHub) -> None:
    """Links keep the query, name the repository by its number, and lead through all of the list once."""
    first = client.get("/repos/acme/checkout/pulls?state=all&per_page=10")
    assert first.next is not None
    assert first.next.startswith(f"{github.url}/repositories/700000000/pulls?state=all&per_page=10&page=2")
    numbers = [
        one["number"] for page in client.pages("/repos/acme/checkout/pulls?state=all&per_page=10") for one in page
    ]
    assert len(numbers) == len(set(numbers)) > 30


def test_default_page_has_30_and_the_largest_100() -> None:
    """A list without a size has pages of 30; one that asks for more than 100 gets 100."""
    with FakeGitHub(bulk(pulls=101)) as github:
        client = Client(github)
        assert len(client.get("/repos/acme/bulk/pulls?state=all").json) == 30
        assert len(client.get("/repos/acme/bulk/pulls?state=all&per_page=500").json) == 100


def test_pulls_are_open_ones_unless_asked(reader: Client, company: Company) -> None:
    """`state` is `open` where it is not given, and closed ones include the merged."""
    changes = [one for one in company.repo("checkout").changes if one.number is not None]
    open_ones = {one.number for one in changes if one.merged_at is None and one.abandoned_at is None}
    asked = {state: _numbers(reader, f"?state={state}&per_page=100") for state in ("open", "closed", "all")}
    assert asked["open"] == _numbers(reader, "?per_page=100") == open_ones
    assert asked["closed"] == {one.number for one in changes} - open_ones
    assert asked["all"] == {one.number for one in changes}


def _numbers(client: Client, query: str) -> set[Any]:
    return {one["number"] for one in client.get(f"/repos/acme/checkout/pulls{query}").json}


def test_unchanged_answer_is_a_304_and_free(client: Client, github: FakeGitHub) -> None:
    """A conditional request of what has not changed costs nothing; after any update it is answered in full."""
    path = "/repos/acme/checkout/pulls?state=all&sort=updated&direction=desc&per_page=1"
    tag = client.get(path).headers["etag"]
    left = github.limits.core.remaining
    again = client.get(path, If_None_Match=tag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert github.limits.core.remaining == left
    number = github.forge.repositories[700_000_000].pulls[3].number
    github.advance(minutes=5)
    github.edit.comment("checkout", number)
    changed = client.get(path, If_None_Match=tag)
    assert changed.status == 200
    assert changed.json[0]["number"] == number
    assert changed.headers["etag"] != tag


def test_rest_names_accounts_otherwise_than_graphql(client: Client, github: FakeGitHub) -> None:
    """REST has `[bot]` in the login of an app, and an account that is gone is `ghost`."""
    github.edit.delete_account("tomasz-wieczorek")
    pulls = client.get("/repos/acme/checkout/pulls?state=all&per_page=100").json
    authors = {one["user"]["login"]: one["user"]["type"] for one in pulls}
    assert authors["dependabot[bot]"] == "Bot"
    assert authors["ghost"] == "User"
    assert "tomasz-wieczorek" not in authors


def test_deployments_are_those_of_the_company(reader: Client, company: Company) -> None:
    """Each deployment has its commit, environment and time, newest first, and its statuses likewise."""
    repo = company.repo("assistant")
    pages = reader.pages("/repos/acme/assistant/deployments")
    found = {one["id"] % 1_000_000: one for page in pages for one in page}
    assert found.keys() == {one.deployment_id for one in repo.deployments}
    for one in repo.deployments:
        got = found[one.deployment_id]
        assert (got["sha"], got["environment"]) == (one.sha, one.environment)
        assert (got["created_at"], got["production_environment"]) == (iso(one.created_at), one.production)
        statuses = reader.get(f"/repos/acme/assistant/deployments/{got['id']}/statuses").json
        wanted = sorted(one.statuses, key=lambda each: each.at, reverse=True)
        assert [(each["state"], each["created_at"]) for each in statuses] == [(s.state, iso(s.at)) for s in wanted]


def test_deployments_of_all_repositories_where_asked(company: Company) -> None:
    """A repository whose deployments nobody records has none, unless all are asked for."""
    for which, number in (("recorded", 0), ("all", len(company.repo("checkout").deployments))):
        with FakeGitHub(company, deployments=which) as github:
            pages = Client(github).pages("/repos/acme/checkout/deployments?per_page=100")
            assert sum(map(len, pages)) == number


def test_environments_tell_their_gates(reader: Client) -> None:
    """Production has a reviewer and a branch policy, staging a timer."""
    body = reader.get("/repos/acme/assistant/environments").json
    rules = {one["name"]: [rule["type"] for rule in one["protection_rules"]] for one in body["environments"]}
    assert rules == {"production": ["required_reviewers", "branch_policy"], "staging": ["wait_timer"]}


def test_releases_are_the_tags_that_ship(reader: Client, company: Company) -> None:
    """A repository that ships by tags has a release for each version."""
    tags = [one["tag_name"] for page in reader.pages("/repos/acme/sdk/releases?per_page=5") for one in page]
    assert sorted(tags) == sorted(one.version for one in company.repo("sdk").deployments)


def test_runs_have_attempts_and_jobs(reader: Client, company: Company) -> None:
    """What the simulation tells as runs of one commit are attempts of one run; `filter=all` has the jobs of each."""
    pages = reader.pages("/repos/acme/checkout/actions/runs?per_page=100&branch=main&event=push")
    runs = [one for page in pages for one in page["workflow_runs"]]
    again = [one for one in runs if one["run_attempt"] > 1]
    assert again
    for run in again:
        at = f"/repos/acme/checkout/actions/runs/{run['id']}/jobs"
        every, latest = (reader.get(f"{at}{query}").json["jobs"] for query in ("?filter=all", ""))
        builds = [one for one in every if one["name"] == "build"]
        assert [one["run_attempt"] for one in builds] == list(range(1, run["run_attempt"] + 1))
        assert {one["run_attempt"] for one in latest} == {run["run_attempt"]}
        told = [one for one in company.repo("checkout").ci_runs if one.sha == run["head_sha"] and one.branch == "main"]
        times = [
            (iso(one.created_at), iso(one.started_at), iso(one.finished_at or 0)) for one in told if one.name == "build"
        ]
        assert [(one["created_at"], one["started_at"], one["completed_at"]) for one in builds] == times


def test_waiting_job_has_the_time_of_its_making_as_its_start(github: FakeGitHub, client: Client) -> None:
    """A job that no runner has taken tells a start, as at GitHub: its status says that it is queued."""
    run = github.forge.repositories[700_000_000].runs[5]
    github.clock.advance(seconds=run.attempts[0].created_at - github.clock.seconds)
    jobs = client.get(f"/repos/acme/checkout/actions/runs/{run.id}/jobs").json["jobs"]
    assert {one["status"] for one in jobs} == {"queued"}
    assert all(one["started_at"] == one["created_at"] and one["completed_at"] is None for one in jobs)
    assert all(one["runner_name"] is None for one in jobs)


@pytest.mark.parametrize(
    ("created", "hours"),
    [
        ("2025-01-06", range(24)),
        ("2025-01-06T03:00:00Z..2025-01-06T05:00:00Z", range(3, 6)),
        ("2025-01-07..2025-01-07", range(24, 48)),
        ("*..2025-01-06T01:00:00Z", range(2)),
        ("<2025-01-06T02:00:00Z", range(2)),
        ("<=2025-01-06", range(24)),
        (">=2025-01-10T22:00:00Z", range(118, 120)),
        (">2025-01-09", range(96, 120)),
    ],
)
def test_window_of_runs(created: str, hours: range) -> None:
    """`created` takes days and moments, open and closed windows, and `total_count` counts what is in them."""
    with FakeGitHub(bulk(pulls=1, runs=120)) as github:
        got = Client(github).get(f"/repos/acme/bulk/actions/runs?per_page=100&created={created}").json
    assert got["total_count"] == len(hours)
    assert [one["id"] - 10_000_000 for one in got["workflow_runs"]] == sorted(hours, reverse=True)


def test_filtered_runs_end_after_1000() -> None:
    """Of what a filter finds only 1,000 can be reached, whatever the total says."""
    with FakeGitHub(bulk(pulls=1, runs=1_001)) as github:
        client = Client(github)
        for query, reached in (("?per_page=100&branch=main", 1_000), ("?per_page=100", 1_001)):
            pages = list(client.pages(f"/repos/acme/bulk/actions/runs{query}"))
            assert pages[0]["total_count"] == 1_001
            assert sum(len(one["workflow_runs"]) for one in pages) == reached


def test_enterprise_prefix_is_kept_in_links(github: FakeGitHub) -> None:
    """Below `/api/v3` every URL has that prefix, and GraphQL is at `/api/graphql`."""
    client = Client(github, enterprise=True)
    got = client.get("/repos/acme/checkout/pulls?state=all&per_page=10")
    assert got.next is not None
    assert got.next.startswith(f"{github.enterprise_url}/repositories/")
    assert got.json[0]["url"].startswith(f"{github.enterprise_url}/repos/acme/checkout/pulls/")
    assert client.query('{ repository(owner: "acme", name: "sdk") { name } }')["data"]["repository"]["name"] == "sdk"


def test_renamed_repository_is_found_by_all_its_names(github: FakeGitHub, client: Client) -> None:
    """REST redirects to the number and keeps the query, GraphQL follows; a new repository takes the name over."""
    github.edit.rename("checkout", "till")
    moved = client.get("/repos/acme/checkout/pulls?state=all&per_page=100")
    assert moved.status == 301
    assert moved.headers["location"] == f"{github.url}/repositories/700000000/pulls?state=all&per_page=100"
    assert len(client.get(moved.headers["location"]).json) > 30
    query = 'query($follow: Boolean!) { repository(owner: "acme", name: "checkout", followRenames: $follow) { name } }'
    assert client.query(query, follow=True)["data"]["repository"]["name"] == "till"
    assert client.query(query, follow=False)["errors"][0]["type"] == "NOT_FOUND"
    github.edit.add_repository("checkout")
    assert client.get("/repos/acme/checkout").json["id"] != 700_000_000


@pytest.mark.parametrize("status", [404, 410, 451])
def test_lost_repository_says_so(status: int, github: FakeGitHub, client: Client) -> None:
    """A repository that is gone answers with its status on REST, and is not found by GraphQL and in lists."""
    github.edit.lose("sdk", status)
    assert client.get("/repos/acme/sdk").status == status
    assert client.get("/repos/acme/sdk/pulls").status == status
    assert "sdk" not in [one["name"] for one in client.get("/orgs/acme/repos").json]
    answer = client.query('{ repository(owner: "acme", name: "sdk") { id } }')
    assert answer["errors"][0]["type"] == "NOT_FOUND"
    github.edit.restore("sdk")
    assert client.get("/repos/acme/sdk").status == 200


def test_owners_repositories_are_listed(github: FakeGitHub, client: Client) -> None:
    """An organization's list has archived ones and forks too, and says which they are."""
    github.edit.add_repository("old", archived=True)
    github.edit.add_repository("copy", fork=True)
    listed = {one["name"]: (one["archived"], one["fork"]) for one in client.get("/orgs/acme/repos?per_page=100").json}
    plain = dict.fromkeys(("checkout", "assistant", "sdk"), (False, False))
    assert listed == plain | {"old": (True, False), "copy": (False, True)}
    query = """{ organization(login: "acme") { repositories(first: 10, isFork: false, isArchived: false,
      orderBy: {field: NAME, direction: ASC}) { nodes { name } } } }"""
    nodes = client.query(query)["data"]["organization"]["repositories"]["nodes"]
    assert [one["name"] for one in nodes] == ["assistant", "checkout", "sdk"]


@pytest.mark.parametrize(
    "path", ["/repos/acme/nothing", "/nothing", "/orgs/nobody", "/repos/acme/sdk/deployments/1/statuses"]
)
def test_what_is_not_there_is_a_404(path: str, reader: Client) -> None:
    """A path, repository, owner or deployment that there is not."""
    assert reader.get(path).status == 404
