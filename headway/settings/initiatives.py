"""The sections `[rungs]` and `[[initiatives]]`: which work is an initiative, and what its rungs mean."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from headway.errors import UsageError
from headway.settings.field import setting

__all__ = ["InitiativeSettings", "RungSettings", "check_initiatives", "settings_to_paste"]

LONGEST_NAME, LONGEST_PATTERN = 100, 1_000
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
    """Stages of initiatives, and how initiatives are detected."""

    sandbox_paths: tuple[str, ...] = setting(
        SANDBOXES, "globs of paths for experiments: an initiative that touches no other path is a pilot"
    )
    window_days: int = setting(90, "an initiative that shipped or was used within this many days is in use")
    find: bool = setting(default=True, doc="detect initiatives where AI work concentrates")
    find_changes: int = setting(5, "the fewest changes of a detected initiative")
    find_silence_days: int = setting(365, "this many days without a change end a detected initiative")


@dataclass(frozen=True)
class InitiativeSettings:
    """An initiative. A change belongs to it if any selector matches; it may belong to several."""

    name: str = setting("", "its name", longest=LONGEST_NAME)
    found: str = setting("", "id of a detected initiative to name and extend (or, with `dismiss`, to drop)")
    repo: str = setting("*", "glob on the names of its repositories, with or without their provider")
    paths: tuple[str, ...] = setting(
        (), "globs of its paths: a change belongs if half of its files match, or any of them if it builds AI"
    )
    labels: tuple[str, ...] = setting((), "globs of pull request labels")
    branches: tuple[str, ...] = setting((), "globs of branch names")
    title: str = setting("", "pattern in the title", pattern=True, longest=LONGEST_PATTERN)
    topic: str = setting("", "a word in the title, the branch or a label", longest=100)
    builds_ai: bool | None = setting(
        None, "true: only changes that build an AI capability; false: only those that do not"
    )
    dismiss: bool = setting(default=False, doc="with `found`: it is not an initiative")


def settings_to_paste(identifier: str, name: str) -> tuple[str, str]:
    """The settings that give a detected initiative this name, and those that drop it, as TOML."""
    table = f"[[initiatives]]\nfound = {_quoted(identifier)}\n"
    return f"{table}name = {_quoted(name[:LONGEST_NAME])}", f"{table}dismiss = true"


def _quoted(text: str) -> str:
    """A text of TOML, which has all escapes of JSON but must also escape DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def check_initiatives(initiatives: Sequence[InitiativeSettings]) -> None:
    """UsageError for an initiative that is incomplete, or that is there twice."""
    for number, initiative in enumerate(initiatives, 1):
        where = f"[[initiatives]] {number}"
        if initiative.dismiss and not initiative.found:
            raise UsageError(f"{where} dismisses nothing", hint="set found to an id of `headway export initiatives`")
        if not initiative.dismiss and not initiative.name:
            raise UsageError(f"{where} has no name", hint="give it a name")
        if not any(getattr(initiative, key) for key in _SELECTORS) and initiative.builds_ai is None:
            raise UsageError(f"{where} has no changes", hint=f"set one of {', '.join(_SELECTORS)} or builds_ai")
    for key in ("name", "found"):
        words = Counter(getattr(initiative, key).casefold() for initiative in initiatives if getattr(initiative, key))
        if twice := [word for word, count in words.items() if count > 1]:
            raise UsageError(f"[[initiatives]] has the {key} {twice[0]!r} twice", hint="keep one of them")
