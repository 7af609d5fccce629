"""What pages declare is what they ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analytics.cohort.filters import Filters
from dashboard.answers import cache, files, prewarm_list
from dashboard.answers.cache import Question
from dashboard.answers.questions import report, scope
from dashboard.answers.view import Declaration
from dashboard.charts import parts
from headway.settings import InitiativeSettings
from tests.dashboard import warehouses
from tests.dashboard.opening import EACH_PAGE, opened


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse in which every page has something to show."""
    named = InitiativeSettings(name="Concierge", labels=("ai",))
    repositories = [warehouses.busy(changes=105), warehouses.git_only(), warehouses.undeployed()]
    return warehouses.published(tmp_path_factory.mktemp("full"), *repositories, initiatives=(named,))


@pytest.mark.slow
@pytest.mark.parametrize("name", EACH_PAGE)
def test_page_asks_what_it_declares(name: str, full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page with all expanders open asks what its file declares, and the first of it before its first chart."""
    cache.clear()
    events: list[Question | None] = []
    compute = cache.compute

    def recorded(question: Question) -> Any:
        events.append(question)
        return compute(question)

    monkeypatch.setattr(cache, "compute", recorded)
    monkeypatch.setattr(parts, "wait_for_first_paint", lambda: events.append(None))
    opened(full, monkeypatch, name)
    view = next(prewarm_list.views(files.published(), scope(files.published())))
    first, later = (prewarm_list.declared(name, view, moment) for moment in (prewarm_list.FIRST, prewarm_list.LATER))
    assert {event for event in events if event is not None} == {*first, *later}
    assert set(first) <= set(events[: events.index(None)] if None in events else events)


def test_a_default_that_is_spelled_out_is_the_same_question() -> None:
    """Questions are told apart by what they ask, not by how they are written."""
    spelled_out = report.about("file", Filters(), name="dora", by=None, clock="wall")
    assert report.about("file", Filters(), "dora") == spelled_out
    assert report.about("file", Filters(), "dora", window="month") != spelled_out


def test_a_declaration_collects_questions_and_answers_none() -> None:
    """A view that declares needs no file."""
    declaration = Declaration("no such file", Filters(), "builds_ai", "working")
    assert declaration.pulse() is None
    assert [question.name for question in declaration.questions] == ["pulse"]
    assert dict(declaration.questions[0].arguments)["clock"] == "working"
