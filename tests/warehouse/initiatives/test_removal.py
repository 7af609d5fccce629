from __future__ import annotations

import pytest

from warehouse.initiatives.removal import Ends, Step


def removed_by(*steps: str) -> str | None:
    """The change that removed `llm/`: a text each, of steps such as `+llm/a`, `-llm/a`, `llm/a>llm/b`."""
    read = []
    for number, change in enumerate(steps, 1):
        for text in change.split():
            old, _, new = text.rpartition(">")
            status = "R" if old else "D" if text.startswith("-") else "A"
            read.append(Step(f"#{number}", new.lstrip("+-"), old, status))
    return Ends(read).removed_by(lambda path: path.startswith("llm/") or "/llm/" in path)


@pytest.mark.parametrize(
    ("steps", "change"),
    [
        (["+llm/a", "+b"], None),
        (["+llm/a", "-llm/a", "+b"], "#2"),
        (["+llm/a", "+llm/b", "-llm/b", "-llm/a"], "#4"),
        (["+llm/a", "+llm/b", "-llm/b"], None),
        (["+llm/a", "-llm/a", "+llm/a"], None),
        (["+llm/a", "llm/a>llm/b"], None),
        (["+llm/a", "llm/a>brain/a"], None),
        (["+llm/a", "llm/a>brain/a", "-brain/a"], "#2"),
        (["+llm/a", "llm/a>b", "b>llm/a", "-llm/a"], "#4"),
        (["+llm/a", "+tests/llm/t", "-llm/a"], "#3"),
        (["+llm/a.py", "-llm/a.py +brain/a.py"], None),
        (["+llm/a.py", "-llm/a.py +brain/a.md +tests/b.py"], "#2"),
        (["+llm/a.py +llm/b.py +llm/c.py", "-llm/a.py +x.py", "-llm/b.py -llm/c.py"], "#3"),
        (["+llm/a.py +llm/b.py +llm/c.py", "-llm/a.py -llm/b.py +x.py", "-llm/c.py"], None),
        (["+b"], None),
        ([], None),
    ],
)
def test_an_initiative_is_removed_with_the_last_of_its_code(steps: list[str], change: str | None) -> None:
    """Tests that stay are nothing; what moved elsewhere lives there; what may have moved is not claimed to be gone."""
    assert removed_by(*steps) == change
