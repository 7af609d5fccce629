"""Take a source, a repository or a person out of the raw store, whole or not at all.

What is to go is written down first (`forget.json`), in one rename; from then on `finish` does it, however often it
is stopped. Commit files go before the files that they name, so that a reader never meets a name without its file.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headway.repository_names import repository_key
from warehouse.store import Commit, RawStore, hidden_by
from warehouse.upkeep.damage import missing_files
from warehouse.upkeep.file_schemas import complete_schema
from warehouse.upkeep.notes import reading
from warehouse.upkeep.people import (
    FILE,
    ForgottenPerson,
    forgotten_people,
    identities_of,
    new_person,
    text_of,
    without_people,
)

__all__ = ["Forgotten", "finish", "forget", "pending", "what_goes", "who_goes"]


@dataclass(frozen=True)
class Forgotten:
    """What goes: sources by their ids, repositories by their keys, a person's identities, and how many rows that is."""

    sources: tuple[str, ...]
    repositories: tuple[str, ...]
    rows: int = 0
    identities: tuple[str, ...] = ()


def who_goes(store: RawStore, who: str) -> Forgotten | None:
    """The person that a name, an address or a log-in stands for; None where no row has it."""
    commits = store.commits()
    missing = missing_files(store, commits)
    files = {table: [path for path in paths if path not in missing] for table, paths in store.files(commits).items()}
    identities, rows = identities_of(files, who)
    return Forgotten((), (), rows, tuple(sorted(identities))) if identities else None


def what_goes(store: RawStore, name: str) -> Forgotten | None:
    """What a source's id, or a repository's, stands for in the warehouse; None where it has neither."""
    commits = store.commits()
    sources = {commit.source for commit in commits}
    if name in sources:
        with_repairs = tuple(source for source in (name, f"repairs:{name}") if source in sources)
        return Forgotten(with_repairs, (), sum(_rows(commit) for commit in commits if commit.source in with_repairs))
    key = repository_key(name)
    rows = sum(len(table) for _, table in _tables_of(store, commits, key))
    fed = any(repository_key(repo_id) == key for commit in commits for repo_id in commit.repo_ids)
    return Forgotten((), (key,), rows) if rows or fed else None


def forget(store: RawStore, forgotten: Forgotten) -> None:
    """Write down what goes, and let it go; the caller holds the warehouse (`RawStore.collecting`)."""
    if forgotten.identities:  # first: what is collected from now on has the alias too
        people = [*_forgotten(store), new_person(forgotten.identities)]
        store.storage.write_note(store.warehouse / FILE, text_of(people))
    text = {"sources": list(forgotten.sources), "repositories": list(forgotten.repositories)}
    text |= {"people": [FILE] if forgotten.identities else []}
    store.storage.write_note(_intent(store), json.dumps(text))
    finish(store)


def pending(store: RawStore) -> bool:
    """Whether something is written down that did not go yet: a run that was stopped."""
    return store.storage.note(_intent(store)) is not None


def finish(store: RawStore) -> bool:
    """Let go what is written down; false where nothing is. The caller holds the warehouse."""
    text = store.storage.note(_intent(store))
    if text is None:
        return False
    with reading(_intent(store)):
        said = json.loads(text)
        sources, repositories, people = set(said["sources"]), list(said["repositories"]), said.get("people")
    _drop_sources(store, sources)
    for key in repositories:
        _drop_repository(store, key)
    if people:
        _rename_people(store)
    _sweep(store)
    store.storage.remove([_intent(store)])
    return True


def _forgotten(store: RawStore) -> list[ForgottenPerson]:
    return forgotten_people(store.storage.note(store.warehouse / FILE))


def _intent(store: RawStore) -> Path:
    return store.warehouse / "forget.json"


def _rows(commit: Commit) -> int:
    return sum(commit.rows.values())


def _tables_of(store: RawStore, commits: list[Commit], key: str) -> Iterator[tuple[Commit, Any]]:
    """The ids of each file's rows of a repository, with the batch that it belongs to."""
    missing = missing_files(store, commits)
    store.files(commits)
    for commit in commits:
        for table, names in commit.files.items():
            for name in names:
                if store.folder / table / name in missing:
                    continue
                column = pq.read_table(store.folder / table / name, columns=["repo_id"])["repo_id"]
                ids = [repo_id for repo_id in column.unique().to_pylist() if repo_id and repository_key(repo_id) == key]
                if ids:
                    yield commit, column.filter(pc.is_in(column, value_set=pa.array(ids, pa.string())))


