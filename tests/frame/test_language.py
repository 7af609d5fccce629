"""Names and texts speak as engineers of this field do: standard terms, subject first."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.frame.project import PACKAGES, ROOT, files, modules, relative

SHARE = 0.01
SQL = re.compile(r"\s*(--|select|with|create|insert|from|delete|left|inner|union|where)\b", re.IGNORECASE)
# A name should say what it holds, not how it came about.
QUAINT = {
    *("told", "found", "asked", "kept", "known", "given", "wanted", "made", "seen"),
    *("one", "each", "own", "mine", "there"),
}
# What readers stumbled over, and the field's word for it.
WORDS = {
    r"\btell(s|ing)?\b|\btold\b": "show, report, say which",
    r"\banew\b": "again",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bkept\b": "cached, retained, stored",
    r"\bstands? in\b": "is in",
    r"\bholds? zero\b": "includes zero",
    r"\bnot told from\b": "not significant",
    r"\bis no (folder|number|whole number|directory|file|valid)\b": "is not a …",
    r"\bsee to\b": "check",
    r"\bto do:": "hint:",
    r"\bsomebody\b": "a reviewer, an owner, someone",
    r"\bknown up to\b": "complete through",
    r"\bcomes? back\b": "needs rework",
    r"\barrives? at \d": "hazard ratio",
    r"\bhow sure\b": "confidence",
    r"\bis sure\b|\bare sure\b|\bnot sure\b": "is confident, is not significant",
    r"\bbeforehand\b": "in advance",
    r"\bwhatever is asked for\b|\bis asked for\b|\bare asked for\b": "is requested",
    r"\bno .{1,30} is seen\b|\bis not seen\b": "not significant, no …",
}


def local_names(tree: ast.Module) -> Iterator[str]:
    """Each name that a function binds, once a function: arguments, assignments, loops, comprehensions."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            stores = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            yield from stores | {n.arg for n in ast.walk(function.args) if isinstance(n, ast.arg)}


def texts(tree: ast.Module) -> Iterator[str]:
    """Texts in code that a user can see: string literals with a blank, but no docstrings and no SQL."""
    hidden = {
        id(body[0].value)
        for node in ast.walk(tree)
        if isinstance(body := getattr(node, "body", None), list) and body and isinstance(body[0], ast.Expr)
    }
    commands = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "command" and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            sql = re.match(
                r"\s*(--|select|with|create|insert|from|delete|left|inner|union|where)\b", node.value, re.IGNORECASE
            )
            if (id(node) not in hidden or id(node) in commands) and not sql:
                yield node.value


def quaint_words(text: str) -> list[str]:
    """Words of the list in a text, each with what the field says instead."""
    return [
        f"{match[0]!r}: {better}"
        for pattern, better in WORDS.items()
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_local_names_say_what_they_hold(package: str) -> None:
    """At most one local name in a hundred is a participle or a pronoun."""
    names = [(path, name) for _, path, tree in modules(package) for name in local_names(tree)]
    quaint = [(relative(path), name) for path, name in names if name in QUAINT]
    assert len(quaint) <= SHARE * len(names), quaint


@pytest.mark.parametrize("package", PACKAGES)
def test_texts_of_the_program_use_the_words_of_the_field(package: str) -> None:
    """Messages, help and pages have no word of the list."""
    found = {
        f"{relative(path)}: {text[:80]!r}": words
        for _, path, tree in modules(package)
        for text in texts(tree)
        if (words := quaint_words(text))
    }
    assert found == {}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs"])
def test_pages_use_the_words_of_the_field(name: str) -> None:
    """README and docs have no word of the list; code in them is left alone."""
    path = ROOT / name
    found = {}
    for page in files(".md", under=name) if path.is_dir() else [path]:
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            if words := quaint_words(re.sub(r"`[^`]*`", "", line)):
                found[f"{relative(page)}:{number}"] = words
    assert found == {}


def test_quaint_words_are_found() -> None:
    """The list finds what it is for, and leaves plain sentences alone."""
    assert quaint_words("Mend the lines, and see to the rights there.") != []
    assert quaint_words("The interval holds zero") != []
    assert quaint_words("hazard ratio 1.32 (95 % CI 0.99–1.75): no significant difference") == []
