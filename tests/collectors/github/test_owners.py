from __future__ import annotations

from typing import Any

import pytest

from collectors.github import GitHubSource, Limits, Owned, known_as, lost_from, repositories_of, source_id
from collectors.github.api.signals import Lost
from tests.builders.github import FakeGitHub
from tests.collectors.github.reading import token


def names(github: FakeGitHub, owner: str = "acme", **wanted: Any) -> list[str]:
    """The names of an owner's repositories."""
    limits = Limits(waiting=github.clock)
    found = repositories_of(owner, auth=token(github), base_url=github.url, limits=limits, **wanted).wanted
    assert {source.base_url for source in found} <= {github.url}
    assert all(source.database_id for source in found)
    return [source.name for source in found]


def test_archived_repositories_and_forks_are_left_out_unless_asked_for(github: FakeGitHub) -> None:
    """`github:OWNER` means what its people work on: archived ones and forks come only when asked for."""
    github.edit.add_repository("old", archived=True)
    github.edit.add_repository("copy", fork=True)
    plain = names(github)
    assert {"checkout", "assistant", "sdk"} <= set(plain)
    assert not {"old", "copy"} & set(plain)
    assert {*names(github, archived=True)} == {*plain, "old"}
    assert {*names(github, forks=True)} == {*plain, "copy"}


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (["check*"], [], ["checkout"]),
        (["ACME/Check*"], [], ["checkout"]),
        ([], ["*t"], ["sdk"]),
        (["*"], ["acme/*"], []),
    ],
)
def test_globs_choose_by_name(github: FakeGitHub, include: list[str], exclude: list[str], expected: list[str]) -> None:
    """Globs are on the name with or without its owner, whatever the case; `exclude` has the last word."""
    wanted = [
        name for name in names(github, include=include, exclude=exclude) if name in {"checkout", "assistant", "sdk"}
    ]
    assert wanted == expected


def test_all_pages_of_a_large_owner_are_read(github: FakeGitHub) -> None:
    """An owner with more repositories than fit on a page is read to the end, at a request for each hundred."""
    before = len(names(github))
    for number in range(130):
        github.edit.add_repository(f"service-{number:03d}")
    github.forget()
    assert len(names(github)) == before + 130
    assert github.count(operation="Repositories") == 2


def test_unknown_owner_is_an_error(github: FakeGitHub) -> None:
    """An owner that GitHub does not know is not an owner without repositories."""
    with pytest.raises(Lost, match="nobody"):
        names(github, "nobody")


def test_repository_is_known_by_the_name_it_was_first_collected_under() -> None:
    """A renamed repository in an owner's list goes on as the source that it was; a new one is a new one."""
    listed = [GitHubSource("acme", "shop", database_id=7), GitHubSource("acme", "new", database_id=8)]
    resumes = {"github:acme/bulk": {"database_id": 7}, "git:/somewhere": {}, "github:acme/gone": {"database_id": 9}}
    assert [(source_id(source), source.name) for source in known_as(listed, resumes)] == [
        ("github:acme/bulk", "shop"),
        ("github:acme/new", "new"),
    ]


def test_new_repository_of_an_old_name_is_a_source_of_its_own() -> None:
    """One that took the name under which another one is known is neither mistaken for it nor left out."""
    listed = [GitHubSource("acme", "shop-old", database_id=7), GitHubSource("acme", "Shop", database_id=8)]
    known = known_as(listed, {"github:acme/shop": {"database_id": 7}})
    assert {source_id(source): source.database_id for source in known} == {
        "github:acme/shop": 7,
        "github:acme/Shop~8": 8,
    }
    again = known_as(listed, {"github:acme/shop": {"database_id": 7}, "github:acme/Shop~8": {"database_id": 8}})
    assert again == known


def test_what_an_owner_has_no_more_is_told_of() -> None:
    """Of what was collected, that which the owner has no more is there to be asked for; archived ones are not gone."""
    owned = Owned([], frozenset({1}))
    resumes = {f"github:{name}": {"database_id": id_} for name, id_ in (("acme/a", 1), ("Acme/b", 2), ("other/c", 3))}
    assert [source_id(one) for one in lost_from("acme", owned, resumes)] == ["github:Acme/b"]
    assert lost_from("acme", owned, resumes, exclude=["b"]) == []
