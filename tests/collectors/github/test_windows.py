from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collectors.github.api.windows import Window, first_window, half, next_window
from collectors.github.readers.change_cursor import ChangeCursor
from collectors.github.rows.pull_requests import Glimpse

START = datetime(2026, 1, 1)
SECOND = timedelta(seconds=1)


@given(seconds=st.integers(0, 10**7), expected=st.integers(0, 10**6), counts=st.lists(st.integers(0, 5000), min_size=1))
def test_windows_cover_every_second_once(seconds: int, expected: int, counts: list[int]) -> None:
    """However full the windows turn out to be, they follow each other without a gap or overlap, up to the goal."""
    goal = START + timedelta(seconds=seconds)
    window: Window | None = first_window(START, goal, expected)
    at, turn, steps = START, 0, 0
    while window is not None and steps < 300:
        assert window.first == at <= window.last <= goal
        count = counts[turn % len(counts)]
        turn, steps = turn + 1, steps + 1
        smaller = half(window) if count > 1000 else None
        if smaller is not None:
            assert smaller.first == window.first
            assert smaller.last < window.last
            window = smaller
            continue
        at = window.last + SECOND
        window = next_window(window, goal, count)
    assert window is not None or at > goal


def test_window_is_written_as_github_wants_it() -> None:
    """Both ends are within, to the second, in UTC."""
    assert str(Window(START, START + SECOND)) == "2026-01-01T00:00:00Z..2026-01-01T00:00:01Z"


def _glimpse(number: int, minute: int, count: int = 0) -> Glimpse:
    at = (START + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Glimpse(f"PR_{number}", number, at, at, f"{at} {count}", silent=False)


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 120)), max_size=40), st.integers(1, 5))
def test_every_change_is_news_once(changes: list[tuple[int, int]], nights: int) -> None:
    """Whatever changes in whatever order is news in the first look after it, and never again."""
    edge, state = ChangeCursor(), dict[int, Glimpse]()
    told: dict[str, str] = {}
    changes = sorted(changes, key=lambda change: change[1])
    for night in range(nights):
        for number, minute in changes[night::nights] if nights == 1 else changes[: (night + 1) * 8]:
            state[number] = max(_glimpse(number, minute), state.get(number, _glimpse(number, 0)))
        news = edge.news(state.values())
        for one in news:
            assert told.get(one.id) != one.mark
            told[one.id] = one.mark
            edge.read(one)
            edge.advance(one.changed_at)
        assert [one.changed_at for one in news] == sorted(one.changed_at for one in news)
        assert edge.news(state.values()) == []
        assert told == {one.id: one.mark for one in state.values()}
