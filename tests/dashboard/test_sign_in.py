"""Signing in, from the door to the pages and out again, with a provider and a browser."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dashboard.shell.navigation import FIRST, PAGES
from tests.dashboard import warehouses
from tests.dashboard.running import Served, dashboard
from tests.dashboard.visiting import PATIENCE_MS

if TYPE_CHECKING:
    from tests.dashboard.provider import Provider

pytest.importorskip("authlib", reason="needs the extra auth")
pytestmark = pytest.mark.browser

ACCOUNTS = {
    "ann": {"email": "Ann@Example.com", "email_verified": True},
    "mallory": {"email": "mallory@evil.example", "email_verified": True},
    "unverified": {"email": "ann@example.com", "email_verified": False},
    "nobody": {},
}
SETTINGS = '[dashboard]\nsign_in = true\nallowed = ["*@example.com"]\n'


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Provider]]:
    """A dashboard behind a provider."""
    from tests.dashboard.provider import CLIENT, SECRET, provider

    folder = warehouses.published(tmp_path_factory.mktemp("house"), warehouses.busy())
    (folder / "headway.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / ".streamlit").mkdir()
    with provider(ACCOUNTS) as known:
        told = {
            "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
            "cookie_secret": secrets.token_urlsafe(48),
            "client_id": CLIENT,
            "client_secret": SECRET,
            "server_metadata_url": f"{known.url}/.well-known/openid-configuration",
        }
        lines = "".join(f'{name} = "{value}"\n' for name, value in told.items())
        file = folder / ".streamlit" / "secrets.toml"
        file.write_text(f"[auth]\n{lines}", encoding="utf-8")
        file.chmod(0o600)
        with dashboard(folder) as served:
            known.redirect_uri = f"{served.url}/oauth2callback"
            yield served, known


class Visitor:
    """Somebody with a browser of their own, and all that the server sent them."""

    def __init__(self, context: Any, served: Served) -> None:
        self.page, self.served = context.new_page(), served
        self.page.set_default_timeout(PATIENCE_MS)
        self.sent: list[bytes] = []
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._received))

    def _received(self, frame: str | bytes) -> None:
        self.sent.append(frame.encode() if isinstance(frame, str) else frame)

    def come(self, path: str = "") -> None:
        """Open a page and wait for what it says."""
        self.page.goto(f"{self.served.url}/{path}")
        self.page.get_by_role("heading", level=1).wait_for()

    def sign_in(self, account: str) -> None:
        """Press the button, and the one of an account at the provider."""
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name=account, exact=True).click()

    def title(self) -> str:
        """The page's title."""
        said: str = self.page.get_by_role("heading", level=1).inner_text()
        return said

    def wait_for(self, title: str) -> None:
        """Wait for a page of that title."""
        self.page.get_by_role("heading", name=title, level=1).wait_for()

    def knows(self, word: str) -> bool:
        """Whether a word is on the page, or in anything that the server sent for it."""
        return word in self.page.content() or any(word.encode() in part for part in self.sent)


@pytest.fixture
def visitors(browser: Any, house: tuple[Served, Provider]) -> Iterator[Any]:
    """Let somebody come in a browser of their own."""
    contexts: list[Any] = []

    def come() -> Visitor:
        contexts.append(browser.new_context())
        return Visitor(contexts[-1], house[0])

    yield come
    for context in contexts:
        context.close()


def test_nothing_is_shown_before_signing_in(visitors: Any) -> None:
    """Every page shows the way in alone, and nothing of a page is sent: not even the name of a repository."""
    visitor = visitors()
    for place in PAGES.values():
        visitor.come("" if place == FIRST else f"{place.name}?change=github:acme/shop%233")
        assert visitor.title() == "Sign in"
    assert visitor.sent
    assert not visitor.knows("acme/shop")


def test_who_is_on_the_list_comes_in_and_out_again(visitors: Any, house: tuple[Served, Provider]) -> None:
    """An allowed address sees the pages; signed out, in the same browser, nothing; PKCE and nonce were asked for."""
    visitor = visitors()
    visitor.come()
    visitor.sign_in("ann")
    visitor.wait_for("Pulse check")
    asked = house[1].asked[-1]
    assert asked["code_challenge_method"] == "S256"
    assert asked["nonce"]
    assert house[1].refused == []
    visitor.page.get_by_role("link", name="Data health").click()
    visitor.wait_for("Data health")
    assert visitor.knows("acme/shop")
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.wait_for("Sign in")
    visitor.sent.clear()
    visitor.come("health")
    assert visitor.title() == "Sign in"
    assert not visitor.knows("acme/shop")


@pytest.mark.parametrize("account", ["mallory", "unverified", "nobody"])
def test_who_is_not_on_the_list_stays_outside(visitors: Any, account: str) -> None:
    """Another address, one that was not verified, and none at all are denied access, on every page."""
    visitor = visitors()
    visitor.come()
    visitor.sign_in(account)
    visitor.wait_for("Access denied")
    for place in PAGES.values():
        visitor.come("" if place == FIRST else place.name)
        assert visitor.title() == "Access denied"
    assert not visitor.knows("acme/shop")


def test_token_of_another_request_lets_nobody_in(visitors: Any, house: tuple[Served, Provider]) -> None:
    """A token whose nonce is not that of this browser's request is no sign of anybody."""
    visitor = visitors()
    visitor.come()
    house[1].nonce = "of another request"
    try:
        visitor.sign_in("ann")
        visitor.page.wait_for_url(f"{visitor.served.url}/**")
        visitor.come()
    finally:
        house[1].nonce = None
    assert visitor.title() == "Sign in"
    assert not visitor.knows("acme/shop")


def test_forged_cookie_lets_nobody_in(visitors: Any) -> None:
    """A cookie that this dashboard did not sign says nothing."""
    visitor = visitors()
    forged = '{"is_logged_in": true, "email": "ann@example.com", "email_verified": true}'
    cookie = {"name": "_streamlit_user", "value": forged.encode().hex(), "url": visitor.served.url}
    visitor.page.context.add_cookies([cookie])
    visitor.come("health")
    assert visitor.title() == "Sign in"
    assert not visitor.knows("acme/shop")
