from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.hang import HANG_SECONDS
from tests.builders.rows import commit_id
from tests.warehouse.dags import Dag, dags
from warehouse.graph import NEVER, Containment, Graph, Reach, difference, first_reach, reach


def places(dag: Dag, graph: Graph) -> list[int]:
    """The index of each commit."""
    return [graph.index[commit_id(str(number))] for number in range(len(dag.parents))]


@pytest.mark.slow
@given(dags(), st.data())
def test_first_reach_is_the_first_tip_that_contains(dag: Dag, data: st.DataObject) -> None:
    """For every commit the sweep names the first tip, in their order, that has it among its ancestors."""
    graph = dag.graph
    place = places(dag, graph)
    tips = data.draw(st.lists(st.integers(0, len(dag.parents) - 1), max_size=6))
    found = first_reach(graph, [place[tip] for tip in tips])
    for commit in range(len(dag.parents)):
        naive = [position for position, tip in enumerate(tips) if commit in dag.ancestors(tip)]
        assert found[place[commit]] == (naive[0] if naive else NEVER)


@pytest.mark.slow
@given(dags(), st.data())
def test_difference_is_the_difference_of_the_sets(dag: Dag, data: st.DataObject) -> None:
    """What one commit contains and another does not, each once, whatever the graph."""
    graph = dag.graph
    place = places(dag, graph)
    tip, without = (data.draw(st.integers(0, len(dag.parents) - 1)) for _ in range(2))
    found = list(difference(graph, graph.depths(), place[tip], place[without]))
    assert len(found) == len(set(found))
    assert set(found) == {place[commit] for commit in dag.ancestors(tip) - dag.ancestors(without)}


@pytest.mark.slow
@given(dags())
def test_depth_grows_towards_the_tips(dag: Dag) -> None:
    """A commit is deeper than each of its ancestors, and a root is one deep."""
    graph = dag.graph
    depth = graph.depths()
    for commit, parents in enumerate(graph.parents):
        assert depth[commit] == 1 + max((depth[parent] for parent in parents), default=0)


@pytest.mark.slow
@given(dags(), st.data())
def test_reach_stays_inside_and_stops_at_its_limit(dag: Dag, data: st.DataObject) -> None:
    """Only commits that are inside are passed through, and no more than the limit and one of them are found."""
    graph = dag.graph
    inside = data.draw(st.sets(st.integers(0, len(graph.parents) - 1)))
    tips = data.draw(st.lists(st.integers(0, len(graph.parents) - 1), max_size=3))
    expected: set[int] = set()
    waiting = [tip for tip in tips if tip in inside]
    while waiting:
        commit = waiting.pop()
        if commit not in expected:
            expected.add(commit)
            waiting += [parent for parent in graph.parents[commit] if parent in inside]
    found = reach(graph, tips, inside.__contains__)
    assert sorted(found) == sorted(expected)
    limit = data.draw(st.integers(0, len(graph.parents)))
    stopped = reach(graph, tips, inside.__contains__, limit)
    assert set(stopped) <= expected
    assert (len(stopped) > limit) == (len(expected) > limit)


@pytest.mark.slow
@given(dags())
def test_first_parents_follow_the_first_parent(dag: Dag) -> None:
    """The chain ends in its tip, begins in a root, and each step is the first parent of the next."""
    graph = dag.graph
    for tip in range(len(graph.parents)):
        chain = graph.first_parents(tip)
        assert chain[-1] == tip
        assert graph.parents[chain[0]] == ()
        assert all(graph.parents[after][0] == before for before, after in pairwise(chain))


def test_parent_that_is_not_there_is_left_out() -> None:
    """A shallow clone's boundary commit is a root, and a merge with one parent missing keeps the other."""
    graph = Graph.of(pa.table({"sha": ["a", "b", "m"], "parents": ["gone", "a", "lost b"]}))
    assert graph.parents == [(), (0,), (1,)]


def test_empty_history_has_no_commits() -> None:
    """Nothing to sweep is no error."""
    graph = Graph.of(pa.table({"sha": pa.array([], pa.string()), "parents": pa.array([], pa.string())}))
    assert (graph.shas, graph.depths(), first_reach(graph, [])) == ([], [], [])


class Watched(list[tuple[int, ...]]):
    """Parents of commits, and how often they were asked for."""

    asked = 0

    def __getitem__(self, place: Any) -> Any:
        self.asked += 1
        return super().__getitem__(place)


def test_difference_visits_little_more_than_it_finds() -> None:
    """Two short branches of a long history differ by a few commits, and the long history is not walked."""
    count = 2_000
    parents = Watched([(n - 1,) if n else () for n in range(count)])
    parents += [(count - 1,), (count - 2,), (count, count + 1), (count + 1,)]
    graph = Graph([], {}, parents)
    depth = graph.depths()
    parents.asked = 0
    assert set(difference(graph, depth, count + 2, count + 3)) == {count + 2, count, count - 1}
    assert parents.asked < 20


def test_sweeps_are_linear_and_need_no_recursion() -> None:
    """A straight history of 200,000 commits with 2,000 deployments is swept in a few passes."""
    count = 200_000
    graph = Graph([str(n) for n in range(count)], {}, [(n - 1,) if n else () for n in range(count)])
    began = time.process_time()
    first = first_reach(graph, range(0, count, 100))
    depth = graph.depths()
    assert list(difference(graph, depth, count - 1, count - 50)) == list(range(count - 1, count - 50, -1))
    assert time.process_time() - began < HANG_SECONDS
    assert (first[0], first[1], first[100], first[101]) == (0, 1, 1, 2)
    assert first[-1] == NEVER


@pytest.mark.slow
@given(dags(), st.data())
def test_reach_along_a_chain_equals_a_search_through_all_ancestors(dag: Dag, data: st.DataObject) -> None:
    """Whatever the chain, each commit has the first tip that contains it, and each tip the commits that are new."""
    graph = dag.graph
    place = places(dag, graph)
    commits = range(len(dag.parents))
    main = data.draw(st.none() | st.sampled_from(commits))
    containment = Containment.of(graph, None if main is None else place[main])
    for _ in range(2):  # several sweeps share what was found for the one before
        tips = data.draw(st.lists(st.sampled_from(commits), max_size=6))
        swept = Reach(containment, [place[tip] for tip in tips])
        for commit in commits:
            naive = [position for position, tip in enumerate(tips) if commit in dag.ancestors(tip)]
            assert swept.first(place[commit]) == (naive[0] if naive else NEVER)
        had: frozenset[int] = frozenset()
        for tip, new in zip(tips, swept.new, strict=True):
            assert new == len(dag.ancestors(tip) - had)
            had |= dag.ancestors(tip)


def test_a_sweep_costs_what_lies_beside_the_chain() -> None:
    """A hundred sweeps over twenty thousand commits of main cost less than ten searches through all of them."""
    count = 20_000
    shas = [f"{number:040x}" for number in range(count)]
    graph = Graph.of(pa.table({"sha": shas, "parents": ["", *shas[:-1]]}))
    containment = Containment.of(graph, count - 1)
    tips = list(range(0, count, 400))
    began = time.perf_counter()
    for _ in range(10):
        first_reach(graph, tips)
    searches = time.perf_counter() - began
    began = time.perf_counter()
    found = [Reach(containment, tips).first(399) for _ in range(100)]
    assert time.perf_counter() - began < searches
    assert set(found) == {1}
