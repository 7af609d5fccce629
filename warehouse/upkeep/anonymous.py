"""No people in what is stored: names, addresses and log-ins go before a row is written.

Who wrote a commit decides how some branches are found again after a squash, and who reviewed whom what counts as a
review. So where a rule compares, a mark is in the place of the person: a keyed digest of the repository and the
identity. It is the same for one author within one repository, and nobody can compute it, or join it to those of another
repository, without the secret. Where no rule compares, nothing is in the place. Reports, pages and exports show none.

Use of AI tools by person and day joins commits by a digest of the person and that day alone (`author_day`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial

import pyarrow as pa

from headway.raw_tables.people import IDENTITIES, MARK, Renaming, login_of, renamed
from headway.settings.ai import AiSettings
from warehouse.upkeep.pseudonyms import DOMAIN, Bots, digest

__all__ = ["WithoutAuthors"]

_LETTERS = 12
_AS_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_COMPARED = {
    "commits": {"author_name", "author_email"},
    "change_records": {"author"},
    "pull_requests": {"author"},
    "pull_request_commits": {"author_name", "author_email"},
    "pull_request_events": {"subject"},
    "reviews": {"author"},
}
"""The columns in which a person is compared with another; in all others nobody is."""


class WithoutAuthors:
    """Rows without people; bots and agents keep their names."""

    def __init__(self, ai: AiSettings, secret: str) -> None:
        self._bots = Bots(ai)
        self._secret = secret
        self._mark: Callable[[str, str], str] = lru_cache(100_000)(self._new_mark)
        self._day_mark: Callable[[str, str], str] = lru_cache(100_000)(self._new_day_mark)

    def rows(self, table: str, rows: pa.Table) -> pa.Table:
        """The rows with marks where a rule compares people, and nothing in the place of all others."""
        import pyarrow.compute as pc  # where rows are written: commands start with less

        if table == "commits":
            rows = _without_own_committers(self._with_days(rows))
        elif table == "ai_usage":
            rows = _with_column(rows, "author", self._days(rows, "author", "day"))
        if table not in IDENTITIES or rows.num_rows == 0:
            return self._renamed(table, rows, "")
        repo_ids = pc.fill_null(rows["repo_id"], "")
        parts = [
            self._renamed(table, rows.filter(pc.equal(repo_ids, repo_id)), repo_id)
            for repo_id in repo_ids.unique().to_pylist()
        ]
        return pa.concat_tables(parts)

    def _renamed(self, table: str, rows: pa.Table, repo_id: str) -> pa.Table:
        compared = _COMPARED.get(table, set())

        def alias(identity: str, column: str) -> str:
            if column == "author" and table == "ai_usage":
                return identity  # a day's digest already
            after = self._mark(repo_id, identity)
            return after if not column or column in compared or self._bots.has(after) else ""

        return renamed(table, rows, Renaming(alias, self._bots.signs, self._bots.signs_in, everyone=True))

    def _new_mark(self, repo_id: str, identity: str) -> str:
        text = identity.strip()
        if not text or self._bots.has(text):
            return self._bots.without_person(identity, partial(self._mark, repo_id))
        if login := login_of(text):
            return f"{self._mark(repo_id, login)}@users.noreply.github.com"
        # Letters alone, one word: a text has no word more than with the name.
        of_both = digest(self._secret, f"{repo_id.casefold()} {text.casefold()}")[:_LETTERS]
        name = MARK + of_both.translate(_AS_LETTERS)
        return f"{name}@{DOMAIN}" if "@" in text else name

    def _with_days(self, rows: pa.Table) -> pa.Table:
        return _with_column(rows, "author_day", self._days(rows, "author_email", "authored_at"))

    def _days(self, rows: pa.Table, column: str, time: str) -> Iterator[str | None]:
        moments = zip(rows[time].to_pylist(), rows["collected_at"].to_pylist(), strict=True)
        for person, (moment, read_at) in zip(rows[column].to_pylist(), moments, strict=True):
            # Of a date later than the reading, the day of the reading counts.
            has_day = person and moment is not None
            yield self._day_mark(person, f"{min(moment, read_at):%Y-%m-%d}") if has_day else None

    def _new_day_mark(self, person: str, day: str) -> str:
        text = person.strip()
        return digest(self._secret, f"day {day} {(login_of(text) or text).casefold()}")[: 2 * _LETTERS]


def _without_own_committers(rows: pa.Table) -> pa.Table:
    """Commits without the committer where it is the author, of whom the rules read the author alone."""
    import pyarrow.compute as pc  # where rows are written: commands start with less

    same = pc.fill_null(pc.equal(rows["committer_email"], rows["author_email"]), fill_value=False)
    for column in ("committer_name", "committer_email"):
        place = rows.schema.get_field_index(column)
        rows = rows.set_column(place, rows.schema.field(place), pc.if_else(same, "", rows[column]))
    return rows


def _with_column(rows: pa.Table, column: str, values: Iterator[str | None]) -> pa.Table:
    place = rows.schema.get_field_index(column)
    return rows.set_column(place, rows.schema.field(place), pa.array(values, rows.schema.field(place).type))
