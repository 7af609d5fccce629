from __future__ import annotations

from typing import Any

import pytest

from headway.settings import ReportSettings, Settings
from tests.builders.rows import Raw, Tables, built, ruled

STAGES = ("coding", "rework", "pickup", "review", "merge", "build", "staging", "release", "deploy")
WAITING = STAGES[2:]


def stages(row: dict[str, Any]) -> tuple[float | None, ...]:
    """Hours in each stage, in order."""
    return tuple(round(row[f"{stage}_hours"], 6) if row[f"{stage}_hours"] is not None else None for stage in STAGES)


def base() -> Raw:
    """A repository whose first commit is in production from the start, and whose sources report everything."""
    return Raw().commits("a@0.1").deploy("d0", "a", 0.2).deploy("s0", "a", 0.15, environment="staging").ran("a", 0.12)


def squashed(raw: Raw, number: int, *, commits: str, landed: float, **report: Any) -> Raw:
    """A pull request with commits `<name>@<hour> …`, squashed as `s<number>`."""
    head = commits.rsplit(maxsplit=1)[-1].partition("@")[0]
    first, *rest = commits.split()
    raw.commits(" ".join([f"{first}:a", *rest]), branch=None).pull(number, head)
    before = raw.main or "a"
    raw.commits(f"s{number}@{landed}:{before}", says={f"s{number}": f"Change (#{number})"})
    raw.main = f"s{number}"
    return raw.change(number, **report)


def whole(before: Raw | None = None) -> Raw:
    """Pull request 1 with every milestone an hour or more apart, in order."""
    raw = squashed(before or base(), 1, commits="b@1 c@5", landed=9, opened=2, ready=3, reviewed=6, approved=8)
    raw.ran("s1", 10, created_at=9.5).deploy("s1", "s1", 12, environment="staging", created=11)
    return raw.deploy("d1", "s1", 16, created=13)


@pytest.mark.slow
def test_stages_of_a_whole_journey() -> None:
    """Each stage lasts from one milestone to the next; right of code complete they add up to the lead time."""
    with built(whole(), as_of=50) as tables:
        row = tables.change(1)
        times = tables.hours(
            "lead_times",
            "change_id",
            *("first_commit_at", "ready_at", "code_complete_at", "reviewed_at", "approved_at", "merged_at"),
            *("integrated_at", "staged_at", "deploy_started_at", "production_at"),
        )[row["change_id"]]
    assert times == (1, 3, 5, 6, 8, 9, 10, 12, 13, 16)
    assert stages(row) == (2, 2, 1, 2, 1, 1, 2, 1, 3)
    assert (row["lead_time_hours"], row["dora_lead_time_hours"], row["clamped"]) == (11, 15, 0)
    assert row["code_complete_source"] == "branch_commits"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("as_of", "stage", "so_far"),
    [
        (5.5, "pickup", (0.5,)),
        (7, "review", (1, 1)),
        (8.5, "merge", (1, 2, 0.5)),
        (9.75, "build", (1, 2, 1, 0.75)),
        (11.5, "staging", (1, 2, 1, 1, 1.5)),
        (12.5, "release", (1, 2, 1, 1, 2, 0.5)),
        (15, "deploy", (1, 2, 1, 1, 2, 1, 2)),
    ],
)
def test_what_waits_is_in_one_stage_so_far(as_of: float, stage: str, so_far: tuple[float, ...]) -> None:
    """At any instant of its journey a change waits in the stage that began last, and its hours so far are its age."""
    with built(whole(seasoned()), as_of=as_of) as tables:
        row = tables.change(1)
    assert (row["outcome"], row["current_stage"], row["last_stage"]) == ("waiting", stage, stage)
    assert stages(row)[2:] == so_far + (None,) * (7 - len(so_far))
    assert row["age_hours"] == as_of - 5


def seasoned() -> Raw:
    """A repository in which an earlier change went through all stages, so that it has them."""
    raw = squashed(base(), 9, commits="x@0.3", landed=0.5, opened=0.3, ready=0.3, reviewed=0.35, approved=0.4)
    raw.ran("s9", 0.6).deploy("s9", "s9", 0.7, environment="staging")
    return raw.deploy("d9", "s9", 0.9, created=0.8)


def test_abandoned_ends_in_the_stage_it_was_in() -> None:
    """A change closed unmerged keeps the hours of the stages it reached, and ends in the last of them."""
    raw = whole().change(2, opened=2, ready=3, code_complete=3, reviewed=7, abandoned=20)
    with built(raw, as_of=50) as tables:
        row = tables.change(2)
    assert (row["outcome"], row["current_stage"], row["last_stage"]) == ("abandoned", None, "review")
    assert stages(row) == (None, 0, 4, 13, None, None, None, None, None)


@pytest.mark.slow
def test_merged_without_review_was_in_pickup_until_its_merge() -> None:
    """A stage lasts until the next milestone that happens; the ones skipped took no time."""
    raw = squashed(whole(), 2, commits="e@20", landed=26, opened=20, ready=20).deploy("d2", "s2", 40, created=30)
    with built(raw, as_of=50) as tables:
        row = tables.change(2)
    assert stages(row) == (0, 0, 6, 0, 0, 4, 0, 0, 10)
    assert (row["reviewed_at"], row["lead_time_hours"]) == (None, 20)


