"""What AI tools record of their use, as their vendors export it: from one object or CSV row to an `ai_usage` record.

Sources of the schemas: Cursor, AI Code Tracking API (`/analytics/ai-code/commits`, also as CSV) and Admin API
(`/teams/daily-usage-data`); GitHub, Copilot usage metrics, user-level schema; Anthropic, Claude Code Analytics
Admin API
(`/v1/organizations/usage_report/claude_code`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from collectors.records_file.values import BadValue, shown

__all__ = ["as_ai_usage", "is_export", "names_nobody"]

_MILLISECONDS = 1000
_CENTS = 100


def is_export(columns: Collection[str]) -> bool:
    """Whether these are the names of fields of an export that is understood."""
    return _reader_of(columns) is not None


def as_ai_usage(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """The `ai_usage` record that an exported object is; None for anything else. Raises `BadValue`."""
    if "type" in content:
        return None
    reader = _reader_of(content)
    return None if reader is None else {"type": "ai_usage", **reader(content)}


def names_nobody(content: Mapping[str, Any]) -> bool:
    """Whether it is an export of Claude Code about an API key: use of a tool, but by no person who is known."""
    actor = content.get("actor")
    return _reader_of(content) is _claude_day and isinstance(actor, dict) and "api_key_name" in actor


def _reader_of(names: Collection[str]) -> Callable[[Mapping[str, Any]], dict[str, Any]] | None:
    return next((reader for needed, reader in _EXPORTS if needed.issubset(names)), None)


def _cursor_commit(content: Mapping[str, Any]) -> dict[str, Any]:
    def lines(camel: str, snake: str) -> int:
        return _number(content, camel if camel in content else snake)

    return {
        "sha": content.get("commitHash", content.get("commit_hash")),
        "author": content.get("userEmail", content.get("user_email")),
        "tool": "cursor",
        "ai_lines": lines("tabLinesAdded", "tab_lines_added") + lines("composerLinesAdded", "composer_lines_added"),
        "human_lines": lines("nonAiLinesAdded", "non_ai_lines_added"),
    }


def _cursor_day(content: Mapping[str, Any]) -> dict[str, Any]:
    used = ("totalAccepts", "totalTabsAccepted", "composerRequests", "chatRequests", "agentRequests", "cmdkUsages")
    day = content.get("day") or content.get("date")
    if isinstance(day, int) or (isinstance(day, str) and day.isdigit()):
        try:
            day = datetime.fromtimestamp(int(day) / _MILLISECONDS, UTC).date().isoformat()
        except (ValueError, OverflowError, OSError):
            raise BadValue(f"`date` is in no calendar: {shown(day)}") from None
    return {
        "author": content["email"],
        "day": _day(day),
        "tool": "cursor",
        "ai_lines": _number(content, "acceptedLinesAdded"),
        "uses": sum(_number(content, name) for name in used),
    }


def _copilot_day(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "author": content["user_login"],
        "day": _day(content["day"]),
        "tool": "copilot",
        "ai_lines": _number(content, "loc_added_sum"),
        "uses": _number(content, "code_acceptance_activity_count")
        + _number(content, "user_initiated_interaction_count"),
    }


def _claude_day(content: Mapping[str, Any]) -> dict[str, Any]:
    actor, metrics = _part(content, "actor"), _part(content, "core_metrics")
    models = content.get("model_breakdown") or []
    costs = [_part(model, "estimated_cost") for model in models if isinstance(model, dict)]
    return {
        "author": actor.get("email_address"),
        "day": _day(content["date"]),
        "tool": "claude-code",
        "ai_lines": _number(_part(metrics, "lines_of_code"), "added"),
        "uses": _number(metrics, "num_sessions"),
        "cost_usd": sum(_amount(cost) for cost in costs if cost.get("currency", "USD") == "USD") / _CENTS,
    }


def _part(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = content.get(name) or {}
    if not isinstance(value, dict):
        raise BadValue(f"`{name}` must be an object, not {shown(value)}")
    return value


def _amount(cost: Mapping[str, Any]) -> float:
    value = cost.get("amount", 0)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadValue(f"`amount` must be a number, not {shown(value)}")
    return value


def _number(content: Mapping[str, Any], name: str) -> int:
    """A count; CSV has it as digits, and what was not counted is absent."""
    value = content.get(name)
    if value is None or value == "":
        return 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadValue(f"`{name}` must be a whole number from 0, not {shown(value)}")
    return value


def _day(value: Any) -> Any:
    """The date of a day that may be written as its first instant."""
    return value[:10] if isinstance(value, str) and value[10:11] in {"T", " "} else value


_EXPORTS: tuple[tuple[frozenset[str], Callable[[Mapping[str, Any]], dict[str, Any]]], ...] = (
    (frozenset({"commitHash", "tabLinesAdded", "composerLinesAdded"}), _cursor_commit),
    (frozenset({"commit_hash", "tab_lines_added", "composer_lines_added"}), _cursor_commit),
    (frozenset({"email", "date", "acceptedLinesAdded"}), _cursor_day),
    (frozenset({"user_login", "day", "loc_added_sum"}), _copilot_day),
    (frozenset({"actor", "date", "core_metrics"}), _claude_day),
)
