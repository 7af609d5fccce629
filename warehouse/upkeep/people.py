"""Forget a person: other names in all rows that are stored, and in all that come.

What is kept of a forgotten person are digests of the names, addresses and log-ins, by which later rows are recognized,
and the name that stands in their place: the same one everywhere, so that reviews of one's own work stay that.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from headway.raw_tables.people import IDENTITIES, Renaming, identity_groups, renamed
from warehouse.upkeep.file_schemas import complete_schema
from warehouse.upkeep.notes import reading

__all__ = ["FILE", "ForgottenPerson", "forgotten_people", "identities_of", "new_person", "text_of", "without_people"]

FILE = "forgotten.json"
"""In the warehouse folder: who was forgotten, as digests."""


@dataclass(frozen=True)
class ForgottenPerson:
    """Digests of identities, and what stands in the place of each."""

    salt: str
    digests: tuple[str, ...]
    alias: str

    def name(self, identity: str) -> str:
        """What stands in the place of an identity: the alias where it is one of the person."""
        if _digest(identity, self.salt) not in self.digests:
            return identity
        return f"{self.alias}@privacy.invalid" if "@" in identity else self.alias


def _digest(identity: str, salt: str) -> str:
    """The digest of an identity, whatever its case."""
    return hashlib.sha256(f"{salt} {identity.strip().casefold()}".encode()).hexdigest()


def new_person(identities: Collection[str]) -> ForgottenPerson:
    """A person to forget, by all identities that are known."""
    salt = secrets.token_hex(16)
    digests = tuple(sorted({_digest(identity, salt) for identity in identities}))
    return ForgottenPerson(salt, digests, f"forgotten-{secrets.token_hex(4)}")


def forgotten_people(text: str | None) -> list[ForgottenPerson]:
    """Everyone who was forgotten, as the file of forgotten people says; nobody without one."""
    with reading(Path(FILE)):
        return [
            ForgottenPerson(person["salt"], tuple(person["digests"]), person["alias"])
            for person in (json.loads(text) if text else ())
        ]


def text_of(people: Collection[ForgottenPerson]) -> str:
    """The text of the file of forgotten people."""
    return json.dumps([asdict(person) for person in people])


def without_people(table: str, rows: pa.Table, people: Collection[ForgottenPerson]) -> pa.Table:
    """The rows with the aliases of forgotten people."""
    names: dict[str, str] = {}

    def alias(identity: str, column: str) -> str:
        del column
        if identity not in names:
            names[identity] = identity
            for person in people:
                if (name := person.name(identity)) != identity:
                    names[identity] = name
        return names[identity]

    return renamed(table, rows, Renaming(alias)) if people else rows


def identities_of(files: Mapping[str, Sequence[Path]], who: str) -> tuple[set[str], int]:
    """What a person is called beside `who`: what stands in the same rows; and how many rows that is."""
    spellings = {who.strip().casefold()}
    identities: set[str] = set()
    count = 0
    for table, groups in IDENTITIES.items():
        for path in files.get(table, ()):
            for group in groups:
                for values, rows in _groups_in(path, table, group):
                    if any(part.casefold() in spellings for value in values for part in identity_groups(value)):
                        identities.update(part for value in values for part in identity_groups(value))
                        count += rows
    return identities, count


def _groups_in(path: Path, table: str, group: tuple[str, ...]) -> list[tuple[tuple[str, ...], int]]:
    """The distinct identities in the same row of a file, and in how many rows."""
    import pyarrow.parquet as pq  # where Parquet is read: commands start with less

    rows = pq.read_table(path, schema=complete_schema(table, [path]).empty_table().select(group).schema)
    counted = rows.group_by(list(group)).aggregate([([], "count_all")]).to_pylist()
    return [(tuple(value for column in group if (value := row[column])), int(row["count_all"])) for row in counted]
