from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.github import GitHubSource, auth_from
from collectors.github.api.signals import LockedOut, Lost
from headway.errors import AccessDenied
from tests.builders.github import FakeGitHub, Fault, Faults, bulk, kinds
from tests.builders.github.exchange import Answer, json_answer
from tests.collectors.github.reading import Reader, folded, token


def notices(reader: Reader) -> dict[str, int]:
    """Kinds and counts of the notices that stand."""
    return {row["kind"]: row["count"] for row in reader.rows("notices") if row["count"]}


def test_renamed_repository_keeps_its_identity(small: FakeGitHub) -> None:
    """Under another name the repository is read on, with its old id in all rows and a notice."""
    reader = Reader.of(small)
    reader.night()
    small.edit.rename("bulk", "shop")
    small.advance(hours=24)
    number = small.edit.open_pull("shop")
    reader.night()
    rows = reader.rows("pull_requests")
    assert number in {row["number"] for row in rows}
    assert {row["repo_id"] for row in rows} == {"github:acme/bulk"}
    assert notices(reader) == {"another_name": 1}
    assert [row["repo"] for row in reader.rows("repositories")] == ["acme/shop"]


def test_repository_that_takes_the_old_name_is_not_mistaken(small: FakeGitHub) -> None:
    """Another repository with the name of a renamed one does not get into its numbers."""
    reader = Reader.of(small)
    reader.night()
    before = reader.rows("pull_requests")
    small.edit.rename("bulk", "shop")
    small.edit.add_repository("bulk")
    small.edit.open_pull("bulk", "Somebody else's")
    small.advance(hours=24)
    reader.night()
    assert reader.rows("pull_requests") == before
    small.edit.open_pull("shop", "Ours")
    small.advance(hours=24)
    reader.night()
    assert [row["title"] for row in reader.rows("pull_requests")[len(before) :]] == ["Ours"]


def test_rename_while_it_is_read_loses_nothing(small: FakeGitHub) -> None:
    """A redirect in the middle of a run is not followed blindly: the new name is asked for, with the whole query."""
    whole = Reader.of(small)
    whole.night()
    act = kinds.act(lambda server: server.edit.rename("bulk", "shop"))
    small.faults = Faults([Fault(act, path="/graphql", operation="PullRequests", at=(1,))])
    reader = Reader.of(small)
    reader.night()
    assert small.count(status=301) == 1
    assert folded(reader.tables)["ci_runs"] == folded(whole.tables)["ci_runs"]
    assert folded(reader.tables)["ci_jobs"] == folded(whole.tables)["ci_jobs"]


def test_redirected_list_is_asked_for_again_under_the_new_name(small: FakeGitHub) -> None:
    """Each REST request may meet a 301 that would drop its query; none is read from without one."""
    whole = Reader.of(small)
    whole.night()
    small.faults = Faults([Fault(kinds.moved(), path="/repos/*", at=(1, 3, 6))])
    reader = Reader.of(small)
    reader.night()
    assert folded(reader.tables) == folded(whole.tables)


@pytest.mark.parametrize("status", [404, 410, 451])
def test_lost_repository_keeps_its_data_and_is_said_to_be_unreachable(small: FakeGitHub, status: int) -> None:
    """A repository that is gone raises an error, keeps rows and watermark, and has a notice until it is back."""
    reader = Reader.of(small)
    reader.night()
    before, known = reader.rows("pull_requests"), reader.watermark_at
    small.edit.lose("bulk", status)
    small.advance(hours=24)
    with pytest.raises(Lost) as lost:
        reader.night()
    assert "retained" in lost.value.hint
    assert reader.rows("pull_requests") == before
    assert reader.watermark_at == known
    assert notices(reader) == {"unreachable": 1}
    small.edit.restore("bulk")
    small.advance(hours=24)
    reader.night()
    assert notices(reader) == {}
    assert reader.watermark_at == small.clock.now()


def test_repository_that_never_was_is_no_repository_without_pull_requests(small: FakeGitHub) -> None:
    """A name that GitHub does not know raises, and nothing is noted of it."""
    reader = Reader.of(small, "nothing")
    with pytest.raises(Lost, match="no repository acme/nothing"):
        reader.night()
    assert reader.checkpoints == []


def test_single_sign_on_is_said_with_what_to_do(small: FakeGitHub) -> None:
    """Where the organization wants single sign-on, what was collected stays and the operator learns what to do."""
    reader = Reader.of(small)
    reader.night()
    small.faults = Faults([Fault(kinds.saml())])
    with pytest.raises(LockedOut, match="single sign-on") as locked:
        reader.night()
    assert "authorize" in locked.value.hint
    assert notices(reader) == {"unreachable": 1}


def test_repository_made_anew_is_read_only_when_asked_to(small: FakeGitHub) -> None:
    """One that was deleted and made again is another repository: only `full` begins with it."""
    reader = Reader.of(small)
    reader.night()
    small.edit.rename("bulk", "gone")
    small.edit.lose("gone")
    small.edit.add_repository("bulk")
    small.edit.open_pull("bulk", "First again")
    small.advance(hours=24)
    with pytest.raises(Lost, match="now another repository"):
        reader.night()
    reader.night(full=True)
    (new,) = [row for row in reader.rows("pull_requests") if "~" in row["repo_id"]]
    assert new["title"] == "First again"
    assert reader.night() == {}


