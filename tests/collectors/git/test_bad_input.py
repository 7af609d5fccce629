from __future__ import annotations

import http.server
import os
import random
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import GeneratorType

import pytest

from collectors.git.process.failures import failure, os_failures, shown
from collectors.git.process.log import stretches
from collectors.git.readers.commits import CommitReader
from collectors.git.repository.repository import open_repository
from headway.errors import AccessDenied, CollectError, NotARepository, PartialRead, UsageError
from tests.builders.repositories import Repository
from tests.collectors.git.running import run

FILL = """
import sys
from pathlib import Path
from collectors.git import ManifestPatterns
from headway.errors import HeadwayError
from tests.collectors.git.running import run
try:
    run(sys.argv[1], cache=Path(sys.argv[2]), manifests=(ManifestPatterns("(?P<environment>x)", "(?P<version>x)"),))
except HeadwayError as error:
    print(type(error).__name__, error, flush=True)
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A working clone of three commits in two folders."""
    repo = Repository(tmp_path / "shop")
    repo.commit(files={"a/x": "1", "b/x": "2"})
    repo.commit(files={"a/x": "3"})
    repo.commit(files={"b/x": "4"})
    return repo


@contextmanager
def refused(kind: type[CollectError], says: str) -> Iterator[None]:
    """Exactly this kind of error, two lines, the first with these words."""
    with pytest.raises(CollectError) as raised:
        yield
    assert type(raised.value) is kind
    assert says in str(raised.value)
    assert raised.value.hint
    assert "\n" not in f"{raised.value}{raised.value.hint}"


