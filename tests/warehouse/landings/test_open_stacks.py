"""Pull requests that are open on the branch of another one, which landed."""

from __future__ import annotations

from tests.builders.rows import Raw
from tests.warehouse.given import landings


def test_open_branch_on_a_squashed_one_has_its_own_commits() -> None:
    """What is below an open stack landed with the squash of its own pull request; a closed twin of that has no less."""
    raw = Raw().commits("a p1:a p2 q1:p2 q2 s:a", says={"s": "P (#1)"}).pull(1, "p2").pull(2, "q2").pull(3, "p1")
    found = landings(raw)
    assert {key: row["landed_by"] for key, row in found.rows.items() if key != "@a"} == {
        "#1": "squash",
        "#2": "open",
        "#3": "open",
    }
    assert (found.own["#1"], found.own["#2"], found.own["#3"]) == (["p1", "p2"], ["q1", "q2"], ["p1"])
