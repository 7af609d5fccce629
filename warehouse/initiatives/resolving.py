"""From an import statement to the files of the same repository that it means.

Only what is certain resolves: a path that exists, a package that a manifest or a source file declares. Everything else
(packages of others, aliases of build tools that nobody wrote down here) is nothing: a dependency may be missed, and is
not made up.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from warehouse.initiatives.packages import PYTHON_ROOTS
from warehouse.initiatives.ruby import RubyFiles

__all__ = ["Declared", "Resolver", "declared_by_manifests", "resolves"]

_SCRIPT_ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte", ".d.ts")
_ROOTS = ("", "src", "lib", "python", "app")
_MODULE = re.compile(r"module\s+(\S+)\s*\Z")
_NAME = re.compile(r'\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")')
_MANY = 5_000
_ENDING_OF = {"csharp": ".cs", "go": ".go", "java": ".java", "ruby": ".rb"}


_RESOLVED = (*_SCRIPT_ENDINGS, ".py", ".pyi", *_ENDING_OF.values(), ".rake")


def resolves(path: str) -> bool:
    """Whether imports of such a file can be seen: it is code in a language of which they are read."""
    return path.endswith(_RESOLVED)


class Declared(NamedTuple):
    """What manifests and source files say they are: Go modules and script packages by folder, namespaces by files."""

    go_modules: Mapping[str, str] = {}
    packages: Mapping[str, str] = {}
    namespaces: Mapping[str, tuple[str, ...]] = {}


def declared_by_manifests(lines: Iterable[tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Go modules and script packages, each with its folder, from lines added to manifests: pairs of path and line."""
    modules, packages = {}, {}
    for path, line in lines:
        folder, _, name = path.rpartition("/")
        if name == "go.mod" and (match := _MODULE.match(line)):
            modules[match[1]] = folder
        elif name == "package.json" and (match := _NAME.match(line)):
            packages[str(json.loads(match[1]))] = folder
    return modules, packages


class Resolver:
    """Knows the files of a repository and what they declare."""

    def __init__(self, files: Iterable[str], declared: Declared) -> None:
        self._files = frozenset(files)
        self._declared = declared
        self._direct: dict[str, list[str]] = {}
        for path in sorted(self._files):
            self._direct.setdefault(path.rpartition("/")[0], []).append(path)
        self._ruby = RubyFiles(self._files)
        self._known: dict[tuple[str, str, str], tuple[str, ...]] = {}

    def targets(self, path: str, module: str) -> tuple[str, ...]:
        """The files that `module` means in the file at `path`: one, those of a folder or namespace, or none."""
        folder, _, name = path.rpartition("/")
        ending = name[name.rfind(".") :]
        key = (folder, ending, module)
        if key not in self._known:
            if len(self._known) > _MANY * 20:
                self._known.clear()
            self._known[key] = tuple(self._resolve(folder, ending, module))
        return self._known[key]

    def published(self, language: str, folder: str, module: str) -> Sequence[str]:
        """The files that another repository means by `module` of a package whose manifest lies in `folder`."""
        if language == "python":
            place = module.replace(".", "/")
            roots = (posixpath.join(folder, root) for root in PYTHON_ROOTS)
            return next(filter(None, (self._module(posixpath.join(root, place)) for root in roots)), ())
        if language == "script":
            return self._package(module)
        return self._resolve(folder, _ENDING_OF[language], module)

    def _resolve(self, folder: str, ending: str, module: str) -> Sequence[str]:
        if ending in {".py", ".pyi"}:
            return self._python(folder, module)
        if ending == ".go":
            return self._go(module)
        if ending == ".java":
            return self._java(module)
        if ending == ".cs":
            return self._declared.namespaces.get(module, ())
        if ending in {".rb", ".rake"}:
            return self._ruby.targets(folder, module)
        return self._script(folder, module)

    def _python(self, folder: str, module: str) -> Sequence[str]:
        dots = len(module) - len(module.lstrip("."))
        inner = module[dots:].replace(".", "/")
        if dots:
            base = folder
            for _ in range(dots - 1):
                base = base.rpartition("/")[0]
            return self._module(posixpath.join(base, inner).strip("/"))
        for root in dict.fromkeys((*_ancestors(folder), *_ROOTS)):
            if targets := self._module(posixpath.join(root, inner)):
                return targets
        return ()

    def _module(self, place: str) -> Sequence[str]:
        """A Python module by its path without ending: its file, or the files of the package."""
        for file in (f"{place}.py", f"{place}.pyi"):
            if file in self._files:
                return (file,)
        return [path for path in self._direct.get(place, ()) if path.endswith((".py", ".pyi"))]

    def _script(self, folder: str, module: str) -> Sequence[str]:
        if module.startswith("."):
            return self._file(posixpath.normpath(posixpath.join(folder, module)))
        if module.startswith(("@/", "~/")):
            roots = [above for above in _ancestors(folder) if above.rpartition("/")[2] == "src"] or ["src", ""]
            return next(filter(None, (self._file(posixpath.join(root, module[2:])) for root in roots)), ())
        return self._package(module) or self._rooted(folder, module)

    def _package(self, module: str) -> Sequence[str]:
        for name in _ancestors(module):
            if name and (place := self._declared.packages.get(name)) is not None:
                rest = module[len(name) :].strip("/")
                inside = (
                    (rest, posixpath.join("src", rest))
                    if rest
                    else ("index", "src/index", "main", "src/main", "src", "")
                )
                return next(filter(None, (self._file(posixpath.join(place, relative)) for relative in inside)), ())
        return ()

    def _rooted(self, folder: str, module: str) -> Sequence[str]:
        """`src/app/x`: from the top of the repository or of a folder above."""
        if "/" not in module or module.startswith("@"):
            return ()
        return next(filter(None, (self._file(posixpath.join(root, module)) for root in _ancestors(folder))), ())

    def _file(self, place: str) -> Sequence[str]:
        bare = place[: place.rfind(".")] if place.endswith((".js", ".jsx", ".mjs", ".cjs")) else place
        candidates = [place, *(bare + ending for ending in _SCRIPT_ENDINGS)]
        candidates += [f"{place}/index{ending}" for ending in _SCRIPT_ENDINGS]
        if target := next((candidate for candidate in candidates if candidate in self._files), None):
            return (target,)
        return [path for path in self._direct.get(place, ()) if path.endswith(_SCRIPT_ENDINGS)]

    def _go(self, module: str) -> Sequence[str]:
        for name in _ancestors(module):
            if name and (place := self._declared.go_modules.get(name)) is not None:
                folder = posixpath.join(place, module[len(name) :].strip("/")).strip("/")
                return [path for path in self._direct.get(folder, ()) if path.endswith(".go")]
        return ()

    def _java(self, module: str) -> Sequence[str]:
        """A class by the package that its file declares; `a.b.*` all of them; a static import by its class."""
        package, _, name = module.rpartition(".")
        files = self._declared.namespaces.get(package, ())
        if name == "*" and files:
            return files
        if targets := [path for path in files if path.rpartition("/")[2] == f"{name}.java"]:
            return targets
        outer, _, owner = package.rpartition(".")
        files = self._declared.namespaces.get(outer, ())
        return [path for path in files if path.rpartition("/")[2] == f"{owner}.java"]


def _ancestors(place: str) -> Iterator[str]:
    """A folder (or the name of a module) and everything above it, the top last."""
    while place:
        yield place
        place = place.rpartition("/")[0]
    yield ""
