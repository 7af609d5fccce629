"""A raw store that is damaged, or was written under a clock that was ahead: what is told, and how it heals."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import main
from tests.pipeline.running import Headway, deployed, program, rows, shas, shop, write
from warehouse.store import RawStore

CHANGES = "select count(*) from lead_times where number is not null"


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


@pytest.mark.slow
def test_damaged_file_is_told_until_all_is_read_again(headway: Headway, tmp_path: Path) -> None:
    """`collect` and `build` serve the rest with exit code 3, `status` and `doctor` name the source, `--full` heals."""
    repo = shop(tmp_path / "shop")
    write(tmp_path / "records.ndjson", [deployed("d1", shas(repo)[1], "2026-01-05T10:00:00Z")])
    assert headway("collect", "shop", "events:records.ndjson").code == 0
    (deployments,) = (tmp_path / "headway-data" / "raw" / "deployments").glob("*.parquet")
    deployments.write_bytes(b"PAR1 and no more")
    repo.commit("Add 4 (#4)\n", at=datetime(2026, 1, 5, 10))
    for ran in (headway("collect", "shop"), headway("build")):
        assert ran.code == 3
        assert "1 file of raw rows missing or damaged; the rest is served" in ran.err
        assert "headway collect --full" in ran.err
    assert rows(headway, CHANGES) == ["4"]
    assert "missing or damaged" in headway("status").out
    assert "missing or damaged" in headway("doctor").out
    assert headway("collect", "--full", "shop").code == 3  # which is not the source that it was
    assert headway("collect", "--full", "events:records.ndjson").code == 0
    assert "missing" not in headway("status").out
    assert rows(headway, "select count(*) from deployments") == ["1"]


@pytest.mark.slow
def test_clock_that_was_ahead_freezes_nothing(
    headway: Headway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read after the clock was put right counts as newer, and reports end at the right time again."""
    repo = shop(tmp_path / "shop")
    first, second = shas(repo)[1:3]
    records = tmp_path / "records.ndjson"
    write(records, [deployed("d1", first, "2026-01-02T12:00:00Z", version="wrong")])
    with monkeypatch.context() as ahead:
        ahead.setattr(main._Time, "now", lambda _: datetime(2199, 1, 1))
        assert headway("collect", "shop", "events:records.ndjson").code == 0
    now = datetime.now(UTC).replace(tzinfo=None)
    both = [deployed("d1", first, "2026-01-02T12:00:00Z", version="right")]
    write(records, [*both, deployed("d2", second, "2026-01-05T10:00:00Z", version="next")])
    repo.commit("Add 4 (#4)\n", at=datetime(2026, 1, 5, 10))
    assert headway("collect", "shop", "events:records.ndjson").code == 0
    assert rows(headway, CHANGES) == ["4"]
    assert rows(headway, "select version from deployments order by version") == ["next", "right"]
    latest = RawStore(tmp_path / "headway-data").latest().values()
    assert all(commit.watermark_at is not None and commit.watermark_at <= now for commit in latest)
