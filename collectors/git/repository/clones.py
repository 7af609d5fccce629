"""Clones of our own, in the cache: made once, bare and without file contents, then only fetched.

::

    <cache>/git/<name>-<digest>.git        a clone of a URL
    <cache>/git/<name>-<digest>.pulls.git  heads of pull requests for somebody's folder, whose objects it borrows

One process at a time works on a clone, and whatever it was killed in, the next one begins with a sound clone: a first
clone gets its name only when it is complete, and locks that a killed Git left behind are removed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from collectors.git.process.command import Git, network
from collectors.git.process.failures import os_failures, shown
from collectors.git.readers.ai_notes import NOTES_REF
from collectors.git.repository.address import locate, parse_url
from collectors.git.repository.refs import pull_refspecs
from collectors.git.repository.repository import Repository
from headway.errors import CollectError, HeadwayError

__all__ = ["Cache", "borrow_objects", "drop_clones", "sealed", "unused_clones"]

_HEADS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_FETCH = ("fetch", "--quiet", "--prune", "--force", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
          "--no-show-forced-updates")  # fmt: skip
# Only for file:// remotes: they are filtered too, whatever their config says. A shell gets it, and it is constant.
_FILTERING_UPLOAD_PACK = "--upload-pack=git -c uploadpack.allowFilter=true upload-pack"
_WAITS, _WAIT_SECONDS = 300, 0.2


@dataclass(frozen=True)
class Cache:
    """The folder of our clones."""

    folder: Path
    label: str
    """What messages call the source."""

    def clone(self, url: str, *, blobs: bool, pull_heads: bool, notes: bool = False) -> Path:
        """A clone of a URL, up to date: branches and tags, deleted ones gone, HEAD as on the remote.

        With `blobs` it has file contents, with `pull_heads` the heads of pull requests, with `notes` the notes of
        line-level attribution, if the remote has any. AccessDenied, NotARepository or
        CollectError where Git cannot fetch; it asks nothing.
        """
        folder = self.place(url, blobs=blobs)
        with os_failures(self.label), self._held(folder) as lock:
            if _usable(folder):
                self._fetch(folder, lock, *_HEADS, *(pull_refspecs(url) if pull_heads else ()), url=url)
            else:
                self._clone(url, folder, lock, blobs=blobs, pull_heads=pull_heads)
            self._follow(folder, lock, url, notes=notes)
        return folder

    def place(self, url: str, *, blobs: bool) -> Path:
        """Where the clone of a URL is, or will be."""
        return self._folder(url, f"{url} {'whole' if blobs else 'blobless'}", ".git")

    def borrow(self, repository: Repository, url: str) -> Path:
        """A repository that has the heads of pull requests at `url`, and all objects of somebody's clone.

        Nothing is written to that clone: its objects are borrowed as alternates.
        """
        lender = str(repository.git.git_dir)
        folder = self._folder(lender, lender, ".pulls.git")
        with os_failures(self.label), self._held(folder) as lock:
            borrow_objects(folder, repository)
            self._git(lock, f"--git-dir={folder}", "config", "remote.origin.url", url)
            self._fetch(folder, lock, *pull_refspecs(url), url=url, filtered=True)
        return folder

    def _clone(self, url: str, folder: Path, lock: int, *, blobs: bool, pull_heads: bool) -> None:
        """Clone under another name, and give it its own when all is there."""
        part = folder.with_name(folder.name + ".part")
        for old in (part, folder):
            shutil.rmtree(old, ignore_errors=True)
        try:
            self._clone_filtered(url, part, lock, blobs=blobs)
            if pull_heads:
                self._fetch(part, lock, *pull_refspecs(url), url=url)
            self._tidy(part, lock)
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise

    def _clone_filtered(self, url: str, folder: Path, lock: int, *, blobs: bool) -> None:
        """Clone without file contents, or with them, where they are wanted or the remote cannot do otherwise."""
        arguments = ("clone", "--quiet", "--bare", "--template=")
        whole = ("--", url, str(folder))
        if blobs:
            self._git(lock, *arguments, *whole)
            return
        try:
            self._git(lock, *arguments, "--filter=blob:none", *_upload_pack(url), *whole)
        except CollectError as error:
            if "filter" not in str(error):
                raise
            shutil.rmtree(folder, ignore_errors=True)
            self._git(lock, *arguments, *whole)

    def _fetch(self, folder: Path, lock: int, *refspecs: str, url: str, filtered: bool = False) -> None:
        before = _refs(folder, self.label)
        options = ("--filter=blob:none",) if filtered else ()
        self._git(lock, f"--git-dir={folder}", *_FETCH, *_upload_pack(url), *options, "origin", *refspecs)
        if _refs(folder, self.label) != before:
            self._tidy(folder, lock)

    def _follow(self, folder: Path, lock: int, url: str, *, notes: bool) -> None:
        """Let HEAD name the branch that it names on the remote, and fetch notes, whose contents are what is wanted."""
        listed = self._git(lock, f"--git-dir={folder}", "ls-remote", "--symref", "origin", "HEAD", NOTES_REF)
        if match := re.search(rb"^ref: (refs/heads/[^\t\n]+)\tHEAD$", listed, re.MULTILINE):
            name = match[1].decode("utf-8", "surrogateescape")
            self._git(lock, f"--git-dir={folder}", "symbolic-ref", "HEAD", name)
        if notes and re.search(rb"^[0-9a-f]+\t%b$" % NOTES_REF.encode(), listed, re.MULTILINE):
            refspec = f"+{NOTES_REF}:{NOTES_REF}"
            self._git(lock, f"--git-dir={folder}", *_FETCH, *_upload_pack(url), "--no-filter", "origin", refspec)
        else:
            self._git(lock, f"--git-dir={folder}", "update-ref", "-d", NOTES_REF)

    def _tidy(self, folder: Path, lock: int) -> None:
        """Make reading fast: one file of refs, and a commit-graph for questions of ancestry."""
        self._git(lock, f"--git-dir={folder}", "pack-refs", "--all")
        self._git(lock, f"--git-dir={folder}", "commit-graph", "write", "--reachable", "--no-progress")

    def _git(self, lock: int, *arguments: str) -> bytes:
        return network(*arguments, cwd=self.folder, label=self.label, held=lock)

    def _folder(self, name: str, key: str, ending: str) -> Path:
        safe = re.sub(r"[^A-Za-z0-9]+", "-", shown(name).removesuffix(".git")).strip("-")[-40:].strip("-")
        return self.folder / f"{safe}-{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}{ending}"

    @contextmanager
    def _held(self, folder: Path) -> Iterator[int]:
        """Work on a clone alone. Every Git that is started meanwhile shares the lock, so an orphan keeps it too."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with folder.with_name(folder.name + ".lock").open("ab") as file:
            for _ in range(_WAITS):
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(_WAIT_SECONDS)
            else:
                raise CollectError(
                    f"{shown(self.label)}: another run is fetching it", hint="Wait for that run to end, and try again."
                )
            for left_behind in folder.rglob("*.lock"):
                left_behind.unlink()
            yield file.fileno()


