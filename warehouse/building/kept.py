"""What the build before made of repositories that did not change.

A Python model is a pure function: of the rows that it reads, of what it was made to know, and of the code. A key is a
digest of all of these. Where the build before made the rows of a repository under the same key, they are taken over
from its published file. The keys stand in a file beside it. Deleting that file is always right: the next build makes
everything anew.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import headway
import warehouse
from warehouse.model import REPOSITORIES, Input, Model, PythonModel
from warehouse.store import write_atomically

__all__ = ["Kept", "code_version"]

_BEFORE = "before"
WHOLE = ""
"""In place of the id of a repository: the key of a model that runs once, on all rows."""


class Kept:
    """The tables of the build before, in the published file that `connection` has attached, and the keys of this one.

    `keys`: for each model and repository the key under which the build before made the rows; empty without one.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, published: Path | None, *, anew: bool = False
    ) -> None:
        self._connection = connection
        self._note = folder / "keys.json"
        self._keys: dict[str, dict[str, str]] = {}
        self._prints: dict[tuple[str, tuple[str, ...], bool], dict[str, str]] = {}
        self._reads: dict[tuple[str, bool], set[tuple[str, ...]]] = {(REPOSITORIES, True): {("repo_id",)}}
        self._noted, before = ("", {}) if anew or published is None else _read(self._note, published)
        self._before = before
        if self._before and published is not None:
            self._attach(published)

    def _attach(self, published: Path) -> None:
        try:
            path = str(published).replace("'", "''")
            self._connection.execute(f"attach '{path}' as {_BEFORE} (read_only)")
        except duckdb.Error:  # damaged, or gone meanwhile: what it held is made anew
            self._before = {}

    def made_of(self, signature: str) -> bool:
        """Whether the build before was made of the very same, and its file can be read."""
        return bool(self._before) and self._noted == signature

    def expect(self, models: Iterable[Model]) -> None:
        """Note what these models will read: the rows of a table are then counted once for all of them."""
        for model in models:
            if isinstance(model, PythonModel) and model.knows is not None:
                for read in model.inputs:
                    self._reads.setdefault((read.table, model.per_repository), set()).add(read.columns)

    def unchanged(self, model: PythonModel, counts: Callable[[str], Mapping[str, int]]) -> list[str]:
        """The repositories whose rows the build before made of the same; `[""]`: the whole of a model that runs once.

        `counts`: of a table, how many rows each repository has. Also notes the keys of this build. A model
        that knows more than a key can hold is always made anew.
        """
        if model.knows is None:
            return []
        if model.per_repository:  # nothing is asked of the many tables that have no rows
            self._prints.update({(*_place(read), True): {} for read in model.inputs if not counts(read.table)})
        keys = self._keys_of(model)
        self._keys[model.name] = keys
        before = self._before.get(model.name, {})
        return [repo_id for repo_id, key in keys.items() if before.get(repo_id) == key]

    def take(self, table: str, repositories: Sequence[str]) -> None:
        """Add to a table of this build what the one before made of these repositories."""
        condition = "" if list(repositories) == [WHOLE] else " where repo_id in (select unnest($repositories))"
        parameters = {"repositories": list(repositories)} if condition else {}
        self._connection.execute(
            f'insert into "{table}" by name select * from {_BEFORE}.main."{table}"{condition}',  # noqa: S608
            parameters,
        )

    def note(self, published: Path, signature: str) -> None:
        """Keep the keys of the build that made this published file, and what the whole was made of."""
        self._note.parent.mkdir(exist_ok=True)
        write_atomically(self._note, json.dumps({"file": published.name, "signature": signature, "keys": self._keys}))

    def _keys_of(self, model: PythonModel) -> dict[str, str]:
        prints = [self._prints_of(read, model.per_repository) for read in model.inputs]
        if not model.per_repository:
            return {WHOLE: _digest(code_version(), model.name, model.knows, *(part[WHOLE] for part in prints))}
        listed = self._prints_of(Input(REPOSITORIES, ("repo_id",)), by_repository=True)
        return {
            repo_id: _digest(code_version(), model.name, model.knows, *(part.get(repo_id, "") for part in prints))
            for repo_id in prints[0]
            if repo_id in listed
        }

    def _prints_of(self, read: Input, by_repository: bool) -> dict[str, str]:  # noqa: FBT001 - part of a key
        place = (*_place(read), by_repository)
        if place not in self._prints:
            several = sorted(self._reads.get((read.table, by_repository), set()) | {read.columns})
            for columns, prints in zip(several, self._count(read.table, several, by_repository), strict=True):
                self._prints[read.table, columns, by_repository] = prints
        return self._prints[place]

    def _count(
        self,
        table: str,
        several: Sequence[Sequence[str]],
        by_repository: bool,  # noqa: FBT001 - part of a key
    ) -> Iterator[dict[str, str]]:
        """For each choice of columns a digest of the rows of each repository.

        The order in which rows lie does not count: models sort what they read. Each value is hashed once for all
        choices of columns that have it.
        """
        subject = "repo_id" if by_repository else f"'{WHOLE}'"
        values = {column: f"value_{n}" for n, column in enumerate(sorted(set().union(*several)))}
        hashed = [f'hash("{column}") as {value}' for column, value in values.items()]
        chosen = [", ".join(values[column] for column in columns) for columns in several]
        hashes = [f"hash({names}) as one_{n}, hash('other', {names}) as other_{n}" for n, names in enumerate(chosen)]
        sums = [
            f"sum({name}::hugeint), bit_xor({name})" for n in range(len(several)) for name in (f"one_{n}", f"other_{n}")
        ]
        rows = self._connection.execute(
            f"select subject, count(*), {', '.join(sums)} from ("  # noqa: S608 - names of ours
            f"select subject, {', '.join(hashes)} from ("
            f'select {subject} as subject, {", ".join(hashed)} from "{table}")) group by subject'
        ).fetchall()
        for n in range(len(several)):
            prints = {subject: repr([count, *made[4 * n : 4 * n + 4]]) for subject, count, *made in rows}
            yield prints if by_repository else {WHOLE: prints.get(WHOLE, "")}


def _place(read: Input) -> tuple[str, tuple[str, ...]]:
    return read.table, read.columns


@cache
def code_version() -> str:
    """A digest of everything that decides what models make of their inputs: our code and rules, and the engines."""
    whole = hashlib.sha256()
    for package in (headway, warehouse):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                whole.update(f"{path.relative_to(root)}\n".encode())
                whole.update(hashlib.sha256(path.read_bytes()).digest())
    return _digest(whole.hexdigest(), sys.version, duckdb.__version__, pa.__version__)


def _read(note: Path, published: Path) -> tuple[str, Mapping[str, Mapping[str, str]]]:
    """The signature and the keys of the build that made this file; nothing where they are another's, or damaged."""
    try:
        noted: Any = json.loads(note.read_text(encoding="utf-8"))
        if noted["file"] != published.name:
            return "", {}
        return str(noted["signature"]), {model: dict(keys) for model, keys in noted["keys"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "", {}


def _digest(*texts: str | None) -> str:
    whole = hashlib.sha256()
    for text in texts:
        whole.update(f"{len(text or '')} {text}".encode())
    return whole.hexdigest()
