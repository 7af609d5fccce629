"""Repositories in which pull requests land in every style, with what is true of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.builders.rows import Raw

__all__ = ["STYLES", "Mixed"]


@dataclass
class Mixed:
    """A repository that grows by landing one pull request, or a few, at a time; `own` is what each consists of.

    `begins_unseen`: requests whose head the default branch was moved to, with steps before it
    that may be theirs or pushes. `by_order`: requests
    of a batch without refs.
    """

    raw: Raw = field(default_factory=Raw)
    own: dict[str, list[str]] = field(default_factory=dict)
    begins_unseen: set[str] = field(default_factory=set)
    by_order: set[str] = field(default_factory=set)
    main: list[str] = field(default_factory=list)
    clock: float = 0

    def __post_init__(self) -> None:
        self.commit("root", [], step=True)

    def commit(
        self,
        name: str,
        parents: Sequence[str],
        *,
        says: str = "",
        copied: float | None = None,
        step: bool = False,
        by: str = "ann",
    ) -> str:
        """Make a commit now; `copied` is the author date of the one that it copies, `step`: on the default branch."""
        self.clock += 1
        self.raw.commits(
            f"{name}@{self.clock}:{','.join(parents) or '-'}",
            says={name: says or f"Work {name}"},
            authored={name: self.clock if copied is None else copied},
            by={name: by},
            branch="main" if step else None,
        )
        if step:
            self.main.append(name)
        return name

    def branch(self, number: int, size: int, base: str) -> list[str]:
        """The commits of a new pull request."""
        commits: list[str] = []
        for place in range(size):
            commits.append(self.commit(f"p{number}c{place}", [commits[-1] if commits else base]))
        self.opened(number, commits)
        return commits

    def opened(self, number: int, own: Sequence[str], head: str | None = None) -> None:
        """Point the ref of a pull request at its head, and say what is its own."""
        self.raw.pull(number, head or own[-1])
        self.own[f"#{number}"] = sorted(own)

    def copies(self, commits: Sequence[str], base: str, *, step: bool) -> list[str]:
        """The same commits on another base, as a rebase makes them."""
        dates = {row["message"]: row["authored_at"] for row in self.raw.rows["commits"]}
        made: list[str] = []
        for commit in commits:
            authored = (dates[f"Work {commit}"] - self.raw.collected_at).total_seconds() / 3600 + 1000
            base = self.commit(f"{commit}x", [base], says=f"Work {commit}", copied=authored, step=step)
            made.append(base)
        return made

    def land(self, style: str, number: int, size: int, base: str, *, words: bool) -> None:
        """Land pull requests from `number` on in one of the `STYLES`; without `words` merges have empty messages."""
        getattr(self, f"_{style}")(number, size, base, words)

    def _merge(self, number: int, size: int, base: str, words: bool) -> None:
        head = self.branch(number, size, base)[-1]
        says = f"Merge pull request #{number} from ann/t" if words else "x"
        self.commit(f"m{number}", [self.main[-1], head], says=says, step=True)

    def _squash(self, number: int, size: int, base: str, words: bool) -> None:
        self.branch(number, size, base)
        says = f"Add {number} (#{number})" if words else f"Add {number}\n\nCloses #{number} from ann/t."
        self.commit(f"s{number}", [self.main[-1]], says=says, step=True)

    def _squash_and_merge(self, number: int, size: int, base: str, words: bool) -> None:
        own = self.branch(number, size, base)
        self.raw.rows["refs"].pop()
        self.raw.pull(number, own[-1], "merge-requests")
        squash = self.commit(f"s{number}", [self.main[-1]], says=f"Add {number}")
        says = f"Merge branch 't' into 'main'\n\nAdd {number}\n\nSee merge request acme/shop!{number}"
        self.commit(f"m{number}", [self.main[-1], squash], says=says, step=True)

    def _rebase(self, number: int, size: int, base: str, words: bool) -> None:
        self.copies(self.branch(number, size, base), self.main[-1], step=True)

    def _rebase_and_merge(self, number: int, size: int, base: str, words: bool) -> None:
        copies = self.copies(self.branch(number, size, base), self.main[-1], step=False)
        says = f"Merge pull request 'Add {number}' (#{number}) from t into main"
        self.commit(f"m{number}", [self.main[-1], copies[-1]], says=says, step=True)

    def _fast_forward(self, number: int, size: int, base: str, words: bool) -> None:
        before = self.main[-1]
        if size > 1 or (f"@{before}" in self.own and before != "root"):
            self.begins_unseen.add(f"#{number}")
        commits = [self.commit(f"p{number}c{place}", [self.main[-1]], step=True) for place in range(size)]
        self.opened(number, commits)

    def _batch(self, number: int, size: int, base: str, words: bool) -> None:
        heads = [self.branch(number, size, base)[-1], self.branch(number + 1, size, base)[-1]]
        says = f"Merge #{number} #{number + 1}" if words else "x"
        self.commit(f"m{number}", [self.main[-1], *heads], says=says, step=True)

    def _batch_without_refs(self, number: int, size: int, base: str, words: bool) -> None:
        heads: list[str] = []
        for inner in (number, number + 1):
            for place in range(size):
                name = f"p{inner}c{place}"
                self.commit(name, [base if place == 0 else f"p{inner}c{place - 1}"])
            heads.append(f"p{inner}c{size - 1}")
            self.own[f"#{inner}"] = sorted(f"p{inner}c{place}" for place in range(size))
        self.by_order |= {f"#{number}", f"#{number + 1}"}
        self.commit(f"m{number}", [self.main[-1], *heads], says=f"Merge #{number} #{number + 1}", step=True)

    def _squash_into_a_squash(self, number: int, size: int, base: str, words: bool) -> None:
        lower = self.branch(number, size, base)
        upper = self.branch(number + 1, size, lower[-1])
        squash = self.commit(f"q{number}", [lower[-1]], says=f"Upper (#{number + 1})")
        last = self.commit(f"l{number}", [squash])
        self.opened(number, [*lower, last], last)
        assert upper[-1] != last
        self.commit(f"s{number}", [self.main[-1]], says=f"Lower (#{number})", step=True)

    def _merge_into_a_squash(self, number: int, size: int, base: str, words: bool) -> None:
        lower = self.branch(number, size, base)
        upper = self.branch(number + 1, size, lower[-1])
        last = self.commit(f"l{number}", [lower[-1]])
        says = f"Merge pull request #{number + 1} from ann/upper"
        merge = self.commit(f"n{number}", [last, upper[-1]], says=says)
        self.opened(number, [*lower, last], merge)
        self.commit(f"s{number}", [self.main[-1]], says=f"Lower (#{number})", step=True)

    def _rollup(self, number: int, size: int, base: str, words: bool) -> None:
        tip = base
        for inner in (number, number + 1):
            head = self.branch(inner, size, base)[-1]
            tip = self.commit(
                f"r{inner}", [tip, head], says=f"Rollup merge of #{inner} - ann:t, r=bob" if words else "x"
            )
        self.opened(number + 2, [], tip)
        self.own[f"#{number + 2}"] = [f"m{number}"]  # it has no work of its own, and its merge represents it
        says = f"Auto merge of #{number + 2} - bob:rollup, r=bob" if words else "x"
        self.commit(f"m{number}", [self.main[-1], tip], says=says, step=True)

    def _stack_of_squashes(self, number: int, size: int, base: str, words: bool) -> None:
        lower = self.branch(number, size, base)
        upper = self.commit(f"u{number}", [lower[-1]])
        self.commit(f"s{number}", [self.main[-1]], says=f"Lower (#{number})", step=True)
        merged = self.commit(f"b{number}", [upper, self.main[-1]], says="Merge branch 'main' into upper")
        last = self.commit(f"v{number}", [merged])
        self.opened(number + 1, [upper, merged, last], last)
        self.commit(f"t{number}", [self.main[-1]], says=f"Upper (#{number + 1})", step=True)

    def _restacked(self, number: int, size: int, base: str, words: bool) -> None:
        lower = self.branch(number, size, base)
        copies = self.copies(lower, self.main[-1], step=False)
        upper = self.commit(f"u{number}", [copies[-1]])
        self.opened(number + 1, [upper])
        self.commit(f"s{number}", [self.main[-1]], says=f"Lower (#{number})", step=True)
        self.commit(f"t{number}", [self.main[-1]], says=f"Upper (#{number + 1})", step=True)

    def _stack_merged_at_once(self, number: int, size: int, base: str, words: bool) -> None:
        lower = self.branch(number, size, base)
        upper = self.branch(number + 1, size, lower[-1])
        says = f"Merge pull request #{number + 1} from ann/t" if words else "x"
        self.commit(f"m{number}", [self.main[-1], upper[-1]], says=says, step=True)

    def push(self, name: str, by: str = "ann") -> None:
        """A push without a pull request."""
        self.own[f"@{name}"] = [self.commit(name, [self.main[-1]], step=True, by=by)]


STYLES = tuple(name.removeprefix("_") for name in vars(Mixed) if name.startswith("_") and not name.startswith("__"))
