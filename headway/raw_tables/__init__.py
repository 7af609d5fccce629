"""The raw tables: what collectors write and the warehouse reads."""

from headway.raw_tables.catalog import TABLES, Checkpoint, Column, RawTable, Rows, schema_of

__all__ = ["TABLES", "Checkpoint", "Column", "RawTable", "Rows", "schema_of"]
