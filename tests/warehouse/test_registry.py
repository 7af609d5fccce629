from __future__ import annotations

import importlib
import re
from datetime import datetime
from pathlib import Path

import warehouse.build
from headway.settings import Settings
from tests.builders.rows import Raw, built
from warehouse.model import FOLDER, Model, in_order, needed_for, sql_models
from warehouse.models.registry import python_models
from warehouse.sources import Sources

PYTHON = python_models(Settings(base=Path()), Sources({}, {}, {}), datetime(2026, 1, 1))


def test_every_python_model_is_in_the_list() -> None:
    """A file that declares a model is listed, and the file is called as its model."""
    declared = set()
    for path in FOLDER.rglob("*.py"):
        module = importlib.import_module(
            ".".join(("warehouse", *path.relative_to(FOLDER.parent).with_suffix("").parts))
        )
        if hasattr(module, "MODEL") or hasattr(module, "model"):
            declared.add(path.stem)
    assert declared == {model.name for model in PYTHON}
    assert len(PYTHON) == len(declared)


def test_build_names_no_model() -> None:
    """The build runs all models alike: no table of a model occurs in it by name."""
    source = Path(warehouse.build.__file__).read_text(encoding="utf-8")
    models: tuple[Model, ...] = (*sql_models(), *PYTHON)
    tables = {table for model in models for table in model.outputs}
    assert set(re.findall(r'"(\w+)"', source)) & tables == set()


def test_model_that_runs_once_sees_all_repositories() -> None:
    """Environments of all repositories are one table, each once in its repository."""
    shops = [Raw(repo).commits("a b").deploy("d", "a", 1) for repo in ("acme/shop", "acme/till")]
    with built(*shops) as tables:
        assert tables("select repo_id, environment, production from environments order by 1") == [
            {"repo_id": f"git:{repo}", "environment": "production", "production": True}
            for repo in ("acme/shop", "acme/till")
        ]


def test_model_per_repository_needs_the_list_of_repositories() -> None:
    """A model that runs for each repository comes after the table that lists them, also where it is built alone."""
    names = [model.name for model in in_order(PYTHON)]
    assert names.index("repository_settings") < names.index("workflow_kinds")
    needed = [model.name for model in needed_for(in_order((*sql_models(), *PYTHON)), ["automated_accounts"])]
    assert {"repository_settings", "source_watermarks", "reviewers"} <= set(needed)
    assert "arrivals" not in needed


def test_a_model_that_needs_an_order_has_one_without_ties() -> None:
    """The order names the key of the table, or every column: rows that tie come in another order in another build."""
    models: tuple[Model, ...] = (*sql_models(), *PYTHON)
    keys = {header.table: {*header.key} for model in models for header in model.headers}
    unique = {"changes": {"repo_id", "change_key"}}
    ties = []
    for model in PYTHON:
        fixed = {"repo_id"} if model.per_repository else set()
        for read in model.inputs:
            order = {*read.order} | fixed
            enough = ({*read.columns}, keys.get(read.table, {*read.columns}), unique.get(read.table, {*read.columns}))
            if read.order and not any(columns <= order for columns in enough):
                ties.append((model.name, read.table))
    assert ties == []
