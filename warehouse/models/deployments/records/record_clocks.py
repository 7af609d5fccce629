"""Table `record_clocks`: records whose times are all off by one time zone, such as local times that end in Z.

West of UTC such deployments come before their commits, which `reported_doubts` has. East of it they come too late,
which shows in two ways alone: beside what dates the same deployments otherwise, or against the team's own zone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import INT, NUMBER, TEXT
from headway.repository_names import names_match
from warehouse.model import Input, PythonModel, Table
from warehouse.models.rows import records

__all__ = ["RECORD_CLOCKS", "model", "record_clocks"]

FEWEST = 5
"""Of fewer deployments no offset is said to be the same."""
SHARE = 0.8
"""At least this share of the offsets is the same, within `SLACK`."""
SLACK = timedelta(minutes=15)
SHORTEST, WEST, EAST = timedelta(minutes=45), timedelta(hours=-12), timedelta(hours=14)
FAR = timedelta(hours=3)
"""Zones nearer to UTC than this show nothing alone: a pipeline may take as long."""
PROMPT = timedelta(hours=1)
"""At least half of the deployments came so soon after the offset."""

RECORD_CLOCKS = Table(
    "record_clocks",
    "repositories whose deployments in records are all off by about one time zone",
    "one row per repository and evidence",
    ("repo_id", "evidence"),
    (
        ("repo_id", TEXT, "repository"),
        ("evidence", TEXT, "system (another one reports the same), tags (of the commits) or zone (of the commits)"),
        ("offset_hours", NUMBER, "how much later they are than that, hours; below zero earlier"),
        ("deployments", INT, "deployments that show it"),
        ("example", TEXT, "one of them, with its file and line"),
    ),
)
_Dated = tuple[Mapping[str, Any], timedelta]


def model(complete: Sequence[str]) -> PythonModel:
    """The model; `complete`: globs on repositories whose times are right."""
    return PythonModel(
        "record_clocks",
        (
            Input("reported_deployments", ("repo_id", "deployment_id", "record_id", "written_in"), ("deployment_id",)),
            Input(
                "deployment_times", ("deployment_id", "source", "sha", "succeeded_at", "production"), ("deployment_id",)
            ),
            Input("workflow_deployments", ("sha", "succeeded_at"), ("deployment_id",)),
            Input("release_tags", ("sha", "released_at", "dated_by"), ("deployment_id",)),
            Input("commits", ("sha", "committed_at", "author_utc_offset_minutes"), ("sha",)),
        ),
        (RECORD_CLOCKS,),
        partial(record_clocks, complete=complete),
    )


def record_clocks(tables: Mapping[str, pa.Table], complete: Collection[str] = ()) -> pa.Table:
    """From one repository's records, other dates of the same commits, and the zones of its commits."""
    deployed = [
        row for row in records(tables["deployment_times"]) if row["production"] and row["sha"] and row["succeeded_at"]
    ]
    written = {row["deployment_id"]: row for row in records(tables["reported_deployments"]) if row["written_in"]}
    first: dict[str, Mapping[str, Any]] = {}
    for row in sorted(deployed, key=lambda row: (row["succeeded_at"], row["deployment_id"])):
        if row["deployment_id"] in written:
            first.setdefault(row["sha"], row)
    if len(first) < FEWEST or any(names_match(glob, row["repo_id"]) for row in written.values() for glob in complete):
        return RECORD_CLOCKS.of([])
    commits = {row["sha"]: row for row in records(tables["commits"]) if row["sha"] in first}
    zones = {sha: timedelta(minutes=row["author_utc_offset_minutes"] or 0) for sha, row in commits.items()}
    systems = _times(
        chain(
            ((row["sha"], row["succeeded_at"]) for row in deployed if row["source"] not in {"records", "tags"}),
            ((row["sha"], row["succeeded_at"]) for row in records(tables["workflow_deployments"])),
        )
    )
    tags = _times(
        (row["sha"], row["released_at"]) for row in records(tables["release_tags"]) if row["dated_by"] == "tagger"
    )
    zone = _median(zones.values())
    pairs_by_evidence = {
        "system": _constant(_offsets(first, systems)),
        # A release may well be deployed an hour after its tag, but hardly by the team's own zone.
        "tags": _constant(_offsets(first, tags), zone),
        "zone": _prompt(first, commits, zones),
    }
    rows = []
    for evidence, pairs in pairs_by_evidence.items():
        if pairs:
            example = written[pairs[0][0]["deployment_id"]]
            hours = _median(offset for _, offset in pairs) / timedelta(hours=1)
            rows.append(
                {
                    "repo_id": example["repo_id"],
                    "evidence": evidence,
                    "offset_hours": hours,
                    "deployments": len(pairs),
                    "example": f"{example['record_id']} ({example['written_in']})",
                }
            )
    return RECORD_CLOCKS.of(rows)


def _median(durations: Iterable[timedelta]) -> timedelta:
    """The upper one of two in the middle; zero of none."""
    ranked = sorted(durations)
    return ranked[len(ranked) // 2] if ranked else timedelta()


def _times(pairs: Iterable[tuple[str | None, datetime | None]]) -> dict[str, list[datetime]]:
    times: dict[str, list[datetime]] = {}
    for sha, at in pairs:
        if sha and at:
            times.setdefault(sha, []).append(at)
    return times


def _offsets(first: Mapping[str, Mapping[str, Any]], times: Mapping[str, Sequence[datetime]]) -> list[_Dated]:
    """How much later than the nearest of the other times of its commit each deployment is."""
    pairs = []
    for sha, row in first.items():
        if sha in times:
            offset = min((row["succeeded_at"] - at for at in times[sha]), key=abs)
            pairs.append((row, offset))
    return pairs


def _constant(pairs: Sequence[_Dated], zone: timedelta | None = None) -> list[_Dated]:
    """Those whose offset is that of most, if it is as large as a zone's, and the given one; none where it is not."""
    if len(pairs) < FEWEST:
        return []
    usual = _median(offset for _, offset in pairs)
    if abs(usual) < SHORTEST or not WEST <= usual <= EAST or (zone is not None and abs(usual - zone) > SLACK):
        return []
    alike = [pair for pair in pairs if abs(pair[1] - usual) <= SLACK]
    return alike if len(alike) >= max(FEWEST, SHARE * len(pairs)) else []


def _prompt(
    first: Mapping[str, Mapping[str, Any]],
    commits: Mapping[str, Mapping[str, Any]],
    zones: Mapping[str, timedelta],
) -> list[_Dated]:
    """Deployments that follow their commits by the zone of these, and none sooner; most soon after.

    Of a team east of UTC whose deployments are prompt, and whose records have local times. Elsewhere there are none.
    """
    pairs = [(row, row["succeeded_at"] - commits[sha]["committed_at"]) for sha, row in first.items() if sha in commits]
    if len(pairs) < 2 * FEWEST or any(offset < zones[row["sha"]] for row, offset in pairs):
        return []
    far = [pair for pair in pairs if zones[pair[0]["sha"]] >= FAR]
    soon = [pair for pair in far if pair[1] <= zones[pair[0]["sha"]] + PROMPT]
    return soon if len(far) >= SHARE * len(pairs) and 2 * len(soon) >= len(pairs) else []
