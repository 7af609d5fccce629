"""Initiatives, named and found, equal what really happened in the simulation, which knows nothing of them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from analytics.cohort.filters import Filters
from analytics.initiatives import Initiative, funnel, initiatives, read_portfolio
from pipeline.session import Session
from warehouse.publish import open_published


def told(company: Session) -> dict[str, Initiative]:
    """What is reported, by the initiative's name, or by the folder of a found one."""
    with open_published(company.settings.warehouse_folder) as connection:
        found = read_portfolio(connection, Filters()).initiatives
    return {one.reasons[0].partition(" build AI, in ")[2] or one.name: one for one in found}


def truth(company: Session) -> dict[str, dict[str, Any]]:
    """What happened, by the same names; without what nobody has begun."""
    rows = json.loads((company.folder / "truth.json").read_text(encoding="utf-8"))["initiatives"]
    return {row["name"] if row["sandbox"] else row["product"]: row for row in rows if row["pilot_at"]}


def shown(at: datetime | None) -> str | None:
    """A time as the simulation writes it."""
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def as_told(one: Initiative) -> dict[str, Any]:
    """An initiative in the words of the simulation."""
    return {
        "rung": one.rung,
        "rung_since": shown(one.stays[-1].since),
        "stalled": one.stalled,
        "pilot_at": shown(one.first_change_at),
        "merged_at": shown(one.reached_at("merged")),
        "production_at": shown(one.reached_at("production")),
        "in_use_at": shown(one.reached_at("in use")),
        "last_shipped_at": shown(one.last_shipped_at),
        "changes": one.changes,
        "waiting": one.waiting,
        "abandoned": one.abandoned,
    }


def test_rungs_of_the_tiny_company_are_the_true_ones(company: Session) -> None:
    """Rung, since when, stalled, every climb and every count of an initiative are those of the simulation."""
    found, happened = told(company), truth(company)
    assert happened
    for name in happened.keys() & found.keys():
        reported = as_told(found[name])
        assert reported == {key: happened[name][key] for key in reported}, name
    assert {name for name, row in happened.items() if row["changes"] >= 5 or row["sandbox"]} == found.keys()


@pytest.mark.slow
def test_rungs_of_the_demo_are_the_true_ones(whole_company: Session) -> None:
    """So are those of the company that `headway demo` shows, where initiatives are on every rung and some stall."""
    found, happened = told(whole_company), truth(whole_company)
    assert found.keys() == happened.keys()
    for name, one in found.items():
        reported = as_told(one)
        assert reported == {key: happened[name][key] for key in reported}, name
    assert {one.rung for one in found.values()} == {"pilot", "merged", "production", "in use"}
    assert {name for name, one in found.items() if one.stalled} == {"Anomaly alerts", "Churn study"}
    assert {one.detected for one in found.values()} == {True, False}
    merged, production, in_use = funnel(found.values())
    assert (merged.reached, production.reached, in_use.reached) == (10, 9, 9)
    assert production.left_out == in_use.left_out == 2
    with open_published(whole_company.settings.warehouse_folder) as connection:
        table = initiatives(connection, Filters(repo="acme/search"))
    assert table["name"].to_list() == ["LLM", "Semantic search"]
