"""With `authors = "none"` no name of a person is stored, and the numbers are those of plain names."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tests.builders.repositories import Person
from tests.pipeline.running import Headway, program, rows, write
from tests.pipeline.test_forget_person import company, left
from tests.pipeline.test_pseudonyms import BOT, SECRET

NUMBERS = "select * exclude (author) from lead_times where provider = 'github' order by change_id"
VERDICTS = "select * from classification where repo_id like 'github:%' order by all"
AIDER = Person("Ann Author (aider)", "ann@example.com")
AGENT = (
    "Add 8 (#8)\n\nCo-authored-by: Claude <noreply@anthropic.com>\nReviewed-by: Ann Author\n"
    "\nThe cellar door squeaks.\n"
)
CELLAR = re.compile("cellar")
MANIFEST = (
    '[project]\nauthors = [{ name = "Ann Author", email = "ann@example.com" }]\ndependencies = [\n  "openai>=1.2",\n]\n'
)
SETTINGS = '[privacy]\nauthors = "none"\nmessages = "cut"\n[ai]\nauthor_days = true\n'


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


@pytest.mark.slow
def test_no_name_is_stored_and_no_number_changes(
    headway: Headway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file names a person or links days of one; lead times and verdicts on AI are those of plain names."""
    repo = company(tmp_path)
    repo.commit("Bump x from 1 to 2 (#7)\n", author=BOT, at=datetime(2026, 1, 4, 10, 20))
    repo.commit(AGENT, {"pyproject.toml": MANIFEST}, at=datetime(2026, 1, 4, 10, 40))
    repo.commit("Add 9 (#9)\n", author=AIDER, at=datetime(2026, 1, 4, 10, 50))
    used = {"type": "ai_usage", "author": "Ann@Example.com", "day": "2026-01-02", "tool": "cursor", "uses": 3}
    write(tmp_path / "usage.ndjson", [used, used | {"author": "annauthor", "day": "2026-01-04"}])
    sources = ("shop", "events:records.ndjson", "events:usage.ndjson")
    warehouse, config = tmp_path / "headway-data", tmp_path / "headway.toml"
    config.write_text(SETTINGS.replace("none", "plain").replace("cut", "whole"), encoding="utf-8")
    assert headway("collect", *sources).code == 3
    assert left(warehouse, CELLAR) != set()
    plain, judged = rows(headway, NUMBERS), rows(headway, VERDICTS)
    for sign in ("author_day", "aider", "automation", "openai"):
        assert any(sign in row for row in judged), (sign, judged)
    config.write_text(SETTINGS, encoding="utf-8")
    refused = headway("build")
    assert (refused.code, "was collected with plain names" in refused.err) == (2, True)
    monkeypatch.setenv("HEADWAY_PRIVACY_SECRET", SECRET)
    refused = headway("collect", *sources)
    assert (refused.code, "was collected with plain names" in refused.err) == (2, True)
    shutil.rmtree(warehouse)
    assert headway("collect", *sources, f"file://{tmp_path}/shop").code == 3
    assert not list((warehouse / "cache" / "git").glob("*.git")), "a clone holds the names of all authors"
    assert left(warehouse) == left(warehouse, CELLAR) == set()
    for query, before in ((NUMBERS, plain), (VERDICTS, judged)):
        assert rows(headway, query) == [row.replace("Ann Author (aider)", " (aider)") for row in before]
    assert rows(headway, "select distinct author from lead_times order by all") == ["", "dependabot[bot]"]
    assert "of people no names" in headway("forget", "ann@example.com", "--yes").err
