"""Evidence from changed paths; each path is read once, and those of a repository together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from warehouse.classify.facts import Evidence
from warehouse.classify.rules.globs import compile_globs
from warehouse.classify.rules.load import Numbers, Rule, RuleSet
from warehouse.classify.rules.repository_map import NOWHERE, Place, place_of
from warehouse.classify.rules.screen import Screen

__all__ = ["PathReader", "PathTraits", "path_evidence"]

_CACHED_PATHS = 100_000
_LONGEST = 1024  # characters of a path that the rules look at
_CI = ".github/"  # what runs there is tooling, whatever it is called


class PathTraits(NamedTuple):
    """One path: what kind of file it is, the rules that match it, the folder that holds it, and where it is.

    `counted`: it shows where the work was; neither noise nor agent configuration, and not excluded by the team.
    `plain`: every product has such a file.
    """

    path: str
    counted: bool
    config: bool
    noise: bool
    manifest: bool
    team_ai: bool
    team_not_ai: bool
    strong: bool
    rules: tuple[Rule, ...]
    folder: str
    place: Place
    plain: bool


class PathReader:
    """Reads paths by the rules, with a cache of the last ones, and of those that were read together."""

    def __init__(self, rules: RuleSet) -> None:
        self._config = rules.of("what", "config")
        self._noise = rules.of("what", "noise")
        self._manifest = rules.of("what", "manifest")
        self._rules = rules.of("what", "path")
        self._plain = rules.of("what", "plain")
        self._strong = rules.numbers.builds_ai
        self._ai = compile_globs(rules.settings.ai_paths)
        self._not_ai = compile_globs(rules.settings.not_ai_paths)
        self._together: dict[str, PathTraits] = {}
        self._alone: Callable[[str], PathTraits] = lru_cache(_CACHED_PATHS)(self._read)
        self._without: Callable[[str, re.Pattern[str]], PathTraits] = lru_cache(_CACHED_PATHS)(self._read_without)

    def read_all(self, paths: Iterable[str]) -> None:
        """Read the paths of a repository together, which is faster than each alone; forgets those of the last one."""
        screen = Screen({path for path in paths if len(path) <= _LONGEST})
        config, noise, manifest, plain = (
            {path for rule in rules for path in _matching(screen, rule)}
            for rules in (self._config, self._noise, self._manifest, self._plain)
        )
        matched: dict[str, tuple[Rule, ...]] = {}
        for rule in self._rules:
            for path in _matching(screen, rule):
                matched[path] = (*matched.get(path, ()), rule)
        self._together = {
            path: self._traits(
                path, path in config, path in noise, path in manifest, path in plain, matched.get(path, ())
            )
            for path in screen.texts
        }

    def read(self, paths: Iterable[str]) -> list[PathTraits]:
        """The traits of each path."""
        get, alone = self._together.get, self._alone
        return [get(path) or alone(path) for path in paths]

    def without_name(self, traits: list[PathTraits], name: re.Pattern[str]) -> list[PathTraits]:
        """The same traits, without the rules that match a path only by the name of its repository."""
        return [self._without(item.path, name) if item.rules else item for item in traits]

    def _read_without(self, path: str, name: re.Pattern[str]) -> PathTraits:
        item = self._together.get(path) or self._alone(path)
        rest, times = name.subn("", item.path[:_LONGEST])
        if not times:
            return item
        rules = tuple(rule for rule in item.rules if rule.match(rest) is not None)
        return item._replace(rules=rules, strong=self._is_strong(rules, noise=item.noise))

    def _read(self, path: str) -> PathTraits:
        path = path[:_LONGEST]
        config, noise, manifest, plain = (
            _any(rules, path) for rules in (self._config, self._noise, self._manifest, self._plain)
        )
        matched = () if config else tuple(r for r in self._rules if r.match(path) is not None)
        return self._traits(path, config, noise, manifest, plain, matched)

    def _traits(
        self,
        path: str,
        config: bool,  # noqa: FBT001 - one for each path
        noise: bool,  # noqa: FBT001
        manifest: bool,  # noqa: FBT001
        plain: bool,  # noqa: FBT001
        matched: tuple[Rule, ...],
    ) -> PathTraits:
        void = config or noise
        rules = () if config or path.startswith(_CI) else matched
        not_ai = self._not_ai is not None and self._not_ai.match(path) is not None
        return PathTraits(
            path,
            not (void or not_ai),
            config,
            noise,
            manifest,
            self._ai is not None and self._ai.match(path) is not None,
            not_ai,
            self._is_strong(rules, noise=noise),
            rules,
            path.rpartition("/")[0].rpartition("/")[2],
            NOWHERE if void else place_of(path),
            plain or path[:1] == ".",
        )

    def _is_strong(self, rules: tuple[Rule, ...], *, noise: bool) -> bool:
        return bool(rules) and not noise and any(rule.parts[0] >= self._strong for rule in rules)


def path_evidence(counted: list[PathTraits], numbers: Numbers) -> Iterator[Evidence]:
    """The weight of the paths that some rule matches, by their share of the counted ones.

    Strong rules count as one; the others each for themselves, unless the strong ones have their full weight.
    """
    matched: dict[str, tuple[Rule, int, str]] = {}
    for item in counted:
        families = {("" if rule.parts[0] >= numbers.builds_ai else rule.id): rule for rule in reversed(item.rules)}
        for family, rule in families.items():
            first, count, path = matched.get(family, (rule, 0, item.path))
            matched[family] = (first, count + 1, path)
    for family, (rule, count, path) in sorted(matched.items()):
        weight = _weight(rule, count / len(counted), numbers)
        if weight:
            yield Evidence("what", rule.id, "path", path, weight)
        if not family and weight >= numbers.builds_ai:
            return


def _weight(rule: Rule, share: float, numbers: Numbers) -> float:
    most, some, few = rule.parts
    if share >= numbers.most_files:
        return most
    return some if share >= numbers.some_files else few


def _matching(screen: Screen, rule: Rule) -> list[str]:
    return [path for path in screen.likely(rule.regex) if rule.match(path) is not None]


def _any(rules: tuple[Rule, ...], path: str) -> bool:
    return any(rule.match(path) is not None for rule in rules)
