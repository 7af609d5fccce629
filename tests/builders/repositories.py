r"""Real Git repositories, built in code: dates, merges, squashes, PR refs, tags, and history rewritten.

::

    repo = Repository(tmp_path / "shop")
    first = repo.commit("Start", {"README.md": "Hello\n"})
    one = repo.pull_request(1, title="Add basket", commits=2, how="squash")
    repo.tag("v1", message="First release")

Every step moves the repository's own clock on by its `pace`; the same calls give the same ids.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Self

from tests.builders.git_objects import FILE, Entry, Objects

__all__ = ["ANN", "BOB", "Files", "Person", "PullRequest", "Repository"]

_EPOCH = datetime(1970, 1, 1)
Files = Mapping[str | bytes, str | bytes | Entry | None]


class Person(NamedTuple):
    """Who wrote or committed; bytes where the name is not UTF-8."""

    name: str | bytes
    email: str | bytes

    def line(self, at: datetime | int, zone: str) -> bytes:
        """The identity line of a commit or tag."""
        seconds = at if isinstance(at, int) else int((at - _EPOCH).total_seconds())
        return b"%s <%s> %d %s" % (_bytes(self.name), _bytes(self.email), seconds, zone.encode())


ANN = Person("Ann Author", "ann@example.com")
BOB = Person("Bob Builder", "bob@example.com")


class PullRequest(NamedTuple):
    """A pull request as built: the commits of its branch, oldest first, and where it landed (None: nowhere)."""

    number: int
    commits: tuple[str, ...]
    landed: str | None

    @property
    def head(self) -> str:
        """The last commit of its branch."""
        return self.commits[-1]


class Repository:
    """A repository in a folder: a working clone without its files, or bare. `branch` is where the next commit goes."""

    def __init__(
        self,
        folder: Path,
        *,
        bare: bool = False,
        branch: str = "main",
        start: datetime = datetime(2025, 1, 6, 9),
        pace: timedelta = timedelta(hours=1),
        object_format: str = "sha1",
    ) -> None:
        self.path = folder
        self.git_dir = folder if bare else folder / ".git"
        self.branch = branch
        self.now = start
        self.pace = pace
        self.objects = Objects(self.git_dir, object_format)
        self._contents: dict[str, dict[bytes, Entry]] = {}
        self._parents: dict[str, tuple[str, ...]] = {}
        self._messages: dict[str, tuple[bytes, Person, datetime | int]] = {}
        for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
            (self.git_dir / name).mkdir(parents=True)
        self.point_head(branch)
        version = "0" if object_format == "sha1" else f"1\n[extensions]\n\tobjectformat = {object_format}\n[core]"
        self.configure(f"[core]\n\trepositoryformatversion = {version}\n\tbare = {str(bare).lower()}\n")

    # What is there

    @property
    def head(self) -> str:
        """The last commit of the current branch."""
        return self.sha(f"refs/heads/{self.branch}")

    def sha(self, ref: str) -> str:
        """The id that a ref holds; KeyError where there is no such ref."""
        path = self.git_dir / ref
        if not path.is_file():
            raise KeyError(ref)
        return path.read_text().strip()

    def files(self, sha: str) -> dict[bytes, Entry]:
        """The files of a commit."""
        return dict(self._contents[sha])

    def git(self, *arguments: str) -> str:
        """Run the real Git in it; its output without the last newline."""
        return _git("-C", str(self.path), *arguments)

    # Time and place

    def tick(self, **duration: float) -> Self:
        """Let time pass: `tick(days=3)`."""
        self.now += timedelta(**duration)
        return self

    def switch(self, branch: str, at: str | None = None) -> Self:
        """Go on with a branch; a new one begins at `at` (default: where we are)."""
        ref = f"refs/heads/{branch}"
        if not (self.git_dir / ref).is_file():
            self.point(ref, at or self.head)
        self.branch = branch
        return self

    # Commits

    def commit(
        self,
        message: str | bytes | None = None,
        files: Files | None = None,
        *,
        author: Person = ANN,
        committer: Person | None = None,
        at: datetime | int | None = None,
        authored_at: datetime | int | None = None,
        zone: str = "+0000",
        parents: Sequence[str] | None = None,
        extra: bytes = b"",
    ) -> str:
        """Commit on the current branch; its id. Without `files` one new file; a path that is None is removed.

        `at` is the committer date (default: the clock, which moves on), `authored_at` the author's (default: the same).
        """
        before = self._tip() if parents is None else list(parents)
        contents = dict(self._contents[before[0]]) if before else {}
        number = len(self._contents) + 1
        for path, content in ({f"file{number}.txt": f"{number}\n"} if files is None else files).items():
            if content is None:
                del contents[_bytes(path)]
            else:
                contents[_bytes(path)] = content if isinstance(content, Entry) else self.blob(content)
        when: datetime | int = self._step() if at is None else at
        written = when if authored_at is None else authored_at
        text = _bytes(f"Commit {number}\n" if message is None else message)
        sha = self.objects.commit(
            self.objects.tree(contents),
            before,
            author.line(written, zone),
            (committer or author).line(when, zone),
            text,
            extra=extra,
        )
        self._contents[sha], self._parents[sha] = contents, tuple(before)
        self._messages[sha] = (text, author, written)
        self.point(f"refs/heads/{self.branch}", sha)
        return sha

    def blob(self, content: str | bytes, mode: bytes = FILE) -> Entry:
        """Store a file's content, to be committed under any path."""
        return Entry(mode, self.objects.write("blob", _bytes(content)))

    def merge(self, *others: str, message: str | None = None, files: Files | None = None) -> str:
        """Merge branches or commits into the current branch by a merge commit; its id."""
        heads = [self._resolve(other) for other in others]
        changes = self._changes(heads)
        text = message or f"Merge branch '{others[0]}'\n"
        return self.commit(text, {**changes, **(files or {})}, parents=[self.head, *heads])

    def squash(self, other: str, message: str | None = None) -> str:
        """Land a branch as one commit; its id."""
        return self.commit(message or f"Squash {other}\n", self._changes([self._resolve(other)]))

    def rebase(self, other: str) -> list[str]:
        """Land a branch by copying its commits, as GitHub's rebase merge does; their new ids, oldest first."""
        landed = []
        for sha in self.own_commits(self._resolve(other)):
            text, author, written = self._messages[sha]
            changes = _difference(self._contents[self._parents[sha][0]], self._contents[sha])
            landed.append(self.commit(text, changes, author=author, committer=BOB, authored_at=written))
        return landed

    def own_commits(self, head: str) -> list[str]:
        """The first-parent chain of a head down to what the current branch has, oldest first."""
        known = self._ancestors(self.head)
        chain = []
        while head not in known:
            chain.append(head)
            head = self._parents[head][0]
        return chain[::-1]

    def pull_request(
        self, number: int, *, title: str | None = None, commits: int = 1, how: str | None = "merge"
    ) -> PullRequest:
        """Build a pull request into the current branch and land it by `merge`, `squash`, `rebase`, or not at all."""
        base, topic = self.branch, f"topic-{number}"
        self.switch(topic)
        own = tuple(self.commit(f"Step {step} of #{number}\n") for step in range(1, commits + 1))
        self.switch(base).pull(number, own[-1]).delete(f"refs/heads/{topic}")
        return PullRequest(number, own, self._land(number, own[-1], title or f"Change {number}", how))

    def _land(self, number: int, head: str, title: str, how: str | None) -> str | None:
        if how == "merge":
            return self.merge(head, message=f"Merge pull request #{number} from ann/topic-{number}\n\n{title}\n")
        if how == "squash":
            return self.squash(head, f"{title} (#{number})\n")
        return self.rebase(head)[-1] if how == "rebase" else None

    # Refs

    def point(self, ref: str, sha: str) -> Self:
        """Make a ref lead to an object, whatever it led to before."""
        path = self.git_dir / ref
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sha + "\n")
        return self

    def point_head(self, branch: str) -> Self:
        """Make another branch the one that is checked out: in a bare repository, the default."""
        (self.git_dir / "HEAD").write_text(f"ref: refs/heads/{branch}\n")
        return self

    def detach(self, sha: str) -> Self:
        """Check out a commit instead of a branch."""
        (self.git_dir / "HEAD").write_text(sha + "\n")
        return self

    def delete(self, ref: str) -> Self:
        """Remove a ref."""
        (self.git_dir / ref).unlink()
        return self

    def tag(
        self,
        name: str,
        target: str | None = None,
        *,
        message: str | bytes | None = None,
        tagger: Person = ANN,
        at: datetime | int | None = None,
        zone: str = "+0000",
        kind: str = "commit",
    ) -> str:
        """Tag an object (default: the last commit); with a message an annotated tag. The id that the ref holds."""
        oid = target or self.head
        if message is not None:
            line = tagger.line(self._step() if at is None else at, zone)
            head = f"object {oid}\ntype {kind}\ntag {name}\n".encode()
            oid = self.objects.write("tag", b"%stagger %s\n\n%s" % (head, line, _bytes(message)))
        self.point(f"refs/tags/{name}", oid)
        return oid

    def pull(self, number: int, sha: str, kind: str = "pull") -> Self:
        """Set the head of a pull request, or with `kind="merge-requests"` of GitLab's."""
        return self.point(f"refs/{kind}/{number}/head", sha)

    # Configuration and clones

    def configure(self, text: str) -> Self:
        """Append to its config."""
        with (self.git_dir / "config").open("a") as config:
            config.write(text)
        return self

    def remote(self, url: str, name: str = "origin") -> Self:
        """Give it a remote."""
        return self.configure(f'[remote "{name}"]\n\turl = {url}\n\tfetch = +refs/heads/*:refs/remotes/{name}/*\n')

    def clone(self, folder: Path, *arguments: str) -> Path:
        """A clone by Git itself, as a person makes one; filters are allowed."""
        self.configure("[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n")
        _git("clone", "--quiet", *arguments, f"file://{self.path}", str(folder))
        return folder

    def copy(self, folder: Path) -> Path:
        """A copy of the folder as it is now."""
        return Path(shutil.copytree(self.path, folder))

    # Within

    def _step(self) -> datetime:
        self.now += self.pace
        return self.now

    def _tip(self) -> list[str]:
        try:
            return [self.head]
        except KeyError:
            return []

    def _resolve(self, name: str) -> str:
        return name if name in self._contents else self.sha(f"refs/heads/{name}")

    def _ancestors(self, sha: str) -> set[str]:
        found, waiting = {sha}, [sha]
        while waiting:
            new = [parent for parent in self._parents[waiting.pop()] if parent not in found]
            found.update(new)
            waiting += new
        return found

    def _changes(self, heads: list[str]) -> dict[str | bytes, str | bytes | Entry | None]:
        """What the commits of the heads changed since they left the current branch; the last one wins."""
        changes: dict[str | bytes, str | bytes | Entry | None] = {}
        for head in heads:
            own = self.own_commits(head)
            before = self._contents[self._parents[own[0]][0]] if own else self._contents[head]
            changes |= _difference(before, self._contents[head])
        return changes


def _difference(
    before: Mapping[bytes, Entry], after: Mapping[bytes, Entry]
) -> dict[str | bytes, str | bytes | Entry | None]:
    changes: dict[str | bytes, str | bytes | Entry | None] = dict.fromkeys(before.keys() - after.keys())
    return changes | {path: entry for path, entry in after.items() if before.get(path) != entry}


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return done.stdout.decode("utf-8", "replace").removesuffix("\n")
