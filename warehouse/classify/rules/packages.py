"""AI packages in added lines: of manifests by their ecosystem's own form, of source code by its imports."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from headway.errors import UsageError

__all__ = ["ai_import", "ai_package", "named_packages", "package_lists"]

_CACHED_LINES = 20_000
_LONGEST = 400  # characters of a line that are looked at
_VERSION = r"[ \t]*(?:[<>=!~]=?|===|@)[ \t]*\S"

# How a manifest names a package, by ecosystem. Where the file is not known, every form is tried.
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("npm", re.compile(r'"(@?[\w.-]+(?:/[\w.-]+)?)"[ \t]*:[ \t]*"(?:[\^~<>=*\d]|workspace:|npm:|latest|catalog:)')),
    ("gem", re.compile(r"""(?:gem|\w{1,9}\.add_(?:runtime_|development_)?dependency)[ \t(]+["']([\w-]+)["']""")),
    ("nuget", re.compile(r"""<Package(?:Reference|Version)\b[^>]{0,100}\b(?:Include|Update)="([\w.]+)""")),
    ("maven", re.compile(r"<(?:groupId|artifactId)>([\w.-]+)</")),
    ("maven", re.compile(r"""[\w ]{0,30}[( ]["']([\w.-]+:[\w.-]+)(?::[\w.$\-{}]+)?["']""")),
    ("go", re.compile(r"(?:require[ \t]+)?((?:[\w-]+\.)+[a-z]+/\S+)[ \t]+v\d")),
    ("cargo", re.compile(r"""([\w-]+)(?:\.workspace)?[ \t]*=[ \t]*(?:["'][\^~<>=*\d]|\{|true\b)""")),
    ("cargo", re.compile(r"\[(?:[\w.-]+\.)?dependencies\.([\w-]+)\]")),
    ("pypi", re.compile(r"""([\w.-]+)(?:\[[\w,. -]+\])?[ \t]*=[ \t]*(?:["'][\^~<>=*\d]|\{)""")),
    ("pypi", re.compile(rf"""["']([\w.-]+)(?:\[[\w,. -]+\])?(?:{_VERSION}[^"']*)?["'],?[ \t]*(?:#.*)?\Z""")),
    ("pypi", re.compile(rf"([\w.-]+)(?:\[[\w,. -]+\])?{_VERSION}")),
)
_BARE = ("pypi", re.compile(r"([\w.-]+)(?:\[[\w,. -]+\])?[ \t]*(?:#.*|;.*)?\Z"))
_BY_NAME = (
    (re.compile(r"package\.json\Z|pnpm-workspace\.ya?ml\Z"), {"npm"}),
    (re.compile(r"(?:requirements[\w.-]*\.(?:txt|in)|setup\.(?:py|cfg)|pyproject\.toml|Pipfile)\Z"), {"pypi"}),
    (re.compile(r"requirements/[\w.-]+\Z"), {"pypi"}),
    (re.compile(r"go\.mod\Z"), {"go"}),
    (re.compile(r"Cargo\.toml\Z"), {"cargo"}),
    (re.compile(r"(?:pom\.xml|\.gradle(?:\.kts)?|libs\.versions\.toml)\Z"), {"maven"}),
    (re.compile(r"(?:proj|\.props|packages\.config)\Z"), {"nuget"}),
    (re.compile(r"(?:Gemfile|\.gemspec)\Z"), {"gem"}),
)
_SOURCE_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("javascript", re.compile(r"""(?:import|export)\b[^"';]{0,300}["']([^"']+)["']""")),
    ("javascript", re.compile(r"""[^"']{0,200}\b(?:require|import)\(["']([^"']+)["']\)""")),
    ("ruby", re.compile(r"""require[ \t]+["']([\w/-]+)["']""")),
    ("go", re.compile(r"""(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"((?:[\w-]+\.)+[a-z]+/[^"]+)"[ \t]*\Z""")),
    ("rust", re.compile(r"(?:pub[ \t]+)?use[ \t]+(\w+)(?:::|;)")),
    ("dotted", re.compile(r"(?:global[ \t]+)?using[ \t]+(?:static[ \t]+)?([\w.]+);")),
    ("dotted", re.compile(r"import[ \t]+(?:static[ \t]+)?([\w.]+)(?:\.\*)?;")),
    (
        "python",
        re.compile(r"(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w.]+)(?:[ \t]+as[ \t]+\w+)?[ \t]*(?:,|\Z|#))"),
    ),
)