def unused_clones(cache: Path, places: Collection[str]) -> Iterator[Path]:
    """The clones in a cache that are of none of these folders and URLs, as ids of sources spell them.

    One that cannot be read is kept.
    """
    for folder in sorted((cache / "git").glob("*.git")):
        try:
            if folder.name.endswith(".pulls.git"):
                lender = Path((folder / "objects/info/alternates").read_text(encoding="utf-8").strip().strip('"'))
                used = any(lender.is_relative_to(place) for place in places)
            else:
                url = Git(folder, folder.name).output("config", "--get", "remote.origin.url")
                used = locate(url.decode().strip()).name in places
        except (HeadwayError, OSError, UnicodeDecodeError):
            continue
        if not used:
            yield folder


def drop_clones(cache: Path) -> None:
    """Remove every clone in a cache: where no names are stored, for a clone holds those of all authors."""
    for folder in (cache / "git").glob("*.git*"):
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)


def borrow_objects(folder: Path, lender: Repository) -> None:
    """Make `folder` a bare repository that sees all objects of another one, and nothing of its config or hooks."""
    if not _usable(folder):
        form = "sha1" if lender.id_length == 40 else "sha256"
        init = ("init", "--quiet", "--bare", "--template=", f"--object-format={form}", "--", str(folder))
        network(*init, cwd=folder.parent, label=lender.git.label)
    git_dir = lender.git.git_dir
    objects = git_dir / os.fsdecode(lender.git.output("rev-parse", "--git-path", "objects").removesuffix(b"\n"))
    alternates = folder / "objects" / "info" / "alternates"
    alternates.parent.mkdir(exist_ok=True)
    alternates.write_bytes(os.fsencode(f"{_quoted(str(objects.resolve()))}\n"))
    if lender.shallow:
        (folder / "shallow").write_text("".join(f"{sha}\n" for sha in sorted(lender.shallow)))


@contextmanager
def sealed(lender: Repository) -> Iterator[Git]:
    """Git on all objects of a repository and on nobody's config or attributes: for `blame`, which obeys both.

    A common setting (`blame.ignoreRevsFile`) cannot be taken back on the command line, and makes it fail elsewhere.
    """
    with TemporaryDirectory(prefix="headway-sealed-") as folder:
        borrow_objects(Path(folder), lender)
        yield Git(Path(folder), lender.git.label, sealed=True)


def _usable(folder: Path) -> bool:
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "config").is_file()


def _refs(folder: Path, label: str) -> bytes:
    return Git(folder, label).output("for-each-ref", "--format=%(objectname) %(refname)")


def _upload_pack(url: str) -> tuple[str, ...]:
    parts = parse_url(url)
    return (_FILTERING_UPLOAD_PACK,) if parts and parts.scheme == "file" else ()


def _quoted(path: str) -> str:
    """A path as a line of `objects/info/alternates` holds it."""
    if path.isprintable() and not path.startswith(('"', "#")):
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
