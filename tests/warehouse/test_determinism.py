from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest

from analytics.cohort.filters import Filters
from analytics.reports.catalog import REPORTS
from headway.progress import SilentProgress
from headway.report_files import write
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import Raw, Tables, built, commit_id, hour, stored
from warehouse.publish import build_in_memory


def exported(tables: Tables) -> dict[str, bytes]:
    """Every report as CSV."""
    texts = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.csv")
        for name, report in REPORTS.items():
            write(report(tables.connection, Filters()), "csv", path)
            texts[name] = path.read_bytes()
    return texts


@pytest.fixture(scope="module")
def expected() -> dict[str, bytes]:
    """The reports of the portfolio."""
    with built(*portfolio(), settings=SETTINGS, teams=TEAMS) as tables:
        return exported(tables)


@pytest.mark.slow
def test_two_builds_give_the_same_bytes(expected: dict[str, bytes], tmp_path: Path) -> None:
    """Same rows and same time, same bytes, whether they come from memory or from files."""
    stored(tmp_path, *portfolio())
    with build_in_memory(tmp_path, SETTINGS, TEAMS, as_of=hour(5000), progress=SilentProgress()) as connection:
        found = exported(Tables(connection))
    assert found["lead-time"] == expected["lead-time"]
    assert found["deployments"] == expected["deployments"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_order_of_raw_rows_does_not_matter(expected: dict[str, bytes], seed: int) -> None:
    """Raw rows dealt out anew give the same bytes, also where two sources read the same rows."""
    parts = portfolio()
    with built(*parts, *parts, settings=SETTINGS, teams=TEAMS, shuffled=random.Random(seed)) as tables:
        assert exported(tables) == expected


@pytest.mark.slow
def test_two_sources_of_one_run_that_differ_give_one_answer() -> None:
    """Where two sources read one repository in the same run and differ, the same one counts every time."""

    def read(dice: random.Random) -> dict[str, bytes]:
        first = Raw(url="https://one.example/shop").commits("a@1 b@5 c@9").branch("main", "b").pull(1, "c")
        first.change(1, opened=2, ready=2, title="one", merged=6).deploy("d", "a", 1).tag("v1", "a")
        first.add("notices", source="git", kind="shallow", detail="one", count=1).ran("b", 7, run_id="r")
        second = (
            Raw(url="https://two.example/shop").commits("a@1 b@5 c@9").pull(1, "b").deploy("d", "b", 6).tag("v1", "b")
        )
        second.change(1, opened=3, ready=3, title="two", head_sha="c").ran("b", 8, run_id="r", conclusion="failure")
        second.add("notices", source="git", kind="shallow", detail="two", count=1)
        second.source = "git:other clone"
        with built(first, second, shuffled=dice) as tables:
            rows = tables("select ref, sha from refs order by ref"), tables("select * exclude (count) from notices")
            return {**exported(tables), "rows": repr((rows, tables("select * from ci_successes"))).encode()}

    answers = [read(random.Random(seed)) for seed in range(4)]
    assert all(answer == answers[0] for answer in answers)
    assert commit_id("a").encode() in answers[0]["lead-time"]
