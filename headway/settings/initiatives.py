"""The sections `[rungs]` and `[[initiatives]]`: which work is an initiative, and what its rungs mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from headway.errors import UsageError
from headway.settings.field import setting

__all__ = ["InitiativeSettings", "RungSettings", "check_initiatives"]

LONGEST_PATTERN = 1_000
SANDBOXES = (
    *(
        f"**/{name}/"
        for name in (
            "notebook*", "experiment*", "prototype*", "poc", "pocs", "proof?of?concept*", "sandbox*", "playground*",
            "spike", "spikes", "research", "scratch",
        )
    ),
    "**.ipynb",
)  # fmt: skip
_SELECTORS = ("found", "paths", "labels", "branches", "title", "topic")


@dataclass(frozen=True)
class RungSettings:
    """How far initiatives have come, and how they are found."""

    sandbox_paths: tuple[str, ...] = setting(
        SANDBOXES, "globs of paths where things are tried out: what touches nothing else is a pilot"
    )
    window_days: int = setting(90, "who shipped again, or was used, within so many days is in use")
    find: bool = setting(default=True, doc="find initiatives where AI work concentrates")
    find_changes: int = setting(5, "changes that a found initiative has at least")
    find_silence_days: int = setting(365, "after so many days without a change another initiative begins")


@dataclass(frozen=True)
class InitiativeSettings:
    """An initiative by name. A change belongs to it if anything here holds for it; it may belong to several."""

    name: str = setting("", "how it is called", longest=100)
    found: str = setting("", "id of a found initiative that this names and adds to (or, with `dismiss`, drops)")
    repo: str = setting("*", "glob on the names of its repositories")
    paths: tuple[str, ...] = setting((), "globs of its paths: half of a change's files, or any if it builds AI")
    labels: tuple[str, ...] = setting((), "globs of pull request labels")
    branches: tuple[str, ...] = setting((), "globs of branch names")
    title: str = setting("", "pattern in the title", pattern=True, longest=LONGEST_PATTERN)
    topic: str = setting("", "a word in the title, the branch or a label", longest=100)
    builds_ai: bool | None = setting(None, "true: only what builds an AI capability; false: only what does not")
    dismiss: bool = setting(default=False, doc="with `found`: it is no initiative")


def check_initiatives(initiatives: Sequence[InitiativeSettings]) -> None:
    """UsageError for an initiative that says nothing, or that says two things."""
    for number, one in enumerate(initiatives, 1):
        where = f"[[initiatives]] {number}"
        if one.dismiss and not one.found:
            raise UsageError(f"{where} dismisses nothing", hint="set found to an id of `headway export initiatives`")
        if not one.dismiss and not one.name:
            raise UsageError(f"{where} has no name", hint="give it a name")
        if not any(getattr(one, key) for key in _SELECTORS) and one.builds_ai is None:
            raise UsageError(f"{where} has no changes", hint=f"set one of {', '.join(_SELECTORS)} or builds_ai")
    for key in ("name", "found"):
        words = Counter(getattr(one, key).casefold() for one in initiatives if getattr(one, key))
        if twice := [word for word, count in words.items() if count > 1]:
            raise UsageError(f"[[initiatives]] has the {key} {twice[0]!r} twice", hint="keep one of them")
