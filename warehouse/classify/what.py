"""What does a change build? Weighted evidence from words, paths, packages, labels and learned directories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from headway.repository_names import change_of, ignores_case
from warehouse.classify.facts import ChangeFacts, CommitFacts, Evidence
from warehouse.classify.rules.gate import Vocabulary
from warehouse.classify.rules.globs import compile_globs
from warehouse.classify.rules.learned import LearnedDirectories
from warehouse.classify.rules.load import Rule, RuleSet
from warehouse.classify.rules.packages import ai_import, ai_package
from warehouse.classify.signs.paths import PathReader, PathTraits, path_evidence
from warehouse.classify.signs.topic import Topic, TopicReader, title_of

__all__ = ["What", "WhatJudge"]

_BUMP = re.compile(
    r"\b(bump\w*|up(dat|grad)\w*|renovate|pin|lock ?file|deps|dependenc(y|ies)|migrat\w*|releas\w*|version packages)\b",
    re.IGNORECASE,
)
_TEST = re.compile(r"(?:^|[/_.-])(tests?|specs?|cassettes|fixtures)(?=[/_.-]|$)", re.IGNORECASE)


class What(NamedTuple):
    """The answer on this axis."""

    builds_ai: bool
    confidence: str
    evidence: tuple[Evidence, ...]


_NO = What(builds_ai=False, confidence="", evidence=())


class WhatJudge:
    """Applies the rules of the axis *what*."""

    def __init__(self, rules: RuleSet, vocabulary: Vocabulary) -> None:
        self._numbers = rules.numbers
        self._paths = PathReader(rules)
        self._topics = TopicReader(rules, vocabulary)
        self._labels, self._repos = rules.of("what", "label"), rules.of("what", "repo")
        self._package = next(iter(rules.of("what", "package")), None)
        self._import = next(iter(rules.of("what", "import")), None)
        self._team_repos = rules.settings.ai_repos
        self._team_labels = compile_globs(rules.settings.ai_labels, ignore_case=True)
        settings = rules.settings
        self._has_team_evidence = bool(settings.ai_paths or settings.ai_labels or settings.ai_repos)
        self._repo_rules = lru_cache(1000)(self._look_up_repo)
        self._is_team_repo = lru_cache(1000)(self._look_up_team_repo)

    def learn(self, change: ChangeFacts, learned: LearnedDirectories) -> None:
        """Count a change for the directories that it touches."""
        traits = self._traits(change)
        topic = self._topic(change, traits)
        folders = {item.directories for item in traits if not item.strong}
        learned.learn({name for folder in folders for name in folder}, speaks=self._speaks(traits, topic))
        strong = len([True for item in traits if item.strong])
        if strong and 2 * strong >= len([True for item in traits if not (item.config or item.noise)]):
            learned.learn_known(says_so=topic.speaks)

    def judge(self, change: ChangeFacts, learned: LearnedDirectories | None = None) -> What:
        """The verdict on one change; without learned directories from the change alone."""
        traits = self._traits(change)
        topic = self._topic(change, traits)
        counted = [item for item in traits if not (item.config or item.noise or item.team_not_ai)]
        team = list(self._team_evidence(change, counted)) if self._has_team_evidence else []
        if not team and not counted and any(item.config or item.team_not_ai for item in traits):
            return _only_tooling(change)
        evidence = [*team, *topic.evidence]
        if any([item.rules for item in counted]):  # noqa: C419 - a list is faster for these few
            evidence.extend(path_evidence(_but_manifests(counted), self._numbers))
        if change.labels:
            evidence.extend(self._label_evidence(change))
        if (repo_rules := self._repo_rules(_repo_of(change))) and _has_product(counted):
            evidence.extend(repo_rules)
        if lines := [item for commit in _commits(change) for item in commit.added_lines]:
            evidence.extend(self._line_evidence(lines, len(traits)))
        if learned is not None and counted:
            evidence.extend(self._learned_evidence(counted, learned, speaks=self._speaks(traits, topic)))
        if not evidence:
            return _NO
        score = sum([item.weight for item in evidence])
        if not topic.tooling and self._topics.body_matters(score):
            evidence.extend(self._topics.body_evidence(change))
        bump = not team and _is_bump(title_of(change), traits, topic)
        return self._sum(evidence, most=self._numbers.near_miss if bump else None, by_team=bool(team))

    def _traits(self, change: ChangeFacts) -> list[PathTraits]:
        paths = change.landing.paths if change.landing is not None else ()
        if not paths:
            paths = tuple(dict.fromkeys(path for commit in change.commits for path in commit.paths))
        return list(map(self._paths.read, paths))

    def _topic(self, change: ChangeFacts, traits: list[PathTraits]) -> Topic:
        config = len([True for item in traits if item.config])
        return self._topics.read(change, tooling=config > 0 and config >= self._numbers.config_share * len(traits))

    def _team_evidence(self, change: ChangeFacts, counted: list[PathTraits]) -> Iterator[Evidence]:
        """Evidence from the team's settings: half of the files in its AI paths, one of its repositories or labels."""
        team_files = [item for item in counted if item.team_ai]
        if team_files and 2 * len(team_files) >= len(counted):
            folder = f"{team_files[0].directories[-1]}/" if team_files[0].directories else team_files[0].path
            yield Evidence("what", "ai_paths", "path", folder, self._numbers.builds_ai)
        if self._is_team_repo(change_of(change.change_id)[0]) and _has_product(counted):
            yield Evidence("what", "ai_repos", "repo", _repo_of(change), self._numbers.builds_ai)
        for label in change.labels:
            if self._team_labels is not None and self._team_labels.match(label):
                yield Evidence("what", "ai_labels", "label", label, self._numbers.builds_ai)

    def _look_up_team_repo(self, repo_id: str) -> bool:
        """Whether the team's settings name the repository, with or without its provider."""
        pattern = compile_globs(self._team_repos, ignore_case=ignores_case(repo_id))
        names = (repo_id, repo_id.rpartition(":")[2])
        return pattern is not None and any(pattern.match(name) is not None for name in names)

    def _look_up_repo(self, repo: str) -> tuple[Evidence, ...]:
        name = repo.rpartition("/")[2]
        return tuple(Evidence("what", rule.id, "repo", repo, rule.weight) for rule in self._repos if rule.match(name))

    def _label_evidence(self, change: ChangeFacts) -> Iterator[Evidence]:
        for label in change.labels:
            for rule in self._labels:
                if rule.match(label):
                    yield Evidence("what", rule.id, "label", label, rule.weight)
                    return

    def _line_evidence(self, lines: list[tuple[str, str]], files: int) -> Iterator[Evidence]:
        """Evidence from added lines: one package, else one import."""
        package = next(filter(None, (ai_package(path, line) for path, line in lines)), "")
        if package and self._package is not None:
            yield Evidence("what", self._package.id, "package", package, self._package_weight(self._package, files))
            return
        imported = next(filter(None, (ai_import(line) for _, line in lines)), "")
        if imported and self._import is not None:
            yield Evidence("what", self._import.id, "import", imported, self._import.weight)

    def _package_weight(self, rule: Rule, files: int) -> float:
        return rule.parts[-1] if rule.parts and files > self._numbers.many_files else rule.weight

    def _learned_evidence(
        self, counted: list[PathTraits], learned: LearnedDirectories, *, speaks: bool
    ) -> Iterator[Evidence]:
        numbers = self._numbers
        shares = [(1.0, "") if item.strong else learned.share(item.directories, speaks=speaks) for item in counted]
        full = learned.needed_share
        perhaps = numbers.learned_perhaps * full
        names = [name for share, name in shares if name and share >= perhaps]
        for least, weight in ((full, numbers.learned_weight), (perhaps, numbers.learned_perhaps_weight)):
            many = len([True for share, _ in shares if share >= least]) >= numbers.learned_files * len(counted)
            if names and many:
                yield Evidence("what", "learned-directory", "directory", f"{names[0]}/", weight)
                return

    def _speaks(self, traits: list[PathTraits], topic: Topic) -> bool:
        """Whether the change is AI work by its subject, or by enough of its paths."""
        if topic.speaks:
            return True
        strong = len([True for item in traits if item.strong])
        if not strong:
            return False
        return strong >= self._numbers.most_files * len([True for item in traits if not (item.config or item.noise)])

    def _sum(self, evidence: list[Evidence], *, most: float | None, by_team: bool) -> What:
        score = sum(item.weight for item in evidence)
        if most is not None and score > most:
            evidence.append(Evidence("what", "version-bump", "subject", "only manifests", most - score))
            score = most
        numbers = self._numbers
        builds_ai = score >= numbers.builds_ai
        if builds_ai:
            confidence = "strong" if by_team or score >= numbers.strong else "weak"
        else:
            confidence = "weak" if score >= numbers.near_miss else ""
        return What(builds_ai, confidence, tuple(evidence))


