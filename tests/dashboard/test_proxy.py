"""The dashboard behind a real nginx or Caddy, with TLS and below a path, as deploy/ sets it up, in a real browser."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard import warehouses
from tests.dashboard.running import dashboard, free_port
from tests.dashboard.visiting import ALL_DRAWN, ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.frame.project import ROOT

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CADDY = shutil.which("caddy")
OPENSSL = shutil.which("openssl")
NAME = "headway.example.com"
SETTINGS = f'[dashboard]\nhosts = ["{NAME}"]\nbase_path = "/headway"\n'
MAIN = """\
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    include /etc/nginx/mime.types;
    include {folder}/headway.conf;
}}
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(OPENSSL is None, reason="needs openssl"),
]


@contextlib.contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[int]:
    """Run nginx with the recipe, for a dashboard on a port; the port where it serves TLS."""
    assert NGINX is not None
    key, certificate = _certificate(folder)
    port = free_port()
    recipe = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("/etc/ssl/certs/headway.pem", str(certificate)),
        ("/etc/ssl/private/headway.key", str(key)),
        ("127.0.0.1:8501", f"127.0.0.1:{upstream}"),
    ):
        assert old in recipe
        recipe = recipe.replace(old, new)
    (folder / "headway.conf").write_text(recipe, encoding="utf-8")
    main = folder / "nginx.conf"
    main.write_text(MAIN.format(folder=folder), encoding="utf-8")
    process = subprocess.Popen([NGINX, "-c", str(main), "-p", str(folder), "-e", str(folder / "error.log")])
    try:
        deadline = time.monotonic() + 20
        while not (folder / "nginx.pid").exists() and time.monotonic() < deadline:
            assert process.poll() is None, (folder / "error.log").read_text(encoding="utf-8")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def caddy(folder: Path, upstream: int) -> Iterator[int]:
    """Run Caddy with the recipe, but for its certificate, for a dashboard on a port; the port where it serves TLS."""
    assert CADDY is not None
    key, certificate = _certificate(folder)
    port = free_port()
    recipe = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    site, behind = f"{NAME} {{\n", "127.0.0.1:8501\n}"
    assert site in recipe
    assert behind in recipe
    recipe = recipe.replace(site, f"https://{NAME}:{port} {{\n\ttls {certificate} {key}\n")
    recipe = "{\n\tadmin off\n\tauto_https off\n}\n" + recipe.replace(behind, f"127.0.0.1:{upstream}\n}}")
    (folder / "Caddyfile").write_text(recipe, encoding="utf-8")
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [CADDY, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(command, env=home, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while not _listens(port) and time.monotonic() < deadline:
            assert process.poll() is None, (folder / "caddy.log").read_text(encoding="utf-8")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate of its own for the name."""
    assert OPENSSL is not None
    key, certificate = folder / "headway.key", folder / "headway.pem"
    subject = ("-subj", f"/CN={NAME}", "-days", "1", "-nodes", "-newkey", "rsa:2048")
    made = [OPENSSL, "req", "-x509", *subject, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    return key, certificate


PROXIES = [
    pytest.param(nginx, marks=pytest.mark.skipif(NGINX is None, reason="needs nginx"), id="nginx"),
    pytest.param(caddy, marks=pytest.mark.skipif(CADDY is None, reason="needs Caddy"), id="Caddy"),
]


@pytest.mark.parametrize("proxy", PROXIES)
def test_pages_show_behind_a_proxy_with_tls_below_a_path(
    proxy: Callable[[Path, int], contextlib.AbstractContextManager[int]], browser: Any, tmp_path: Path
) -> None:
    """Each page, also opened by its own address, is drawn through the WebSocket; every file is from below the path."""
    folder = warehouses.published(tmp_path / "house", warehouses.busy())
    (folder / "headway.toml").write_text(SETTINGS, encoding="utf-8")
    wrong: list[str] = []
    with dashboard(folder) as served, proxy(tmp_path, served.port) as port:
        resolved = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"
        opened = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, resolved])
        page = opened.new_context(ignore_https_errors=True).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", lambda answer: _note(answer, port, wrong))
        for path, title in (("", "Pulse check"), ("health", "Data health")):
            page.goto(f"https://{NAME}:{port}/headway/{path}")
            page.get_by_role("heading", name=title, level=1).wait_for()
            page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
            page.wait_for_function(ALL_DRAWN)
        page.get_by_role("link", name="Pulse check").click()
        page.get_by_role("heading", name="Pulse check", level=1).wait_for()
        opened.close()
    assert wrong == []


def _note(answer: Any, port: int, wrong: list[str]) -> None:
    """Note what came from elsewhere, or did not come."""
    ours = answer.url.startswith((f"https://{NAME}:{port}/headway/", "data:", "blob:"))
    if not ours or answer.status >= 400:
        wrong.append(f"{answer.status} {answer.url}")
