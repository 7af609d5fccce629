"""Write a report so that a script reads it back and a spreadsheet runs nothing of it."""

from __future__ import annotations

import errno
import io
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import polars as pl
import polars.selectors as cs

from headway.errors import HeadwayError

__all__ = ["csv_bytes", "csv_safe", "safe_cell", "write"]

# A cell that begins with one of these is run as a formula by spreadsheets (OWASP, "CSV Injection").
FORMULA_STARTS = r"^[=+\-@\t\r]"
# Control characters but for tab and line ends, and what turns the direction of text: CSV goes to terminals too.
STEERING = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"


def write(table: pl.DataFrame, form: str, out: Path | None) -> None:
    """Write `table` as csv, parquet or json to a file, or to standard output."""
    try:
        if out is None:
            _write(table, form, sys.stdout.buffer)
            sys.stdout.flush()
        else:
            with out.open("wb") as file:
                _write(table, form, file)
    except (OSError, pl.exceptions.ComputeError) as error:  # Polars wraps some, and loses the number of others
        if getattr(error, "errno", None) == errno.EPIPE or "Broken pipe" in str(error):
            raise BrokenPipeError from error
        place = out or "standard output"
        what = getattr(error, "strerror", None) or str(error)
        raise HeadwayError(f"cannot write {place}: {what}", hint="check its permissions and the free space") from error


def csv_bytes(table: pl.DataFrame) -> bytes:
    """What `write` writes as CSV, for a download."""
    buffer = io.BytesIO()
    _write(table, "csv", buffer)
    return buffer.getvalue()


def _write(table: pl.DataFrame, form: str, file: BinaryIO) -> None:
    if form == "parquet":
        table.with_columns(cs.datetime(time_zone=None).dt.replace_time_zone("UTC")).write_parquet(file)
    elif form == "json":
        file.write(re.sub(STEERING, _escaped, _as_text(table).write_json()).encode())
    else:
        _with_points(csv_safe(_as_text(table))).write_csv(file)


def _with_points(table: pl.DataFrame) -> pl.DataFrame:
    """Numbers with a fraction as text that always has a point, so that no reader takes a column for whole numbers."""
    return table.with_columns(_with_point(table[name]) for name in table.select(cs.float()).columns)


def _with_point(numbers: pl.Series) -> pl.Series:
    text = numbers.cast(pl.String)
    if not text.str.contains("e", literal=True).any():
        return text
    return pl.Series(numbers.name, [_plain(number) for number in text], dtype=pl.String)


def _plain(number: str | None) -> str | None:
    """Without an exponent."""
    if number is None or "e" not in number:
        return number
    digits = f"{Decimal(number):f}"
    return digits if "." in digits else f"{digits}.0"


def _escaped(match: re.Match[str]) -> str:
    """As JSON writes a character that it does not write out."""
    return f"\\u{ord(match[0]):04x}"


def _as_text(table: pl.DataFrame) -> pl.DataFrame:
    """Times as ISO 8601 UTC ending in Z."""
    times = [name for name, kind in table.schema.items() if isinstance(kind, pl.Datetime)]
    return table.with_columns(pl.col(times).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"))


def safe_cell(text: str) -> str:
    """One text cell that a spreadsheet will not run, and that steers no terminal."""
    text = re.sub(STEERING, "\N{REPLACEMENT CHARACTER}", text)
    return f"'{text}" if re.match(FORMULA_STARTS, text) else text


def csv_safe(table: pl.DataFrame) -> pl.DataFrame:
    """Text cells that a spreadsheet would run get a leading apostrophe; absent and empty text are both empty.

    What would steer a terminal is shown as a replacement character.
    """
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    shown = pl.col(texts).str.replace_all(STEERING, "\N{REPLACEMENT CHARACTER}")
    table = table.with_columns(shown)
    return table.with_columns(
        pl.when(pl.col(name) == "")
        .then(None)
        .when(pl.col(name).str.contains(FORMULA_STARTS))
        .then("'" + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    )
