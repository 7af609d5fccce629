from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard import warehouses
from tests.dashboard.running import Served
from tests.dashboard.visiting import ARGUMENTS, CHROMIUM, TALL, WIDE, Visit


@pytest.fixture(scope="session")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two repositories that deliver and one that reports no deployment; simulated."""
    parts = [warehouses.busy(changes=105), warehouses.busy("acme/api", changes=25, seed=9), warehouses.undeployed()]
    teams = {"git:acme/shop": "storefront", "git:acme/api": "platform", "git:acme/tool": "platform"}
    return warehouses.published(tmp_path_factory.mktemp("several"), *parts, simulated=True, teams=teams)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    driver = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    with driver.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Open a dashboard in a window of its own; whatever the test does, nothing may go wrong in it."""
    visits: list[Visit] = []

    def begin(
        served: Served, *, page: str = "pulse", width: int = WIDE, scheme: str = "light", query: str = ""
    ) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": TALL}, color_scheme=scheme)
        visits.append(Visit(context.new_page(), served))
        return visits[-1].open(query, page)

    yield begin
    for each in visits:
        each.sound()
        each.page.context.close()
