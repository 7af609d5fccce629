"""Waits and failures of CI, one model at a time: several runs, attempts and jobs beside each other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.rows import hour
from tests.warehouse.given import made

REPO = {"repo_id": "git:acme/shop"}
TIMES = [REPO | {"as_of": 100}]


def attempt(run: str, number: int = 1, **facts: Any) -> dict[str, Any]:
    """An attempt of a run of CI on commit `s`."""
    return REPO | {"run_id": run, "attempt": number, "sha": "s", "integrates": True} | facts


@pytest.mark.slow
def test_each_job_waits_for_its_own_runner() -> None:
    """Until it starts, or ends without a start, or the report; jobs of what does not integrate are left out."""
    job = REPO | {"run_id": "1", "attempt": 1}
    rows = made(
        "ci_waits",
        ci_attempts=[
            attempt("1", created_at=1, started_at=9),
            attempt("1", 2, created_at=50),
            attempt("2", integrates=False),
        ],
        ci_jobs=[
            job | {"job_id": "a", "created_at": 1, "started_at": 3, "finished_at": 8},
            job | {"job_id": "b", "created_at": 2, "started_at": None, "finished_at": 5},
            job | {"job_id": "c", "created_at": 4, "started_at": None, "finished_at": None},
            job | {"job_id": "d", "created_at": 100, "started_at": 101, "finished_at": 102},
            job | {"job_id": "e", "created_at": 101, "started_at": 102, "finished_at": 103},
            job | {"job_id": "f", "created_at": 51, "started_at": 52, "attempt": 2},
            job | {"job_id": "g", "created_at": 1, "started_at": 2, "run_id": "2"},
            job | {"job_id": "h", "created_at": 1, "started_at": 2, "repo_id": "git:acme/till"},
        ],
        ci_runs=[REPO | {"run_id": "1", "attempt": 1}],
        report_times=TIMES,
    )
    assert sorted((row["job_id"], row["attempt"], row["began_at"], row["ended_at"]) for row in rows) == [
        ("a", 1, hour(1), hour(3)),
        ("b", 1, hour(2), hour(5)),
        ("c", 1, hour(4), hour(100)),
        ("d", 1, hour(100), hour(100)),
        ("f", 2, hour(51), hour(52)),
    ]


def test_run_without_jobs_waits_as_a_whole_where_that_shows() -> None:
    """One attempt, whose start differs from its creation, or that has neither started nor ended."""
    rows = made(
        "ci_waits",
        ci_attempts=[
            attempt("started", created_at=1, started_at=4, finished_at=6),
            attempt("at once", created_at=1, started_at=1, finished_at=6),
            attempt("waiting", created_at=1),
            attempt("ended alone", created_at=1, finished_at=6),
            attempt("again", created_at=1, started_at=4),
            attempt("elsewhere", created_at=1, started_at=4, integrates=False),
            attempt("later", created_at=101),
        ],
        ci_runs=[
            REPO | {"run_id": name, "attempt": 2 if name == "again" else 1}
            for name in ("started", "at once", "waiting", "ended alone", "again", "elsewhere", "later")
        ],
        report_times=TIMES,
    )
    assert sorted((row["run_id"], row["job_id"], row["began_at"], row["ended_at"]) for row in rows) == [
        ("started", "", hour(1), hour(4)),
        ("waiting", "", hour(1), hour(100)),
    ]


def friction(attempts: list[dict[str, Any]], green: float | None, waits: list[dict[str, Any]]) -> dict[str, Any]:
    """The row of commit `s`."""
    rows = made(
        "ci_friction",
        ci_attempts=attempts,
        ci_successes=[] if green is None else [REPO | {"sha": "s", "green_at": green}],
        ci_waits=[
            REPO | {"run_id": "1", "attempt": 1, "job_id": str(n), "sha": "s"} | row for n, row in enumerate(waits)
        ],
        report_times=TIMES,
    )
    (row,) = (row for row in rows if row["sha"] == "s")
    return row


@pytest.mark.slow
def test_rerun_goes_from_the_first_failure_to_the_success() -> None:
    """Or to the report; a failure at the success or after it costs nothing; other ends of a run are no failures."""
    failed = attempt("1", conclusion="failure", finished_at=10)
    for kind in ("failure", "timed_out", "startup_failure", "error"):
        assert friction([attempt("1", conclusion=kind, finished_at=10)], 14, [])["rerun_hours"] == 4.0
    for conclusion in ("success", "cancelled", "skipped", None):
        row = friction([attempt("1", conclusion=conclusion, finished_at=10)], 14, [])
        assert (row["rerun_hours"], row["failed_at"]) == (0.0, None)
    assert friction([failed], None, [])["rerun_hours"] == 90.0
    assert friction([failed], 10, [])["rerun_hours"] == 0.0
    assert friction([failed], 9, [])["rerun_hours"] == 0.0
    earlier = attempt("2", conclusion="error", finished_at=8)
    row = friction([failed, earlier], 14, [])
    assert (row["rerun_hours"], row["failed_at"], row["runs"], row["attempts"]) == (6.0, hour(8), 2, 2)


def test_attempt_of_which_no_end_is_known_leaves_the_rerun_unknown() -> None:
    """Where another one followed it; the last one may go on."""
    first, second = attempt("1"), attempt("1", 2, conclusion="failure", finished_at=10)
    row = friction([first, second], 14, [])
    assert (row["untold_attempts"], row["rerun_hours"], row["runs"], row["attempts"]) == (1, None, 1, 2)
    row = friction([attempt("1", conclusion="failure", finished_at=10), attempt("1", 2)], 14, [])
    assert (row["untold_attempts"], row["rerun_hours"]) == (0, 4.0)
    row = friction([attempt("1"), attempt("2", conclusion="failure", finished_at=10)], 14, [])
    assert (row["untold_attempts"], row["rerun_hours"]) == (0, 4.0)
    elsewhere = attempt("1", 2, integrates=False)
    assert friction([first, elsewhere, attempt("2")], 14, [])["untold_attempts"] == 0


def test_hours_in_queues_of_a_commit_count_once() -> None:
    """Jobs that waited at the same time wait once; null where no wait is known."""
    waits = [{"began_at": begin, "ended_at": end} for begin, end in ((1, 4), (2, 3), (3, 6), (10, 11))]
    assert friction([attempt("1")], 14, waits)["queue_hours"] == 6.0
    assert friction([attempt("1")], 14, [wait | {"sha": "other"} for wait in waits])["queue_hours"] is None
    rows = made("ci_friction", ci_attempts=[attempt("1", sha=None)], report_times=TIMES)
    assert rows == []
