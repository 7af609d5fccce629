"""Where a file can be mutated: by its syntax tree for Python, by masked text for SQL.

One mutant is one small fault: another comparison, another operator, a number off by one, a condition that is gone, a
value that is not returned. Texts, annotations, messages of errors and documentation are left alone.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import duckdb

__all__ = ["Mutant", "mutants_of", "readable"]

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum"}

_SQL_HIDDEN = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_SQL_WORDS = {
    "<=": "<",
    ">=": ">",
    "<>": "=",
    "<": "<=",
    ">": ">=",
    "=": "<>",
    " + ": " - ",
    " - ": " + ",
    " * ": " / ",
    " / ": " * ",
    "and": "or",
    "or": "and",
    "is not null": "is null",
    "is null": "is not null",
    "not": "",
    "min(": "max(",
    "max(": "min(",
    "least(": "greatest(",
    "greatest(": "least(",
    "left join": "inner join",
    "inner join": "left join",
    "union all": "union",
    "distinct": "",
    "desc": "asc",
    "true": "false",
    "false": "true",
}
_SQL_WORD = re.compile(
    r"<=|>=|<>|<|>|=| [+*/-] (?=\S)|\b(?:and|or|is not null|is null|not|left join|inner join)\b"
    r"|\b(?:union all|distinct|desc|true|false)\b|\b(?:min|max|least|greatest)\("
)
_SQL_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
_SQL_BEFORE = re.compile(r"\b(?:where|on|when|and|having)\b")
_SQL_END = re.compile(r"\b(?:and|or|then|where|group|order|having|left|inner|union|when|else|end|cross)\b|[(),]")
_SQL_LISTS = re.compile(r"\b(?:coalesce|least|greatest)\(|\bpartition by\b")


class Mutant(NamedTuple):
    """One fault of one file: the bytes from `start` to `end` become `new`."""

    path: str
    start: int
    end: int
    new: str
    kind: str

    def apply(self, source: bytes) -> bytes:
        """The file with the fault in it."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutants_of(path: str, source: bytes) -> list[Mutant]:
    """Every mutant of a file, in the order of the file; some SQL can no longer be parsed (`readable`)."""
    return sorted(set(_python(path, source) if path.endswith(".py") else _sql(path, source)))


def readable(mutant: Mutant, source: bytes) -> bool:
    """Whether the file can still be parsed: any test finds one that cannot."""
    text = mutant.apply(source).decode()
    return _is_python(text) if mutant.path.endswith(".py") else _is_sql(text)


