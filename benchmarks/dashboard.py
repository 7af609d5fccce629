"""How soon the dashboard shows its first chart over a million changes, and how much memory its server takes.

    python benchmarks/dashboard.py               a million changes
    python benchmarks/dashboard.py 100000        fewer
    python benchmarks/dashboard.py --pages pulse flow

Needs Playwright (`python3 dev.py full` brings it), a Chromium on the path, and Linux.

Serves the real dashboard (`headway dashboard`) over a made warehouse in which every page has something to show, and an
empty Streamlit page served the same way, and opens both in the same browser in the same run. The figures to keep are
the differences: a page's seconds from its address to its first chart (to its first table, where it has none) less those
of the empty page to its title, each in a window of its own with an empty cache. Each page takes its own time, at the
first frame in which there is something in the chart. `whole` is until nothing runs any more.
A filter's seconds are from the click to the first chart with another answer, less those of a choice on the empty page.
"just begun" opens the first page as soon as the server serves; all else waits until answers are made beforehand. A team
or repository with another filter besides is asked for cold, and is not measured here.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

logging.disable(logging.WARNING)  # of Streamlit, that nothing is served here

from benchmarks.made_pages import made_warehouse  # noqa: E402
from dashboard.shell.navigation import FIRST, PAGES  # noqa: E402

EMPTY = """
import streamlit as st
st.title(st.selectbox("Choice", ["first", "second"]))
"""
SERVE_EMPTY = """
import sys, streamlit as st
from dashboard.server.serve import options
st.App(sys.argv[1]).run(config=options(int(sys.argv[2]), "127.0.0.1"))
"""
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PATIENCE_MS = 300_000
TIMES, FLOOR_TIMES = 5, 7
DRAWN = "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg, [data-testid=stDataFrame] canvas"
TITLED = "h1"
CHARTED = "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
WITHOUT_CHART = ("waiting", "health", "change")
# What is painted of one element, in few pixels; empty as long as that is nothing.
PICTURE = """one => {
    const box = one && one.getBoundingClientRect();
    if (!box || !box.width || !box.height) return '';
    if (one.tagName !== 'CANVAS') return one.outerHTML;
    const small = new OffscreenCanvas(64, 64).getContext('2d');
    small.drawImage(one, 0, 0, 64, 64);
    const pixels = small.getImageData(0, 0, 64, 64).data;
    return pixels.some(value => value > 0) ? pixels.join() : '';
}"""
# When a page first has one of these with something in it, and since when nothing runs. A driver asks at intervals of up
# to half a second; each frame is asked here.
SEEN = f"""selector => {{
    window.seen = {{}};
    const look = () => {{
        if (!seen.first && [...document.querySelectorAll(selector)].some({PICTURE})) seen.first = performance.now();
        seen.idle = document.querySelector('{IDLE}') ? seen.idle || performance.now() : 0;
        requestAnimationFrame(look);
    }};
    requestAnimationFrame(look);
}}"""
FIRST_CHART = f"""() => {{
    const chart = document.querySelector('[data-testid=stVegaLiteChart]');
    const words = chart && (chart.closest('[aria-label]') || chart.querySelector('[aria-label]'));
    const picture = ({PICTURE})(document.querySelector('{CHARTED}'));
    return [words ? words.getAttribute('aria-label') : '', picture];
}}"""
# The first chart says and shows something else, or a second has passed since nothing runs any more.
OTHERWISE = f"""before => {{
    const now = ({FIRST_CHART})();
    if (now[0] && now[0] !== before[0] && now[1] && now[1] !== before[1]) return 'otherwise';
    if (!document.querySelector('{IDLE}')) window.idleSince = performance.now();
    return performance.now() - window.idleSince > 1000 ? 'same' : false;
}}"""
# Label, option and kind of control.
CHANGES = (
    ("Period", "90 days", "combobox"),
    ("Compare by", "How it was made", "radio"),
    ("Hours", "Working time", "radio"),
    ("Repository", "acme/service-{page}7", "combobox"),
    ("Repository", "acme/service-{page}", "combobox"),
    ("Team", "team-{page}", "combobox"),
)
TEN = (
    ("pulse", ""),
    ("flow", "?period=12+months"),
    ("bottlenecks", "?axis=How+it+was+made"),
    ("waiting", ""),
    ("initiatives", ""),
    ("health", ""),
    ("pulse", "?repo=acme%2Fservice-7"),
    ("flow", "?team=team-3"),
    ("bottlenecks", "?repo=acme%2Fservice-3&period=12+months"),
    ("pulse", "?clock=Working+time"),
)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("changes", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--pages", nargs="*", default=[name for name in PAGES if name != "change"])
    parser.add_argument("--wait", type=float, default=900.0, help="most seconds to wait for answers made beforehand")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    warehouse = made_warehouse(given.changes)
    print(f"{given.changes:,} changes; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with sync_playwright() as play, serving_empty() as empty, serving(warehouse) as served:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        visits = Visits(browser, served.port)
        blank = Visits(browser, empty.port)
        floor = blank.floor()
        first, whole = visits.opened("pulse", "")
        print(f"serves {served.seconds:.1f} s after its start; empty page {floor:.2f} s")
        print(f"just begun: first chart of the pulse check {first - floor:.2f} s beyond that, whole {whole:.2f} s")
        began, most = time.monotonic(), 0.0
        while (helpers := served.children()) and time.monotonic() - began < given.wait:
            most = max([most, *(megabytes(pid)[1] for pid in helpers)])
            time.sleep(0.5)
        made = "not all" if helpers else "all"
        print(f"{made} answers made beforehand {time.monotonic() - began:.0f} s later, by a process of {most:,.0f} MB")
        print(f"server {served.megabytes()}")
        pages(visits, blank, given.pages, served)
        filters(visits, blank, given.pages)
        ten(visits, served)
        browser.close()


def pages(visits: Visits, blank: Visits, names: list[str], served: Server) -> None:
    """The first chart of each page, first and again."""
    floor = blank.floor()
    print(f"\nempty page: {floor:.2f} s; below, seconds beyond it (whole: in all)")
    print(f"{'page':<14}{'first':>8}{'again':>8}{'whole':>8}{'CPU s':>8}{'load':>7}")
    for name in names:
        cpu = served.cpu()
        first, whole = visits.opened(name, "")
        again = statistics.median(visits.opened(name, "")[0] for _ in range(TIMES))
        used = (served.cpu() - cpu) / (TIMES + 1)
        load = os.getloadavg()[0]
        print(f"{name:<14}{first - floor:>8.2f}{again - floor:>8.2f}{whole:>8.2f}{used:>8.2f}{load:>7.1f}", flush=True)


def filters(visits: Visits, blank: Visits, names: list[str]) -> None:
    """The first chart with another answer, after each change of a filter."""
    floor = statistics.median(blank.choice() for _ in range(TIMES))
    print(f"\na choice on the empty page: {floor:.2f} s; below, seconds beyond it (whole: in all)")
    print(f"{'page':<14}{'filter':<30}{'first':>8}{'whole':>8}{'load':>7}")
    for name in names:
        if name in WITHOUT_CHART:
            continue
        for label, choice, role in CHANGES:
            # Of each page another, so that no earlier page asked for it.
            option = choice.format(page=1 + list(PAGES).index(name))
            first, whole = visits.changed(name, label, option, role)
            told = f"{label}: {option}"
            shown = f"{first - floor:>8.2f}" if first is not None else f"{'same':>8}"
            print(f"{name:<14}{told:<30}{shown}{whole:>8.2f}{os.getloadavg()[0]:>7.1f}", flush=True)


def ten(visits: Visits, served: Server) -> None:
    """The server's memory with ten windows open."""
    one = served.megabytes()
    contexts = [visits.window() for _ in TEN]
    for page, (name, query) in zip(contexts, TEN, strict=True):
        page.goto(visits.address(name, query), wait_until="commit")
    for page, (name, _) in zip(contexts, TEN, strict=True):
        page.wait_for_selector(DRAWN if name in WITHOUT_CHART else CHARTED)
        page.wait_for_selector(IDLE)
    print(f"\nserver before: {one}\nwith ten windows: {served.megabytes()}")


