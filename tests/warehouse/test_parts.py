from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.raw_tables.table import BOOL, INT, NUMBER, TEXT, TIME
from warehouse.building import parts
from warehouse.building.parts import groups, repository_inputs
from warehouse.engines import DuckDBEngine
from warehouse.model import REPOSITORIES, Input, PythonModel

ROWS = st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 9)), max_size=12)
MODEL = PythonModel("any", (Input("first", ("n",), ("n",)), Input("second", ("repo_id", "n"), ("n",))), (), dict)


def table(rows: list[tuple[str, int]]) -> pa.Table:
    """Rows of a repository and a number."""
    schema = pa.schema([("repo_id", pa.string()), ("n", pa.int64())])
    return pa.Table.from_pylist([{"repo_id": repo_id, "n": n} for repo_id, n in rows], schema)


@pytest.mark.slow
@settings(max_examples=30)
@given(ROWS, ROWS, st.integers(1, 15))
def test_each_repository_gets_its_rows_in_order(
    first: list[tuple[str, int]], second: list[tuple[str, int]], most: int
) -> None:
    """However many come together, a repository of the list with a row of the first input gets what is its own."""
    engine = DuckDBEngine(duckdb.connect())
    engine.put("first", table(first))
    engine.put("second", table(second))
    engine.put(REPOSITORIES, table([(repo_id, 0) for repo_id in "abcd"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "MOST_ROWS", most)
        read = list(repository_inputs(engine, MODEL))
    subjects = sorted({repo_id for repo_id, _ in first} - {"e"})
    assert [inputs["first"].to_pydict() for inputs in read] == [
        {"n": sorted(n for repo_id, n in first if repo_id == subject)} for subject in subjects
    ]
    assert [inputs["second"].to_pylist() for inputs in read] == [
        [{"repo_id": subject, "n": n} for n in sorted(n for repo_id, n in second if repo_id == subject)]
        for subject in subjects
    ]


def test_counts_follow_what_is_put() -> None:
    """A table that is made anew is counted anew."""
    engine = DuckDBEngine(duckdb.connect())
    engine.put("first", table([("a", 1)]))
    assert engine.counts("first") == {"a": 1}
    engine.put("first", table([("a", 1), ("a", 2)]))
    assert engine.counts("first") == {"a": 2}
    engine.create("first", "select 'b' as repo_id, 1 as n")
    assert engine.counts("first") == {"b": 1}


@pytest.mark.parametrize("other", [None, ("tags", pa.list_(pa.string()))])
def test_a_table_without_rows_has_the_columns_of_one_with_rows(other: tuple[str, pa.DataType] | None) -> None:
    """Their names, order and types are the same, also of a type that no table of ours has."""
    kinds = (TEXT, TIME, INT, BOOL, NUMBER)
    schema = pa.schema([(f"of {kind}", kind) for kind in kinds] + ([other] if other else []))
    engine = DuckDBEngine(duckdb.connect())
    engine.put("none_", schema.empty_table())
    engine.put("some_", pa.Table.from_pylist([{}], schema))
    without, with_some = (engine.connection.sql(f"describe {name}").fetchall() for name in ("none_", "some_"))
    assert without == with_some


def test_a_group_holds_no_more_than_the_bound_unless_one_repository_does() -> None:
    """Small ones share a group; the large one is alone."""
    assert list(groups({"a": 2, "b": 3, "c": 9, "d": 1, "e": 4}, 5)) == [["a", "b"], ["c"], ["d", "e"]]
    assert list(groups({}, 5)) == []
