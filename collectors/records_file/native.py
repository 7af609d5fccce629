"""A record in Headway's own words: from a JSON object (or a CSV row made one) to a row of a raw table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from collectors.records_file.kinds import KINDS, Kind
from collectors.records_file.values import BadValue, nearest, shown
from headway.repository_names import repository_key

__all__ = ["Record", "record", "variant_of"]

_UNFINISHED = ("queued", "pending", "waiting", "in_progress")


class Record(NamedTuple):
    """One row and what is said beside it. `whole` is false for an event that only adds to its row."""

    table: str
    key: tuple[str, ...]
    row: dict[str, Any]
    statuses: tuple[tuple[str, datetime], ...] = ()
    updated_at: datetime | None = None
    unknown: tuple[str, ...] = ()
    whole: bool = True
    trimmed: str = ""
    """The environment as written, where it has blanks around it."""

    def times(self) -> list[datetime]:
        """Every instant that it mentions; an export of AI usage says nothing of what else had happened by then."""
        if self.table == "ai_usage":
            return []
        times = [value for value in self.row.values() if isinstance(value, datetime)]
        times += [at for _, at in self.statuses]
        return times if self.updated_at is None else [*times, self.updated_at]


def record(content: Mapping[str, Any], *, whole: bool = True) -> Record:
    """One record of a known `type`; `whole=False` asks only for what says which row it is about."""
    kind = _kind_of(content.get("type"))
    values, unknown = _checked(kind, content)
    if "repo" not in values and kind.table != "ai_usage":
        raise BadValue("`repo` is missing")
    make, complete = _MAKERS[kind.name]
    result = make(kind, values)
    if whole and not values.get("deleted"):
        complete(values, result)
    written = content.get("environment")
    trimmed = written if isinstance(written, str) and written != written.strip() else ""
    return result._replace(updated_at=values.get("updated_at"), unknown=unknown, whole=whole, trimmed=trimmed)


def _kind_of(name: Any) -> Kind:
    if name is None or name == "":
        raise BadValue("`type` is missing")
    if not isinstance(name, str) or name not in KINDS:
        guess = nearest(name, KINDS) if isinstance(name, str) else None
        reason = f"perhaps {guess!r}" if guess else f"not one of {', '.join(KINDS)}"
        raise BadValue(f"`type` is {shown(name)}, {reason}")
    return KINDS[name]


def _checked(kind: Kind, content: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The known fields that say something, checked, and the names of the others."""
    values: dict[str, Any] = {}
    unknown: list[str] = []
    for name, value in content.items():
        field = kind.fields.get(name)
        if field is None:
            if name != "type":
                unknown.append(name)
        elif value is not None and value != "":
            try:
                values[name] = field.check(value)
            except BadValue as error:
                raise BadValue(f"`{name}` {error}") from None
    return values, tuple(unknown)


def _require(values: Mapping[str, Any], *names: str) -> None:
    missing = [name for name in names if name not in values]
    if missing:
        raise BadValue(f"`{'` and `'.join(missing)}` " + ("is missing" if len(missing) == 1 else "are missing"))


def _row(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in values.items() if name not in {"repo", "id", "statuses", "state"}}
    row["repo_id"] = values["repo"]
    if kind.id_column is not None:
        _require(values, "id")
        row[kind.id_column] = values["id"]
    return row


def _identified(kind: Kind, values: Mapping[str, Any]) -> Record:
    row = _row(kind, values)
    row.pop("updated_at", None)
    return Record(kind.table, (repository_key(values["repo"]), values["id"]), row)


def _change(kind: Kind, values: Mapping[str, Any]) -> Record:
    row = _row(kind, values)
    if "number" in values:
        row["change_key"] = f"#{values['number']}"
    elif "sha" in values:
        row["change_key"] = f"@{values['sha']}"
    else:
        raise BadValue("`number` or `sha` is needed: which change is it?")
    row.setdefault("deleted", False)
    return Record(kind.table, (repository_key(values["repo"]), row["change_key"]), row)


def _complete_change(values: Mapping[str, Any], _: Record) -> None:
    if "merged_at" in values and "abandoned_at" in values:
        raise BadValue("has both `merged_at` and `abandoned_at`: abandoned is closed unmerged")


