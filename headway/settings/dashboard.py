"""The section `[dashboard]`: who may see it, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass

from headway.errors import UsageError
from headway.settings.field import setting

__all__ = ["DashboardSettings"]

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
