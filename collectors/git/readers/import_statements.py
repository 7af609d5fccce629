"""What a source file imports, read from its text: Python, JavaScript and TypeScript, Go, Java, C#, Ruby.

Nothing is run and nothing is parsed whole: a statement is known by how its line begins, so comments are none. What a
sentence of a docstring could still look like resolves to no file of the repository later. Java and C# also tell which
package or namespace a file declares, without which their imports could not be found again. Ruby loads most files by
the constants that code names, so these are its imports beside `require`: such with `::`, and such that are called, or
inherited or included from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from collectors.git.readers.file_versions import LinePattern, VersionSearch

__all__ = ["ENDINGS", "Statement", "StatementReader", "statements"]

_MOST = 2_000
_LONGEST = 300


class Statement(NamedTuple):
    """`kind` is `import` or `declares`; `module` is as written, relative ones too."""

    kind: str
    module: str


Statements = tuple[Statement, ...]

# Each begins with a line feed, which is found fast; none takes in the one after it.
_PYTHON = re.compile(
    rb"\n[ \t]*(?:from[ \t]+(\.*[A-Za-z_][\w.]*|\.+)[ \t]+import[ \t]*(?:\(([^)]{0,4000})\)|[ \t]([^#\n;(]+))"
    rb"|import[ \t]+([^#\n;]+))"
)
_PYTHON_COMMENT = re.compile(r"#.*")
_PYTHON_NAME = re.compile(r"([A-Za-z_][\w.]*)(?:\s+as\s+\w+)?\Z")
_SCRIPT = re.compile(
    rb"\n[ \t]*(?:(?:import|export|\})(?:\b|[ \t])[^'\"\n;]{0,500}\bfrom[ \t]*['\"]([^'\"\n]+)['\"]"
    rb"|\}[ \t]*from[ \t]*['\"]([^'\"\n]+)['\"]|import[ \t]*['\"]([^'\"\n]+)['\"])"
)
_SCRIPT_CALL = re.compile(rb"\n[^\n]{0,500}?\b(?:require|import)\([ \t]*['\"]([^'\"\n]+)['\"][ \t]*[,)]")
_SCRIPT_COMMENT = re.compile(rb"\n[ \t]*(?://|\*|/\*)")
_GO = re.compile(rb"\n[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?\"([\w.~-]+/[\w.~/-]+)\"[ \t]*(?=\n|\r|//|\Z)")
_JAVA = re.compile(
    rb"\n[ \t]*(?:import[ \t]+(?:static[ \t]+)?(\w+(?:\.\w+)*(?:\.\*)?)|package[ \t]+(\w+(?:\.\w+)*))[ \t]*;"
)
_SHARP = re.compile(
    rb"\n[ \t]*(?:(?:global[ \t]+)?using[ \t]+(?:static[ \t]+)?(?:\w+[ \t]*=[ \t]*)?(\w+(?:\.\w+)*)[ \t]*;"
    rb"|namespace[ \t]+(\w+(?:\.\w+)*)[ \t]*[;{\r\n])"
)
_RUBY_REQUIRE = re.compile(rb"\n[ \t]*require(_relative)?[ \t(]+['\"]([\w./-]+)['\"]")
_RUBY_CONSTANT = re.compile(
    rb"(?<![\w:.@$/-])(?:::)?((?:[A-Z]\w*::)+[A-Z]\w*|[A-Z]\w*(?=\.[a-z_])"
    rb"|(?:(?<=< )|(?<=include )|(?<=extend )|(?<=prepend ))[A-Z]\w*)"
)
_RUBY_NO_USE = re.compile(rb"\n[ \t]*(?:#[^\n]*|(?:class|module)[ \t]+[\w:]+)")


_remembered = lru_cache(1 << 16)  # most files of a repository repeat what others say


@dataclass
class StatementReader:
    """Reads the statements of one file after the other; versions of a file in a row take a fraction of the time."""

    _path: str = ""
    _search: VersionSearch[Statements] | None = None
    _texts: list[Statements] = field(default_factory=list)
    _statements: frozenset[Statement] = frozenset()

    def statements(self, path: str, content: bytes) -> frozenset[Statement]:
        """What the file at `path` imports and declares; nothing in files of other languages.

        `content` begins with a line feed, which is not the file's.
        """
        language = _LANGUAGES.get(path[path.rfind(".") :])
        if language is None:
            return frozenset()
        if content.startswith(b"\n\xef\xbb\xbf"):
            content = b"\n" + content[4:]
        if callable(language):
            return _of_file(language(content))
        if self._search is None or path != self._path:
            self._path, self._search = path, VersionSearch(language)
        texts = [match.meaning for matches in self._search.matches(content) for match in matches]
        if texts != self._texts:
            self._texts, self._statements = texts, _of_file(texts)
        return self._statements


def statements(path: str, content: bytes) -> frozenset[Statement]:
    """As StatementReader, of one file alone."""
    return StatementReader().statements(path, content)


def _of_file(read: Iterable[Statements]) -> frozenset[Statement]:
    """Each statement once, and no more of them than people write."""
    imported: set[Statement] = set()
    for some in read:
        if len(imported) + len(some) < _MOST:
            imported.update(some)
            continue
        for statement in some:
            imported.add(statement)
            if len(imported) >= _MOST:
                return frozenset(imported)
    return frozenset(imported)


def _python(match: re.Match[bytes]) -> Statements:
    return _of_python(*match.groups())


@_remembered
def _of_python(
    module_text: bytes | None, listed: bytes | None, inline: bytes | None, plain: bytes | None
) -> Statements:
    """`from a import b` may mean the name b of a or the module a.b: both are told."""
    module = _text(module_text)
    if not module:
        names = _names(_text(plain))
        return _short(names) if all(names) else ()  # else it is a sentence
    joint = "" if module.endswith(".") else "."
    names = [name for name in _names(_text(listed) or _text(inline)) if name and "." not in name]
    return _short([module, *(f"{module}{joint}{name}" for name in names)])


def _short(modules: Iterable[str], kind: str = "import") -> Statements:
    """Statements of those whose names a person may have written."""
    return tuple(Statement(kind, module) for module in modules if len(module) <= _LONGEST)


def _names(text: str) -> list[str]:
    """The names of a list without what they are called afterwards; empty for what is none."""
    parts = _PYTHON_COMMENT.sub("", text).replace("\\", " ").split(",")
    matches = [_PYTHON_NAME.match(part.strip()) for part in parts if part.strip()]
    return [match[1] if match else "" for match in matches]


def _script(match: re.Match[bytes]) -> Statements:
    return _imported(next(group for group in match.groups() if group is not None))


def _script_call(match: re.Match[bytes]) -> Statements:
    return () if _SCRIPT_COMMENT.match(match[0]) else _imported(match[1])


def _go(content: bytes) -> Iterator[Statements]:
    """Imports stand before everything else."""
    first = content.find(b"\nfunc ")
    return map(_imported, _GO.findall(content, 0, len(content) if first < 0 else first))


def _ruby(content: bytes) -> Iterator[Statements]:
    """What is required, relative paths with a dot before them; and each constant, as written."""
    for match in _RUBY_REQUIRE.finditer(content):
        yield _imported((b"./" if match[1] else b"") + match[2])
    for constant in sorted(set(_RUBY_CONSTANT.findall(_RUBY_NO_USE.sub(b"\n", content)))):
        yield _imported(constant)


def _either(match: re.Match[bytes]) -> Statements:
    """The first group is what is imported, the second what is declared."""
    return _imported(match[1]) if match[1] is not None else _short([_text(match[2])], "declares")


@_remembered
def _imported(raw: bytes) -> Statements:
    return _short([_text(raw)])


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace").replace("\0", "�")


_SCRIPTS = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte")
_Language = Sequence[LinePattern[Statements]] | Callable[[bytes], Iterator[Statements]]
_IN_SCRIPTS = (
    LinePattern(_SCRIPT, (b"import", b"from"), _script),
    LinePattern(_SCRIPT_CALL, (b"require(", b"import("), _script_call),
)
_LANGUAGES: dict[str, _Language] = {
    **dict.fromkeys((".py", ".pyi"), (LinePattern(_PYTHON, (b"import",), _python),)),
    **dict.fromkeys(_SCRIPTS, _IN_SCRIPTS),
    ".go": _go,
    ".java": (LinePattern(_JAVA, (b"import", b"package"), _either),),
    ".cs": (LinePattern(_SHARP, (b"using", b"namespace"), _either),),
    **dict.fromkeys((".rb", ".rake"), _ruby),
}
ENDINGS = tuple(_LANGUAGES)
"""How the names of the files end that are read."""
