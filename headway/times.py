"""Times as people write and read them; inside they are naive UTC."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["parse_time", "shown"]


def parse_time(text: str) -> datetime:
    """An ISO 8601 date or time as naive UTC; without a zone it is UTC already. Raises `ValueError`."""
    at = datetime.fromisoformat(text.strip())
    return at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)


def shown(at: datetime | None) -> str:
    """To the second, ending in Z; absent is a dash."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else "–"
