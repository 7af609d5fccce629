"""The kinds of records and their fields: the one list that reading, CSV headers and messages go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from collectors.records_file.values import (
    BadValue,
    commit_id,
    count,
    day,
    identifier,
    labels,
    moment,
    money,
    one_of,
    ordinal,
    repository_id,
    shown,
    text,
    truth,
    web_address,
)

__all__ = ["CONCLUSIONS", "KINDS", "MILESTONES", "STATES", "Field", "Kind"]

STATES = (
    "queued",
    "pending",
    "waiting",
    "in_progress",
    "success",
    "failure",
    "error",
    "cancelled",
    "skipped",
    "inactive",
)
CONCLUSIONS = (
    "success",
    "failure",
    "error",
    "cancelled",
    "skipped",
    "neutral",
    "timed_out",
    "action_required",
    "startup_failure",
    "stale",
)
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
)


@dataclass(frozen=True)
class Field:
    """How one field is read: `check` takes a JSON value, `cell` makes that value from the text of a CSV cell."""

    check: Callable[[Any], Any]
    cell: Callable[[str], Any] = str


@dataclass(frozen=True)
class Kind:
    """A kind of record: its raw table, the fields that its lines may have, and the column that holds its own `id`."""

    name: str
    table: str
    fields: Mapping[str, Field]
    id_column: str | None = None

    @property
    def csv_columns(self) -> tuple[str, ...]:
        """The fields that fit into one cell."""
        return ("type", *(name for name in self.fields if name != "statuses"))


def _digits(cell: str) -> Any:
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 20 else cell


def _decimal(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell


def _yes_or_no(cell: str) -> Any:
    return {"true": True, "false": False}.get(cell.lower(), cell)


def _split(cell: str) -> list[str]:
    return [name.strip() for name in cell.split(";")]


def _statuses(value: Any) -> tuple[tuple[str, Any], ...]:
    """`[{"state": …, "at": …}, …]` as pairs, the same status once, in order of time."""
    if not isinstance(value, list):
        raise BadValue(f"must be a list, not {shown(value)}")
    pairs = []
    for status in value:
        if not isinstance(status, dict) or set(status) != {"state", "at"}:
            raise BadValue(f"has {shown(status)} where an object with `state` and `at` is due")
        pairs.append((one_of(*STATES)(status["state"]), moment(status["at"])))
    return tuple(sorted(set(pairs), key=lambda pair: (pair[1], pair[0])))


def _trimmed(value: Any) -> str:
    """A name without blanks around it, which nobody sees."""
    name = text(value).strip()
    if not name:
        raise BadValue("is blank")
    return name


_TEXT = Field(text)
_ID = Field(identifier)
_TIME = Field(moment)
_COUNT = Field(count, _digits)
_COMMIT = Field(commit_id)
_LINK = Field(web_address)
_FLAG = Field(truth, _yes_or_no)
_COMMON = {"repo": Field(repository_id), "updated_at": _TIME}

_CHANGE = Kind(
    "change",
    "change_records",
    _COMMON
    | {"number": Field(ordinal, _digits), "sha": _COMMIT, "head_sha": _COMMIT, "url": _LINK, "deleted": _FLAG}
    | dict.fromkeys(("head_ref", "base_ref", "title", "body", "author"), _TEXT)
    | {"author_kind": Field(one_of("person", "bot")), "labels": Field(labels, _split)}
    | dict.fromkeys(MILESTONES, _TIME)
    | dict.fromkeys(("commits", "files", "additions", "deletions"), _COUNT),
)

_DEPLOYMENT = Kind(
    "deployment",
    "deployments",
    _COMMON
    | {"id": _ID, "application": _TEXT, "environment": Field(_trimmed), "production": _FLAG, "sha": _COMMIT}
    | {"version": _TEXT, "tenant": Field(_trimmed)}
    | {"created_at": _TIME, "state": Field(one_of(*STATES)), "finished_at": _TIME, "statuses": Field(_statuses)}
    | {"url": _LINK, "deleted": _FLAG},
    id_column="deployment_id",
)

_INCIDENT = Kind(
    "incident",
    "incidents",
    _COMMON | {"id": _ID, "deployment_id": _ID, "opened_at": _TIME, "resolved_at": _TIME, "title": _TEXT, "url": _LINK},
    id_column="incident_id",
)

_CI_RUN = Kind(
    "ci_run",
    "ci_runs",
    _COMMON
    | {"id": _ID, "name": _TEXT, "sha": _COMMIT, "branch": _TEXT, "event": _TEXT, "attempt": _COUNT}
    | {"conclusion": Field(one_of(*CONCLUSIONS))}
    | {"created_at": _TIME, "started_at": _TIME, "finished_at": _TIME},
    id_column="run_id",
)

_USAGE = Kind(
    "usage",
    "usage_records",
    _COMMON | {"id": _ID, "initiative": _TEXT, "used_at": _TIME, "uses": _COUNT, "users": _COUNT},
    id_column="usage_id",
)

_AI_USAGE = Kind(
    "ai_usage",
    "ai_usage",
    _COMMON
    | {"sha": _COMMIT, "author": _TEXT, "day": Field(day), "tool": Field(_trimmed)}
    | dict.fromkeys(("ai_lines", "human_lines", "uses"), _COUNT)
    | {"cost_usd": Field(money, _decimal)},
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (_CHANGE, _DEPLOYMENT, _INCIDENT, _CI_RUN, _USAGE, _AI_USAGE)}
