"""Who may reach the dashboard: names of the host, headers of responses, and the secret that signs cookies."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from streamlit import config as streamlit_config

from dashboard.server import sign_in
from dashboard.server.guard import Guard
from dashboard.server.hosts import LOOPBACK_HOSTS, accepted_hosts
from dashboard.server.serve import options
from headway.errors import HeadwayError, UsageError
from headway.settings import DashboardSettings

EVERY = "0.0.0.0"  # noqa: S104  (nothing is bound)
LONG = "kq3T9vXw-2bLr7YdPz5NhJm8sCfGu4Ae"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost"])
def test_loopback_answers_to_its_own_names_alone(address: str) -> None:
    """Nobody but this machine reaches it, so nothing else is its name."""
    assert accepted_hosts(address) == list(LOOPBACK_HOSTS)


@pytest.mark.parametrize("address", ["192.0.2.7", EVERY, "::"])
def test_another_address_answers_to_names_of_the_machine(address: str) -> None:
    """No name that a page elsewhere chose is accepted without a setting."""
    hosts = accepted_hosts(address)
    assert "*" not in hosts
    assert len(hosts) > len(LOOPBACK_HOSTS)
    assert ("192.0.2.7" in hosts) is (address == "192.0.2.7")


def test_names_of_the_settings_take_the_place_of_the_machine_s() -> None:
    """Behind a proxy on the same host its public name is accepted, and loopback's for health checks."""
    for address in ("127.0.0.1", EVERY):
        assert accepted_hosts(address, ["Headway.example.com"]) == [*LOOPBACK_HOSTS, "headway.example.com"]


@pytest.mark.parametrize(
    "host", ["https://headway.example.com", "headway.example.com:443", "a b", "", "x/y", "*.*", "a*"]
)
def test_host_that_is_no_name_is_refused(host: str) -> None:
    """A name with scheme, port or path would never match, so it is an error with the form to write."""
    with pytest.raises(UsageError, match="no name of a host"):
        DashboardSettings(hosts=(host,))


@pytest.mark.parametrize("host", ["headway", "headway.example.com", "*.example.com", "*", "192.0.2.7", "2001:db8::7"])
def test_names_and_addresses_are_hosts(host: str) -> None:
    """Names, all names of a domain, addresses in numbers, and any name where somebody wants that."""
    assert DashboardSettings(hosts=(host,)).hosts == (host,)


@pytest.mark.parametrize("path", ["https://x", "/a b", "/../etc", "//", "/a?b"])
def test_base_path_that_is_no_path_is_refused(path: str) -> None:
    """Only plain parts of a path can be one."""
    with pytest.raises(UsageError, match="no path"):
        DashboardSettings(base_path=path)


@pytest.mark.parametrize(
    ("path", "streamlit"), [("", ""), ("/headway", "headway"), ("tools/headway/", "tools/headway")]
)
def test_base_path_reaches_the_server(path: str, streamlit: str) -> None:
    """However its slashes are written."""
    assert options(8501, "127.0.0.1", DashboardSettings(base_path=path))["server.baseUrlPath"] == streamlit


def answered(path: str, host: str | None) -> tuple[int, dict[str, str], bytes]:
    """The status, headers and body that a guarded application answers to a request for a path on a host."""
    sent: list[MutableMapping[str, Any]] = []

    async def page(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/plain"), (b"X-Frame-Options", b"ALLOWALL")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"numbers"})

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request"}

    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
    asyncio.run(Guard(page)(scope, receive, send))
    told = [(name.decode().lower(), value.decode()) for name, value in sent[0]["headers"]]
    assert len(dict(told)) == len(told), "a header came twice"
    return sent[0]["status"], dict(told), b"".join(part.get("body", b"") for part in sent[1:])


@pytest.fixture
def _named(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = options(8501, "127.0.0.1", DashboardSettings(hosts=("headway.example.com",)))
    before = streamlit_config.get_option

    def option(name: str) -> Any:
        return chosen["server.allowedHosts"] if name == "server.allowedHosts" else before(name)

    monkeypatch.setattr(streamlit_config, "get_option", option)


@pytest.mark.usefixtures("_named")
@pytest.mark.parametrize("host", ["headway.example.com", "HEADWAY.example.com:443", "localhost:8501", "[::1]:8501"])
def test_own_name_is_answered_with_every_header(host: str) -> None:
    """No frame around the page, no guessed types, nothing from elsewhere; what the page says of it does not count."""
    status, headers, body = answered("/", host)
    assert (status, body) == (200, b"numbers")
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]


@pytest.mark.usefixtures("_named")
@pytest.mark.parametrize(
    "host", ["evil.example", "headway.example.com.evil.example", "headway.example.com@evil", "", None]
)
def test_other_name_is_refused_with_what_to_do(host: str | None) -> None:
    """Whatever it asks for, it gets nothing of the page, and the person who runs it reads which setting counts."""
    for path in ("/", "/media/export.csv"):
        status, headers, body = answered(path, host)
        assert status == 421
        assert b"numbers" not in body
        assert b"[dashboard]" in body
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.usefixtures("_named")
def test_health_is_told_under_any_name() -> None:
    """An orchestrator asks by the address of a container; the answer tells nothing."""
    assert answered("/_stcore/health", "10.0.0.9:8501")[0] == 200
    assert answered("/headway/_stcore/health", "10.0.0.9:8501")[0] == 200


@pytest.fixture
def secrets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write the file of secrets with a cookie's secret and a mode."""
    file = tmp_path / "secrets.toml"

    def write(secret: str, mode: int = 0o600) -> Path:
        file.write_text("", encoding="utf-8")
        file.chmod(mode)
        auth = {"redirect_uri": "https://headway.example.com/oauth2callback", "cookie_secret": secret}
        monkeypatch.setattr(sign_in, "_auth", lambda: auth)
        monkeypatch.setattr(sign_in, "_files", lambda: [file])
        return file

    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    return write


@pytest.mark.parametrize("secret", ["", "x", "…", "made up, and too short", "a" * 64, "abcabcabc" * 8, LONG[:31]])
def test_cookie_secret_that_can_be_guessed_is_refused(secrets_file: Any, secret: str) -> None:
    """Whoever guesses it makes a cookie of any address: short ones and repetitions are no secret."""
    secrets_file(secret)
    with pytest.raises(HeadwayError, match="can be guessed") as caught:
        sign_in.ensure_sign_in()
    assert "token_urlsafe" in caught.value.hint
    assert len(secret) < 2 or secret not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o660, 0o666])
def test_file_of_secrets_that_others_may_read_is_refused(secrets_file: Any, mode: int) -> None:
    """Nor one that others may write."""
    file = secrets_file(LONG, mode)
    with pytest.raises(HeadwayError, match="others may read or write it") as caught:
        sign_in.ensure_sign_in()
    assert caught.value.hint == f"chmod 600 '{file}'"


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440])
def test_private_random_secret_is_accepted(secrets_file: Any, mode: int) -> None:
    """Its owner's, or mounted for the group of a container."""
    secrets_file(LONG, mode)
    sign_in.ensure_sign_in()
