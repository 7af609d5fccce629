from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.records_file import RecordsSource, RejectedLines, collect
from headway.errors import CollectError, PartialRead
from headway.progress import SilentProgress
from headway.raw_tables import Rows, batch
from tests.collectors.records_file.reading import NOW, change, deployment, lines, read

TOMORROW = NOW + timedelta(days=1)


def test_a_second_run_reads_nothing(tmp_path: Path) -> None:
    """An unchanged file yields its checkpoint alone, touched or not; `full` reads it again."""
    path = tmp_path / "a.ndjson"
    first = read(path, lines(change(merged_at="2026-01-02T00:00:00Z"), deployment()))
    path.touch()
    second = read(path, resume=first.resume, now=TOMORROW)
    assert second.tables == {}
    assert first.checkpoint is not None
    assert second.checkpoint is not None
    assert second.resume == first.resume
    assert second.checkpoint.watermark_at == first.checkpoint.watermark_at == datetime(2026, 1, 2, 3, 4, 5)
    assert second.checkpoint.repo_ids == ("github:acme/checkout",)
    assert read(path, resume=first.resume, full=True).tables == first.tables


def test_a_changed_file_is_read_whole(tmp_path: Path) -> None:
    """Lines added or changed give all rows again; the same bytes give the same rows."""
    path = tmp_path / "a.ndjson"
    first = read(path, lines(change()))
    second = read(path, lines(change(title="x"), deployment()), resume=first.resume)
    assert second.row("change_records")["title"] == "x"
    assert second.tables == read(tmp_path / "b.ndjson", path.read_bytes()).tables


def test_same_size_other_bytes_is_a_change(tmp_path: Path) -> None:
    """The content decides, not the size."""
    first = read(tmp_path / "a.ndjson", lines(change(title="a")))
    second = read(tmp_path / "a.ndjson", lines(change(title="b")), resume=first.resume)
    assert second.row("change_records")["title"] == "b"


def test_a_resume_point_of_another_version_is_not_trusted(tmp_path: Path) -> None:
    """What an older reader left is no reason to skip a file that it may have understood less of."""
    first = read(tmp_path / "a.ndjson", lines(change()))
    assert read(tmp_path / "a.ndjson", resume=first.resume | {"reader": 0}).tables == first.tables
    assert read(tmp_path / "a.ndjson", resume={}).tables == first.tables


def test_rejected_lines_are_told_every_night(tmp_path: Path) -> None:
    """The same bad line in an unchanged file is told again; a removed reject file comes back."""
    path = tmp_path / "a.ndjson"
    first = read(path, lines(change()) + "bad\n")
    second = read(path, resume=first.resume)
    assert first.error is not None
    assert second.error is not None
    assert str(second.error) == str(first.error)
    assert "line 2: is not JSON" in str(second.error)
    assert str(second.error.file) in second.error.hint
    assert second.error.count == 1
    assert second.tables == {}
    second.error.file.unlink()
    assert read(path, resume=first.resume).rejects == first.rejects


def test_a_corrected_file_takes_its_notice_and_reject_file_back(tmp_path: Path) -> None:
    """When the bad line is gone, so is what was said about it."""
    path = tmp_path / "a.ndjson"
    first = read(path, lines(change()) + "bad\n")
    assert first.notices == {"rejected_lines": 1}
    second = read(path, lines(change(), change(number=13)), resume=first.resume)
    assert second.notices == {"rejected_lines": 0}
    assert second.error is None
    assert list((tmp_path / "rejects").iterdir()) == []
    assert read(path, lines(change()), resume=second.resume).notices == {}


def test_two_files_of_one_name_have_two_reject_files(tmp_path: Path) -> None:
    """Rejects are told apart by the whole path."""
    errors = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "x.ndjson"
        path.write_text("bad\n")
        with pytest.raises(RejectedLines) as raised:
            list(collecting(path, tmp_path / "rejects"))
        errors.append(raised.value)
    assert errors[0].file.parent == errors[1].file.parent
    assert errors[0].file != errors[1].file


def test_rows_are_in_before_the_error(tmp_path: Path) -> None:
    """The error comes after the checkpoint, so that the good lines are kept."""
    outcome = read(tmp_path / "a.ndjson", "bad\n" + lines(change()))
    assert outcome.checkpoint is not None
    assert outcome.error is not None
    assert len(outcome.rows("change_records")) == 1


