"""With pseudonyms no name of a person is stored, and the numbers are those of plain names."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from headway.settings import load
from tests.builders.repositories import Person
from tests.pipeline.running import Headway, program, rows
from tests.pipeline.test_forget_person import company, left
from warehouse.upkeep.pseudonyms import Pseudonyms

SECRET = "a secret of the tests, long enough for them"
NUMBERS = "select * exclude (author) from lead_times order by change_id"
BOT = Person("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com")
AGENT = "Add 8 (#8)\n\nCo-authored-by: Claude <noreply@anthropic.com>\n"


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


@pytest.mark.slow
def test_no_name_is_stored_and_no_number_changes(
    headway: Headway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows, published tables and rejected lines name nobody; lead times and verdicts on AI are those of plain names."""
    repo = company(tmp_path)
    repo.commit("Bump x from 1 to 2 (#7)\n", author=BOT, at=datetime(2026, 1, 4, 10, 20))
    repo.commit(AGENT, at=datetime(2026, 1, 4, 10, 40))
    warehouse = tmp_path / "headway-data"
    verdicts = "select * from classification order by all"
    assert headway("collect", "shop", "events:records.ndjson").code == 3
    plain, judged = rows(headway, NUMBERS), rows(headway, verdicts)
    assert any("agent" in row or "assisted" in row for row in judged)
    assert left(warehouse) != set()
    refused = headway("--config", str(settings(tmp_path)), "collect", "shop")
    assert (refused.code, "HEADWAY_PRIVACY_SECRET" in refused.err) == (2, True)
    monkeypatch.setenv("HEADWAY_PRIVACY_SECRET", SECRET)
    refused = headway("collect", "shop")
    assert (refused.code, "was collected with plain names" in refused.err) == (2, True)
    shutil.rmtree(warehouse)
    assert headway("collect", "shop", "events:records.ndjson").code == 3
    assert left(warehouse) == set()
    assert rows(headway, NUMBERS) == plain
    assert rows(headway, verdicts) == judged
    assert headway("collect", "--full", "shop", "events:records.ndjson").code == 3
    assert left(warehouse) == set()
    monkeypatch.setenv("HEADWAY_PRIVACY_SECRET", SECRET[::-1])
    assert "another secret" in headway("collect", "shop").err
    monkeypatch.setenv("HEADWAY_PRIVACY_SECRET", SECRET)
    authors = set(rows(headway, "select distinct author from changes"))
    assert headway("forget", "ann@example.com", "--yes").code == 0
    assert rows(headway, NUMBERS) == plain
    gone = authors - set(rows(headway, "select distinct author from changes"))
    assert len(gone) == 1
    (tmp_path / "headway.toml").write_text("", encoding="utf-8")
    assert "was collected with pseudonyms" in headway("collect", "shop").err


def settings(folder: Path) -> Path:
    """Settings with pseudonyms."""
    file = folder / "headway.toml"
    file.write_text('[privacy]\nauthors = "pseudonym"\n', encoding="utf-8")
    return file


def test_pseudonym_is_one_for_each_identity(tmp_path: Path) -> None:
    """It depends on the secret and not on case; addresses stay addresses, and a log-in in one is the log-in's."""
    ai = load(None, {}, folder=tmp_path).ai
    alias, other = Pseudonyms(ai, SECRET).alias, Pseudonyms(ai, SECRET[::-1]).alias
    assert (
        alias("Ann@Example.com")
        == alias("ann@example.com")
        == f"{alias('ann@example.com').partition('@')[0]}@privacy.invalid"
    )
    assert alias("Ann") != other("Ann")
    assert alias("12+ann@users.noreply.github.com") == f"{alias('ann')}@users.noreply.github.com"
    assert len({alias(name) for name in ("ann", "bob", "ann@example.com", "bob@example.com")}) == 4


@pytest.mark.parametrize(
    "identity",
    ["dependabot[bot]", "renovate[bot]", "noreply@anthropic.com", "copilot-swe-agent[bot]", "github-actions[bot]", ""],
)
def test_bot_and_agent_keep_their_names(identity: str, tmp_path: Path) -> None:
    """What tells how work was made is no person."""
    assert Pseudonyms(load(None, {}, folder=tmp_path).ai, SECRET).alias(identity) == identity


@pytest.mark.slow
def test_note_of_a_warehouse_holds_no_secret(tmp_path: Path, headway: Headway, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is noted to recognize the secret is a digest."""
    company(tmp_path)
    settings(tmp_path)
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="utf-8")
    monkeypatch.setenv("HEADWAY_PRIVACY_SECRET_FILE", str(tmp_path / "secret"))
    assert headway("collect", "shop").code == 0
    monkeypatch.setenv("HEADWAY_PRIVACY_SECRET_FILE", str(tmp_path / "lost"))
    refused = headway("collect", "shop")
    assert (refused.code, "HEADWAY_PRIVACY_SECRET_FILE is not a readable file" in refused.err) == (2, True)
    monkeypatch.setenv("HEADWAY_PRIVACY_SECRET", SECRET)
    assert headway("collect", "shop").code == 0, "a file has the same secret"
    note = (tmp_path / "headway-data" / "privacy.json").read_text(encoding="utf-8")
    assert SECRET not in note
    assert json.loads(note)["authors"] == "pseudonym"
