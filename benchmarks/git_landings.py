"""How numbers landed, by `git` alone: what `landings.py` compares Headway with. It shares no code with Headway."""

from __future__ import annotations

import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

_HEAD = re.compile(r"refs/(pull|merge-requests|pull-requests)/(\d+)/(?:head|from)")
_FIELDS = "%H%x00%P%x00%T%x00%an%x00%ad%x00%ct%x00%B"
_SQUASH = re.compile(r"\((?:#|!|GH-|gh-)(\d+)\)[\s.]*$")
_STEP_WORDS = re.compile(
    r"(?:Merged PR |Merge pull request #|Merge pull request .*\(#|Merged in .*\(pull request #|Pull request #"
    r"|Auto merge of #|Merge \S*#|Merge PR #|Merge pr#)(\d+)"
)
_BODY_WORDS = re.compile(
    r"^(?:Summary: )?(?:See merge request |Part-of: <|Pull Request resolved: |Pull-Request(?:-resolved)?: |PR-URL: "
    r"|Reviewed-on: )"
    r"(\S*?)(?:!|/pull/|/pulls/|/merge_requests/)(\d+)>?\s*$",
    re.MULTILINE,
)
# Meta's exports name the same commit's requests in other repositories.
_ELSEWHERE = re.compile(r"^X-link: ", re.MULTILINE)
_LATE_SECONDS = 3600
_NEWEST, _RENAMED = 500, 50
_SOON_SECONDS = 30 * 86_400


class Commit(NamedTuple):
    """A commit as `git log` prints it."""

    parents: tuple[str, ...]
    tree: str
    author: str
    authored: str
    committed: int
    message: str

    @property
    def subject(self) -> str:
        """The first line."""
        return self.message.partition("\n")[0]

    @property
    def twin(self) -> tuple[str, str, str]:
        """What a rebase keeps."""
        return self.author, self.authored, self.subject


class Verdict(NamedTuple):
    """How a number landed: the kind of proof, the step of the first-parent history, and the merge that brought it."""

    proof: str
    step: str = ""
    via: str = ""


@dataclass
class Clues:
    """What the commits of the default branch say, by what a head is compared with."""

    merges: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    twins: dict[tuple[str, str, str], str] = field(default_factory=dict)
    inner: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    trees: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    bodies: set[int] = field(default_factory=set)


