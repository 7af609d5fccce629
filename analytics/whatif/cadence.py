"""When a release would be due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from analytics.survival.arrays import IntArray

__all__ = ["CADENCES", "DAILY", "EVERY_MERGE", "TWICE_WEEKLY", "WEEKLY", "Cadence"]

_MICROSECONDS = 1_000_000
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Cadence:
    """A release on these `weekdays` (Monday is 0) at `hour` o'clock (14.5 is half past two) in `zone`.

    `on_merge`: instead whenever a change is ready to be released. `name`: as it stands in a sentence.
    """

    name: str
    weekdays: tuple[int, ...] = ()
    hour: float = 14.0
    zone: str = "UTC"
    on_merge: bool = False

    def instants(self, first: int, last: int) -> IntArray:
        """Releases due from `first` up to the first one after `last`, microseconds since 1970 UTC, ascending."""
        zone = ZoneInfo(self.zone)
        day = datetime.fromtimestamp(first / _MICROSECONDS, UTC).astimezone(zone).date() - timedelta(days=1)
        end = datetime.fromtimestamp(last / _MICROSECONDS, UTC).astimezone(zone).date() + timedelta(days=8)
        due = []
        while day <= end:
            if day.weekday() in self.weekdays:
                at = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(hours=self.hour)
                due.append(int(at.timestamp()) * _MICROSECONDS)
            day += timedelta(days=1)
        return np.array(due, dtype=np.int64)

    @property
    def when(self) -> str:
        """Days and time in few words."""
        if self.on_merge:
            return "when ready"
        whole, part = divmod(round(self.hour * 60), 60)
        days = "Mon–Fri" if self.weekdays == (0, 1, 2, 3, 4) else " ".join(_NAMES[day] for day in self.weekdays)
        return f"{days} {whole:02}:{part:02} {self.zone}"


EVERY_MERGE = Cadence("on every merge", on_merge=True)
DAILY = Cadence("daily", (0, 1, 2, 3, 4))
TWICE_WEEKLY = Cadence("twice a week", (1, 3))
WEEKLY = Cadence("weekly", (1,))
CADENCES = (EVERY_MERGE, DAILY, TWICE_WEEKLY, WEEKLY)
