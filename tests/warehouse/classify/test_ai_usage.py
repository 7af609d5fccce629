from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from headway.settings import AiSettings, Settings
from tests.builders.rows import Raw, built, commit_id
from tests.warehouse.classify.making import commit, landed
from warehouse.classify import LineAttribution, Rules, RuleSettings

CLAUDE = "\n\nCo-authored-by: Claude <noreply@anthropic.com>"
COUNTED = Settings(base=Path(), ai=AiSettings(author_days=True))


def tiers(raw: Raw, settings: Settings | None = None) -> dict[str, tuple[str, str, str]]:
    """How each change was made, the confidence and the tier of that, by its title."""
    with built(raw, settings=settings) as tables:
        rows = tables("select title, built_with_ai, ai_confidence_how, ai_tier from lead_times")
        return {row["title"]: (row["built_with_ai"], row["ai_confidence_how"], row["ai_tier"]) for row in rows}


def recorded(raw: Raw, name: str, ai: int, human: int | None = None, *, repo_id: str = "", **facts: object) -> Raw:
    """An export that a tool wrote lines of a commit."""
    row = {"author": "", "day": None, "tool": "cursor", "uses": None, "cost_usd": None, **facts}
    return raw.add("ai_usage", repo_id=repo_id, sha=commit_id(name), ai_lines=ai, human_lines=human, **row)


def day_of(raw: Raw, author: str, day: datetime, *, uses: int | None = None, **facts: object) -> Raw:
    """An export that a person used a tool on a day."""
    row = {"tool": "copilot", "ai_lines": 9, "human_lines": None, "cost_usd": None, "repo_id": "", **facts}
    return raw.add("ai_usage", sha="", author=author, day=day, uses=uses, **row)


@pytest.mark.slow
def test_commit_that_a_tool_recorded_is_assisted() -> None:
    """Lines that a tool wrote of a commit are stronger than marks; that it wrote none says nothing of other tools."""
    raw = Raw().commits("a b c", says={"a": "Sort", "b": f"Order{CLAUDE}", "c": "Tidy"})
    recorded(recorded(raw, "a", 30, 10), "b", 0, 12)
    found = tiers(raw)
    assert found["Sort"] == ("assisted", "strong", "commit")
    assert found["Order"] == ("assisted", "strong", "mark")
    assert found["Tidy"] == ("none", "", "")


@pytest.mark.slow
def test_author_day_is_a_tier_of_its_own() -> None:
    """Use of a tool on the day of a commit makes it at most assisted, weakly, and only where the team counts it."""
    raw = Raw().commits("a b", says={"a": "Sort", "b": f"Order{CLAUDE}"})
    address = people(raw)["Sort"]
    day_of(raw, *address)
    assert tiers(raw)["Sort"] == ("none", "weak", "author_day")
    counted = tiers(raw, COUNTED)
    assert counted["Sort"] == ("assisted", "weak", "author_day")
    assert counted["Order"] == ("assisted", "strong", "mark")


def people(raw: Raw) -> dict[str, tuple[str, datetime]]:
    """The address of the author of each change, and the day of its commit."""
    with built(raw) as tables:
        rows = tables("select split_part(message, chr(10), 1) as title, author_email, authored_at from commits")
        return {
            row["title"]: (row["author_email"].lower(), row["authored_at"].replace(hour=0, minute=0, second=0))
            for row in rows
        }


@pytest.mark.parametrize("facts", [{"uses": 0}, {"ai_lines": 0}, {"repo_id": "git:elsewhere"}, {"author": "ann"}])
def test_what_does_not_match_joins_nothing(facts: dict[str, object]) -> None:
    """A day without use, another repository, or a person's name instead of an address is not a join."""
    raw = Raw().commits("a", says={"a": "Sort"})
    author, day = people(raw)["Sort"]
    day_of(raw, **{"author": author, "day": day, **facts})  # type: ignore[arg-type]
    assert tiers(raw, COUNTED)["Sort"] == ("none", "", "")


def test_author_day_is_never_an_agent() -> None:
    """Whatever an author used that day, a bot's change stays automation, and a mark decides where there is one."""
    rules = Rules.load(RuleSettings(author_days=True))
    used: dict[str, Any] = {"used_that_day": ("cursor", "copilot")}
    verdict = rules.judge(landed("Sort", **used))
    assert (verdict.built_with_ai, verdict.confidence_how, verdict.tier) == ("assisted", "weak", "author_day")
    bot = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com")
    assert rules.judge(landed("Bump left-pad", author=bot, **used)).built_with_ai == "automation"
    assert rules.judge(landed(f"Sort{CLAUDE}", **used)).tier == "mark"


def test_share_is_unknown_where_people_s_lines_are() -> None:
    """A record of a tool's lines alone does not say how much of the commit they are."""
    alone = commit("Sort", attribution=LineAttribution(5, None, ("cursor",), exported=True))
    verdict = Rules.load().judge(landed("Sort")._replace(landing=alone))
    assert (verdict.built_with_ai, verdict.marked_share) == ("assisted", None)
    assert verdict.evidence[0].field == "record"
