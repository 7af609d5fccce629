from __future__ import annotations

import math
from collections.abc import Iterator

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy import stats

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.reports.catalog import REPORTS
from analytics.rework.comparison import compared
from analytics.rework.facts import Shipped
from analytics.survival import cox
from headway.errors import UsageError
from tests.analytics.dora.making import day
from tests.builders.rows import Raw, built, commit_id, hour

rework = REPORTS["rework"]


def shop() -> Raw:
    """Thirty squashes, in production a day apart; fixes replace lines of the first three, 10, 20 and 39 days later.

    Another one is mended before it arrived, and one is taken back.
    """
    says = {f"c{n}": f"Change (#{n})" for n in range(1, 31)}
    ends = {"f1": 12, "f2": 23, "f3": 43, "f4": 4.5}
    says |= {name: f"fix: {name}" for name in ends} | {
        "r": f'Revert "Change"\n\nThis reverts commit {commit_id("c6")}.'
    }
    at = {f"c{n}": float(n) for n in range(1, 31)} | ends | {"r": 7.5}
    order = sorted(at, key=at.__getitem__)
    raw = Raw(known=100 * 24, read=100 * 24)
    raw.commits("root@1 " + " ".join(f"{name}@{24 * at[name]}" for name in order), says=says).deploy("d0", "root", 1)
    for n in range(1, 31):
        raw.deploy(f"d{n}", f"c{n}", 24 * n + 23)
    raw.deploy("d99", order[-1], 24 * 50)
    for name, wrote in (("f1", "c1"), ("f2", "c2"), ("f3", "c3"), ("f4", "c4")):
        base = order[order.index(name) - 1]
        raw.add("traced_fixes", sha=commit_id(name), base_sha=commit_id(base), outcome="traced", lines=1, files=1)
        raw.add("repairs", sha=commit_id(name), repaired_sha=commit_id(wrote), path="a.py", lines=1)
    return raw


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """The shop, and a repository whose fix nobody traced."""
    other = Raw("acme/other", known=100 * 24, read=100 * 24)
    other.commits("a@1 b@2 c@3", says={"c": "fix: t"}).deploy("e0", "a", 1).deploy("e1", "c", 4)
    with built(shop(), other) as tables:
        yield tables.connection


@pytest.mark.slow
def test_share_repaired_is_kaplan_meiers(connection: duckdb.DuckDBPyConnection) -> None:
    """Of 36 changes in production three were repaired, after 10, 20 and 39 days, and one taken back: by hand."""
    table = rework(connection, Filters())
    shares = {(row["measure"], row["days"]): row["value"] for row in table.to_dicts()}
    assert shares["reverted_share", 14] == pytest.approx(1 / 36)
    assert shares["repaired_share", 14] == pytest.approx(2 / 36)
    assert shares["repaired_share", 30] == pytest.approx(3 / 36)
    # All were watched for 39 days, so it is a plain share still; f3 is the last to come.
    assert shares["repaired_share", 90] == pytest.approx(4 / 36)
    (first,) = table.filter(pl.col("measure") == "repaired_share", pl.col("days") == 14).to_dicts()
    assert (first["changes"], first["repaired"], first["repaired_before"]) == (36, 4, 1)
    assert (first["fixes"], first["fixes_traced"], first["untraced"]) == (4, 4, 3)
    assert (first["interval_by"], first["intervals"]) == ("repository and week", "these repositories")
    assert first["lower"] < 2 / 36 < first["upper"]


def test_none_seen_is_not_certainly_none(connection: duckdb.DuckDBPyConnection) -> None:
    """Of 35 changes of which none was taken back for 14 days, up to one in ten may be: 1 - 0.025^(1/35)."""
    table = rework(connection, Filters(since=hour(8 * 24)))
    (row,) = table.filter(pl.col("measure") == "reverted_share", pl.col("days") == 14).to_dicts()
    assert (row["value"], row["lower"], row["interval_by"]) == (0.0, 0.0, "change")
    assert row["upper"] == pytest.approx(1 - 0.025 ** (1 / row["at_risk"]))


@pytest.mark.slow
def test_fix_repairs_the_change_that_wrote_most_of_it() -> None:
    """Of two changes whose lines a fix took, the larger part is at fault; by any line both are."""
    raw = shop()
    raw.add("repairs", sha=commit_id("f1"), repaired_sha=commit_id("c9"), path="a.py", lines=5)
    with built(raw) as tables:
        key = f"@{commit_id('f1')}"
        names = tables(f"select change_key, at_fault from repairs where fix_key = '{key}' order by lines")
        table = rework(tables.connection, Filters(), Options(definition="all"))
        with pytest.raises(UsageError, match="unknown definition of a repair: 'most'"):
            rework(tables.connection, Filters(), Options(definition="most"))
    assert [row["at_fault"] for row in names] == [False, True]
    counts = table.filter(pl.col("measure") == "repaired_share", pl.col("days") == 14).select("definition", "repaired")
    assert counts.rows() == [("largest", 4), ("any", 5)]


