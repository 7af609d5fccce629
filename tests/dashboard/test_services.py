"""Services on the pages: the filter, what it changes, and where services and waves are listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.answers.choices import EVERY_SERVICE
from tests.builders.rows import commit_id
from tests.dashboard import warehouses
from tests.dashboard.opening import opened, table, words


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two services in one repository, beside a repository that is one service."""
    parts = [warehouses.mono(), warehouses.git_only()]
    return warehouses.published(tmp_path_factory.mktemp("mono"), *parts, services=warehouses.SERVICES)


@pytest.mark.slow
def test_the_filter_shows_one_service(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 30 changes of search those wait that landed after its last roll-out began; pay has none of them."""
    app = opened(warehouse, monkeypatch, "waiting")
    assert app.selectbox(key="service").options == [EVERY_SERVICE, "pay", "search"]
    search = opened(warehouse, monkeypatch, "waiting", service="search")
    assert "service search in acme/mono, all time" in words(search)
    # The last roll-out, at hour 307, is of commit 51; even numbers from 52 to 58 follow, and 60 is of documents.
    waiting = {f"acme/mono@{commit_id(f'c{number}')}" for number in (52, 54, 56, 58)}
    assert set(table(search, "short")["short"]) == waiting
    assert set(table(search, "services")["services"]) == {"search"}
    assert "No waiting changes" in words(opened(warehouse, monkeypatch, "waiting", service="pay"))


@pytest.mark.slow
def test_the_filter_is_in_links_and_falls_back(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link keeps the service; a repository without services of its own has no such choice."""
    search = opened(warehouse, monkeypatch, "waiting", service="search")
    assert all("service=search" in link for link in table(search, "timeline")["timeline"])
    other = opened(warehouse, monkeypatch, "waiting", repo="acme/lib")
    assert not [box for box in other.selectbox if box.key == "service"]


@pytest.mark.slow
def test_every_page_opens_for_a_service(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No page fails, and those of whole repositories say so."""
    for name in ("pulse", "flow", "bottlenecks", "stability", "initiatives", "health"):
        said = words(opened(warehouse, monkeypatch, name, service="search"))
        assert "service search in acme/mono" in said
        assert ("of its whole repository" in said) == (name in {"initiatives", "health"})


@pytest.mark.slow
def test_data_health_lists_services_and_waves(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each service with what names it and its waves in order; documents are counted and listed."""
    app = opened(warehouse, monkeypatch, "health")
    rows = table(app, "waves").sort("service").select("service", "named_by", "changes", "waves", "paths")
    assert rows.rows() == [
        ("pay", "settings", 30, "prod-canary, prod-eu", "pay/**"),
        ("search", "settings", 24, "prod-canary, prod-eu", "search/**"),
    ]
    assert "6 with nothing to deploy" in words(app)
    app = opened(warehouse, monkeypatch, "health", reason="with nothing to deploy")
    assert len(table(app, "detail")) == 6


def test_one_change_shows_its_waves(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment of each wave stands beside its environment, and the roll-out inside deploy."""
    change_id = f"github:acme/mono@{commit_id('c9')}"
    said = words(opened(warehouse, monkeypatch, "change", change=change_id))
    assert "deployment pay-prod-canary-57" in said
    assert "deployment pay-prod-eu-57" in said
    assert "of deploy: 6.00 h from the first of its services and waves to the last" in said
