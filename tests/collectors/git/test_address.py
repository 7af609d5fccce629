from __future__ import annotations

from pathlib import Path

import pytest

from collectors.git import GitSource, source_id
from collectors.git.repository.address import identify, locate
from headway.errors import UsageError


@pytest.mark.parametrize(
    ("url", "repo_id", "web"),
    [
        ("https://github.com/acme/shop.git", "github:acme/shop", "https://github.com/acme/shop"),
        ("https://github.com/acme/shop/", "github:acme/shop", "https://github.com/acme/shop"),
        ("git@github.com:acme/shop.git", "github:acme/shop", "https://github.com/acme/shop"),
        ("ssh://git@ssh.github.com:443/acme/shop.git", "github:acme/shop", "https://github.com/acme/shop"),
        ("git@github.com-work:acme/shop.git", "github:acme/shop", "https://github.com/acme/shop"),
        ("https://ann@gitlab.com/acme/team/shop.git", "gitlab:acme/team/shop", "https://gitlab.com/acme/team/shop"),
        ("git@gitlab.acme.example:team/shop", "gitlab:team/shop", "https://gitlab.acme.example/team/shop"),
        ("https://ann@bitbucket.org/acme/shop.git", "bitbucket:acme/shop", "https://bitbucket.org/acme/shop"),
        ("https://code.acme.example:8443/x/shop", "git:code.acme.example/x/shop", "https://code.acme.example/x/shop"),
        ("ssh://git@code.acme.example/x/shop", "git:code.acme.example/x/shop", ""),
        ("file:///srv/git/shop.git", "git:shop", ""),
        ("file:///srv/git/acme+shop/repo", "git:acme+shop", ""),
        ("file:///repo", "git:repository", ""),
        ("https://github.company.example/acme/shop", "git:github.company.example/acme/shop", "https://github.company.example/acme/shop"),
    ],
)  # fmt: skip
def test_url_tells_which_repository_it_is(url: str, repo_id: str, web: str) -> None:
    """The host gives the provider and the path the name; nothing of a user or password is in either."""
    identity = identify(locate(url), "", None)
    assert (identity.repo_id, identity.url) == (repo_id, web)


@pytest.mark.parametrize(
    ("folder", "remote", "repo_id"),
    [
        ("shop", "", "git:shop"),
        ("shop.git", "", "git:shop"),
        ("shop/.git", "", "git:shop"),
        ("acme+shop/repo", "", "git:acme+shop"),
        ("my shop", "", "git:my-shop"),
        ("shop", "/srv/git/other.git", "git:shop"),
        ("shop", "../other", "git:shop"),
        ("shop", "https://ann:secret@github.com/acme/shop.git", "github:acme/shop"),
        ("shop", "https://ghp_0123456789abcdef@github.com/acme/shop.git", "github:acme/shop"),
        ("shop", "git@github.com:acme/shop", "github:acme/shop"),
    ],
)
def test_folder_is_named_for_its_remote_or_itself(tmp_path: Path, folder: str, remote: str, repo_id: str) -> None:
    """A clone is the repository that its remote is; one without is called as its folder."""
    identity = identify(locate(str(tmp_path / folder)), remote, None)
    assert identity.repo_id == repo_id
    assert "secret" not in identity.url
    assert "ghp_" not in identity.url


@pytest.mark.parametrize(
    ("name", "repo_id"),
    [("acme/till", "github:acme/till"), ("gitlab:acme/till", "gitlab:acme/till"), ("till", "github:till")],
)
def test_name_overrides_the_id(name: str, repo_id: str) -> None:
    """A name of one's own keeps the provider that the URL tells, unless it brings one."""
    assert identify(locate("https://github.com/acme/shop"), "", name).repo_id == repo_id
    assert identify(locate("/srv/shop"), "", "acme/till").repo_id == "git:acme/till"


@pytest.mark.parametrize("name", ["", "a b", "git hub:x", "x:", "a:b:c"])
def test_name_that_cannot_be_one_is_wrong_use(name: str) -> None:
    """A name with blanks or nothing in it is refused."""
    with pytest.raises(UsageError):
        identify(locate("/srv/shop"), "", name)


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://ann:hunter2@example.com/x.git", "hunter2"),
        ("https://ghp_abcdefghijklmnop@github.com/acme/shop", "ghp_abcdefghijklmnop"),
        ("https://oauth2:glpat-abc@gitlab.com/x/y", "glpat-abc"),
        ("https://0123456789abcdef0123456789@example.com/x", "0123456789abcdef0123456789"),
        ("https://example.com/x?private_token=hunter2", "hunter2"),
        ("ssh://ann:hunter2@example.com/x", "hunter2"),
        ("https://ann:hunter%402@example.com:99999999/x", "hunter"),
        ("https://ann:hun/ter2@example.com/x", "ter2"),
    ],
)
def test_url_with_a_secret_is_refused_and_not_repeated(url: str, secret: str) -> None:
    """A password or token in a URL is told to be one, and neither line of the error has it."""
    with pytest.raises(UsageError) as raised:
        locate(url)
    assert secret not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize(
    "target", ["", " ", "-x", "a\nb", "https://", "https:///x", "ftp://example.com/x", "ext::sh -c x", "http://[x"]
)
def test_target_that_cannot_be_one_is_wrong_use(target: str) -> None:
    """What is neither a folder nor a URL for Git is refused."""
    with pytest.raises(UsageError):
        locate(target)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("https://ann@example.com/x/shop.git/", "git:https://example.com/x/shop"),
        ("git@github.com:acme/shop.git", "git:github.com:acme/shop"),
        ("file:///srv/shop.git", "git:file:///srv/shop"),
        ("/srv/../srv/shop", "git:/srv/shop"),
    ],
)
def test_source_id_is_stable(target: str, expected: str) -> None:
    """One source has one id, however its target is spelled."""
    assert source_id(GitSource(target)) == expected


def test_folder_comes_before_a_url_of_the_same_spelling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder called `host:path` is a folder."""
    (tmp_path / "host:path").mkdir()
    monkeypatch.chdir(tmp_path)
    assert locate("host:path").folder == tmp_path / "host:path"
    assert locate("other:path").url == "other:path"


def test_home_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A settings file may say `~`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert locate("~/shop").folder == tmp_path.resolve() / "shop"
