from __future__ import annotations

from pathlib import Path

import pytest

from headway.settings import GitSettings, Settings
from tests.builders.rows import Raw, built, commit_id
from warehouse.models.changes.commit_messages import landed_by_words

REVIEWS = "https://reviews.example.org/"


def landed_by_13(trailer: str, differential: str) -> str | None:
    """The commit by which change 13 landed that a record calls closed, where the second commit has this trailer."""
    raw = Raw().commits("a@1 s@10", says={"s": f"Add search\n\n{trailer}"}).deploy("d0", "a", 1)
    settings = Settings(base=Path(), git=GitSettings(differential=differential))
    with built(raw.change(13, opened=3, ready=3, abandoned=10.5), settings=settings) as tables:
        (row,) = tables("select sha from changes where number = 13")
    return str(row["sha"]) if row["sha"] else None


@pytest.mark.parametrize(
    ("trailer", "differential", "landed"),
    [
        ("Differential Revision: https://reviews.example.org/D13", REVIEWS, True),
        ("Differential Revision: https://reviews.example.org/D13", REVIEWS.rstrip("/"), True),
        ("Differential Revision: D13", REVIEWS, True),
        ("Differential Revision: https://reviews.llvm.org/D13", REVIEWS, False),
        ("Differential Revision: https://reviews.example.org/D13", "", False),
        ("Differential Revision: https://reviews.example.org/D14", REVIEWS, False),
    ],
)
def test_review_tool_of_the_settings_names_its_change(trailer: str, differential: str, landed: bool) -> None:
    """Where the settings name the review tool, its trailer names the change that records report by that number."""
    assert landed_by_13(trailer, differential) == (commit_id("s") if landed else None)


def test_trailer_counts_without_an_address_of_the_repository() -> None:
    """It is as sure as an address, and nothing without the setting."""
    message = "Add\n\nDifferential Revision: D13"
    assert landed_by_words(message, {"acme/shop"}, REVIEWS) == ((13,), ())
    assert landed_by_words(message, {"acme/shop"}) == ((), ())
