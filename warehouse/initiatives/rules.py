"""The settings of initiatives, ready to be applied."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from headway.settings import InitiativeSettings, RungSettings, Settings
from warehouse.classify.rules.globs import compile_globs

__all__ = ["InitiativeRules"]

_TEST = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|testing|e2e|fixtures?|examples?|samples?|demos?|benchmarks?)/|(?:^|/)(?:test_[^/]*|conftest\.py)\Z"
    r"|_(?:test|spec)\.\w+\Z|\.(?:test|spec)\.\w+\Z|Tests?\.(?:java|cs)\Z"
)


@dataclass(frozen=True)
class InitiativeRules:
    """What is a sandbox, what is named, and how to find the rest."""

    rungs: RungSettings = RungSettings()  # noqa: RUF009  (frozen)
    named: tuple[InitiativeSettings, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The sections `[rungs]` and `[[initiatives]]`."""
        return cls(settings.rungs, settings.initiatives)

    @cached_property
    def _sandbox(self) -> re.Pattern[str] | None:
        return compile_globs(self.rungs.sandbox_paths, ignore_case=True)

    def sandbox(self, path: str) -> bool:
        """Whether things are only tried out there."""
        return self._sandbox is not None and self._sandbox.match(path) is not None

    @staticmethod
    def test(path: str) -> bool:
        """Whether it is a test or an example: to be tested or shown is not to be used."""
        return _TEST.search(path) is not None
