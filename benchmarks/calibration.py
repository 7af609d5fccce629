"""Do the chances of `waiting` come true? Told as of many times from what was known then, against what happened later.

    python benchmarks/calibration.py headway-demo/headway.toml 2025-07-06 2026-05-28 --days 14
    python benchmarks/calibration.py headway.toml 2023-01-01 2026-04-05 --days 21 --repo 'apache/*'

Builds the warehouse of the settings as of each time, which takes seconds each.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Print one block for each horizon."""
    from analytics.cohort.filters import Filters
    from analytics.worklist.calibration import came_true, reliability
    from analytics.worklist.waiting import waiting
    from headway.progress import SilentProgress
    from pipeline.build import teams_of
    from pipeline.session import Session
    from warehouse.publish import build_in_memory, open_published

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings", type=Path)
    parser.add_argument("first", type=datetime.fromisoformat)
    parser.add_argument("last", type=datetime.fromisoformat)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--repo")
    given = parser.parse_args()
    config = given.settings.absolute()
    session = Session(config=config, warehouse=None, debug=False, folder=config.parent, environment={}, now=given.last)
    warehouse = session.settings.warehouse_folder
    told = []
    for number in range((given.last - given.first).days // given.days + 1):
        as_of = given.first + timedelta(days=given.days * number)
        silent = SilentProgress()
        with build_in_memory(
            warehouse, session.settings, teams_of(session.settings), as_of=as_of, progress=silent
        ) as past:
            told.append(waiting(past, Filters(repo=given.repo)))
    with open_published(warehouse) as now:
        later = now.sql("select change_id, production_at, outcome, as_of from lead_times").pl()
    print(f"{len(told)} times, {sum(map(len, told)):,} waiting changes")
    for hours, chance, happened in came_true(told, later):
        found = reliability(chance, happened)
        print(f"{hours / 24:.0f} days: {found.changes:,} told")
        print(f"    mean chance {found.mean_chance:.3f}, happened {found.happened:.3f}")
        print(f"    Brier {found.brier:.4f}, base rate {found.brier_base:.4f}, skill {found.skill:.2f}")
        print(f"    intercept {found.intercept}, slope {found.slope}")
        for part in found.bins:
            print(f"    {part.chance:.2f} told, {part.happened:.2f} happened, of {part.changes:,}")


if __name__ == "__main__":
    main()
