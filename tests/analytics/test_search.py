from __future__ import annotations

from collections.abc import Iterator

import pytest

from analytics.explain.search import search
from tests.builders.rows import Raw, Tables, built, commit_id


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """Two changes of two people and a push."""
    shop = Raw("acme/shop", provider="github").commits("a b", by={"a": "dee", "b": "cy"})
    shop.change(7, title="Add 100% retrieval", author="Ann", opened=1, ready=1, code_complete=1, merged=5)
    shop.change(8, title="Fix a race", author="bob", opened=2, ready=2, code_complete=2, merged=6)
    with built(shop) as made:
        yield made


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("retrieval", ["#7"]),
        ("RACE", ["#8"]),
        ("ann", ["#7"]),
        ("bob ", ["#8"]),
        ("shop#8", ["#8"]),
        ("100%", ["#7"]),
        ("1%", []),
        ("' or true --", []),
        ("a", []),
        (commit_id("b")[:8], [f"@{commit_id('b')}"]),
        (commit_id("b")[:4], [f"@{commit_id('b')}"]),
    ],
)
def test_a_change_is_searched_by_title_author_id_or_commit(tables: Tables, text: str, names: list[str]) -> None:
    """Any case, any part of a title, author or id, and the first letters of a commit; nothing in it is a pattern."""
    found = search(tables.connection, text)["change_id"].to_list()
    assert sorted(found) == sorted(f"github:acme/shop{name}" for name in names)
