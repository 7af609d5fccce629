"""The built tables equal what really happened in the simulation, which knows nothing of them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from headway import demo_check
from headway.demonstration import build_demo
from headway.session import Session
from tests.builders.demo import UNTIL, session_in


def differences(company: Session, among: str = "true") -> dict[str, int]:
    """How many changes of a company are told otherwise than they were, by what differs."""
    return demo_check.differences(company.folder, company.settings.warehouse_folder, among)


def changes(company: Session) -> int:
    """How many changes the simulation tells of."""
    return len((company.folder / "truth.csv").read_text().splitlines()) - 1


def test_every_milestone_of_every_change_is_the_true_one(company: Session) -> None:
    """Outcome, milestones and stage hours of the tiny company are those of the simulation."""
    assert changes(company) > 100
    assert differences(company) == {}


@pytest.mark.slow
def test_the_demo_equals_its_truth(tmp_path: Path) -> None:
    """So are those of the company that `headway demo` shows, over thousands of changes."""
    demo = build_demo(
        tmp_path / "demo", session_in(tmp_path), until=UNTIL, clock=lambda: 0.0, stream=io.StringIO(), size="full"
    )
    assert changes(demo) > 3000
    assert differences(demo) == {}


def test_demo_says_whether_its_numbers_are_true(company: Session) -> None:
    """The demo compares what it tells with what was simulated, and says what is true of AI work."""
    checked, truth = demo_check.report(company.folder, company.settings.warehouse_folder)
    assert checked.startswith("checked: outcome, all 15 milestones and all durations of 1")
    assert "pickup 4.5 against 2.5" in truth


def test_demo_would_say_that_a_number_is_not_true(company: Session, tmp_path: Path) -> None:
    """A truth that is another one is noticed: the comparison can fail."""
    text = (company.folder / "truth.csv").read_text(encoding="utf-8")
    (tmp_path / "truth.csv").write_text(text.replace(",production,", ",abandoned,"), encoding="utf-8")
    (tmp_path / "truth.json").write_bytes((company.folder / "truth.json").read_bytes())
    checked, _ = demo_check.report(tmp_path, company.settings.warehouse_folder)
    assert checked.startswith("NOT as simulated: outcome (")
