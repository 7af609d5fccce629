"""What `headway doctor` checks of GitHub: is there a token, and what is it worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from collectors.github.api.access import access_of
from collectors.github.api.auth import GitHubAuth
from collectors.github.api.limits import Limits
from headway.errors import HeadwayError
from headway.settings import GithubSettings
from headway.source import Check

__all__ = ["access_checks"]

_SOON = timedelta(days=7)
_FULL_SCOPE = "repo"


def access_checks(
    identity: Callable[[], GitHubAuth], limits: Limits, settings: GithubSettings, now: datetime
) -> Iterator[Check]:
    """What the token may read, how much of its budget remains, and when it expires."""
    try:
        access = access_of(identity(), settings.base_url, limits)
    except HeadwayError as error:
        yield Check(ok=False, what=f"GitHub: {error}", hint=error.hint)
        return
    left = "no limit" if access.limit is None else f"{access.remaining:,} of {access.limit:,} points an hour left"
    scopes = f", scopes {access.scopes}" if access.scopes else ""
    if access.scopes and _FULL_SCOPE not in access.scopes.replace(",", " ").split():
        scopes += " (public repositories only)"
    yield Check(ok=True, what=f"GitHub {settings.base_url}: {access.kind} accepted, {left}{scopes}")
    if access.expires_at is not None and access.expires_at - now < _SOON:
        yield Check(
            ok=False,
            what=f"GitHub: the token expires at {access.expires_at:%Y-%m-%d %H:%M} UTC",
            hint="create a new one before that",
        )
