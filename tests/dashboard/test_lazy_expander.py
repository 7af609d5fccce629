from __future__ import annotations

from pathlib import Path

import pytest

from tests.dashboard.opening import charts, collapsed, table, tables


@pytest.mark.slow
def test_contents_are_rendered_when_it_is_opened(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page sends no table under a chart until its expander is opened."""
    app = collapsed(several, monkeypatch, "bottlenecks")
    assert charts(app) > 1
    drawn = len(tables(app))
    app.session_state["expander-stages"] = True
    app.run()
    assert len(tables(app)) == drawn + 1
    assert not table(app, "mean_hours_in_state").is_empty()


@pytest.mark.slow
def test_a_link_to_a_choice_inside_opens_it(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to the changes longest in one stage shows them."""
    app = collapsed(several, monkeypatch, "bottlenecks", longest="release")
    assert set(table(app, "days", "ended")["short"].is_not_null()) == {True}
    assert app.selectbox(key="longest").value == "release"


def test_one_that_a_link_opened_can_be_closed_and_opened_again(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From then on it follows the user."""
    app = collapsed(several, monkeypatch, "bottlenecks", longest="release")
    drawn = len(tables(app))
    for is_open, less in ((False, 1), (True, 0)):
        app.session_state["expander-longest"] = is_open
        app.run()
        assert len(tables(app)) == drawn - less