@pytest.mark.parametrize(
    ("missing", "notice"),
    [
        ("deployments", "no_access_deployments"),
        ("contents", "no_access_releases"),
        ("actions", "no_access_runs"),
    ],
)
def test_part_that_the_token_may_not_read_is_left_out_and_said(small: FakeGitHub, missing: str, notice: str) -> None:
    """A fine-grained token without one permission reads the rest; a week later it is tried again."""
    names = {"metadata", "pull_requests", "contents", "deployments", "actions"}
    restricted = small.add_token("fine-grained", dict.fromkeys(names - {missing}, "read"))
    reader = replace(Reader.of(small), auth=token(small, restricted))
    reader.night()
    assert notices(reader)[notice] == 1
    assert len(reader.rows("pull_requests")) == 20
    assert reader.watermark_at == small.clock.now()
    small.forget()
    small.advance(hours=24)
    reader.night()
    assert len(small.served) <= 2
    reader.auth = token(small)
    small.advance(days=8)
    reader.night()
    assert notices(reader) == {}


def test_token_that_may_not_read_pull_requests_is_refused(small: FakeGitHub) -> None:
    """Pull requests are what it is all about: without them the run ends and names the permissions."""
    reader = replace(Reader.of(small), auth=token(small, small.add_token("fine-grained", {"metadata": "read"})))
    with pytest.raises(AccessDenied) as denied:
        reader.night()
    assert "pull requests" in denied.value.hint


def test_app_reads_as_a_token_does() -> None:
    """A GitHub App exchanges its key for a token once, and for another when that one is refused."""
    with FakeGitHub(bulk(pulls=3, runs=2), schema="excerpt") as github:
        app = github.add_app()
        environment = {
            "HEADWAY_GITHUB_APP_ID": str(app.app_id),
            "HEADWAY_GITHUB_APP_PRIVATE_KEY": app.private_key.replace("\n", "\\n"),
            "HEADWAY_GITHUB_APP_INSTALLATION_ID": str(app.installation_id),
        }
        reader = replace(Reader.of(github), auth=auth_from(environment))
        reader.night()
        assert len(reader.rows("pull_requests")) == 3
        assert github.count(endpoint="*access_tokens") == 1
        github.expire_tokens()
        github.advance(hours=24)
        reader.night()
        assert github.count(endpoint="*access_tokens") == 2
        wrong = replace(reader, auth=auth_from(environment | {"HEADWAY_GITHUB_APP_INSTALLATION_ID": "1"}))
        with pytest.raises(AccessDenied, match="no token"):
            wrong.night()


@pytest.mark.parametrize(
    ("answer", "words", "tokens"),
    [
        (json_answer(401, {"message": "Bad credentials"}), "refused the token", 2),
        (json_answer(200, {"errors": [{"type": "INSUFFICIENT_SCOPES", "message": "no scope"}]}), "may not read", 1),
    ],
    ids=["a token that is refused", "a token that may not read"],
)
def test_app_asks_for_another_token_once_where_one_is_refused(answer: Answer, words: str, tokens: int) -> None:
    """Another one of the same App would have the same permissions, and one that is refused at once is no accident."""
    with FakeGitHub(bulk(pulls=1, runs=0), schema="excerpt") as github:
        app = github.add_app()
        environment = {
            "HEADWAY_GITHUB_APP_ID": str(app.app_id),
            "HEADWAY_GITHUB_APP_PRIVATE_KEY": app.private_key,
            "HEADWAY_GITHUB_APP_INSTALLATION_ID": str(app.installation_id),
        }
        github.faults = Faults([Fault(kinds.Kind(words, lambda _exchange: answer), path="*graphql")])
        with pytest.raises(AccessDenied, match=words):
            replace(Reader.of(github), auth=auth_from(environment)).night()
        assert github.count(endpoint="*access_tokens") == tokens


def test_enterprise_server_is_read_at_its_own_address() -> None:
    """Under `/api/v3` REST is asked there and GraphQL at `/api/graphql`."""
    with FakeGitHub(bulk(pulls=3, deployments=2, runs=2), schema="excerpt", limits=False) as github:
        reader = replace(Reader.of(github), source=GitHubSource("acme", "bulk", github.enterprise_url))
        reader.night()
        assert len(reader.rows("pull_requests")) == 3
        assert len(reader.rows("ci_jobs")) == 4


def test_bots_mannequins_and_deleted_accounts_are_told_apart() -> None:
    """A bot has the ending that GitHub shows, somebody imported is a person, and a deleted account is nobody."""
    with FakeGitHub(bulk(pulls=120, long_every=0), schema="excerpt") as github:
        reader = Reader.of(github)
        reader.night()
        rows = reader.rows("pull_requests")
    kinds_of = {(row["author_kind"], (row["author"] or "").endswith("[bot]"), row["author"] is None) for row in rows}
    assert kinds_of == {("person", False, False), ("bot", True, False), (None, False, True)}
