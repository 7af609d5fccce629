"""Answers made before anybody asks."""

from __future__ import annotations

import io
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from analytics.filters import Filters
from dashboard import data, questions, warming
from dashboard.places import PLACES
from tests.dashboard import warehouses
from tests.dashboard.opening import opened

SECONDS_TO_END = 20


@pytest.fixture
def first_view_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the view that a visitor comes to is asked for."""
    first = list(islice(questions._views(), 1))
    monkeypatch.setattr(questions, "_views", lambda: iter(first))


@pytest.fixture
def nothing_kept() -> Iterator[None]:
    """As a server that has just begun."""
    kept = (data._statistics, data._list, data.pulse, data.found, data.bottlenecks, data.portfolio, data.troubled)
    for each in kept:
        each.clear()
    yield
    for each in kept:
        each.clear()


def script(monkeypatch: pytest.MonkeyPatch, warehouse: Path) -> str:
    """This process is the script of a warehouse's dashboard; returns the published file."""
    monkeypatch.setattr("sys.argv", ["app.py", str(warehouse)])
    return data.published()


@pytest.mark.usefixtures("first_view_alone", "nothing_kept")
def test_pages_find_their_first_view_answered(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page as a visitor comes to it asks nothing that was not answered beforehand."""
    file = script(monkeypatch, several)
    answers = io.BytesIO()
    warming.answer(file, answers)
    answers.seek(0)
    computed: list[str] = []

    compute = data.compute

    def noted(question: data.Question) -> Any:
        computed.append(f"{question.name} {question.about[1:]} {question.asked}")
        return compute(question)

    monkeypatch.setattr(data, "compute", noted)
    warming.take(file, answers)
    for page in PLACES:
        opened(several, monkeypatch, page)
    assert computed == []


@pytest.mark.usefixtures("nothing_kept")
def test_answers_for_an_older_file_are_not_taken(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once another file is current, answers of the one before are left."""
    file = script(monkeypatch, several)
    answers = io.BytesIO(pickle.dumps(data.compute(next(questions.questions(file)))))
    kept: list[data.Question] = []
    monkeypatch.setattr(data, "keep", lambda asked, _: kept.append(asked))
    monkeypatch.setattr(data, "published", lambda: "a newer one")
    warming.take(file, answers)
    assert kept == []


@pytest.mark.usefixtures("nothing_kept")
def test_a_page_waits_for_an_answer_that_comes(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is being answered elsewhere is not computed here too, unless nothing comes of it."""
    file = script(monkeypatch, several)
    first, second, third = (data.about_report(file, name, Filters()) for name in ("week", "waiting", "coverage"))
    answer = data.compute(first)
    computed: list[data.Question] = []
    compute = data.compute

    def noted(question: data.Question) -> Any:
        computed.append(question)
        return compute(question)

    monkeypatch.setattr(data, "compute", noted)
    data.expect({first, second, third})
    with ThreadPoolExecutor(3) as pages:
        asked = [pages.submit(data.ask, question) for question in (first, second, third)]
        data.keep(first, answer)
        assert_frame_equal(asked[0].result(), answer)
        data.keep(second, None)
        asked[1].result()
        assert computed == [second]
        data.expect(())
        asked[2].result()
    assert computed == [second, third]


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_kept")
def test_another_process_answers_and_ends_with_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers of the other process are those of this one, in the order of questions; at the end none runs."""
    warehouses.published(tmp_path, warehouses.quiet())
    monkeypatch.setattr(warming, "WORTH_CHANGES", -1)
    file = script(monkeypatch, tmp_path)
    told: list[tuple[data.Question, Any]] = []
    ended, enough = threading.Event(), threading.Event()

    def keep(question: data.Question, answer: Any) -> None:
        told.append((question, answer))
        if len(told) == 5:
            enough.set()

    monkeypatch.setattr(data, "keep", keep)
    thread = threading.Thread(target=warming.follow, args=(ended,), daemon=True)
    thread.start()
    assert enough.wait(60)
    ended.set()
    thread.join(SECONDS_TO_END)
    assert not thread.is_alive()
    assert [question for question, _ in told[:5]] == list(islice(questions.questions(file), 5))
    for question, answer in told[:5]:
        assert pickle.dumps(answer) == pickle.dumps(data.compute(question))
