"""The section `[dashboard]`: who may see it."""

from __future__ import annotations

from dataclasses import dataclass

from headway.settings.field import setting

__all__ = ["DashboardSettings"]


@dataclass(frozen=True)
class DashboardSettings:
    """Who may see the dashboard."""

    sign_in: bool = setting(default=False, doc="require users to sign in (OpenID Connect; docs/operations.md)")
    allowed: tuple[str, ...] = setting((), "globs of verified e-mail addresses that have access")
