from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.repository_names import change_key, ignores_case, names_match, normalized, repository_key

SAME = [
    ("github:Acme/Shop", "github:acme/shop"),
    ("github:Acme/Shop.git", "github:acme/shop"),
    ("github:Acme/Shop/", "github:acme/shop"),
    ("GitHub:acme/shop", "github:acme/shop"),
    ("github.com:acme/shop", "github:acme/shop"),
    ("github:https://github.com/Acme/Shop", "github:acme/shop"),
    ("github:ssh://git@ssh.github.com:443/Acme/Shop.git", "github:acme/shop"),
    ("gitlab:Acme/Tools/CLI", "gitlab:acme/tools/cli"),
    ("gitlab:https://gitlab.example.com/Acme/Tools/CLI/-/tree/main", "gitlab:acme/tools/cli"),
    ("bitbucket:Acme/Shop", "bitbucket:acme/shop"),
    ("git:Codeberg.org/Acme/Shop", "git:codeberg.org/acme/shop"),
    ("git:dev.azure.com/Acme/Web/_git/Shop", "git:dev.azure.com/acme/web/_git/shop"),
    ("git:ssh.dev.azure.com/v3/acme/web/shop", "git:dev.azure.com/acme/web/_git/shop"),
    ("git:acme.visualstudio.com/DefaultCollection/web/_git/shop", "git:dev.azure.com/acme/web/_git/shop"),
    ("git:dev.azure.com/acme/_git/shop", "git:dev.azure.com/acme/shop/_git/shop"),
    ("git:https://Git.Example.com/Acme/Shop.git", "git:git.example.com/Acme/Shop"),
]
DIFFERENT = [
    ("git:git.example.com/Acme/Shop", "git:git.example.com/acme/shop"),
    ("git:Shop", "git:shop"),
    ("github:acme/shop", "gitlab:acme/shop"),
    ("gitlab:gitlab-org/security/gitlab", "gitlab:security/gitlab"),
    ("github:https://gitlab.com/acme/shop", "gitlab:acme/shop"),
    ("git:dev.azure.com/acme/web/_git/shop", "git:dev.azure.com/acme/till/_git/shop"),
    ("records:acme/desk", "records:Acme/Desk"),
]
IDS = st.from_regex(
    r"(github|gitlab|bitbucket|git|records):([a-zA-Z.]{1,4}/)?[a-zA-Z._-]{1,6}(\.git)?/?", fullmatch=True
)


@pytest.mark.parametrize(("written", "other"), SAME)
def test_spellings_of_one_repository_have_one_key(written: str, other: str) -> None:
    """Case, `.git`, addresses and older hosts of a forge do not make another repository."""
    assert repository_key(written) == repository_key(other) == other


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_repositories_have_other_keys(one: str, other: str) -> None:
    """Case counts on a plain host and in a folder's name; providers, groups and projects always do."""
    assert repository_key(one) != repository_key(other)


@given(IDS)
def test_spelling_is_found_once(repo_id: str) -> None:
    """A normalized id stays as it is, and has the same key as before; so has its key."""
    assert normalized(normalized(repo_id)) == normalized(repo_id)
    assert repository_key(normalized(repo_id)) == repository_key(repo_id) == repository_key(repository_key(repo_id))


@given(IDS)
def test_case_is_ignored_where_the_forge_ignores_it(repo_id: str) -> None:
    """Another case is another key exactly where the forge tells cases apart."""
    provider, _, name = normalized(repo_id).partition(":")
    if name != name.swapcase() and provider != "git":
        other = repository_key(f"{provider}:{name.swapcase()}")
        assert (other == repository_key(repo_id)) is ignores_case(f"{provider}:{name}")


def test_change_has_one_key() -> None:
    """A change is the same in any spelling of its repository; its number or commit stays."""
    assert change_key("github:Acme/Shop.git#12") == "github:acme/shop#12"
    assert change_key("github:Acme/Shop@ABCDEF") == "github:acme/shop@abcdef"
    assert change_key("git:Shop#12") == "git:Shop#12"
    assert change_key("nonsense") == "nonsense"


@pytest.mark.parametrize(
    ("pattern", "repo_id", "expected"),
    [
        ("acme/shop", "github:Acme/Shop", True),
        ("github:acme/shop", "github:Acme/Shop", True),
        ("GitHub:Acme/*", "github:acme/shop", True),
        ("gitlab:*", "github:acme/shop", False),
        ("*", "git:shop", True),
        ("Shop", "git:shop", False),
        ("git:shop", "git:shop", True),
        ("acme/shop", "acme/shop", True),
        ("shop", "github:acme/shop", False),
    ],
)
def test_glob_names_a_repository_with_or_without_its_provider(pattern: str, repo_id: str, *, expected: bool) -> None:
    """The name that `headway status` shows works in settings as the bare name does, in the case of the forge."""
    assert names_match(pattern, repo_id) is expected
