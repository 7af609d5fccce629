"""Events on every time axis, the comparison of before and after, and targets, on the pages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.comparison.report import comparison
from dashboard.answers import files
from tests.dashboard import warehouses
from tests.dashboard.opening import opened, table, tables, tiles, words

AT = datetime(2025, 1, 27)
KNOWN = "outcome in ('production', 'waiting', 'abandoned')"
SETTINGS = f"""
[targets]
lead_time_p85_hours = 24
within_7_days_share = 0.99
waiting_days = 4

[[events]]
at = 2025-01-27
text = "New CI"

[[events]]
at = 2025-02-10
text = {json.dumps(warehouses.HOSTILE[:90], ensure_ascii=True)}

[[events]]
at = 2025-01-20
text = "Of the API alone"
repo = "github:acme/api"

[[events]]
at = 2031-01-01
text = "Still to come"
"""


@pytest.fixture
def annotated(tmp_path: Path, several: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The warehouse of `several`, beside settings with targets and events."""
    (tmp_path / "headway.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    files._settings.clear()
    return several


def published(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """The published file."""
    file = warehouse / (warehouse / "CURRENT").read_text(encoding="utf-8").strip()
    return duckdb.connect(str(file), read_only=True)


def offered(app: AppTest) -> list[str]:
    """The events of which a page offers the time before and after."""
    return list(next(box for box in app.selectbox if box.label == "Event").options)


def specifications(app: AppTest) -> list[dict[str, Any]]:
    """The charts of a page."""
    return [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]


def rules(specification: dict[str, Any]) -> int:
    """How many layers of a chart are rules over its time."""
    layers = specification.get("layer", [])
    return sum(layer["mark"].get("strokeDash") == [5, 4] for layer in layers if isinstance(layer["mark"], dict))


@pytest.mark.slow
def test_every_time_axis_has_its_events(annotated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Months and one change draw those in their time, numbered, and name them as text."""
    app = opened(annotated, monkeypatch, "change", change="github:acme/shop#54")
    assert sum(map(rules, specifications(app))) == 1
    assert "1 · 2025-01-27 New CI" in words(app)
    assert "Of the API alone" not in words(app)
    app = opened(annotated, monkeypatch, "flow")
    assert sum(map(rules, specifications(app))) == 1
    listed = next(text.value for text in app.text if "New CI" in text.value).splitlines()
    assert [line[:14] for line in listed] == ["1 · 2025-01-20", "2 · 2025-01-27", "3 · 2025-02-10"]
    assert "<script>window.hit=1</script>" in listed[2]


@pytest.mark.slow
def test_event_of_a_repository_is_in_its_views_alone(annotated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another repository chosen it is not there; with its own it is."""
    for repo, there in (("acme/shop", False), ("acme/api", True)):
        listed = offered(opened(annotated, monkeypatch, "flow", repo=repo))
        assert "2025-01-27 New CI" in listed
        assert ("2025-01-20 Of the API alone" in listed) == there


def test_before_and_after_has_equal_times_and_claims_nothing_without_an_interval(
    annotated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many days on each side as both have, by SQL; where `comparison` has no interval, nothing is claimed."""
    app = opened(annotated, monkeypatch, "flow", event="2025-01-27 New CI")
    caption = next(part.value for part in app.caption if "on each side" in part.value)
    with published(annotated) as connection:
        first, last = connection.sql(
            f"select min(code_complete_at), max(as_of) from lead_times where {KNOWN}"
        ).fetchall()[0]
        days = min((AT - first).days, (last - AT).days)
        since, until = AT - timedelta(days=days), AT + timedelta(days=days)
        count = f"""
        select count(*) filter (where code_complete_at < $at), count(*) filter (where code_complete_at >= $at)
        from lead_times where {KNOWN} and kind = 'work' and code_complete_at >= $since and code_complete_at < $until"""
        before, after = connection.sql(count, params={"at": AT, "since": since, "until": until}).fetchall()[0]
        rows = comparison(connection, Filters(since=since, until=until), Options(by="2025-01-27"))
    ratio = rows.row(by_predicate=pl.col("measure") == "time_ratio_within", named=True)
    assert caption.startswith(
        f"{days} days on each side: {before} changes code complete since {since.date()}, {after} from"
    )
    assert ratio["ai"] is not None
    assert (ratio["lower"], ratio["upper"]) == (None, None)
    assert table(app, "difference")["difference"][0] == "too few to say"
    assert any(part.value.startswith("**Too few changes to compare.** Like for like") for part in app.markdown)
    assert f"comparison --by 2025-01-27 --since {since.date()} --until {until.date()}" in app.code[0].value


@pytest.mark.slow
@pytest.mark.parametrize(("event", "said"), [("2025-02-10", "Too early"), ("2031-01-01", "still to come")])
def test_nothing_is_claimed_too_early(event: str, said: str, annotated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer than two weeks on a side there is no number."""
    (label,) = [label for label in offered(opened(annotated, monkeypatch, "flow")) if label.startswith(event)]
    app = opened(annotated, monkeypatch, "flow", event=label)
    assert said in words(app)
    assert not [rows for rows in tables(app) if "difference" in rows.columns]


@pytest.mark.slow
def test_targets_are_on_tiles_and_charts(annotated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles say whether targets are met; what waits longer is counted by SQL; the months have a dashed line."""
    how_long, waiting, week, _ = tiles(opened(annotated, monkeypatch))
    query = "select count(*) from lead_times where outcome = 'waiting' and kind = 'work' and age_hours > 4 * 24"
    with published(annotated) as connection:
        ((longer,),) = connection.sql(query).fetchall()
    assert longer > 0
    assert "Target 85% within 1 d, all work: missed, " in how_long
    assert f"Target none longer than 4 d: missed, {longer} change" in waiting
    assert "Target 99% within 7 days, all work: missed, " in week
    (months,) = [chart for chart in specifications(opened(annotated, monkeypatch, "flow")) if rules(chart)]
    dashed = [layer for layer in months["layer"] if layer["mark"].get("strokeDash") == [2, 3]]
    assert len(dashed) == 1


@pytest.mark.slow
def test_without_them_nothing_is_drawn(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No targets and no events: no rule, no line, and no comparison on offer."""
    files._settings.clear()
    app = opened(several, monkeypatch, "flow")
    assert sum(map(rules, specifications(app))) == 0
    assert "Before and after" not in "".join(box.label for box in app.expander)
    assert not any("Target" in tile for tile in tiles(opened(several, monkeypatch)))
