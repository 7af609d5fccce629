from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.git.process import log
from collectors.git.process.log import stretches
from headway.errors import PartialRead

ID = b"0123456789abcdef0123456789abcdef01234567"
Entry = tuple[bytes, bytes | None, bytes]
Commit = tuple[bytes, list[Entry]]

# Whatever a contributor can type: no NUL, but colons, newlines, ids, half characters, entries of a log.
hostile = st.one_of(
    st.binary(max_size=12).map(lambda raw: raw.replace(b"\0", b"")),
    st.sampled_from(
        [b"", b":", b"\n", b"\n:100644", ID, b":100644 100644 " + ID + b" " + ID + b" M", b"\xff\xfe", b"R100"]
    ),
)
entries = st.one_of(
    st.tuples(st.sampled_from([b"A", b"D", b"M", b"T"]), st.none(), hostile),
    st.tuples(st.sampled_from([b"R100", b"C100"]), hostile, hostile),
)
commits = st.lists(st.tuples(hostile, st.lists(entries, max_size=4)), max_size=8)


def printed(history: list[Commit]) -> bytes:
    """The log of a history as Git prints it with `-z --raw --format=%H%x00%s`."""
    parts = []
    for message, changes in history:
        parts += [ID, message]
        for number, (status, old, path) in enumerate(changes):
            start = b"\n:" if number == 0 else b":"
            parts.append(start + b"100644 100644 " + ID + b" " + ID + b" " + status)
            parts += [path] if old is None else [old, path]
    return b"".join(part + b"\0" for part in parts)


def text(raw: bytes) -> str:
    """Bytes as the reader is to show them."""
    return raw.decode("utf-8", "replace")


def shown(entry: Entry) -> tuple[str, str | None, str]:
    """An entry as the reader is to show it."""
    status, old, path = entry
    return text(status)[0], None if old is None else text(old), text(path)


def read(raw: bytes) -> list[tuple[str, list[tuple[str, str | None, str]]]]:
    """The history that the reader finds in a log."""
    history = []
    for stretch in stretches(io.BytesIO(raw), fields=2, id_length=40):
        found: list[list[tuple[str, str | None, str]]] = [[] for _ in stretch.heads]
        letters = stretch.statuses.tobytes().decode()
        rows = zip(stretch.owners, letters, stretch.old_paths().to_pylist(), stretch.paths().to_pylist(), strict=True)
        for owner, letter, old, path in rows:
            found[owner].append((letter, old, path))
        history += list(zip(stretch.field(1).to_pylist(), found, strict=True))
    return history


@pytest.mark.slow
@given(history=commits, block_bytes=st.sampled_from([1, 7, 100, 4096]))
def test_nothing_that_can_be_typed_moves_a_token(history: list[Commit], block_bytes: int) -> None:
    """Any messages and paths are read back as they are, in blocks of any size; other bytes become replacements."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "_BLOCK_BYTES", block_bytes)
        expected = [(text(message), [shown(entry) for entry in some]) for message, some in history]
        assert read(printed(history)) == expected


@pytest.mark.parametrize("lost", [1, 5, 60, 100])
def test_log_that_ends_within_a_commit_is_a_partial_read(lost: int) -> None:
    """A log that was cut anywhere but between two tokens of a commit's end is never taken for the whole."""
    raw = printed([(b"one", [(b"M", None, b"a")]), (b"two", [(b"R100", b"old", b"new")])])
    with pytest.raises(PartialRead):
        read(raw[:-lost])


def test_empty_log_has_no_stretch() -> None:
    """Nothing printed is nothing read."""
    assert list(stretches(io.BytesIO(b""), fields=2, id_length=40)) == []
