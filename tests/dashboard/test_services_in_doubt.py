"""Pages say first which services are in doubt; Data health lists what is taken for deployments."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.rows import Raw
from tests.dashboard import warehouses
from tests.dashboard.opening import EACH_PAGE, opened, table, words


@pytest.fixture(scope="module")
def doubtful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose deployments stopped: a change on each of 63 days, the first 13 of them deployed."""
    raw = Raw("acme/shop", read=1600, known=1600)
    for number in range(63):
        raw.commits(f"c{number}@{24 * number + 1}")
        if number <= 12:
            raw.deploy(f"d{number}", f"c{number}", 24 * number + 24)
    return warehouses.published(tmp_path_factory.mktemp("doubtful"), raw)


@pytest.mark.slow
@pytest.mark.parametrize("name", EACH_PAGE)
def test_page_says_first_what_is_in_doubt(name: str, doubtful: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doubt is the first of each page, and the service with its reason comes before any other text."""
    app = opened(doubtful, monkeypatch, name)
    assert app.expander[0].label.startswith(":orange[**In doubt (1):**] the newest work of these services is unknown")
    assert app.text[0].value.startswith("git:acme/shop: IN DOUBT since 2025-01-19: 50 changes landed within 49 days")


@pytest.mark.slow
def test_page_says_which_rollbacks_are_in_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tenants under one name run several versions, the page says that none of them counts as a rollback."""
    raw = Raw("acme/shop", read=400, known=400).commits(" ".join(f"c{n}@{n * 24}" for n in range(10)))
    for n in range(10):
        raw.deploy(f"a{n}", f"c{n}", n * 24 + 1)
        if n > 1:
            raw.deploy(f"b{n}", f"c{n - 2}", n * 24 + 5)
    app = opened(warehouses.published(tmp_path, raw), monkeypatch, "stability")
    assert "no deployment there counts as a rollback" in app.expander[0].label
    assert app.text[0].value.startswith("git:acme/shop: rollbacks IN DOUBT: 8 of 18 deployments to production")


def test_health_lists_what_is_taken(doubtful: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data health has the 13 records to production as taken, and what to do about the doubt."""
    app = opened(doubtful, monkeypatch, "health")
    rows = table(app, "taken", "setting")
    assert rows.select("source", "environment", "taken", "deployments").rows() == [("records", "production", True, 13)]
    assert "`headway deployments`" in table(app, "hint")["hint"][0]
    assert "What is taken for deployments" in words(app)


@pytest.mark.slow
def test_pages_without_doubt_have_no_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is in doubt, nothing says so."""
    app = opened(warehouses.published(tmp_path, warehouses.busy()), monkeypatch, "flow")
    assert not [expander for expander in app.expander if "In doubt" in expander.label]
