"""The dashboard in a real browser: what only a browser can tell."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from dashboard.shell.navigation import PAGES
from headway.settings import load
from tests.builders.rows import START, commit_id
from tests.dashboard import warehouses
from tests.dashboard.running import Served, dashboard
from tests.dashboard.visiting import NARROW, WIDE, Visit
from tests.frame.project import ROOT

pytestmark = pytest.mark.browser

SPOKEN = "chart => !!(chart.closest('[aria-label]') || chart.querySelector('[aria-label]'))"
SHOWN = "expected => [...document.querySelectorAll('.tile')].map(tile => tile.innerText).join('|') === expected"
AXIS = 20
"""Pixels under the axis of the strip, which have nothing in them."""
HOSTILE_ID = f"github:{warehouses.HOSTILE_REPO}#"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A repository whose every text would do harm, beside a harmless one."""
    parts = [warehouses.hostile(), warehouses.busy(changes=30)]
    with dashboard(warehouses.published(tmp_path_factory.mktemp("hostile"), *parts)) as served:
        yield served


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two services in one repository, with two waves each, beside a repository that is one service."""
    parts = [warehouses.mono(), warehouses.git_only()]
    folder = tmp_path_factory.mktemp("services")
    with dashboard(warehouses.published(folder, *parts, services=warehouses.SERVICES)) as served:
        yield served


def exported(folder: Path, *arguments: str) -> bytes:
    """What `headway export` writes."""
    command = [sys.executable, "-m", "cli.main", "--warehouse", str(folder), "export", *arguments]
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
    opened.choose("Period", "6 months")
    opened.page.get_by_role("link", name="Flow", exact=True).click()
    opened.drawn("flow")
    query = urlsplit(opened.page.url).query
    assert parse_qs(query) == {"repo": [name], "period": ["6 months"]}
    assert f"{name}, code complete in the last 6 months" in opened.text()
    assert visit(busy, page="flow", query=f"?{query}").answers() == opened.answers()


def test_back_undoes_a_filter(visit: Any, busy: Served) -> None:
    """Back shows the filters and numbers from before a choice, also across pages, and Forward those after it."""
    opened = visit(busy)

    def tiles() -> str:
        return "|".join(opened.page.locator(".tile").all_inner_texts())

    def shows(query: dict[str, list[str]], expected: str) -> None:
        opened.page.wait_for_function(SHOWN, arg=expected)
        assert parse_qs(urlsplit(opened.page.url).query) == query

    first = tiles()
    opened.choose("Period", "30 days")
    second = tiles()
    assert first != second
    opened.page.get_by_text("How it was made", exact=True).click()
    opened.page.wait_for_function("location.search.includes('axis')")
    opened.drawn()
    opened.page.get_by_role("link", name="Flow", exact=True).click()
    opened.drawn("flow")
    opened.page.go_back()
    opened.drawn()
    opened.page.go_back()
    shows({"period": ["30 days"]}, second)
    opened.page.go_back()
    shows({}, first)
    opened.page.go_forward()
    shows({"period": ["30 days"]}, second)


def test_a_service_is_chosen_and_kept(visit: Any, services: Served) -> None:
    """The filter is in the address, stays on the next page, and chooses that service's changes there."""
    opened = visit(services)
    opened.choose("Service", "search")
    opened.page.get_by_role("link", name="Waiting now", exact=True).click()
    opened.drawn("waiting")
    assert parse_qs(urlsplit(opened.page.url).query) == {"service": ["search"]}
    assert "service search in acme/mono, all time" in opened.text()
    assert opened.answers()[0].startswith("4 changes wait")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_pages_of_services_fit(visit: Any, services: Served, width: int) -> None:
    """Services, their waves and the filter fit on a wide and a narrow screen."""
    change_id = quote(f"github:acme/mono@{commit_id('c9')}", safe="")
    for page, query in (("health", ""), ("bottlenecks", "?service=search"), ("change", f"?change={change_id}")):
        opened = visit(services, page=page, query=query, width=width)
        opened.unfold()
        fits(opened, width)
    assert "prod-canary: since" in opened.text()


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
        ("health", "?team=payments&period=All+time", {"coverage": ["coverage", "--team", "payments"]}),
        (
            "flow",
            "?axis=How+it+was+made&clock=Working+time&period=All+time",
            {
                name: [name, "--by", "built_with_ai", "--clock", "working"]
                for name in ("occupancy", "arrivals", "stages", "trend")
            },
        ),
        ("waiting", "?clock=Working+time", {"waiting": ["waiting", "--clock", "working"]}),
        (
            "bottlenecks",
            "?clock=Working+time&period=All+time",
            {name: [name, "--by", "builds_ai", "--clock", "working"] for name in ("stages", "bottlenecks")},
        ),
        (
            "bottlenecks",
            "?strong=true",
            {
                name: [name, "--by", "builds_ai", "--since", "2025-07-01", "--evidence", "strong"]
                for name in ("stages", "bottlenecks", "friction", "longest")
            }
            | {name: [name, "--since", "2025-07-01", "--evidence", "strong"] for name in ("week", "cadences")},
        ),
        (
            "bottlenecks",
            "?team=payments",
            {"cadences-groups": ["cadences", "--by", "builds_ai", "--team", "payments", "--since", "2025-07-01"]},
        ),
        (
            "stability",
            "?axis=How+it+was+made&failure=remediation&window=Quarters",
            {
                "dora": ["dora", "--window", "quarter", "--definition", "remediation", "--since", "2025-07-01"],
                "dora-groups": [
                    *("dora", "--by", "built_with_ai", "--definition", "remediation", "--since", "2025-07-01")
                ],
                "rework": ["rework", "--by", "built_with_ai", "--since", "2025-07-01"],
                "deployments": ["deployments", "--since", "2025-07-01"],
                "returned": ["returned", "--since", "2025-07-01"],
            },
        ),
        (
            "initiatives",
            "?team=assistant&period=All+time",
            {name: [name, "--team", "assistant"] for name in ("initiatives", "members")},
        ),
        ("health", "?period=6+months", {"left-out": ["left-out", "--since", "2026-01-02"]}),
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


