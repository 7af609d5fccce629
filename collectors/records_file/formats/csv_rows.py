"""CSV as RFC 4180 has it: a header, commas, and quotes around what holds a comma, a quote or a line break.

Where the header is separated by semicolons or tabs, as spreadsheets in many countries write it, so are the rows.

The module of the standard library is not used for one reason: a forgotten closing quote there swallows everything up to
the next quote, however many good lines that is. Here only the line that has it is set aside.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator

from collectors.records_file.ai_exports import is_export
from collectors.records_file.formats.lines import LONGEST_LINE_BYTES, Line
from collectors.records_file.kinds import KINDS
from collectors.records_file.values import BadValue, nearest, shown
from headway.errors import CollectError

__all__ = ["CsvRows", "cells_of"]

_SEPARATORS = (",", ";", "\t")
_CELLS = {mark: re.compile(rf'(?:"([^"]*(?:""[^"]*)*)"|([^"{mark}\r\n]*))({mark}|\Z)') for mark in _SEPARATORS}
_COLUMNS = frozenset(column for kind in KINDS.values() for column in kind.csv_columns)


def cells_of(text: str, separator: str = ",") -> list[str]:
    """The cells of one row."""
    cell = _CELLS[separator]
    cells: list[str] = []
    place = 0
    while True:
        match = cell.match(text, place)
        if match is None:
            raise BadValue(f"is not CSV at character {place + 1}: a quote that does not open or close a cell")
        quoted, plain, separator = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        if not separator:
            return cells
        place = match.end()


class CsvRows:
    """The rows of a CSV file as records; the first line names the columns.

    Raises `CollectError` where the header is none: then no line can be understood.
    """

    def __init__(self, lines: Iterator[Line], name: str) -> None:
        self._lines = lines
        self._waiting: deque[Line] = deque()
        header = next(lines, None)
        self.separator = "," if header is None else _separator(header.text)
        self._columns = [] if header is None else _header(header, name, self.separator)
        self._keeps_empty = is_export(self._columns)  # by all of its columns it is recognized

    def __iter__(self) -> Iterator[tuple[Line, dict[str, object] | None]]:
        """Each row's first line with its whole text, and its record, None where the line has a problem."""
        while (line := self._next()) is not None:
            if line.problem is not None:
                yield line, None
                continue
            taken = self._row_lines(line)
            whole = line._replace(text="\n".join(part.text for part in taken))
            try:
                yield whole, self._record(whole.text)
            except BadValue as error:
                # The quote at fault is in the first line; those after it may well be rows of their own.
                self._waiting.extendleft(reversed(taken[1:]))
                yield line._replace(problem=str(error)), None

    def _next(self) -> Line | None:
        return self._waiting.popleft() if self._waiting else next(self._lines, None)

    def _row_lines(self, line: Line) -> list[Line]:
        """The line, and those that follow while a quote is open."""
        taken = [line]
        size = len(line.text)
        is_open = line.text.count('"') % 2 == 1
        while is_open and size <= LONGEST_LINE_BYTES and (more := self._next()) is not None:
            if more.problem is not None:
                self._waiting.appendleft(more)
                break
            taken.append(more)
            size += len(more.text) + 1
            is_open = more.text.count('"') % 2 == 0
        return taken

    def _record(self, text: str) -> dict[str, object]:
        cells = cells_of(text, self.separator)
        if len(cells) != len(self._columns):
            raise BadValue(f"has {len(cells)} cells where the header has {len(self._columns)}")
        written = {column: cell for column, cell in zip(self._columns, cells, strict=True) if cell or self._keeps_empty}
        kind = KINDS.get(written.get("type", ""))
        if kind is None:
            return dict(written)
        fields = kind.fields
        return {name: fields[name].cell(cell) if name in fields else cell for name, cell in written.items()}


def _separator(header: str) -> str:
    """What separates the columns: a comma, unless something else does and commas do not."""
    for separator in _SEPARATORS:
        names = {name.strip().strip('"').lower() for name in header.split(separator)}
        if {"type", "repo"} <= names:
            return separator
    return ","


def _header(line: Line, name: str, separator: str) -> list[str]:
    hint = "The first line names the columns, separated by commas; `type` and `repo` must be among them."
    if line.problem is not None:
        raise CollectError(f"the header of {name} {line.problem}", hint=hint)
    try:
        columns = [_spelled(column.strip()) for column in cells_of(line.text, separator)]
    except BadValue as error:
        raise CollectError(f"the header of {name} {error}", hint=hint) from None
    twice, times = Counter(columns).most_common(1)[0]
    if times > 1:
        raise CollectError(f"the header of {name} names {shown(twice)} twice", hint="Name each column once.")
    missing = [column for column in ("type", "repo") if column not in columns]
    if missing and not is_export(columns):
        guess = next((column for column in columns if nearest(column, missing)), None)
        meant = f" (perhaps {shown(guess)})" if guess and guess not in _COLUMNS else ""
        raise CollectError(f"the header of {name} has no column `{missing[0]}`{meant}", hint=hint)
    return columns


def _spelled(column: str) -> str:
    """A known column whatever its case."""
    return column.lower() if column.lower() in _COLUMNS else column