class Visits:
    """Windows of one browser on one server."""

    def __init__(self, browser: Any, port: int) -> None:
        self.browser, self.port = browser, port

    def address(self, name: str, query: str) -> str:
        """Of a page."""
        path = "" if PAGES[name] == FIRST else name
        return f"http://127.0.0.1:{self.port}/{path}{query}"

    def window(self) -> Any:
        """A new one, with a cache of its own."""
        page = self.browser.new_context(viewport={"width": 1280, "height": 2000}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page

    def opened(self, name: str, query: str) -> tuple[float, float]:
        """Seconds to the first chart, or table, and until nothing runs."""
        return self._seen(self.address(name, query), DRAWN if name in WITHOUT_CHART else CHARTED)

    def floor(self) -> float:
        """Seconds to the title of the empty page."""
        return statistics.median(self._seen(f"http://127.0.0.1:{self.port}/", TITLED)[0] for _ in range(FLOOR_TIMES))

    def _seen(self, address: str, selector: str) -> tuple[float, float]:
        page = self.window()
        page.add_init_script(f"({SEEN})({selector!r})")
        page.goto(address, wait_until="commit")
        page.wait_for_function("seen.first")
        page.wait_for_function("seen.idle && performance.now() - seen.idle > 200")
        first, whole = page.evaluate("[seen.first, seen.idle]")
        page.context.close()
        return first / 1000, whole / 1000

    def choice(self) -> float:
        """Seconds until another choice shows on the empty page."""
        page = self.window()
        page.goto(f"http://127.0.0.1:{self.port}/")
        page.wait_for_selector("h1")
        page.get_by_role("combobox").click()
        option = page.get_by_role("option", name="second", exact=True)
        option.wait_for()
        began = time.perf_counter()
        option.click()
        page.get_by_role("heading", name="second").wait_for()
        seconds = time.perf_counter() - began
        page.context.close()
        return seconds

    def changed(self, name: str, label: str, option: str, role: str) -> tuple[float | None, float]:
        """Seconds until the first chart shows another answer (None: it is the same), and until nothing runs."""
        page = self.window()
        page.goto(self.address(name, ""))
        page.wait_for_selector(CHARTED)
        page.wait_for_selector(IDLE)
        before = page.evaluate(FIRST_CHART)
        if role == "radio":
            control = page.get_by_role("radiogroup", name=label).get_by_text(option, exact=True).first
        else:
            box = page.get_by_role("combobox", name=label, exact=True)
            box.click()
            box.fill(option)
            control = page.get_by_role("option", name=option, exact=True)
        control.wait_for()
        began = time.perf_counter()
        control.click()
        page.evaluate("window.idleSince = performance.now()")
        said = page.wait_for_function(OTHERWISE, arg=before, polling="raf").json_value()
        first = time.perf_counter() - began if said == "otherwise" else None
        page.wait_for_selector(IDLE)
        whole = time.perf_counter() - began - (1.0 if first is None else 0.0)
        page.context.close()
        return first, whole


class Server:
    """A server and what it takes."""

    def __init__(self, process: subprocess.Popen[str], port: int, seconds: float) -> None:
        self.process, self.port, self.seconds = process, port, seconds

    def children(self) -> list[int]:
        """Its processes beside its own."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children") if found.exists() else []
        return [int(child) for task in tasks for child in task.read_text().split()]

    def cpu(self) -> float:
        """Seconds of all cores so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> str:
        """What it holds now, and held at most."""
        held, most = megabytes(self.process.pid)
        return f"holds {held:,.0f} MB, at most so far {most:,.0f} MB"


def megabytes(pid: int) -> tuple[float, float]:
    """What a process holds, and held at most; nothing when it has ended."""
    with contextlib.suppress(OSError, KeyError):
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return int(lines["VmRSS"].split()[0]) / 1024, int(lines["VmHWM"].split()[0]) / 1024
    return 0.0, 0.0


@contextlib.contextmanager
def serving(warehouse: Path) -> Iterator[Server]:
    """`headway dashboard` over a warehouse."""
    port = free_port()
    command = ["-m", "cli.main", "--warehouse", str(warehouse), "dashboard", "--port", str(port)]
    with running(command, port) as server:
        yield server


@contextlib.contextmanager
def serving_empty() -> Iterator[Server]:
    """A page with nothing but a title and a choice."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "empty.py")
        script.write_text(EMPTY, encoding="utf-8")
        with running(["-c", SERVE_EMPTY, str(script), str(port)], port) as server:
            yield server


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[Server]:
    """A Python process that serves on a port, once it answers."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    began = time.monotonic()
    try:
        while process.poll() is None:
            with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=60):
                break
            time.sleep(0.05)
        yield Server(process, port, time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
