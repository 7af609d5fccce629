"""Every REST answer of the fake, held against GitHub's OpenAPI description where that is at hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from collectors.simulate import Company
from tests.builders.github import FakeGitHub, bulk
from tests.builders.github.asking import Client
from tests.builders.github.rest_api import ROUTES

OPENAPI = Path(__file__).resolve().parents[4] / "shared" / "github" / "openapi_pruned.json.gz"
pytestmark = pytest.mark.skipif(not OPENAPI.exists(), reason="GitHub's OpenAPI description is not here")

# Endpoints that the pruned description leaves out, and the schema of their answers in it.
NOT_DESCRIBED = {
    "/orgs/{owner}/repos": {"type": "array", "items": {"$ref": "#/components/schemas/minimal-repository"}},
    "/users/{owner}/repos": {"type": "array", "items": {"$ref": "#/components/schemas/minimal-repository"}},
    "/orgs/{owner}": {"$ref": "#/components/schemas/simple-user"},
    "/app": {"$ref": "#/components/schemas/integration"},
    "/app/installations": {"type": "array", "items": {"$ref": "#/components/schemas/installation"}},
    "/app/installations/{installation_id}": {"$ref": "#/components/schemas/installation"},
    "/app/installations/{installation_id}/access_tokens": {"$ref": "#/components/schemas/installation-token"},
    "/orgs/{owner}/installation": {"$ref": "#/components/schemas/installation"},
    "/repos/{owner}/{repo}/installation": {"$ref": "#/components/schemas/installation"},
    "/installation/repositories": {
        "type": "object",
        "required": ["total_count", "repositories"],
        "properties": {"repositories": {"items": {"$ref": "#/components/schemas/minimal-repository"}}},
    },
}


@cache
def description() -> dict[str, Any]:
    """The description in the JSON Schema of today."""
    described: dict[str, Any] = _today(json.loads(gzip.decompress(OPENAPI.read_bytes())))
    # A deployment that waits for a gate has the state `waiting`, in the webhooks as well; the description forgot it.
    described["components"]["schemas"]["deployment-status"]["properties"]["state"]["enum"].append("waiting")
    return described


def _today(node: Any) -> Any:
    """OpenAPI 3.0 writes null in a way of its own."""
    if isinstance(node, list):
        return [_today(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: _today(value) for key, value in node.items() if key not in {"nullable", "example", "examples"}}
    if node.get("nullable") is True:
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
        return {"anyOf": [made, {"type": "null"}]}
    return made


@cache
def validator(template: str, method: str) -> Draft202012Validator:
    """What the answers of an endpoint must be."""
    schema = NOT_DESCRIBED.get(template) or _described(template, method)
    registry: Registry[Any] = Registry().with_resource("openapi", DRAFT202012.create_resource(description()))
    return Draft202012Validator(_absolute(schema), registry=registry)


def _absolute(node: Any) -> Any:
    if isinstance(node, list):
        return [_absolute(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {key: f"openapi{value}" if key == "$ref" else _absolute(value) for key, value in node.items()}


def _described(template: str, method: str) -> Any:
    paths = description()["paths"]
    wanted = template.replace("{owner}", "{username}") if template.startswith("/users/") else template
    answers = paths[wanted][method.lower()]["responses"]
    return answers["200"]["content"]["application/json"]["schema"]


def problems(template: str, body: Any, method: str = "GET") -> Iterator[str]:
    """Where a body is not as the description has it."""
    for error in validator(template, method).iter_errors(body):
        yield f"{error.json_path}: {error.message[:200]}"


PATHS = {
    "/user": ["/user"],
    "/users/{owner}": ["/users/mara-lindqvist", "/users/acme"],
    "/orgs/{owner}": ["/orgs/acme"],
    "/orgs/{owner}/repos": ["/orgs/acme/repos"],
    "/users/{owner}/repos": ["/users/acme/repos?sort=full_name"],
    "/repos/{owner}/{repo}": ["/repos/acme/checkout", "/repos/acme/assistant"],
    "/repos/{owner}/{repo}/pulls": [f"/repos/acme/{one}/pulls?state=all&per_page=15" for one in ("checkout", "sdk")],
    "/repos/{owner}/{repo}/deployments": ["/repos/acme/assistant/deployments?per_page=100"],
    "/repos/{owner}/{repo}/environments": ["/repos/acme/assistant/environments"],
    "/repos/{owner}/{repo}/releases": ["/repos/acme/sdk/releases"],
    "/repos/{owner}/{repo}/actions/workflows": ["/repos/acme/sdk/actions/workflows"],
    "/repos/{owner}/{repo}/actions/runs": ["/repos/acme/checkout/actions/runs?per_page=15"],
    "/rate_limit": ["/rate_limit"],
}


@pytest.mark.parametrize(("template", "path"), [(key, path) for key, paths in PATHS.items() for path in paths])
def test_answer_is_as_github_describes_it(template: str, path: str, reader: Client) -> None:
    """Each answer has every field that GitHub promises, of the type it promises."""
    got = reader.get(path)
    assert got.status == 200
    assert got.json
    assert list(problems(template, got.json)) == []


def test_runs_jobs_and_statuses_are_as_github_describes_them(reader: Client) -> None:
    """So are the answers about one run, its jobs of every attempt, and the statuses of every deployment."""
    runs = reader.get("/repos/acme/checkout/actions/runs?per_page=10").json["workflow_runs"]
    one, jobs = "/repos/{owner}/{repo}/actions/runs/{run_id}", "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs"
    for run in runs:
        at = f"/repos/acme/checkout/actions/runs/{run['id']}"
        assert list(problems(one, reader.get(at).json)) == []
        assert list(problems(jobs, reader.get(f"{at}/jobs?filter=all").json)) == []
    template = "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses"
    for deployment in reader.get("/repos/acme/assistant/deployments").json:
        at = f"/repos/acme/assistant/deployments/{deployment['id']}/statuses"
        assert list(problems(template, reader.get(at).json)) == []


def test_answers_about_an_app_are_as_github_describes_them(github: FakeGitHub) -> None:
    """An app's own page, its installations, and the token that it gets."""
    import jwt

    app = github.add_app({"metadata": "read", "pull_requests": "read"})
    signed = jwt.encode({"iat": 1000, "exp": 1500, "iss": str(app.app_id)}, app.private_key, algorithm="RS256")
    client = Client(github, signed)
    for path in ("/app", "/app/installations", f"/app/installations/{app.installation_id}"):
        template = path.replace(str(app.installation_id), "{installation_id}")
        assert list(problems(template, client.get(path).json)) == []
    for path in ("/orgs/acme/installation", "/repos/acme/sdk/installation"):
        template = path.replace("acme", "{owner}").replace("sdk", "{repo}")
        assert list(problems(template, client.get(path).json)) == []
    got = client.post(f"/app/installations/{app.installation_id}/access_tokens")
    assert got.status == 201
    assert list(problems("/app/installations/{installation_id}/access_tokens", got.json, "POST")) == []
    reached = Client(github, got.json["token"]).get("/installation/repositories").json
    assert list(problems("/installation/repositories", reached)) == []


