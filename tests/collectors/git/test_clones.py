from __future__ import annotations

import fcntl
import http.server
import os
import shutil
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from collectors.git import ManifestPatterns
from collectors.git.repository import clones
from headway.errors import CollectError, NotARepository
from headway.raw_tables import TABLES
from tests.builders.repositories import Repository
from tests.collectors.git.running import AT, Run, run

PATTERNS = ManifestPatterns(r"tags/(?P<environment>[^/]+)/(?P<application>.+)", r"tag: (?P<version>\S+)")


class Remote:
    """A repository that others clone by URL, and a cache of ours."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repository(folder / "shop.git", bare=True)
        self.repo.commit(files={"a": "1", "go.mod": "x\n"})
        self.pull = self.repo.pull_request(1, how="merge")
        self.repo.tag("v1", message="One\n")
        self.url = f"file://{self.repo.path}"
        self.cache = folder / "cache"

    def collect(self, resume: Run | None = None, **options: object) -> Run:
        """Collect it by its URL."""
        return run(self.url, cache=self.cache, resume=resume, **options)  # type: ignore[arg-type]

    @property
    def clone(self) -> Path:
        """Our clone of it."""
        (folder,) = (self.cache / "git").glob("*.git")
        return folder

    def blobs(self) -> int:
        """How many file contents the clone has."""
        kinds = subprocess.run(
            ["git", "-C", self.clone, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"],
            capture_output=True, check=True,
        ).stdout.split()  # fmt: skip
        return kinds.count(b"blob")


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    """A remote with a merged pull request and a tag."""
    return Remote(tmp_path)


def test_url_is_cloned_without_contents_and_read_like_a_folder(remote: Remote) -> None:
    """A clone of a URL has the same rows as the folder, but needs no file contents, whatever the remote allows."""
    found = remote.collect()
    here = run(remote.repo.path, added_lines=False)
    without = TABLES.keys() - {"commits", "commit_files"}
    assert {key[2:] for key in found.keys(*without)} == {key[2:] for key in here.keys(*without)}
    row = found.one("repositories")
    assert (row["origin"], row["default_branch"], row["url"], row["pull_heads"]) == ("fetched", "main", "", False)
    assert found.checkpoint.watermark_at == AT
    assert remote.blobs() == 0
    assert found.notices == {"missing_blobs": 1}


def test_cache_may_be_named_from_where_we_are(remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative cache lies where its name says, for clones of URLs and for borrowed objects."""
    monkeypatch.chdir(tmp_path)
    folder = remote.repo.clone(tmp_path / "mine")
    assert len(run(remote.url, cache=Path("here"))["commits"]) == 3
    assert run(folder, cache=Path("here"), pull_heads=True).one("refs", kind="pull_head")["sha"] == remote.pull.head
    assert len(list((tmp_path / "here" / "git").glob("*.git"))) == 2


def test_next_run_only_fetches(remote: Remote) -> None:
    """A second run keeps the clone, reads what is new, drops what is gone, and follows the default branch."""
    remote.repo.switch("topic").commit()
    first = remote.collect()
    made = remote.clone.stat().st_ino
    sha = remote.repo.switch("main").delete("refs/heads/topic").commit()
    remote.repo.switch("trunk").point_head("trunk")
    remote.repo.tag("v1", message="Moved\n")
    second = remote.collect(first, at=AT + timedelta(days=1))
    assert remote.clone.stat().st_ino == made
    assert second.column("commits", "sha") == [sha]
    assert {row["ref"]: row["deleted"] for row in second["refs"]} == {
        "refs/heads/main": False,
        "refs/heads/topic": True,
        "refs/heads/trunk": False,
        "refs/tags/v1": False,
    }
    assert second.one("repositories")["default_branch"] == "trunk"
    assert second.checkpoint.watermark_at == AT + timedelta(days=1)
    third = remote.collect(second, at=AT + timedelta(days=2))
    assert third.tables == {}
    assert third.checkpoint.watermark_at == AT + timedelta(days=2)


def test_branch_that_became_a_folder_of_branches(remote: Remote) -> None:
    """Where `a` was a branch, `a/b` may be one now."""
    remote.repo.switch("a")
    first = remote.collect()
    sha = remote.repo.switch("main").delete("refs/heads/a").switch("a/b").commit()
    assert remote.collect(first).one("refs", name="a/b")["sha"] == sha


def test_rewritten_history_is_followed(remote: Remote) -> None:
    """A force-push on the remote is fetched and noticed."""
    kept = remote.repo.head
    remote.repo.commit()
    first = remote.collect()
    new = remote.repo.point("refs/heads/main", kept).commit("Instead\n", {"b": "2"})
    second = remote.collect(first)
    assert second.one("refs")["sha"] == new
    assert second.notices == {"history_rewritten": 1}


