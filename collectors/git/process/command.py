"""The only place that runs Git.

A repository is hostile until proven otherwise. Whoever wrote its config, hooks or attributes gets nothing executed:
commands are lists of arguments, never a shell line; config keys that name programs or change output are overridden;
hooks, replacements, grafts, prompts and lazy fetching are off; a read reaches no remote, a fetch only known protocols.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from collectors.git.process.failures import failure
from headway.errors import PartialRead

__all__ = ["DIFF", "LOG", "PATCH", "Git", "look", "network"]

# Pure text or switches, so that neither a person's nor a repository's config changes what is read or starts anything.
_OVERRIDES = {
    "color.ui": "false",
    "core.askPass": "",
    "core.attributesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.fsync": "none",  # what is written lies in temporary folders
    "core.hooksPath": os.devnull,
    "core.packedGitLimit": "128m",  # of a pack in memory at a time: half the memory for no time
    "core.packedGitWindowSize": "32m",
    "core.pager": "cat",
    "core.quotePath": "false",
    "core.warnAmbiguousRefs": "false",
    "diff.external": "",
    "i18n.logOutputEncoding": "UTF-8",
    "log.decorate": "false",
    "log.diffMerges": "off",
    "log.follow": "false",
    "log.mailmap": "false",
    "log.showRoot": "true",
    "log.showSignature": "false",
    "advice.graftFileDeprecated": "false",
    "safe.bareRepository": "all",
}
_NETWORK_OVERRIDES = {
    "core.askPass": "",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "credential.interactive": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "gc.autoDetach": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    "maintenance.autoDetach": "false",
}
# Inherited, these would point Git at another repository or change what it prints.
_DROPPED = frozenset((
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_ATTR_SOURCE", "GIT_CEILING_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS", "GIT_DEFAULT_HASH", "GIT_DIFF_OPTS", "GIT_DIR", "GIT_EDITOR", "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX", "GIT_LITERAL_PATHSPECS", "GIT_NAMESPACE", "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_PROXY_COMMAND", "GIT_QUARANTINE_PATH", "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE", "GIT_TRACE", "GIT_WORK_TREE", "LANGUAGE",
))  # fmt: skip
# What Git would log, and Headway's own settings and secrets: helpers of a person's config are no part of Headway.
_NOT_FOR_GIT = ("GIT_TRACE", "HEADWAY_")
_ALWAYS = {
    "GCM_INTERACTIVE": "never",
    "GIT_ASKPASS": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "SSH_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
}
_SEALED = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_FETCHABLE = "file:git:http:https:ssh"
_BATCH_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=30"

# What every reading says on the command line too, so that no config or attribute can say otherwise.
DIFF = ("--no-abbrev", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative", "-O" + os.devnull,
        "--ignore-submodules=none", "--submodule=short")  # fmt: skip
LOG = ("log", "--no-notes", "--no-show-signature", "--no-mailmap", "--no-decorate", "--root", *DIFF)
PATCH = ("-p", "--text", "--full-index", "--src-prefix=a/", "--dst-prefix=b/", "--inter-hunk-context=0",
         "--diff-algorithm=myers", "--indent-heuristic", "-l1000")  # fmt: skip


@dataclass(frozen=True)
class Git:
    """Git on one repository, for reading only: it writes nothing there and reaches no remote."""

    git_dir: Path
    label: str
    sealed: bool = False
    """The person's own config does not count either: for commands whose answer it would change."""
    objects: Path | None = None
    """A folder for objects in place of the repository's, whose objects it may borrow: what is made goes there."""

    def output(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What Git prints, all at once; CollectError or one of its kinds if it fails."""
        return self.run(*arguments, stdin=stdin).stdout

    def run(
        self, *arguments: str, stdin: bytes = b"", allowed: Sequence[int] = (0,), timeout: float | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """As `output`, with the exit status, which must be one of `allowed`.

        subprocess.TimeoutExpired where it takes longer than `timeout` seconds; then it is gone.
        """
        done = subprocess.run(self._argv(arguments), env=self._environment(), cwd=self.git_dir,
                              input=stdin, capture_output=True, check=False, timeout=timeout)  # fmt: skip
        if done.returncode not in allowed:
            raise failure(done.stderr, self.label, returncode=done.returncode)
        return done

    @contextmanager
    def stream(self, *arguments: str, stdin: bytes | BinaryIO = b"") -> Iterator[BinaryIO]:
        """What Git prints, as it comes: read it to its end. `stdin` may be the stream of another Git.

        PartialRead, or what fits better, if Git fails: its exit status decides, for a log may print most of its output
        before it says that it cannot read on.
        """
        with TemporaryFile() as fed, TemporaryFile() as said:
            if isinstance(stdin, bytes):
                fed.write(stdin)
                fed.seek(0)
            process = subprocess.Popen(
                self._argv(arguments), env=self._environment(), cwd=self.git_dir, bufsize=1 << 16,
                stdin=fed if isinstance(stdin, bytes) else stdin, stdout=subprocess.PIPE, stderr=said,
            )  # fmt: skip
            early = None
            with _closed(process) as printed:
                try:
                    yield printed
                except PartialRead as error:  # our own reader noticed first; Git's words say more
                    early = error
            said.seek(0)
            words = said.read()
            if process.returncode and (words or early is None):
                raise failure(words, self.label, returncode=process.returncode, default=PartialRead) from early
            if early is not None:
                raise early

    def _environment(self) -> dict[str, str]:
        apart = {"GIT_OBJECT_DIRECTORY": str(self.objects)} if self.objects else {}
        return _local_environment() | (_SEALED if self.sealed else {}) | apart

    def _argv(self, arguments: Sequence[str]) -> list[str]:
        return ["git", "--no-pager", "--bare", f"--git-dir={self.git_dir}", *_options(_OVERRIDES), *arguments]


def look(folder: Path, label: str, *arguments: str) -> bytes:
    """Ask Git about a folder that may or may not be a repository; it does not look further up."""
    argv = ["git", "--no-pager", *_options(_OVERRIDES), *arguments]
    env = _local_environment() | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(argv, env=env, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise failure(done.stderr, label, returncode=done.returncode)
    return done.stdout


def network(*arguments: str, cwd: Path, label: str, held: int | None = None) -> bytes:
    """Run a Git that may reach a remote, in a folder of our own; what it prints.

    It never asks anything: no terminal, no password program, SSH in batch mode unless the user has an SSH command of
    their own. `held` is a file descriptor that it keeps open, and with it a lock, for as long as it lives.
    """
    with subprocess.Popen(
        ["git", "--no-pager", *_options(_NETWORK_OVERRIDES), *arguments], env=_network_environment(cwd), cwd=cwd,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, pass_fds=() if held is None else (held,),
    ) as process:  # fmt: skip
        try:
            printed, said = process.communicate()
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)  # its own session: the helpers that it started end too
            raise
    if process.returncode:
        raise failure(said, label, returncode=process.returncode)
    return printed


@contextmanager
def _closed(process: subprocess.Popen[bytes]) -> Iterator[BinaryIO]:
    """Give what a process prints; whatever happens, the process is gone afterwards."""
    printed = cast(BinaryIO, process.stdout)
    try:
        yield printed
    except BaseException:
        process.kill()
        raise
    finally:
        printed.close()
        process.wait()


def _local_environment() -> dict[str, str]:
    return _environment() | {"GIT_ALLOW_PROTOCOL": "none"}


def _network_environment(cwd: Path) -> dict[str, str]:
    env = _environment() | {"GIT_ALLOW_PROTOCOL": _FETCHABLE, "GIT_CEILING_DIRECTORIES": str(cwd.parent)}
    if not env.keys() & {"GIT_SSH", "GIT_SSH_COMMAND"} and not _own_ssh_command(cwd, env):
        env["GIT_SSH_COMMAND"] = _BATCH_SSH
    return env


def _own_ssh_command(cwd: Path, env: Mapping[str, str]) -> bool:
    """Whether the user's config names an SSH command, which the environment would overrule."""
    argv = ["git", "config", "--get", "core.sshCommand"]
    done = subprocess.run(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.returncode == 0


def _environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items()
            if name not in _DROPPED and not name.startswith(_NOT_FOR_GIT)}  # fmt: skip
    return inherited | _ALWAYS


def _options(overrides: Mapping[str, str]) -> list[str]:
    return [part for key, value in overrides.items() for part in ("-c", f"{key}={value}")]
