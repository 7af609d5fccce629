"""Answers computed in advance."""

from __future__ import annotations

import io
import pickle
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from analytics.cohort.filters import Filters
from dashboard.answers import cache, files, prewarm, prewarm_list
from dashboard.answers.cache import Question
from dashboard.answers.questions import report
from dashboard.shell.navigation import PAGES
from headway.errors import WarehouseError
from tests.dashboard import warehouses
from tests.dashboard.opening import opened

SECONDS_TO_END = 20


@pytest.fixture
def first_view_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the view that a visitor comes to is answered in advance."""
    views = prewarm_list.views
    monkeypatch.setattr(prewarm_list, "views", lambda *args: islice(views(*args), 1))


@pytest.fixture
def empty_cache() -> Iterator[None]:
    """As a server that has just started."""
    cache.clear()
    yield
    cache.clear()


def script(monkeypatch: pytest.MonkeyPatch, warehouse: Path) -> str:
    """This process is the script of a warehouse's dashboard; returns the published file."""
    monkeypatch.setattr("sys.argv", ["app.py", str(warehouse)])
    return files.published()


@pytest.mark.slow
@pytest.mark.usefixtures("first_view_alone", "empty_cache")
def test_pages_find_their_first_view_answered(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page, as a visitor comes to it, asks nothing that was not answered in advance."""
    file = script(monkeypatch, several)
    answers = io.BytesIO()
    prewarm.answer(file, answers)
    answers.seek(0)
    computed: list[str] = []

    compute = cache.compute

    def noted(question: Question) -> Any:
        computed.append(f"{question.name} {question.arguments}")
        return compute(question)

    monkeypatch.setattr(cache, "compute", noted)
    prewarm.take(file, answers)
    for page in PAGES:
        opened(several, monkeypatch, page)
    assert computed == []


@pytest.mark.slow
@pytest.mark.usefixtures("empty_cache")
def test_answers_for_an_older_file_are_not_taken(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once another file is current, answers of the one before are left."""
    file = script(monkeypatch, several)
    answers = io.BytesIO(pickle.dumps(cache.compute(next(prewarm_list.questions(file)))))
    kept: list[Question] = []
    monkeypatch.setattr(cache, "keep", lambda asked, _: kept.append(asked))
    monkeypatch.setattr(files, "newest", lambda: "a newer one")
    prewarm.take(file, answers)
    assert kept == []


@pytest.mark.usefixtures("empty_cache")
def test_a_page_waits_for_an_answer_that_comes(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is being answered elsewhere is not computed here too, unless nothing comes of it."""
    file = script(monkeypatch, several)
    first, second, third = (report.about(file, Filters(), name) for name in ("week", "waiting", "coverage"))
    answer = cache.compute(first)
    computed: list[Question] = []
    compute = cache.compute

    def noted(question: Question) -> Any:
        computed.append(question)
        return compute(question)

    monkeypatch.setattr(cache, "compute", noted)
    cache.expect({first, second, third})
    with ThreadPoolExecutor(3) as pages:
        asked = [pages.submit(cache.ask, question) for question in (first, second, third)]
        cache.keep(first, answer)
        assert_frame_equal(asked[0].result(), answer)
        cache.keep(second, None)
        asked[1].result()
        assert computed == [second]
        cache.expect(())
        asked[2].result()
    assert computed == [second, third]


def test_a_new_file_is_shown_when_it_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages go on with the file before until the first charts of the next are answered, unless that cannot be."""
    newest, asked, may = ["first"], threading.Event(), threading.Event()
    ended = threading.Event()

    def make_ready(file: str) -> bool:
        if file == "broken":
            raise WarehouseError("it cannot be read", hint="build again")
        if file == "second":
            asked.set()
            assert may.wait(SECONDS_TO_END)
        return False

    def shows(file: str) -> bool:
        deadline = time.monotonic() + SECONDS_TO_END
        while files.published() != file and time.monotonic() < deadline:
            time.sleep(0.01)
        return files.published() == file

    monkeypatch.setattr(files, "newest", lambda: newest[-1])
    monkeypatch.setattr(prewarm, "_make_ready", make_ready)
    monkeypatch.setattr(prewarm, "_LOOK_AGAIN_SECONDS", 0.01)
    thread = threading.Thread(target=prewarm.follow, args=(ended,), daemon=True)
    thread.start()
    try:
        assert shows("first")
        newest.append("second")
        assert asked.wait(SECONDS_TO_END)
        assert files.published() == "first"
        may.set()
        assert shows("second")
        newest.append("broken")
        assert shows("broken")
    finally:
        ended.set()
        thread.join(SECONDS_TO_END)
    newest.append("later")
    assert files.published() == "later"


@pytest.mark.slow
@pytest.mark.usefixtures("empty_cache")
def test_another_process_answers_and_ends_with_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The answers of the other process are those of this one, in order; it warns of nothing and ends with it."""
    warehouses.published(tmp_path, warehouses.quiet())
    monkeypatch.setattr(prewarm, "WORTH_CHANGES", -1)
    file = script(monkeypatch, tmp_path)
    told: list[tuple[Question, Any]] = []
    ended, enough = threading.Event(), threading.Event()

    def keep(question: Question, answer: Any) -> None:
        told.append((question, answer))
        if len(told) == 5:
            enough.set()

    monkeypatch.setattr(cache, "keep", keep)
    thread = threading.Thread(target=prewarm.follow, args=(ended,), daemon=True)
    thread.start()
    assert enough.wait(60)
    ended.set()
    thread.join(SECONDS_TO_END)
    assert not thread.is_alive()
    assert "No runtime found" not in capfd.readouterr().err
    assert [question for question, _ in told[:5]] == list(islice(prewarm_list.questions(file), 5))
    for question, answer in told[:5]:
        assert pickle.dumps(answer) == pickle.dumps(cache.compute(question))
