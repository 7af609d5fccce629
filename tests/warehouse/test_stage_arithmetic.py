"""`change_outcomes` on changes by chance, against the definitions spelled out change by change."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tests.builders.rows import hour
from tests.warehouse.given import made

END, FIRST = 60.0, 8.0
# From code complete on: milestone, what the repository must report for it, and the stage that ends with it.
AHEAD = (
    ("reviewed", "has_review", "pickup"),
    ("approved", "has_approval", "review"),
    ("merged", None, "merge"),
    ("integrated", "has_integration", "build"),
    ("staged", "has_staging", "staging"),
    ("deploy_started", "has_rollout", "release"),
    ("production", None, "deploy"),
)
FLAGS = ("has_ready", "has_review", "has_approval", "has_integration", "has_staging", "has_rollout")
TIMES = ("first_commit", "ready", "code_complete", *(name for name, _, _ in AHEAD), "abandoned", "first_production")
STAGES = ("coding", "rework", *(stage for _, _, stage in AHEAD))

Hours = dict[str, float | None]


def change(dice: random.Random, repo: str) -> dict[str, Any]:
    """Each milestone there or not, mostly in order, some at the same hour, some after the end of the data."""
    clock, row = float(dice.randrange(1, 60)), {}
    for name in TIMES[:-2]:
        clock += dice.choice([0, 1, 2.5, 7, -4])
        row[name] = clock if name == "code_complete" or dice.random() < 0.7 else None
    row["abandoned"] = clock if dice.random() < 0.3 else None
    if row["production"] is not None and dice.random() < 0.7:
        row["first_production"] = row["production"] - dice.choice([0, 1, 3])
    elif row["production"] is None and dice.random() < 0.3:
        row["first_production"] = clock
    mapped = dice.choice(["ancestor", "branch_deploy", "event"]) if row["production"] is not None else ""
    return {"hours": row, "repo_id": repo, "mapped_by": mapped, "deployable": dice.random() < 0.95}


def least(*values: float | None) -> float | None:
    """The earliest that is there."""
    return min((value for value in values if value is not None), default=None)


def outcome_of(one: dict[str, Any], *, deploys: bool) -> str:
    """What became of it: known only if it was complete after the first deployment of its service."""
    hours = one["hours"]
    if not one["deployable"]:
        return "nothing_to_deploy"
    if deploys and hours["code_complete"] < FIRST:
        return "unknown"
    if hours["production"] is not None:
        return "production"
    if hours["abandoned"] is not None:
        return "abandoned"
    return "waiting" if deploys else "no_deployments"


def expected(one: dict[str, Any], flags: dict[str, bool], *, deploys: bool) -> dict[str, Any]:
    """The row by the definitions: the outcome, each milestone no later than one that follows it, hours between them."""
    hours, outcome = one["hours"], outcome_of(one, deploys=deploys)
    ended = {"production": hours["production"], "abandoned": hours["abandoned"], "waiting": END}.get(outcome)
    if outcome == "no_deployments" and hours["merged"] is None:
        ended = END
    limit = END if ended is None else ended
    first = hours.get("first_production") if outcome in {"production", "waiting"} else None
    reached: Hours = {}
    for name, flag, _ in AHEAD:
        at = hours[name]
        if name == "deploy_started":
            at = (hours[name] if hours[name] is not None else first) if outcome in {"production", "waiting"} else None
        has = flag is None or flags[flag]
        reached[name] = at if has and at is not None and at <= limit and (name != "production" or ended == at) else None
    # From the last milestone back, each is held to what follows; the first arrival comes before production.
    on: Hours = {}
    following: float | None = None
    for name, _, _ in reversed(AHEAD):
        following = least(reached[name], first if name == "deploy_started" else None, following)
        on[name] = following
    on["production"] = reached["production"]
    complete = least(hours["code_complete"], following, ended)
    ready = least(hours["ready"], complete)
    out_of_order = [
        hours["first_commit"] is not None and ready is not None and hours["first_commit"] > ready,
        hours["ready"] is not None and complete is not None and hours["ready"] > complete,
        (hours["code_complete"] or 0.0) > (complete or 0.0),
    ]
    for name, _, _ in AHEAD[:-1]:
        late = _later(reached[name], on[name])
        if name == "merged":
            late = one["mapped_by"] != "branch_deploy" and (late or _later(hours["merged"], ended))
        out_of_order.append(late)
    return {
        "outcome": outcome,
        "ended": ended,
        "clamped": sum(out_of_order),
        **_stages(hours, flags, on, (complete, ended, outcome, first)),
    }


def _later(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and one > other


def _stages(
    hours: Hours, flags: dict[str, bool], on: Hours, end: tuple[float | None, float | None, str, float | None]
) -> dict[str, Any]:
    complete, ended, outcome, first = end
    assert complete is not None
    row: dict[str, Any] = dict.fromkeys(f"{stage}_hours" for stage in STAGES)
    begun, ready = least(hours["first_commit"], hours["ready"], complete), least(hours["ready"], complete)
    known = hours["first_commit"] is not None and begun is not None
    if flags["has_ready"] and ready is not None:
        row["rework_hours"] = complete - ready
        row["coding_hours"] = ready - begun if known and begun is not None else None
    elif known and begun is not None:
        row["rework_hours"] = complete - begun
    before, last = complete, None
    for name, flag, stage in AHEAD:
        if flag is not None and not flags[flag] and name != "deploy_started":
            continue
        at = on[name]
        if name == "deploy_started" and not flags["has_rollout"]:
            at = on["production"]
        if at is not None:
            if name != "production" or flags["has_rollout"]:
                row[f"{stage}_hours"] = at - before
            before = at
        elif outcome != "production" and ended is not None:
            row[f"{stage}_hours"], last = ended - before, stage
            break
        else:
            break
    arrived = on["production"]
    row["last_stage"] = last
    row["lead_time_hours"] = arrived - complete if arrived is not None else None
    row["dora_lead_time_hours"] = arrived - begun if arrived is not None and known and begun is not None else None
    row["age_hours"] = END - complete if outcome == "waiting" else None
    rolled = flags["has_rollout"] and arrived is not None and first is not None
    row["rollout_hours"] = arrived - first if rolled and arrived is not None and first is not None else None
    return row


def rows() -> Iterator[tuple[dict[str, Any], dict[str, bool], bool]]:
    """Changes of repositories that report more and less, with and without deployments."""
    dice = random.Random(20261130)
    for number in range(60):
        flags = {flag: dice.random() < 0.6 for flag in FLAGS}
        deploys = dice.random() < 0.8
        for _ in range(20):
            one = change(dice, f"git:acme/{number}")
            one["hours"].setdefault("first_production", None)
            yield one, flags, deploys


def test_outcomes_and_stages_are_those_of_the_definitions() -> None:
    """1,200 changes with milestones there or not, in any order: outcome, end, hours, ages and what was clamped."""
    every = list(rows())
    repositories = {one["repo_id"]: (flags, deploys) for one, flags, deploys in every}
    shown = made(
        "change_outcomes",
        change_milestones=[
            {
                "change_id": f"{number:04}",
                "repo_id": one["repo_id"],
                "service": "",
                "whole": True,
                "deployable": one["deployable"],
                "undatable": False,
                "untraceable": False,
                "mapped_by": one["mapped_by"],
                **{f"{name}_at": at for name, at in one["hours"].items()},
            }
            for number, (one, _, _) in enumerate(every)
        ],
        repository_stages=[
            {"repo_id": repo, **flags, "has_production": deploys, "without_status": 0, "first_production_at": FIRST}
            for repo, (flags, deploys) in repositories.items()
        ],
        # CI and staging were there before any of these changes.
        stage_lives=[
            {"repo_id": repo, "service": "", "build_since_at": -100, "staging_since_at": -100} for repo in repositories
        ],
        service_production=[
            {"repo_id": repo, "service": "", "has_production": deploys, "first_production_at": FIRST, "waves": 1}
            for repo, (_, deploys) in repositories.items()
        ],
        services=[{"repo_id": repo, "service": "", "arrival": "all"} for repo in repositories],
        report_times=[{"repo_id": repo, "as_of": END} for repo in repositories],
    )
    by_id = {int(row["change_id"]): row for row in shown}
    assert len(by_id) == len(every)
    for number, (one, flags, deploys) in enumerate(every):
        wanted = expected(one, flags, deploys=deploys)
        ended = wanted.pop("ended")
        row = by_id[number]
        got = {name: _rounded(row[name]) for name in wanted}
        assert got == {name: _rounded(value) for name, value in wanted.items()}, (one, flags)
        assert row["ended_at"] == (None if ended is None else hour(ended))


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value
