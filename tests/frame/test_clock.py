from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.frame.project import LIBRARIES, modules, relative

# Durations for progress (time.monotonic, time.perf_counter) are no clock; time.sleep reads none.
CALLS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "strftime"},
}
NAMES = {name for names in CALLS.values() for name in names} - {"strftime"}
# The outermost layer, where the moment of a run is read once and handed inwards.
OUTERMOST = "cli.main"


def clock_reads(tree: ast.Module) -> Iterator[int]:
    """Lines that read the clock, or import what reads it by a bare name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _owner(node.value) in CALLS:
            if node.attr in CALLS[_owner(node.value)]:
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "time" and NAMES & {a.name for a in node.names}:
            yield node.lineno


def _owner(node: ast.expr) -> str:
    """The last name before the dot: `datetime` in `dt.datetime.now`; `import datetime as dt` gives `datetime` too."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return {"dt": "datetime"}.get(node.id, node.id) if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("package", [*LIBRARIES, "headway"])
def test_no_library_code_asks_the_time(package: str) -> None:
    """The clock is an argument everywhere but in the command line itself."""
    found = [
        f"{relative(path)}:{line}"
        for name, path, tree in modules(package)
        if name != OUTERMOST
        for line in clock_reads(tree)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "dt.datetime.now()",
        "datetime.datetime.utcnow()",
        "field(default_factory=datetime.now)",
        "date.today()",
        "datetime.date.today()",
        "time.time()",
        "time.time_ns()",
        "from time import time",
    ],
)
def test_clock_is_found(source: str) -> None:
    """Each way to ask the time is found."""
    assert list(clock_reads(ast.parse(source))) == [1]


@pytest.mark.parametrize(
    "source",
    [
        "time.monotonic()",
        "time.sleep(1)",
        "datetime.fromtimestamp(s, UTC)",
        "at.strftime('%Y')",
        "plan.now",
        "when.time()",
    ],
)
def test_what_reads_no_clock_is_left_alone(source: str) -> None:
    """Durations, conversions and other things of those names are no clock."""
    assert list(clock_reads(ast.parse(source))) == []
