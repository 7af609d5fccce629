"""The sections `[check]` and `[metrics]`: what `headway check` compares with, and where numbers for monitoring go."""

from __future__ import annotations

from dataclasses import dataclass

from headway.errors import UsageError
from headway.settings.field import setting

__all__ = ["CheckSettings", "MetricsSettings"]


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