@pytest.mark.slow
def test_stage_that_a_repository_has_not_is_null() -> None:
    """No CI, no staging, no reviews, no known start of deployments: those stages are null and never zero."""
    raw = Raw().commits("a b@5 c@6").deploy("d0", "a", 1).deploy("d1", "b", 9)
    with built(raw, as_of=20) as tables:
        arrived, waits = tables.change("b"), tables.change("c")
    assert stages(arrived) == (None, 0, None, None, 0, None, None, 4, None)
    assert stages(waits) == (None, 0, None, None, 0, None, None, 14, None)


@pytest.mark.slow
def test_repository_that_reviews_has_pickup_for_pushes_too() -> None:
    """Where somebody reviews, a push of two hours ago was in pickup for no time: it landed when it was complete."""
    with built(whole().commits("p@20:s1").deploy("d2", "p", 24, created=22), as_of=50) as tables:
        row = tables.change("p")
    assert stages(row) == (0, 0, 0, 0, 0, 2, 0, 0, 2)


def test_milestone_out_of_order_is_clamped_and_counted() -> None:
    """A review after the merge, an approval before the review: each is held to its neighbour, and the sum stays."""
    raw = squashed(whole(), 2, commits="e@21", landed=26, opened=20.5, ready=21, reviewed=28, approved=22)
    with built(raw.deploy("d2", "s2", 40, created=30), as_of=50) as tables:
        row = tables.change(2)
    assert stages(row) == (0, 0, 1, 0, 4, 4, 0, 0, 10)
    assert (row["clamped"], row["lead_time_hours"]) == (1, 19)


@pytest.mark.slow
def test_branch_deploy_is_in_production_before_its_merge() -> None:
    """What was deployed from its branch arrived then; the merge after it is no milestone out of order."""
    raw = squashed(whole(), 2, commits="e@20 f@20.75", landed=30, opened=20, ready=20.5, reviewed=21, approved=22)
    with built(raw.deploy("d2", "f", 25, created=24).deploy("d3", "s2", 40, created=39), as_of=50) as tables:
        row = tables.change(2)
    assert (row["mapped_by"], row["deployment_id"], row["lead_time_hours"], row["clamped"]) == (
        "branch_deploy",
        "d2",
        4.25,
        0,
    )
    assert stages(row) == (0.5, 0.25, 0.25, 1, 2, 0, 0, 0, 1)


@pytest.mark.slow
def test_deployment_before_the_code_was_complete_gives_no_negative_time() -> None:
    """Arrival before the last commit, by a branch deploy, is a lead time of zero and counted as clamped."""
    raw = Raw().commits("a b:a c s@9:a", says={"s": "Add (#1)"}).pull(1, "c").deploy("d0", "a", 0.5)
    with built(raw.deploy("early", "c", 2.5).deploy("late", "s", 12), as_of=20) as tables:
        row = tables.change(1)
    assert (row["lead_time_hours"], row["clamped"]) == (0, 1)


@pytest.mark.slow
def test_deployment_to_staging_after_production_took_no_time() -> None:
    """A hotfix that reached staging after production was never waiting for staging."""
    raw = squashed(whole(), 2, commits="e@20", landed=26, opened=20, ready=20).deploy("d2", "s2", 28, created=27)
    raw.deploy("s2", "s2", 33, environment="staging")
    with built(raw, as_of=50) as tables:
        row = tables.change(2)
    assert stages(row)[5:] == (1, 0, 0, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "hour", "lead"),
    [("last_commit", 5, 11), ("ready_for_review", 3, 13), ("first_approval", 8, 8), ("merged", 9, 7)],
)
def test_code_complete_is_what_the_setting_says(setting: str, hour: float, lead: float) -> None:
    """Each setting moves code complete and the lead time, and the DORA lead time stays."""
    settings = Settings(base=ruled().base, report=ReportSettings(code_complete=setting))
    with built(whole(), settings=settings, as_of=50) as tables:
        row = tables.change(1)
        (at,) = tables.hours("lead_times", "change_id", "code_complete_at")[row["change_id"]]
    assert (at, row["lead_time_hours"], row["dora_lead_time_hours"]) == (hour, lead, 15)
    assert row["code_complete_source"] == ("branch_commits" if setting == "last_commit" else "event")


@pytest.mark.slow
def test_numbers_of_every_row_hold_together() -> None:
    """Milestones in order, stages that add up, and nothing that is both arrived and waiting, over one of each kind."""
    raw = whole(seasoned()).change(2, opened=2, ready=3, abandoned=20).change(3, opened=4, ready=5, reviewed=9)
    raw.commits("p@20:s1 q@21").deploy("d2", "p", 24, created=22).deploy("lost", "gone", 30)
    with built(raw, as_of=50) as tables:
        rows = tables("select * from lead_times")
        _holds_together(tables)
    assert {row["outcome"] for row in rows} == {"production", "waiting", "abandoned", "unknown"}


def _holds_together(tables: Tables) -> None:
    for row in tables("select * from lead_times"):
        ahead = sum(row[f"{stage}_hours"] or 0 for stage in WAITING)
        if row["outcome"] in ("production", "waiting"):
            assert ahead == pytest.approx(
                row["lead_time_hours"] if row["outcome"] == "production" else row["age_hours"]
            )
        if row["outcome"] == "production" and row["dora_lead_time_hours"] is not None:
            behind = sum(row[f"{stage}_hours"] or 0 for stage in STAGES[:2])
            assert behind + ahead == pytest.approx(row["dora_lead_time_hours"])
        assert (row["lead_time_hours"] is None) == (row["outcome"] != "production")
