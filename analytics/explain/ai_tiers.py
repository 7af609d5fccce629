"""Lines for `headway status`: tiers of the evidence on AI-made work, and records of AI tools that match nothing."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from analytics.text.wording import counted, plain
from headway.settings import AiSettings

__all__ = ["tier_lines"]

_TIERS = "select ai_tier, count(*) as changes from classification where ai_tier != '' group by all"
_WORDS = {
    "override": "from overrides",
    "commit": "recorded by a tool, by commit",
    "mark": "from marks",
    "author_day": "recorded by author and day alone",
}
_PEOPLE = """
    select lower(author_email) as person from commits
    union
    select regexp_extract(lower(author_email), '^([0-9]+[+])?([^@+]+)@users[.]noreply[.]github[.]com$', 2)
    from commits
    union
    select author_day from commits where author_day is not null
"""
_UNMATCHED = f"""
    with people as ({_PEOPLE})
    select
        count(distinct sha) filter (sha != '' and not exists (select 1 from commits where commits.sha = ai_usage.sha)),
        count(distinct author) filter (sha = '' and author not in (select person from people))
    from ai_usage
"""  # noqa: S608  (a text of ours)


def tier_lines(connection: duckdb.DuckDBPyConnection, ai: AiSettings) -> Iterator[str]:
    """The changes of each tier of evidence, strongest first, and what the records of AI tools match."""
    tiers = sorted(connection.sql(_TIERS).fetchall(), key=lambda row: list(_WORDS).index(row[0]))
    recorded = connection.sql("select 1 from ai_usage limit 1").fetchall()
    # Without records no commit is read: their addresses take more memory than all else that `headway status` holds.
    commits, people = connection.sql(_UNMATCHED).fetchall()[0] if recorded else (0, 0)
    if tiers or commits or people:
        yield "\nhow changes were made is known"
    for tier, changes in tiers:
        counts = (
            ""
            if tier != "author_day"
            else (
                ": counted as assisted, weakly"
                if ai.author_days
                else ": not counted; [ai] author_days = true counts it"
            )
        )
        yield f"  {counted(changes, 'change'):>16}  {_WORDS[tier]}{counts}"
    if commits or people:
        yield plain(
            f"  records of AI tools that match nothing: {counted(commits, 'commit')} that no repository has,"
            f" {counted(people, 'author')} of no commit under that address or log-in"
        )
