"""Build the demo: simulate, then collect and build as for any company."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

from collectors.simulate import simulate
from headway.errors import HeadwayError
from headway.progress import progress_on
from pipeline.build import build, teams_of
from pipeline.collect import run_all
from pipeline.session import Session
from pipeline.sources import sources_of
from pipeline.trace_repairs import trace_repairs
from warehouse.store import RawStore, prepare

__all__ = ["build_demo"]

NOTICE = "Everything in this folder is simulated. truth.csv is what really happened in the simulation.\n"


def build_demo(
    folder: Path,
    session: Session,
    *,
    until: datetime,
    clock: Callable[[], float],
    stream: TextIO,
    size: str = "full",
) -> Session:
    """Make the demo company in `folder`, collect and build it; returns a session on its settings.

    The company was collected at `until`, so that the demo is the same on every day.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SIMULATED").write_text(NOTICE, encoding="utf-8")
    progress = progress_on(stream, clock)
    progress.step(0, None, "simulating a company")
    simulate(folder, until=until, size=size)
    demo = replace(session, config=folder / "headway.toml", warehouse=None, folder=folder, now=until)
    warehouse = demo.settings.warehouse_folder
    prepare(warehouse)
    (warehouse / "SIMULATED").write_text(NOTICE, encoding="utf-8")
    store = RawStore(warehouse)
    with store.collecting():
        sources = sources_of(demo.settings)
        runs = run_all(store, sources, full=True, jobs=2, began_at=demo.now, progress=progress)
        runs += trace_repairs(demo, store, sources, full=True, progress=progress)
        for run in runs:
            if run.error:
                raise HeadwayError(f"{run.label}: {run.error}", hint=run.hint)
        build(demo, teams_of(demo.settings), progress)
    return demo
