"""What a repository publishes for others to import, and what it requires of others: declared by manifests.

A package is published under the name of its manifest and is imported under a module; both must be there: a Python
project whose name is no folder with code, or a Java artifact that is not called as its folder, is not told.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from warehouse.classify import named_packages
from warehouse.classify.rules.screen import Screen

__all__ = ["LANGUAGES", "Published", "Required", "published", "required_packages"]

LANGUAGES: Mapping[str, str] = {
    "npm": "script",
    "gem": "ruby",
    "nuget": "csharp",
    "maven": "java",
    "go": "go",
    "pypi": "python",
}
"""By ecosystem of a manifest, what its packages are imported in."""

PYTHON_ROOTS = ("", "src", "lib", "python")
_GO_MODULE = re.compile(r"module\s+(\S+)\s*\Z")
_NPM_NAME = re.compile(r'\s*"name"\s*:\s*"(@?[\w.-]+(?:/[\w.-]+)?)"')
_PYTHON_NAME = re.compile(r"""\s*name\s*=\s*["']?([A-Za-z0-9][\w.-]*)["']?\s*,?\s*\Z""")
_PYTHON_MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py")
_NAMING_MANIFESTS = frozenset(("go.mod", "package.json", *_PYTHON_MANIFESTS))
# What others wrote and somebody copied in is published by them; so is what a tool keeps in a hidden folder.
_COPIED = re.compile(r"(?:^|/)(?:\.[^/]*|third[_-]party|vendor|vendored|node_modules|external|testdata|fixtures)/")
_JAVA_MANIFESTS = ("pom.xml", "build.gradle", "build.gradle.kts")
_PROJECT_FILES = (".gemspec", ".csproj", *_JAVA_MANIFESTS)


class Published(NamedTuple):
    """A package: what a manifest requires, by lower-case `name`; what an import begins with; where its code is."""

    language: str
    name: str
    module: str
    folder: str


class Required(NamedTuple):
    """A package that some manifest requires, by lower-case name."""

    language: str
    name: str


def required_packages(lines: Iterable[tuple[str, str]]) -> set[Required]:
    """The packages of lines added to manifests: pairs of path and line."""
    packages = set()
    for path, line in lines:
        for ecosystem, name in named_packages(path, line):
            if ecosystem in LANGUAGES:
                packages.add(Required(LANGUAGES[ecosystem], _plain(ecosystem, name)))
    return packages


def published(
    repo: str, lines: Iterable[tuple[str, str]], files: Sequence[str], namespaces: Mapping[str, Iterable[str]]
) -> set[Published]:
    """The packages of a repository, from manifest lines, all its paths, and the files that declare each namespace."""
    own_files = frozenset(files) - Screen(files).matching(_COPIED)
    packages = set(_by_files(repo, own_files, namespaces))
    for path, line in lines:
        folder, _, name = path.rpartition("/")
        if name not in _NAMING_MANIFESTS or _COPIED.search(path):
            continue
        if name == "go.mod" and (match := _GO_MODULE.match(line)):
            packages.add(Published("go", match[1].lower(), match[1], folder))
        elif name == "package.json" and (match := _NPM_NAME.match(line)):
            packages.add(Published("script", match[1].lower(), match[1], folder))
        elif name in _PYTHON_MANIFESTS and (match := _PYTHON_NAME.match(line)):
            packages |= set(_python(match[1], folder, own_files))
    return packages


def _plain(ecosystem: str, name: str) -> str:
    """One spelling: of Python dots, dashes and underscores are the same; a Maven artifact without its group."""
    if ecosystem == "pypi":
        return re.sub(r"[._-]+", "-", name).lower()
    return name.lower().rpartition(":")[2] if ecosystem == "maven" else name.lower()


def _python(name: str, folder: str, files: frozenset[str]) -> Iterator[Published]:
    for module in {name.replace("-", "_"), name.replace("-", ".")}:
        place = module.replace(".", "/")
        for root in PYTHON_ROOTS:
            base = posixpath.join(folder, root, place)
            if f"{base}/__init__.py" in files or f"{base}.py" in files:
                yield Published("python", _plain("pypi", name), module, folder)
                break


def _by_files(repo: str, files: frozenset[str], namespaces: Mapping[str, Iterable[str]]) -> Iterator[Published]:
    """Packages that are called as a file or a folder: gems, .NET projects, Java artifacts."""
    projects: dict[tuple[str, str], str] = {}
    for path in sorted(path for path in files if path.endswith(_PROJECT_FILES)):
        folder, _, file = path.rpartition("/")
        if file.endswith(".gemspec"):
            yield from _gem(file.removesuffix(".gemspec"), folder, files)
        elif file.endswith(".csproj"):
            projects["csharp", folder] = file.removesuffix(".csproj")
        elif file in _JAVA_MANIFESTS:
            projects["java", folder] = folder.rpartition("/")[2] or repo.rpartition("/")[2]
    for namespace, declaring in namespaces.items():
        for path in declaring:
            language = "java" if path.endswith(".java") else "csharp"
            if place := _innermost(language, path, projects):
                yield Published(language, projects[place].lower(), namespace, place[1])


def _gem(name: str, folder: str, files: frozenset[str]) -> Iterator[Published]:
    for module in {name, name.replace("-", "/")}:
        if posixpath.join(folder, "lib", f"{module}.rb") in files:
            yield Published("ruby", name.lower(), module, folder)


def _innermost(language: str, path: str, projects: Mapping[tuple[str, str], str]) -> tuple[str, str] | None:
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if (language, folder) in projects:
            return language, folder
    return None