def _is_python(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _is_sql(text: str) -> bool:
    try:
        _parser().extract_statements(text)
    except duckdb.ParserException:
        return False
    return True


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def _python(path: str, source: bytes) -> Iterator[Mutant]:
    lines = [0, *(match.end() for match in re.finditer(rb"\n", source))]
    tree = ast.parse(source)
    for node in _code(tree):
        if not hasattr(node, "lineno"):
            continue
        for place, new, kind in _faults(node):
            start = lines[place.lineno - 1] + place.col_offset
            end = lines[(place.end_lineno or 0) - 1] + (place.end_col_offset or 0)
            # In an f-string of Python 3.11 a node may point elsewhere.
            if _same(source[start:end], place):
                text = ast.unparse(new)
                bare = isinstance(new, ast.Constant | ast.Name | ast.Attribute)
                yield Mutant(path, start, end, text if bare else f"({text})", kind)


def _same(segment: bytes, node: ast.expr) -> bool:
    try:
        parsed = ast.parse(b"(" + segment + b")", mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return ast.dump(parsed) == ast.dump(node)


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that compute: no annotations, decorators, documentation, exports or messages of errors."""
    if isinstance(node, ast.Raise | ast.Import | ast.ImportFrom | ast.Assert):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "__all__" for to in node.targets):
        return
    yield node
    hidden = {"annotation", "returns", "decorator_list", "format_spec", "bases"}
    for name, field in ast.iter_fields(node):
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.AST) and name not in hidden:
                yield from _code(child)


def _faults(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr, str]]:
    """What can be wrong at one node: the expression that is replaced, what replaces it, the kind of the fault."""
    if isinstance(node, ast.Compare):
        yield from _of_comparison(node)
    elif isinstance(node, ast.BoolOp):
        yield from _of_conditions(node)
    elif isinstance(node, ast.BinOp) and (other_type := _OPERATORS.get(type(node.op))) is not None:
        yield node, ast.BinOp(node.left, other_type(), node.right), "arithmetic"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert | ast.USub):
        yield node, node.operand, "dropped not" if not isinstance(node.op, ast.USub) else "arithmetic"
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        yield node, ast.Constant(_other_number(node.value)), "constant"
    elif isinstance(node, ast.If | ast.IfExp | ast.While | ast.comprehension):
        yield from _of_branch(node)
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield node.value, ast.Constant(None), "returned value"
    elif isinstance(node, ast.Call):
        yield from _of_call(node)


def _of_conditions(node: ast.BoolOp) -> Iterator[tuple[ast.expr, ast.expr, str]]:
    yield node, ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values), "boolean operator"
    for number in range(len(node.values)):
        rest = [value for place, value in enumerate(node.values) if place != number]
        yield node, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest), "dropped condition"


def _of_branch(node: ast.If | ast.IfExp | ast.While | ast.comprehension) -> Iterator[tuple[ast.expr, ast.expr, str]]:
    """A loop that never ends says nothing, and a filter that lets nothing through is noticed by any test."""
    tests = node.ifs if isinstance(node, ast.comprehension) else [node.test]
    for test in tests:
        if not isinstance(test, ast.Constant):
            if not isinstance(node, ast.While):
                yield test, ast.Constant(value=True), "dropped condition"
            if not isinstance(node, ast.comprehension):
                yield test, ast.Constant(value=False), "dropped condition"


def _of_comparison(node: ast.Compare) -> Iterator[tuple[ast.expr, ast.expr, str]]:
    for number, operator in enumerate(node.ops):
        others = [_COMPARISONS[type(operator)]() if place == number else op for place, op in enumerate(node.ops)]
        yield node, ast.Compare(node.left, others, node.comparators), "comparison"
    for side in (node.left, *node.comparators):
        for text in ast.walk(side) if isinstance(side, ast.Constant | ast.Tuple | ast.Set) else ():
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text, ast.Constant(f"{text.value}~"), "constant"


def _of_call(node: ast.Call) -> Iterator[tuple[ast.expr, ast.expr, str]]:
    function = copy.copy(node.func)
    if isinstance(function, ast.Name) and function.id in _CALLS:
        function.id = _CALLS[function.id]
        yield node.func, function, "function"
    elif isinstance(function, ast.Attribute) and function.attr in _CALLS:
        function.attr = _CALLS[function.attr]
        yield node.func, function, "function"


def _other_number(value: float) -> float:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) or value == 0 else value * 2


def _sql(path: str, source: bytes) -> Iterator[Mutant]:
    text = source.decode()
    masked = _SQL_HIDDEN.sub(lambda match: "\x00" * len(match[0]), text)

    def mutant(start: int, end: int, new: str, kind: str) -> Mutant:
        return Mutant(path, len(text[:start].encode()), len(text[:end].encode()), new, kind)

    for match in _SQL_WORD.finditer(masked):
        if match[0] != "and" or not _between(masked, match.start()):
            yield mutant(*match.span(), _SQL_WORDS[match[0]], _sql_kind(match[0]))
    for match in _SQL_NUMBER.finditer(masked):
        yield mutant(*match.span(), str(int(match[0]) + 1), "constant")
    for match in re.finditer(r"'\w[^'\n]*'", text):
        if masked[match.start()] == "\x00" and masked[match.start() - 1] != "\x00":
            yield mutant(match.end() - 1, match.end(), "~'", "constant")
    for match in _SQL_BEFORE.finditer(masked):
        if match[0] != "and" or not _between(masked, match.start()):
            yield from (mutant(start, end, "", "dropped condition") for start, end in _condition(masked, match))
    for match in _SQL_LISTS.finditer(masked):
        yield from (mutant(start, end, "", "dropped term") for start, end in _terms(masked, match.end()))


def _between(masked: str, place: int) -> bool:
    """Whether the `and` at this place is that of a `between`."""
    return re.search(r"\bbetween\b(?:(?!\band\b).)*\Z", masked[:place], re.DOTALL) is not None


def _sql_kind(word: str) -> str:
    if word in {"and", "or"}:
        return "boolean operator"
    if word in {"not", "is null", "is not null"}:
        return "dropped not"
    if word in {" + ", " - ", " * ", " / "}:
        return "arithmetic"
    if word in {"true", "false"}:
        return "constant"
    return "comparison" if word.strip("<>=") == "" else "function"


def _condition(masked: str, match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """What to leave out to drop the condition behind a `where`, `on`, `when`, `having` or `and`."""
    end = _end(masked, match.end())
    if match[0] == "and":
        yield match.start(), end
    elif (following := re.match(r"and\b", masked[end:])) is not None:
        yield match.end(), end + following.end()


def _end(masked: str, start: int) -> int:
    """Where the condition that begins here ends: at the next word or bracket of its own level."""
    depth, place = 0, start
    while (match := _SQL_END.search(masked, place)) is not None:
        if match[0] == "(":
            depth += 1
        elif depth and match[0] == ")":
            depth -= 1
        elif not depth and not (match[0] == "and" and _between(masked[start:], match.start() - start)):
            return match.start()
        place = match.end()
    return len(masked)


def _terms(masked: str, start: int) -> Iterator[tuple[int, int]]:
    """Each term of a list of at least two that begins here, with the comma before or behind it."""
    depth, commas, place = 0, [], start
    while (match := re.compile(r"\border by\b|[(),]").search(masked, place)) is not None:
        if match[0] == "," and not depth:
            commas.append(match.start())
        elif match[0] == "(":
            depth += 1
        elif depth and match[0] == ")":
            depth -= 1
        elif not depth:
            break
        place = match.end()
    if commas and match is not None:
        yield start, commas[0] + 1
        yield from zip(commas, [*commas[1:], match.start()], strict=True)
