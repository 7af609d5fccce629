"""Which published tables the program reads, and where: from the SQL in its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

__all__ = ["readers", "tables_in"]

# The first folder that contains a file says who reads.
_READERS = {
    "analytics/explain": "`headway explain`",
    "analytics": "reports",
    "dashboard": "dashboard",
    "pipeline": "other commands",
    "cli": "other commands",
}
_ROOT = Path(__file__).parents[1]
_QUERY = re.compile(r"\bselect\b|\bjoin\b.*\bon\b", re.DOTALL)
_TABLE = re.compile(r'\b(?:from|join)\s+"?(\w+)')
_NAMED_STEP = re.compile(r"\b(\w+) as \(")


def readers(tables: Collection[str], root: Path = _ROOT) -> Mapping[str, tuple[str, ...]]:
    """For each table that any SQL outside the warehouse reads: who reads it, in the order of the folders above."""
    result: dict[str, dict[str, None]] = {}
    for folder, reader in _READERS.items():
        for path in sorted((root / folder).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if next(first for first in _READERS if name.startswith(f"{first}/")) != folder:
                continue
            for table in tables_in(path.read_text(encoding="utf-8")) & set(tables):
                result.setdefault(table, {})[reader] = None
    return {table: tuple(names) for table, names in result.items()}


def tables_in(source: str) -> set[str]:
    """Names that queries in the strings of a module read from, and strings that are passed on with a connection."""
    tree = ast.parse(source)
    queries = {
        table
        for text in _texts(tree)
        if _QUERY.search(text)
        for table in set(_TABLE.findall(text)) - set(_NAMED_STEP.findall(text))
    }
    return queries | set(_arguments(tree))


def _arguments(tree: ast.Module) -> Iterator[str]:
    """Strings among the arguments of calls that get the connection too: names of tables for a query made there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and any(isinstance(a, ast.Name) and a.id == "connection" for a in node.args):
            values = (*node.args, *(keyword.value for keyword in node.keywords))
            yield from (
                value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)
            )


def _texts(tree: ast.Module) -> Iterator[str]:
    """Each string of a module; of an f-string the whole, with a question mark for each value."""
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(part) for part in node.values}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value
