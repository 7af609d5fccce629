from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.charts import first_paint as pace
from tests.dashboard.opening import charts, folded, opened, table, tables


def test_what_is_folded_is_drawn_when_it_is_opened(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page sends no table under a chart until somebody opens it."""
    app = folded(several, monkeypatch, "bottlenecks")
    assert charts(app) > 1
    drawn = len(tables(app))
    app.session_state["fold-stages"] = True
    app.run()
    assert len(tables(app)) == drawn + 1
    assert not table(app, "mean_hours_in_state").is_empty()


def test_a_link_to_a_choice_in_a_fold_finds_it_open(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is sent the changes longest in one stage sees them."""
    app = folded(several, monkeypatch, "bottlenecks", longest="release")
    assert set(table(app, "days", "ended")["short"].is_not_null()) == {True}
    assert app.selectbox(key="longest").value == "release"


def test_a_fold_found_open_can_be_closed_and_opened_again(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a link opened follows the hand from then on."""
    app = folded(several, monkeypatch, "bottlenecks", longest="release")
    drawn = len(tables(app))
    for is_open, less in ((False, 1), (True, 0)):
        app.session_state["fold-longest"] = is_open
        app.run()
        assert len(tables(app)) == drawn - less


def test_a_session_gives_way_once(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the first page waits a moment after its first chart, and nothing waits after that."""
    app = opened(several, monkeypatch)
    waited: list[float] = []
    monkeypatch.setattr(pace, "SECONDS", 0.125)
    monkeypatch.setattr(pace, "time", SimpleNamespace(sleep=waited.append))

    def run(**state: Any) -> None:
        for name, value in state.items():
            app.session_state[name] = value
        app.run()

    run()
    assert waited == []
    del app.session_state["gave way"]
    run()
    run(clock="Working time")
    assert waited == [0.125]
