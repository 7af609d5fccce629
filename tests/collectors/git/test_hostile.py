from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from collectors.git import ManifestPatterns
from collectors.git.repairs.detail import details
from headway.errors import HeadwayError, PartialRead
from tests.builders.repositories import Repository
from tests.collectors.git.running import run

PATTERNS = ManifestPatterns(r"tags/(?P<environment>[^/]+)/(?P<application>.+)", r"tag: (?P<version>\S+)")
HOOKS = (
    "applypatch-msg", "fsmonitor-watchman", "post-applypatch", "post-checkout", "post-commit", "post-index-change",
    "post-merge", "post-rewrite", "post-update", "pre-auto-gc", "pre-commit", "pre-push", "pre-receive",
    "reference-transaction", "update",
)  # fmt: skip
# Everything in a config that names a program, as far as reading or fetching could come near it.
PROGRAMS = """
[core]
    fsmonitor = {script}
    hooksPath = {hooks}
    pager = {script}
    editor = {script}
    askPass = {script}
    sshCommand = {script}
    gitProxy = {script}
    alternateRefsCommand = {script}
    attributesFile = {attributes}
[alias]
    log = !{script}
    cat-file = !{script}
    rev-parse = !{script}
[diff]
    external = {script}
    orderFile = {fifo}
[diff "evil"]
    command = {script}
    textconv = {script}
    binary = false
[filter "evil"]
    clean = {script}
    smudge = {script}
    process = {script}
    required = true
[merge "evil"]
    driver = {script}
[gpg]
    program = {script}
[gpg "ssh"]
    program = {script}
[log]
    showSignature = true
    mailmap = true
[mailmap]
    file = {fifo}
[credential]
    helper = !{script}
[protocol]
    allow = always
[protocol "ext"]
    allow = always
[uploadpack]
    packObjectsHook = {script}
[trailer "x"]
    command = {script}
[pager]
    log = {script}
    config = {script}
[remote "origin"]
    url = ext::{script}
    uploadpack = {script}
    vcs = evil
    promisor = true
    partialclonefilter = blob:none
    fetch = +refs/heads/*:refs/remotes/origin/*
[extensions]
    partialClone = origin
"""


class Trap:
    """A repository in which everything that can be a program is one that leaves a mark."""

    def __init__(self, folder: Path) -> None:
        self.mark = folder / "mark"
        self.script = folder / "evil.sh"
        self.script.write_text(f'#!/bin/sh\necho "$0 $@" >> {self.mark}\nexit 0\n')
        self.script.chmod(0o755)
        self.repo = Repository(folder / "shop")
        signature = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n"
        self.repo.commit(
            files={".gitattributes": "* diff=evil filter=evil\n", "tags/prod/shop": "tag: v1\n", "go.mod": "x\n"},
            extra=signature,
        )
        self.repo.commit(files={"tags/prod/shop": "tag: v2\n", "go.mod": "x\ny\n"})
        self.repo.tag("v1", message="One\n")

    def arm(self, *, keep: str = "") -> Repository:
        """Plant everything; only then, for Git's own commands that a test runs must not fire it. `keep`: its remote."""
        git_dir, folder = self.repo.git_dir, self.mark.parent
        hooks = folder / "hooks"
        for place in (hooks, git_dir / "hooks"):
            place.mkdir()
            for name in HOOKS:
                (place / name).symlink_to(self.script)
        (folder / "attributes").write_text("* diff=evil filter=evil merge=evil\n")
        (git_dir / "info").mkdir(exist_ok=True)
        (git_dir / "info" / "attributes").write_text("* diff=evil filter=evil\n")
        (self.repo.path / ".gitattributes").write_text("* diff=evil filter=evil\n")
        os.mkfifo(folder / "fifo")  # whoever opens it waits for ever
        text = (
            PROGRAMS if not keep else PROGRAMS.replace("url = ext::{script}", f"url = {keep}").replace("vcs = evil", "")
        )
        return self.repo.configure(
            text.format(script=self.script, hooks=hooks, attributes=folder / "attributes", fifo=folder / "fifo")
        )

    @property
    def sprung(self) -> str:
        """What ran; empty if nothing did."""
        return self.mark.read_text() if self.mark.exists() else ""


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    """A trap that is not armed yet."""
    return Trap(tmp_path)


def test_trap_works(trap: Trap) -> None:
    """Git itself, used without care on that repository, does run what its owner planted."""
    armed = trap.arm()
    for careless in (["status"], ["show", "--ext-diff", "HEAD"], ["fetch"]):
        trap.mark.unlink(missing_ok=True)
        options = ["-c", f"diff.orderFile={os.devnull}", "-c", "log.mailmap=false"]  # else it waits at the pipe
        subprocess.run(["git", "-C", armed.path, *options, *careless],
                       capture_output=True, check=False, timeout=20, stdin=subprocess.DEVNULL)  # fmt: skip
        assert trap.sprung != "", careless


def test_nothing_of_a_hostile_folder_runs(trap: Trap, tmp_path: Path) -> None:
    """Reading everything there is to read, fetching pull requests and asking for detail starts no program of theirs."""
    folder = trap.arm().path
    sha = trap.repo.head
    found = run(folder, cache=tmp_path / "cache", patch_ids=True, manifests=(PATTERNS,), pull_heads=True)
    assert [row["version"] for row in found["manifest_versions"]] == ["v1", "v2"]
    assert found.notices == {"missing_blobs": 1, "pull_heads_unavailable": 1}
    (detail,) = details(folder, [sha])
    assert detail.problem == ""
    assert trap.sprung == ""


