"""The built tables equal what really happened in the simulation, which knows nothing of them."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pytest

from headway.demonstration import build_demo
from headway.session import Session
from tests.builders.demo import UNTIL, session_in
from warehouse.publish import current

MILESTONES = (
    "first_commit_at",
    "opened_at",
    "ready_at",
    "first_review_at",
    "code_complete_at",
    "reviewed_at",
    "approved_at",
    "merged_at",
    "integrated_at",
    "staged_at",
    "deploy_started_at",
    "production_at",
    "abandoned_at",
    "rolled_back_at",
    "reverted_at",
)
HOURS = (
    "coding",
    "rework",
    "pickup",
    "review",
    "merge",
    "build",
    "staging",
    "release",
    "deploy",
    "lead_time",
    "dora_lead_time",
    "age",
)


def differences(company: Session, among: str = "true") -> dict[str, int]:
    """For outcome, stage, each milestone and each duration: the number of changes `among` these whose truth is another.

    `among` is a condition that both tables understand.
    """
    folder = company.folder
    with duckdb.connect() as connection:
        connection.execute(f"attach '{current(company.settings.warehouse_folder)}' as built (read_only)")
        # An open draft is not code complete, and of a PR ref that may be open or closed no outcome is claimed: both are
        # counted in coverage and have no lead time to be true.
        connection.execute(
            f"create table truth as select * from read_csv('{folder / 'truth.csv'}')"
            f" where code_complete_at is not null and outcome is not null and {among}"
        )
        connection.execute(f"create view told as select * from built.lead_times where {among}")
        different = {
            **{name: f"truth.{name} is distinct from told.{name}" for name in ("outcome", "current_stage")},
            **{name: f"truth.{name}::timestamptz is distinct from told.{name}::timestamptz" for name in MILESTONES},
            **{
                name: f"abs(coalesce(truth.{name}_hours, -1) - coalesce(told.{name}_hours, -1)) > 1e-6"
                for name in HOURS
            },
        }
        counts = ", ".join(f"count(*) filter (where {condition})" for condition in different.values())
        connection.execute("set timezone = 'UTC'")
        query = f"select {counts} from truth full join told on truth.change_id = told.change_id"
        found = connection.execute(query).fetchone()
        assert found is not None
        return {name: count for name, count in zip(different, found, strict=True) if count}


def changes(company: Session) -> int:
    """How many changes the simulation tells of."""
    return len((company.folder / "truth.csv").read_text().splitlines()) - 1


def test_every_milestone_of_every_change_is_the_true_one(company: Session) -> None:
    """Outcome, milestones and stage hours of the tiny company are those of the simulation."""
    assert changes(company) > 100
    assert differences(company) == {}


@pytest.mark.slow
def test_the_demo_equals_its_truth(tmp_path: Path) -> None:
    """So are those of the company that `headway demo` shows, over thousands of changes."""
    demo = build_demo(
        tmp_path / "demo", session_in(tmp_path), until=UNTIL, clock=lambda: 0.0, stream=io.StringIO(), size="full"
    )
    assert changes(demo) > 3000
    assert differences(demo) == {}
