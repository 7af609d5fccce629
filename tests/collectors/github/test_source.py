from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from collectors.github import GitHubAuth, GitHubSource, auth_from, checked_base_url, parse_target, source_id
from headway.errors import AccessDenied, UsageError


@pytest.mark.parametrize(
    "url",
    [
        "https://api.github.com",
        "https://api.github.com/",
        "https://github.acme.com/api/v3",
        "https://github.acme.com/api/v3/",
        "https://api.acme.ghe.com",
        "http://127.0.0.1:8080",
        "http://localhost:8080/api/v3",
    ],
)
def test_base_url_of_a_github_is_taken(url: str) -> None:
    """The public API, a server of one's own and one with data residency are all known by their addresses."""
    assert checked_base_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("https://github.acme.com", "api/v3"),
        ("https://github.com", "api.github.com"),
        ("https://github.acme.com/v3", "api/v3"),
        ("http://github.acme.com/api/v3", "https"),
        ("ftp://github.acme.com/api/v3", "such as"),
        ("github.acme.com", "such as"),
        ("https://token@github.acme.com/api/v3", "HEADWAY_GITHUB_TOKEN"),
        ("https://github.acme.com/api/v3?x=1", "such as"),
        ("", "such as"),
    ],
)
def test_other_base_url_is_refused(url: str, word: str) -> None:
    """A bare host would have GraphQL asked in the wrong place, and plain HTTP would show the token: both are told."""
    with pytest.raises(UsageError) as refused:
        checked_base_url(url)
    assert word in refused.value.hint
    assert "token@" not in str(refused.value)


@pytest.mark.parametrize(
    ("target", "parsed"),
    [
        ("github:acme/checkout", ("acme", "checkout")),
        ("github:acme/checkout.git", ("acme", "checkout")),
        ("github:acme", ("acme", "")),
        ("github:a-b_c/.github", ("a-b_c", ".github")),
    ],
)
def test_target_is_read(target: str, parsed: tuple[str, str]) -> None:
    """A repository and an owner are told apart by the slash."""
    assert parse_target(target) == parsed


@pytest.mark.parametrize(
    "url",
    [
        "user:hunter2@github.acme.com",
        "https:/user:hunter2@github.acme.com/api/v3",
        "https://user:hunter2@github.acme.com/api/v3",
        "https://github.acme.com/api/v3?token=hunter2",
        "https://github.acme.com/api/v3#hunter2",
    ],
)
def test_secret_in_a_base_url_is_not_repeated(url: str) -> None:
    """However a password got into the base URL, no message shows it."""
    with pytest.raises(UsageError) as refused:
        checked_base_url(url)
    assert "hunter2" not in f"{refused.value} {refused.value.hint}"


def test_advice_on_a_base_url_is_one_that_works() -> None:
    """What a message recommends is a base URL itself, or none where the default is meant."""
    with pytest.raises(UsageError) as refused:
        checked_base_url("https://github.com")
    assert "https://api.github.com" in refused.value.hint
    with pytest.raises(UsageError) as refused:
        checked_base_url("http://127.0.0.1:8080/github")
    assert "http://127.0.0.1:8080/api/v3" in refused.value.hint
    with pytest.raises(UsageError, match="no valid port"):
        checked_base_url("http://127.0.0.1:99999")


@pytest.mark.parametrize(
    "target",
    [
        "github:",
        "github:/x",
        "github:acme/",
        "github:acme/a/b",
        "github:acme/..",
        "github:ac me/x",
        "github:acme/x?y=1",
    ],
)
def test_other_target_is_refused(target: str) -> None:
    """Nothing that could lead to another path of the API passes for a name."""
    with pytest.raises(UsageError):
        parse_target(target)


def test_source_id_names_owner_and_repository() -> None:
    """The id of a source says which repository it is."""
    assert source_id(GitHubSource("acme", "checkout")) == "github:acme/checkout"


def test_token_of_our_own_comes_first() -> None:
    """HEADWAY_GITHUB_TOKEN counts before GITHUB_TOKEN, and neither shows in what is printed or copied."""
    auth = auth_from({"GITHUB_TOKEN": "ghp_general", "HEADWAY_GITHUB_TOKEN": "ghp_special"})
    assert auth._token == "ghp_special"
    assert repr(auth) == "GitHubAuth(token)"
    assert repr(GitHubAuth(app_id="1", private_key="secret", installation_id=2)) == "GitHubAuth(app)"
    with pytest.raises(TypeError):
        pickle.dumps(auth)


