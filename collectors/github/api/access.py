"""Scopes, expiry and budget of a token, for `headway doctor`: one request, which is free."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from collectors.github.api.answers import rest_data
from collectors.github.api.auth import GitHubAuth
from collectors.github.api.limits import Limits
from collectors.github.api.signals import Gone, Signal
from collectors.github.rows.values import shown
from collectors.github.source import checked_base_url
from headway.errors import CollectError

__all__ = ["Access", "access_of"]


class Access(NamedTuple):
    """GitHub's description of a token. Times are naive UTC."""

    kind: str
    """`token` or `app`."""
    scopes: str
    """Scopes of a classic token, as GitHub lists them; empty for other kinds, for which GitHub lists none."""
    expires_at: datetime | None
    limit: int | None
    """GraphQL points an hour; None where there is no limit."""
    remaining: int | None


def access_of(auth: GitHubAuth, base_url: str, limits: Limits) -> Access:
    """Read a token's scopes and budget. Raises AccessDenied if it is refused, CollectError without an answer."""
    url = checked_base_url(base_url)
    try:
        answer = auth.connection(url, limits.timeout_seconds).get("/rate_limit", {})
        budget = rest_data(answer)["resources"]["graphql"]
    except Gone:  # a server without limits
        return Access(_kind(auth), "", None, None, None)
    except (Signal, KeyError, TypeError) as problem:
        raise CollectError(
            f"{url} does not answer as GitHub does ({shown(problem)})", hint="check [github] base_url"
        ) from problem
    scopes = answer.headers.get("x-oauth-scopes", "")
    expires = answer.headers.get("github-authentication-token-expiration", "")
    return Access(_kind(auth), shown(scopes), _expiry(expires), budget["limit"], budget["remaining"])


def _kind(auth: GitHubAuth) -> str:
    return "app" if auth.is_app else "token"


def _expiry(text: str) -> datetime | None:
    """GitHub writes `2026-12-31 23:59:59 UTC`, or an offset in place of the name."""
    for form in ("%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S %z"):
        try:
            at = datetime.strptime(text, form)
        except ValueError:
            continue
        return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    return None
