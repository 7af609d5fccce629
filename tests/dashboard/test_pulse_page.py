"""The first page: the questions and their answers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import cast

import duckdb
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.answers.view import View
from dashboard.parts.release_cadences import gain_of_daily
from tests.builders.rows import START
from tests.dashboard import warehouses
from tests.dashboard.opening import charts, collapsed, opened, table, tables, tiles, words

LETTER_PIXELS, PHONE_PIXELS = 7.2, 320.0


def answers(app: AppTest) -> list[str]:
    """The answers of the reasons, in the order of the questions."""
    return [str(header.value) for header in app.subheader]


@pytest.mark.slow
def test_first_screen_has_a_verdict_for_each_question(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four tiles say how long, what waits, what arrives in a week, what fails; the strip names the bottleneck."""
    app = opened(several, monkeypatch)
    how_long, waiting, week, fails = (tile.splitlines() for tile in tiles(app))
    assert how_long[:2] == ["Code complete to production", "Too few changes to compare"]
    assert how_long[2].startswith("Like for like ")
    assert how_long[3:7] == ["all changes", "half by", "85% by", "AI work"]
    assert waiting[0] == "Still waiting"
    assert waiting[1].endswith("a decision")
    assert week[0] == "In production within 7 days"
    assert fails[:2] == ["Needed rework or failed", "Too few changes to say"]
    assert app.markdown[1].value.startswith("**Biggest bottleneck of AI work: release, ")
    assert "Next is " in app.markdown[1].value
    said = words(app)
    assert "SIMULATED" in said
    assert "as of 2025-02-16 16:00 UTC" in said
    assert "code complete in the last 12 months, beside the 12 months before" in said
    assert "29 in repositories without deployments" in said


