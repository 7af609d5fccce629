"""The first page, run by Streamlit's own test runner: what it says, without a browser."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from tests.builders.rows import START
from tests.dashboard import warehouses
from tests.frame.project import ROOT

SECONDS = 30


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two repositories that deliver and one that reports no deployment; simulated."""
    parts = [warehouses.busy(), warehouses.busy("acme/api", changes=25, seed=9), warehouses.undeployed()]
    return warehouses.published(tmp_path_factory.mktemp("several"), *parts, simulated=True)


def opened(warehouse: Path, patch: pytest.MonkeyPatch, **query: str) -> AppTest:
    """The dashboard of a warehouse as a browser finds it that comes with this query."""
    patch.setattr(sys, "argv", ["app.py", str(warehouse)])
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    """Everything that the page says in text."""
    parts = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.text, *app.info, *app.warning]
    return "\n".join(str(part.value) for part in parts)


def numbers(app: AppTest) -> dict[tuple[int, str], str]:
    """The numbers of the cards: by card and label."""
    found: dict[tuple[int, str], str] = {}
    for metric in app.metric:
        card = sum(label == metric.label for _, label in found)
        found[card, metric.label] = str(metric.value)
    return found


def test_headline_compares_ai_work_with_other_work(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says how long both groups take, what waits and what never arrived, and that it is simulated."""
    app = opened(several, monkeypatch)
    said = words(app)
    assert "SIMULATED" in said
    assert "Half of AI work is in production after" in app.header[0].value
    assert "as of 2025-02-16 16:00 UTC" in said
    assert {label for _, label in numbers(app)} == {
        "Half arrived after",
        "Arrived in 7 days",
        "Still waiting",
        "Never arrived",
    }
    assert "29 in repositories without deployments" in said
    assert len(app.get("vega_lite_chart")) == 2


def test_tables_stand_under_the_charts(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each chart has its numbers as a table, and the groups are those of both axes."""
    tables = [frame.value for frame in opened(several, monkeypatch).dataframe]
    groups, arrivals, stages, waiting, coverage = tables
    assert list(groups["group"]) == ["All work", "AI work", "Other work", "Made with AI", "No AI mark"]
    assert set(arrivals["group"]) == {"AI work", "other work"}
    assert list(stages["stage"].unique()) == ["pickup", "review", "merge", "release"]
    assert list(waiting["age_days"]) == sorted(waiting["age_days"], reverse=True)
    assert list(coverage["repo"]) == ["acme/api", "acme/shop", "acme/tool"]


def test_filters_are_read_from_the_url(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link with filters opens the same view that they were chosen in."""
    app = opened(several, monkeypatch, repo="acme/shop", period="30 days", axis="How it was made")
    assert "acme/shop, code complete in the last 30 days" in app.text[0].value
    assert [part.value for part in app.subheader][:2] == ["Made with AI", "No AI mark"]
    assert list(app.dataframe[-1].value["repo"]) == ["acme/shop"]


def test_unknown_filter_in_the_url_is_left_out(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to a repository that is gone shows everything rather than a failed page."""
    assert "All repositories, all time" in opened(several, monkeypatch, repo="acme/gone").text[0].value


def test_few_changes_are_counted_and_not_estimated(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where both groups are too few the page says so, and shows all work alone."""
    app = opened(several, monkeypatch, repo="acme/api")
    assert numbers(app)[0, "Half arrived after"] == "too few to say"
    assert set(app.dataframe[2].value["group"]) == {"all work"}
    assert "Half of all work is in production after" in words(app)


def test_nothing_in_the_period_says_what_to_do(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A choice with no change in it is no failed page, and says how to get out of it."""
    app = opened(several, monkeypatch, repo="acme/tool", period="30 days")
    assert "Choose more in the sidebar" in words(app)
    assert not app.get("vega_lite_chart")


def test_without_deployments_it_says_how_to_tell_them(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository that reports no deployment has no number, and the way to mend it."""
    said = words(opened(several, monkeypatch, repo="acme/tool"))
    assert "29 changes landed in repositories that report no deployments" in said
    assert "`headway init`" in said
    assert "Half of" not in said


def test_empty_warehouse_shows_what_it_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository without a change shows in the coverage, and nothing is claimed of it."""
    app = opened(warehouses.published(tmp_path, warehouses.quiet()), monkeypatch)
    assert "No change whose arrival in production could be observed yet" in words(app)
    assert list(app.dataframe[0].value["repo"]) == ["acme/new"]


def test_nothing_built_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a published file there is the error in two lines, not a failed page."""
    app = opened(tmp_path, monkeypatch)
    assert app.text[0].value.endswith("to do: run `headway collect TARGET`, or `headway demo`")


def test_new_published_file_is_shown_on_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is open when new data is published shows it without a restart."""
    warehouses.published(tmp_path, warehouses.quiet())
    app = opened(tmp_path, monkeypatch)
    warehouses.published(tmp_path, warehouses.busy("acme/shop"), built_at=START + timedelta(days=1))
    app.run()
    assert not app.exception
    assert list(app.dataframe[-1].value["repo"]) == ["acme/new", "acme/shop"]


def test_closed_work_that_no_source_shows_is_not_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From Git alone the page says that abandoned work is not seen, where a zero would be a claim."""
    app = opened(warehouses.published(tmp_path, warehouses.git_only()), monkeypatch)
    assert numbers(app)[0, "Never arrived"] == "not seen"
    assert "abandoned" not in app.dataframe[-1].value
    assert "not visible from Git alone" in words(app)


def test_tables_of_another_version_say_to_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A published file without the tables of this version is an error in two lines, not a failed page."""
    duckdb.connect(str(tmp_path / "headway-old.duckdb")).close()
    (tmp_path / "CURRENT").write_text("headway-old.duckdb", encoding="utf-8")
    said = opened(tmp_path, monkeypatch).text[0].value
    assert "headway-old.duckdb cannot be read" in said
    assert said.endswith("to do: run `headway build`")
