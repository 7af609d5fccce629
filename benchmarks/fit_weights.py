"""Fit the weights of the map of AI code to labelled changes, and say how far the probabilities can be trusted.

    python benchmarks/fit_weights.py WAREHOUSE LABELS.csv [LABELS.csv ...]

WAREHOUSE holds the whole histories of the labelled repositories (`headway collect` of clones). LABELS.csv has the
columns repo, sha and axis_b. A labelled commit that is no landing of a change is judged by itself, with the map of its
repository.

The weight of a change is that of the rules, as they are, and five weights times what the map says. The five, and the
slope of the probability, are fitted by logistic regression with an L2 penalty, and bounded below by zero; at a weight
of `builds_ai` the probability is a half, so that a rule's weight means what it meant.

A product that is AI as a whole may say so in its name, as most such repositories with labels do. So that the weights
hold where the name says nothing, these repositories are judged twice: as they are, and without the rules on names
(marked `~`). The weights are fitted to the latter. Where both are known, the heavier of name and share counts.

Printed are the weights for `rules.toml`, the scores of each repository and of each file of labels with weights fitted
on the other repositories, and the reliability table of all.
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
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from headway.progress import SilentProgress
from headway.settings import Settings
from warehouse.building.parts import repository_inputs
from warehouse.classify import ChangeFacts, CommitFacts, Rules, RuleSettings
from warehouse.classify.rules.load import load_rules
from warehouse.classify.rules.repository_map import RepositoryMap
from warehouse.engines import DuckDBEngine
from warehouse.models.changes import classification
from warehouse.publish import build_some

PENALTY = 1.0
LEAST_SLOPE = 0.05
NAMES = ("map_place", "map_file", "map_name", "map_word", "map_share")
NAMELESS = "~"  # after the name of a repository that is judged without it
BINS = (0.0, 0.05, 0.15, 0.25, 0.5, 0.75, 0.85, 0.95, 1.0)
Values = np.ndarray


class Example(NamedTuple):
    """A labelled change: the weight by the rules, what the map says in the order of `NAMES`, whether it is AI work.

    `named` is how much of `score` is by the name of the repository.
    """

    repo: str
    sha: str
    score: float
    named: float
    signs: tuple[float, ...]
    is_ai: bool


def main() -> None:
    """Print the fit, the cross-validation and the reliability."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("labels", type=Path, nargs="+")
    options = parser.parse_args()
    rules = Rules.load()
    names = [rule.id for rule in rules.rule_set.of("what", "repo")]
    nameless = Rules.load(RuleSettings(weights=dict.fromkeys(names, 0.0)))
    model = classification.model(rules)
    tables = [read.table for read in model.inputs]
    connection = build_some(options.warehouse, Settings(Path()), {}, tables=tables, progress=SilentProgress())
    engine, labels = DuckDBEngine(connection), read_labels(options.labels)
    found: list[Example] = []
    for inputs in repository_inputs(engine, model):
        repo = inputs["changes"]["repo_id"][0].as_py().partition(":")[2]
        facts = classification.facts_of(inputs)
        judged = list(examples(repo, facts, labels, rules))
        found += judged
        if any(one.named for one in judged):
            found += [one._replace(repo=repo + NAMELESS) for one in examples(repo, facts, labels, nameless)]
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
            score, named, signs = rules.what.rules_alone(change, places, counted=counted)
            signs_of_map = (signs.place, signs.file, signs.name, signs.word, signs.share)
            yield Example(repo, sha, score, named, signs_of_map, is_ai)


def alone(change: ChangeFacts, commit: CommitFacts) -> ChangeFacts:
    """A commit as a change of its own."""
    return ChangeFacts(f"{change.change_id}@{commit.sha}", landing=commit)