@pytest.mark.slow
def test_what_was_not_followed_so_long_is_censored() -> None:
    """As of 25 days only a part was watched for 14 days: the estimate is that of those at risk, not a share of all."""
    with built(shop(), as_of=25 * 24) as tables:
        table = rework(tables.connection, Filters())
    rows = {(row["measure"], row["days"]): row for row in table.to_dicts()}
    assert rows["repaired_share", 30]["value"] is None
    assert rows["repaired_share", 30]["note"] == "no change was followed that long"
    early = rows["repaired_share", 14]
    assert early["value"] > 2 / early["changes"]


def test_axes_and_other_columns(connection: duckdb.DuckDBPyConnection) -> None:
    """By an axis each group has its shares, and the ratio says why it is not told; another column is an error."""
    table = rework(connection, Filters(), Options(by="builds_ai"))
    assert table["group"].unique(maintain_order=True).to_list() == ["false", "AI against other"]
    ratio = table.filter(pl.col("measure") == "repair_rate_ratio")
    assert ratio["note"].to_list() == ["fewer than 10 repaired changes", "fewer than 20 repaired changes"]
    assert rework(connection, Filters(), Options(by="month"))["group"].n_unique() == 2
    with pytest.raises(UsageError, match="cannot group by 'size'"):
        rework(connection, Filters(), Options(by="size"))


def test_ratio_holds_size_equal() -> None:
    """AI changes ten times as large and repaired faster for it: with size held equal nothing is left of that."""
    dice = np.random.default_rng(4)
    count = 4000
    ai = dice.random(count) < 0.5
    lines = np.exp(dice.normal(np.where(ai, 4.3, 2.0), 0.8))
    # The rate grows with size alone, and each repository has a rate of its own.
    place = dice.integers(0, 6, count)
    days = dice.exponential(3000.0 / (1.0 + lines) / (1.0 + place))
    seen = np.minimum(days, 60.0)
    changes = pl.DataFrame(
        {
            "repo": [f"r{n}" for n in place],
            "builds_ai": ai,
            "built_with_ai": "none",
            "kind": "work",
            "production_at": day(0.0),
            "as_of": day(60.0),
            "repaired_at": [day(float(at)) if at < 60.0 else None for at in seen],
            "lines": lines,
            "files": None,
            "dmm": None,
        }
    )
    plain, sized = compared(Shipped(changes), "builds_ai")
    assert plain.ratio.lower is not None
    assert plain.ratio.lower > 3.0
    assert sized.ratio.value is not None
    assert sized.ratio.value == pytest.approx(1.0, abs=0.15)
    assert (sized.adjusted_for, sized.repositories) == ("repository, log of lines", 6)
    assert sized.p_value is not None
    assert not math.isnan(sized.p_value)


def test_size_is_the_log_of_one_more_than_its_lines() -> None:
    """Of changes of a few lines, many of none: the ratio is that of Cox's model with log(1 + lines)."""
    dice = np.random.default_rng(6)
    count = 800
    ai, lines = dice.random(count) < 0.4, dice.integers(0, 4, count)
    days = dice.exponential(40.0 / (1.0 + lines) ** 1.5 * np.where(ai, 1.5, 1.0))
    changes = pl.DataFrame(
        {
            "repo": "r",
            "builds_ai": ai,
            "built_with_ai": "none",
            "kind": "work",
            "production_at": day(0.0),
            "as_of": day(60.0),
            "repaired_at": [day(float(at)) if at < 60.0 else None for at in days],
            "lines": lines.astype(float),
            "files": 1,
            "dmm": dice.random(count),
        }
    )
    size, measured = np.log1p(lines), changes["dmm"].to_numpy()
    _, sized, with_dmm = compared(Shipped(changes), "builds_ai")
    hours, ended = np.minimum(days, 60.0) * 24.0, days < 60.0
    for found, columns in ((sized, [ai, size]), (with_dmm, [ai, size, measured])):
        fit = cox(hours, ended, np.column_stack(columns).astype(float), ["AI", "size", "dmm"][: len(columns)])
        assert found.ratio.value == pytest.approx(math.exp(float(fit.coefficient[0])), rel=1e-5)