def test_heads_of_pull_requests_are_fetched_when_asked(remote: Remote) -> None:
    """Asked for, they come with the first clone, or with a later fetch; those of GitLab too."""
    first = remote.collect()
    assert [row["name"] for row in first["refs"] if row["kind"] == "pull_head"] == []
    second = remote.collect(first, pull_heads=True)
    assert second.one("refs", kind="pull_head")["sha"] == remote.pull.head
    assert second.one("repositories")["pull_heads"] is True
    sha = remote.repo.switch("seven").commit()
    remote.repo.switch("main").delete("refs/heads/seven").pull(7, sha, "merge-requests")
    third = remote.collect(second, pull_heads=True)
    assert third.column("commits", "sha") == [sha]
    shutil.rmtree(remote.cache)
    assert {row["name"] for row in remote.collect(pull_heads=True)["refs"] if row["kind"] == "pull_head"} == {"1", "7"}


def test_manifests_are_cloned_with_contents(remote: Remote) -> None:
    """A manifests repository needs its files."""
    remote.repo.commit(files={"tags/prod/shop": "tag: v1\n"})
    found = remote.collect(manifests=(PATTERNS,))
    assert found.one("manifest_versions")["version"] == "v1"
    assert found.column("added_lines", "line") == ["x"]
    assert remote.blobs() > 0


def test_empty_remote(tmp_path: Path) -> None:
    """A repository without a commit can be cloned, and filled later."""
    repo = Repository(tmp_path / "new.git", bare=True)
    first = run(f"file://{repo.path}", cache=tmp_path / "cache")
    assert first.notices["empty"] == 1
    sha = repo.commit()
    second = run(f"file://{repo.path}", cache=tmp_path / "cache", resume=first)
    assert second.column("commits", "sha") == [sha]
    assert second.notices["empty"] == 0


def test_clone_that_was_killed_half_way_is_made_again(remote: Remote) -> None:
    """What a killed clone or fetch left behind, half a folder or a lock, is in nobody's way."""
    first = remote.collect()
    clone = remote.clone
    part = clone.with_name(clone.name + ".part")
    shutil.copytree(clone, part)
    (part / "HEAD").unlink()
    for lock in (
        "HEAD.lock",
        "packed-refs.lock",
        "refs/heads/main.lock",
        "config.lock",
        "objects/info/commit-graph.lock",
    ):
        (clone / lock).parent.mkdir(parents=True, exist_ok=True)
        (clone / lock).touch()
    sha = remote.repo.commit()
    assert remote.collect(first).column("commits", "sha") == [sha]
    (clone / "HEAD").unlink()
    assert remote.collect().keys("notices") == remote.collect(full=True).keys("notices")
    assert not part.exists()


def test_failed_clone_leaves_nothing(remote: Remote) -> None:
    """A clone that fails has no folder that a later run would take for a clone."""
    with pytest.raises(NotARepository):
        run(f"file://{remote.repo.path}-not", cache=remote.cache)
    assert [path for path in (remote.cache / "git").iterdir() if path.is_dir()] == []


def test_remote_that_went_away_keeps_the_clone(remote: Remote) -> None:
    """A fetch that fails fails the run, and the next one goes on as if nothing had been."""
    first = remote.collect()
    away = remote.repo.path.rename(remote.repo.path.with_name("away"))
    with pytest.raises(NotARepository):
        remote.collect(first)
    away.rename(remote.repo.path)
    assert remote.collect(first).tables == {}


