"""What a team could still say in its settings: bots that nobody named, and words about what is not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from headway.settings import AiSettings, InitiativeSettings
from headway.wording import counted, plain
from warehouse.classify import Author, Rules, RuleSettings, UnknownBot, unknown_bots

__all__ = ["bots_without_rule", "empty_initiatives", "own_words"]

_SHOWN = 15
_COMMITS = "select author_name, author_email, count(*) from commits group by all order by all"
_CHANGES = "select author, '', count(*), author_kind from changes where author_kind = 'bot' group by all order by all"
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


def empty_initiatives(connection: duckdb.DuckDBPyConnection, named: Sequence[InitiativeSettings]) -> Iterator[str]:
    """Lines for `headway status`: initiatives of the settings to which no change belongs, or that nothing is like."""
    rows = connection.sql("select distinct initiative_id, name from initiatives").fetchall()
    ids, names = {row[0] for row in rows}, {row[1] for row in rows}
    for one in named:
        if one.found and one.found not in ids:
            yield "\n" + plain(f"[[initiatives]] names {one.found}: nothing of this id is found now")
        elif not one.dismiss and one.name not in names:
            yield "\n" + plain(f"[[initiatives]] {one.name}: no change belongs to it")
