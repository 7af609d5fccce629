"""What landed, by Headway and by `git` alone: a second count, which shares no code with the first.

    python benchmarks/landings.py GIT_DIR=WAREHOUSE … [--show 20] [--only NUMBER]

GIT_DIR is a bare clone with heads of pull requests, WAREHOUSE what Headway built of it. `git_landings.py` asks git
alone, which says that a number has landed where its head is a further parent of a merge on the default branch
(`parent`), is itself on it (`chain`, `inside`), or where a step of the first-parent history names it (`named`; `late`:
a merge that is older than the head). Hints are compared apart: a last commit whose author, author date and subject are
on the default branch too (`twin`), a squash inside of a merge within a month (`inner`), an equal tree (`tree`).
Words in a message (`body`) are no landing, and `same` has the head of another number.

A row per repository; the figures to keep are the ratios:

    steps       of the first-parent history, and how many of them are merges, and merges of several branches
    refs        numbers that have one, and what git makes of them
    changes     by Headway, by git, and the share of all keys (numbers, and steps without one) that both have
    joined      of the numbers with a ref that have landed by git: those that have landed by Headway (98 % is the least)
    twins       the same of the hints; what another request carried in, and a backport, is rightly left out
    words       numbers without a ref that a step names: by both, of those by either
    own         changes with equal own commits, merges left out, of those for which both know them
    times       numbers with the same time of landing, of those that have landed by both
    doubt       what Headway itself reports as doubtful

`--show` lists that many disagreements of each kind, evenly chosen, to be read and judged.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.git_landings import Commit, History, Verdict

_SURE = frozenset({"parent", "chain", "inside", "named", "late"})
_HINTS = frozenset({"twin", "inner", "tree"})
_MOST_REBASED = 50
_DOUBTS = (
    *("squashed", "not_believed", "contradictions", "same_head", "landed_though_closed", "numbers_without_ref"),
    *("numbers_of_others", "dates_not_believed", "without_own_work", "moved_forward", "by_order", "closer_alone"),
    *("inside_by_words", "in_doubt"),
)


@dataclass
class Told:
    """A change as Headway has it."""

    sha: str
    landed_by: str
    branch_commits: str
    merged: int
    own: set[str] = field(default_factory=set)


class Comparison:
    """One repository, counted twice."""

    def __init__(self, folder: Path, warehouse: Path) -> None:
        self.history = History(folder)
        self.told, self.doubts = told(warehouse)
        self.landed = {key: change for key, change in self.told.items() if change.sha}
        self.keys = {change.sha: key for key, change in self.landed.items()}
        self.numbers = {int(key[1:]) for key in self.landed if key.startswith("#")}
        self.counts: dict[str, tuple[int, int]] = {}
        self.lists: Mapping[int, set[str]] = {}
        self.written: Mapping[str, Commit] = {}
        self.apart: dict[str, list[str]] = defaultdict(list)

    def run(self) -> None:
        """Compare everything."""
        verdicts = self.history.verdicts
        for name, proofs in (("joined", _SURE), ("twins", _HINTS)):
            asked = {number for number, verdict in verdicts.items() if verdict.proof in proofs}
            self.counts[name] = (len(asked & self.numbers), len(asked))
            for number in sorted(asked - self.numbers):
                verdict = verdicts[number]
                key = self.keys.get(verdict.via) or self.keys.get(verdict.step) or "nothing"
                text = f"{verdict.proof} {self._line(verdict.step)}; there Headway has {key[:10]}"
                self._note(f"{name}: by git alone", number, text)
        for number in sorted(self.numbers & verdicts.keys()):
            if verdicts[number].proof not in _SURE | _HINTS:
                change = self.landed[f"#{number}"]
                lines = f"{self._line(change.sha)} · {self._line(self.history.heads[number])}"
                text = f"{verdicts[number].proof}; {change.landed_by} {lines}"
                self._note("landed by Headway alone", number, text)
        self._words()
        self._times()
        self._own()
        self._changes()

    def row(self) -> str:
        """The repository's line of the table."""
        by_proof = Counter(verdict.proof for verdict in self.history.verdicts.values())
        proofs = " ".join(f"{proof} {count:,}" for proof, count in by_proof.most_common())
        parents = [len(self.history.commits[sha].parents) for sha in self.history.chain]
        both, either = self.counts["changes"]
        cells = [
            self.history.name,
            f"{len(parents):,} ({sum(n > 1 for n in parents):,} merges, {sum(n > 2 for n in parents):,} octopus)",
            f"{len(self.history.heads):,} ({proofs})" if proofs else "none",
            f"{len(self.landed):,} · {self.counts['by git'][0]:,} · {_share(both, either)}",
        ]
        cells += [
            f"{_share(*self.counts[name])} ({self.counts[name][0]:,}/{self.counts[name][1]:,})" for name in _COLUMNS
        ]
        cells.append(" ".join(f"{name} {count:,}" for name, count in self.doubts.items() if count) or "none")
        return f"| {' | '.join(cells)} |"

    def show(self, most: int, only: int | None) -> None:
        """Disagreements of each kind."""
        for kind, lines in self.apart.items():
            wanted = [line for line in lines if only is None or line.startswith(f"#{only} ")]
            print(f"\n  {kind}: {len(wanted)}")
            for line in wanted[:: max(len(wanted) // max(most, 1), 1)][:most]:
                print(f"    {line}")

    def _words(self) -> None:
        named = {number for number in self.history.words if number not in self.history.heads}
        ours = {number for number in self.numbers if number not in self.history.heads}
        self.counts["words"] = (len(named & ours), len(named | ours))
        for number in sorted(named - ours):
            self._note("words: by git alone", number, self._line(self.history.words[number][0]))
        for number in sorted(ours - named):
            self._note("words: by Headway alone", number, self._line(self.landed[f"#{number}"].sha))

    def _times(self) -> None:
        same = every = 0
        for number in sorted(self.numbers):
            verdict = self.history.verdicts.get(number, Verdict("none"))
            steps = (
                [verdict.step]
                if verdict.step
                else sorted(self._run(self.history.words.get(number, [])), key=lambda sha: self.history.position[sha])[
                    -1:
                ]
            )
            for step in steps:
                every += 1
                expected = self.history.commits[step].committed
                change = self.landed[f"#{number}"]
                same += change.merged == expected
                if change.merged != expected:
                    days = (change.merged - expected) / 86_400
                    self._note(
                        "times",
                        number,
                        f"{verdict.proof} git {self._line(step)}; Headway {self._line(change.sha)}, {days:+.1f} d",
                    )
        self.counts["times"] = (same, every)

    def _own(self) -> None:
        """Own commits; one that several requests hold belongs to the one that landed first, the smallest of a step."""
        history = self.history
        asked = [(n, v) for n, v in history.verdicts.items() if v.step and v.proof not in {"chain", "same", "late"}]
        with ThreadPoolExecutor(2) as pool:
            lists = self.lists = dict(
                zip((n for n, _ in asked), pool.map(lambda pair: history.own(*pair), asked), strict=True)
            )
        self.written = history.read("--no-walk=unsorted", "--stdin", stdin=sorted(set().union(*lists.values())))
        before: dict[tuple[str, str, str], int] = {}
        for sha, commit in history.commits.items():
            before[commit.twin] = min(history.position[sha], before.get(commit.twin, len(history.chain)))
        roots = set(history.git("rev-list", "--max-parents=0", "--all").split())
        taken: set[object] = set()
        same = every = 0
        for number, verdict in sorted(
            asked, key=lambda pair: (history.position[pair[1].step], len(lists[pair[0]]), pair)
        ):
            listed = {sha for sha in lists[number] if taken.isdisjoint(self._marks(sha))}
            place = history.position[verdict.step]
            listed -= {sha for sha in listed if self._is_squash_of_another(sha, number, listed)}
            own = {sha for sha in listed if sha in history.commits or not self._was_before(sha, number, before, place)}
            change = self.landed.get(f"#{number}")
            if change is not None or verdict.proof in _SURE:
                taken |= {mark for sha in own for mark in self._marks(sha)}
            if change is None or change.branch_commits not in {"joined", "empty"}:
                continue
            if roots & own and verdict.proof != "parent":
                continue
            every += 1
            equal = change.own == own or (not own and change.branch_commits == "empty")
            same += equal
            if not equal:
                text = f"git {len(own)} Headway {len(change.own)}; git alone {_few(own - change.own)}; "
                text += f"Headway alone {_few(change.own - own)}; {self._line(verdict.step)}"
                self._note("own", number, f"{verdict.proof} {change.landed_by} {text}")
        self.counts["own"] = (same, every)

    def _marks(self, sha: str) -> set[object]:
        """What shows that a commit was taken: itself, or off the default branch a copy, as stacked branches have.

        A commit like its own parent is none: a tool made both at once.
        """
        twin = self.written[sha].twin
        parents = (self.written.get(parent) for parent in self.written[sha].parents)
        repeats = any(parent is not None and parent.twin == twin for parent in parents)
        return {sha} if sha in self.history.commits or repeats else {sha, twin}

    def _was_before(self, sha: str, number: int, before: Mapping[tuple[str, str, str], int], place: int) -> bool:
        """Whether a copy of a commit was there before: of a rebased branch, whose copies were too, by a merge."""
        history = self.history
        at, step = before.get(self.written[sha].twin, place), history.commits[history.chain[place]]
        rebased = history.commit(history.heads[number]).twin == step.twin
        return at < place and (not rebased or len(history.commits[history.chain[at]].parents) > 1)

    def _is_squash_of_another(self, sha: str, number: int, listed: Collection[str]) -> bool:
        """Whether a commit of a branch is the squash of another request: it has its number, and one of its authors."""
        other = self.history.squashed(self.written[sha].subject)
        if other in {None, number} or other not in self.history.heads or len(listed) == 1:
            return False
        return self.written[sha].author in self.history.authors(other)

    def _changes(self) -> None:
        """Keys: numbers, and each step that no number has."""
        history = self.history
        sure = _SURE | {"twin", "inner"}
        steps = {number: {verdict.step} for number, verdict in history.verdicts.items() if verdict.proof in sure}
        for number, named in history.words.items():
            if number not in history.heads:
                steps[number] = self._run(named)
        rebased = [self.lists[number] for number in steps if number in self.lists and self.landed.get(f"#{number}")]
        twins = {self.written[sha].twin for listed in rebased for sha in listed if len(listed) <= _MOST_REBASED}
        claimed = set().union(*steps.values()) | {sha for sha in history.chain if history.commits[sha].twin in twins}
        keys = {f"#{number}" for number in steps} | {f"@{sha}" for sha in history.chain if sha not in claimed}
        self.counts["by git"] = (len(keys), len(keys))
        self.counts["changes"] = (len(keys & self.landed.keys()), len(keys | self.landed.keys()))
        for key in sorted(keys ^ self.landed.keys()):
            if key.startswith("@"):
                self._note(f"steps: by {'git' if key in keys else 'Headway'} alone", 0, self._line(key[1:]))

    def _run(self, named: list[str]) -> set[str]:
        """The newest of the steps that name a number; where a bot rebases and names it in each commit, all of them."""
        rebased = [sha for sha in named if "\nPart-of: " in self.history.commits[sha].message]
        places = [self.history.position[sha] for sha in rebased or named[-1:]]
        run = [place for place in places if all(between in places for between in range(place, places[-1]))]
        return {self.history.chain[place] for place in run}

    def _note(self, kind: str, number: int, text: str) -> None:
        self.apart[kind].append(f"#{number} {text}")

    def _line(self, sha: str) -> str:
        commit = self.history.commits.get(sha) or self.history.outside.get(sha)
        return f"{sha[:10]} {commit.subject[:70]}" if commit else sha[:10]


_COLUMNS = ("joined", "twins", "words", "own", "times")


def told(warehouse: Path) -> tuple[dict[str, Told], dict[str, int]]:
    """Headway's changes by key, and its doubts with their counts."""
    current = (warehouse / "CURRENT").read_text(encoding="utf-8").strip()
    with duckdb.connect(str(warehouse / current), read_only=True) as connection:
        rows = connection.sql(
            "select change_key, coalesce(sha, ''), coalesce(landed_by, ''), coalesce(branch_commits, ''),"
            " coalesce(epoch(merged_at), 0)::bigint from changes"
        ).fetchall()
        changes = {key: Told(*rest) for key, *rest in rows}
        pairs = connection.sql(
            "select change_commits.change_key, sha from change_commits join commits using (repo_id, sha)"
            " where not contains(trim(commits.parents), ' ')"
        ).fetchall()
        for key, sha in pairs:
            if key in changes:
                changes[key].own.add(sha)
        coverage = connection.sql("select * from coverage")
        values = dict(zip(coverage.columns, coverage.fetchall()[0], strict=False))
    return changes, {name: values[name] for name in _DOUBTS if name in values}


def main() -> None:
    """Print the table, and disagreements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", metavar="GIT_DIR=WAREHOUSE")
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--only", type=int)
    given = parser.parse_args()
    print("| repository | steps | refs | changes Headway · git · both | " + " | ".join(_COLUMNS) + " | doubt |")
    print("|---" * (5 + len(_COLUMNS)) + "|")
    for pair in given.pairs:
        folder, _, warehouse = pair.rpartition("=")
        comparison = Comparison(Path(folder), Path(warehouse))
        comparison.run()
        print(comparison.row())
        sys.stdout.flush()
        if given.show:
            comparison.show(given.show, given.only)


def _few(shas: set[str]) -> str:
    return ", ".join(sha[:9] for sha in sorted(shas)[:3]) or "-"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


if __name__ == "__main__":
    main()
