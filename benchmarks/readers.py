"""How well the readers of `ai_labels.csv` agree: the ceiling of every score against their labels.

    python benchmarks/readers.py

A third of the changes was read twice, by readers who saw neither the classifier nor each other. Kappa is Cohen's (1960,
Educational and Psychological Measurement 20, 37). Both readers followed one guide, so that a fault of the guide is in
both: kappa says how well the guide can be followed, not that it is right.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

LABELS = Path(__file__).with_name("ai_labels.csv")
AXES = {"how": "a", "what": "b"}


def agreement(pairs: list[tuple[str, str]]) -> tuple[float, float]:
    """The share of pairs that agree, and kappa; at least one pair, and more than one label."""
    agree = sum(first == second for first, second in pairs) / len(pairs)
    by_first, by_second = (Counter(labels) for labels in zip(*pairs, strict=True))
    by_chance = sum(by_first[label] * by_second[label] for label in by_first) / len(pairs) ** 2
    return agree, (agree - by_chance) / (1.0 - by_chance)


def main() -> None:
    """Print counts and agreement of both axes."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for part in sorted({row["part"] for row in rows}):
        for axis, letter in AXES.items():
            counts = Counter(row[f"axis_{letter}"] for row in rows if row["part"] == part)
            print(f"{part:<15} {axis:<5}", ", ".join(f"{label} {count}" for label, count in sorted(counts.items())))
    twice = [row for row in rows if row["second_a"]]
    for axis, letter in AXES.items():
        agree, kappa = agreement([(row[f"first_{letter}"], row[f"second_{letter}"]) for row in twice])
        print(f"{axis:<5} {len(twice)} changes read twice: {agree:.1%} agree, kappa {kappa:.3f}")


if __name__ == "__main__":
    main()
