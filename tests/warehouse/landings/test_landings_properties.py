from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.rows import Raw
from tests.warehouse.dags import Dag, dags
from tests.warehouse.given import Landings, landings


class Case(NamedTuple):
    """A repository drawn at random, and what was found in it."""

    dag: Dag
    tip: int
    heads: dict[int, int]
    says: dict[str, str]
    authored: dict[str, float]
    found: Landings

    @property
    def chain(self) -> list[int]:
        """The first-parent history of main, newest first."""
        steps = [self.tip]
        while self.dag.parents[steps[-1]]:
            steps.append(self.dag.parents[steps[-1]][0])
        return steps

    def key(self, name: str) -> tuple[str, float]:
        """What a rebase keeps of a commit here."""
        return (self.says.get(name, name), self.authored.get(name, float(name) + 1))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any graph with a main branch, PR refs, and messages that may lie: numbers twice, of other commits, of none."""
    dag = draw(dags(min_commits=8, max_commits=18))
    count = len(dag.parents)
    commit = st.integers(0, count - 1)
    number = st.integers(1, 5)
    tip = draw(st.sampled_from([count - 1, count - 1, count // 2]))
    heads = draw(st.dictionaries(number, commit, max_size=5))
    forms = ("Merge pull request #{} from ann/t", "Add (#{})", "Back (#9) (#{})", 'Revert "Add (#{})"')
    text = st.builds(lambda form, n: form.format(n), st.sampled_from(forms), number) | st.sampled_from(["x", "y"])
    says = draw(st.dictionaries(commit.map(str), text, max_size=count))
    for number_of, parents in enumerate(dag.parents):
        if len(parents) > 1 and draw(st.booleans()):  # an honest merge, and its ref
            says[str(number_of)] = forms[0].format(10 + number_of)
            heads[10 + number_of] = parents[1]
    authored = draw(st.dictionaries(commit.map(str), st.sampled_from([1.0, 2.0]), max_size=count))
    reports = draw(st.dictionaries(number, commit, max_size=2))
    raw = Raw().commits(dag.notation(), says=says, authored=authored).branch("main", str(tip))
    for pull, head in heads.items():
        raw.pull(pull, str(head))
    for pull, sha in reports.items():
        raw.change(pull, sha=str(sha))
    found = landings(raw, limit=draw(st.sampled_from([2, 250])))
    return Case(dag, tip, heads, says, authored, found)


@pytest.mark.slow
@settings(max_examples=40)
@given(cases())
def test_each_step_belongs_to_one_change(case: Case) -> None:
    """Each first-parent step lands exactly one change that is not nested, or is one of several of a rebase merge."""
    steps = {str(step) for step in case.chain}
    landed = [row for row in case.found.rows.values() if row["landed_by"] not in ("open", "nested")]
    landing = Counter(row["landing_sha"] for row in landed)
    assert set(landing) <= steps
    assert set(landing.values()) <= {1}
    rebased = {case.key(own) for row in landed if row["landed_by"] == "rebase" for own in _own(case, row)}
    assert all(case.key(step) in rebased for step in steps - set(landing))
    assert {row["landing_sha"] for row in case.found.rows.values() if row["landed_by"] == "nested"} <= set(landing)


@pytest.mark.slow
@settings(max_examples=40)
@given(cases())
def test_each_merged_commit_belongs_to_one_change(case: Case) -> None:
    """Each commit of the default branch came with exactly one change, and that change landed at or after it."""
    brought = Counter(commit for commits in case.found.brought.values() for commit in commits)
    assert brought == Counter(str(commit) for commit in case.dag.ancestors(case.tip))
    landed = {key: row["landing_sha"] for key, row in case.found.rows.items()}
    for key, commits in case.found.brought.items():
        assert all(int(commit) in case.dag.ancestors(int(landed[key])) for commit in commits)


@pytest.mark.slow
@settings(max_examples=40)
@given(cases())
def test_own_commits_landed_with_no_older_step(case: Case) -> None:
    """No change counts a commit as its own that was on the default branch before it."""
    steps = case.chain[::-1]
    for row in case.found.rows.values():
        if row["landing_sha"] is None:
            continue
        brought = [int(step) for step in case.found.brought.get(_key(row), [])]
        first = min(steps.index(step) for step in (*brought, int(row["landing_sha"])) if step in steps)
        older = case.dag.ancestors(steps[first - 1]) if first else frozenset()
        assert not {int(own) for own in _own(case, row)} & older


@pytest.mark.slow
@settings(max_examples=40)
@given(cases())
def test_each_number_is_one_change(case: Case) -> None:
    """Every PR ref is one change, landed or open, every number at most one, and pushes have keys of their own."""
    numbers = [row["number"] for row in case.found.rows.values() if row["number"] is not None]
    assert len(set(numbers)) == len(numbers)
    assert set(case.heads) <= set(numbers)
    for key, row in case.found.rows.items():
        assert key == (f"#{row['number']}" if row["number"] is not None else f"@{row['landing_sha']}")
        assert (row["landed_by"] == "open") == (row["landing_sha"] is None)
        assert row["reverted_by"] is None or row["reverted_by"] in case.found.rows


@settings(max_examples=40)
@given(cases())
def test_head_is_on_no_older_step(case: Case) -> None:
    """A head that was on main before its change landed says nothing of when that was deployed, and is not given."""
    for row in case.found.rows.values():
        if row["landing_sha"] is not None and row["head_sha"] is not None:
            older = case.dag.parents[int(row["landing_sha"])][:1]
            assert all(int(row["head_sha"]) not in case.dag.ancestors(parent) for parent in older)


def _own(case: Case, row: dict[str, object]) -> list[str]:
    return case.found.own.get(_key(row), [])


def _key(row: dict[str, object]) -> str:
    return f"#{row['number']}" if row["number"] is not None else f"@{row['landing_sha']}"