def test_maintainability_is_a_covariate_where_it_was_measured() -> None:
    """A third model appears with it, over the changes that were measured."""
    dice = np.random.default_rng(5)
    count = 600
    changes = pl.DataFrame(
        {
            "repo": "r",
            "builds_ai": dice.random(count) < 0.5,
            "built_with_ai": "none",
            "kind": "work",
            "production_at": day(0.0),
            "as_of": day(60.0),
            "repaired_at": [day(float(at)) if at < 60.0 else None for at in dice.exponential(60.0, count)],
            "lines": None,
            "files": dice.integers(1, 9, count),
            "dmm": [float(dice.random()) if n % 2 else None for n in range(count)],
        },
        schema_overrides={"lines": pl.Float64},
    )
    found = list(compared(Shipped(changes), "builds_ai"))
    assert [one.adjusted_for for one in found][1:] == [
        "repository, log of paths",
        "repository, log of paths, maintainability",
    ]
    assert [one.changes for one in found] == [600, 600, 300]


def shipped_from(dice: np.random.Generator, repositories: int, size: int) -> Shipped:
    """Changes of a year, each repository with its own rate of repair; AI work is repaired as often as other work."""
    place = np.repeat(np.arange(repositories), size)
    ai = dice.random(place.size) < dice.uniform(0.1, 0.5, repositories)[place]
    rate = np.exp(dice.normal(0.0, 0.5, repositories))[place] / 700.0
    begun = dice.uniform(0.0, 365.0, place.size)
    mended = begun + dice.exponential(1.0 / rate)
    return Shipped(
        pl.DataFrame(
            {
                "repo": place,
                "builds_ai": ai,
                "built_with_ai": "none",
                "kind": "work",
                "production_at": [day(float(at)) for at in begun],
                "as_of": day(365.0),
                "repaired_at": [day(float(at)) if at <= 365.0 else None for at in mended],
                "lines": 50,
                "files": 3,
                "dmm": None,
            },
            schema_overrides={"dmm": pl.Float64},
        )
    )


def reached(share: np.ndarray, ended: int) -> tuple[float, float]:
    """Bell & McCaffrey's inflation and Satterthwaite's degrees of freedom, from the whole matrix over the units.

    Each unit's mean has a variance of 0.95 / (ends in it) + 0.05, up to a factor.
    """
    spread = np.diag(0.95 / (share * ended) + 0.05)
    moved = np.diag(share) - np.outer(share, share)
    seen = moved @ spread @ moved.T
    return math.sqrt(share @ spread @ share / np.trace(seen)), np.trace(seen) ** 2 / np.trace(seen @ seen)


@pytest.mark.parametrize("repositories", [1, 6])
def test_interval_of_the_ratio_is_that_of_few_units(repositories: int) -> None:
    """It reaches as far as Student's t of so many units does, not as far as a normal one: by the whole matrix."""
    shipped = shipped_from(np.random.default_rng(6), repositories, 300)
    found = next(iter(compared(shipped, "builds_ai")))
    place = shipped.changes["repo"].to_numpy()
    month = shipped.changes["production_at"].dt.month().to_numpy() + 12 * shipped.changes["production_at"].dt.year()
    code = np.unique(place * 100_000 + month, return_inverse=True)[1]
    hours, over = shipped.times()
    fit = cox(hours, over, shipped.changes["builds_ai"].to_numpy(), ["AI"], stratum=place, cluster=code)
    assert fit.cluster_information is not None
    assert fit.robust_standard_error is not None
    share = fit.cluster_information[:, 0] / fit.cluster_information[:, 0].sum()
    inflation, degrees = reached(share[share > 0], int(over.sum()))
    error = inflation * fit.robust_standard_error[0]
    assert found.interval_by == "repository and month"
    assert 2.0 < degrees < 12.0 * repositories
    bounds = np.exp(stats.t(degrees, fit.coefficient[0], error).interval(0.95))
    assert (found.ratio.lower, found.ratio.upper) == pytest.approx(tuple(bounds), rel=1e-9)
    assert found.p_value == pytest.approx(2.0 * stats.t.sf(abs(fit.coefficient[0]) / error, degrees), rel=1e-9)


@pytest.mark.slow
def test_ratio_without_a_difference_is_rarely_significant() -> None:
    """With no difference at most 12 of 120 companies of five repositories seem to have one; by 1.96 errors, 23."""
    dice = np.random.default_rng(160)
    found = [next(iter(compared(shipped_from(dice, 5, 200), "builds_ai"))) for _ in range(120)]
    assert sum((one.p_value or 0.0) <= 0.05 for one in found) <= 12
    assert sum((one.ratio.lower or 0.0) <= 1.0 <= (one.ratio.upper or 0.0) for one in found) >= 108
