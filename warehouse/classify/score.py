"""How well verdicts agree with labels: precision, recall and F1 of each class, over all and by repository."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from headway.errors import UsageError
from warehouse.classify.records import Classified

__all__ = ["ClassScore", "Label", "read_labels", "score", "score_by_repository"]

HOW_CLASS = {"agent": "ai", "assisted": "ai", "none": "human", "automation": "automation"}
HOW_CLASSES = ("ai", "automation", "human")
WHAT_CLASSES = ("ai_initiative", "other")
UNCLEAR = "unclear"
_COLUMNS = ("repo", "sha", "axis_a", "axis_b")


class Label(NamedTuple):
    """A person's label of one commit: how it was built, and what it builds. Empty or `unclear` is not scored."""

    how: str
    what: str


class ClassScore(NamedTuple):
    """One class: counts of right, wrong and missed, and its scores; None where a score is not defined."""

    axis: str
    name: str
    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float | None:
        """The share of verdicts of this class that are right."""
        return _ratio(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float | None:
        """The share of labels of this class that the verdicts match."""
        return _ratio(self.right, self.right + self.missed)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        return _ratio(2 * self.right, 2 * self.right + self.wrong + self.missed)


def read_labels(lines: Iterable[str]) -> dict[tuple[str, str], Label]:
    """Labels by repository and commit from CSV with columns repo, sha, axis_a, axis_b. Raises `UsageError`."""
    reader = csv.DictReader(lines)
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise UsageError(f"the labels have no column {missing[0]}", hint=f"columns: {', '.join(_COLUMNS)}")
    allowed = {"axis_a": {*HOW_CLASSES, UNCLEAR, ""}, "axis_b": {*WHAT_CLASSES, UNCLEAR, ""}}
    labels = {}
    for number, row in enumerate(reader, 2):
        for column, values in allowed.items():
            if (row[column] or "") not in values:
                hint = f"one of {', '.join(sorted(values - {''}))}"
                raise UsageError(f"labels, line {number}: {column} is {row[column]!r}", hint=hint)
        labels[row["repo"] or "", row["sha"] or ""] = Label(row["axis_a"] or "", row["axis_b"] or "")
    return labels


def score(verdicts: Iterable[Classified], labels: Mapping[tuple[str, str], Label]) -> list[ClassScore]:
    """The score of every class over all verdicts that have a label."""
    pairs: list[tuple[str, str, str]] = []
    for repo, sha, verdict in verdicts:
        label = labels.get((repo, sha))
        if label is not None:
            pairs.append(("how", HOW_CLASS[verdict.built_with_ai], label.how))
            pairs.append(("what", "ai_initiative" if verdict.builds_ai else "other", label.what))
    pairs = [pair for pair in pairs if pair[2] not in {"", UNCLEAR}]
    return [
        _class_score(axis, name, pairs)
        for axis, names in (("how", HOW_CLASSES), ("what", WHAT_CLASSES))
        for name in names
    ]


def score_by_repository(
    verdicts: Iterable[Classified], labels: Mapping[tuple[str, str], Label]
) -> dict[str, list[ClassScore]]:
    """The score of every class by repository; no rule is fitted to these labels, so each repository is left out."""
    by_repo: dict[str, list[Classified]] = {}
    for item in verdicts:
        by_repo.setdefault(item.repo, []).append(item)
    return {repo: score(items, labels) for repo, items in sorted(by_repo.items())}


def _class_score(axis: str, name: str, pairs: list[tuple[str, str, str]]) -> ClassScore:
    of_axis = [(said, true) for pair_axis, said, true in pairs if pair_axis == axis]
    right = sum(said == name == true for said, true in of_axis)
    return ClassScore(
        axis,
        name,
        right,
        sum(said == name != true for said, true in of_axis),
        sum(said != name == true for said, true in of_axis),
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
