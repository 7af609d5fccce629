"""Fit the weights of the map of AI code to labelled changes, and say how far the probabilities can be trusted.

    python benchmarks/fit_weights.py WAREHOUSE LABELS.csv [LABELS.csv ...]

WAREHOUSE holds the whole histories of the labelled repositories (`headway collect` of clones). LABELS.csv has the
columns repo, sha and axis_b. A labelled commit that is no landing of a change is judged by itself, with the map of its
repository.

The weight of a change is that of the rules, as they are, and four weights times what the map says. The four, and the
slope of the probability, are fitted by logistic regression with an L2 penalty, and bounded below by zero; at a weight
of `builds_ai` the probability is a half, so that a rule's weight means what it meant. Printed are the weights for
`rules.toml`, the scores of each repository and of each file of labels with weights fitted on the other repositories,
and the reliability table of all.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from headway.progress import SilentProgress
from headway.settings import Settings
from warehouse.building.parts import repository_inputs
from warehouse.classify import ChangeFacts, CommitFacts, Rules
from warehouse.classify.rules.repository_map import RepositoryMap
from warehouse.engines import DuckDBEngine
from warehouse.models.changes import classification
from warehouse.publish import build_some

PENALTY = 1.0
STEPS = 3000
NAMES = ("map_place", "map_file", "map_name", "map_word")
BINS = (0.0, 0.05, 0.15, 0.25, 0.5, 0.75, 0.85, 0.95, 1.0)
Values = np.ndarray


class Example(NamedTuple):
    """A labelled change: the weight by the rules, what the map says in the order of `NAMES`, whether it is AI work."""

    repo: str
    sha: str
    score: float
    signs: tuple[float, ...]
    is_ai: bool


def main() -> None:
    """Print the fit, the cross-validation and the reliability."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("labels", type=Path, nargs="+")
    options = parser.parse_args()
    rules = Rules.load()
    model = classification.model(rules)
    tables = [read.table for read in model.inputs]
    connection = build_some(options.warehouse, Settings(Path()), {}, tables=tables, progress=SilentProgress())
    engine, labels = DuckDBEngine(connection), read_labels(options.labels)
    found: list[Example] = []
    for inputs in repository_inputs(engine, model):
        repo_id = inputs["changes"]["repo_id"][0].as_py()
        found += examples(repo_id.partition(":")[2], classification.facts_of(inputs), labels, rules)
    report(found, [set(read_labels([file])) for file in options.labels])


def read_labels(paths: Iterable[Path]) -> dict[tuple[str, str], bool]:
    """Whether a change is AI work, by repository and commit; without unclear ones."""
    labels = {}
    for path in paths:
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if row["axis_b"] in {"ai_initiative", "other"}:
                    labels[row["repo"], row["sha"]] = row["axis_b"] == "ai_initiative"
    return labels


def examples(
    repo: str, changes: Sequence[ChangeFacts], labels: dict[tuple[str, str], bool], rules: Rules
) -> Iterator[Example]:
    """The labelled changes of one repository, after its whole history is in the map."""
    places = RepositoryMap(rules.rule_set.numbers)
    commits: dict[str, tuple[ChangeFacts, bool]] = {}
    for change in changes:
        rules.what.learn(rules.what.read(change), places)
        for commit in change.commits:
            commits.setdefault(commit.sha, (alone(change, commit), False))
    commits |= {change.landing.sha: (change, True) for change in changes if change.landing is not None}
    for (of, sha), is_ai in labels.items():
        if of == repo and sha in commits:
            change, counted = commits[sha]
            score, signs = rules.what.rules_alone(change, places, counted=counted)
            yield Example(repo, sha, score, (signs.place, signs.file, signs.name, signs.word), is_ai)


def alone(change: ChangeFacts, commit: CommitFacts) -> ChangeFacts:
    """A commit as a change of its own."""
    return ChangeFacts(f"{change.change_id}@{commit.sha}", landing=commit)


def report(found: Sequence[Example], files: Sequence[set[tuple[str, str]]]) -> None:
    """Print all of it; `files` are the labelled changes of each file."""
    repos = np.array([one.repo for one in found])
    scores = np.clip([one.score for one in found], -2.0, 6.0)
    signs = np.array([one.signs for one in found])
    truth = np.array([one.is_ai for one in found], dtype=float)
    weights, slope = fit(scores, signs, truth)
    print(f"{len(found)} changes, {int(truth.sum())} of them AI work, of {len(set(repos))} repositories")
    print("rules.toml:", *(f"{name} = {value:.2f}" for name, value in zip(NAMES, weights, strict=True)), end=" ")
    print(f"chance_slope = {slope:.2f}")
    print(f"by the rules alone   {precision_recall(scores >= 3.0, truth)}")
    judged, chances = np.zeros(len(truth)), np.zeros(len(truth))
    for repo in sorted(set(repos)):
        rest = repos != repo
        without, steepness = fit(scores[rest], signs[rest], truth[rest])
        judged[~rest] = scores[~rest] + signs[~rest] @ without
        chances[~rest] = 1 / (1 + np.exp(-steepness * (judged[~rest] - 3.0)))
        print(f"  {repo:<45}{precision_recall(judged[~rest] >= 3.0, truth[~rest])}")
    print(f"each left out        {precision_recall(judged >= 3.0, truth)}")
    for number, labelled in enumerate(files, 1):
        inside = np.array([(one.repo, one.sha) in labelled for one in found], dtype=bool)
        print(f"  file {number}             {precision_recall(judged[inside] >= 3.0, truth[inside])}")
    for low, high in pairwise(BINS):
        inside = (chances >= low) & ((chances < high) | (high == 1.0))
        if inside.any():
            shares = f"{chances[inside].mean():.2f}  {truth[inside].mean():.2f}"
            print(f"  {low:.2f}-{high:.2f}  {inside.sum():>5}  {shares}")


def fit(scores: Values, signs: Values, truth: Values) -> tuple[Values, float]:
    """The weights of the signs and the slope of the probability, by gradient descent."""
    spread = signs.std(axis=0) + 1e-9
    weights, slope = np.zeros(signs.shape[1]), 0.8
    for _ in range(STEPS):
        above = scores + signs @ weights - 3.0
        error = 1 / (1 + np.exp(-slope * above)) - truth
        gradient = slope * (signs.T @ error) + PENALTY * weights * spread**2
        slope = max(0.2, slope - 0.0005 * float(error @ above))
        weights = np.maximum(0.0, weights - 0.02 * gradient / (spread**2 * len(truth) * 0.1 + 1))
    return weights, slope


def precision_recall(said: Values, truth: Values) -> str:
    """Precision, recall, F1, and the counts behind them."""
    right, wrong, missed = (said & (truth == 1)).sum(), (said & (truth == 0)).sum(), (~said & (truth == 1)).sum()
    f1 = 2 * right / max(1, 2 * right + wrong + missed)
    numbers = (right / max(1, right + wrong), right / max(1, right + missed), f1)
    return " / ".join(f"{value:.2f}" for value in numbers) + f"  ({right} right, {wrong} wrong, {missed} missed)"


if __name__ == "__main__":
    main()
