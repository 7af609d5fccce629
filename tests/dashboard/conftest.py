from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.demo import tiny_demo
from tests.dashboard import warehouses
from tests.dashboard.running import Served, dashboard
from tests.dashboard.visiting import ARGUMENTS, CHROMIUM, TALL, WIDE, Visit

ANNOTATIONS = f"""
[targets]
lead_time_p85_hours = 240
within_7_days_share = 0.8
waiting_days = 30
failure_share = 0.2

[[events]]
at = 2026-06-01
text = "New CI"

[[events]]
at = 2026-06-15
text = {json.dumps(warehouses.HOSTILE[:100])}

[[events]]
at = 2026-06-16
text = "Release train"
"""
"""Settings of the demo in browser tests."""


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


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo, in its tiny size, with events and targets."""
    warehouse = tiny_demo(tmp_path_factory.mktemp("demo") / "demo").settings.warehouse_folder
    (warehouse / "headway.toml").write_text(ANNOTATIONS, encoding="utf-8")
    with dashboard(warehouse) as served:
        yield served


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
