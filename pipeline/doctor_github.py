"""What `headway doctor` says of GitHub: is there a token, what is it worth, and what could it not read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb

from headway.errors import HeadwayError
from pipeline.session import Session

__all__ = ["github_access", "github_notices", "wants_github"]

_SOON = timedelta(days=7)
_FULL_SCOPE = "repo"
_WHAT_TO_DO = {
    "unreachable": "check its name and that the token may read it, or take it out of [[sources]]; its data stays",
    "another_name": "nothing need be done; [[sources]] may call it by either name, it stays one repository",
}
_RIGHTS = "give the token read access to {part}, then `headway collect --full`; else it is tried again within a week"
_PARTS = {"runs": "actions", "environments": "actions and environments", "history": "contents", "releases": "contents"}

Told = tuple[bool, str, str]
"""Whether it is well, what was looked at, what to do."""


def wants_github(session: Session) -> bool:
    """Whether any source of the settings is GitHub's, or a token is there to be tried."""
    from collectors.github import SECRETS

    named = any(source.target.startswith("github:") for source in session.settings.sources)
    return named or any(session.environment.get(name) for name in SECRETS)


def github_access(session: Session) -> Iterator[Told]:
    """What the token is worth: one request, which costs nothing."""
    from collectors.github import access_of
    from pipeline.github_sources import GitHubAccess

    if session.waiting is None:
        return
    settings = session.settings
    access = GitHubAccess(session.environment, session.waiting)
    try:
        found = access_of(access.auth(), settings.github.base_url, access.limits(settings))
    except HeadwayError as error:
        yield False, f"GitHub: {error}", error.hint
        return
    left = "no limit" if found.limit is None else f"{found.remaining:,} of {found.limit:,} points an hour left"
    scopes = f", scopes {found.scopes}" if found.scopes else ""
    if found.scopes and _FULL_SCOPE not in found.scopes.replace(",", " ").split():
        scopes += " (public repositories only)"
    yield True, f"GitHub {settings.github.base_url}: {found.kind} accepted, {left}{scopes}", ""
    if found.expires_at is not None and found.expires_at - session.now < _SOON:
        yield False, f"GitHub: the token expires at {_shown(found.expires_at)}", "make a new one before that"


def github_notices(connection: duckdb.DuckDBPyConnection) -> Iterator[Told]:
    """What collectors could not read, of each repository."""
    rows = connection.sql(
        "select repo_id, kind, detail from notices where count > 0"
        " and (kind in ('unreachable', 'another_name') or kind like 'no!_access!_%' escape '!') order by repo_id, kind"
    )
    for repo_id, kind, detail in rows.fetchall():
        part = kind.removeprefix("no_access_")
        yield False, f"{repo_id}: {detail}", _WHAT_TO_DO.get(kind) or _RIGHTS.format(part=_PARTS.get(part, part))


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
