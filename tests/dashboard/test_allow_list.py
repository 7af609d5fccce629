from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.server.serve import serve
from dashboard.shell.navigation import FIRST, PAGES
from dashboard.shell.sign_in import is_allowed
from headway.errors import HeadwayError
from headway.settings import DashboardSettings
from tests.dashboard.opening import SECONDS, charts, words
from tests.dashboard.running import free_port
from tests.frame.project import ROOT

ANN = {"email": "Ann@Example.com", "email_verified": True}


@pytest.mark.parametrize(
    ("allowed", "visitor", "admitted"),
    [
        (["ann@example.com"], ANN, True),
        (["bob@example.com", "*@EXAMPLE.com"], ANN, True),
        (["*@example.com"], {"email": "ann@example.com.evil.example", "email_verified": True}, False),
        ([], ANN, False),
        (["*"], {**ANN, "email_verified": False}, False),
        (["*"], {"email": "ann@example.com"}, False),
        (["*"], {"email_verified": True}, False),
        (["*"], {"email": None, "email_verified": True}, False),
    ],
)
def test_only_a_verified_address_on_the_list_is_let_in(
    allowed: Sequence[str], visitor: dict[str, Any], admitted: bool
) -> None:
    """Who has no address, none that was verified, or none on the list stays outside; an empty list admits nobody."""
    assert is_allowed(allowed, visitor) is admitted


@pytest.mark.parametrize("page", ["pulse", "health"])
def test_pages_need_a_sign_in(several: Path, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not signed in sees the way in and nothing else: no number, no name of a repository, no filter."""
    config = tmp_path / "headway.toml"
    config.write_text('[dashboard]\nsign_in = true\nallowed = ["*"]\n', encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["app.py", str(several), str(config)])
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
    if PAGES[page] != FIRST:
        app.switch_page(PAGES[page].file)
    app.run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Sign in"]
    assert "acme" not in words(app)
    assert (charts(app), len(app.dataframe), len(app.selectbox)) == (0, 0, 0)


def test_serving_says_what_signing_in_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody could sign in it does not start, and says what is missing."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HeadwayError, match=r"\[dashboard\] sign_in needs"):
        serve(tmp_path, port=free_port(), settings=DashboardSettings(sign_in=True))
