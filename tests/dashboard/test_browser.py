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

from dashboard.places import PLACES
from tests.builders.demo import tiny_demo
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
PAGES = tuple(place.path for place in PLACES.values())
WIDE, NARROW = 1280, 400
# A table tells its cells only while it is in sight.
TALL = 4000
SPOKEN = "chart => !!(chart.closest('[aria-label]') || chart.querySelector('[aria-label]'))"
ALL_DRAWN = """() => {
    const charts = [...document.querySelectorAll('[data-testid=stVegaLiteChart]')];
    const drawn = charts.every(chart => chart.querySelector('canvas, svg'));
    return drawn && !document.querySelector('[data-testid=stSkeleton]');
}"""
IN_THE_URL = "option => [...new URLSearchParams(location.search).values()].includes(option)"
PATIENCE_MS = 60_000
HOSTILE_ID = f"github:{warehouses.HOSTILE_REPO}#"


class Visit:
    """One page of a browser, and what went wrong in it."""

    def __init__(self, page: Any, served: Served) -> None:
        self.page, self.served = page, served
        self.wrong: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self._request)
        page.on("dialog", lambda dialog: self.wrong.append(dialog.message))

    def _said(self, message: Any) -> None:
        # Coming by a deep link the browser asks once beside the page for what lies at the root (measured, harmless).
        beside = any(name in message.location["url"] for name in ("/_stcore/health", "/_stcore/host-config"))
        if message.type == "error" and not beside:
            self.wrong.append(message.text)

    def _request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != f"127.0.0.1:{self.served.port}":
            self.wrong.append(f"request to {request.url}")

    def open(self, query: str = "", page: str = "pulse") -> Visit:
        """Open a page and wait until it is drawn to its end."""
        path = "" if PLACES[page].first else PLACES[page].path
        self.page.goto(f"{self.served.url}/{path}{query}")
        self.drawn(page)
        return self

    def drawn(self, page: str = "pulse") -> None:
        """Wait until a page is drawn to its end."""
        self.page.get_by_role("heading", name=PLACES[page].title, level=1).wait_for()
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        self.page.wait_for_function(ALL_DRAWN)

    def text(self) -> str:
        """What the page says, tables left out."""
        said: str = self.page.locator("[data-testid=stMain]").inner_text()
        return said

    def answers(self) -> list[str]:
        """The headings of the page."""
        found: list[str] = self.page.locator("[data-testid=stMain] h2").all_inner_texts()
        return found

    def unfold(self) -> None:
        """Show the numbers under every chart."""
        self.page.evaluate("document.querySelectorAll('main details:not([open]) summary').forEach(one => one.click())")

    def cell(self, text: str) -> Any:
        """The cells of all tables in which this text is, as a screen reader finds them."""
        return self.page.locator("[data-testid=stDataFrame] [role=gridcell]").filter(has_text=text)

    def wait_for_cell(self, text: str) -> None:
        """Wait until a table has this text: it draws its cells a moment after the page."""
        self.cell(text).first.wait_for(state="attached")

    def choose(self, label: str, option: str, page: str = "pulse") -> None:
        """Choose one of a filter's options."""
        self.page.get_by_role("combobox", name=label, exact=True).click()
        self.page.get_by_role("option", name=option, exact=True).click()
        self.page.wait_for_function(IN_THE_URL, arg=option)
        self.drawn(page)

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
    """The demo, in its tiny size."""
    demo = tiny_demo(tmp_path_factory.mktemp("demo") / "demo")
    with dashboard(demo.settings.warehouse_folder) as served:
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


