"""What `headway check` compares, and the exit codes that monitors read."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from headway.errors import WarehouseError
from headway.progress import SilentProgress
from pipeline.build import build
from pipeline.doctor import checkup
from pipeline.session import Session
from pipeline.watch.state import state
from pipeline.watch.thresholds import Measured, compare
from tests.builders.forge import Forge
from tests.builders.rows import Raw, hour, stored
from tests.pipeline.running import Headway, program, shop

WEEK = 168.0
WEEKS = 34


def session(folder: Path, now: datetime, settings: str = "") -> Session:
    """A session at a time, with these settings."""
    (folder / "headway.toml").write_text(settings, encoding="utf-8")
    return Session(config=None, warehouse=None, debug=False, folder=folder, environment={}, now=now)


def team(slower: float, *, weekly: int = 20, weeks: int = WEEKS) -> Raw:
    """Requests that take a day and a half to production on average, and `slower` as long in the last four weeks."""
    dice = random.Random(11)
    end = weeks * WEEK
    raw = Raw("acme/shop", provider="github", read=end, known=end)
    for number in range(1, weekly * weeks + 1):
        opened = dice.uniform(0, end)
        times = slower if opened > end - 4 * WEEK else 1.0
        merged = opened + dice.expovariate(1 / 12) * times
        production = merged + dice.expovariate(1 / 24) * times
        facts = {"merged": merged, "production": production}
        raw.change(
            number,
            opened=opened,
            ready=opened,
            code_complete=opened,
            state="merged" if merged <= end else "open",
            **{name: at for name, at in facts.items() if at <= end},
        )
    return raw


def measured(folder: Path, raw: Raw, settings: str = "", *, days_later: float = 0.1) -> dict[str, Measured]:
    """What is compared of a warehouse so long after it was read."""
    here = session(folder, raw.collected_at + timedelta(days=days_later), settings)
    stored(here.settings.warehouse_folder, raw)
    build(here, {}, SilentProgress())
    return {row.name: row for row in compare(here)}


@pytest.mark.slow
def test_source_is_stale_after_the_days_of_the_settings(tmp_path: Path) -> None:
    """Two days by default, counted from the time through which it is complete; one second less is fresh."""
    raw = Raw("acme/shop", read=100, known=100).commits("a@1")
    for days, settings, expected in (
        (2.0, "", "ok"),
        (2.0 + 1 / 86_400, "", "failed"),
        (6.9, "[check]\nsource_days = 7\n", "ok"),
    ):
        here = session(tmp_path, hour(100) + timedelta(days=days), settings)
        if not (tmp_path / "headway-data").exists():
            stored(here.settings.warehouse_folder, raw)
            build(here, {}, SilentProgress())
        (source,) = [row for row in compare(here) if row.check == "source"]
        assert source.state == expected
        assert source.value == pytest.approx(days, abs=1e-3)


@pytest.mark.slow
def test_repository_in_doubt_fails(tmp_path: Path) -> None:
    """A repository whose deployments stopped fails with the setting to add, unless the settings leave it out."""
    raw = Raw("acme/shop", read=1600, known=1600)
    for number in range(63):
        raw.commits(f"c{number}@{24 * number + 1}")
        if number <= 12:
            raw.deploy(f"d{number}", f"c{number}", 24 * number + 24)
    row = measured(tmp_path, raw)["doubt git:acme/shop"]
    assert row.state == "failed"
    assert row.what.startswith("IN DOUBT since 2025-01-19")
    assert row.hint
    now = raw.collected_at
    ignoring = compare(session(tmp_path, now, "[check]\nignore = ['doubt git:acme/*']\n"))
    assert "doubt" not in {row.check for row in ignoring}
    assert "doubt" not in {row.check for row in compare(session(tmp_path, now, "[check]\ndoubt = false\n"))}


@pytest.mark.slow
def test_slower_team_is_found_and_steady_one_is_not(tmp_path: Path) -> None:
    """Twice as long in the last four weeks fails, with how much longer; the same pace does not."""
    (tmp_path / "slow").mkdir()
    (tmp_path / "steady").mkdir()
    slow = measured(tmp_path / "slow", team(2.0))["slowdown no team lead time"]
    assert slow.state == "failed"
    assert slow.value is not None
    assert slow.limit is not None
    assert slow.value > slow.limit
    assert "times as long in the four weeks to 2025-09-01" in slow.what
    steady = measured(tmp_path / "steady", team(1.0))
    assert steady["slowdown no team lead time"].state == "ok"
    assert not [name for name, row in steady.items() if row.state == "failed"]


@pytest.mark.slow
def test_small_or_young_team_is_unknown(tmp_path: Path) -> None:
    """With under five arrivals a week, or a history under 16 weeks, nothing is said, and it is no failure."""
    row = measured(tmp_path, team(3.0, weekly=2))["slowdown no team lead time"]
    assert (row.state, row.what) == ("unknown", "fewer than 5 changes a week moved on")
    (tmp_path / "young").mkdir()
    row = measured(tmp_path / "young", team(3.0, weeks=12))["slowdown no team lead time"]
    assert (row.state, row.what) == ("unknown", "fewer than 16 weeks are known")


@pytest.mark.slow
def test_share_within_seven_days_is_that_counted_by_hand(tmp_path: Path) -> None:
    """Of 30 changes code complete in the four weeks before the last, 21 arrive in time: 70 % misses 75 %, not 70 %."""
    end = 8 * WEEK
    raw = Raw("acme/shop", provider="github", read=end, known=end)
    # Work that landed before the first deployment is of unknown outcome.
    raw.change(99, opened=1, ready=1, code_complete=1, merged=2, state="merged", production=9)
    for number in range(1, 41):
        # The last ten are of the last week, and are not counted yet.
        opened = end - 5 * WEEK + number * 20 if number <= 30 else end - 100 + number
        late = number % 10 in {0, 1, 2}
        production = opened + (200 if late else 100)
        arrived = {"production": production} if production <= end else {}
        raw.change(
            number, opened=opened, ready=opened, code_complete=opened, merged=opened + 1, state="merged", **arrived
        )
    row = measured(tmp_path, raw, "[check]\nshare_7d = 0.75\n")["share_7d no team"]
    assert (row.state, row.value, row.limit) == ("failed", 0.7, 0.75)
    assert row.what == "21 of 30 changes were in production within 7 days"
    now = raw.collected_at
    (row,) = [row for row in compare(session(tmp_path, now, "[check]\nshare_7d = 0.7\n")) if row.check == "share_7d"]
    assert row.state == "ok"


def test_nothing_collected_is_an_error(tmp_path: Path) -> None:
    """An empty warehouse is no success."""
    with pytest.raises(WarehouseError, match="is empty"):
        compare(session(tmp_path, hour(0)))


@pytest.mark.parametrize("settings", ["share_7d = 1.2", "source_days = 0", "share_days = -1"])
def test_thresholds_that_mean_nothing_are_refused(tmp_path: Path, settings: str) -> None:
    """The error names the setting."""
    from headway.errors import UsageError

    with pytest.raises(UsageError, match=settings.partition(" ")[0]):
        _ = session(tmp_path, hour(0), f"[check]\n{settings}\n").settings


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "fails"), [("", True), ("[[deployments]]\nrepo = '*'\nfrom = 'none'\n", False)])
def test_doctor_accepts_a_repository_that_does_not_deploy(tmp_path: Path, rule: str, fails: bool) -> None:
    """No production deployments are a failure, unless the settings declare that there are none."""
    raw = Forge().request(1, opened=2, commits="a@1", merged=5)
    here = session(tmp_path, raw.collected_at, rule)
    stored(here.settings.warehouse_folder, raw)
    build(here, {}, SilentProgress())
    wrong = [check.what for check in checkup(here) if not check.ok and "settings" not in check.what]
    assert any("no production deployments" in what for what in wrong) == fails
    assert state(here)["ok"]


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """The program in a folder with a repository."""
    shop(tmp_path / "shop")
    return program(tmp_path, capfd, monkeypatch)


@pytest.mark.slow
def test_exit_codes_say_what_a_monitor_asks(headway: Headway, tmp_path: Path) -> None:
    """Nothing there: 1. Collected: 0. A last run that failed: 1, also where rows are there."""
    for command in ("status", "doctor", "check"):
        assert headway(command).code == 1, command
    (tmp_path / "headway.toml").write_text(
        "[[sources]]\ntarget = 'shop'\n[[deployments]]\nrepo = '*'\nfrom = 'none'\n[check]\nsource_days = 3000\n"
    )
    assert headway("collect").code == 0
    for command in ("status", "doctor", "check"):
        ran = headway(command)
        assert ran.code == 0, ran.out
    (tmp_path / "shop").rename(tmp_path / "away")
    assert headway("collect").code != 0
    assert headway("status").code == 1
    assert headway("doctor").code == 1


@pytest.mark.slow
def test_target_that_was_tried_once_does_not_fail_a_service(headway: Headway, tmp_path: Path) -> None:
    """A typing error on the command line is no failed source of the settings."""
    (tmp_path / "headway.toml").write_text("[[sources]]\ntarget = 'shop'\n")
    (tmp_path / "broken.git").mkdir()
    headway("collect")
    assert headway("collect", "./broken.git").code != 0
    ran = headway("status", "--format", "json")
    assert ran.code == 0, ran.out


@pytest.mark.slow
def test_documents_are_json(headway: Headway) -> None:
    """`check`, `status` and `doctor` have documents for programs, with the same exit codes."""
    headway("collect", "shop")
    rows = json.loads(headway("check", "--format", "json").out)
    assert {"check", "subject", "state", "what", "value", "limit", "hint"} == set(rows[0])
    failed = json.loads(headway("check", "--format", "json", "--failed").out)
    assert failed == [row for row in rows if row["state"] == "failed"]
    document = json.loads(headway("status", "--format", "json").out)
    assert {"version", "now", "warehouse", "published", "ok", "problems", "sources", "repositories"} == set(document)
    ran = headway("doctor", "--format", "json")
    document = json.loads(ran.out)
    assert document["ok"] == (ran.code == 0)
    assert all(set(check) == {"ok", "what", "hint"} for check in document["checks"])
