"""The dashboard in a real browser: what only a browser can tell."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.builders.rows import START
from tests.dashboard import warehouses
from tests.dashboard.running import Served, dashboard
from tests.frame.project import ROOT

driver = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
WIDE, NARROW = 1280, 400
# A table tells its cells only while it is in sight.
TALL = 4000
ALL_DRAWN = """() => {
    const charts = [...document.querySelectorAll('[data-testid=stVegaLiteChart]')];
    const drawn = charts.every(chart => chart.querySelector('canvas, svg'));
    return drawn && !document.querySelector('[data-testid=stSkeleton]');
}"""
PATIENCE_MS = 120_000


class Visit:
    """One page of a browser, and what went wrong in it."""

    def __init__(self, page: Any, served: Served) -> None:
        self.page, self.served = page, served
        self.wrong: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self._request)
        page.on("dialog", lambda dialog: self.wrong.append(dialog.message))

    def _request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != f"127.0.0.1:{self.served.port}":
            self.wrong.append(f"request to {request.url}")

    def open(self, query: str = "") -> Visit:
        """Open the first page and wait until it is drawn to its end."""
        self.page.goto(f"{self.served.url}/{query}")
        self.drawn()
        return self

    def drawn(self) -> None:
        """Wait until the page is drawn to its end."""
        self.page.get_by_role("heading", name="What the numbers rest on").wait_for()
        self.page.locator("[data-testid=stDataFrame] canvas").last.wait_for()
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        self.page.wait_for_function(ALL_DRAWN)

    def text(self) -> str:
        """What the page says, tables left out."""
        said: str = self.page.locator("[data-testid=stMain]").inner_text()
        return said

    def numbers(self) -> list[str]:
        """The numbers of the cards."""
        found: list[str] = self.page.locator("[data-testid=stMetricValue]").all_inner_texts()
        return found

    def cell(self, text: str) -> Any:
        """The cells of all tables in which this text is, as a screen reader finds them."""
        return self.page.locator("[data-testid=stDataFrame] [role=gridcell]").filter(has_text=text)

    def wait_for_cell(self, text: str) -> None:
        """Wait until a table has this text: it draws its cells a moment after the page."""
        self.cell(text).first.wait_for(state="attached")

    def choose(self, label: str, option: str) -> None:
        """Choose one of a filter's options."""
        self.page.get_by_role("combobox", name=label, exact=True).click()
        self.page.get_by_role("option", name=option, exact=True).click()
        self.drawn()

    def download(self, key: str) -> bytes:
        """Press a download button and return the file."""
        with self.page.expect_download() as waiting:
            self.page.locator(f".st-key-download-{key} button").click()
        return Path(waiting.value.path()).read_bytes()

    def sound(self) -> None:
        """Nothing went wrong: no error in the console, no request to elsewhere, no exception on the page."""
        assert self.wrong == []
        assert self.page.locator("[data-testid=stException]").count() == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    with driver.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two repositories that deliver and one that does not."""
    parts = [warehouses.busy(), warehouses.busy("acme/api", seed=9), warehouses.undeployed()]
    folder = warehouses.published(tmp_path_factory.mktemp("busy"), *parts, simulated=True)
    with dashboard(folder) as served:
        yield served


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A repository whose every text would do harm, beside a harmless one."""
    parts = [warehouses.hostile(), warehouses.busy(changes=30)]
    with dashboard(warehouses.published(tmp_path_factory.mktemp("hostile"), *parts)) as served:
        yield served


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Open a dashboard in a window of its own; whatever the test does, nothing may go wrong in it."""
    visits: list[Visit] = []

    def begin(served: Served, *, width: int = WIDE, scheme: str = "light", query: str = "") -> Visit:
        context = browser.new_context(viewport={"width": width, "height": TALL}, color_scheme=scheme)
        visits.append(Visit(context.new_page(), served))
        return visits[-1].open(query)

    yield begin
    for each in visits:
        each.sound()
        each.page.context.close()


def exported(folder: Path, *arguments: str) -> bytes:
    """What `headway export` writes."""
    command = [sys.executable, "-m", "headway.cli", "--warehouse", str(folder), "export", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_page_opens_and_fits(visit: Any, busy: Served, width: int, scheme: str) -> None:
    """The page opens on a wide and a narrow screen, light and dark, and never scrolls sideways."""
    opened = visit(busy, width=width, scheme=scheme)
    assert "Half of AI work is in production after" in opened.text()
    assert "SIMULATED" in opened.text()
    charts = opened.page.locator("[data-testid=stVegaLiteChart]").filter(has=opened.page.locator("canvas, svg"))
    assert charts.count() == 2
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.page.locator("[data-testid=stMain]").evaluate("main => main.scrollWidth - main.clientWidth") <= 0


def test_charts_and_tables_say_what_they_show(visit: Any, busy: Served) -> None:
    """Whoever cannot see a chart hears its numbers, and each table has a name."""
    page = visit(busy).page
    for told in (
        "Mean time in each stage with 95% interval. AI work: pickup",
        "Share in production with 95% interval. AI work:",
        "The changes that have waited longest, oldest first",
    ):
        page.get_by_label(told).first.wait_for(state="attached")


def test_filter_goes_to_the_url_and_back(visit: Any, busy: Served) -> None:
    """A choice stands in the URL, and whoever opens that URL sees the same page."""
    opened = visit(busy)
    opened.choose("Repository", "acme/shop")
    opened.choose("Period", "30 days")
    query = urlsplit(opened.page.url).query
    assert parse_qs(query) == {"repo": ["acme/shop"], "period": ["30 days"]}
    assert "acme/shop, code complete in the last 30 days" in opened.text()
    assert visit(busy, query=f"?{query}").numbers() == opened.numbers()


@pytest.mark.parametrize(
    ("query", "arguments", "period"),
    [
        ("", [], []),
        ("?repo=acme%2Fshop", ["--repo", "acme/shop"], []),
        ("?period=30+days", [], ["--since", "2025-01-17T16:00:00"]),
    ],
)
def test_download_is_the_export(visit: Any, busy: Served, query: str, arguments: list[str], period: list[str]) -> None:
    """The CSV of a page is byte for byte what `headway export` writes for the same choice."""
    opened = visit(busy, query=query)
    assert opened.download("coverage") == exported(busy.folder, "coverage", *arguments)
    assert opened.download("lead-time") == exported(busy.folder, "lead-time", *arguments, *period)


def test_table_under_a_chart_downloads(visit: Any, busy: Served) -> None:
    """The numbers of a chart unfold under it, and come as CSV with names and as of when."""
    opened = visit(busy)
    opened.page.get_by_text("The numbers", exact=True).last.click()
    header, *rows = opened.download("stages").decode().splitlines()
    assert header.startswith("group,stage,changes,mean_hours_in_state,share_of_wait,lower,upper,horizon_hours,as_of")
    assert len(rows) == 8


def test_hostile_text_is_text(visit: Any, hostile: Served) -> None:
    """Titles, authors, names and notices are shown as they are written, and nothing in them is run or linked."""
    opened = visit(hostile, query=f"?repo={quote(warehouses.HOSTILE_REPO, safe='')}")
    page = opened.page
    assert warehouses.HOSTILE_REPO in opened.text()
    opened.wait_for_cell("<script>window.hit=1</script>")
    opened.wait_for_cell(":smile: $x^2$")
    page.get_by_role("combobox", name="Repository", exact=True).click()
    assert page.get_by_role("option", name=warehouses.HOSTILE_REPO, exact=True).count() == 1
    assert page.evaluate("window.hit") is None
    assert page.locator("img[src=x], .katex, a[href^='javascript'], a[href*=evil]").count() == 0


def test_hostile_text_is_harmless_in_a_csv(visit: Any, hostile: Served) -> None:
    """A title that a spreadsheet would run is written with its apostrophe, on a page as in an export."""
    told = visit(hostile, width=NARROW).download("waiting-longest").decode()
    assert "javascript:window.hit=1" in told
    assert "\n=" not in told
    assert ",=" not in told


@pytest.mark.parametrize("parts", [[warehouses.quiet()], [warehouses.undeployed()]], ids=["empty", "no deployments"])
def test_page_opens_where_there_is_no_number(visit: Any, parts: list[Any], tmp_path: Path) -> None:
    """Without a number the page says why and what to do."""
    with dashboard(warehouses.published(tmp_path, *parts)) as served:
        opened = visit(served, width=NARROW)
        assert "No change whose arrival in production could be observed yet" in opened.text()
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= NARROW
        opened.sound()


def test_open_page_follows_a_new_published_file(visit: Any, tmp_path: Path) -> None:
    """A page that somebody has open shows newly published data by itself, without a failed run between."""
    warehouses.published(tmp_path, warehouses.busy())
    with dashboard(tmp_path) as served:
        opened = visit(served)
        opened.wait_for_cell("acme/shop")
        assert opened.cell("acme/api").count() == 0
        warehouses.published(tmp_path, warehouses.busy("acme/api", seed=9), built_at=START + timedelta(days=1))
        opened.page.get_by_text("in 2 repositories").first.wait_for()
        opened.wait_for_cell("acme/api")
        opened.sound()
        assert served.stop() == 0
    assert served.said == [f"dashboard at {served.url} (Ctrl-C ends it)"]
