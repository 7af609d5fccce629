"""A repository on disk, looked at once: what kind of clone it is, and what its config says about its remote.

A working clone that someone keeps, a bare clone, or our own in the cache: all are read the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from collectors.git.process.command import Git, look
from collectors.git.process.failures import os_failures, shown
from headway.errors import NotARepository

__all__ = ["Repository", "open_repository"]


@dataclass(frozen=True)
class Repository:
    """One repository, ready to be read."""

    git: Git
    bare: bool
    shallow: frozenset[str]
    """The commits at which its history is cut off; empty for a whole clone."""
    id_length: int
    """Hex digits of an object id: 40, or 64 with SHA-256."""
    remote: str
    """The remote whose branches count: `origin`, or the only one; empty where there is none."""
    remote_url: str
    blobless: bool
    """A partial clone: file contents may be missing on purpose."""
    fetches: tuple[str, ...]
    """The remote's fetch refspecs: they define where a clone stores the heads of pull requests."""


def open_repository(folder: Path, label: str) -> Repository:
    """Look at a folder. NotARepository, AccessDenied, or CollectError for a config that Git cannot read."""
    with os_failures(label):
        if not (folder / ".git").exists() and not (folder / "HEAD").exists():
            what = "the folder does not exist" if not folder.exists() else "the folder has no Git repository"
            raise NotARepository(f"{shown(label)}: {what}", hint="Use the top folder of a clone, or a clone URL.")
        flags = ("--is-bare-repository", "--is-shallow-repository", "--show-object-format", "--absolute-git-dir")
        printed = look(folder, label, "rev-parse", *flags)
        bare, shallow, object_format, git_dir = printed.removesuffix(b"\n").split(b"\n", 3)
        git = Git(Path(_text(git_dir)), label)
        config = _config(git)
        remote = _remote(config)
        return Repository(
            git=git,
            bare=bare == b"true",
            shallow=_boundary(git) if shallow == b"true" else frozenset(),
            id_length=64 if object_format == b"sha256" else 40,
            remote=remote,
            remote_url=_remote_url(git, remote) if remote else "",
            blobless="extensions.partialclone" in config
            or any(key.startswith("remote.") and key.endswith(".promisor") for key in config),
            fetches=tuple(config.get(f"remote.{remote}.fetch", ())),
        )


def _config(git: Git) -> dict[str, list[str]]:
    """The repository's own config; all values of each key, in order."""
    settings: dict[str, list[str]] = {}
    parts = _text(git.output("config", "-z", "--list", "--show-scope")).split("\0")
    for scope, setting in zip(parts[::2], parts[1::2], strict=False):  # the text ends in a NUL
        if scope in {"local", "worktree"}:
            key, _, value = setting.partition("\n")
            settings.setdefault(key, []).append(value)
    return settings


def _remote(config: dict[str, list[str]]) -> str:
    names = sorted(key[len("remote.") : -len(".url")] for key in config if _names_remote(key))
    if "origin" in names:
        return "origin"
    return names[0] if len(names) == 1 else ""


def _names_remote(key: str) -> bool:
    return key.startswith("remote.") and key.endswith(".url")


def _remote_url(git: Git, remote: str) -> str:
    """The remote's URL as Git would use it, the user's `insteadOf` applied; nothing is contacted."""
    return _text(git.output("ls-remote", "--get-url", "--", remote)).strip()


def _boundary(git: Git) -> frozenset[str]:
    path = git.git_dir / _text(git.output("rev-parse", "--git-path", "shallow")).removesuffix("\n")
    return frozenset(path.read_text(encoding="ascii").split())


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
