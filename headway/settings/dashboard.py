"""The section `[dashboard]`: who may see it."""

from __future__ import annotations

from dataclasses import dataclass

from headway.settings.field import setting

__all__ = ["DashboardSettings"]


@dataclass(frozen=True)
class DashboardSettings:
    """Who may see the dashboard."""

    sign_in: bool = setting(default=False, doc="ask everybody to sign in (OpenID Connect; docs/operations.md)")
    allowed: tuple[str, ...] = setting((), "globs of e-mail addresses that may see it, as the provider verified them")