def _commits(change: ChangeFacts) -> tuple[CommitFacts, ...]:
    return (*change.commits, change.landing) if change.landing is not None else change.commits


def _only_tooling(change: ChangeFacts) -> What:
    """The verdict on a change with only agent configuration, or only paths that the team excludes."""
    return _NO._replace(evidence=(Evidence("what", "agent-config", "path", title_of(change), 0.0),))


def _repo_of(change: ChangeFacts) -> str:
    """The repository's name in a change id: the part between the provider and the number or commit."""
    return change_of(change.change_id)[0].rpartition(":")[2]


def _has_product(counted: list[PathTraits]) -> bool:
    """Whether some file is neither a manifest nor hidden, as CI configuration is."""
    return any(not item.manifest and item.path[:1] != "." for item in counted)


def _but_manifests(counted: list[PathTraits]) -> list[PathTraits]:
    """The files that show where the work was: not manifests, unless there are only manifests."""
    return [item for item in counted if not item.manifest] or counted


def _is_bump(title: str, traits: list[PathTraits], topic: Topic) -> bool:
    """Whether a change only bumps versions: only manifests; or tests too, and a title without AI terms."""
    if not any(item.manifest for item in traits) or _BUMP.search(title) is None:
        return False
    rest = [item for item in traits if not (item.manifest or item.noise)]
    return not rest or (not topic.evidence and all(_TEST.search(item.path) for item in rest))
