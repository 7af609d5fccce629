"""What a team could still say in its settings: bots that nobody named, and words about what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import duckdb

from analytics.text.wording import counted, plain
from headway.settings import AiSettings, InitiativeSettings, Settings
from warehouse.classify import Author, Rules, RuleSettings, UnknownBot, unknown_bots

__all__ = ["bots_without_rule", "empty_initiatives", "missing_initiatives", "own_words"]

_SHOWN = 15
_COMMITS = "select author_name, author_email, count(*) from commits group by all order by all"
_CHANGES = "select author, '', count(*), author_kind from changes where author_kind = 'bot' group by all order by all"
_FOUND = "select distinct initiative_id from initiatives where starts_with(initiative_id, 'found:') order by 1"
_KNOWN = "select change_id from changes where list_contains($ids, change_id)"


def bots_without_rule(connection: duckdb.DuckDBPyConnection, ai: AiSettings) -> list[UnknownBot]:
    """The bots that only a generic rule matches, those with most first: a team may know better what they are."""
    rows = [*connection.sql(_COMMITS).fetchall(), *connection.sql(_CHANGES).fetchall()]
    authors = [Author(name or "", email or "", *rest) for name, email, *rest in rows]
    return unknown_bots(authors, Rules.load(RuleSettings.of(ai)))


def own_words(connection: duckdb.DuckDBPyConnection, ai: AiSettings) -> Iterator[str]:
    """Lines for `headway status`: none where nothing is left to say."""
    bots = bots_without_rule(connection, ai)
    if bots:
        yield "\nbots that no rule knows by name: sort them into [ai] ai_identities and automation_identities"
    for bot in bots[:_SHOWN]:
        address = f" <{bot.email}>" if bot.email else ""
        many = counted(bot.written, "commit" if bot.email else "change")
        yield plain(f"  {many:>16}  {bot.name}{address}  ({bot.rule})")
    if len(bots) > _SHOWN:
        yield f"  {len(bots) - _SHOWN:,} more"
    ids = [override.change for override in ai.overrides]
    known = {row[0] for row in connection.sql(_KNOWN, params={"ids": ids}).fetchall()} if ids else set()
    for missing in sorted(set(ids) - known):
        yield "\n" + plain(f"[[ai.overrides]] answers for {missing}: there is no such change")


def empty_initiatives(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[str]:
    """Lines for `headway status`: initiatives of the settings to which no change belongs, or that nothing is like."""
    missing = dict(missing_initiatives(connection, settings))
    for what, todo in missing.items():
        yield f"\n{what}\n  to do: {todo}"
    names = {name for (name,) in connection.sql("select distinct name from initiatives").fetchall()}
    for one in settings.initiatives:
        if not one.dismiss and one.name not in names and _nothing_of(one) not in missing:
            yield "\n" + plain(f"[[initiatives]] {one.name}: no change belongs to it")


def missing_initiatives(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[tuple[str, str]]:
    """Each id that the settings name or dismiss and nothing has, and what to do: mostly it is a slip of the pen."""
    ids = [each for (each,) in connection.sql(_FOUND).fetchall()]
    named = [one for one in settings.initiatives if one.found]
    free = [each for each in ids if each not in {one.found for one in named}]
    for one in named:
        if one.found not in ids:
            todo = "`headway export initiatives` has the ids"
            if not settings.rungs.find:
                todo = "set [rungs] find: without it nothing is found"
            elif near := get_close_matches(one.found, free, n=1):
                todo = f"the nearest id is {near[0]}; {todo}"
            yield _nothing_of(one), plain(todo)


def _nothing_of(one: InitiativeSettings) -> str:
    return plain(f"[[initiatives]] {'dismisses' if one.dismiss else 'names'} {one.found}: nothing of this id is found")