class Answer(http.server.BaseHTTPRequestHandler):
    """A server that answers everything with one status."""

    status = 401

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(self.status)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of it."""


@contextmanager
def server(status: int) -> Iterator[str]:
    """Such a server, and the URL of a repository on it."""
    handler = type("Answering", (Answer,), {"status": status})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}/acme/shop.git"
        finally:
            listening.shutdown()
            thread.join()


@pytest.mark.parametrize(("make", "says"), [(False, "does not exist"), (True, "no Git repository")])
def test_folder_that_is_no_repository(tmp_path: Path, make: bool, says: str) -> None:
    """A folder that is not there, or is something else, is told so."""
    folder = tmp_path / "nothing"
    if make:
        folder.mkdir()
    with refused(NotARepository, says):
        run(folder)


def test_folder_within_a_repository_is_none(repo: Repository) -> None:
    """A folder somewhere in a clone is not taken for the clone."""
    (repo.path / "src").mkdir()
    with refused(NotARepository, "no Git repository"):
        run(repo.path / "src")
    (repo.path / "src" / ".git").mkdir()
    with refused(NotARepository, "no Git repository"):
        run(repo.path / "src")


def test_file_is_no_repository(tmp_path: Path) -> None:
    """A file, such as a bundle, is not taken for a folder."""
    (tmp_path / "shop.bundle").write_text("# v2 git bundle\n")
    with refused(NotARepository, "no Git repository"):
        run(tmp_path / "shop.bundle")


def test_empty_repository_is_fine(tmp_path: Path) -> None:
    """A repository without a commit is read to its end, which it says; the first commit takes that back."""
    repo = Repository(tmp_path / "new")
    first = run(repo.path)
    assert first.notices == {"empty": 1}
    assert first.one("repositories")["default_branch"] == ""
    assert first.checkpoint.watermark_at is None
    repo.commit()
    assert run(repo.path, resume=first).notices == {"empty": 0}


def test_shallow_clone_is_read_and_noticed(repo: Repository, tmp_path: Path) -> None:
    """Where history is cut off nothing is made up: no parents beyond the cut, no files as if all were new."""
    shallow = repo.clone(tmp_path / "shallow", "--bare", "--depth=2")
    found = run(shallow)
    assert [row["parents"] == "" for row in found["commits"]] == [False, True]
    assert found.column("commit_files", "path") == ["b/x"]
    assert found.notices == {"shallow": 1}
    assert found.one("repositories")["shallow"] is True
    repo.git("-C", str(shallow), "fetch", "--quiet", "--unshallow", "origin", "+refs/heads/*:refs/heads/*")
    whole = run(shallow, resume=found)
    assert len(whole["commits"]) == 3
    assert all(row["parents"] for row in whole["commits"][:2])
    assert whole.notices == {"shallow": 0}


@pytest.mark.parametrize("what", ["tree", "commit", "tip"])
def test_missing_object_is_a_partial_read(repo: Repository, what: str) -> None:
    """A log that ends in "unable to read" has printed commits before; it is an error all the same."""
    chain = repo.git("rev-list", "main").split()
    lost = {"tree": repo.git("rev-parse", f"{chain[2]}:a"), "commit": chain[1], "tip": chain[0]}[what]
    repo.objects.path(lost).unlink()
    with refused(PartialRead, "missing"):
        run(repo.path)


@pytest.mark.parametrize("garbage", [b"", b"garbage", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_damaged_object_is_a_partial_read(repo: Repository, garbage: bytes) -> None:
    """An object file with nothing or nonsense in it, as after a crash, is no end of history."""
    repo.objects.path(repo.git("rev-parse", "main~1")).write_bytes(garbage)
    with refused(PartialRead, "damaged"):
        run(repo.path)


def test_git_that_is_killed_is_a_partial_read() -> None:
    """A log whose Git ran out of memory says so."""
    error = failure(b"", "shop", returncode=-9, default=PartialRead)
    assert (type(error), str(error)) == (PartialRead, "shop: Git could not read it (it was ended by SIGKILL)")


def test_repository_of_another_user(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Git distrusts is not read behind its back; the second line says how to trust it."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with refused(AccessDenied, "belongs to another user"):
        run(repo.path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folder_that_may_not_be_read(repo: Repository) -> None:
    """A folder without permission is told so."""
    repo.git_dir.chmod(0)
    try:
        with refused(AccessDenied, "Permission denied"):
            run(repo.path)
    finally:
        repo.git_dir.chmod(stat.S_IRWXU)


def test_read_only_folder_is_read(repo: Repository) -> None:
    """Nothing is ever written to a clone that others keep, not even a lock."""
    paths = [repo.path, *repo.path.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in paths}
    try:
        assert len(run(repo.path, patch_ids=True)["patch_ids"]) == 3
        assert {
            path: (path.stat().st_mtime_ns, path.stat().st_size) for path in [repo.path, *repo.path.rglob("*")]
        } == before
    finally:
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_config_that_cannot_be_read(repo: Repository) -> None:
    """A broken config is told, with the line that Git names."""
    repo.configure("[core\n")
    with refused(CollectError, "bad config line"):
        run(repo.path)


def test_format_that_this_git_does_not_know(repo: Repository) -> None:
    """A repository of a later Git is told so in its words."""
    repo.configure("[core]\n\trepositoryformatversion = 99\n")
    with refused(CollectError, "99"):
        run(repo.path)


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [(401, AccessDenied, "credential"), (403, AccessDenied, "credential"), (404, NotARepository, "no Git repository"),
     (500, CollectError, "cannot be reached")],
)  # fmt: skip
def test_server_that_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, kind: type[CollectError], says: str
) -> None:
    """A server that wants a password gets none and nobody is asked; the other refusals are told apart."""
    monkeypatch.setenv("GIT_ASKPASS", "/bin/cat")
    monkeypatch.setenv("SSH_ASKPASS", "/bin/cat")
    with server(status) as url, refused(kind, says):
        run(url, cache=tmp_path / "cache")


def test_server_that_is_not_there(tmp_path: Path) -> None:
    """Nobody listens: the error says which server."""
    with server(200) as url:
        pass
    with refused(CollectError, "cannot be reached"):
        run(url, cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("git@example.com: Permission denied (publickey).", AccessDenied),
        ("Host key verification failed.", AccessDenied),
        ("ERROR: Repository not found.", NotARepository),
        ("ssh: Could not resolve hostname example.com: Name or service not known", CollectError),
        ("ssh: connect to host example.com port 22: Connection refused", CollectError),
    ],
)
def test_ssh_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, kind: type[CollectError]) -> None:
    """The user's own SSH command is used, and what it says is told apart."""
    script = tmp_path / "ssh.sh"
    script.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\necho "{said}" >&2\nexit 255\n')
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    with refused(kind, said.rstrip(".")):
        run("git@example.com:acme/shop.git", cache=tmp_path / "cache")
    assert "acme/shop" in (tmp_path / "asked").read_text()


def test_ssh_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an SSH command of the user's, SSH runs in batch mode: no question can stop a nightly run."""
    script = tmp_path / "ssh"
    script.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexit 255\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with refused(CollectError, "cannot be reached"):
        run("ssh://git@example.com/acme/shop", cache=tmp_path / "cache")
    assert "BatchMode=yes" in (tmp_path / "asked").read_text()


