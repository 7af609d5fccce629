"""A provider of OpenID Connect on loopback: discovery, authorization code with PKCE and nonce, tokens signed by RS256.

It asks nobody for a password: whoever comes presses the button of the account that they want to be. It is strict where
a provider must be (who asks, where to go back to, each code once, the verifier of its challenge), and lenient nowhere.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "headway", "a-secret-of-the-test"
SECONDS = 300


@dataclass
class Provider:
    """What it was asked, whom it knows, and what it gave out.

    `accounts`: claims by the name on their button. `asked`: the parameters of each request to sign in. `refused`: why
    it gave no token. `nonce`: put into tokens instead of the one that was asked for, as a stolen token would have it.
    """

    url: str
    accounts: Mapping[str, Mapping[str, Any]]
    redirect_uri: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    nonce: str | None = None

    def discovery(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0, section 3."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    def jwks(self) -> dict[str, Any]:
        """The public half of its key."""
        return {"keys": [self.key.as_dict(private=False)]}

    def doors(self, query: dict[str, str]) -> str:
        """A page with a button for each account."""
        self.asked.append(query)
        wrong = query.get("client_id") != CLIENT or query.get("redirect_uri") != self.redirect_uri
        if wrong or query.get("response_type") != "code" or "openid" not in query.get("scope", "").split():
            self.refused.append("authorize")
            return "<h1>refused</h1>"
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in query.items()
        )
        buttons = "".join(f'<button name="account" value="{name}">{name}</button>' for name in self.accounts)
        return f'<h1>Who are you?</h1><form method="post" action="/authorize">{hidden}{buttons}</form>'

    def admit(self, form: dict[str, str]) -> str:
        """Where to send who pressed a button: back, with a code."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = form
        return f"{form['redirect_uri']}?{urlencode({'code': code, 'state': form['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """RFC 6749, section 4.1.3, with the verifier of RFC 7636."""
        given = self.codes.pop(form.get("code", ""), None)
        if given is None or not _is_client(form, authorization) or form.get("redirect_uri") != given["redirect_uri"]:
            return self._refuse("code, client or address")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != given.get("code_challenge"):
            return self._refuse("verifier")
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": given["account"],
            "iat": now,
            "exp": now + SECONDS,
            "nonce": self.nonce or given.get("nonce", ""),
            **self.accounts[given["account"]],
        }
        told = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return 200, {"access_token": "none", "token_type": "Bearer", "expires_in": SECONDS, "id_token": told}

    def _refuse(self, why: str) -> tuple[int, dict[str, Any]]:
        self.refused.append(why)
        return 400, {"error": "invalid_grant"}


def _is_client(form: Mapping[str, str], authorization: str) -> bool:
    if authorization.startswith("Basic "):
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return (unquote(name), unquote(secret)) == (CLIENT, SECRET)
    return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        at = urlsplit(self.path)
        if at.path == "/.well-known/openid-configuration":
            self._answer(200, self.provider.discovery())
        elif at.path == "/jwks":
            self._answer(200, self.provider.jwks())
        elif at.path == "/authorize":
            self._answer(200, self.provider.doors(_flat(at.query)))
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        form = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.path == "/token":
            self._answer(*self.provider.token(form, self.headers.get("Authorization", "")))
        else:
            self.send_response(303)
            self.send_header("Location", self.provider.admit(form))
            self.end_headers()

    def _answer(self, status: int, what: dict[str, Any] | str) -> None:
        page = isinstance(what, str)
        body = (what if isinstance(what, str) else json.dumps(what)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8" if page else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """A test says nothing."""


def _flat(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}


@contextlib.contextmanager
def provider(accounts: Mapping[str, Mapping[str, Any]]) -> Iterator[Provider]:
    """A provider that runs until the block ends."""

    class Handler(_Handler):
        """The handler of this provider."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.provider = Provider(f"http://127.0.0.1:{server.server_address[1]}", accounts)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Handler.provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
