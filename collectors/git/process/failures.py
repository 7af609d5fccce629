"""What Git said when it failed, as one of our errors: two lines, no secrets, nothing that steers a terminal."""

from __future__ import annotations

import errno
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from headway.errors import AccessDenied, CollectError, NotARepository, PartialRead

__all__ = ["failure", "os_failures", "shown"]

_LONGEST = 200
_DISK_HINT = "Free some space there and run the same command again; nothing was lost."


class _Cause(NamedTuple):
    """What to look for in Git's own words (LC_ALL=C), and what to make of it."""

    words: tuple[str, ...]
    error: type[CollectError]
    message: str
    hint: str


# The first that fits counts: what is wrong with a repository comes before what then went wrong on the line.
_CAUSES = (
    _Cause(("No space left on device", "Disk quota exceeded"), CollectError, "the disk is full", _DISK_HINT),
    _Cause(
        ("dubious ownership", "unsafe repository"),
        AccessDenied,
        "it belongs to another user, and Git refuses to read it",
        "If you trust its owner: git config --global --add safe.directory '<that folder>'",
    ),
    _Cause(
        ("transport '.{0,80}' not allowed", "promisor remote", "missing blob"),
        PartialRead,
        "the clone lacks objects that this reading needs",
        "Give the clone's URL instead of its folder, or make a clone without --filter.",
    ),
    _Cause(
        (
            "unable to (read|parse) [0-9a-f]{40}",
            "unable to parse (commit|tree|object)",
            "[Cc]ould not read [0-9a-f]{40}",
            "(missing|bad|corrupt) (commit|tree|object|tag)",
            "(loose object|object file|pack).{0,300}(corrupt|is empty|mismatch)",
            "[Ff]ailed to traverse",
            "early EOF",
            "repository corruption",
        ),
        PartialRead,
        "some of its objects are missing or damaged",
        "Run `git fsck` there, and fetch or clone it again; nothing of this run was stored.",
    ),
    _Cause(
        (
            "could not read (Username|Password|Passphrase)",
            "terminal prompts disabled",
            "Authentication failed",
            "returned error: 40[13]",
            "HTTP Basic: Access",
            "[Aa]ccess denied",
            r"Permission denied \(",
            "Host key verification failed",
        ),
        AccessDenied,
        "the server wants a credential, or refused the one it was given",
        "Set up a Git credential helper or an SSH key: `git ls-remote <the URL>` must work without a question.",
    ),
    _Cause(
        (
            "not a git repository",
            "does not appear to be a git repository",
            "[Rr]epository.{0,300}not found",
            "repository.{0,300}does not exist",
            "returned error: 404",
        ),
        NotARepository,
        "there is no Git repository",
        "Check the folder or URL; a private repository also says so to whoever has no access.",
    ),
    _Cause(
        (
            "Could not resolve",
            "[Cc]onnection (refused|timed out|reset)",
            "Network is unreachable",
            "unable to (access|connect)",
            "Operation too slow",
            "timed out",
            "Could not read from remote repository",
        ),
        CollectError,
        "the server cannot be reached",
        "Check the URL and the network; what was collected before stays.",
    ),
)


def failure(said: bytes, label: str, *, returncode: int, default: type[CollectError] = CollectError) -> CollectError:
    """The error for a Git process that ended with `returncode` and wrote `said` to stderr, about `label`."""
    text = said.decode("utf-8", "replace")
    for cause in _CAUSES:
        if match := re.search("|".join(cause.words), text):
            return cause.error(f"{shown(label)}: {cause.message} ({_line_at(text, match.start())})", hint=cause.hint)
    detail = _gist(text) or _ending(returncode)
    hint = "Run `git fsck` on it, and try again; nothing of this run was stored."
    return default(f"{shown(label)}: Git could not read it ({detail})", hint=hint)


@contextmanager
def os_failures(label: str) -> Iterator[None]:
    """Turn what the operating system refuses (disk, permissions, no Git) into our errors."""
    try:
        yield
    except OSError as error:
        raise _os_failure(error, label) from error


def _os_failure(error: OSError, label: str) -> CollectError:
    where = shown(label)
    reason = shown(error.strerror or str(error))
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return CollectError(f"{where}: the disk is full ({reason})", hint=_DISK_HINT)
    if isinstance(error, FileNotFoundError) and error.filename == "git":
        return CollectError("Git is not installed", hint="Install git 2.31 or newer, and make sure it is on the PATH.")
    if isinstance(error, PermissionError):
        name = shown(str(error.filename or ""))
        return AccessDenied(
            f"{where}: {reason} {name}".rstrip(), hint="Check who may read the repository and its cache."
        )
    return CollectError(f"{where}: {reason}", hint="Run the command again; what was collected before stays.")


def shown(text: str) -> str:
    """Text from outside on one line: no control characters, no passwords in URLs, not too long."""
    line = "".join(letter if letter.isprintable() else "�" for letter in text.strip())
    line = re.sub(r"(?<=://)[^/\s]+@", "", line)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _line_at(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    return _plain(text[start:].partition("\n")[0])


def _gist(text: str) -> str:
    """The line that says most: Git's first fatal one, else its last."""
    lines = [line for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith("fatal: ")]
    return _plain((fatal or lines[-1:] or [""])[0])


def _plain(line: str) -> str:
    return shown(re.sub(r"^(remote: |fatal: |error: )+", "", line.strip()))


def _ending(returncode: int) -> str:
    if returncode < 0:
        return f"it was ended by {signal.Signals(-returncode).name}"
    return f"exit status {returncode}"
