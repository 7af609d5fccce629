"""What to collect: one repository of one server, and how its target is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from collectors.github.rows.values import shown
from headway.errors import UsageError

__all__ = ["PUBLIC", "GitHubSource", "checked_base_url", "parse_target", "source_id"]

PUBLIC = "https://api.github.com"
_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class GitHubSource:
    """One repository."""

    owner: str
    name: str
    base_url: str = PUBLIC
    """Address of the REST API; the address of GraphQL follows from it."""
    jobs_days: int = 90
    """Read the jobs of runs of the last so many days: each run costs a request."""
    deploy_workflows: tuple[str, ...] = ()
    """Globs of workflow names whose runs deploy: their jobs are read too."""
    history: bool = True
    """Read the commits of the default branch and the tags; not needed where Git is collected too."""
    database_id: int | None = None
    """GitHub's own id of the repository, where a listing includes it."""
    alias: str = ""
    """The name under which it was first collected, if another: it stays the same source."""


def source_id(source: GitHubSource) -> str:
    """A stable id of the source: `github:<owner>/<name>`, by the name under which it was first collected."""
    return f"github:{source.alias or f'{source.owner}/{source.name}'}"


def parse_target(target: str) -> tuple[str, str]:
    """Owner and name of `github:OWNER/NAME`; the name is empty for `github:OWNER`. UsageError for anything else."""
    owner, slash, name = target.removeprefix("github:").partition("/")
    name = name.removesuffix(".git") if slash else ""
    valid = _OWNER.fullmatch(owner) and (not slash or (_NAME.fullmatch(name) and name not in {".", ".."}))
    if not valid:
        raise UsageError(
            f"{shown(target)!r} is not a repository or an owner", hint="write github:OWNER/NAME or github:OWNER"
        )
    return owner, name


def checked_base_url(base_url: str) -> str:
    """A base URL without a slash at its end; UsageError for one that would lead to the wrong GraphQL address.

    PyGithub takes GraphQL to be at `/graphql` unless the path ends in `/v3`. On GitHub Enterprise Server
    it is at `/api/graphql`, so a bare host would lead to the wrong address.
    """
    parts = urlsplit(base_url)
    if parts.username is not None:
        raise UsageError(
            f"the base URL of {shown(parts.hostname)} contains a user name or token",
            hint="set HEADWAY_GITHUB_TOKEN instead",
        )
    url = base_url.rstrip("/")
    if "@" in url or parts.query or parts.fragment:  # what may hold a secret is not repeated
        raise UsageError(
            "the base URL of GitHub is not valid", hint="write an address such as https://github.acme.com/api/v3"
        )
    if not _is_port(parts):
        raise UsageError(f"{shown(url)!r} has no valid port", hint="write a port from 1 to 65535, or none")
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise UsageError(
            f"{shown(url)!r} is not a base URL of GitHub",
            hint="write an address such as https://github.acme.com/api/v3",
        )
    loopback = parts.hostname in _LOOPBACK
    if parts.scheme == "http" and not loopback:
        raise UsageError(f"{shown(url)} would send the token unencrypted", hint="write https://…")
    hosted = parts.hostname.startswith("api.") or loopback
    if not parts.path.rstrip("/").endswith("/api/v3") and not (hosted and parts.path in {"", "/"}):
        raise UsageError(f"{shown(url)} is not the API address of a GitHub server", hint=_where(parts))
    return url


def _is_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _where(parts: SplitResult) -> str:
    if parts.hostname in {"github.com", "www.github.com"}:
        return f"for github.com leave base_url out: it is {PUBLIC}"
    return f"GitHub Enterprise Server: {parts.scheme}://{parts.netloc}/api/v3; with data residency: https://api.TENANT.ghe.com"
