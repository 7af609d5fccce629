"""Credentials for GitHub: a token or an App, from the environment only. They are never written, shown or logged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from headway.errors import AccessDenied, UsageError

if TYPE_CHECKING:
    from github import Auth

    from collectors.github.api.connection import Connection

__all__ = ["SECRETS", "GitHubAuth", "auth_from"]

TOKEN_FILE = "HEADWAY_GITHUB_TOKEN_FILE"  # noqa: S105  (the name of the variable)
TOKENS = ("HEADWAY_GITHUB_TOKEN", "GITHUB_TOKEN")
# GitHub's own runners say here which server the general token is of.
_SERVER_OF_GENERAL = "GITHUB_API_URL"
_GENERAL_HOSTS = frozenset({"api.github.com", "127.0.0.1", "localhost", "::1"})
APP = ("HEADWAY_GITHUB_APP_ID", "HEADWAY_GITHUB_APP_PRIVATE_KEY", "HEADWAY_GITHUB_APP_INSTALLATION_ID")
SECRETS = (TOKENS[0], TOKEN_FILE, *APP)


class GitHubAuth:
    """A token or App and its connections: sources that share it take turns, as GitHub requires.

    `hosts`: the only ones that may have the token; empty: the one of the settings.
    """

    def __init__(
        self,
        *,
        token: str = "",
        hosts: Collection[str] = (),
        app_id: str = "",
        private_key: str = "",
        installation_id: int | None = None,
    ) -> None:
        self.is_app = not token
        self._hosts = hosts
        self._token = token
        self._app_id, self._private_key, self._installation_id = app_id, private_key, installation_id
        self._connections: dict[tuple[str, int], Connection] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        """Its kind and nothing else."""
        return f"GitHubAuth({'app' if self.is_app else 'token'})"

    def __reduce__(self) -> tuple[type, tuple[()]]:
        raise TypeError("a secret is not copied")

    def connection(self, base_url: str, timeout_seconds: int, *, renewed: bool = False) -> Connection:
        """The connection to a server; `renewed`: with a new token of the App, where the old one was refused.

        Raises AccessDenied for a server that may not have the token.
        """
        from collectors.github.api.connection import Connection

        host = urlsplit(base_url).hostname or ""
        if self._hosts and host not in self._hosts:
            raise AccessDenied(
                f"{TOKENS[1]} is not sent to {host}: settings may come from anywhere, and it is not of that server",
                hint=f"set {TOKENS[0]} to a token of {host}",
            )
        key = (base_url, timeout_seconds)
        with self._lock:
            if renewed or key not in self._connections:
                self._connections[key] = Connection(base_url, self._credential(), timeout_seconds)
            return self._connections[key]

    def _credential(self) -> Auth.Auth:
        from github import Auth

        if not self.is_app:
            return Auth.Token(self._token)
        assert self._installation_id is not None  # noqa: S101  (auth_from checks it)
        app = Auth.AppAuth(self._app_id, self._private_key)
        try:
            app.create_jwt()
        except Exception as error:  # of whichever library reads the key
            raise UsageError(f"{APP[1]} is not a valid private key", hint="set it to the App's .pem file") from error
        return app.get_installation_auth(self._installation_id)


def auth_from(environment: Mapping[str, str]) -> GitHubAuth:
    """Read the credentials from the environment: an App if its three variables are set, else a token, or its file.

    Raises AccessDenied without any, UsageError for an incomplete App and for a file that cannot be read.
    """
    values = [environment.get(name, "").strip() for name in APP]
    if any(values):
        return _app(*values)
    for name in (TOKENS[0], TOKEN_FILE, TOKENS[1]):
        token = environment.get(name, "").strip()
        if token and name == TOKEN_FILE:
            token = _read(token)
        if token:
            if not token.isascii() or not token.isprintable() or " " in token:
                raise UsageError(
                    f"{name} is not a valid token", hint="set it to the token, without quotes or line ends"
                )
            return GitHubAuth(token=token, hosts=_general_hosts(environment) if name == TOKENS[1] else ())
    raise AccessDenied(
        "GitHub requires a token, and none is set",
        hint="set HEADWAY_GITHUB_TOKEN to one that may read the repositories (`gh auth token` prints one)",
    )


def _read(file: str) -> str:
    """The token in a file, such as a mounted secret."""
    try:
        token = Path(file).expanduser().read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{TOKEN_FILE} is not a readable file", hint="set it to the path of the token's file"
        ) from error
    if not token:
        raise UsageError(f"the file of {TOKEN_FILE} is empty", hint="write the token into it")
    return token


def _general_hosts(environment: Mapping[str, str]) -> frozenset[str]:
    """Where the general token may go: to GitHub, to the server whose runner set it, and to this machine."""
    return _GENERAL_HOSTS | {urlsplit(environment.get(_SERVER_OF_GENERAL, "")).hostname or "api.github.com"}


def _app(app_id: str, private_key: str, installation_id: str) -> GitHubAuth:
    missing = [name for name, value in zip(APP, (app_id, private_key, installation_id), strict=True) if not value]
    if missing:
        raise UsageError(f"{', '.join(missing)} is not set", hint=f"a GitHub App needs {', '.join(APP)}")
    if not installation_id.isdecimal():
        raise UsageError(f"{APP[2]} is not a number", hint="it is at the end of the installation's URL")
    if "-----BEGIN" not in private_key:
        try:
            private_key = Path(private_key).expanduser().read_text(encoding="ascii")
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{APP[1]} is neither a PEM key nor a readable file", hint="set it to the .pem file's path"
            ) from error
    # Where a variable can have only one line, people write its line ends as backslash and n.
    return GitHubAuth(app_id=app_id, private_key=private_key.replace("\\n", "\n"), installation_id=int(installation_id))
