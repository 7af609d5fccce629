"""Which names of packages, and of keys before a version, are those of the repository itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from headway.releases.files import COPIED_PATH, PACKAGE_PATH

__all__ = ["OwnNames"]

_COPIED, _PACKAGE = re.compile(COPIED_PATH), re.compile(PACKAGE_PATH)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONG_ENOUGH = 3
# Words of a key that say that the version after it is the product's own.
_OF_THE_PRODUCT = frozenset((
    "app", "application", "base", "build", "bundle", "chart", "code", "current", "doc", "docs", "full", "image",
    "info", "lib", "library", "major", "marketing", "minor", "name", "new", "newtag", "number", "package", "patch",
    "pkg", "product", "project", "ref", "release", "revision", "sdk", "short", "since", "software", "stable",
    "string", "tag", "text", "ver", "version", "versions", "appversion",
))  # fmt: skip


class OwnNames:
    """The names of a repository and of its packages."""

    def __init__(self, repo: str, packages: Iterable[str], paths: Iterable[str]) -> None:
        """`repo` as `owner/name`; names of its packages; paths, of which the folders of manifests are names too."""
        packages = {package.lower() for package in packages if package}
        folders = {
            path.split("/")[-2] for path in paths if "/" in path and _PACKAGE.search(path) and not _COPIED.search(path)
        }
        self._repo = repo.lower()
        self._scopes = {package.partition("/")[0] for package in packages if package.startswith("@") and "/" in package}
        self._names = {_plain(name) for name in (repo, *packages, *folders)} - {""}
        self._prefixes = tuple(f"{_plain(name)}-" for name in (repo, *packages) if len(_plain(name)) >= _LONG_ENOUGH)

    def package(self, name: str) -> bool:
        """Whether a dependency is a package of the repository, or of its family: its scope, or its name as a prefix."""
        full = name.lower()
        if "/" in full and "." in full.partition("/")[0]:  # An address: of a module, or of an image.
            return "/" in self._repo and f"{self._repo}/" in f"{full}/"
        last = _plain(name)
        return (
            last in self._names
            or last.startswith(self._prefixes)
            or (full.startswith("@") and full.partition("/")[0] in self._scopes)
            or ("/" in self._repo and f"{self._repo}/" in f"{full}/")
        )

    def key(self, name: str) -> bool:
        """Whether what stands before a version is the repository's own name, or only says that it is a version."""
        if not name or self.package(name):
            return True
        if "/" in name:
            return False
        last = re.split(r"[./:]", name.strip("./:"))[-1]
        rest = [word for word in re.split(r"[-_\s]", _CAMEL.sub("-", last).lower()) if word not in _OF_THE_PRODUCT]
        rest = [word for word in rest if word not in {"", "v", "k"}]
        return not rest or self.package("-".join(rest))


def _plain(name: str) -> str:
    """The last part of a name, in small letters, with one kind of dash."""
    return re.split(r"[/:]", name.strip("/:"))[-1].lower().replace("_", "-").removesuffix(".git")
