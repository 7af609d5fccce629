"""A backup of the raw store in one file, made beside running collectors, and a warehouse made of it again.

Everything else in a warehouse is derived. A backup holds the batches that were visible at one moment with all files
that they name, and the digest of each: it is whole, or it is not restored.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from headway.errors import UsageError, WarehouseError
from warehouse.store import FORMAT, RawStore, appearing, prepare, remove_unfinished
from warehouse.store.locks import RESTORING
from warehouse.upkeep.permissions import as_private_as
from warehouse.upkeep.space import ensure_space

__all__ = ["Backup", "backup", "restore"]

_CONTENTS = "contents.json"
_BESIDE = "_warehouse"  # the folder, in a backup, of the notes that lie beside the raw store
_NOTES = ("privacy.json", "forgotten.json")


class Backup(NamedTuple):
    """How many batches and bytes a backup has."""

    batches: int
    size_bytes: int


def backup(store: RawStore, target: Path) -> Backup:
    """Write what is visible now to a tar file that only its owner may read; it appears whole or not at all."""
    commits = store.commits()
    if not commits:
        raise WarehouseError(f"the warehouse {store.storage.name} is empty", hint="run `headway collect`")
    if damaged := store.unreadable():
        raise WarehouseError(f"{damaged[0]} is damaged", hint="run `headway collect --full`, then back up")
    # Batches as they were listed: a collector may replace their files meanwhile; what they name stays for a day.
    contents = {store.commits_folder / commit.name: commit.to_json().encode() for commit in commits}
    paths = sorted(store.resume_files(commits))
    store.storage.bring(paths)
    paths += [path for files in store.files(commits).values() for path in files if path.exists()]
    notes = {name: store.storage.note(store.warehouse / name) for name in _NOTES}
    contents |= {store.folder / _BESIDE / name: text.encode() for name, text in notes.items() if text is not None}
    remove_unfinished(target.absolute().parent, target.name)
    ensure_space(target.absolute().parent, sum(path.stat().st_size for path in paths), "the backup")
    digests: dict[str, str] = {}
    try:
        with appearing(target, 0o600) as file, tarfile.open(fileobj=file, mode="w") as archive:
            for path in (*contents, *paths):
                content = contents[path] if path in contents else path.read_bytes()
                _add(archive, str(path.relative_to(store.folder)), content, digests)
            _add(archive, _CONTENTS, json.dumps({"format": FORMAT, "files": digests}).encode(), {})
    except OSError as error:
        what = error.filename or target
        raise WarehouseError(
            f"cannot back up {what}: {error.strerror}", hint="check the space and the permissions, and try again"
        ) from error
    return Backup(len(commits), target.stat().st_size)


def _add(archive: tarfile.TarFile, name: str, content: bytes, digests: dict[str, str]) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))
    digests[name] = hashlib.sha256(content).hexdigest()


def restore(source: Path, store: RawStore) -> Backup:
    """Make the raw store of a warehouse that has none from a backup; whole, or nothing of it."""
    warehouse = store.warehouse
    if store.storage.shared:
        raise UsageError(
            f"a backup cannot be restored to {store.storage.name}",
            hint="restore it into a folder (--warehouse FOLDER), then copy its raw/ there, _commits last",
        )
    if store.commits() or store.unreadable():
        whole = "restore into another folder: --warehouse FOLDER"
        interrupted = f"if a restore was interrupted before its build, run `headway build`; else {whole}"
        hint = whole if (warehouse / "CURRENT").exists() else interrupted
        raise WarehouseError(f"the warehouse {warehouse} holds collected data", hint=hint)
    ensure_space(warehouse.absolute(), _size(source), "the restored warehouse")
    prepare(warehouse)
    partial = warehouse / RESTORING
    with store.collecting(), as_private_as(warehouse):
        try:
            _unpack(source, partial)
            shutil.rmtree(store.folder, ignore_errors=True)  # without a batch there is nothing that counts
            for note in (partial / _BESIDE).glob("*"):
                note.replace(warehouse / note.name)
            shutil.rmtree(partial / _BESIDE, ignore_errors=True)
            partial.replace(store.folder)
        except OSError as error:
            raise WarehouseError(
                f"cannot restore {error.filename or source}: {error.strerror}",
                hint="check the space and the permissions",
            ) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return Backup(len(store.commits()), _size(source))


def _size(source: Path) -> int:
    try:
        return source.stat().st_size
    except OSError as error:
        raise WarehouseError(f"cannot read {source}: {error.strerror}", hint="give the file of a backup") from error


def _unpack(source: Path, folder: Path) -> None:
    """Write the files of a backup below a folder, each after its digest was compared."""
    contents = dict(_members(source, only=_CONTENTS))
    try:
        listing = json.loads(contents[_CONTENTS])
        digests: dict[str, str] = dict(listing["files"])
        newer = listing["format"] > FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(source, "its list of contents is missing") from error
    if newer:
        raise WarehouseError(f"a newer version of Headway wrote {source}", hint="install that version or a newer one")
    for name, content in _members(source):
        if name == _CONTENTS:
            continue
        if digests.pop(name, None) != hashlib.sha256(content).hexdigest() or not _is_raw(name):
            raise _damaged(source, f"{name} is not what was backed up")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    if digests:
        raise _damaged(source, f"{next(iter(digests))} is missing")


def _members(source: Path, *, only: str = "") -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(source, mode="r:") as archive:
            for member in archive:
                if only and member.name != only:
                    continue
                file = archive.extractfile(member) if member.isreg() else None
                if file is None:
                    raise _damaged(source, f"{member.name} is not a file")
                yield member.name, file.read()
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(source, str(error)) from error


def _is_raw(name: str) -> bool:
    """Whether it is the name of a file in a folder of the raw store, or of a note beside it, and nothing else."""
    parts = name.split("/")
    if parts[0] == _BESIDE:
        return tuple(parts[1:]) in {(note,) for note in _NOTES}
    plain = all(part and not part.startswith(".") and part.isprintable() and "\\" not in part for part in parts)
    return len(parts) == 2 and plain and name.endswith((".json", ".parquet"))


def _damaged(source: Path, what: str) -> WarehouseError:
    return WarehouseError(f"{source} is no whole backup: {what}", hint="restore another backup; nothing was changed")
