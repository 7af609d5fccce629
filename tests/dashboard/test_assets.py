from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from dashboard.server import assets
from dashboard.server.assets import BEFORE_FIRST_CHART, BEFORE_FIRST_TABLE, Assets, needed

PAGE = "<html><head><title>x</title></head><body></body></html>"
LASTING = {"cache-control": "public, immutable, max-age=31536000", "etag": '"1"', "set-cookie": "who=me"}
ANSWERS: dict[str, tuple[type[Response], str, int, dict[str, str]]] = {
    "/static/js/a.1.js": (PlainTextResponse, "a", 200, LASTING),
    "/static/js/b.2.js": (PlainTextResponse, "b", 200, {"cache-control": "no-cache"}),
    "/static/js/gone.js": (PlainTextResponse, "?", 404, LASTING),
    "/media/a.1.js": (PlainTextResponse, "a", 200, LASTING),
    "/": (HTMLResponse, PAGE, 200, {"etag": '"1"', "cache-control": "no-cache"}),
    "/flow": (HTMLResponse, PAGE, 200, {"etag": '"1"', "cache-control": "no-cache"}),
}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    text: str
    headers: Mapping[str, str]


class Client:
    """Asks a server of one page and some files, and notes what the server itself was asked."""

    def __init__(self, scripts: tuple[str, ...] = (), **others: tuple[str, ...]) -> None:
        self.asked: list[str] = []
        packing = Middleware(GZipMiddleware, minimum_size=1)
        app = Starlette(routes=[Route(path, self._answer) for path in ANSWERS], middleware=[packing])
        self._app = Assets(app, scripts, others)

    async def _answer(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        kind, text, status, headers = ANSWERS[request.url.path]
        return kind(text, status, headers=headers)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a path."""
        told = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {"type": "http", "method": "GET", "path": path, "headers": told, "query_string": b""}
        said: list[dict[str, Any]] = []

        async def send(message: Any) -> None:
            said.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        asyncio.run(self._app(scope, receive, send))
        start, *body = said
        text = b"".join(message["body"] for message in body).decode()
        return Answer(text, {name.decode(): value.decode() for name, value in start["headers"]})


def front_end(folder: Path, loaded: str, **scripts: str) -> Path:
    """A front end whose page loads one script, and these scripts."""
    (folder / "static" / "js").mkdir(parents=True)
    (folder / "index.html").write_text(f'<script src="./static/js/{loaded}"></script>', encoding="utf-8")
    for name, text in scripts.items():
        (folder / "static" / "js" / f"{name}.x1.js").write_text(text, encoding="utf-8")
    return folder


def test_scripts_of_a_kind_and_all_that_they_import_are_needed(tmp_path: Path) -> None:
    """Imports are followed once each; what the page loads anyway, or is not there, is left out."""
    folder = front_end(
        tmp_path,
        "index.x1.js",
        index="",
        Chart='import{t as e}from"./axis.x1.js";import"./index.x1.js";import"./gone.x1.js"',
        axis='import{a}from "./Chart.x1.js"',
        Other="",
    )
    assert needed(["Chart", "Unheard"], folder) == ["Chart.x1.js", "axis.x1.js"]


def test_streamlit_has_every_kind_before_the_first_chart() -> None:
    """What pages are told of is there: a kind that Streamlit renames is seen here, not as a page that is slow."""
    for kinds, more in ((BEFORE_FIRST_CHART, "embed"), (BEFORE_FIRST_TABLE, "recordbatch")):
        assert {name.partition(".")[0] for name in needed(kinds)} >= {*kinds, more}


@pytest.mark.parametrize("path", ["/", "/flow"])
def test_a_page_is_told_its_server_and_scripts(path: str) -> None:
    """They stand at the end of its head, and nobody takes the page for the one that was there without them."""
    asked = {"accept": "text/html,*/*", "accept-encoding": "gzip, br"}
    answer = Client(("a.1.js",)).get(path, asked)
    head, _, rest = answer.text.partition("</head>")
    assert rest == "<body></body></html>"
    assert '<link rel="modulepreload" crossorigin href="./static/js/a.1.js">' in head
    assert "BACKEND_BASE_URL" in head
    assert int(answer.headers["content-length"]) == len(answer.text)
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-cache"


def test_a_page_of_another_kind_is_told_its_own_scripts() -> None:
    """What the first page needs is not loaded for one that begins otherwise."""
    client = Client(("chart.1.js",), flow=("table.1.js",))
    first, other = client.get("/").text, client.get("/flow").text
    assert "chart.1.js" in first
    assert "table.1.js" not in first
    assert "table.1.js" in other
    assert "chart.1.js" not in other


def test_lasting_files_are_read_once() -> None:
    """A file whose name holds its content is asked for once, and is then the same to the last header but cookies."""
    client = Client()
    first, again = client.get("/static/js/a.1.js"), client.get("/static/js/a.1.js")
    assert client.asked == ["/static/js/a.1.js"]
    assert again.text == first.text == "a"
    kept = {name: value for name, value in first.headers.items() if name not in {"set-cookie", "vary"}}
    assert dict(again.headers) == kept


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/static/js/b.2.js", {}),
        ("/static/js/gone.js", {}),
        ("/media/a.1.js", {}),
        ("/static/js/a.1.js", {"range": "bytes=0-0"}),
        ("/static/js/a.1.js", {"if-none-match": '"1"'}),
    ],
)
def test_all_else_is_asked_for_each_time(path: str, headers: dict[str, str]) -> None:
    """What may change, is not there, is somebody's own or is asked for in part goes through."""
    client = Client()
    client.get(path, headers=headers)
    client.get(path, headers=headers)
    assert client.asked == [path, path]


def test_files_are_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is read each time."""
    monkeypatch.setattr(assets, "MOST_BYTES", 0)
    client = Client()
    assert [client.get("/static/js/a.1.js").text for _ in range(2)] == ["a", "a"]
    assert len(client.asked) == 2
