from __future__ import annotations

import re
import time
import tomllib
from pathlib import Path

import pytest

import headway.forge_words
from headway.forge_words import ForgeRef, Word, forge_refs, lines_with, words
from tests.builders.hang import HANG_SECONDS

TABLE = tomllib.loads(Path(headway.forge_words.__file__).with_suffix(".toml").read_text(encoding="utf-8"))
KINDS = ("merge", "squash", "landed", "closes", "revert", "pick", "diff", "branch", "prefix")
WORDS = [word for kind in KINDS for word in words(kind)]
NAMES = [f"{word.forge}, {word.kind}" for word in WORDS]

# What is repeated without end in hostile lines: between what every pattern begins with, and what it waits for.
PIECES = (
    " ",
    "a",
    "#1",
    "(#1)",
    "'",
    "' (#1) from ",
    "a/",
    "a.-",
    "/pull/",
    "://",
    '"',
    'Revert "',
    "!1",
    "`",
    ", #1",
    "\t",
)


def holding(word: Word) -> str:
    """The line of an example that the pattern is for."""
    return next(line for line in lines_with(word.example, word.holds) if word.pattern.search(line))


def test_every_row_is_of_a_kind_that_is_read() -> None:
    """No row is left out by a kind or a place that nobody asks for."""
    assert {row["kind"] for row in TABLE["word"]} == set(KINDS)
    assert {row["where"] for row in TABLE["word"]} == {"subject", "body"}
    assert len(WORDS) == len(TABLE["word"])
    assert [*words("merge", "subject"), *words("merge", "body")] == list(words("merge"))


@pytest.mark.parametrize("word", WORDS, ids=NAMES)
def test_pattern_matches_its_example(word: Word) -> None:
    """Each form finds in its example the request 12, the commit or the diff D12, and says from where it is known."""
    groups = [group for match in word.matches(word.example) for group in match.items()]
    number = {"number": "12", "diff": "D12", "commit": "0123456789abcdef0123456789abcdef01234567"}
    expected = {*number.items(), ("numbers", "#12"), ("numbers", "#12 #14"), ("quoted", "Merged PR 12: Add basket")}
    expected |= {("branch", "topic"), ("prefix", "[Merged by Bors] - ")}
    assert expected & set(groups)
    assert word.source
    assert word.forge


@pytest.mark.parametrize("word", WORDS, ids=NAMES)
def test_line_of_the_example_holds_the_text(word: Word) -> None:
    """The text that saves trying the pattern is in what it matches; a merge's subject begins with it."""
    line = holding(word)
    assert word.holds in line
    if (word.kind, word.where) == ("merge", "subject"):
        assert line.startswith(word.holds)


@pytest.mark.parametrize("word", WORDS, ids=NAMES)
def test_pattern_takes_linear_time(word: Word) -> None:
    """A line of 200 kB, however it goes on after the beginning of the example, is read in a moment."""
    line = holding(word)
    beginnings = {line[:at] for at in (0, len(word.holds), len(line) // 2, len(line) - 1, len(line))}
    began = time.process_time()
    for beginning in beginnings:
        for piece in (*PIECES, line, f"{line} "):
            text = beginning + piece * (40_000 // len(piece)) + "\x00"
            list(word.pattern.finditer(text))
    assert time.process_time() - began < HANG_SECONDS


@pytest.mark.parametrize("ref", forge_refs(), ids=[ref.forge for ref in forge_refs()])
def test_ref_pattern_matches_what_is_fetched(ref: ForgeRef) -> None:
    """What a fetch of these refs brings is what the pattern reads; a ref leads to a head or to a merge with it."""
    name = ref.fetch.replace("*", "12/12/3" if ref.fetch == "refs/changes/*" else "12")
    match = re.fullmatch(ref.pattern, name)
    assert match
    assert match["number"] == "12"
    assert ref.leads_to in {"head", "merge"}
    assert ref.source


def test_every_forge_of_refs_has_a_source() -> None:
    """A forge that keeps no refs is in the table too, so that nobody looks for them."""
    assert [row["forge"] for row in TABLE["ref"] if not row["fetch"]] == ["Bitbucket Cloud"]
    assert all(row["source"] for row in TABLE["ref"])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("no", []),
        ("x", ["x"]),
        ("a\nbxc\nd", ["bxc"]),
        ("xx\nx\n\nx", ["xx", "x", "x"]),
        ("x\n", ["x"]),
    ],
)
def test_lines_with_a_text_come_once(text: str, lines: list[str]) -> None:
    """Each line with the text comes once, whole, in order."""
    assert list(lines_with(text, "x")) == lines
