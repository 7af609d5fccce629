"""Who may import whom, by folder: data flows collectors → warehouse → analytics, and the program stands above."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.frame.project import PACKAGES, modules

LIBRARIES = {"collectors", "warehouse", "analytics"}
# What each folder of the root may import of ours, besides itself.
ALLOWED = {
    "headway": set(),
    "collectors": {"headway"},
    "warehouse": {"headway"},
    "analytics": {"headway"},
    "pipeline": {"headway", *LIBRARIES},
    "dashboard": {"headway", "warehouse", "analytics", "pipeline"},
    "cli": {"headway", *LIBRARIES, "pipeline", "dashboard"},
}
OURS = {*ALLOWED, "app"}
# Others' packages that only some folders need.
ONLY_IN = {"duckdb": {"warehouse", "analytics", "pipeline", "dashboard", "cli"}, "streamlit": {"dashboard"}}
ONLY_IN["altair"] = ONLY_IN["streamlit"]


def breaches(module: str, tree: ast.Module) -> list[str]:
    """What a module imports and may not."""
    package = module.partition(".")[0]
    found = []
    for name in imported(module, tree):
        first = name.partition(".")[0]
        ours = first in OURS and first != package and first not in ALLOWED[package]
        if ours or package not in ONLY_IN.get(first, {package}):
            found.append(name)
    return found


def imported(module: str, tree: ast.Module) -> Iterator[str]:
    """Every module that a module imports anywhere in it, with the names that it takes from there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*module.split(".")[: -node.level], node.module or ""]) if node.level else node.module or ""
            yield from (f"{base.strip('.')}.{alias.name}" for alias in node.names)


def at_import(module: str, tree: ast.Module) -> set[str]:
    """What a module imports as soon as it is imported itself: not in functions, not for types alone."""
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return set(imported(module, ast.Module(body=list(top), type_ignores=[])))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_import_runs_up(package: str) -> None:
    """No folder imports one that is beside or above it."""
    found = {name: breaches(name, tree) for name, _, tree in modules(package)}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_every_folder_with_code_has_its_layer() -> None:
    """The table of layers names each package of the project."""
    assert set(PACKAGES) == set(ALLOWED)


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Each module can be read with what it imports read before it."""
    trees = {name: tree for name, _, tree in modules(*PACKAGES)}
    graph: dict[str, set[str]] = {}
    for name, tree in trees.items():
        reached = {each if each in trees else each.rpartition(".")[0] for each in at_import(name, tree)}
        graph[name] = {each for each in reached if each in trees and each != name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("collectors.git.process.log", "import warehouse.store"),
        ("collectors.git.process.log", "def f():\n    from analytics import waits"),
        ("collectors.simulate", "import duckdb"),
        ("collectors.simulate", "from cli import main"),
        ("warehouse.build", "import collectors"),
        ("analytics.waits", "import streamlit as st"),
        ("analytics.waits", "from dashboard.answers import questions"),
        ("analytics.waits", "import pipeline.build"),
        ("pipeline.build", "from cli.main import main"),
        ("pipeline.build", "import dashboard"),
        ("dashboard.shell.frame", "import collectors.git"),
        ("headway.settings.reader", "from collectors import SOURCES"),
        ("headway.progress", "from ..cli import main"),
    ],
)
def test_wrong_import_is_found(module: str, source: str) -> None:
    """An import sideways or up is found in every form that an import can have."""
    assert breaches(module, ast.parse(source)) != []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("collectors.git.process.log", "from headway.raw_tables import Rows\nfrom headway import errors, __version__"),
        ("collectors.git.process.log", "from . import refs\nfrom ..git import tree"),
        ("warehouse.build", "import duckdb\nimport collectorsish"),
        ("headway.settings.reader", "from .field import setting"),
        ("cli.main", "import collectors, warehouse, analytics, dashboard, pipeline"),
        ("dashboard.shell.frame", "import streamlit, analytics"),
    ],
)
def test_right_import_is_left_alone(module: str, source: str) -> None:
    """Imports in the direction of the data are no breach."""
    assert breaches(module, ast.parse(source)) == []