def _drop_sources(store: RawStore, sources: set[str]) -> None:
    """Remove the commit files of sources, the older first: what a batch replaced does not come back without it."""
    for commit in store.listed():
        if commit.source in sources:
            store.storage.remove([store.commits_folder / commit.name])


def _drop_repository(store: RawStore, key: str) -> None:
    """Each batch with rows of a repository is replaced by one without them; one that has no others goes."""
    for commit in store.commits():
        others = tuple(repo_id for repo_id in commit.repo_ids if repository_key(repo_id) != key)
        has_rows = any(True for _ in _tables_of(store, [commit], key))
        if not has_rows and others == commit.repo_ids:
            continue
        left = _without(store, commit, key, others)
        # A merged batch may have rows of repositories that its source no longer feeds.
        _replace(store, commit, None if commit.repo_ids and not others and not left.rows else left)


def _without(store: RawStore, commit: Commit, key: str, others: tuple[str, ...]) -> Commit:
    """The batch with its rows of a repository left out, in files of their own."""
    files: dict[str, tuple[str, ...]] = {}
    rows: dict[str, int] = {}
    missing = missing_files(store, [commit])
    for table, names in commit.files.items():
        for name in names:
            if store.folder / table / name in missing:  # it stays named, so that others still know what is missing
                files[table] = (*files.get(table, ()), name)
                continue
            path = store.folder / table / name
            data = pq.read_table(path, schema=complete_schema(table, [path]))
            ids = data["repo_id"].unique().to_pylist()
            gone = pa.array([repo_id for repo_id in ids if repo_id and repository_key(repo_id) == key], pa.string())
            left = data.filter(pc.invert(pc.is_in(data["repo_id"], value_set=gone)))
            if left.num_rows:
                new = f"{secrets.token_hex(16)}.parquet"
                pq.write_table(left, store.folder / table / new, compression="zstd")
                files[table] = (*files.get(table, ()), new)
                rows[table] = rows.get(table, 0) + left.num_rows
    resume = commit.resumed()
    if "repo_ids" in resume:
        resume["repo_ids"] = list(others)
    name = f"{commit.name.removesuffix('.json')}-{secrets.token_hex(4)}.json"
    return replace(commit, name=name, files=files, rows=rows, resume=resume, repo_ids=others)


def _rename_people(store: RawStore) -> None:
    """Each batch with a row that names a forgotten person is replaced by one with the alias."""
    people = _forgotten(store)
    for commit in store.commits():
        missing = missing_files(store, [commit])
        store.files([commit])
        files = {table: list(names) for table, names in commit.files.items()}
        for table, names in files.items():
            for place, name in enumerate(names):
                path = store.folder / table / name
                if path in missing:
                    continue
                rows = pq.read_table(path)
                new = without_people(table, rows, people)
                if new is not rows:
                    names[place] = f"{secrets.token_hex(16)}.parquet"
                    pq.write_table(new, path.with_name(names[place]), compression="zstd")
        changed = {table: tuple(names) for table, names in files.items()}
        if changed != commit.files:
            name = f"{commit.name.removesuffix('.json')}-{secrets.token_hex(4)}.json"
            _replace(store, commit, replace(commit, name=name, files=changed))


def _replace(store: RawStore, old: Commit, new: Commit | None) -> None:
    """Put one batch in the place of another at once."""
    gone = (*old.replaces, old.name)
    if new is not None:
        new = replace(new, replaces=gone)
        old_files = {(table, name) for table, names in old.files.items() for name in names}
        files = [(table, name) for table, names in new.files.items() for name in names]
        store.storage.send([store.folder / table / name for table, name in files if (table, name) not in old_files])
        store.storage.create(store.commits_folder / new.name, new.to_json())
    store.storage.remove([store.commits_folder / name for name in gone])


def _sweep(store: RawStore) -> None:
    """Remove the raw files that no batch names, and batches that others replaced: they hold what was forgotten."""
    listed = store.listed()
    hidden = hidden_by(listed)
    store.storage.remove([store.commits_folder / commit.name for commit in listed if commit.name in hidden])
    store.storage.remove([store.commits_folder / name for commit in store.commits() for name in commit.replaces])
    commits = store.commits()
    named = {path for paths in store.files(commits).values() for path in paths} | store.resume_files(commits)
    loose = [path for path in store.storage.written() if path not in named and path.parent != store.commits_folder]
    store.storage.remove(path for path in loose if path.suffix in {".json", ".parquet", ".damaged", ".tmp"})
