"""The section `[ai]`: a team's own words on what is AI work, over the built-in rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from headway.errors import UsageError
from headway.settings.field import setting

__all__ = ["AiOverride", "AiRule", "AiSettings"]

LONGEST_PATTERN = 1_000
"""Characters of a team's own pattern: one that takes forever is theirs to mend, but it is never read from a book."""
MADE_WITH = ("agent", "assisted", "none", "automation")


@dataclass(frozen=True)
class AiRule:
    """A rule of the team's own; one with the id of a built-in rule takes its place."""

    id: str = setting("", "its name in the evidence", longest=60)
    axis: str = setting("how", "how it was made, or what it builds", choices=("how", "what"))
    field: str = setting(
        "line",
        "where to look: axis how: app, email, name, person, line, answer, prose, branch, label, title, body, bot;"
        " axis what: path, scope, title, subject, body, label, branch, repo, config, noise, manifest, tooling",
    )
    pattern: str = setting(
        "",
        f"regular expression, found anywhere (app, label, scope: the whole); at most {LONGEST_PATTERN} characters",
        pattern=True,
        longest=LONGEST_PATTERN,
    )
    unless: str = setting("", "pattern of lines on which the rule does not hold", pattern=True, longest=LONGEST_PATTERN)
    case: bool = setting(default=False, doc="whether the case of letters counts")
    weight: float = setting(0.0, "axis what: what it adds; 3 makes a change AI work, 4 makes that strong")
    verdict: str = setting("ai", "axis how: what it marks", choices=("ai", "automation"))
    level: str = setting(
        "assisted",
        "axis how: `authored` (an agent wrote it) or less",
        choices=("authored", "co-authored", "assisted", "disclosed"),
    )
    confidence: str = setting(
        "strong", "axis how: a weak mark does not count where strong evidence is asked for", choices=("strong", "weak")
    )
    note: str = setting("", "why", longest=400)


@dataclass(frozen=True)
class AiOverride:
    """The team's own answer for one change; it wins over every rule, and the evidence says so."""

    change: str = setting("", "the change's id, such as `github:acme/checkout#12`")
    builds_ai: bool | None = setting(None, "whether it builds an AI capability; not set: the rules say")
    built_with_ai: str = setting("", "how it was made; not set: the rules say", choices=("", *MADE_WITH))
    note: str = setting("", "why; shown in the evidence", longest=400)


@dataclass(frozen=True)
class AiSettings:
    """A team's own words on what is AI work."""

    ai_identities: tuple[str, ...] = setting((), "e-mail addresses or log-ins of the team's own agents")
    automation_identities: tuple[str, ...] = setting((), "e-mail addresses or log-ins of the team's own bots")
    ai_repos: tuple[str, ...] = setting((), "globs of repositories that as a whole are AI products")
    ai_paths: tuple[str, ...] = setting((), "globs of paths that are AI work")
    not_ai_paths: tuple[str, ...] = setting((), "globs of paths that never are")
    ai_labels: tuple[str, ...] = setting((), "pull request labels that mark AI work")
    scopes: tuple[str, ...] = setting((), "commit scopes, as in `feat(assistant): …`, that mark AI work")
    disable: tuple[str, ...] = setting((), "built-in rules that do not apply here: ids or globs of them")
    enable: tuple[str, ...] = setting((), "built-in rules that are off unless named here")
    weights: tuple[tuple[str, float], ...] = setting((), "other weights of rules of the axis what, by id", numbers=True)
    numbers: tuple[tuple[str, float], ...] = setting(
        (), "other values of the `[numbers]` of rules.toml, by name", numbers=True
    )
    rules: tuple[AiRule, ...] = setting((), "rules of the team's own", tables=AiRule)
    overrides: tuple[AiOverride, ...] = setting((), "answers for single changes, which win", tables=AiOverride)

    def __post_init__(self) -> None:
        """UsageError for rules and overrides that say nothing, or say two things."""
        for number, rule in enumerate(self.rules, 1):
            where = f"[[ai.rules]] {number}"
            if not rule.id or not rule.pattern:
                raise UsageError(f"{where} needs an id and a pattern", hint="see `headway init` for an example")
        for number, override in enumerate(self.overrides, 1):
            where = f"[[ai.overrides]] {number}"
            if not override.change:
                raise UsageError(f"{where} names no change", hint='write change = "github:acme/checkout#12"')
            if override.builds_ai is None and not override.built_with_ai:
                raise UsageError(f"{where} answers nothing", hint="set builds_ai, built_with_ai or both")
        _once((rule.id for rule in self.rules), "[[ai.rules]]")
        _once((override.change for override in self.overrides), "[[ai.overrides]]")


def _once(names: Iterable[str], where: str) -> None:
    """The order of tables means nothing, so no name may come twice."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UsageError(f"{where} has {twice[0]!r} twice", hint="keep one of them")
