"""Up to when a repository is known: feeds, sources that ended, and what is forgotten."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.pipeline.running import Headway, deployed, program, rows, shas, shop, write

AS_OF = "select strftime(as_of, '%Y-%m-%d %H:%M') from coverage where repo = 'acme/shop'"


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


@pytest.mark.slow
def test_trial_of_one_clone_does_not_hold_back_the_nightly_other(headway: Headway, tmp_path: Path) -> None:
    """The README's path, a clone on trial and then another every night: the watermark is that of the nightly one."""
    repo = shop(tmp_path / "nightly")
    repo.copy(tmp_path / "trial")
    assert headway("collect", "trial").code == 0
    repo.commit("Add 9 (#9)\n", at=datetime(2026, 1, 20, 10))
    (tmp_path / "headway.toml").write_text('[[sources]]\ntarget = "nightly"\n')
    assert headway("collect").code == 0
    assert rows(headway, AS_OF) == ["2026-01-20 10:00"]


@pytest.mark.slow
def test_clone_read_last_counts_without_settings(headway: Headway, tmp_path: Path) -> None:
    """Where no settings name a source, the one of its kind that was read last bounds the repository."""
    repo = shop(tmp_path / "one")
    repo.copy(tmp_path / "two")
    assert headway("collect", "two").code == 0
    repo.commit("Add 9 (#9)\n", at=datetime(2026, 1, 20, 10))
    assert headway("collect", "one").code == 0
    assert rows(headway, AS_OF) == ["2026-01-20 10:00"]


@pytest.mark.slow
def test_a_file_a_week_is_one_feed(headway: Headway, tmp_path: Path) -> None:
    """Files of records are known to the newest of them together, so that each week's changes arrive."""
    repo = shop(tmp_path / "shop", days=21)
    commits = shas(repo)
    for week in range(3):
        days = range(7 * week + 1, 7 * week + 8)
        records = [deployed(f"d{day}", commits[day], f"2026-01-{day + 1:02}T12:00:00Z") for day in days]
        write(tmp_path / f"week-{week}.ndjson", records)
    assert headway("collect", "shop", *(f"events:week-{week}.ndjson" for week in range(3))).code == 0
    # The newest file ends at noon of the 22nd, the clone at its newest commit, two hours before.
    assert rows(headway, AS_OF) == ["2026-01-22 10:00"]
    # #1 landed before the first recorded deployment, #21 was deployed after the clone's newest commit.
    counts = "select outcome, count(*) from lead_times where number is not null group by 1 order by 1"
    assert rows(headway, counts) == ["production,19", "unknown,1", "waiting,1"]


@pytest.mark.slow
def test_feed_of_its_own_bounds_the_repository(headway: Headway, tmp_path: Path) -> None:
    """A file that the settings give a feed of its own is one more that must be known; doctor names it."""
    repo = shop(tmp_path / "shop", days=9)
    commits = shas(repo)
    write(tmp_path / "a.ndjson", [deployed("d9", commits[9], "2026-01-10T12:00:00Z")])
    write(tmp_path / "b.ndjson", [deployed("d1", commits[1], "2026-01-02T12:00:00Z")])
    sources = ["shop", "events:a.ndjson", "events:b.ndjson"]
    text = "".join(f'[[sources]]\ntarget = "{target}"\n' for target in sources)
    (tmp_path / "headway.toml").write_text(text)
    assert headway("collect").code == 0
    assert rows(headway, AS_OF) == ["2026-01-10 10:00"]
    (tmp_path / "headway.toml").write_text(text + 'feed = "billing"\n')
    assert headway("build").code == 0
    assert rows(headway, AS_OF) == ["2026-01-02 12:00"]
    for said in (headway("doctor").out, headway("status").out, headway("collect").err):
        assert f"events:{tmp_path}/b.ndjson ends there and holds it back" in said
    (tmp_path / "headway.toml").write_text(text + 'feed = "billing"\nuntil = "2026-01-03"\n')
    assert headway("build").code == 0
    assert rows(headway, AS_OF) == ["2026-01-10 10:00"]


@pytest.mark.slow
def test_source_that_ended_is_not_read(headway: Headway, tmp_path: Path) -> None:
    """With `until` a file that is gone fails no nightly run, and what it brought stays."""
    repo = shop(tmp_path / "shop")
    file = write(tmp_path / "old.ndjson", [deployed("d1", shas(repo)[1], "2026-01-02T12:00:00Z")])
    settings = '[[sources]]\ntarget = "shop"\n[[sources]]\ntarget = "events:old.ndjson"\n'
    (tmp_path / "headway.toml").write_text(settings)
    assert headway("collect").code == 0
    assert rows(headway, AS_OF) == ["2026-01-02 12:00"]
    file.unlink()
    assert headway("collect").code == 3
    (tmp_path / "headway.toml").write_text(settings + 'until = "2026-01-03"\n')
    assert headway("collect").code == 0
    assert rows(headway, AS_OF) == ["2026-01-04 10:00"]
    assert rows(headway, "select count(*) from deployments") == ["1"]
    (tmp_path / "headway.toml").write_text(settings + 'until = "soon"\n')
    ran = headway("collect")
    assert (ran.code, "until is not a date" in ran.err) == (2, True)