def test_bulk_is_as_github_describes_it() -> None:
    """Accounts that are gone, mannequins and teams are written as GitHub writes them."""
    with FakeGitHub(bulk(pulls=100, deployments=12, runs=5), schema="excerpt") as github:
        client = Client(github)
        for rest in ("pulls?state=all&per_page=100", "deployments", "environments", "actions/runs"):
            template = f"/repos/{{owner}}/{{repo}}/{rest.partition('?')[0]}"
            assert list(problems(template, client.get(f"/repos/acme/bulk/{rest}").json)) == []


def test_every_endpoint_is_compared() -> None:
    """No endpoint of the fake escapes the comparison."""
    compared = {*PATHS, *NOT_DESCRIBED}
    compared |= {
        f"/repos/{{owner}}/{{repo}}/{rest}" for rest in ("actions/runs/{run_id}", "actions/runs/{run_id}/jobs")
    }
    compared.add("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses")
    assert {one.template for one in ROUTES} == compared


def test_a_wrong_answer_is_noticed(reader: Client, company: Company) -> None:
    """The comparison finds a missing field and a wrong type."""
    body = reader.get("/repos/acme/checkout/pulls?state=all").json
    del body[0]["merged_at"]
    body[1]["number"] = "7"
    found = list(problems("/repos/{owner}/{repo}/pulls", body))
    assert any("'merged_at' is a required property" in one for one in found)
    assert any("'7' is not of type 'integer'" in one for one in found)
