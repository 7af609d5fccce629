"""The warehouse: raw rows in immutable files, the models over them, and the published DuckDB file."""
# Part of Headway.
