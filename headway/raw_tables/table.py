"""What a raw table is: a name, a grain, a key, and columns that say what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

__all__ = ["BOOL", "COLLECTED", "DELETED", "INT", "NUMBER", "REPO", "TEXT", "TIME", "Column", "RawTable", "columns"]

TEXT = pa.string()
TIME = pa.timestamp("us")
INT = pa.int64()
BOOL = pa.bool_()
NUMBER = pa.float64()


class Column(NamedTuple):
    """One column of a raw table."""

    name: str
    type: pa.DataType
    meaning: str


@dataclass(frozen=True)
class RawTable:
    """A raw table: its grain in words, its key, and its columns in order."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    set_of: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, `collected_at` last."""
        return pa.schema([(column.name, column.type) for column in self.columns])


REPO = Column("repo_id", TEXT, "repository, `<provider>:<repo>`")
COLLECTED = Column("collected_at", TIME, "when the run that read this row began")
DELETED = Column("deleted", BOOL, "true: the source no longer has it")


def columns(*between: tuple[str, pa.DataType, str]) -> tuple[Column, ...]:
    """`repo_id` first, `collected_at` last, and the given ones (name, type, meaning) between."""
    return (REPO, *(Column(*column) for column in between), COLLECTED)
