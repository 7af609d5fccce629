"""Every page says on top where its sources are stale."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dashboard.shell.stale import stale_text
from tests.builders.rows import START
from tests.dashboard import warehouses
from tests.dashboard.opening import EACH_PAGE, opened

LATER = START + timedelta(days=500)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse that was not collected again."""
    return warehouses.published(tmp_path_factory.mktemp("busy"), warehouses.busy())


@pytest.mark.slow
@pytest.mark.parametrize("name", EACH_PAGE)
def test_page_of_a_stale_warehouse_says_so_first(name: str, busy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first warning has the day through which the oldest source is complete, and how long ago that is."""
    app = opened(busy, monkeypatch, name, LATER)
    assert app.warning[0].value.startswith("**STALE.** 1 source is not up to date, the oldest complete only through 20")
    assert "days ago)" in app.warning[0].value


def test_storage_that_cannot_be_read_is_reported(busy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the batches cannot be listed, the page shows its numbers and says that their age is not known."""
    monkeypatch.chdir(tmp_path)  # a process keeps the settings of a folder
    for name, value in (("PATH", "s3://no-such-bucket/x"), ("LOCAL", str(busy))):
        monkeypatch.setenv(f"HEADWAY_WAREHOUSE_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("warehouse.store.object_store.RETRIES", 0)
    app = opened(busy, monkeypatch)
    assert app.warning[0].value.startswith(
        "**UNKNOWN.** Whether sources are up to date could not be read: cannot use s3:"
    )


def test_fresh_warehouse_has_no_banner(busy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within two days of the last reading nothing is said."""
    assert not any("STALE" in warning.value for warning in opened(busy, monkeypatch).warning)


@pytest.mark.slow
def test_simulation_has_no_banner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A simulated company stands still, and says on top that it is simulated."""
    app = opened(warehouses.published(tmp_path, warehouses.busy(), simulated=True), monkeypatch, "pulse", LATER)
    assert [warning.value[:14] for warning in app.warning] == ["**SIMULATED.**"]


def test_banner_counts_sources_of_which_nothing_is_there() -> None:
    """A source that was never read is named too; the oldest is among those that were."""
    text = stale_text([None, datetime(2026, 3, 1, 2)], datetime(2026, 3, 4, 3))
    assert text.startswith(
        "**STALE.** 2 sources are not up to date, the oldest complete only through 2026-03-01 (3 days ago):"
    )
    assert stale_text([], datetime(2026, 3, 4)) == ""
