"""The banner of every page where sources are stale: their newest events are not in any number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import streamlit as st

from analytics.text.wording import counted
from dashboard.answers import files
from headway.errors import WarehouseError
from headway.settings import WarehouseSettings
from pipeline.watch.source_health import stale_sources

__all__ = ["banner", "now", "stale_text"]

_SECONDS = 60


def banner() -> None:
    """Draw it, where there is something to say; a simulation is of a past that stands still."""
    if not files.simulated():
        text = _text(str(files.folder()), files.settings().raw_url, f"{now():%Y-%m-%dT%H:%M}")
        if text:
            st.warning(text)


def now() -> datetime:
    """The moment, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


@st.cache_data(ttl=_SECONDS, max_entries=files.FILES, show_spinner=False)
def _text(folder: str, raw_url: str, minute: str) -> str:  # noqa: ARG001  (a part of the key: where batches are)
    settings = files.settings()
    if str(settings.warehouse_folder) != folder:
        settings = replace(settings, warehouse=WarehouseSettings(path=folder))
    at = datetime.fromisoformat(minute)
    try:
        return stale_text([source.through for source in stale_sources(settings, at)], at)
    except WarehouseError as error:
        return f"**UNKNOWN.** Whether sources are up to date could not be read: {error}."


def stale_text(through: list[datetime | None], at: datetime) -> str:
    """What to say of stale sources, by the times through which they are complete; empty for none."""
    if not through:
        return ""
    stale = counted(len(through), "source")
    verb = "is" if len(through) == 1 else "are"
    times = [time for time in through if time is not None]
    oldest = ""
    if times:
        days = (at - min(times)) // timedelta(days=1)
        oldest = f", the oldest complete only through {min(times):%Y-%m-%d} ({days:,} days ago)"
    return (
        f"**STALE.** {stale} {verb} not up to date{oldest}: what happened since is in no number here."
        " `headway status` names them, and Data health has what it does to each repository."
    )
