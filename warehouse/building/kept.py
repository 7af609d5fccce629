"""The build before: its published file, from which the next one begins, and what it was made of.

A build begins with a copy of the file that the build before published, and makes again what is made of something that
differs (`remaking`). What the file was made of stands in a note beside it. Without the note, or where code or engines
differ, a build makes everything anew: deleting either is always right.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pyarrow as pa

import headway
import warehouse
from warehouse.building.raw_files import RepositoriesOf
from warehouse.model import Model, PythonModel
from warehouse.store import write_atomically

__all__ = ["Kept", "Origin", "code_version", "digest_of_files", "knowledge"]


@dataclass(frozen=True)
class Origin:
    """What a published file was made of.

    `knows`: of each Python model a digest of what it knows beside its inputs. `files`: of which repositories the rows
    of each raw file are; `spellings`: which of their names are used.
    """

    knows: Mapping[str, str] = field(default_factory=dict)
    files: RepositoriesOf = field(default_factory=dict)
    spellings: Mapping[str, str] = field(default_factory=dict)


class Kept:
    """The published file of the build before, and the note of what it was made of.

    `begin`: the file that the next build begins with; None where it makes everything anew. `origin`: what that file
    was made of; what is known of raw files is there without a file too.
    """

    def __init__(self, folder: Path, published: Path | None, *, anew: bool = False) -> None:
        self._note = folder / "keys.json"
        noted = _read(self._note)
        self.origin = Origin(files=noted.get("files", {}))
        self._signature = ""
        self.begin: Path | None = None
        if published is not None and not anew and noted.get("file") == _identity(published):
            self._signature = noted["signature"]
            if noted["code"] == code_version():
                self.begin = published
                self.origin = Origin(**{name: noted[name] for name in ("knows", "files", "spellings")})

    def made_of(self, signature: str) -> bool:
        """Whether the build before was made of the very same."""
        return self._signature == signature

    def note(self, published: Path, signature: str, origin: Origin) -> None:
        """Note what this published file was made of."""
        self._note.parent.mkdir(exist_ok=True)
        content = {"file": _identity(published), "signature": signature, "code": code_version(), **asdict(origin)}
        write_atomically(self._note, json.dumps(content))


def knowledge(models: Iterable[Model]) -> dict[str, str]:
    """Of each Python model a digest of what it knows beside its inputs, where a text can say it."""
    return {
        model.name: _digest(model.knows)
        for model in models
        if isinstance(model, PythonModel) and model.knows is not None
    }


@cache
def code_version() -> str:
    """A digest of everything that decides what models make of their inputs: our code and rules, and the engines."""
    return _digest(digest_of_files(headway, warehouse), sys.version, duckdb.__version__, pa.__version__)


def digest_of_files(*packages: ModuleType) -> str:
    """A digest of all files of these packages."""
    whole = hashlib.sha256()
    for package in packages:
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                whole.update(f"{path.relative_to(root)}\n".encode())
                whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _identity(published: Path) -> str:
    """A file that something else wrote to is not the one that the build before published."""
    status = published.stat()
    return f"{published.name} {status.st_size} {status.st_mtime_ns}"


def _read(note: Path) -> dict[str, Any]:
    """The note of a build, empty where it is lost or damaged."""
    try:
        noted: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
        texts = [noted[name] for name in ("file", "signature", "code")]
        tables = [noted[name] for name in ("knows", "files", "spellings")]
        tables += noted["files"].values()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    sound = all(isinstance(text, str) for text in texts) and all(isinstance(table, dict) for table in tables)
    return noted if sound else {}


def _digest(*texts: str) -> str:
    whole = hashlib.sha256()
    for text in texts:
        whole.update(f"{len(text)} {text}".encode())
    return whole.hexdigest()
