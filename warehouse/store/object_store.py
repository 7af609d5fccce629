"""Raw rows on object storage (S3 and what speaks it), with copies of what was read in the folder of this machine.

An object is whole or not there, and a new one is created only if there is none of its name. A raw file, a commit file
and a resume point never change, so a copy is as good as the object; notes are read each time.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from headway.errors import UsageError, WarehouseError
from headway.settings.sections import WarehouseSettings
from warehouse.store.local_folder import disk, prepare, set_aside
from warehouse.upkeep.notes import reading

try:
    import obstore
    from obstore.exceptions import AlreadyExistsError, BaseError
    from obstore.store import S3Store
except ImportError as error:
    raise UsageError(
        "raw rows on object storage need the client obstore", hint="install Headway with its extra `s3`"
    ) from error

__all__ = ["ObjectStore"]

_AT_ONCE = 16
RETRIES = 8
"""Of a request that the storage or the network failed; each waits longer."""
_TIMEOUT = timedelta(minutes=10)
_CODE = re.compile(r"<Code>(\w+)</Code>")


class ObjectStore:
    """A bucket, or a part of one, as `warehouse.store.storage.Storage`."""

    retained = timedelta(days=7)
    shared = True

    def __init__(
        self, url: str, warehouse: Path, environment: Mapping[str, str] = os.environ, *, client: Any = None
    ) -> None:
        self.name = url
        self._warehouse, self._raw = warehouse, warehouse / "raw"
        self._secrets = [environment[name] for name in WarehouseSettings.SECRETS if environment.get(name)]
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        plain = environment.get("AWS_ENDPOINT_URL", environment.get("AWS_ENDPOINT", "")).startswith("http://")
        with self._reaching():
            self._client = client or S3Store(
                bucket,
                prefix=prefix.strip("/") or None,
                client_options={"allow_http": plain, "timeout": _TIMEOUT},
                retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(minutes=2)},
            )
        self._sizes: dict[Path, int] = {}

    def names(self, folder: Path) -> set[str]:
        """As `Storage.names`."""
        return {path.name for path in self._listed(folder) if path.parent == folder}

    def written(self) -> dict[Path, datetime]:
        """As `Storage.written`."""
        return self._listed(self._raw)

    def drop_copies(self, *, older_than: datetime) -> None:
        """As `Storage.drop_copies`."""
        limit = older_than.replace(tzinfo=UTC).timestamp()
        copies = [path for path in self._raw.rglob("*") if path.is_file() and path.stat().st_mtime < limit]
        objects = self._listed(self._raw)
        for path in copies:
            if path not in objects:
                path.unlink(missing_ok=True)

    def _listed(self, folder: Path) -> dict[Path, datetime]:
        times = {}
        with self._reaching():
            for page in obstore.list(self._client, self._key(folder)):
                for item in page:
                    path = self._warehouse / item["path"]
                    self._sizes[path] = item["size"]
                    times[path] = item["last_modified"].astimezone(UTC).replace(tzinfo=None)
        return times

    def read(self, path: Path) -> str:
        """As `Storage.read`."""
        self._copy(path)
        return path.read_text(encoding="utf-8")

    def create(self, path: Path, text: str) -> None:
        """As `Storage.create`; an answer that was lost is asked for."""
        content = text.encode()
        try:
            with self._reaching():
                obstore.put(self._client, self._key(path), content, mode="create", use_multipart=False)
        except (AlreadyExistsError, WarehouseError) as error:
            with contextlib.suppress(FileNotFoundError):
                if self._content(path) == content:
                    return
            if isinstance(error, WarehouseError):
                raise
            raise WarehouseError(
                f"{self._url(path)} is there with other contents", hint="run the command again; nothing was lost"
            ) from error

    def note(self, path: Path) -> str | None:
        """As `Storage.note`."""
        try:
            content = self._content(path)
        except FileNotFoundError:
            return None
        with reading(path):
            return content.decode()

    def write_note(self, path: Path, text: str) -> None:
        """As `Storage.write_note`."""
        with self._reaching():
            obstore.put(self._client, self._key(path), text.encode(), use_multipart=False)

    def bring(self, paths: Iterable[Path]) -> None:
        """As `Storage.bring`, several at a time."""

        def bring(path: Path) -> None:
            with contextlib.suppress(FileNotFoundError):
                self._copy(path)

        missing = [path for path in paths if not self._is_copied(path)]
        if missing:
            with ThreadPoolExecutor(min(_AT_ONCE, len(missing))) as pool:
                list(pool.map(bring, missing))

    def send(self, paths: Iterable[Path]) -> None:
        """As `Storage.send`: each object is looked at afterwards."""
        files = list(paths)
        if files:
            with ThreadPoolExecutor(min(_AT_ONCE, len(files))) as pool:
                list(pool.map(self._send, files))

    def _send(self, path: Path) -> None:
        with self._reaching():
            obstore.put(self._client, self._key(path), path)
            try:
                size = obstore.head(self._client, self._key(path))["size"]
            except FileNotFoundError:
                size = -1
        if size != path.stat().st_size:
            raise WarehouseError(
                f"{self._url(path)} is not there whole after it was written",
                hint="run the command again; nothing was lost",
            )

    def remove(self, paths: Iterable[Path]) -> None:
        """As `Storage.remove`, in this order."""
        for path in paths:
            with self._reaching(), contextlib.suppress(FileNotFoundError):
                obstore.delete(self._client, self._key(path))
            path.unlink(missing_ok=True)

    def retire(self, commits: Iterable[Path], files: Iterable[Path]) -> None:
        """As `Storage.retire`: they stay where they are, until a vacuum finds that their time is over."""

    def try_out(self) -> None:
        """As `Storage.try_out`; a storage that writes over what is there is an error too."""
        path = self._warehouse / f"try-{secrets.token_hex(8)}.json"
        self.create(path, "one")
        try:
            self.create(path, "two")
        except WarehouseError:
            is_conditional = self.note(path) == "one"
        else:
            is_conditional = False
        self.remove([path])
        if not is_conditional:
            raise WarehouseError(
                f"{self.name} writes over objects that are there, also where it must not (If-None-Match)",
                hint="use storage with conditional writes",
            )

    def set_aside(self, path: Path) -> None:
        """As `Storage.set_aside`: where only the copy is damaged, the object is copied again."""
        content = path.read_bytes()
        path.unlink()
        with contextlib.suppress(FileNotFoundError):
            self._copy(path)
            if path.read_bytes() != content:
                return
            with self._reaching():
                obstore.copy(self._client, self._key(path), self._key(set_aside(path)))
            self.remove([path])

    def _is_copied(self, path: Path) -> bool:
        try:
            size = path.stat().st_size
        except OSError:
            return False
        return size == self._sizes.get(path, size)

    def _copy(self, path: Path) -> None:
        """Copy an object into the folder, unless it is there; raises FileNotFoundError."""
        if self._is_copied(path):
            return
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        with self._reaching():
            answer = obstore.get(self._client, self._key(path))
            prepare(self._warehouse)
            with disk(path):
                mode = self._warehouse.stat().st_mode  # a copy has no permission that the folder does not have
                for folder in (self._raw, path.parent):
                    folder.mkdir(mode & 0o777, exist_ok=True)
                number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o666)
                with os.fdopen(number, "wb") as file:
                    for chunk in answer:
                        file.write(chunk)
                temporary.replace(path)

    def _content(self, path: Path) -> bytes:
        with self._reaching():
            return bytes(obstore.get(self._client, self._key(path)).bytes())

    def _key(self, path: Path) -> str:
        return path.relative_to(self._warehouse).as_posix()

    def _url(self, path: Path) -> str:
        return f"{self.name.rstrip('/')}/{self._key(path)}"

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        """Report what the storage refuses, without a secret; what is not there, or there already, is for the caller."""
        try:
            yield
        except AlreadyExistsError:
            raise
        except BaseError as error:
            code = _CODE.search(str(error))
            reason = code[1] if code else str(error).partition("\n")[0][:200]
            for secret in self._secrets:
                reason = reason.replace(secret, "***")
            raise WarehouseError(
                f"cannot use {self.name}: {reason}",
                hint="check the bucket, the network, and the credentials in the environment; nothing was lost",
            ) from None
