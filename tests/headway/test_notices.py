from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from collectors.github.collector import _PARTS
from headway.notices import NOTICES, NoticeLedger
from tests.frame.project import modules, relative
from warehouse.model import sql_models
from warehouse.models.deployments.tag_families.tag_families import NOTICE_KINDS

BEFORE = {"shallow": 1, "future_dates": 3}


def emitted() -> Iterator[str]:
    """The kinds that collectors give to a ledger of notices: the first argument of `state` and `add`."""
    for _, _, tree in modules("collectors"):
        for call in ast.walk(tree):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in {"state", "add"}
            ):
                ledger = ast.unparse(call.func.value)
                if ledger.endswith(("notices", "ledger")):
                    kind = ast.literal_eval(call.args[0]) if isinstance(call.args[0], ast.Constant) else ""
                    yield from [kind] if kind else (f"no_access_{part}" for part in _PARTS)


def of_deployments() -> Iterator[str]:
    """The kinds that the models of reported deployments name."""
    names = {"warehouse/models/deployments/deployment_notices.py", "warehouse/models/settings/near_names.py"}
    names |= {"warehouse/models/settings/collection_gaps.py"}
    for tree in (tree for _, path, tree in modules("warehouse") if relative(path) in names):
        constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        yield from (str(value) for value in constants if value in NOTICES)


@pytest.mark.slow
def test_every_notice_is_declared_and_every_declared_one_is_emitted() -> None:
    """The table has each kind that a collector or the build can emit, and no other."""
    (model,) = [model for model in sql_models() if model.name == "notices"]
    built = re.findall(r"'(\w+)' as kind", model.sql)
    assert sorted({*emitted(), *built, *NOTICE_KINDS, *of_deployments()}) == sorted(NOTICES)


def test_every_notice_has_a_meaning_and_a_remedy() -> None:
    """Whatever a collector notices, the page on data health and the doctor say what it means and what to do."""
    assert [kind for kind, notice in NOTICES.items() if not notice.meaning or not notice.remedy] == []


def test_only_what_changed_is_a_row() -> None:
    """A notice is news when it is new, has another count or is withdrawn, and only once."""
    ledger = NoticeLedger(BEFORE)
    ledger.state("shallow", 1)
    assert list(ledger.rows("git:shop")) == []
    ledger.state("shallow", 0)
    ledger.add("future_dates", 2)
    rows = {row["kind"]: row for row in ledger.rows("git:shop", {"future_dates": "of tomorrow"})}
    assert {kind: row["count"] for kind, row in rows.items()} == {"future_dates": 5, "shallow": 0}
    assert rows["future_dates"]["detail"] == f"{NOTICES['future_dates'].meaning}: of tomorrow"
    assert list(ledger.rows("git:shop")) == []
    assert ledger.counts == {"future_dates": 5}


def test_reading_again_counts_from_zero_and_repeats_what_still_applies() -> None:
    """Where everything is read again, only what is counted forever goes on from the earlier count."""
    ledger = NoticeLedger({**BEFORE, "history_rewritten": 1}, again=True)
    ledger.state("shallow", 1)
    ledger.add("history_rewritten", 1, forever=True)
    rows = {row["kind"]: row["count"] for row in ledger.rows("git:shop")}
    assert rows == {"shallow": 1, "future_dates": 0, "history_rewritten": 2}


def test_kind_of_an_earlier_version_is_withdrawn() -> None:
    """A notice that no collector knows any more does not stay for ever."""
    ledger = NoticeLedger({"of_old": 2})
    assert [(row["kind"], row["count"]) for row in ledger.rows("git:shop")] == [("of_old", 0)]
    assert ledger.counts == {}
