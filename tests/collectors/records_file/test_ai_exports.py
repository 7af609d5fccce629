"""Exports of AI tools, object by object: each field that counts, in each form in which vendors write it."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.records_file.ai_exports import as_ai_usage, is_export, names_nobody
from collectors.records_file.values import BadValue

CURSOR_DAY: dict[str, Any] = {"email": "ann@example.com", "date": 1767571200000, "acceptedLinesAdded": 40}
COPILOT_DAY: dict[str, Any] = {"user_login": "ann", "day": "2026-01-05", "loc_added_sum": 8}
CLAUDE_DAY: dict[str, Any] = {
    "date": "2026-01-05T00:00:00Z",
    "actor": {"email_address": "ann@example.com"},
    "core_metrics": {"num_sessions": 5, "lines_of_code": {"added": 7}},
}


def record(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The record that an object is."""
    usage = as_ai_usage(content | more)
    assert usage is not None
    return usage


@pytest.mark.parametrize(
    "day",
    [
        {"date": 1767571200000},
        {"date": "1767571200000"},
        {"date": 1767657599999},
        {"date": "2026-01-05"},
        {"date": "2026-01-05T23:59:59Z"},
        {"date": "2026-01-05 10:00"},
        {"date": 0, "day": "2026-01-05"},
        {"date": "2026-01-05", "day": ""},
    ],
    ids=str,
)
def test_day_of_cursor_is_a_date_or_milliseconds(day: dict[str, Any]) -> None:
    """1767571200000 is midnight of 5 January 2026, UTC; `day` goes before `date`."""
    assert record(CURSOR_DAY, **day)["day"] == "2026-01-05"


@pytest.mark.parametrize("date", [10**20, "9" * 30])
def test_day_of_no_calendar_is_refused(date: object) -> None:
    """More milliseconds than years have."""
    with pytest.raises(BadValue, match="no calendar"):
        record(CURSOR_DAY, date=date)


def test_uses_of_a_day_add_up() -> None:
    """Each kind counts once: six powers of two are 63; what is not there is none."""
    used = ("totalAccepts", "totalTabsAccepted", "composerRequests", "chatRequests", "agentRequests", "cmdkUsages")
    assert record(CURSOR_DAY, **{name: 2**place for place, name in enumerate(used)})["uses"] == 63
    assert (record(CURSOR_DAY)["uses"], record(CURSOR_DAY)["ai_lines"]) == (0, 40)
    copilot = record(COPILOT_DAY, code_acceptance_activity_count=1, user_initiated_interaction_count=2)
    assert (copilot["uses"], copilot["ai_lines"], copilot["author"], copilot["day"]) == (3, 8, "ann", "2026-01-05")
    assert record(COPILOT_DAY)["uses"] == 0
    assert (record(CLAUDE_DAY)["uses"], record(CLAUDE_DAY)["ai_lines"]) == (5, 7)


def test_lines_of_a_commit_are_those_of_both_tools() -> None:
    """In the names of the API and in those of the CSV."""
    camel = {"commitHash": "a", "userEmail": "ann", "tabLinesAdded": 5, "composerLinesAdded": 2, "nonAiLinesAdded": 9}
    snake = {
        "commit_hash": "a",
        "user_email": "ann",
        "tab_lines_added": "5",
        "composer_lines_added": "2",
        "non_ai_lines_added": "9",
    }
    for content in (camel, snake):
        usage = record(content)
        assert [usage[name] for name in ("sha", "author", "ai_lines", "human_lines")] == ["a", "ann", 7, 9]


@pytest.mark.parametrize(
    ("models", "cost"),
    [
        (None, 0.0),
        ([], 0.0),
        ([{"estimated_cost": {"currency": "USD", "amount": 1025}}], 10.25),
        ([{"estimated_cost": {"amount": 1000}}, {"estimated_cost": {"currency": "USD", "amount": 25.5}}], 10.255),
        ([{"estimated_cost": {"currency": "EUR", "amount": 1000}}, {"estimated_cost": {"amount": 1}}], 0.01),
        ([{"estimated_cost": None}, "claude", {}], 0.0),
    ],
)
def test_cost_is_that_of_all_models_in_dollars(models: object, cost: float) -> None:
    """Amounts are cents; what is in another currency is left out."""
    assert record(CLAUDE_DAY, model_breakdown=models)["cost_usd"] == pytest.approx(cost)


@pytest.mark.parametrize("amount", ["12", True, None, []])
def test_cost_that_is_no_number_is_refused(amount: object) -> None:
    """Nor is it taken for nothing."""
    with pytest.raises(BadValue, match="`amount`"):
        record(CLAUDE_DAY, model_breakdown=[{"estimated_cost": {"amount": amount}}])


@pytest.mark.parametrize(
    ("value", "number"), [("12", 12), (12, 12), (0, 0), ("", 0), (None, 0), ("9" * 19, 10**19 - 1)]
)
def test_count_is_a_whole_number_or_its_digits(value: object, number: int) -> None:
    """What was not counted is none."""
    assert record(COPILOT_DAY, loc_added_sum=value)["ai_lines"] == number


@pytest.mark.parametrize("value", ["1.5", -1, "-1", True, 1.5, "٣", "9" * 20, "x", []])
def test_other_counts_are_refused(value: object) -> None:
    """With the field's name."""
    with pytest.raises(BadValue, match="`loc_added_sum`"):
        record(COPILOT_DAY, loc_added_sum=value)


def test_part_that_is_no_object_is_refused() -> None:
    """A text in the place of metrics is no empty object; a missing one is."""
    with pytest.raises(BadValue, match="`core_metrics`"):
        record(CLAUDE_DAY, core_metrics="none")
    assert record(CLAUDE_DAY, core_metrics=None)["uses"] == 0


def test_only_exports_of_claude_code_name_keys() -> None:
    """An actor with a key is no person; one with an address is, and other vendors' exports have no such actor."""
    key = {"api_key_name": "ci"}
    assert names_nobody(CLAUDE_DAY | {"actor": key})
    assert not names_nobody(CLAUDE_DAY)
    assert not names_nobody(CLAUDE_DAY | {"actor": "api_key_name"})
    assert not names_nobody(CURSOR_DAY | {"actor": key})


def test_what_is_no_export_is_none() -> None:
    """A record with a type is one of Headway's own; other fields are not understood."""
    assert as_ai_usage(CURSOR_DAY | {"type": "change"}) is None
    assert as_ai_usage({"email": "ann@example.com", "date": "2026-01-05"}) is None
    assert is_export(COPILOT_DAY)
    assert not is_export(["user_login", "day"])
