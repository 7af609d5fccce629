"""Whatever bytes come from outside, nothing crashes and nothing takes a second.

Inputs are those of `corpus/`, changed at random. What once crashed or took long is put there, and is tried unchanged
with every run. `FUZZ_EXAMPLES=20000 pytest -m slow tests/fuzz` tries more, and others with each run.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.git.process.log import stretches
from headway.errors import HeadwayError
from headway.settings import load
from headway.settings.pattern_growth import grows_exponentially
from tests.collectors.records_file.reading import read

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # of patterns: the program reads them all the same

CORPUS = Path(__file__).with_name("corpus")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
LONGEST_SECONDS = 1.0
# What parsers look at: signs, ends, numbers at the edge of what fits, and letters that are several bytes.
WORDS = (
    *(b"\0", b"\n", b"\r", b"\t", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b"(", b")", b",", b":", b"=", b"#", b"|"),
    *(b"*", b"+", b"?", b"{2,}", b"(?:", b"(?<=", b"[^", b"\\d", b"\\1", b"(?i)", b"^", b"$", b"."),
    *(b"null", b"true", b"-1", b"0", b"1e999", b"NaN", b"9223372036854775808", b"99999999999999999999", b"0x1"),
    *(b"2026-02-30", b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59.999999Z", b"+99:99", b"T24:00:00"),
    *(b"\xff", b"\xc3", b"\xf0\x9f\x92\xa9", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
)
EDITS = st.lists(
    st.tuples(
        st.floats(0.0, 1.0),
        st.integers(0, 12),
        st.one_of(st.sampled_from(WORDS), st.binary(max_size=6), st.none()),
    ),
    max_size=8,
)


def log(content: bytes, _: str) -> None:
    """The output of `git log`, cut into commits, with the fields and paths of each."""
    for stretch in stretches(io.BytesIO(content), fields=5, id_length=40):
        stretch.metas()
        stretch.paths()
        stretch.old_paths()
        for number in range(5):
            stretch.field(number)


def records(content: bytes, name: str) -> None:
    """A file of records or events."""
    with tempfile.TemporaryDirectory() as folder:
        read(Path(folder, name), content)


def toml(content: bytes, _: str) -> None:
    """A file of settings."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "headway.toml")
        path.write_bytes(content)
        load(path, {}, folder=Path(folder))


def pattern(content: bytes, _: str) -> None:
    """A pattern of settings: it is refused, or some text is matched at once."""
    text = content.decode(errors="replace")
    try:
        compiled = re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return
    if not grows_exponentially(text):
        compiled.search("a" * 200 + "!")


TARGETS: dict[str, Callable[[bytes, str], None]] = {
    "log": log,
    "records": records,
    "events": records,
    "settings": toml,
    "patterns": pattern,
}
SEEDS = {target: sorted((CORPUS / target).iterdir()) for target in TARGETS}


def edited(content: bytes, edits: list[tuple[float, int, bytes | None]]) -> bytes:
    """The content with some bytes put in the place of others; None doubles what is there."""
    for where, length, put in edits:
        at = round(where * len(content))
        old = content[at : at + length]
        content = content[:at] + (old * 2 if put is None else put) + content[at + length :]
    return content


def tried(target: str, content: bytes, name: str) -> None:
    """Give the content to the target: it is read, or refused with an error of ours, in less than a second."""
    began = time.process_time()
    with contextlib.suppress(HeadwayError):
        TARGETS[target](content, name)
    assert time.process_time() - began < LONGEST_SECONDS, content


@pytest.mark.parametrize("target", TARGETS)
def test_corpus_is_read_or_refused(target: str) -> None:
    """Each input of the corpus, as it stands and cut off at its half."""
    assert SEEDS[target]
    for seed in SEEDS[target]:
        content = seed.read_bytes()
        tried(target, content, seed.name)
        tried(target, content[: len(content) // 2], seed.name)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_changed_inputs_are_read_or_refused(target: str) -> None:
    """Inputs of the corpus with random changes."""

    @settings(
        max_examples=EXAMPLES,
        derandomize="FUZZ_EXAMPLES" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(SEEDS[target]), EDITS)
    def run(seed: Path, edits: list[tuple[float, int, bytes | None]]) -> None:
        tried(target, edited(seed.read_bytes(), edits), seed.name)

    run()
