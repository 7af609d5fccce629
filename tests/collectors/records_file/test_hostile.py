from __future__ import annotations

import os
from pathlib import Path

import pytest

from collectors.records_file import RecordsSource, source_id
from headway.errors import CollectError, UsageError
from tests.collectors.records_file.reading import change, deployment, lines, read

GOOD = lines(change(number=7)).encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "is not JSON at character 2"),
        (b"nonsense", "is not JSON at character 1"),
        (b'{"type":"change"} {"type":"change"}', "Extra data"),
        (b"[1, 2]", "is not a JSON object but a list"),
        (b'"change"', "is not a JSON object but 'change'"),
        (b'{"type":"change","repo":"git:a","number":1,"number":2}', "has the key 'number' twice"),
        (b'{"type":"change","repo":"git:a","number":1,"x":{"y":1,"y":1}}', "has the key 'y' twice"),
        (b'{"type":"change","repo":"git:a","number":NaN}', "is not JSON: it has NaN"),
        (b'{"type":"change","repo":"git:a","number":1,"additions":-Infinity}', "is not JSON: it has -Infinity"),
        (b'{"type":"change","repo":"git:a","number":1e999}', "whole number"),
        (b'{"type":"change","repo":"git:a","number":' + b"9" * 5000 + b"}", "thousands of digits"),
        (b'{"type":"change","repo":"git:a","number":9223372036854775808}', "from 0 to 9223372036854775807"),
        (b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested too deeply"),
        (b'{"type":"change","repo":"git:a","number":1,"title":"\\ud800"}', "half of a surrogate pair"),
        (b'{"type":"change","repo":"git:a","number":1,"title":"a\\u0000b"}', "NUL character"),
        (b'{"type":"change","repo":"git:a","number":1,"title":"\\u00e9\\u0000"}', "NUL character"),
        (b'{"type":"change","repo":"git:a","number":1,"title":"\xff"}', "is not UTF-8 at byte 53"),
        (b'{"type":"change","repo":"git:a",\x00"number":1}', "has a NUL byte"),
        (b'{"type":"change","repo":"git:a","number":1,"merged_at":"10000-01-01T00:00:00Z"}', "must be a time"),
        (b'{"type":"change","repo":"git:a","number":1,"title":"' + b"x" * 1_000_000 + b'"}', "longer than 1 MB"),
    ],
    ids=range(20),
)
def test_a_hostile_line_costs_itself_alone(tmp_path: Path, line: bytes, reason: str) -> None:
    """Whatever is in one line, the lines before and after it are in."""
    after = lines(change(number=8)).encode()
    outcome = read(tmp_path / "a.ndjson", GOOD + line + b"\r\n" + after)
    assert [row["number"] for row in outcome.rows("change_records")] == [7, 8]
    assert [found["line"] for found in outcome.rejects] == [2]
    assert reason in outcome.reasons[0]


def test_a_long_line_without_end_stays_out_of_memory(tmp_path: Path) -> None:
    """A line of many megabytes is skipped in pieces, and only its beginning goes to the reject file."""
    outcome = read(tmp_path / "a.ndjson", GOOD + b"x" * 5_000_000)
    assert len(outcome.rows("change_records")) == 1
    assert outcome.rejects == [{"line": 2, "reason": "is longer than 1 MB", "text": "x" * 1000}]


def test_the_longest_line_that_is_allowed(tmp_path: Path) -> None:
    """Up to the limit a line is read, to the byte; beyond it is not."""
    room = 1_000_000 - len(lines(change(title="")).rstrip())
    outcome = read(tmp_path / "a.ndjson", lines(change(title="x" * room), change(title="x" * (room + 1))))
    assert outcome.row("change_records")["title"] == "x" * room
    assert [found["line"] for found in outcome.rejects] == [2]


def test_byte_order_mark_windows_line_ends_blank_lines_and_no_last_line_end(tmp_path: Path) -> None:
    """What editors and exports add around the lines does no harm."""
    content = b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n") + b"\r\n  \n" + lines(change(number=8)).encode().rstrip()
    outcome = read(tmp_path / "a.ndjson", content)
    assert [row["number"] for row in outcome.rows("change_records")] == [7, 8]
    assert outcome.error is None


