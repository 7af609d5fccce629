"""Every page but the first, on a warehouse that delivers; then each on warehouses where something is missing."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from dashboard.shell.navigation import PAGES
from headway.settings import InitiativeSettings
from tests.dashboard import warehouses
from tests.dashboard.opening import charts, opened, table, tables, words
from tests.frame.project import ROOT


def test_flow_lays_both_groups_side_by_side(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where work is, how much has arrived, how long it takes, and the months, each with its table."""
    app = opened(several, monkeypatch, "flow")
    assert charts(app) == 4
    places = table(app, "state", "probability")
    assert set(places["group"]) == {"AI work", "other work"}
    whole = places.group_by("group", "hours").agg(pl.col("probability").sum())["probability"]
    assert whole.to_list() == pytest.approx([1.0] * len(whole), abs=0.01)
    assert set(table(app, "month")["group"]) == {"AI work", "other work"}


@pytest.mark.slow
def test_bottlenecks_are_ranked_and_can_be_moved(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest stage comes first, and moving a lever changes its gain."""
    app = opened(several, monkeypatch, "bottlenecks")
    ranked = table(app, "mean_hours_in_state")
    assert ranked["stage"][0] == "release"
    assert ranked["mean_hours_in_state"].is_sorted(descending=True)
    assert "waits longest in **release**" in words(app)
    before = [metric.value for metric in app.metric]
    app.selectbox(key="cadence").set_value("on every merge")
    app.slider(key="percent").set_value(10)
    app.run()
    assert not app.exception, app.exception[0].value
    assert all(was != now for was, now in zip(before[::3], [metric.value for metric in app.metric][::3], strict=True))
    # A replay of releases begins at the observed share; a model of stages has only the gain.
    released, shortened = ([metric.value for metric in app.metric][1:3], [metric.value for metric in app.metric][4:6])
    assert all("→" in value for value in released)
    assert all(value.endswith(" points") for value in shortened)
    assert "No source reports CI jobs, gates or deployment statuses here" in words(app)
    assert len(table(app, "weekday")) == 168


LISTED = {
    "bottlenecks": ("days", "ended"),
    "initiatives": ("because",),
    "stability": ("happened_at",),
    "health": ("detail", "code_complete_at"),
}


@pytest.mark.slow
def test_every_list_of_changes_leads_to_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes behind a number stand under it, and each line has the address of its change with the filters."""
    withdrawn = warehouses.git_only().deploy("back", "c30", 70)
    named = InitiativeSettings(name="Concierge", labels=("ai",))
    parts = [warehouses.busy(), withdrawn, warehouses.undeployed()]
    warehouse = warehouses.published(tmp_path, *parts, initiatives=(named,))
    for page, columns in LISTED.items():
        rows = table(opened(warehouse, monkeypatch, page, axis="How it was made"), "timeline", *columns)
        for address, short in rows.select("timeline", "short").iter_rows():
            query = parse_qs(urlsplit(address).query)
            assert query["axis"] == ["How it was made"]
            assert query["change"][0].endswith(f":{short}")


@pytest.mark.slow
def test_any_two_cadences_are_answered_in_a_sentence(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which two are compared comes from the URL, and all stand in one table."""
    app = opened(several, monkeypatch, "bottlenecks", release="on every merge", instead="as now", of="AI work")
    assert any(str(one.value).startswith("Releasing on every merge instead of as now (every ") for one in app.header)
    rows = table(app, "cadence", "half")
    assert rows["cadence"].to_list() == ["as now (observed)", "weekly", "twice a week", "daily", "on every merge"]
    assert rows["earlier"][0] is None
    assert re.search(r"AI work: \d+ changes, intervals by repository", words(app))


def test_worklist_begins_with_what_needs_attention(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stuck most, three at most, stands above the list, each with why, whom it waits for and its link."""
    app = opened(several, monkeypatch, "waiting")
    assert "a decision today" in app.header[0].value
    links = [link for link in app.get("page_link") if link.proto.label.startswith("Timeline")]
    assert 1 <= len(links) <= 3
    assert sum("waits for" in text.value.lower() for text in app.text) == len(links)
    assert sum(caption.value.startswith("In ") for caption in app.caption) == len(links)


def test_worklist_is_narrowed_and_leads_to_each_change(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits can be chosen by stage and text, and each line has the address of its change with the filters."""
    app = opened(several, monkeypatch, "waiting", repo="acme/shop", stage="release", text="number 9")
    rows = table(app, "timeline")
    assert set(rows["current_stage"]) == {"release"}
    assert all("number 9" in title for title in rows["title"])
    assert rows["timeline"][0].startswith("change?repo=acme%2Fshop&change=github%3Aacme%2Fshop%23")
    assert "No waiting change matches" in words(opened(several, monkeypatch, "waiting", text="no such title"))


@pytest.mark.slow
def test_working_time_holds_on_every_page_that_has_it(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What-ifs and the worklist are in working hours as the stages are, and say so."""
    app = opened(several, monkeypatch, "bottlenecks", clock="Working time", instead="weekly")
    said = words(app)
    assert "of a change's first 168 working hours" in said
    assert re.search(r"working h [\[(]", said)
    assert [metric.label for metric in app.metric][:3] == [
        "Later in production by",
        "Arrived in 40 h of work",
        "Arrived in 168 h of work",
    ]
    working, wall = (
        table(opened(several, monkeypatch, "waiting", clock=clock), "timeline").sort("short")
        for clock in ("Working time", "Wall clock")
    )
    assert (working["in_stage"] <= 24.0 * wall["in_stage"]).all()
    assert working["chance_7d"].equals(wall["chance_7d"])


def test_change_is_explained_with_its_records(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to a change shows its milestones, stages and verdict."""
    app = opened(several, monkeypatch, "change", change="github:acme/shop#3")
    assert charts(app) == 1
    assert "production" in table(app, "record")["milestone"].to_list()
    assert table(app, "so_far")["stage"].to_list()[-1] == "release"
    said = words(app)
    assert "Change number 3" in said
    assert "It builds an AI capability" in said


@pytest.mark.slow
def test_change_that_is_not_there_says_what_is(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that nothing has is an answer with what comes near, and no id asks for one."""
    said = words(opened(several, monkeypatch, "change", change="github:acme/gone#3"))
    assert "there is no change github:acme/gone#3" in said
    assert "did you mean" in said
    named = opened(several, monkeypatch, "change", change="Number 9")
    numbers = {f"acme/{name}#{number}" for name, most in (("shop", 106), ("api", 26)) for number in range(1, most)}
    assert set(table(named, "short")["short"]) == {short for short in numbers if "#9" in short}
    assert "Enter the id of a change" in words(opened(several, monkeypatch, "change"))


@pytest.mark.slow
def test_initiatives_climb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A named initiative stands on its rung with its evidence; without any the page says where they come from."""
    named = InitiativeSettings(name="Concierge", labels=("ai",))
    app = opened(warehouses.published(tmp_path, warehouses.busy(), initiatives=(named,)), monkeypatch, "initiatives")
    assert charts(app) == 2
    assert table(app, "evidence")["name"].to_list() == ["Concierge"]
    assert table(app, "stalled", "initiatives")["initiatives"].sum() == 1
    assert "too few to say how soon" in words(app)


def test_without_initiatives_it_says_where_they_come_from(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without initiatives the page says how they are detected or defined."""
    assert "No initiatives" in words(opened(several, monkeypatch, "initiatives"))


def test_stability_without_deployments_says_how_to_tell_them(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without deployments the page says how to configure them; what a failure is comes from the URL."""
    said = words(opened(several, monkeypatch, "stability", failure="incidents"))
    assert "Incidents alone" in said
    assert "No production deployments" in said
    assert "`headway init`" in said


@pytest.mark.slow
def test_stability_of_a_repository_that_deploys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deployments are counted by week and month, and too few to compare is said."""
    app = opened(warehouses.published(tmp_path, warehouses.git_only()), monkeypatch, "stability")
    labels = [metric.label for metric in app.metric]
    assert labels[:2] == ["Deployments per week", "Lead time (median)"]
    assert app.metric[0].value not in {"0.0", "too few to say"}
    assert table(app, "window")["window"].len() >= 2
    assert "None." in words(app)


def test_health_says_what_the_numbers_rest_on(several: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Coverage of each repository, what is left out and how to fix it, and the status of each source."""
    # A copy: a failed run changes what others see of the warehouse, and what was cached of its sources.
    warehouse = Path(shutil.copytree(several, tmp_path / "several"))
    runs = warehouse / "runs"
    runs.mkdir(exist_ok=True)
    run = {"source": "git:acme/lost", "label": "acme/lost", "began_at": "2025-01-07 00:00:00"}
    wrong = {"error": "no such **repository**", "hint": "take it out", "exit_code": 3}
    (runs / "lost.json").write_text(json.dumps({**run, **wrong}), encoding="utf-8")
    app = opened(warehouse, monkeypatch, "health")
    said = words(app)
    assert "1 source failed in the last run" in said
    assert "git:acme/lost: no such **repository**\nhint: take it out" in [text.value for text in app.text]
    assert "Repositories without deployments" in said
    assert table(app, "observed_share")["repo"].to_list() == ["acme/api", "acme/shop", "acme/tool"]
    assert "git:acme/lost" in table(app, "watermark_at")["source"].to_list()


WAREHOUSES = {
    "empty": warehouses.quiet,
    "no deployments": warehouses.undeployed,
    "git only": warehouses.git_only,
    "hostile": warehouses.hostile,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", WAREHOUSES)
def test_every_page_opens_where_something_is_missing(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No page fails on an empty warehouse, without deployments, from Git alone, or with texts that would do harm."""
    warehouse = warehouses.published(tmp_path, WAREHOUSES[kind]())
    for page in PAGES:
        app = opened(warehouse, monkeypatch, page, axis="How it was made", clock="Working time", strong="true")
        assert len(app.title) == 1
        assert charts(app) <= len(tables(app)) + 1


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_every_choice(several: Path, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No choice of filters breaks a page, nor one that leaves nothing."""
    for query in (
        {"axis": "How it was made"},
        {"clock": "Working time", "period": "30 days"},
        {"strong": "true", "repo": "acme/tool", "tier": "Records of commits"},
    ):
        assert len(opened(several, monkeypatch, page, **query).title) == 1


@pytest.mark.parametrize("page", PAGES)
def test_page_has_no_bare_string(page: str) -> None:
    """Streamlit would draw a string under a constant of a page's file as if it were text of the page."""
    _, *statements = ast.parse((ROOT / PAGES[page].file).read_text(encoding="utf-8")).body
    assert [node.lineno for node in statements if isinstance(node, ast.Expr)] == []


@pytest.mark.parametrize("page", ["stability", "initiatives", "change"])
def test_page_of_the_wall_clock_alone_says_so(several: Path, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where working time is chosen and a page does not support it, its head names the clock that it has."""
    said = words(opened(several, monkeypatch, page, clock="Working time"))
    assert "by the wall clock (this page does not support working time)" in said.replace("By the", "by the")
    assert "in working time" not in said
