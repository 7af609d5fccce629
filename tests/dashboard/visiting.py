"""A page of the dashboard in a real browser, waited for, read and acted upon."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dashboard.shell.navigation import FIRST, PAGES
from tests.dashboard.running import Served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
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
IN_THE_URL = "option => [...new URLSearchParams(location.search).values()].includes(option)"
PATIENCE_MS = 60_000
_PRESSES = 2
_HAND_MS = 50


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
        if message.type == "error":
            self.wrong.append(message.text)

    def _request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != f"127.0.0.1:{self.served.port}":
            self.wrong.append(f"request to {request.url}")

    def open(self, query: str = "", page: str = "pulse") -> Visit:
        """Open a page and wait until it is drawn to its end."""
        path = "" if PAGES[page] == FIRST else page
        self.page.goto(f"{self.served.url}/{path}{query}")
        self.drawn(page)
        return self

    def drawn(self, page: str = "pulse") -> None:
        """Wait until a page is drawn to its end."""
        self.page.get_by_role("heading", name=PAGES[page].title, level=1).wait_for()
        self.idle()
        self.page.wait_for_function(ALL_DRAWN)

    def idle(self) -> None:
        """Wait until the server draws nothing: until then it may replace a button that is being pressed."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()

    def text(self) -> str:
        """What the page says, tables left out."""
        said: str = self.page.locator("[data-testid=stMain]").inner_text()
        return said

    def answers(self) -> list[str]:
        """The headings of the page."""
        found: list[str] = self.page.locator("[data-testid=stMain] h2").all_inner_texts()
        return found

    def unfold(self) -> None:
        """Show the numbers under every chart, one after the other as a hand would: of clicks at once one counts."""
        folded = self.page.locator("main details:not([open]) summary")
        while folded.count():
            folded.first.evaluate("one => one.click()")
            self.page.wait_for_timeout(_HAND_MS)

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
        """Press a download button and return the file; where the server was drawing meanwhile, press it again."""
        from playwright.sync_api import TimeoutError as TooLate

        button = self.page.locator(f".st-key-download-{key} button")
        for _ in range(_PRESSES):
            button.wait_for()
            self.idle()
            with suppress(TooLate):
                with self.page.expect_download(timeout=PATIENCE_MS / _PRESSES) as file:
                    button.click()
                return Path(file.value.path()).read_bytes()
        raise AssertionError(f"{key}: no file came")

    def sound(self) -> None:
        """Nothing went wrong: no error in the console, no request to elsewhere, no exception on the page."""
        assert self.wrong == []
        assert self.page.locator("[data-testid=stException]").count() == 0