def test_first_screen_answers_a_newcomer(visit: Any, busy: Served) -> None:
    """At 1280 × 800 the four verdicts, the trend, what needs a decision and the whole value stream are in sight."""
    opened = visit(busy)
    opened.page.set_viewport_size({"width": WIDE, "height": 800})
    opened.open()
    tiles = opened.page.locator(".tile").all()
    assert len(tiles) == 4
    how_long, waiting, week, fails = (tile.inner_text().split("\n\n") for tile in tiles)
    assert how_long[0] == "Code complete to production"
    assert how_long[2].startswith("Like for like ")
    assert how_long[3].startswith("all changes\thalf by\t85% by\nAI work\t")
    assert "a decision" in waiting[1]
    assert week[0] == "In production within 7 days"
    assert fails[0] == "Needed rework or failed"
    strip = opened.page.locator("[data-testid=stVegaLiteChart]").first
    spoken = strip.evaluate("chart => (chart.closest('[aria-label]') || chart.querySelector('[aria-label]')).ariaLabel")
    assert "Mean time in each stage: AI work: pickup" in spoken
    assert "never arrive" in spoken
    assert opened.page.get_by_text("Biggest bottleneck of AI work").is_visible()
    for place in [*opened.page.locator(".tile").all(), strip]:
        box = place.bounding_box()
        assert box["y"] + box["height"] <= 800 + AXIS


