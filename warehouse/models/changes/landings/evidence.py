"""What shows that a commit landed a pull request that it closes: the closing alone may be that of other work."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from warehouse.models.changes.commit_messages import read_landing
from warehouse.models.changes.landings.branch_commits import off_main
from warehouse.models.changes.landings.history import History

__all__ = ["Closing", "Evidence"]

# Of all paths of the branch and of the commit this share is that of both: then a title says that they are one work.
_SAME_PATHS = 0.5
# Of the paths of one of them the other has this share: the commit may have landed the branch, or written it again.
_COMMON_PATHS = 0.5
_TAGS = re.compile(r"^(?:\[[^\]]*\]|[A-Z]+-\d+\b|[\s:.,-])+")
_LETTERS = re.compile(r"\w+")


class Closing(NamedTuple):
    """What a closing commit has in common with the request; unless `exact` it may be other work."""

    text: str
    exact: bool


class Evidence:
    """Compares the commits that close pull requests with these; `pairs` are positions of steps with a number."""

    def __init__(self, history: History, pairs: Iterable[tuple[int, int]]) -> None:
        self.history = history
        self._branches = {
            (position, number): self._branch(position, number) for position, number in dict.fromkeys(pairs)
        }
        wanted = {commit for branch in self._branches.values() for commit in branch}
        self._paths = history.paths({*wanted, *(history.chain[position] for position, _ in self._branches)})

    def of(self, position: int, number: int) -> Closing | None:
        """What shows that a step landed a request that it closes; None where its paths show that it did not."""
        same = self._same_content(position, number)
        if same:
            return Closing(same, exact=True)
        commit = self.history.chain[position]
        step, branch = self._paths_of((commit,)), self._paths_of(self._branches.get((position, number), ()))
        common, either = step & branch, step | branch
        if step and branch and len(common) < _COMMON_PATHS * min(len(step), len(branch)):
            return None
        if self._title(commit) in self._titles(number) and len(common) >= _SAME_PATHS * len(either):
            return Closing("it has its title" + (" and its paths" if common else ""), exact=True)
        if common:
            return Closing(f"it changes {len(common)} of the {len(branch)} paths of its branch", exact=False)
        return Closing("which paths they changed is not known", exact=False)

    def _same_content(self, position: int, number: int) -> str:
        """What a step has that only the head of the request has, empty for nothing."""
        history, commit, head = self.history, self.history.chain[position], self.history.heads.get(number)
        if number in history.in_body(commit).sure:
            return "a trailer names it"
        if head is None:
            return ""
        if history.trees[head] is not None and history.trees[head] == history.trees[commit]:
            return "it has the files of its head"
        if commit in history.patches and history.patches.get(head) == history.patches[commit]:
            return "it has the patch of its head"
        same_author = history.author_email[head].lower() in self._authors(commit)
        same = same_author and history.authored_at[head] == history.authored_at[commit]
        return "it has author and date of its head" if same else ""

    def _branch(self, position: int, number: int) -> tuple[int, ...]:
        head = self.history.heads.get(number)
        return off_main(self.history, head, position)[0] if head is not None else ()

    def _paths_of(self, commits: Collection[int]) -> set[str]:
        return {path for commit in commits for path in self._paths.get(commit, ())}

    def _authors(self, commit: int) -> set[str]:
        """The addresses of a commit's author and of those whom trailers call authors too."""
        lines = (line.lower() for line in self.history.messages[commit].splitlines())
        beside = {line.rpartition("<")[2].strip(" >") for line in lines if line.startswith("co-authored-by:")}
        return {self.history.author_email[commit].lower(), *beside}

    def _title(self, commit: int) -> str:
        message = self.history.messages[commit]
        return _plain(read_landing(message, merge=False, addresses=self.history.addresses).title)

    def _titles(self, number: int) -> set[str]:
        head = self.history.heads.get(number)
        titles = {self.history.reports.titles.get(number, ""), self.history.subject(head) if head is not None else ""}
        return {_plain(title) for title in titles} - {""}


def _plain(title: str) -> str:
    """The words of a title, without a ticket before them."""
    return " ".join(_LETTERS.findall(_TAGS.sub("", title).casefold()))
