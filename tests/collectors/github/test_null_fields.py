"""Fields that GitHub may leave null: what stands in for them, each beside the field itself."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.github.rows.deployments import Deployment
from collectors.github.rows.history import commit_row
from collectors.github.rows.pull_requests import Pull
from collectors.github.rows.repository import release_row, repository_row
from tests.collectors.github.test_parsing import AT, deployment, page, person
from tests.collectors.github.test_parsing import pull as pull_request

RELEASE = {
    "id": "RE_1",
    "databaseId": 71,
    "tagName": "v1.2",
    "tagCommit": {"oid": "a" * 40},
    "name": "Spring",
    "isDraft": False,
    "isPrerelease": True,
    "createdAt": "2026-03-01T10:00:00Z",
    "publishedAt": "2026-03-02T11:30:00Z",
    "author": person("ann"),
    "url": "https://github.com/acme/shop/releases/tag/v1.2",
}


def test_release_has_its_number_and_its_commit() -> None:
    """Each field of a release is that of GitHub; without a number its node's id, without a commit none."""
    row = release_row(RELEASE)
    assert (row["release_id"], row["tag"], row["sha"], row["name"]) == ("71", "v1.2", "a" * 40, "Spring")
    assert (row["draft"], row["prerelease"], row["author"], row["deleted"]) == (False, True, "ann", False)
    assert (str(row["created_at"]), str(row["published_at"])) == ("2026-03-01 10:00:00", "2026-03-02 11:30:00")
    row = release_row(RELEASE | {"databaseId": None, "tagCommit": None, "publishedAt": None})
    assert (row["release_id"], row["sha"], row["published_at"]) == ("RE_1", None, None)


@pytest.mark.parametrize(
    ("names", "environment"),
    [
        ({"environment": "live", "originalEnvironment": "staging"}, "live"),
        ({"environment": None, "originalEnvironment": "staging"}, "staging"),
        ({"environment": "live", "originalEnvironment": None}, "live"),
        ({"environment": None, "originalEnvironment": None}, ""),
    ],
)
def test_environment_is_that_of_now_or_else_the_first(names: dict[str, Any], environment: str) -> None:
    """A deployment may be moved to another environment; it counts where it is."""
    (row,) = Deployment(deployment(**names)).rows({})["deployments"]
    assert row["environment"] == environment


@pytest.mark.parametrize(("number", "name"), [("5", "5"), (None, "R")])
def test_review_has_its_number_or_else_the_id_of_its_node(number: str | None, name: str) -> None:
    """Older servers number no review; one of a commit that is gone has none."""
    review = {
        "id": "R",
        "fullDatabaseId": number,
        "author": person(),
        "commit": None,
        "comments": {"totalCount": 3},
        "state": "APPROVED",
        "submittedAt": AT,
    }
    (row,) = Pull(pull_request(reviews=page(review))).rows()["reviews"]
    assert (row["review_id"], row["sha"], row["comments"], row["state"]) == (name, None, 3, "approved")


def test_repository_without_a_branch_is_empty() -> None:
    """A new repository has no default branch yet."""
    node = {"nameWithOwner": "acme/shop", "url": "https://github.com/acme/shop", "defaultBranchRef": None}
    assert repository_row(node)["default_branch"] == ""
    assert repository_row(node | {"defaultBranchRef": {"name": "trunk"}})["default_branch"] == "trunk"


def test_commit_without_people_keeps_its_times() -> None:
    """A commit whose author or committer GitHub does not name has neither name nor offset, and both of its times."""
    someone = {"name": "Ann", "email": "ann@acme.com", "date": "2026-03-01T12:00:00+02:00"}
    node = {
        "oid": "c" * 40,
        "parents": {"totalCount": 1, "nodes": [{"oid": "b" * 40}]},
        "author": None,
        "committer": someone,
        "authoredDate": "2026-03-01T09:00:00Z",
        "committedDate": "2026-03-01T10:00:00Z",
        "message": "Add search\n",
    }
    row = commit_row(node)
    assert (row["author_name"], row["author_email"], row["author_utc_offset_minutes"]) == ("", "", None)
    assert (row["committer_name"], row["committer_utc_offset_minutes"]) == ("Ann", 120)
    assert (str(row["authored_at"]), str(row["committed_at"])) == ("2026-03-01 09:00:00", "2026-03-01 10:00:00")
    row = commit_row(node | {"author": someone, "committer": None})
    assert (row["author_name"], row["author_utc_offset_minutes"]) == ("Ann", 120)
    assert (row["committer_name"], row["committer_utc_offset_minutes"]) == ("", None)
