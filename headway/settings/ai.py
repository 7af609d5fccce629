"""The section `[ai]`: overrides of the AI classification."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from headway.errors import UsageError
from headway.repository_names import change_key
from headway.settings.field import setting

__all__ = ["AiOverride", "AiRule", "AiSettings"]

LONGEST_PATTERN = 1_000
"""The most characters of a team's own pattern: a slow pattern is the team's to fix, a book is none."""
KINDS = ("work", "bot", "release")
MADE_WITH = ("agent", "assisted", "none", "automation")


@dataclass(frozen=True)
class AiRule:
    """A rule of the team; one with the id of a built-in rule replaces it."""

    id: str = setting("", "name in the evidence", longest=60)
    axis: str = setting("how", "what it classifies: how a change was made, or what it builds", choices=("how", "what"))
    field: str = setting(
        "line",
        "where to look: axis how: app, email, name, person, line, answer, section, box, comment, prose, branch, label,"
        " title, body, bot;"
        " axis what: path, scope, title, subject, body, label, branch, repo, config, noise, manifest, tooling",
    )
    pattern: str = setting(
        "",
        f"regular expression, found anywhere (app, label, scope: the whole); at most {LONGEST_PATTERN} characters",
        pattern=True,
        longest=LONGEST_PATTERN,
    )
    unless: str = setting(
        "", "pattern of lines to which the rule does not apply", pattern=True, longest=LONGEST_PATTERN
    )
    case: bool = setting(default=False, doc="whether the case of letters counts")
    weight: float = setting(
        0.0, "axis what: points it adds; 3 points make a change AI work, 4 make the evidence strong"
    )
    verdict: str = setting("ai", "axis how: what a match means, on every field", choices=("ai", "automation"))
    level: str = setting(
        "assisted",
        "axis how: `authored` (an agent wrote it) or less",
        choices=("authored", "co-authored", "assisted", "disclosed"),
    )
    confidence: str = setting("strong", "axis how: `--evidence strong` ignores weak marks", choices=("strong", "weak"))
    note: str = setting("", "why", longest=400)


@dataclass(frozen=True)
class AiOverride:
    """The classification of one change; it overrides every rule, and the evidence says so."""

    change: str = setting("", "the change's id, such as `github:acme/checkout#12`")
    builds_ai: bool | None = setting(None, "whether it builds an AI capability; not set: the rules decide")
    built_with_ai: str = setting("", "how it was made; not set: the rules decide", choices=("", *MADE_WITH))
    note: str = setting("", "why; shown in the evidence", longest=400)
    kind: str = setting("", f"{', '.join(KINDS)}; not set: its author and files decide", choices=("", *KINDS))


@dataclass(frozen=True)
class AiSettings:
    """Overrides of the AI classification."""

    ai_identities: tuple[str, ...] = setting((), "e-mail addresses or log-ins of the team's AI agents")
    automation_identities: tuple[str, ...] = setting((), "e-mail addresses or log-ins of the team's bots")
    ai_repos: tuple[str, ...] = setting(
        (), "globs of repositories in which every change is AI work, with or without provider"
    )
    ai_paths: tuple[str, ...] = setting((), "globs of paths that are AI work")
    not_ai_paths: tuple[str, ...] = setting((), "globs of paths that are not AI work")
    ai_labels: tuple[str, ...] = setting((), "pull request labels that mark AI work")
    scopes: tuple[str, ...] = setting((), "commit scopes, as in `feat(assistant): …`, that mark AI work")
    disable: tuple[str, ...] = setting((), "built-in rules to disable: ids or globs of ids")
    enable: tuple[str, ...] = setting((), "ids of built-in rules to enable: those that are off by default")
    weights: tuple[tuple[str, float], ...] = setting((), "weights of rules of the axis what, by id", numbers=True)
    numbers: tuple[tuple[str, float], ...] = setting((), "values for `[numbers]` of rules.toml, by name", numbers=True)
    author_days: bool = setting(
        default=False,
        doc="a person's recorded use of an AI tool on a day makes that day's unmarked commits assisted, weakly",
    )
    rules: tuple[AiRule, ...] = setting((), "rules of the team", tables=AiRule)
    overrides: tuple[AiOverride, ...] = setting(
        (), "classification of single changes; overrides every rule", tables=AiOverride
    )

    def __post_init__(self) -> None:
        """UsageError for rules and overrides that are incomplete or contradict each other."""
        for number, rule in enumerate(self.rules, 1):
            where = f"[[ai.rules]] {number}"
            if not rule.id or not rule.pattern:
                raise UsageError(f"{where} needs an id and a pattern", hint="see `headway init` for an example")
        for number, override in enumerate(self.overrides, 1):
            where = f"[[ai.overrides]] {number}"
            if not override.change:
                raise UsageError(f"{where} names no change", hint='write change = "github:acme/checkout#12"')
            if override.builds_ai is None and not override.built_with_ai and not override.kind:
                raise UsageError(f"{where} sets nothing", hint="set builds_ai, built_with_ai, kind or several")
        _once((rule.id for rule in self.rules), "[[ai.rules]]")
        _once((change_key(override.change) for override in self.overrides), "[[ai.overrides]]")


def _once(names: Iterable[str], where: str) -> None:
    """The order of tables means nothing, so no name may come twice."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UsageError(f"{where} has {twice[0]!r} twice", hint="keep one of them")
