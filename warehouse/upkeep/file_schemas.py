"""Raw files of other versions: columns that they lack, and columns and tables that are unknown here.

Within one format of the raw store, columns and tables are only ever added. So a file of an older version lacks some,
which are null in its rows, and one of a newer version has more, which no model reads and which stay in the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from headway.raw_tables import TABLES

__all__ = ["complete_schema", "files_unlike"]


def files_unlike(files: Sequence[Path], schema: pa.Schema) -> list[Path]:
    """The files whose columns are not those of the schema: another version wrote them."""
    import pyarrow.parquet as pq  # where Parquet is read: commands start with less

    columns = set(schema.names)
    return [file for file in files if set(pq.read_schema(file).names) != columns] if columns else []


def complete_schema(table: str, files: Iterable[Path]) -> pa.Schema:
    """The columns of a raw table, and after them those that only these files have."""
    import pyarrow.parquet as pq

    schema = TABLES[table].schema if table in TABLES else pa.schema([])
    for file in files:
        for field in pq.read_schema(file).remove_metadata():
            if field.name not in schema.names:
                schema = schema.append(field)
    return schema
