from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.given import landings
from tests.warehouse.landings.mixed_styles import STYLES, Mixed


@st.composite
def repositories(draw: st.DrawFn) -> Mixed:
    """Up to eight landings in any styles one after the other, from new and from old bases, with and without words."""
    mixed = Mixed()
    mixed.own["@root"] = ["root"]
    for place, style in enumerate(draw(st.lists(st.sampled_from((*STYLES, "push")), min_size=1, max_size=8))):
        number = 10 * (place + 1)
        if style == "push":
            mixed.push(f"d{number}", by=draw(st.sampled_from(["ann", "bob"])))
            continue
        base = draw(st.sampled_from(mixed.main[-3:]))
        mixed.land(style, number, draw(st.integers(1, 3)), base, words=draw(st.booleans()))
    return mixed


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(repositories())
def test_every_style_lands_what_was_written(mixed: Mixed) -> None:
    """Each pull request landed once with its own commits, in whatever style, and each commit of main came with one.

    Where the default branch was moved forward after a push, Git does not show whose that is: that is told, only there.
    """
    found = landings(mixed.raw)
    assert {key: row["landed_by"] for key, row in found.rows.items() if row["landed_by"] == "open"} == {}
    told = found.doubtful("moved_forward")
    apart = {key for key in found.own.keys() | mixed.own.keys() if found.own.get(key) != mixed.own.get(key)}
    assert {key for key in apart if key.startswith("#")} <= told <= mixed.begins_unseen
    pushed = {key.removeprefix("@") for key in apart if key.startswith("@")}
    assert pushed <= {commit for key in told for commit in found.own[key]}
    assert found.doubtful("by_order") == mixed.by_order
    numbers = [row["number"] for row in found.rows.values() if row["number"] is not None]
    assert len(set(numbers)) == len(numbers)
    owned = Counter(commit for commits in found.own.values() for commit in commits)
    assert set(owned.values()) == {1}
    brought = Counter(commit for commits in found.brought.values() for commit in commits)
    assert set(brought.values()) == {1}
    assert set(mixed.main) <= brought.keys()


@pytest.mark.parametrize("words", [True, False])
@pytest.mark.parametrize("style", STYLES)
def test_each_style_alone(style: str, words: bool) -> None:
    """Each style lands its pull requests with two commits each, from an old base."""
    mixed = Mixed()
    mixed.land("squash", 1, 1, "root", words=True)
    mixed.land(style, 10, 2, "root", words=words)
    found = landings(mixed.raw)
    assert {key: own for key, own in found.own.items() if key.startswith("#")} == {
        key: own for key, own in mixed.own.items() if key.startswith("#")
    }
    assert found.doubtful("by_order") == mixed.by_order
    assert found.doubtful("moved_forward") == mixed.begins_unseen
    if not mixed.by_order | mixed.begins_unseen:
        assert found.notes.keys() <= {"without_own_work"}
