"""How well the AI rules would do on a repository that nobody looked at: each one left out in turn.

    python benchmarks/cross_validate.py RECORDS.ndjson LABELS.csv

The rules' few numbers are chosen anew on the other repositories (by F1 of what is built), and the one left out is
judged with that choice. Pooled over all repositories this is the figure to expect elsewhere, as far as numbers go: that
the words of the rules were written with these repositories in view no such figure can take back.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from warehouse.classify import Classified, Label, Rules, RuleSettings, classify_records, read_labels, score

GRID = {
    "builds_ai": (2.5, 3.0, 3.5, 4.0),
    "map_place": (0.2, 0.35, 0.5),
    "map_file": (0.6, 0.92, 1.2),
    "map_name": (0.4, 0.64, 0.9),
}
Labels = dict[tuple[str, str], Label]
CLASSES = (("how", "ai"), ("how", "automation"), ("what", "ai_initiative"))


def main() -> None:
    """Print the choice and the scores for each repository, and the pooled scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path)
    parser.add_argument("labels", type=Path)
    given = parser.parse_args()
    lines = given.records.read_text(encoding="utf-8").split("\n")
    with given.labels.open(encoding="utf-8", newline="") as file:
        labels = read_labels(file)
    choices = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    judged = [list(classify_records(lambda: lines, Rules.load(RuleSettings(numbers=choice)))) for choice in choices]
    held_out: list[Classified] = []
    for repo in sorted({item.repo for item in judged[0]}):
        best = max(range(len(choices)), key=lambda index: f1(rest(judged[index], repo), labels))
        own = [item for item in judged[best] if item.repo == repo]
        held_out += own
        show(f"{repo} (chosen on the others: {choices[best]})", own, labels)
    show("all, each judged while left out", held_out, labels)
    show("all, with the numbers as they are", list(classify_records(lambda: lines, Rules.load())), labels)


def rest(verdicts: Sequence[Classified], repo: str) -> list[Classified]:
    """The verdicts of all other repositories."""
    return [item for item in verdicts if item.repo != repo]


def f1(verdicts: Iterable[Classified], labels: Labels) -> float:
    """F1 of what is built."""
    found = {(one.axis, one.name): one.f1 for one in score(verdicts, labels)}
    return found["what", "ai_initiative"] or 0.0


def show(name: str, verdicts: Iterable[Classified], labels: Labels) -> None:
    """Precision, recall and F1 of the classes that count."""
    print(name)
    for one in score(verdicts, labels):
        if (one.axis, one.name) in CLASSES:
            numbers = " / ".join(
                "–" if value is None else f"{value:.3f}" for value in (one.precision, one.recall, one.f1)
            )
            print(f"  {one.axis:<5}{one.name:<15}{numbers}")


if __name__ == "__main__":
    main()