def exported(folder: Path, *arguments: str) -> bytes:
    """What `headway export` writes."""
    command = [sys.executable, "-m", "headway.cli", "--warehouse", str(folder), "export", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout


def fits(opened: Visit, width: int) -> None:
    """The page never scrolls sideways."""
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.page.locator("[data-testid=stMain]").evaluate("main => main.scrollWidth - main.clientWidth") <= 0


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_every_page_opens_and_fits(visit: Any, busy: Served, width: int, scheme: str) -> None:
    """Every page of the demo opens on a wide and a narrow screen, light and dark, and each chart has words for it."""
    opened = visit(busy, width=width, scheme=scheme)
    for page in PAGES:
        opened.open(page=page)
        assert "SIMULATED" in opened.text()
        fits(opened, width)
        opened.sound()
        for chart in opened.page.locator("[data-testid=stVegaLiteChart]").all():
            assert chart.evaluate(SPOKEN), page


def test_filters_go_to_the_url_and_stay_on_the_next_page(visit: Any, busy: Served) -> None:
    """A choice stands in the URL, stays from page to page, and whoever opens that URL sees the same page."""
    opened = visit(busy)
    repo = opened.page.get_by_role("combobox", name="Repository", exact=True)
    repo.click()
    name = opened.page.get_by_role("option").nth(1).inner_text()
    opened.page.keyboard.press("Escape")
    opened.choose("Repository", name)
    opened.choose("Period", "12 months")
    opened.page.get_by_role("link", name="Flow", exact=True).click()
    opened.drawn("flow")
    query = urlsplit(opened.page.url).query
    assert parse_qs(query) == {"repo": [name], "period": ["12 months"]}
    assert f"{name}, code complete in the last 12 months" in opened.text()
    assert visit(busy, page="flow", query=f"?{query}").answers() == opened.answers()


def test_worklist_leads_to_one_change(visit: Any, busy: Served) -> None:
    """The address in a line of the worklist opens that change, with its milestones, in this dashboard."""
    opened = visit(busy, page="waiting")
    (first, *_) = opened.download("waiting").decode().splitlines()[1:]
    opened.wait_for_cell("change?change=")
    with opened.page.context.expect_page() as coming:
        box = opened.page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
        for right in (28, 30):  # a table knows where the mouse is by its moves
            opened.page.mouse.move(box["x"] + right, box["y"] + 52)
            opened.page.wait_for_timeout(200)
        opened.page.mouse.down()
        opened.page.mouse.up()
    followed = Visit(coming.value, busy)
    followed.drawn("change")
    followed.page.get_by_text(first.partition(",")[0]).first.wait_for()
    assert "Milestones and the record behind each" in followed.answers()
    followed.sound()


@pytest.mark.parametrize(
    ("page", "query", "downloads"),
    [
        ("waiting", "", {"waiting": ["waiting"], "lead-time": ["lead-time"]}),
        ("health", "?team=payments", {"coverage": ["coverage", "--team", "payments"]}),
        (
            "flow",
            "?axis=How+it+was+made&clock=Working+time",
            {
                name: [name, "--by", "built_with_ai", "--clock", "working"]
                for name in ("occupancy", "arrivals", "stages", "trend")
            },
        ),
        ("waiting", "?clock=Working+time", {"waiting": ["waiting", "--clock", "working"]}),
        (
            "bottlenecks",
            "?clock=Working+time",
            {name: [name, "--by", "builds_ai", "--clock", "working"] for name in ("stages", "bottlenecks")},
        ),
        (
            "bottlenecks",
            "?period=12+months&strong=true",
            {
                name: [name, "--by", "builds_ai", "--since", "2025-07-01", "--evidence", "strong"]
                for name in ("stages", "bottlenecks", "friction")
            },
        ),
    ],
)
def test_download_is_the_export(
    visit: Any, busy: Served, page: str, query: str, downloads: dict[str, list[str]]
) -> None:
    """The CSV of a page is byte for byte what `headway export` writes for the same choice."""
    opened = visit(busy, page=page, query=query)
    opened.unfold()
    for key, arguments in downloads.items():
        assert opened.download(key) == exported(busy.folder, *arguments), key


def test_lever_moves_its_numbers(visit: Any, busy: Served) -> None:
    """Another cadence gives another number, at once."""
    opened = visit(busy, page="bottlenecks")
    number = opened.page.locator("[data-testid=stMetricValue]").first
    before = number.inner_text()
    opened.page.get_by_role("combobox", name="Release", exact=True).click()
    opened.page.get_by_role("option", name="on every merge", exact=True).click()
    opened.page.wait_for_function(
        "before => document.querySelector('[data-testid=stMetricValue]').innerText !== before", arg=before
    )


def test_hostile_text_is_text(visit: Any, hostile: Served) -> None:
    """Titles, authors, names and notices are shown as they are written, and nothing in them is run or linked."""
    opened = visit(hostile, page="waiting", query=f"?repo={quote(warehouses.HOSTILE_REPO, safe='')}")
    page = opened.page
    assert warehouses.HOSTILE_REPO in opened.text()
    opened.wait_for_cell("<script>window.hit=1</script>")
    opened.wait_for_cell(":smile: $x^2$")
    (row, *_) = [line for line in opened.download("waiting").decode().splitlines() if HOSTILE_ID in line]
    query = f"?change={quote(row.partition(',')[0], safe='')}"
    for place in PAGES:
        opened.open(query if place == "change" else "", place)
        assert page.evaluate("window.hit") is None
        assert page.locator("img[src=x], .katex, a[href^='javascript'], a[href*=evil]").count() == 0
    opened.open(query, "change")
    assert "<script>window.hit=1</script>" in opened.text()
    page.get_by_role("combobox", name="Repository", exact=True).click()
    assert page.get_by_role("option", name=warehouses.HOSTILE_REPO, exact=True).count() == 1
    assert page.evaluate("window.hit") is None
    assert page.locator("img[src=x], .katex, a[href^='javascript'], a[href*=evil]").count() == 0


def test_hostile_text_is_harmless_in_a_csv(visit: Any, hostile: Served) -> None:
    """A title that a spreadsheet would run is written with its apostrophe, on a page as in an export."""
    told = visit(hostile, page="waiting", width=NARROW).download("waiting").decode()
    assert "javascript:window.hit=1" in told
    assert "\n=" not in told
    assert ",=" not in told


@pytest.mark.parametrize("parts", [[warehouses.quiet()], [warehouses.undeployed()]], ids=["empty", "no deployments"])
def test_every_page_opens_where_there_is_no_number(visit: Any, parts: list[Any], tmp_path: Path) -> None:
    """Without a number each page says why and what to do."""
    with dashboard(warehouses.published(tmp_path, *parts)) as served:
        opened = visit(served, width=NARROW)
        assert "No change whose arrival in production could be observed yet" in opened.text()
        for page in PAGES:
            fits(opened.open(page=page), NARROW)
        opened.sound()


def test_open_page_follows_a_new_published_file(visit: Any, tmp_path: Path) -> None:
    """A page that somebody has open shows newly published data by itself, without a failed run between."""
    warehouses.published(tmp_path, warehouses.busy())
    with dashboard(tmp_path) as served:
        opened = visit(served, page="health")
        opened.wait_for_cell("acme/shop")
        assert opened.cell("acme/api").count() == 0
        warehouses.published(tmp_path, warehouses.busy("acme/api", seed=9), built_at=START + timedelta(days=1))
        opened.wait_for_cell("acme/api")
        opened.sound()
        assert served.stop() == 0
    assert served.said == [f"dashboard at {served.url} (Ctrl-C ends it)"]
