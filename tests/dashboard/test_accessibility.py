"""Every page in a real browser, read by axe-core: what a screen reader, or weak eyes, would miss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from dashboard.shell.navigation import CHANGE, PAGES
from tests.dashboard.running import Served

pytestmark = pytest.mark.browser

GRAVE = {"serious", "critical"}
DARK = "light => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor !== light"
BACKGROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
NAMED = """chart => {
    const named = chart.closest('[aria-label]') || chart.querySelector('[aria-label]')
    return named && named.getAttribute('aria-label') && named.getAttribute('role')
}"""


def findings(page: Any, script: str, *rules: str) -> Iterator[str]:
    """What axe finds on a page, a line for each element; `rules`: those that are run, or all."""
    page.evaluate(script)
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    for violation in page.evaluate("options => axe.run(document, options)", options)["violations"]:
        if violation["impact"] in GRAVE:
            for node in violation["nodes"]:
                yield f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"


def test_nothing_grave_is_found_on_any_page(visit: Any, busy: Served) -> None:
    """No page has a serious finding of axe, light or dark; each chart has a role, a name, and a table."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-core")
    script = axe.Axe().axe_script
    file = busy.folder / (busy.folder / "CURRENT").read_text(encoding="utf-8").strip()
    with duckdb.connect(str(file), read_only=True) as connection:
        ((change_id,),) = connection.sql(
            "select change_id from lead_times where outcome = 'production' order by change_id limit 1"
        ).fetchall()
    opened = visit(busy)
    page = opened.page
    for name in PAGES:
        page.emulate_media(color_scheme="light")
        opened.open(f"?{CHANGE}={change_id.replace('#', '%23')}" if name == CHANGE else "", name)
        charts = page.locator("[data-testid=stVegaLiteChart]")
        assert {chart.evaluate(NAMED) for chart in charts.all()} <= {"graphics-document", "img"}, name
        if charts.count():
            assert page.locator("summary", has_text="Numbers").count(), name
        assert list(findings(page, script)) == [], name
        light = page.evaluate(BACKGROUND)
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(DARK, arg=light)
        opened.drawn(name)
        assert list(findings(page, script, "color-contrast")) == [], f"{name}, dark"