def test_newcomer_finds_the_way_to_each_reason(visit: Any, busy: Served) -> None:
    """Each reason opens on demand, and links lead to what waits, to one change, and to release cadences."""
    opened = visit(busy)
    reasons = opened.page.get_by_text("How long: medians, intervals, and why they may differ")
    assert "Adjusted for repository, size and time" not in opened.text()
    reasons.click()
    opened.page.get_by_text("Adjusted for repository, size and time").first.wait_for()
    opened.page.get_by_role("link", name="All waiting changes").click()
    opened.drawn("waiting")
    opened.page.get_by_role("link", name="Timeline and evidence").first.click()
    opened.drawn("change")
    assert "Milestones and the record behind each" in opened.answers()
    opened.open()
    opened.page.get_by_role("link", name="All stages, and what would help").click()
    opened.drawn("bottlenecks")
    before = next(answer for answer in opened.answers() if answer.startswith("Releasing daily instead of as now"))
    opened.choose("Instead of", "twice a week", "bottlenecks")
    after = opened.page.get_by_role("heading", name="Releasing daily instead of twice a week")
    after.wait_for()
    assert before.partition(" would ") != after.inner_text().partition(" would ")


def test_detected_initiative_has_settings_to_copy(visit: Any, busy: Served, tmp_path: Path) -> None:
    """For the chosen detected initiative the page shows settings that name it and settings that drop it."""
    rows = csv.DictReader(exported(busy.folder, "initiatives").decode().splitlines())
    row = next(row for row in rows if row["origin"] == "found")
    opened = visit(busy, page="initiatives", query=f"?initiative={quote(row['name'])}")
    opened.page.locator("summary", has_text="Name or dismiss it").click()
    codes = opened.page.locator("[data-testid=stCode] code")
    codes.nth(1).wait_for()
    for text in codes.all_inner_texts():
        (tmp_path / "headway.toml").write_text(text, encoding="utf-8")
        (initiative,) = load(tmp_path / "headway.toml", {}, folder=tmp_path).initiatives
        assert initiative.found == row["initiative_id"]
        assert initiative.dismiss or initiative.name == row["name"]


def test_event_leads_to_before_and_after_with_the_numbers_of_the_export(visit: Any, busy: Served) -> None:
    """From the event on Stability to Flow, where the ratio and its interval are those of `headway export`."""
    opened = visit(busy, page="stability")
    assert "1 · 2026-06-01 New CI" in opened.text()
    assert opened.page.evaluate("window.hit") is None
    opened.open("?event=2026-06-01+New+CI", "flow")
    command = opened.page.locator("[data-testid=stCode] code").inner_text().split()
    assert command[:3] == ["headway", "export", "comparison"]
    rows = csv.DictReader(exported(busy.folder, *command[2:]).decode().splitlines())
    ratio = next(row for row in rows if row["measure"] == "time_ratio_within")
    bounds = "–".join(f"{1.0 + float(ratio[bound]):.2f}" for bound in ("lower", "upper"))
    assert f"Like for like {float(ratio['ai']):.2f} times as long (95 % CI {bounds})" in opened.text()


def test_lever_moves_its_numbers(visit: Any, busy: Served) -> None:
    """Another cadence gives another number, at once."""
    opened = visit(busy, page="bottlenecks")
    number = opened.page.locator("[data-testid=stMetricValue]").first
    before = number.inner_text()
    opened.page.get_by_role("combobox", name="Release", exact=True).last.click()
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
    (row, *_) = [line for line in opened.download("waiting").decode().splitlines() if HOSTILE_ID in line]
    query = f"?change={quote(row.partition(',')[0], safe='')}"
    for place in PAGES:
        opened.open(query if place == "change" else "", place)
        assert page.evaluate("window.hit") is None
        assert page.locator("img[src=x], .katex, a[href^='javascript'], a[href*=evil]").count() == 0
    opened.open(query, "change")
    assert "<script>window.hit=1</script>" in opened.text()
    assert ":smile: $x^2$" in opened.text()
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
        assert "No change can be followed to production yet" in opened.text()
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