def test_nothing_runs_where_contents_are_read(trap: Trap, tmp_path: Path) -> None:
    """Patches and added lines are what Git makes of the contents, not what a repository's drivers make of them."""
    trap.arm()
    config = trap.repo.git_dir / "config"
    config.write_text(config.read_text().replace("promisor = true", "").partition("[extensions]")[0])
    found = run(trap.repo.path, patch_ids=True)
    assert found.column("added_lines", "line") == ["y", "x"]
    assert len(found["patch_ids"]) == 2
    assert trap.sprung == ""


@pytest.mark.parametrize("remote", ["", "ext::{script}", "{remote}", "file://{remote}", "host:{remote}"])
def test_missing_object_is_not_fetched(trap: Trap, remote: str) -> None:
    """What a partial clone lacks is not fetched from wherever its config says: the read ends, and nothing ran."""
    whole = trap.repo.copy(trap.mark.parent / "whole")
    trap.repo.objects.path(trap.repo.files(trap.repo.head)[b"tags/prod/shop"].oid).unlink()
    folder = trap.arm(keep=remote.format(script=trap.script, remote=whole)).path
    with pytest.raises(PartialRead):
        run(folder, manifests=(PATTERNS,))
    assert trap.sprung == ""
    fetched = ["git", "-C", str(folder), "cat-file", "-p", f"{trap.repo.head}:tags/prod/shop"]
    subprocess.run(fetched, capture_output=True, check=False, timeout=20, stdin=subprocess.DEVNULL)
    assert trap.sprung != ""  # without care it runs


def test_hostile_folder_with_an_honest_remote(trap: Trap, tmp_path: Path) -> None:
    """Pull requests are fetched from the remote by a repository of our own, which has none of that config."""
    remote = Repository(tmp_path / "remote.git", bare=True)
    pull = remote.pull_request(3, how=None) if remote.commit() else None
    folder = trap.arm(keep=f"file://{remote.path}").path
    found = run(folder, cache=tmp_path / "cache", pull_heads=True, name="acme/shop")
    assert pull is not None
    assert found.one("refs", kind="pull_head")["sha"] == pull.head
    assert trap.sprung == ""


def test_nothing_of_a_hostile_remote_runs(trap: Trap, tmp_path: Path) -> None:
    """A clone of it has none of its config, hooks and attributes."""
    trap.arm()
    found = run(f"file://{trap.repo.path}", cache=tmp_path / "cache", patch_ids=True, manifests=(PATTERNS,))
    assert [row["version"] for row in found["manifest_versions"]] == ["v1", "v2"]
    trap.repo.commit()
    again = run(f"file://{trap.repo.path}", cache=tmp_path / "cache", manifests=(PATTERNS,), resume=found)
    assert len(again["commits"]) == 1
    assert trap.sprung == ""


@pytest.mark.parametrize(
    "target",
    ["ext::sh -c touch%20mark", "-upload-pack=touch mark", "--help", "fd::17", "evil://host/x", "transport::address"],
)
def test_target_that_names_a_program_is_wrong_use(tmp_path: Path, target: str) -> None:
    """A target that Git or a shell would take for something else than an address is refused before Git sees it."""
    with pytest.raises(HeadwayError) as raised:
        run(target, cache=tmp_path / "cache")
    assert raised.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_environment_of_the_caller_points_nowhere_else(
    trap: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside a hook Git's own variables are set; they do not lead the collector astray."""
    other = Repository(tmp_path / "other")
    other.commit()
    monkeypatch.setenv("GIT_DIR", str(other.git_dir))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.git_dir / "objects"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(trap.script))
    monkeypatch.setenv("GIT_TRACE", "1")
    found = run(trap.repo.path, patch_ids=True)
    (detail,) = details(trap.repo.path, [trap.repo.head])
    assert trap.repo.head in found.column("commits", "sha")
    assert detail.problem == ""
    assert trap.sprung == ""


def test_git_has_no_secret_of_headway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential helper or another program that Git starts finds no token or secret of Headway in its environment."""
    repo = Repository(tmp_path / "shop")
    repo.commit()
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin" / "git"
    wrapper.write_text(f'#!/bin/sh\nenv >> "{tmp_path}/seen"\nexec "{shutil.which("git")}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HEADWAY_GITHUB_TOKEN", "geheim")
    run(repo.path)
    seen = (tmp_path / "seen").read_text()
    assert "PATH=" in seen
    assert "geheim" not in seen


def test_replacements_and_grafts_do_not_count(trap: Trap) -> None:
    """A commit has the parents that it was made with, whatever somebody's clone pretends."""
    repo = trap.repo
    head, root = repo.head, repo.git("rev-list", "--max-parents=0", "HEAD")
    stranger = repo.commit("Stranger\n", parents=[])
    pretended = repo.commit("Pretended\n", parents=[stranger])
    repo.point("refs/heads/main", head).point(f"refs/replace/{root}", pretended)
    (repo.git_dir / "info").mkdir(exist_ok=True)
    (repo.git_dir / "info" / "grafts").write_text(f"{root} {stranger}\n")
    parents = {row["sha"]: row["parents"] for row in run(repo.path)["commits"]}
    assert parents == {root: "", head: root}
