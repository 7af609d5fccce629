"""The folder that an application is built from, places by its name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

__all__ = ["Component", "Folders", "components_among", "is_named"]

_DEEPEST = 5
_MANIFEST = re.compile(
    r"(?:^|/)(?:package\.json|Cargo\.toml|go\.mod|pom\.xml|pyproject\.toml|setup\.py|build\.gradle(?:\.kts)?|project\.json"
    r"|catalog-info\.yaml|Chart\.yaml|Dockerfile|composer\.json|[^/]+\.gemspec|[^/]+\.csproj)$"
)
_ASIDE = re.compile(
    r"(?i)(?:^|/)(?:node_modules|vendor|third[-_]party|tests?|__tests__|specs?|e2e|testdata|fixtures?|__fixtures__"
    r"|examples?|samples?|templates?|docs?|documentation|\.[^/]*)(?:/|$)"
)


class Component(NamedTuple):
    """A package or a catalogued component of the default branch: its folder (empty: the root) and its name."""

    folder: str
    name: str


def components_among(paths: Iterable[str], components: Iterable[Component]) -> list[Component]:
    """The packages whose manifests are among some paths; what the default branch has no more is called by its folder.

    None where those of the default branch are not known.
    """
    known: dict[str, list[Component]] = {}
    for part in components:
        known.setdefault(part.folder, []).append(part)
    folders = {path.rpartition("/")[0] for path in paths if _MANIFEST.search(path)} if known else set()
    return [
        part for folder in sorted(folders) for part in known.get(folder, [Component(folder, folder.rpartition("/")[2])])
    ]


def is_named(text: str) -> str:
    """A name in the form in which names are compared: without a scope, case or the choice of a separator."""
    return re.sub(r"[\W_]+", "-", text.rpartition("/")[2].lower()).strip("-")


@dataclass
class Folders:
    """The folders of one repository: those with a package in its default branch, and all that ever had a file."""

    components: Sequence[Component]
    paths: Iterable[str] = field(repr=False)
    renames: Iterable[tuple[str, str]] = field(default=(), repr=False)
    """Old and new path of each file that was moved."""

    def of(self, name: str) -> str | None:
        """The folder of the application or tag component of this name, empty for the root; None where none is."""
        exact = name.lower()
        packages = [part for part in self.components if part.name and not self.aside(part.folder)]
        # A name with folders, as of a Go module, is a path and no other's last word.
        rules = (
            lambda part: part.name.lower() == exact,
            lambda part: part.folder.lower() == exact,
            lambda part: is_named(part.name) == is_named(name),
            lambda part: is_named(part.folder) == is_named(name),
        )
        is_path = "/" in name and not name.startswith("@")
        for rule in rules[: 2 if is_path else None]:
            places = {part.folder for part in packages if rule(part)}
            if len(places) == 1:
                return places.pop()
        return self._past(name)

    def gone(self, folder: str) -> bool:
        """Whether a folder had a package once, and the default branch has none in it any more."""
        if not self.components or folder not in self._packages:
            return False
        return all(part.folder != folder and not part.folder.startswith(f"{folder}/") for part in self.components)

    def earlier(self, folder: str) -> list[str]:
        """Where the package of a folder was before: folders whose files were moved there, and that are gone."""
        before: set[str] = set()
        pending = [folder]
        for place in pending:
            moved = {old for old in self._moved.get(place, ()) if self.gone(old)}
            pending += sorted(moved - before - {folder})
            before |= moved - {folder}
        return sorted(before)

    def went_to(self, folder: str, homes: Mapping[str, str]) -> str:
        """The one of `homes`, names by folder, to which most files went that were moved out of a folder; else empty."""
        counts = Counter(
            next((homes[place] for place in reversed([*_above(new)]) if place in homes), "")
            for old, new in self.renames
            if old.startswith(f"{folder}/") and not new.startswith(f"{folder}/")
        )
        return next((home for home, files in counts.items() if 2 * files > counts.total()), "")

    @staticmethod
    def aside(folder: str) -> bool:
        """Whether what is in a folder is not for itself: tests, examples, copies."""
        return _ASIDE.search(folder) is not None

    def _past(self, name: str) -> str | None:
        """A folder of this name, whether it is still there or not: with a package before one without, the highest."""
        whole = name.strip("/").lower()
        ranked = [
            (folder.lower() != whole, folder not in self._packages, folder.count("/"), -files, folder)
            for folder in self._by_name.get(is_named(name), ())
            for files in [self._files[folder]]
            if folder.lower() == whole or "/" not in whole or whole.startswith("@")
        ]
        return min(ranked)[-1] if ranked else None

    @cached_property
    def _files(self) -> Counter[str]:
        """How many paths there ever were below each folder."""
        return Counter(folder for path in self.paths for folder in _above(path))

    @cached_property
    def _moved(self) -> dict[str, list[str]]:
        """For each folder the packages that moved there: most of what was moved out of them, or their manifest, went.

        Where many packages move at once, Git takes files that all of them have for one another's.
        """
        counts: dict[str, Counter[str]] = {}
        manifests: set[tuple[str, str]] = set()
        for old, new in self.renames:
            olds, news = old.split("/"), new.split("/")
            while olds and news and olds.pop() == news.pop():
                folder, place = "/".join(olds), "/".join(news)
                if folder in self._packages and folder != place:
                    counts.setdefault(folder, Counter())[place] += 1
                    if _MANIFEST.fullmatch(old[len(folder) + 1 :]):
                        manifests.add((folder, place))
        moved: dict[str, list[str]] = {}
        for folder, places in counts.items():
            (place, files), total = places.most_common(1)[0], places.total()
            if files * 2 > total and ((folder, place) in manifests or files * 2 >= self._files[folder]):
                moved.setdefault(place, []).append(folder)
        return moved

    @cached_property
    def _packages(self) -> frozenset[str]:
        """Folders that ever had a manifest of a package."""
        places = (path.rpartition("/")[0] for path in self.paths if _MANIFEST.search(path))
        return frozenset(folder for folder in places if folder and not self.aside(folder))

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        named: dict[str, list[str]] = {}
        for folder in self._files:
            if not self.aside(folder):
                named.setdefault(is_named(folder), []).append(folder)
        return named


def _above(path: str) -> Iterator[str]:
    """The folders that a path is in, none deeper than a few."""
    parts = path.split("/")[:-1][:_DEEPEST]
    for depth in range(1, len(parts) + 1):
        yield "/".join(parts[:depth])
