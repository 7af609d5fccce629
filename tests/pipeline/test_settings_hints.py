from __future__ import annotations

from pathlib import Path

from headway.settings import AiOverride, AiSettings, InitiativeSettings, Settings
from pipeline.settings_hints import empty_initiatives, settings_hints
from tests.builders.rows import Raw, built

HELPER = "acme-helper-bot"


def said(raw: Raw, **ai: object) -> list[str]:
    """What `headway status` asks a team to say."""
    with built(raw) as tables:
        return [line.strip("\n") for line in settings_hints(tables.connection, AiSettings(**ai))]  # type: ignore[arg-type]


def test_unknown_bots_are_listed_with_counts_until_they_are_sorted() -> None:
    """Authors who look like bots are listed, the busiest first, with what they wrote; not those that settings name."""
    raw = Raw(provider="github").commits("a b c", by={"a": HELPER, "b": HELPER, "c": "ann"})
    raw.change(1, title="Mend", author="mender", author_kind="bot", opened=1, ready=1, code_complete=1)
    head, first, second = said(raw)
    assert "ai_identities and automation_identities" in head
    assert first.split() == ["2", "commits", HELPER, f"<{HELPER}@example.com>", "(bot-name)"]
    assert second.split() == ["1", "change", "mender", "(bot-account)"]
    assert said(raw, ai_identities=("mender",), automation_identities=(f"{HELPER}@*",)) == []


def test_a_long_list_is_cut_and_hostile_names_are_plain() -> None:
    """Of many bots the first are shown and the others counted; a name cannot steer a terminal."""
    names = {f"c{number}": f"x{number} \x1b[2J\u202ebot" for number in range(20)}
    lines = said(Raw().commits(" ".join(names), by=names))
    assert len(lines) == 17
    assert lines[-1].strip() == "5 more"
    assert all(line.isprintable() for line in lines)


def test_an_answer_for_no_change_is_told() -> None:
    """An override whose change is not there is a slip of the pen, and is said."""
    raw = Raw().change(1, title="Sort", opened=1, ready=1, code_complete=1)
    answers = tuple(AiOverride(change=name, builds_ai=True) for name in ("git:acme/shop#1", "git:acme/shop#11"))
    assert said(raw, overrides=answers) == ["[[ai.overrides]] git:acme/shop#11: there is no such change"]


def test_an_initiative_of_no_change_is_told() -> None:
    """A named initiative without a change, and a found one that is not there, are said; the others are not."""
    named = (
        InitiativeSettings(name="Basket", paths=("src/",)),
        InitiativeSettings(name="Baskte", paths=("scr/",)),
        InitiativeSettings(found="found:git:acme/shop/llm", dismiss=True),
        InitiativeSettings(name="Shop", found="found:git:acme/shop"),
    )
    raw = Raw().commits("a b c d e")
    for name in "abcde":
        raw.files(name, "src/a.py")
    settings = Settings(base=Path(), ai=AiSettings(ai_repos=("acme/shop",)), initiatives=named)
    with built(raw, settings=settings) as tables:
        lines = [line for each in empty_initiatives(tables.connection, settings) for line in each.split("\n") if line]
    assert lines == [
        "[[initiatives]] dismisses found:git:acme/shop/llm: there is no initiative of this id",
        "  hint: `headway export initiatives` has the ids",
        "[[initiatives]] Baskte: no change belongs to it",
    ]