class _Names:
    """A list of names, some of which are prefixes."""

    def __init__(self, names: Iterable[str]) -> None:
        lowered = [name.lower() for name in names]
        self._whole = frozenset(name for name in lowered if not name.endswith("*"))
        self._starts = tuple(name[:-1] for name in lowered if name.endswith("*"))

    def has(self, name: str) -> bool:
        return name in self._whole or name.startswith(self._starts)

    def has_parent(self, module: str, separator: str) -> bool:
        """Whether the list has the module or a package that contains it."""
        parts = module.split(separator)
        return any(separator.join(parts[:end]) in self._whole for end in range(1, len(parts) + 1))


@lru_cache(maxsize=1)
def _lists() -> tuple[dict[str, _Names], dict[str, _Names]]:
    return package_lists(Path(__file__).with_name("packages.toml").read_text(encoding="utf-8"))


def package_lists(text: str) -> tuple[dict[str, _Names], dict[str, _Names]]:
    """Read the packages by ecosystem, and the modules by language, from the text of `packages.toml`.

    Raises `UsageError` for a name that is twice in a list.
    """
    data = tomllib.loads(text)
    modules = {language: _names(f"import.{language}", table) for language, table in data.pop("import").items()}
    return {ecosystem: _names(ecosystem, table) for ecosystem, table in data.items()}, modules


def _names(section: str, table: Mapping[str, str]) -> _Names:
    names = table["names"].split()
    double = next((name for name, count in Counter(names).items() if count > 1), None)
    if double is not None:
        raise UsageError(f"packages.toml has {double!r} twice in [{section}]", hint="remove one of them")
    return _Names(names)


def ai_package(path: str, line: str) -> str:
    """The AI package that an added line of a manifest names, empty if none; `path` is empty if unknown."""
    return _package(_ecosystems(path), path != "", line.strip()[:_LONGEST])


def named_packages(path: str, line: str) -> Iterator[tuple[str, str]]:
    """The packages that an added line of a manifest names, as pairs of ecosystem and lower-case name."""
    yield from _named(_ecosystems(path), line.strip()[:_LONGEST], has_path=path != "")


@lru_cache(_CACHED_LINES)
def _package(ecosystems: frozenset[str], has_path: bool, line: str) -> str:  # noqa: FBT001 - a key of the cache
    lists, _ = _lists()
    for ecosystem, name in _named(ecosystems, line, has_path=has_path):
        normalized = name.replace("_", "-") if ecosystem == "pypi" else name
        if lists[ecosystem].has(normalized) or (
            ecosystem == "maven" and lists["maven"].has(normalized.partition(":")[2])
        ):
            return name
    return ""


def _named(ecosystems: frozenset[str], line: str, *, has_path: bool) -> Iterator[tuple[str, str]]:
    for ecosystem, form in _forms_of(ecosystems, has_path):
        if (match := form.match(line)) is not None:
            yield ecosystem, match[1].lower()


@lru_cache(100)
def _forms_of(ecosystems: frozenset[str], has_path: bool) -> tuple[tuple[str, re.Pattern[str]], ...]:  # noqa: FBT001
    forms = (*_FORMS, _BARE) if has_path and "pypi" in ecosystems else _FORMS
    return tuple((ecosystem, form) for ecosystem, form in forms if ecosystem in ecosystems)


@lru_cache(_CACHED_LINES)
def _ecosystems(path: str) -> frozenset[str]:
    for pattern, ecosystems in _BY_NAME:
        if pattern.search(path):
            return frozenset(ecosystems)
    return frozenset() if path else frozenset(ecosystem for ecosystem, _ in _FORMS)


def ai_import(line: str) -> str:
    """The AI package that an added line of source code imports, empty if none."""
    return _import(line.strip()[:_LONGEST])


def _look_up_import(line: str) -> str:
    _, modules = _lists()
    for language, form in _SOURCE_FORMS:
        match = form.match(line)
        if match is None:
            continue
        module = next(group for group in match.groups() if group)
        separator = "." if language in {"python", "dotted"} else "/"
        if modules[language].has_parent(module.lower(), separator):
            return module
    return ""


_import: Callable[[str], str] = lru_cache(_CACHED_LINES)(_look_up_import)