def test_token_may_be_in_a_file(tmp_path: Path) -> None:
    """A mounted secret with a line end is a token; the variable itself comes first, the general one last."""
    file = tmp_path / "token"
    file.write_text("ghp_filed\n", encoding="ascii")
    environment = {"HEADWAY_GITHUB_TOKEN_FILE": str(file), "GITHUB_TOKEN": "ghp_general"}
    assert auth_from(environment)._token == "ghp_filed"
    assert auth_from({**environment, "HEADWAY_GITHUB_TOKEN": "ghp_special"})._token == "ghp_special"


@pytest.mark.parametrize("text", ["", "\n", None])
def test_file_without_a_token_is_said(tmp_path: Path, text: str | None) -> None:
    """No other token takes the place of a file that is empty or not there."""
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text, encoding="ascii")
    with pytest.raises(UsageError, match="HEADWAY_GITHUB_TOKEN_FILE"):
        auth_from({"HEADWAY_GITHUB_TOKEN_FILE": str(file), "GITHUB_TOKEN": "ghp_general"})


def test_general_token_is_sent_to_github_and_this_machine_alone() -> None:
    """A folder's headway.toml may name any server: that one gets a token only if it was set for Headway."""
    general = auth_from({"GITHUB_TOKEN": "ghp_general"})
    with pytest.raises(AccessDenied, match=r"not sent to evil\.example") as denied:
        general.connection("https://evil.example/api/v3", 1)
    assert "HEADWAY_GITHUB_TOKEN" in denied.value.hint
    assert "ghp_" not in f"{denied.value} {denied.value.hint}"
    for url in ("https://api.github.com", "http://127.0.0.1:1"):
        general.connection(url, 1)
    auth_from({"HEADWAY_GITHUB_TOKEN": "ghp_special"}).connection("https://github.acme.com/api/v3", 1)


def test_runner_of_a_server_sends_its_general_token_there() -> None:
    """GitHub's runners name in GITHUB_API_URL the server that GITHUB_TOKEN is of; an invalid one adds nothing."""
    server = "https://github.acme.com/api/v3"
    auth_from({"GITHUB_TOKEN": "ghp_general", "GITHUB_API_URL": server}).connection(server, 1)
    with pytest.raises(AccessDenied):
        auth_from({"GITHUB_TOKEN": "ghp_general", "GITHUB_API_URL": "acme"}).connection(server, 1)


@pytest.mark.parametrize("environment", [{}, {"GITHUB_TOKEN": "  "}, {"HEADWAY_GITHUB_APP_ID": ""}])
def test_no_token_is_said(environment: dict[str, str]) -> None:
    """Without any identity the error says which variable to set."""
    with pytest.raises(AccessDenied) as denied:
        auth_from(environment)
    assert "HEADWAY_GITHUB_TOKEN" in denied.value.hint


@pytest.mark.parametrize("token", ["two words", "line\nend", "ghp_ä"])
def test_token_that_is_none_is_refused_without_being_shown(token: str) -> None:
    """A token with a line end would break the header: it is refused, by its variable's name."""
    with pytest.raises(UsageError) as refused:
        auth_from({"GITHUB_TOKEN": token})
    assert token not in f"{refused.value} {refused.value.hint}"


def test_half_an_app_is_refused() -> None:
    """An App needs its id, key and installation; what is missing is named."""
    with pytest.raises(UsageError, match="INSTALLATION_ID is not set"):
        auth_from({"HEADWAY_GITHUB_APP_ID": "1", "HEADWAY_GITHUB_APP_PRIVATE_KEY": "-----BEGIN"})


@pytest.mark.parametrize("key", ["-----BEGIN NONSENSE-----", "no/such/file.pem"])
def test_key_that_is_none_is_refused_without_being_shown(key: str, tmp_path: Path) -> None:
    """A key that cannot sign, or a file that is not there, is told before anything is asked."""
    app = {
        "HEADWAY_GITHUB_APP_ID": "1",
        "HEADWAY_GITHUB_APP_PRIVATE_KEY": key,
        "HEADWAY_GITHUB_APP_INSTALLATION_ID": "2",
    }
    with pytest.raises(UsageError) as refused:
        auth_from(app).connection("https://api.github.com", 1)
    assert "NONSENSE" not in f"{refused.value} {refused.value.hint}"