@pytest.mark.parametrize("extension", ["ndjson", "csv", "txt"])
def test_an_empty_file_says_nothing(tmp_path: Path, extension: str) -> None:
    """No lines, no rows, and no claim up to when it is known."""
    outcome = read(tmp_path / f"a.{extension}", "")
    assert outcome.tables == {}
    assert outcome.checkpoint is not None
    assert outcome.checkpoint.watermark_at is None


def test_format_is_told_by_content_where_the_name_does_not(tmp_path: Path) -> None:
    """A file of another name is JSON if it begins like it, else CSV."""
    assert len(read(tmp_path / "a.log", GOOD).rows("change_records")) == 1
    assert len(read(tmp_path / "b.log", "type,repo,number\nchange,git:a,1\n").rows("change_records")) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"[\n" + GOOD.rstrip() + b"\n]\n", "one JSON array"), ("{}\n".encode("utf-16"), "is UTF-16")],
)
def test_a_file_that_only_looks_like_records_is_refused_with_the_way_out(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """A JSON array or UTF-16 would give a thousand bad lines for one cause."""
    with pytest.raises(CollectError, match=words):
        read(tmp_path / "a.json", content)


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    """A missing file, a folder, a path through a file and one with a NUL are each told in two lines."""
    (tmp_path / "file").write_bytes(GOOD)
    for path in (tmp_path / "none", tmp_path / "file" / "x", Path("a\0b")):
        with pytest.raises(UsageError, match="does not exist"):
            read(path)
    with pytest.raises(UsageError, match="not a regular file"):
        read(tmp_path)


def test_a_pipe_is_refused_and_does_not_block(tmp_path: Path) -> None:
    """Nobody writes to this pipe: opening it must not wait."""
    os.mkfifo(tmp_path / "pipe.ndjson")
    with pytest.raises(UsageError, match="not a regular file"):
        read(tmp_path / "pipe.ndjson")


def test_a_file_that_cannot_be_opened_fails_alone(tmp_path: Path) -> None:
    """A file that is there and does not open fails this source, with the system's reason."""
    path = tmp_path / "a.ndjson"
    path.symlink_to(path)
    with pytest.raises(CollectError, match="cannot be read"):
        read(path)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file whose reading fails")
def test_a_file_that_fails_while_it_is_read() -> None:
    """A bad disk is an error of the source, not a traceback."""
    with pytest.raises(CollectError, match="cannot be read: Input/output error"):
        read(Path("/proc/self/mem"))


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    """Any name that the system allows is a source, a reject file and a message."""
    path = tmp_path / os.fsdecode(b"\xff\x1b[2J$(x).ndjson")
    outcome = read(path, GOOD + b"bad\n" * 7)
    assert source_id(RecordsSource(path)).endswith("\\xff\x1b[2J$(x).ndjson")
    assert outcome.error is not None
    assert "\x1b" not in str(outcome.error) + outcome.error.hint
    assert outcome.rows("notices")[0]["count"] == 7
    assert str(outcome.error).endswith("(and 6 more like it)")


def test_reasons_carry_no_control_characters(tmp_path: Path) -> None:
    """What a line says in a message cannot steer a terminal."""
    record = change(repo="\x1b[31m", **{"\x1b[2J": 1})
    outcome = read(tmp_path / "a.ndjson", lines(record, deployment(**{"\x1b]0;x\x07": 1})))
    assert outcome.error is not None
    told = str(outcome.error) + "".join(row["detail"] for row in outcome.rows("notices"))
    assert told.isprintable()


def test_ten_thousand_names_of_fields_stay_a_short_notice(tmp_path: Path) -> None:
    """A file that invents a field a line is told in one sentence."""
    outcome = read(tmp_path / "a.ndjson", lines(*(deployment(id=n, **{f"f{n}": 1}) for n in range(1000))))
    (notice,) = outcome.rows("notices")
    assert notice["count"] == 1000
    assert len(notice["detail"]) < 500
