from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.frame.project import LIBRARIES, PACKAGES, modules

COMMON = {
    "headway",
    "headway.ai_settings",
    "headway.errors",
    "headway.forge_records",
    "headway.dashboard_settings",
    "headway.initiative_settings",
    "headway.progress",
    "headway.raw_table",
    "headway.records",
    "headway.rework_records",
    "headway.setting",
    "headway.settings",
    "headway.stability_settings",
}
OUTER = {"dashboard", "app", "streamlit", "altair"}
# What each package may not import, by first name; `headway` itself is judged by COMMON.
FORBIDDEN = {
    "collectors": {"warehouse", "analytics", "duckdb"} | OUTER,
    "warehouse": {"collectors", "analytics"} | OUTER,
    "analytics": {"collectors", "warehouse"} | OUTER,
}


def breaches(module: str, tree: ast.Module) -> list[str]:
    """What a module imports and may not."""
    package = module.partition(".")[0]
    if package in LIBRARIES:
        forbidden = FORBIDDEN[package]
    elif module in COMMON:
        forbidden = set(LIBRARIES) | OUTER
    else:
        return []
    return [
        name
        for name in imported(module, tree)
        if name.partition(".")[0] in forbidden or (name.partition(".")[0] == "headway" and name not in COMMON)
    ]


def imported(module: str, tree: ast.Module) -> Iterator[str]:
    """Every module that a module imports anywhere in it; of `headway`, the submodule rather than the name in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*module.split(".")[: -node.level], node.module or ""]) if node.level else node.module or ""
            if base.strip(".") == "headway":
                yield from (f"headway.{alias.name}" for alias in node.names if not alias.name.startswith("__"))
            else:
                yield base.strip(".")


@pytest.mark.parametrize("package", PACKAGES)
def test_data_flows_one_way(package: str) -> None:
    """No package imports one that stands beside or after it in the flow of data."""
    found = {name: breaches(name, tree) for name, _, tree in modules(package)}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("collectors.git.log", "import warehouse.store"),
        ("collectors.git.log", "def f():\n    from analytics import waits"),
        ("collectors.simulate", "import duckdb"),
        ("collectors.simulate", "from headway import cli"),
        ("warehouse.build", "import collectors"),
        ("analytics.waits", "import streamlit as st"),
        ("analytics.waits", "from dashboard.data import read"),
        ("analytics.waits", "import headway.cli"),
        ("headway.settings", "from collectors import SOURCES"),
        ("headway.records", "from . import cli"),
        ("headway.progress", "from .cli import main"),
    ],
)
def test_wrong_import_is_found(module: str, source: str) -> None:
    """An import sideways or back is found in every form that an import can have."""
    assert breaches(module, ast.parse(source)) != []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("collectors.git.log", "from headway.records import Rows\nfrom headway import errors, __version__"),
        ("collectors.git.log", "from . import refs\nfrom ..git import tree"),
        ("warehouse.build", "import duckdb\nimport collectorsish"),
        ("headway.settings", "from .errors import UsageError"),
        ("headway.cli", "import collectors, warehouse, analytics, dashboard"),
        ("dashboard.data", "import streamlit, analytics"),
    ],
)
def test_right_import_is_left_alone(module: str, source: str) -> None:
    """Imports in the direction of the data are no breach."""
    assert breaches(module, ast.parse(source)) == []
