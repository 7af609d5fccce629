from __future__ import annotations

import pytest

from headway.errors import UsageError
from warehouse.classify import Classified, Label, Verdict, read_labels, score, score_by_repository


def said(repo: str, sha: str, how: str, *, what: bool) -> Classified:
    """A verdict of nothing but its answers."""
    return Classified(repo, sha, Verdict(what, how, "", "", 0.0, ()))


VERDICTS = [
    said("a", "1", "agent", what=True),
    said("a", "2", "assisted", what=True),
    said("a", "3", "none", what=False),
    said("b", "4", "automation", what=False),
    said("b", "5", "none", what=True),
    said("b", "6", "agent", what=False),
]
LABELS = {
    ("a", "1"): Label("ai", "ai_initiative"),
    ("a", "2"): Label("human", "unclear"),
    ("a", "3"): Label("ai", "ai_initiative"),
    ("b", "4"): Label("automation", "other"),
    ("b", "5"): Label("human", "other"),
    ("c", "9"): Label("ai", "other"),
}


def test_classes_are_counted() -> None:
    """Agent and assisted count as `ai`, none as `human`; unclear and unlabelled take no part."""
    found = {(one.axis, one.name): (one.right, one.wrong, one.missed) for one in score(VERDICTS, LABELS)}
    assert found == {
        ("how", "ai"): (1, 1, 1),
        ("how", "automation"): (1, 0, 0),
        ("how", "human"): (1, 1, 1),
        ("what", "ai_initiative"): (1, 1, 1),
        ("what", "other"): (1, 1, 1),
    }


def test_ratios_are_those_of_the_textbook() -> None:
    """Precision, recall and F1 from the counts; nothing where there is nothing to divide by."""
    by_repo = score_by_repository(VERDICTS, LABELS)
    ai = by_repo["a"][0]
    assert (ai.precision, ai.recall, ai.f1) == (0.5, 0.5, 0.5)
    nothing = by_repo["b"][0]
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)


def test_labels_are_read() -> None:
    """Labels are CSV with the four columns, others being passed over."""
    lines = ["repo,sha,axis_a,axis_b,reason\n", 'a,1,ai,unclear,"why, so"\n', "a,2,,other,\n"]
    assert read_labels(lines) == {("a", "1"): Label("ai", "unclear"), ("a", "2"): Label("", "other")}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["repo,sha,axis_a\n"], "axis_b"),
        ([], "repo"),
        (["repo,sha,axis_a,axis_b\n", "a,1,ai,other\n", "a,2,robot,other\n"], "line 3"),
        (["repo,sha,axis_a,axis_b\n", "a,1,ai,yes\n"], "axis_b"),
        (["repo,sha,axis_a,axis_b\n", "a,1\n", "a\n"], ""),
    ],
)
def test_wrong_labels_are_an_error(lines: list[str], message: str) -> None:
    """A missing column or an unknown class is an error that names it; a short row has no labels."""
    if not message:
        assert read_labels(lines) == {("a", "1"): Label("", ""), ("a", ""): Label("", "")}
        return
    with pytest.raises(UsageError, match=message):
        read_labels(lines)