def report(found: Sequence[Example], files: Sequence[set[tuple[str, str]]]) -> None:
    """Print all of it; `files` are the labelled changes of each file."""
    repos = np.array([one.repo for one in found])
    bare = np.array([one.repo.removesuffix(NAMELESS) for one in found])
    is_nameless = repos != bare
    fitted = is_nameless | ~np.isin(bare, bare[is_nameless])
    scores, named = np.clip([one.score for one in found], -2.5, 6.0), np.array([one.named for one in found])
    signs = np.array([one.signs for one in found])
    truth = np.array([one.is_ai for one in found], dtype=float)
    weights, slope = fit(scores[fitted], signs[fitted], truth[fitted])
    print(f"{len(found)} changes, {int(truth.sum())} of them AI work, of {len(set(bare))} repositories")
    print("rules.toml:", *(f"{name} = {value:.2f}" for name, value in zip(NAMES, weights, strict=True)), end=" ")
    print(f"chance_slope = {slope:.2f}")
    judged, chances = np.zeros(len(truth)), np.zeros(len(truth))
    for repo in sorted(set(repos)):
        rest, own = fitted & (bare != repo.removesuffix(NAMELESS)), repos == repo
        without, steepness = fit(scores[rest], signs[rest], truth[rest])
        judged[own] = weigh(scores[own], named[own], signs[own], without)
        chances[own] = 1 / (1 + np.exp(-steepness * (judged[own] - 3.0)))
        print(f"  {repo:<45}{precision_recall(judged[own] >= 3.0, truth[own])}")
    for name, part in (("each left out", ~is_nameless), ("without their names", is_nameless)):
        print(f"{name:<21}{precision_recall(judged[part] >= 3.0, truth[part])}")
    now = load_rules().numbers
    as_is = weigh(scores, named, signs, np.array([getattr(now, name) for name in NAMES]))
    for name, part in (("as rules.toml is", ~is_nameless), ("without their names", is_nameless)):
        print(f"{name:<21}{precision_recall(as_is[part] >= 3.0, truth[part])}")
    for number, labelled in enumerate(files, 1):
        inside = ~is_nameless & np.array([(one.repo, one.sha) in labelled for one in found], dtype=bool)
        print(f"  file {number}             {precision_recall(judged[inside] >= 3.0, truth[inside])}")
    for low, high in pairwise(BINS):
        inside = ~is_nameless & (chances >= low) & ((chances < high) | (high == 1.0))
        if inside.any():
            shares = f"{chances[inside].mean():.2f}  {truth[inside].mean():.2f}"
            print(f"  {low:.2f}-{high:.2f}  {inside.sum():>5}  {shares}")


def weigh(scores: Values, named: Values, signs: Values, weights: Values) -> Values:
    """The weight of all evidence: of the name of the repository and its share of AI work only the heavier."""
    weighed: Values = scores + signs @ weights - np.minimum(named, signs[:, -1] * weights[-1])
    return weighed


def fit(scores: Values, signs: Values, truth: Values) -> tuple[Values, float]:
    """The weights of the signs and the slope of the probability: logistic regression, all at least zero."""
    columns = np.column_stack([scores - 3.0, signs])
    spread = columns.std(axis=0) + 1e-9
    columns, side = columns / spread, 2.0 * truth - 1.0

    def loss(values: Values) -> tuple[float, Values]:
        margin = side * (columns @ values)
        gradient = -(columns.T @ (side / (1.0 + np.exp(margin))))
        gradient[1:] += PENALTY * values[1:]
        return float(np.logaddexp(0.0, -margin).sum() + PENALTY / 2 * values[1:] @ values[1:]), gradient

    start = np.r_[1.0, np.zeros(signs.shape[1])]
    bounds = [(LEAST_SLOPE, None), *[(0.0, None)] * signs.shape[1]]
    values = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x / spread
    return values[1:] / values[0], float(values[0])


def precision_recall(said: Values, truth: Values) -> str:
    """Precision, recall, F1, and the counts behind them."""
    right, wrong, missed = (said & (truth == 1)).sum(), (said & (truth == 0)).sum(), (~said & (truth == 1)).sum()
    f1 = 2 * right / max(1, 2 * right + wrong + missed)
    numbers = (right / max(1, right + wrong), right / max(1, right + missed), f1)
    return " / ".join(f"{value:.2f}" for value in numbers) + f"  ({right} right, {wrong} wrong, {missed} missed)"


if __name__ == "__main__":
    main()
