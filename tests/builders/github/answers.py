"""What each field of the schema answers: by type and field, a function of the object, the execution and arguments.

Objects are views (`views.py`), facts (`model.py`), or dicts whose keys are the fields. `info.context` is a `Context`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.builders.github.answers_pulls import PULLS
from tests.builders.github.answers_repository import REPOSITORY
from tests.builders.github.answers_shipping import SHIPPING

__all__ = ["ANSWERS"]

Answer = Callable[..., Any]

_PARTS = (REPOSITORY, PULLS, SHIPPING)

ANSWERS: Mapping[str, Mapping[str, Answer]] = {
    name: {field: answer for part in _PARTS for field, answer in part.get(name, {}).items()}
    for name in dict.fromkeys(name for part in _PARTS for name in part)
}
