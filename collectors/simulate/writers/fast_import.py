"""A bare repository written through one `git fast-import`: same input, same object ids.

The skeleton and `packed-refs` are written by hand (gitrepository-layout, git-pack-refs): no template, hook or setting
of this machine gets in, and four thousand pull request refs are one file.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from collectors.simulate.company.model import Commit, Identity
from headway.errors import CollectError

__all__ = ["FastImport", "create_bare"]

_LINES = ("refs/heads/main", "refs/heads/side")  # git keeps the files of both at hand; the real refs come last
_FLUSH_BYTES = 1 << 20


def create_bare(folder: Path, url: str) -> None:
    """An empty bare repository in the new folder `folder`, with `url` as its remote `origin`."""
    for part in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
        (folder / part).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
        f'[remote "origin"]\n\turl = {url}\n\tfetch = +refs/heads/*:refs/heads/*\n'
    )


def _environment() -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    quiet = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    # glibc's malloc would give zlib's memory back to the kernel after every object: a third of the whole time
    memory = {"MALLOC_TRIM_THRESHOLD_": str(1 << 28), "MALLOC_TOP_PAD_": str(1 << 24)}
    return inherited | quiet | memory


class FastImport:
    """Streams blobs, commits and tags into the bare repository `folder`; `finish` makes it whole."""

    def __init__(self, folder: Path) -> None:
        """Start the import; raises `CollectError` where there is no git."""
        self.folder = folder
        self.marks_file = folder.resolve() / "marks"
        settings = ("-c", "core.fsync=none", "-c", "pack.compression=1")
        options = ("--quiet", "--done", "--depth=0", f"--export-marks={self.marks_file}")
        command = ["git", *settings, f"--git-dir={folder}", "fast-import", *options]
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment())
        except FileNotFoundError as error:
            raise CollectError("git was not found", hint="install git and make sure it is on PATH") from error
        self.parts: list[bytes] = []
        self.size = 0
        self.last_mark = 0
        self.commits: list[Commit] = []
        self.tag_marks: dict[str, int] = {}

    def _send(self, data: bytes) -> None:
        self.parts.append(data)
        self.size += len(data)
        if self.size > _FLUSH_BYTES:
            self._flush()

    def _flush(self) -> None:
        assert self.process.stdin is not None  # noqa: S101 it is a pipe
        self.process.stdin.write(b"".join(self.parts))
        self.process.stdin.flush()
        self.parts, self.size = [], 0

    def blob(self, text: str) -> int:
        """Store a file's text; returns its mark."""
        self.last_mark += 1
        data = text.encode()
        self._send(b"blob\nmark :%d\ndata %d\n%b\n" % (self.last_mark, len(data), data))
        return self.last_mark

    def commit(
        self, commit: Commit, parents: Sequence[Commit], files: Mapping[str, int | None], *, side: bool = False
    ) -> Commit:
        """Store a commit on top of its first parent; `files` are marks of blobs, None for a removed file.

        `side` says that it is not on the main branch, which makes it cheaper.
        """
        self.last_mark += 1
        commit.mark, commit.parents = self.last_mark, tuple(parents)
        message = commit.message.encode() + b"\n"
        lines = [
            f"commit {_LINES[side]}\nmark :{commit.mark}\n",
            f"author {_stamp(commit.author, commit.authored_at)}\n",
            f"committer {_stamp(commit.committer, commit.committed_at)}\ndata {len(message)}\n",
        ]
        words = ("from", *("merge",) * len(parents))
        tail = [f"{word} :{parent.mark}\n" for word, parent in zip(words, parents, strict=False)]
        for path, mark in sorted(files.items()):
            tail.append(f"D {path}\n" if mark is None else f"M 100644 :{mark} {path}\n")
        self._send("".join(lines).encode() + message + "".join(tail).encode() + b"\n")
        self.commits.append(commit)
        return commit

    def tag(self, name: str, commit: Commit, tagger: Identity, at: int, message: str) -> None:
        """Store an annotated tag."""
        self.last_mark += 1
        self.tag_marks[name] = self.last_mark
        data = message.encode() + b"\n"
        head = f"tag {name}\nmark :{self.last_mark}\nfrom :{commit.mark}\ntagger {_stamp(tagger, at)}\n"
        self._send(head.encode() + b"data %d\n%b\n" % (len(data), data))

    def notes(self, ref: str, notes: Iterable[tuple[Commit, str]], by: Identity, at: int) -> None:
        """Store notes on commits, under a ref of their own."""
        pairs = list(notes)
        if not pairs:
            return
        self.last_mark += 1
        message = b"Notes\n"
        self._send(f"commit {ref}\nmark :{self.last_mark}\ncommitter {_stamp(by, at)}\n".encode())
        self._send(b"data %d\n%b" % (len(message), message))
        for commit, text in pairs:
            data = text.encode()
            self._send(b"N inline :%d\ndata %d\n%b\n" % (commit.mark, len(data), data))
        self._send(b"\n")

    def sha(self, commit: Commit) -> str:
        """The id of a commit already stored, while the import runs."""
        if not commit.sha:
            self._send(b"get-mark :%d\n" % commit.mark)
            self._flush()
            assert self.process.stdout is not None  # noqa: S101 it is a pipe
            commit.sha = self.process.stdout.readline().decode().strip()
        return commit.sha

    def finish(self, refs: Iterable[tuple[str, Commit]]) -> None:
        """End the import, fill every commit's `sha` and write the refs; raises `CollectError` if git failed."""
        self._send(b"done\n")
        self._flush()
        self.process.communicate()
        if self.process.returncode:
            raise CollectError(f"git fast-import failed for {self.folder.name}", hint="see the message of git above")
        marked = dict(line.split() for line in self.marks_file.read_text().splitlines())
        self.marks_file.unlink()
        for commit in self.commits:
            commit.sha = marked[f":{commit.mark}"]
        rows = {name: (commit.sha, "") for name, commit in refs}
        for name, mark in self.tag_marks.items():
            ref = f"refs/tags/{name}"
            (self.folder / ref).unlink()
            rows[ref] = (marked[f":{mark}"], f"^{rows[ref][0]}\n")
        lines = [f"{sha} {name}\n{peeled}" for name, (sha, peeled) in sorted(rows.items())]
        (self.folder / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n" + "".join(lines))
        for line in _LINES:
            (self.folder / line).unlink(missing_ok=True)


def _stamp(identity: Identity, at: int) -> str:
    sign, minutes = ("-" if identity.offset_minutes < 0 else "+"), abs(identity.offset_minutes)
    return f"{identity.name} <{identity.email}> {at} {sign}{minutes // 60:02d}{minutes % 60:02d}"