def _deployment(kind: Kind, values: Mapping[str, Any]) -> Record:
    identified = _identified(kind, values)
    row = identified.row
    row.pop("finished_at", None)
    row.setdefault("application", "")
    row.setdefault("deleted", False)
    row["source"] = "records"
    if tenant := row.pop("tenant", ""):  # what it has is what was deployed to it, whatever others have
        row["environment"] = "/".join(filter(None, (row.get("environment"), tenant)))
    about = (row.get("environment"), values.get("sha") or values.get("version"))
    if values.get("deleted") and (about[0] is None) != (about[1] is None):
        raise BadValue("`deleted` is about an `id` alone, or about its `environment` and its commit too")
    if values.get("deleted") and about == (None, None):
        return identified._replace(statuses=_statuses(values))
    application = (row["application"],) if row["application"] or not values.get("deleted") else ()
    return identified._replace(key=(*identified.key, *map(_text, about), *application), statuses=_statuses(values))


def _text(value: str | None) -> str:
    return value or ""


def variant_of(row: Mapping[str, Any]) -> str:
    """Environment, commit and application of a deployment's row: with its id, what tells it from others.

    Empty without the first two.
    """
    environment, commit = row.get("environment"), row.get("sha") or row.get("version")
    if environment is None and commit is None:
        return ""
    application = f" @ {row['application']}" if row.get("application") else ""
    return f"{environment or ''} @ {commit or ''}{application}"


def _statuses(values: Mapping[str, Any]) -> tuple[tuple[str, datetime], ...]:
    listed: tuple[tuple[str, datetime], ...] | None = values.get("statuses")
    if listed is not None:
        if "state" in values or "finished_at" in values:
            raise BadValue("has `statuses` beside `state` or `finished_at`: give one or the other")
        return listed
    if "state" not in values:
        if "finished_at" in values:
            raise BadValue("has `finished_at` without `state`: how did it end?")
        return ()
    state = values["state"]
    if state in _UNFINISHED and "finished_at" in values:
        raise BadValue(f"has `finished_at`, but its state is {state!r}")
    due = "created_at" if state in _UNFINISHED else "finished_at"
    if due not in values:
        raise BadValue(f"has state {state!r} without `{due}`: since when?")
    return ((state, values[due]),)


def _complete_deployment(values: Mapping[str, Any], deployment: Record) -> None:
    _require(values, "environment")
    if "sha" not in values and "version" not in values:
        raise BadValue("`sha` or `version` is needed: what was deployed?")
    if not deployment.statuses:
        raise BadValue("`state` or `statuses` is needed: only a deployment that succeeded ships anything")


def _complete_incident(values: Mapping[str, Any], _: Record) -> None:
    _require(values, "opened_at")


def _complete_usage(values: Mapping[str, Any], _: Record) -> None:
    _require(values, "initiative", "used_at")


def _complete_ci_run(values: Mapping[str, Any], _: Record) -> None:
    _require(values, "sha")
    if "conclusion" in values:
        _require(values, "finished_at")


def _ai_usage(kind: Kind, values: Mapping[str, Any]) -> Record:
    """Of one commit, or of a person on a day; the same person writes their address in any case."""
    row = {name: value for name, value in values.items() if name not in {"repo", "updated_at"}}
    row["repo_id"] = values.get("repo", "")
    row["author"] = values.get("author", "").strip().lower()
    sha, day = values.get("sha", ""), values.get("day")
    if sha:
        row["day"] = None
    elif not row["author"] or day is None:
        raise BadValue("`sha`, or `author` and `day`, are needed: whose work is it?")
    row |= {"sha": sha, "tool": values.get("tool", "")}
    about = sha or f"{row['author']} {day}"
    key = (repository_key(row["repo_id"]) if row["repo_id"] else "", about, row["tool"])
    return Record(kind.table, key, row)


def _complete_ai_usage(values: Mapping[str, Any], _: Record) -> None:
    _require(values, "tool")
    if "sha" in values:
        _require(values, "ai_lines")


_MAKERS: Mapping[
    str, tuple[Callable[[Kind, Mapping[str, Any]], Record], Callable[[Mapping[str, Any], Record], None]]
] = {
    "change": (_change, _complete_change),
    "deployment": (_deployment, _complete_deployment),
    "incident": (_identified, _complete_incident),
    "ci_run": (_identified, _complete_ci_run),
    "usage": (_identified, _complete_usage),
    "ai_usage": (_ai_usage, _complete_ai_usage),
}
