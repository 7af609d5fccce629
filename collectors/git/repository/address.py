"""What a target is, and which repository that is: pure text, nothing is asked.

A target is a folder or a clone URL. A repository's id is `<provider>:<repo>`; neither it nor any address that we keep
ever holds a credential.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from collectors.git.process.failures import shown
from headway.errors import UsageError
from headway.repository_names import normalized, provider_of_host

__all__ = ["Identity", "Location", "identify", "locate", "parse_url", "public_url"]

_SCHEMES = frozenset({"file", "git", "http", "https", "ssh"})
_SCP = re.compile(r"(?:(?P<user>[A-Za-z0-9_.+-]+)@)?(?P<host>[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\]):(?P<path>[^:].*)")
_TOKEN = re.compile(r"gh[a-z]_|github_pat_|gl[a-z]+-|ATBB|x-token|x-access|oauth|(?=.*\d)[A-Za-z0-9_-]{20,}$")
_SECRET_PARAMETERS = frozenset({"access_token", "private_token", "token", "password", "key", "auth"})
_UNTELLING_NAMES = frozenset({"repo", ".git", "git", ""})


class Location(NamedTuple):
    """Where a target lies: a folder of somebody's, or a URL that Git can clone."""

    folder: Path | None
    url: str | None
    name: str
    """What it is called in source ids and messages: the absolute path, or the URL without credentials."""


class Url(NamedTuple):
    """The parts of a clone URL."""

    scheme: str
    host: str
    path: str
    user: str
    secret: bool


class Identity(NamedTuple):
    """Which repository it is. `url` is its web address, empty where unknown."""

    provider: str
    repo: str
    url: str

    @property
    def repo_id(self) -> str:
        """`<provider>:<repo>`."""
        return f"{self.provider}:{self.repo}"


def locate(target: str) -> Location:
    """Tell a folder from a URL. UsageError for what is neither, and for a URL that holds a password or token."""
    if not target.strip() or target.startswith("-") or any(not letter.isprintable() for letter in target):
        raise _unusable(target)
    url = parse_url(target)
    try:
        folder = Path(target).expanduser()
    except RuntimeError:  # ~nobody
        raise _unusable(target) from None
    if url is None or (url.scheme == "scp" and folder.exists()):
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*::", target) and not folder.exists():
            raise _unusable(target)
        folder = folder.resolve()
        return Location(folder, None, os.fsencode(folder).decode("utf-8", "backslashreplace"))
    if url.secret:
        raise UsageError(
            f"The URL for {shown(url.host)} holds a password or token",
            hint="Leave it out: Git takes it from a credential helper or an SSH key, where no log shows it.",
        )
    if url.scheme not in {*_SCHEMES, "scp"} or not url.path.strip("/") or not (url.host or url.scheme == "file"):
        raise _unusable(target)
    return Location(None, target, _stable_name(target))


def parse_url(text: str) -> Url | None:
    """The parts of a URL, or of the form `user@host:path` (scheme `scp`); None for anything else."""
    if "://" not in text:
        match = _SCP.fullmatch(text)
        if match is None or match["path"].startswith(":"):
            return None
        return Url("scp", match["host"].lower(), match["path"], match["user"] or "", secret=False)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:  # an address or port that is none
        return Url("", "", "", "", secret=False)
    user = unquote(parts.username or "")
    named = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    secret = parts.password is not None or bool(named & _SECRET_PARAMETERS)
    if parts.scheme in {"http", "https"}:
        secret = secret or _TOKEN.match(user) is not None
    return Url(parts.scheme.lower(), host.lower(), unquote(parts.path), user, secret)


def identify(location: Location, remote_url: str, name: str | None) -> Identity:
    """Which repository a target is, by its remote's URL (its own, if it is one), else by its folder's name.

    `name` overrides it: `owner/name` keeps the provider that the URL tells, `provider:owner/name` sets it.
    """
    url = parse_url(location.url or remote_url)
    identity = (url and _hosted(url)) or Identity("git", _folder_name(location, url), "")
    if name is None:
        return identity
    provider, colon, repo = name.rpartition(":")
    if not repo or not re.fullmatch(r"[^\s:]+", repo) or (colon and not re.fullmatch(r"[a-z0-9_-]+", provider)):
        raise UsageError(
            f"{shown(name)!r} is not a name of a repository", hint="Write owner/name or provider:owner/name."
        )
    provider, _, repo = normalized(f"{provider or identity.provider}:{repo}").partition(":")
    return Identity(provider, repo, identity.url)


def _hosted(url: Url) -> Identity | None:
    """The repository at a host, as the host's own pages and APIs call it."""
    path = url.path.strip("/").removesuffix(".git").strip("/")
    if url.scheme == "file" or not url.host or not path:
        return None
    provider = provider_of_host(url.host)
    if provider is not None:
        web = {"github": "github.com", "bitbucket": "bitbucket.org"}.get(provider, url.host)
        return Identity(provider, path, f"https://{web}/{path}")
    web = "" if url.scheme in {"scp", "ssh", "git"} else f"https://{url.host}/{path}"
    return Identity("git", f"{url.host}/{path}", web)


def _folder_name(location: Location, url: Url | None) -> str:
    """The last part of the path that says something: `shop` for `shop.git`, `shop/.git` and `shop/repo`."""
    path = location.folder or Path(url.path if url else "")
    for part in (path.name, path.parent.name):
        if (bare := part.removesuffix(".git")) not in _UNTELLING_NAMES:
            return re.sub(r"[\s:]+", "-", shown(bare))
    return "repository"


def public_url(url: str) -> str:
    """A URL without user and password; other text as it is."""
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/]*@", r"\1", url)


def _stable_name(url: str) -> str:
    """One name for the spellings of a URL: no user, no `.git` and no slash at its end."""
    bare = re.sub(r"^[^/@:]+@", "", public_url(url))
    return bare.rstrip("/").removesuffix(".git")


def _unusable(target: str) -> UsageError:
    subject = "What is given" if "@" in target else repr(shown(target))  # a password may be in it, and anywhere
    return UsageError(
        f"{subject} is not a folder, and not a URL that Git can clone",
        hint="Use a folder (one whose name begins with - as ./-name), https://…, ssh://…, git@host:owner/name or file://…",
    )