class History:
    """A clone, read by `git` alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.resolve().parent.name.replace("+", "/") if folder.name == "repo" else folder.name
        self.tip = self.git("rev-parse", "HEAD").strip()
        self.commits = self.read("HEAD")
        self.chain = list(self._first_parents())
        self.position = self._positions()
        self.heads = self._heads()
        self.outside = self.read(
            "--no-walk=unsorted",
            "--ignore-missing",
            "--stdin",
            stdin=sorted(set(self.heads.values()) - set(self.commits)),
        )

    def git(self, *arguments: str, stdin: Iterable[str] = ()) -> str:
        """What Git prints."""
        command = ("git", "-C", str(self.folder), "-c", "log.mailmap=false", *arguments)
        text = "".join(f"{line}\n" for line in stdin).encode()
        done = subprocess.run(command, input=text, capture_output=True, check=True)
        return done.stdout.decode("utf-8", "replace")

    def commit(self, sha: str) -> Commit:
        """A commit of the default branch, or the head of a request."""
        return self.commits.get(sha) or self.outside[sha]

    @cached_property
    def words(self) -> dict[int, list[str]]:
        """The steps that name a number, oldest first."""
        addresses = {
            sha: [(_repository(match[1]), int(match[2])) for match in _BODY_WORDS.finditer(self.commits[sha].message)]
            for sha in self.chain
        }
        newest = [repository for sha in self.chain[-_NEWEST:] for repository, _ in addresses[sha]]
        counted = Counter(newest or [repository for listed in addresses.values() for repository, _ in listed])
        own = max(counted, key=lambda repository: (repository == self.name, counted[repository]), default="")
        numbers_of: dict[str, set[int]] = defaultdict(set)
        for repository, number in (row for listed in addresses.values() for row in listed):
            numbers_of[repository].add(number)
        # Renamed, a repository goes on counting; another one counts on its own, and they meet.
        names = {own} | {
            name
            for name, numbers in numbers_of.items()
            if len(numbers) >= _RENAMED and numbers.isdisjoint(numbers_of[own])
        }
        found: dict[int, list[str]] = defaultdict(list)
        for sha, listed in addresses.items():
            subject = self.commits[sha].subject
            squash = _SQUASH.search(subject) if len(self.commits[sha].parents) == 1 else None
            words = squash or _STEP_WORDS.match(subject)
            numbers = {number for repository, number in listed if repository in names}
            # A number of another repository is none of this one's, whatever the subject says.
            elsewhere = listed or _ELSEWHERE.search(self.commits[sha].message)
            for number in numbers or ({int(words[1])} if words and not elsewhere else ()):
                found[number].append(sha)
        return found

    @cached_property
    def called(self) -> dict[str, int]:
        """The number that a step's words give it."""
        return {sha: number for number, steps in self.words.items() for sha in steps}

    @cached_property
    def verdicts(self) -> dict[int, Verdict]:
        """How each number with a ref landed, by git alone."""
        clues = Clues()
        for sha, commit in self.commits.items():
            for parent in commit.parents[1:]:
                clues.merges[parent].append(sha)
            clues.twins[commit.twin] = sha
            if match := _SQUASH.search(commit.subject):
                clues.inner[int(match[1])].append(sha)
            clues.bodies.update(int(number) for number in re.findall(r"#(\d{1,9})\b", commit.message))
        for sha in self.chain:
            clues.trees[self.commits[sha].tree].append(sha)
        return {number: self._verdict(number, head, clues) for number, head in self.heads.items()}

    def squashed(self, subject: str) -> int | None:
        """The number that ends a subject."""
        match = _SQUASH.search(subject)
        return int(match[1]) if match else None

    def authors(self, number: int) -> set[str]:
        """Who wrote a request, as far as it is not on the default branch."""
        return set(self.git("log", "--format=%an", self.heads[number], f"^{self.tip}").splitlines())

    def step(self, sha: str) -> str:
        """The step by which a commit came to the default branch."""
        return self.chain[self.position[sha]]

    def own(self, number: int, verdict: Verdict) -> set[str]:
        """What a request wrote: its list without merges, from its head down to what was there before its landing."""
        step = self.commits[verdict.via or verdict.step]
        named = verdict.proof == "inside" and re.search(rf"[#!]{number}\b", step.subject)
        # A merge that names a request whose head it contains brought that, and what its branch got afterwards.
        chosen = [verdict.step if named else self.heads[number], *(f"^{sha}" for sha in step.parents[:1])]
        return set(self.git("rev-list", "--no-merges", *chosen).split())

    def _verdict(self, number: int, head: str, clues: Clues) -> Verdict:
        if head in self.commits:
            via = sorted(clues.merges.get(head, ()), key=lambda sha: (self.position[sha], sha != self.step(sha)))
            if via and self._is_other(number, head, via[0]):
                return Verdict("same", self.step(via[0]), via[0])
            if via:
                return Verdict("parent", self.step(via[0]), via[0])
            if self.step(head) != head:
                return Verdict("inside", self.step(head))
            return Verdict("chain" if self.called.get(head, number) == number else "same", head)
        commit = self.outside.get(head, Commit((), "", "", "", 0, ""))
        words = self.words.get(number, ())
        named = [sha for sha in words if self.commits[sha].committed + _LATE_SECONDS >= commit.committed]
        twins = [self.step(clues.twins[commit.twin])] if commit.twin in clues.twins else []
        named += [
            sha
            for sha in twins
            if re.search(rf"[#!]{number}\b", self.commits[sha].subject) and self.called.get(sha, number) == number
        ]
        inner = [
            sha
            for sha in clues.inner.get(number, ())
            if -_LATE_SECONDS <= self.commits[sha].committed - commit.committed <= _SOON_SECONDS
        ]
        merges = [sha for sha in words if len(self.commits[sha].parents) > 1 and not self._contains(head, sha)]
        trees = clues.trees.get(commit.tree, [])
        shown = (
            ("named", named[:1]),
            ("twin", twins),
            ("late", merges[-1:]),
            ("inner", inner),
            ("tree", trees if len(trees) == 1 else []),
        )
        hint = Verdict("body" if number in clues.bodies else "none")
        proof, sha = next(((proof, steps[0]) for proof, steps in shown if steps), ("", ""))
        return Verdict(proof, self.step(sha), sha) if proof else hint

    def _contains(self, head: str, sha: str) -> bool:
        """Whether a branch goes on from a commit: then that did not land it."""
        return not self.git("rev-list", "-1", sha, f"^{head}") if head in self.outside else False

    def _is_other(self, number: int, head: str, via: str) -> bool:
        """Whether of several requests with one head another one is the newest, or the one that the merge names."""
        theirs = [other for other, sha in self.heads.items() if sha == head]
        named = [other for other in theirs if re.search(rf"[#!]{other}\b", self.commits[via].message)]
        return number != max(named or theirs)

    def read(self, *chosen: str, stdin: Iterable[str] = ()) -> dict[str, Commit]:
        """Commits as `git log` prints them."""
        if "--stdin" in chosen and not stdin:
            return {}
        fields = self.git("log", "-z", "--date=raw", f"--format={_FIELDS}", *chosen, stdin=stdin).split("\0")
        rows = zip(*(fields[place::7] for place in range(7)), strict=False)
        return {
            row[0].strip("\n"): Commit(tuple(row[1].split()), row[2], row[3], row[4], int(row[5] or 0), row[6])
            for row in rows
        }

    def _first_parents(self) -> Iterator[str]:
        shas = [self.tip]
        while shas[-1] in self.commits:
            parents = self.commits[shas[-1]].parents
            if not parents or parents[0] not in self.commits:
                break
            shas.append(parents[0])
        return reversed(shas)

    def _positions(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for place, sha in enumerate(self.chain):
            waiting = [sha]
            while waiting:
                commit = waiting.pop()
                if commit not in found and commit in self.commits:
                    found[commit] = place
                    waiting += self.commits[commit].parents
        return found

    def _heads(self) -> dict[int, str]:
        listed = self.git("for-each-ref", "--format=%(objectname) %(refname)", "refs").splitlines()
        pairs = (line.split(" ", 1) for line in listed)
        refs = [(match[1], int(match[2]), sha) for sha, ref in pairs if (match := _HEAD.fullmatch(ref))]
        counted = Counter(kind for kind, _, _ in refs)
        # A mirror has requests of its own forge beside those of the original: the many count.
        return {number: sha for _, number, sha in sorted(refs, key=lambda row: counted[row[0]])}


def _repository(address: str) -> str:
    """The last two parts of an address: GitLab writes it as a URL or as a path."""
    return "/".join(address.removesuffix("/-").split("/")[-2:])
