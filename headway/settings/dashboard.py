"""The sections `[dashboard]`, `[check]` and `[metrics]`: who may see it and where, and what monitors see."""

from __future__ import annotations

import re
from dataclasses import dataclass

from headway.errors import UsageError
from headway.settings.field import setting

__all__ = ["CheckSettings", "DashboardSettings", "MetricsSettings"]

# A name, an address in numbers, or all names of a domain: without scheme, port or path.
_HOST = re.compile(r"\*|(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")
_BASE_PATH = re.compile(r"/?(?:[A-Za-z0-9._~-]+/?)*")


@dataclass(frozen=True)
class DashboardSettings:
    """Who may see the dashboard, and where."""

    sign_in: bool = setting(default=False, doc="require users to sign in (OpenID Connect; docs/operations.md)")
    allowed: tuple[str, ...] = setting((), "globs of verified e-mail addresses that have access")
    hosts: tuple[str, ...] = setting(
        (), "names by which people reach it, as behind a proxy: `headway.example.com`, `*.example.com`, `*` for any"
    )
    base_path: str = setting("", "path below which it is served, if a proxy passes it on: `/headway`")

    def __post_init__(self) -> None:
        """UsageError for a host that is an address of a page, and for a path that is none."""
        for host in self.hosts:
            if not _HOST.fullmatch(host):
                hint = 'write hosts = ["headway.example.com"]: the name alone, without https://, port or path'
                raise UsageError(f"hosts of [dashboard] has {host!r}, which is no name of a host", hint=hint)
        if not _BASE_PATH.fullmatch(self.base_path) or "." in self.base_path.split("/") or ".." in self.base_path:
            hint = 'write base_path = "/headway"'
            raise UsageError(f"base_path of [dashboard] is {self.base_path!r}, which is no path", hint=hint)


@dataclass(frozen=True)
class CheckSettings:
    """Thresholds of `headway check`."""

    source_days: float = setting(
        2.0, "a source is stale when it was read, or is complete through, more than so many days ago"
    )
    doubt: bool = setting(default=True, doc="a repository in doubt is a failure")
    share_7d: float = setting(
        0.0, "least share of a team's changes in production within 7 days of code complete, 0 to 1; 0: not checked"
    )
    share_days: int = setting(28, "of changes that were code complete within so many days, up to 7 days ago")
    slowdown: bool = setting(
        default=True, doc="a team whose lead time or stage takes longer than in the half year before is a failure"
    )
    ignore: tuple[str, ...] = setting(
        (), "globs of checks to leave out, as `headway check` shows them: `source git:*`, `slowdown payments *`"
    )

    def __post_init__(self) -> None:
        """UsageError for thresholds that mean nothing."""
        if not 0.0 <= self.share_7d <= 1.0:
            raise UsageError("[check] share_7d is not between 0 and 1", hint="write 0.8 for 80 %")
        for name in ("source_days", "share_days"):
            if getattr(self, name) <= 0:
                raise UsageError(f"[check] {name} is not above zero", hint="write a number of days, such as 2")


@dataclass(frozen=True)
class MetricsSettings:
    """Numbers for Prometheus, written after every `collect` and `build`."""

    file: str = setting(
        "", "text file for the textfile collector of node_exporter, relative to this file: `headway.prom`; empty: none"
    )
