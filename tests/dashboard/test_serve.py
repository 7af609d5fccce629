from __future__ import annotations

import http.client
import socket
import time
import tomllib
from pathlib import Path

import pytest
from streamlit import config as streamlit_config

from dashboard.server.serve import _answer_at_once, options, serve
from headway.errors import HeadwayError
from tests.dashboard import warehouses
from tests.dashboard.running import Served, dashboard
from tests.frame.project import ROOT

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def test_it_serves_on_loopback_and_sends_nothing() -> None:
    """The address is loopback, telemetry and file watching are off, and errors show no more than their type."""
    chosen = options(8501, "127.0.0.1")
    assert chosen["server.address"] == "127.0.0.1"
    assert chosen["server.port"] == 8501
    assert chosen["browser.gatherUsageStats"] is False
    assert chosen["server.headless"] is True
    assert chosen["server.fileWatcherType"] == "none"
    assert "*" not in chosen["server.allowedHosts"]
    assert chosen["client.toolbarMode"] == "viewer"
    assert chosen["client.showErrorDetails"] == "type"


def test_streamlit_knows_every_option() -> None:
    """No option is misspelt: Streamlit would fail at the start."""
    assert [name for name in options(8501, "127.0.0.1") if name not in streamlit_config._config_options_template] == []


def test_streamlit_run_has_the_same_settings() -> None:
    """`streamlit run app.py` reads the settings of `headway dashboard` from beside the script."""
    told = [
        tomllib.loads((ROOT / folder / "config.toml").read_text(encoding="utf-8"))
        for folder in (".streamlit", "dashboard")
    ]
    assert told[0] == told[1]


def test_port_in_use_is_said_in_two_lines(tmp_path: Path) -> None:
    """A port that somebody has is an error with a hint, before anything is started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(HeadwayError, match=r"cannot serve on 127\.0\.0\.1") as caught:
            serve(tmp_path, port=taken.getsockname()[1])
    assert "--port" in caught.value.hint


def test_address_of_another_machine_is_said_in_two_lines(tmp_path: Path) -> None:
    """An address that is not of this machine is an error with a hint."""
    with pytest.raises(HeadwayError, match="cannot serve on"):
        serve(tmp_path, port=8501, address="192.0.2.1")


def test_small_answers_do_not_wait_for_the_ones_before() -> None:
    """Who connects is sent what there is at once, on a server socket that was made without naming TCP."""
    with socket.socket() as listening, socket.socket() as other:
        for each in (listening, other):
            each.bind(("127.0.0.1", 0))
            each.listen()
        _answer_at_once(listening.getsockname()[1])
        at_once = [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in (listening, other)]
        assert [bool(one) for one in at_once] == [True, False]
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse in which there is nothing yet."""
    return warehouses.published(tmp_path_factory.mktemp("small"), warehouses.quiet())


def answer(served: Served, host: str) -> int:
    """The status with which the page's socket is answered to a browser that calls the server by this name."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    try:
        headers = {**UPGRADE, "Host": host, "Origin": f"http://{host}"}
        connection.request("GET", "/_stcore/stream", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def listening(port: int) -> set[str]:
    """The local addresses, as the kernel writes them, on which this port is listened to."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, number = local.partition(":")
            if state == "0A" and int(number, 16) == port:
                found.add(address)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads the kernel's table of sockets")
def test_it_is_reached_on_loopback_alone(small: Path) -> None:
    """Nothing but loopback, and nothing but its own names, reaches the page."""
    with dashboard(small) as served:
        assert listening(served.port) == {"0100007F"}
        assert answer(served, f"localhost:{served.port}") == 101
        assert answer(served, "evil.example") == 403


@pytest.mark.slow
def test_the_browser_is_opened_when_the_page_answers(small: Path, tmp_path: Path) -> None:
    """The user's browser is given the address, one that fails changes nothing, and Ctrl-C ends it without a word."""
    note, browser = tmp_path / "called", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{note}"\nexit 1\n', encoding="utf-8")
    browser.chmod(0o755)
    call = f"serve(Path({str(small)!r}), port=PORT, browser=True)"
    code = f"from pathlib import Path; from dashboard.server.serve import serve; {call}"
    with dashboard(small, code, environment={"BROWSER": f"{browser} %s"}) as served:
        deadline = time.monotonic() + 20
        while not note.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert note.read_text(encoding="utf-8") == f"{served.url}\n"
        assert served.stop() == 0
    assert served.said == [f"dashboard at {served.url} (Ctrl-C ends it)"]
