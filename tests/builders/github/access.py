"""Who may read what: tokens of each kind, and a GitHub App with its JWT and installation tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

__all__ = ["Access", "App", "Tokens"]

_REFUSED = {
    "fine-grained": "Resource not accessible by personal access token",
    "installation": "Resource not accessible by integration",
}
_TOKEN_HOURS = 1
_LONGEST_JWT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Access:
    """What a token may do: everything where `permissions` is null, else these and metadata."""

    kind: str  # classic, fine-grained, installation or app
    permissions: Mapping[str, str] | None = None
    app: App | None = None

    def may_read(self, permission: str) -> bool:
        """Whether it may read what this permission stands for."""
        return self.permissions is None or permission == "metadata" or permission in self.permissions

    @property
    def refusal(self) -> str:
        """The words in which GitHub refuses what it may not read."""
        return _REFUSED.get(self.kind, "Resource not accessible")

    @property
    def headers(self) -> dict[str, str]:
        """What every answer tells about the token."""
        return {"X-OAuth-Scopes": "repo, read:org", "X-Accepted-OAuth-Scopes": ""} if self.kind == "classic" else {}


@dataclass(slots=True, eq=False)
class App:
    """A GitHub App, installed once, with the private key that it signs with."""

    app_id: int
    installation_id: int
    private_key: str
    public_key: str = field(repr=False)
    permissions: Mapping[str, str] | None = None

    def signed(self, token: str) -> bool:
        """Whether this is a JWT of the app that lives no longer than GitHub allows."""
        import jwt

        options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
        try:
            claims = jwt.decode(token, self.public_key, algorithms=["RS256"], options=options)
        except jwt.InvalidTokenError:
            return False
        issued_by_it = str(claims.get("iss")) == str(self.app_id)
        return issued_by_it and 0 < claims.get("exp", 0) - claims.get("iat", 0) <= _LONGEST_JWT_SECONDS


class Tokens:
    """All tokens that the server knows."""

    def __init__(self) -> None:
        """Know one: a classic token that may read everything."""
        self._numbers = count(1)
        self._known: dict[str, Access] = {}
        self.apps: list[App] = []
        self.everything = self.add("classic")

    def add(
        self, kind: str = "fine-grained", permissions: Mapping[str, str] | None = None, app: App | None = None
    ) -> str:
        """A new token; `permissions` such as `{"pull_requests": "read"}`, null for all."""
        prefix = {"classic": "ghp_", "fine-grained": "github_pat_", "installation": "ghs_"}[kind]
        token = f"{prefix}{'made-up'}{next(self._numbers):029d}"
        self._known[token] = Access(kind, permissions, app)
        return token

    def add_app(self, permissions: Mapping[str, str] | None = None) -> App:
        """A new app with a key of its own."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        number = len(self.apps) + 1
        self.apps.append(App(1000 + number, 50_000_000 + number, private.decode(), public.decode(), permissions))
        return self.apps[-1]

    def expire(self) -> None:
        """Make every installation token useless."""
        self._known = {token: one for token, one in self._known.items() if one.kind != "installation"}

    def of(self, authorization: str) -> Access | None:
        """What the header gives access to, null for a token that is unknown."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in ("bearer", "token"):
            return None
        for app in self.apps:
            if token.count(".") == 2 and app.signed(token):
                return Access("app", {}, app)
        return self._known.get(token)

    def exchange(self, app: App) -> tuple[str, str]:
        """An installation token and the end of it, an hour from now.

        Now is the real time here, and here alone: clients compare this end with their own clock.
        """
        until = datetime.now(UTC) + timedelta(hours=_TOKEN_HOURS)
        return self.add("installation", app.permissions, app), until.strftime("%Y-%m-%dT%H:%M:%SZ")