def test_one_run_at_a_time_fetches(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process works on the clone, a run waits for it, and in the end says so."""
    monkeypatch.setattr(clones, "_WAITS", 2)
    monkeypatch.setattr(clones, "_WAIT_SECONDS", 0.01)
    remote.collect()
    with remote.clone.with_name(remote.clone.name + ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CollectError, match="another run"):
            remote.collect()
    assert remote.collect().tables != {}


@pytest.mark.slow
@pytest.mark.parametrize("delay", ["0.02", "0.06", "0.12"])
def test_run_that_is_killed_changes_nothing_for_the_next(remote: Remote, delay: str) -> None:
    """Killed at any moment, without a chance to clean up, a run is followed by one that finds everything."""
    for _ in range(30):
        remote.repo.commit()
    script = (
        "import sys; from pathlib import Path; from tests.collectors.git.running import run\n"
        "print('go', flush=True); run(sys.argv[1], cache=Path(sys.argv[2]), pull_heads=True)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, remote.url, remote.cache], stdout=subprocess.PIPE,
                               env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    subprocess.run(["sleep", delay], check=True)
    os.kill(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()
    found = remote.collect(pull_heads=True)
    assert len(found["commits"]) == 33
    assert found.one("refs", kind="pull_head")["sha"] == remote.pull.head


def test_pull_requests_of_a_folder_are_fetched_without_writing_to_it(remote: Remote, tmp_path: Path) -> None:
    """A working clone lacks the heads of pull requests: they are fetched beside it, and it stays as it was."""
    folder = remote.repo.clone(tmp_path / "mine")
    before = {path: path.read_bytes() for path in (folder / ".git").rglob("*") if path.is_file()}
    sha = remote.repo.switch("topic").commit()
    remote.repo.switch("main").delete("refs/heads/topic").pull(9, sha)
    found = run(folder, cache=remote.cache, pull_heads=True)
    assert {row["name"] for row in found["refs"] if row["kind"] == "pull_head"} == {"1", "9"}
    assert sha in found.column("commits", "sha")
    assert found.column("added_lines", "line") == ["x"]
    assert found.one("repositories")["origin"] == "clone"
    assert {path: path.read_bytes() for path in (folder / ".git").rglob("*") if path.is_file()} == before
    newest = found.one("refs", kind="tag")["tagged_at"]
    assert found.checkpoint.watermark_at == newest
    assert run(folder, cache=remote.cache, pull_heads=True, resume=found).tables == {}


@pytest.mark.parametrize("how", ["--bare", "--filter=blob:none", "--no-checkout"])
def test_pull_requests_of_every_kind_of_clone(remote: Remote, tmp_path: Path, how: str) -> None:
    """Bare, blobless and empty working clones lend their objects all the same."""
    folder = remote.repo.clone(tmp_path / "mine", how)
    found = run(folder, cache=remote.cache, pull_heads=True)
    assert found.one("refs", kind="pull_head")["sha"] == remote.pull.head
    assert len(found["commits"]) == 3


def test_pull_requests_of_a_folder_without_a_remote(remote: Remote) -> None:
    """Asked for where there is nowhere to fetch them from, their absence is noticed, and the rest is read."""
    repo = Repository(remote.cache.parent / "alone")
    repo.commit()
    found = run(repo.path, cache=remote.cache, pull_heads=True)
    assert found.notices == {"pull_heads_unavailable": 1}
    assert found.one("repositories")["pull_heads"] is False


def test_interrupted_fetch_ends_git_too(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who interrupts a run leaves no Git behind, and no half clone."""
    started: list[subprocess.Popen[bytes]] = []
    communicate = subprocess.Popen.communicate

    def interrupted(process: subprocess.Popen[bytes], *given: Any, **named: Any) -> tuple[bytes, bytes]:
        if "clone" not in cast(list[str], process.args):
            return communicate(process, *given, **named)
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        clones.Cache(remote.cache / "git", "shop").clone(remote.url, blobs=False, pull_heads=False)
    assert started[0].poll() is not None
    assert [path for path in (remote.cache / "git").iterdir() if path.is_dir()] == []


def test_sha256_remote(tmp_path: Path) -> None:
    """Repositories with longer ids are cloned and lend their objects too."""
    repo = Repository(tmp_path / "new.git", bare=True, object_format="sha256")
    repo.commit()
    pull = repo.pull_request(4, how=None)
    url = f"file://{repo.path}"
    assert run(url, cache=tmp_path / "cache", pull_heads=True).one("refs", kind="pull_head")["sha"] == pull.head
    folder = repo.clone(tmp_path / "mine")
    assert run(folder, cache=tmp_path / "cache", pull_heads=True).one("refs", kind="pull_head")["sha"] == pull.head


def test_server_that_refuses_to_filter(remote: Remote) -> None:
    """A server may forbid clones without contents: then it is cloned whole, and later fetched."""
    remote.repo.configure("[uploadpackfilter]\n\tallow = false\n")
    first = remote.collect()
    assert len(first["commits"]) == 3
    assert remote.blobs() > 0
    sha = remote.repo.commit()
    assert remote.collect(first).column("commits", "sha") == [sha]


def test_server_that_cannot_filter(remote: Remote) -> None:
    """A web server that only serves files knows nothing of filters: it is cloned whole, and later fetched."""
    remote.repo.git("update-server-info")
    handler = partial(QuietFiles, directory=str(remote.repo.path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{listening.server_port}/"
            first = run(url + "shop.git", cache=remote.cache)
            sha = remote.repo.commit()
            remote.repo.git("update-server-info")
            second = run(url + "shop.git", cache=remote.cache, resume=first)
        finally:
            listening.shutdown()
            thread.join()
    assert len(first["commits"]) == 3
    assert second.column("commits", "sha") == [sha]


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    """The files of a folder, whatever the first part of a path says."""

    def translate_path(self, path: str) -> str:
        """The path without the repository's name."""
        return super().translate_path(path.removeprefix("/shop.git"))

    def log_message(self, *_: object) -> None:
        """Say nothing of it."""
