"""Hints about the settings: bots that no rule names, and entries that match nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import duckdb

from analytics.text.wording import counted, plain
from headway.nearest import hint_for
from headway.repository_names import initiative_of, names_match
from headway.settings import AiSettings, InitiativeSettings, Settings
from pipeline.repositories import change_as_spelled, repository_spellings
from warehouse.classify import Author, Rules, RuleSettings, UnknownBot, unknown_bots

__all__ = [
    "bots_without_rule",
    "empty_initiatives",
    "missing_initiatives",
    "settings_hints",
    "unknown_environments",
]

_SHOWN = 15
_COMMITS = "select author_name, author_email, count(*) from commits group by all order by all"
_CHANGES = "select author, '', count(*), author_kind from changes where author_kind = 'bot' group by all order by all"
_FOUND = "select distinct initiative_id from initiatives where starts_with(initiative_id, 'found:') order by 1"
_DEPLOYED = """
select distinct repo_id, environment from deployments_seen
where environment is not null and environment <> ''
order by all
"""
_KNOWN = "select change_id from changes where list_contains($ids, change_id)"


def bots_without_rule(connection: duckdb.DuckDBPyConnection, ai: AiSettings) -> list[UnknownBot]:
    """Bots that only a generic rule matches, those with most commits first."""
    rows = [*connection.sql(_COMMITS).fetchall(), *connection.sql(_CHANGES).fetchall()]
    authors = [Author(name or "", email or "", *rest) for name, email, *rest in rows]
    return unknown_bots(authors, Rules.load(RuleSettings.of(ai)))


def settings_hints(connection: duckdb.DuckDBPyConnection, ai: AiSettings) -> Iterator[str]:
    """Lines for `headway status`: bots that no rule names, and overrides of changes that do not exist."""
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
    spellings = repository_spellings(connection)
    spelled = {change_id: change_as_spelled(change_id, spellings) for change_id in ids}
    known = (
        {row[0] for row in connection.sql(_KNOWN, params={"ids": list(spelled.values())}).fetchall()} if ids else set()
    )
    for missing in sorted(change_id for change_id in spelled if spelled[change_id] not in known):
        yield "\n" + plain(f"[[ai.overrides]] {missing}: there is no such change")


def empty_initiatives(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[str]:
    """Lines for `headway status`: initiatives of the settings without a change, or with an unknown id."""
    missing = dict(missing_initiatives(connection, settings))
    for what, hint in missing.items():
        yield f"\n{what}\n  hint: {hint}"
    names = {name for (name,) in connection.sql("select distinct name from initiatives").fetchall()}
    for initiative in settings.initiatives:
        if not initiative.dismiss and initiative.name not in names and _unknown_id(initiative) not in missing:
            yield "\n" + plain(f"[[initiatives]] {initiative.name}: no change belongs to it")


def missing_initiatives(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[tuple[str, str]]:
    """Each id of an initiative in the settings that does not exist, with a hint: mostly a typing error."""
    ids = [id_ for (id_,) in connection.sql(_FOUND).fetchall()]
    repositories = repository_spellings(connection).values()
    named = [initiative for initiative in settings.initiatives if initiative.found]
    spelled = {rule.found: {initiative_of(rule.found, repo_id) for repo_id in repositories} for rule in named}
    free = [id_ for id_ in ids if not any(id_ in spellings for spellings in spelled.values())]
    for initiative in named:
        if spelled[initiative.found].isdisjoint(ids):
            hint = "`headway export initiatives` has the ids"
            if not settings.rungs.find:
                hint = "set [rungs] find: without it no initiatives are detected"
            elif near := get_close_matches(initiative.found.lower(), {id_.lower(): id_ for id_ in free}, n=1):
                hint = f"the nearest id is {next(id_ for id_ in free if id_.lower() == near[0])}; {hint}"
            yield _unknown_id(initiative), plain(hint)


def _unknown_id(initiative: InitiativeSettings) -> str:
    verb = "dismisses" if initiative.dismiss else "names"
    return plain(f"[[initiatives]] {verb} {initiative.found}: there is no initiative of this id")


def unknown_environments(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[tuple[str, str]]:
    """Each name in `waves` or `exclude` that no deployment has, with the nearest one; nothing before the first."""
    deployed = connection.sql(_DEPLOYED).fetchall()
    if not deployed:
        return
    for where, repo, names in _named(settings):
        known = list(dict.fromkeys(name for repo_id, name in deployed if names_match(repo, repo_id)))
        lower = {name.casefold(): name for name in known}
        for name in names:
            if name.casefold() not in lower:
                hint = hint_for(name, known, "`headway deployments` lists the environments")
                yield plain(f"{where}: nothing was deployed to {name!r}"), plain(hint)


def _named(settings: Settings) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Where names of environments stand, for which repositories, and the names."""
    for key in ("waves", "exclude"):
        yield f"[production] {key}", "*", getattr(settings.production, key)
        for number, service in enumerate(settings.services, 1):
            yield f"[[services]] {number} {key}", service.repo, getattr(service, key)
