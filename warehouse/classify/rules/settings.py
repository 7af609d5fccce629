"""A team's settings for the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from headway.settings import AiOverride, AiRule, AiSettings

__all__ = ["ChangeOverride", "RuleSettings"]


@dataclass(frozen=True)
class ChangeOverride:
    """The team's own answer for one change; None leaves that question to the rules. `note` says why."""

    builds_ai: bool | None = None
    built_with_ai: str | None = None
    note: str = ""


@dataclass(frozen=True)
class RuleSettings:
    """A team's settings. Globs support `*` (within a folder), `**` and `?`, and ignore case in identities and labels.

    - `rules`: tables shaped like those of `rules.toml`; one with the id of a built-in rule takes its place
    - `disable`, `enable`: globs of rule ids, such as `disclosure` or `label-*`
    - `weights`: weight by rule id, on the axis *what*
    - `numbers`: values of the `[numbers]` table
    - `ai_identities`, `automation_identities`: e-mail addresses, names or log-ins, globs allowed
    - `ai_repos`: globs of repositories that as a whole are AI products
    - `ai_paths`, `not_ai_paths`: globs of paths that are AI work, and that never are
    - `ai_labels`, `scopes`: pull request labels and commit scopes that mark AI work
    - `author_days`: whether the recorded use of a tool by an author on a day makes unmarked work assisted, weakly
    - `overrides`: answers for single changes, by change id
    """

    rules: tuple[Mapping[str, Any], ...] = ()
    disable: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    ai_identities: tuple[str, ...] = ()
    automation_identities: tuple[str, ...] = ()
    ai_repos: tuple[str, ...] = ()
    ai_paths: tuple[str, ...] = ()
    not_ai_paths: tuple[str, ...] = ()
    ai_labels: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    author_days: bool = False
    overrides: Mapping[str, ChangeOverride] = field(default_factory=dict)

    @classmethod
    def of(cls, ai: AiSettings) -> RuleSettings:
        """The section `[ai]` of a team's settings."""
        values = {spec.name: getattr(ai, spec.name) for spec in fields(ai)}
        values["weights"], values["numbers"] = dict(ai.weights), dict(ai.numbers)
        values["rules"] = tuple(_table(rule) for rule in ai.rules)
        values["overrides"] = {override.change: _override(override) for override in ai.overrides}
        return cls(**values)


def _table(rule: AiRule) -> dict[str, Any]:
    """The table of a rule as in `rules.toml`, without unset fields."""
    table = {spec.name: getattr(rule, spec.name) for spec in fields(rule)}
    return {name: value for name, value in table.items() if value != ""}


def _override(override: AiOverride) -> ChangeOverride:
    return ChangeOverride(override.builds_ai, override.built_with_ai or None, override.note)