def test_ssh_command_of_the_users_config_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has set `core.sshCommand` for all repositories reaches servers with it."""
    script = tmp_path / "ssh.sh"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexit 255\n")
    script.chmod(0o755)
    (tmp_path / "gitconfig").write_text(f"[core]\n\tsshCommand = {script}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    with refused(CollectError, "cannot be reached"):
        run("git@example.com:acme/shop", cache=tmp_path / "cache")
    assert (tmp_path / "asked").exists()


def test_machine_without_git(repo: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Git missing is told as that, not as a missing file."""
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with refused(CollectError, "Git is not installed"):
        run(repo.path)


def test_cache_that_is_a_file(repo: Repository, tmp_path: Path) -> None:
    """A cache that cannot be made is an error of two lines."""
    (tmp_path / "cache").write_text("")
    with refused(CollectError, "exists" if os.name == "nt" else "directory"):
        run(f"file://{repo.path}", cache=tmp_path / "cache")


def test_permission_that_is_missing() -> None:
    """What may not be read or written is named."""
    with refused(AccessDenied, "Permission denied /srv/shop"), os_failures("shop"):
        raise PermissionError(13, "Permission denied", "/srv/shop")


@pytest.mark.parametrize("number", [28, 122])
def test_full_disk_is_told(number: int) -> None:
    """No space left, for us or for Git, is an error that says what to do."""
    with refused(CollectError, "the disk is full"), os_failures("shop"):
        raise OSError(number, os.strerror(number))
    said = b"fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output\n"
    assert "the disk is full" in str(failure(said, "shop", returncode=128))


def test_disk_that_fills_up(tmp_path: Path) -> None:
    """A clone onto a disk too small for it ends in that error, and leaves nothing there that looks like a clone."""
    remote = Repository(tmp_path / "shop.git", bare=True)
    remote.commit(files={"tags/prod/noise": random.Random(1).randbytes(2_000_000)})
    disk = tmp_path / "disk"
    disk.mkdir()
    fill = f"{sys.executable} -c '{FILL}' file://{remote.path} {disk}"
    script = f"mount -t tmpfs -o size=1m none {disk} && {fill}; ls {disk}/git"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("no small disk can be made here")
    assert done.stdout.splitlines()[0].startswith(f"CollectError file://{str(remote.path)[:-4]}: the disk is full")
    assert [name for name in done.stdout.splitlines()[1:] if not name.endswith(".lock")] == []


def test_branch_that_looks_like_an_option(repo: Repository) -> None:
    """Names that begin with a dash or hold anything a ref may hold never reach a command line."""
    sha = repo.head
    names = {"-delete", "--all", "a;touch$IFS", "$(touch${IFS}c)", "`x`", "\u2028line", "ü", "x" * 200}
    for name in names:
        repo.point(f"refs/heads/{name}", sha)
    assert set(run(repo.path).column("refs", "name")) == names | {"main"}


def test_run_that_is_given_up_leaves_no_git(repo: Repository) -> None:
    """Who stops asking for rows ends the Git that prints them."""
    opened = open_repository(repo.path, "shop")
    reading = CommitReader(opened, "git:shop", datetime(2026, 1, 1)).read([repo.head], [])
    assert isinstance(reading, GeneratorType)
    assert next(reading)[0].num_rows > 0
    reading.close()
    with pytest.raises(ZeroDivisionError), opened.git.stream("log") as printed:
        raise ZeroDivisionError
    assert printed.closed


def test_our_own_doubt_is_a_partial_read_too(repo: Repository) -> None:
    """A reader that finds a log cut short says so even where Git is content."""
    git = open_repository(repo.path, "shop").git
    with refused(PartialRead, "within a commit"), git.stream("log", "--format=%H") as printed:
        list(stretches(printed, fields=2, id_length=40))


def test_words_of_others_do_not_steer(repo: Repository) -> None:
    """What a server says is shown on one line, without control characters, passwords, or end."""
    said = "remote: \x1b[31mred\x07 https://ann:secret@example.com/x " + "y" * 500
    text = shown(said)
    assert text.isprintable()
    assert "secret" not in text
    assert len(text) == 200


def test_tilde_of_nobody_is_wrong_use() -> None:
    """The home of a user who does not exist is no folder."""
    with pytest.raises(UsageError):
        run("~no-such-user-here/shop")


def test_clock_is_the_callers(repo: Repository) -> None:
    """Every row has the time that the caller gave, and the same call gives the same rows."""
    at = datetime(2027, 3, 4, 5, 6, 7)
    first, second = run(repo.path, at=at), run(repo.path, at=at)
    assert first == second
    assert {row["collected_at"] for rows in first.tables.values() for row in rows} == {at}
