"""The catalogue of reports: every entry resolves, accepts what it claims, and refuses everything else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import product

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.reports.catalog import (
    AUTOMATION,
    BY,
    CLOCK,
    DEFINITION,
    EVIDENCE,
    HORIZON,
    INTERVALS,
    OPTIONS,
    REPORTS,
    SERVICE,
    SINCE,
    UNTIL,
    WINDOW,
)
from headway.errors import UsageError
from pipeline.session import Session
from warehouse.publish import open_published

PAIRS = tuple(product(REPORTS, OPTIONS))
EARLY, MIDDLE = datetime(2026, 6, 1), datetime(2026, 6, 15)
NOTHING = (Filters(), Options())
REQUESTS = {
    SINCE: (Filters(since=MIDDLE), Options()),
    UNTIL: (Filters(until=EARLY), Options()),
    SERVICE: (Filters(service="acme/assistant"), Options()),
    BY: (Filters(), Options(by="builds_ai")),
    CLOCK: (Filters(), Options(clock="working")),
    AUTOMATION: (Filters(), Options(automation=True)),
    EVIDENCE: (Filters(evidence="strong"), Options()),
    WINDOW: (Filters(), Options(window="month")),
    DEFINITION: (Filters(), Options(definition="all")),
    INTERVALS: (Filters(), Options(intervals="like-these")),
    HORIZON: (Filters(), Options(horizon_days=180)),
}
# The tiny company is too small to show these; in the demo that people see they have an effect.
UNCHANGED = {("returned", EVIDENCE)}
# It has too few repositories to say anything of others: `test_horizon_and_intervals` has more.
UNCHANGED |= {(name, INTERVALS) for name, report in REPORTS.items() if INTERVALS in report.honours}


@pytest.fixture(scope="module")
def connection(company: Session) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published tables of the tiny company."""
    with open_published(company.settings.warehouse_folder) as opened:
        yield opened


@cache
def without(connection: duckdb.DuckDBPyConnection, name: str, options: Options) -> pl.DataFrame:
    """A report without the option, read once for all options."""
    return REPORTS[name](connection, Filters(), options).drop("clock", strict=False)


def request(name: str, option: str) -> tuple[tuple[Filters, Options], tuple[Filters, Options]]:
    """A request with the option, and the same one without it."""
    (filters, options), (_, plain) = REQUESTS[option], NOTHING
    if option == EVIDENCE and REPORTS[name].evidence_by_axis:
        options = plain = replace(options, by="builds_ai")
    if option == BY and REPORTS[name].accepted(BY) == ("service",):
        options = replace(options, by="service")
    return (filters, options), (Filters(), plain)


@pytest.mark.parametrize("name", REPORTS)
def test_every_entry_resolves(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """An entry names a function that gives a table, and has names to accept where it has groups or definitions."""
    report = REPORTS[name]
    assert report.name == name
    assert isinstance(report(connection, *NOTHING), pl.DataFrame)
    assert len(report.summary) <= 62
    assert bool(report.accepted(BY) or report.group_names) == (BY in report.honours)
    assert bool(report.accepted(DEFINITION)) == (DEFINITION in report.honours)
    assert not report.honours & set(report.refuses)


@pytest.mark.parametrize(("name", "option"), PAIRS)
def test_report_accepts_what_it_claims_and_refuses_the_rest(name: str, option: str) -> None:
    """An option that the entry does not claim is an error of two lines that names it and says why."""
    report = REPORTS[name]
    filters, options = request(name, option)[0]
    if option == EVIDENCE and option not in report.honours:
        with pytest.raises(UsageError, match="--tier"):
            report.check(Filters(tier="commit"), Options())
    if option in report.honours:
        report.check(filters, options)
        return
    with pytest.raises(UsageError) as error:
        report.check(filters, options)
    assert str(error.value).startswith(f"report {name} does not support {option}")
    assert str(error.value).endswith(f": {report.refusal(option)}")
    assert error.value.hint == f"leave {option} out"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "option"), [pair for pair in PAIRS if pair[1] in REPORTS[pair[0]].honours])
def test_claimed_option_has_an_effect(connection: duckdb.DuckDBPyConnection, name: str, option: str) -> None:
    """No option is accepted and ignored: the table differs in more than the name of the clock."""
    (filters, options), (_, plain) = request(name, option)
    narrowed = REPORTS[name](connection, filters, options).drop("clock", strict=False)
    assert narrowed.equals(without(connection, name, plain)) == ((name, option) in UNCHANGED)


@pytest.mark.parametrize("name", ["dora", "rework"])
def test_evidence_needs_an_axis_of_ai_work(name: str) -> None:
    """Deployments and fixes have no evidence: without groups of AI work, `--evidence` would be ignored."""
    strong = Filters(evidence="strong")
    for axis in ("builds_ai", "built_with_ai"):
        REPORTS[name].check(strong, Options(by=axis))
    for by in (None, "team"):
        with pytest.raises(UsageError, match="--by builds_ai or built_with_ai"):
            REPORTS[name].check(strong, Options(by=by))


def test_empty_period_is_refused() -> None:
    """A period that ends before it begins, or when it begins, would be an empty report without a word."""
    march, may = datetime(2026, 3, 1), datetime(2026, 5, 1)
    REPORTS["stages"].check(Filters(since=march, until=may), Options())
    for since, until in ((may, march), (may, may)):
        with pytest.raises(UsageError, match="--since is not before --until"):
            REPORTS["stages"].check(Filters(since=since, until=until), Options())


def test_unknown_value_suggests_the_nearest() -> None:
    """A mistyped column or definition is an error that names the near one, or all."""
    cases = (
        ("stages", Options(by="buids_ai"), "did you mean builds_ai?"),
        ("longest", Options(by="title"), "choose one of builds_ai, "),
        ("dora", Options(by="servise"), "did you mean service?"),
        ("dora", Options(definition="incident"), "did you mean incidents?"),
        ("rework", Options(definition="nothing"), "choose one of largest, any, all"),
    )
    for name, options, hint in cases:
        with pytest.raises(UsageError) as error:
            REPORTS[name].check(Filters(), options)
        assert error.value.hint.startswith(hint)
    REPORTS["comparison"].check(Filters(), Options(by="2026-03-01"))


def test_catalogue_imports_no_report() -> None:
    """Help reads the catalogue, so that it imports neither Polars nor DuckDB."""
    script = "import sys, analytics.reports.catalog; print({'polars', 'duckdb', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert done.stdout == "set()\n"