def test_a_time_in_the_future_moves_no_watermark_until_it_has_passed(tmp_path: Path) -> None:
    """An export with a wrong clock or a plan in it does not claim to know what has not happened."""
    path = tmp_path / "a.ndjson"
    later = change(number=1, merged_at=f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    first = read(path, lines(change(number=2, opened_at="2026-01-02T00:00:00Z"), later))
    assert first.checkpoint is not None
    assert first.checkpoint.watermark_at == datetime(2026, 1, 2)
    assert first.notices == {"future_times": 1}
    second = read(path, resume=first.resume, now=TOMORROW)
    assert second.checkpoint is not None
    assert second.checkpoint.watermark_at == NOW + timedelta(hours=1)
    assert second.notices == {"future_times": 0}


def test_a_rotated_log_keeps_what_it_told(tmp_path: Path) -> None:
    """An emptied file still feeds its repositories, up to where it was known; `full` forgets that."""
    path = tmp_path / "a.ndjson"
    first = read(path, lines(deployment()))
    second = read(path, "", resume=first.resume)
    assert second.checkpoint is not None
    assert second.checkpoint.watermark_at == datetime(2026, 1, 2, 3, 4, 5)
    assert second.checkpoint.repo_ids == ("github:acme/checkout",)
    third = read(path, resume=second.resume, full=True)
    assert third.checkpoint is not None
    assert (third.checkpoint.watermark_at, third.checkpoint.repo_ids) == (None, ())


def test_many_rows_come_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by a chunk, in rows and in bytes, and nothing is lost between two."""
    (tmp_path / "a.ndjson").write_text(lines(*(deployment(id=n) for n in range(25))))
    monkeypatch.setattr(batch, "CHUNK_ROWS", 10)
    by_rows = [part for part in collecting(tmp_path / "a.ndjson") if isinstance(part, Rows)]
    monkeypatch.setattr(batch, "CHUNK_BYTES", 1)
    by_bytes = [part for part in collecting(tmp_path / "a.ndjson") if isinstance(part, Rows)]
    assert max(part.data.num_rows for part in by_rows) == 5
    assert max(part.data.num_rows for part in by_bytes) == 1
    assert sum(part.data.num_rows for part in by_rows) == sum(part.data.num_rows for part in by_bytes) == 50


def test_a_file_that_changes_under_the_reader_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rewritten between the two readings, no row of it is in; a line added at the end does no harm."""
    monkeypatch.setattr(batch, "CHUNK_ROWS", 1)
    path = tmp_path / "a.ndjson"
    path.write_text(lines(change(), deployment()))
    parts = collecting(path)
    next(parts)
    with path.open("a") as file:
        file.write("more\n")
    assert len(list(parts)) == 3

    beyond_any_buffer = change(number=13, body="x" * 500_000)
    path.write_text(lines(change(), beyond_any_buffer, deployment()))
    parts = collecting(path)
    next(parts)
    path.write_text(lines(change(), beyond_any_buffer, deployment(id="d2")))
    with pytest.raises(PartialRead, match="changed while it was read"):
        list(parts)


def test_a_full_disk_keeps_nothing(tmp_path: Path) -> None:
    """Where the lines cannot be set aside, the source fails rather than lose them."""
    (tmp_path / "rejects").write_text("a file where the folder should be")
    with pytest.raises(CollectError, match="cannot be written"):
        read(tmp_path / "a.ndjson", "bad\n")


def test_an_old_reject_file_that_cannot_be_removed_is_told(tmp_path: Path) -> None:
    """A stale list of bad lines would say that the file still has them."""
    path = tmp_path / "a.ndjson"
    first = read(path, "bad\n")
    assert first.error is not None
    first.error.file.unlink()
    first.error.file.mkdir()
    with pytest.raises(CollectError, match="cannot be written"):
        read(path, lines(change()))


def test_a_stopped_reading_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends in the middle leaves the reject file of the run before."""
    path = tmp_path / "a.ndjson"
    before = read(path, lines(change()) + "bad\n").rejects
    monkeypatch.setattr(batch, "CHUNK_ROWS", 1)
    path.write_text("worse\nworst\n" + lines(change(), deployment()))
    parts = collecting(path, tmp_path / "rejects")
    next(parts)
    parts.close()
    (kept,) = (tmp_path / "rejects").iterdir()
    assert kept.read_text().count("\n") == len(before)


def test_progress_counts_bytes(tmp_path: Path) -> None:
    """Both readings report how far they are, and the end."""
    seen: list[tuple[int, int | None, str]] = []

    class Seen(SilentProgress):
        def step(self, done: int, total: int | None, label: str) -> None:
            seen.append((done, total, label))

        def done(self) -> None:
            seen.append((0, None, "done"))

    path = tmp_path / "a.ndjson"
    path.write_text(lines(change()))
    size = path.stat().st_size
    list(collecting(path, progress=Seen()))
    assert seen == [
        (size, size, "checking 'a.ndjson', bytes"),
        (size, size, "reading 'a.ndjson', bytes"),
        (0, None, "done"),
    ]


def collecting(path: Path, rejects: Path | None = None, progress: SilentProgress | None = None) -> Any:
    """The collector itself, to stop it in the middle."""
    return collect(
        RecordsSource(path),
        rejects=rejects or path.parent / "rejects",
        collected_at=NOW,
        resume=None,
        full=False,
        progress=progress or SilentProgress(),
    )