def test_lines_over_the_strips_fit_a_phone(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the width of the chart a line leaves the strips none: on 400 pixels it has its first part alone."""
    app = opened(several, monkeypatch)
    stream = [pl.read_ipc_stream(one.data.data) for one in app.get("vega_lite_chart")[0].proto.datasets]
    lines = next(rows for rows in stream if "start" in rows.columns).to_dicts()
    assert [row["start"].partition(" waits ")[0] for row in lines] == ["AI work", "Other work"]
    assert all(row["title"].startswith(f"{row['start']}; then ") for row in lines)
    assert max(len(row["start"]) for row in lines) * LETTER_PIXELS < PHONE_PIXELS


def test_tiles_have_the_numbers_of_the_reports(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Medians are those of the table of groups, and what waits is counted in the tables by hand."""
    app = opened(several, monkeypatch)
    how_long, waiting, *_ = (tile.splitlines() for tile in tiles(app))
    rows = {row["group"]: row for row in table(app, "median_hours").iter_rows(named=True)}
    days = [f"{rows[name]['median_hours'] / 24.0:.1f} d" for name in ("AI work", "other work")]
    assert [how_long[how_long.index(name) + 1] for name in ("AI work", "other work")] == days
    file = several / (several / "CURRENT").read_text(encoding="utf-8").strip()
    with duckdb.connect(str(file), read_only=True) as made:
        query = "select builds_ai, count(*) from lead_times where outcome = 'waiting' and kind = 'work' group by all"
        counts = dict(made.execute(query).fetchall())
    assert [waiting[waiting.index(name) + 1] for name in ("AI work", "other work")] == [
        str(counts.get(True, 0)),
        str(counts.get(False, 0)),
    ]


def test_reasons_are_shown_on_demand(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each verdict has its reasons: how long, what never arrived, where both wait, failures, what costs."""
    app = opened(several, monkeypatch)
    how_long, fate, friction, fails, delivery = answers(app)
    assert how_long.startswith("Half of AI work is in production after")
    assert fate.startswith("Of 123 changes")
    assert friction == "No comparison: too few months of repositories have both"
    assert fails == "Too few changes to say"
    assert delivery.startswith("AI work: release")
    assert charts(app) == 6


def test_reasons_are_folded_at_first(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a visitor opens them the page draws the strip alone, and sends none of their numbers."""
    folded = collapsed(several, monkeypatch)
    assert answers(folded) == []
    assert charts(folded) == 1
    assert tables(folded) == []


def test_what_needs_a_decision_is_named(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be saved comes before what is overdue, each with its evidence; of releases nothing that is uncertain."""
    app = opened(several, monkeypatch)
    headers = [str(header.value) for header in app.header]
    assert headers == [
        "What needs a decision",
        "What changed since last month",
        "No AI initiatives",
        "The numbers and reasons behind it",
    ]
    assert "a decision today" in words(app)
    named = [text.value for text in app.text if "Waits for" in text.value]
    assert 1 <= len(named) <= 3
    assert sum(link.proto.label.startswith("Timeline") for link in app.get("page_link")) == len(named)
    assert not [markdown for markdown in app.markdown if "Releasing" in markdown.value]


class Cadences:
    """A view whose report of cadences says how much earlier daily releases bring work than those of now."""

    clock = "wall"

    def __init__(self, lower: float) -> None:
        self._lower = lower

    def report(self, name: str, **options: str) -> pl.DataFrame:
        """The two cadences, each instead of the other and daily instead of weekly."""
        assert (name, options) == ("cadences", {"clock": "wall"})
        row = {"group": "all", "leaves": "every 2.8 days", "clock": "wall", "hours_earlier": 9.9, "earlier_upper": 16.6}
        daily = {**row, "cadence": "daily", "half_hours": 67.0, "earlier_lower": self._lower}
        now = {**row, "cadence": "as now", "half_hours": 74.0, "earlier_lower": 1.0}
        return pl.DataFrame(
            [{**daily, "instead_of": "weekly", "earlier_lower": 2.0}, {**daily, "instead_of": "as now"}, now]
        )


def test_advice_compares_with_the_releases_of_now_and_only_where_it_is_sure() -> None:
    """Nobody gains what another company would: daily is laid beside the real releases, and silent around zero."""
    gain = gain_of_daily(cast(View, Cadences(3.3)))
    assert gain.startswith(
        "Releasing daily instead of as now (every 2.8 days) would bring a change to production 0.4 d"
    )
    assert gain_of_daily(cast(View, Cadences(-0.2))) == ""


def test_a_finding_has_its_qualifications_in_its_help(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What qualifies a finding is shown on demand, beside the sentence that it qualifies."""
    app = opened(several, monkeypatch)
    helped = {markdown.value: markdown.proto.help for markdown in app.markdown if markdown.proto.help}
    (ratio,) = (text for text in helped if text.startswith("Adjusted for repository, size and time, "))
    assert helped[ratio].startswith("Hazard ratio: the rate at which waiting changes reach production")


def test_tables_stand_under_the_pictures(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each picture has its numbers as a table."""
    app = opened(several, monkeypatch)
    assert len(tables(app)) == charts(app)
    assert table(app, "median_hours")["group"].to_list() == ["all work", "AI work", "other work"]
    assert table(app, "outcome").group_by("group").agg(pl.col("share").sum())["share"].to_list() == pytest.approx(
        [1.0, 1.0], abs=0.002
    )
    assert table(app, "share_of_wait")["stage"].unique(maintain_order=True).to_list() == [
        *("pickup", "review", "merge", "release")
    ]


@pytest.mark.slow
def test_filters_are_read_from_the_url(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link with filters opens the same view that they were chosen in."""
    query = {"repo": "acme/shop", "period": "30 days", "axis": "How it was made", "clock": "Working time"}
    app = opened(several, monkeypatch, **query)
    assert (
        "acme/shop, code complete in the last 30 days, beside the 30 days before, in working time" in app.text[0].value
    )
    assert set(table(app, "median_hours")["group"]) == {"all work", "made with AI", "no AI mark"}


@pytest.mark.slow
def test_team_narrows_to_its_repositories(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a team its repositories alone count, and can be chosen."""
    app = opened(several, monkeypatch, team="storefront")
    assert "team storefront, all its repositories" in app.text[0].value
    assert app.sidebar.selectbox(key="repo").options == ["All repositories", "acme/shop"]
    assert answers(app)[1].startswith("Of 103 changes")


@pytest.mark.slow
def test_unknown_filter_in_the_url_is_left_out(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to a repository or team that is gone shows everything rather than a failed page, and says so first."""
    app = opened(several, monkeypatch, repo="acme/gone", team="gone")
    assert any(warning.value.startswith("**Not here:** ") for warning in app.warning)
    assert app.text[0].value == "team: gone\nrepo: acme/gone"
    said = app.text[1].value
    assert "All repositories, code complete in the last 12 months" in said


@pytest.mark.slow
def test_known_values_in_the_url_are_no_news(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link whose values are all there has no warning about them."""
    app = opened(several, monkeypatch, repo="acme/api", period="All time", clock="Working time")
    assert not [warning for warning in app.warning if "Not here" in warning.value]


@pytest.mark.slow
def test_few_changes_are_counted_and_not_estimated(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where both groups are too few the page says so, and shows all work alone."""
    app = opened(several, monkeypatch, repo="acme/api")
    said = words(app)
    assert "Half of all work is in production after" in said
    assert "too few to say more" in said
    assert "Too few changes to compare AI work with other work" in said
    assert set(table(app, "share_of_wait")["group"]) == {"all work"}
    assert [tile.splitlines()[1] for tile in tiles(app)][::2] == ["Too few changes to compare"] * 2


def test_nothing_in_the_period_says_what_to_do(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A choice with no change in it is no failed page, and says how to get out of it."""
    app = opened(several, monkeypatch, repo="acme/tool", period="30 days")
    assert "Widen the filters in the sidebar" in words(app)
    assert charts(app) == 0


def test_without_deployments_it_says_how_to_tell_them(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository that reports no deployment has no number, and the way to mend it."""
    said = words(opened(several, monkeypatch, repo="acme/tool"))
    assert "29 changes landed in repositories that report no deployments" in said
    assert "`headway init`" in said
    assert "Half of" not in said


@pytest.mark.slow
def test_empty_warehouse_claims_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository without a change gets no number, and the way to what is known of it."""
    app = opened(warehouses.published(tmp_path, warehouses.quiet()), monkeypatch)
    assert "No change can be followed to production yet" in words(app)
    assert len(app.get("page_link")) == 1


def test_nothing_built_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a published file there is the error in two lines, not a failed page."""
    app = opened(tmp_path, monkeypatch)
    assert app.text[0].value.endswith("hint: run `headway collect TARGET`, or `headway demo`")


@pytest.mark.slow
def test_new_published_file_is_shown_on_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is open when new data is published shows it without a restart."""
    warehouses.published(tmp_path, warehouses.quiet())
    app = opened(tmp_path, monkeypatch)
    warehouses.published(tmp_path, warehouses.busy("acme/shop"), built_at=START + timedelta(days=1))
    app.run()
    assert not app.exception, app.exception[0].value
    assert "Of 88 changes" in words(opened(tmp_path, monkeypatch))


@pytest.mark.slow
def test_closed_work_that_no_source_shows_is_not_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From Git alone the page says that abandoned work is not seen, where a zero would be a claim."""
    app = opened(warehouses.published(tmp_path, warehouses.git_only()), monkeypatch)
    assert "never arrived" not in table(app, "outcome")["outcome"].to_list()
    assert "never arrived" not in answers(app)[1]
    assert "Git alone does not show" in words(app)
    assert "No source reports these stages: build, staging, deploy" in words(app)


def test_tables_of_another_version_say_to_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A published file without the tables of this version is an error in two lines, not a failed page."""
    duckdb.connect(str(tmp_path / "headway-old.duckdb")).close()
    (tmp_path / "CURRENT").write_text("headway-old.duckdb", encoding="utf-8")
    said = opened(tmp_path, monkeypatch).text[0].value
    assert "headway-old.duckdb cannot be read" in said
    assert said.endswith("hint: run `headway build`")


@pytest.mark.parametrize("repo", ["ACME/api", "GitHub:acme/API", "acme/ap*"])
def test_a_link_may_spell_a_repository_as_the_options_do(
    several: Path, monkeypatch: pytest.MonkeyPatch, repo: str
) -> None:
    """A link in another case, with the provider, or with a glob of one repository opens on that repository."""
    assert (
        opened(several, monkeypatch, repo=repo)
        .text[0]
        .value.startswith("acme/api, code complete in the last 12 months")
    )
