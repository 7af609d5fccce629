"""The packages and catalogued components of the default branch's tip: which folders have a name of their own."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from collectors.git.process.command import Git
from collectors.git.process.objects import contents
from headway.errors import HeadwayError

__all__ = ["COMPONENT_PATH", "Component", "Listing", "named", "read_components", "tip_listing"]

MOST_FILES = 5_000
"""Files that name components are read up to this many, those of the highest folders first."""
COMPONENT_PATH = re.compile(
    r"(?:^|/)(?:package\.json|Cargo\.toml|go\.mod|pom\.xml|pyproject\.toml|build\.gradle(?:\.kts)?|project\.json"
    r"|Chart\.yaml|catalog-info\.ya?ml|Dockerfile)$"
)
"""Files that name what their folder is."""
_FOLDERS_ALONE = ("Dockerfile", "build.gradle", "build.gradle.kts")
"""What says that a folder is a component, and not what it is called."""
_COPIED = re.compile(r"(?:^|/)(?:node_modules|vendor|third[_-]party)/")
_ECOSYSTEMS = {
    "package.json": "npm",
    "Cargo.toml": "cargo",
    "go.mod": "go",
    "pom.xml": "maven",
    "pyproject.toml": "python",
    "build.gradle": "gradle",
    "build.gradle.kts": "gradle",
    "project.json": "nx",
    "Chart.yaml": "helm",
    "catalog-info.yaml": "backstage",
    "catalog-info.yml": "backstage",
    "Dockerfile": "docker",
}
_NOT_OWN = re.compile(r"(?s)<!--.*?-->|<(parent|dependencies|dependencyManagement|build|profiles)>.*?</\1>")
_NAMES = {
    "go.mod": r"(?m)^module[ \t]+\"?([^\s\"]+)",
    "pom.xml": r"<artifactId>\s*([^<]+?)\s*</artifactId>",
    "Chart.yaml": r"(?m)^name:[ \t]*[\"']?([^\s\"'#]+)",
}
_LONGEST = 200


class Component(NamedTuple):
    """A name, the file that says it, and the folder that the file is in."""

    path: str
    folder: str
    name: str
    ecosystem: str


class Listing(NamedTuple):
    """The files of a tip that name components, with their blobs, and what they are together."""

    blobs: Mapping[str, str]
    fingerprint: str


def tip_listing(git: Git, tip: str) -> Listing:
    """The files of a commit's tree that name components."""
    blobs: dict[str, str] = {}
    for entry in git.output("ls-tree", "-r", "-z", "--full-tree", tip).split(b"\0"):
        head, _, raw = entry.partition(b"\t")
        kind = head.split()
        if len(kind) == 3 and kind[1] == b"blob" and kind[0] != b"120000":
            path = raw.decode("utf-8", "surrogateescape")
            if COMPONENT_PATH.search(path) and path.isprintable() and not _COPIED.search(path):
                blobs[path] = kind[2].decode()
    chosen = sorted(blobs, key=lambda path: (path.count("/"), path))[:MOST_FILES]
    text = "".join(f"{blobs[path]} {path}\n" for path in chosen)
    return Listing({path: blobs[path] for path in chosen}, hashlib.sha256(text.encode()).hexdigest()[:16])


def read_components(git: Git, listing: Listing) -> Iterator[Component]:
    """The repository itself, then each component.

    One whose contents are missing has the name of its folder. A clone without file contents has those that it checked
    out, so they are tried in every clone; none is fetched.
    """
    yield Component("", "", "", "repository")
    oids = [oid for path, oid in listing.blobs.items() if not path.endswith(_FOLDERS_ALONE)]
    texts: dict[str, bytes] = {}
    with suppress(HeadwayError):  # names help to find services; nothing else waits for them
        for oid, content in contents(git, oids):  # one after the other: what was read before an error stays
            texts[oid] = content  # noqa: PERF403
    for path, oid in sorted(listing.blobs.items()):
        folder, _, file = path.rpartition("/")
        name = named(file, texts.get(oid, b""))
        # Of the root the folder says nothing, and what the file does not say is not known.
        for text in name or [folder.rpartition("/")[2]]:
            if text and text.isprintable() and len(text) <= _LONGEST:
                yield Component(path, folder, text, _ECOSYSTEMS[file])


def named(file: str, content: bytes) -> Sequence[str]:
    """The names that such a file gives to what is in its folder, empty where it says none or cannot be parsed."""
    text = content.decode("utf-8", "replace")
    try:
        names = _names(file, text)
    except (ValueError, RecursionError):
        return ()
    return list(dict.fromkeys(name.strip() for name in names if isinstance(name, str) and name.strip()))


def _names(file: str, text: str) -> Sequence[Any]:
    if file.endswith(".json"):
        return [_table(json.loads(text or "{}")).get("name")]
    if file.endswith(".toml"):
        tables: dict[str, Any] = tomllib.loads(text)
        places = [tables.get("package"), tables.get("project"), _table(tables.get("tool")).get("poetry")]
        return [_table(place).get("name") for place in places]
    if file.startswith("catalog-info"):
        return _catalogued(text)
    own = _NOT_OWN.sub("", text) if file == "pom.xml" else text
    return re.findall(_NAMES[file], own)[:1] if file in _NAMES else ()


def _catalogued(text: str) -> list[str]:
    """The names of the components in a file of Backstage, which may have several documents."""
    names: list[str] = []
    for document in re.split(r"(?m)^---", text):
        if re.search(r"(?m)^kind:[ \t]*[\"']?Component\b", document):
            metadata = re.search(r"(?m)^metadata:[^\n]*\n((?:[ \t]+[^\n]*\n?|[ \t]*\n)*)", document)
            names += re.findall(r"(?m)^[ \t]+name:[ \t]*[\"']?([^\s\"'#]+)", metadata[1] if metadata else "")[:1]
    return names


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
