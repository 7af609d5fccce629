"""What does a change build? Weighted evidence from words, paths, packages, labels and the map of the repository."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from headway.repository_names import change_of, ignores_case
from warehouse.classify.facts import SHARE_RULE, ChangeFacts, CommitFacts, Evidence
from warehouse.classify.rules.gate import Vocabulary
from warehouse.classify.rules.globs import compile_globs
from warehouse.classify.rules.load import Rule, RuleSet
from warehouse.classify.rules.packages import ai_import, ai_package
from warehouse.classify.rules.repository_map import NO_SIGNS, MapSigns, Place, RepositoryMap
from warehouse.classify.signs.paths import PathReader, PathTraits, path_evidence
from warehouse.classify.signs.topic import Topic, TopicReader, title_of

__all__ = ["What", "WhatJudge", "WhatReading"]

_BUMP = re.compile(
    r"\b(bump\w*|up(dat|grad)\w*|renovate|pin|lock ?file|deps|dependenc(y|ies)|migrat\w*|releas\w*|version packages)\b",
    re.IGNORECASE,
)
_CI = (".github/", ".circleci/", ".buildkite/", ".azure-pipelines/", ".gitlab/")  # whatever it is about, it is tooling
_EPOCH, _DAY = datetime(1970, 1, 1), 86_400.0
_LEAST_WEIGHT = 0.05  # of evidence that is worth a word
_TEST = re.compile(r"(?:^|[/_.-])(tests?|specs?|cassettes|fixtures)(?=[/_.-]|$)", re.IGNORECASE)


class What(NamedTuple):
    """The answer on this axis; `probability` of AI work, 0 to 1."""

    builds_ai: bool
    confidence: str
    evidence: tuple[Evidence, ...]
    probability: float = 0.0


class WhatReading(NamedTuple):
    """What the rules alone say of a change, before the map: `most` is the weight that it cannot pass.

    `chance` is the probability of AI work by that alone: what the change counts in the map. `day` is when it landed, in
    days, nan where not known.

    `places` are those of its files that the map looks at. `tooling`: it has only agent configuration, only CI, or only
    what the team excludes; then nothing else counts.
    """

    title: str
    places: tuple[Place, ...]
    evidence: tuple[Evidence, ...]
    most: float | None
    chance: float
    day: float
    by_team: bool = False
    tooling: bool = False


class WhatJudge:
    """Applies the rules of the axis *what*."""

    def __init__(self, rules: RuleSet, vocabulary: Vocabulary) -> None:
        self._numbers = rules.numbers
        self._nothing = self._chance(0.0)
        self._unheard = self._chance_by_rules(0.0)
        self._ambiguous = frozenset(rule.id for rule in rules.rules if _is_ambiguous(rule, rules.numbers.near_miss))
        self._silent = What(builds_ai=False, confidence="", evidence=(), probability=self._nothing)
        self._paths = PathReader(rules)
        self._topics = TopicReader(rules, vocabulary)
        self._labels, self._repos = rules.of("what", "label"), rules.of("what", "repo")
        self._package = next(iter(rules.of("what", "package")), None)
        self._import = next(iter(rules.of("what", "import")), None)
        self._plain = next(iter(rules.of("what", "plain")), None)
        self._team_repos = rules.settings.ai_repos
        self._team_labels = compile_globs(rules.settings.ai_labels, ignore_case=True)
        settings = rules.settings
        self._has_team_evidence = bool(settings.ai_paths or settings.ai_labels or settings.ai_repos)
        self._repo_rules = lru_cache(1000)(self._look_up_repo)
        self._own_name = lru_cache(1000)(self._look_up_own_name)
        self._is_team_repo = lru_cache(1000)(self._look_up_team_repo)

    def read_paths(self, changes: Iterable[ChangeFacts]) -> None:
        """Read the paths of these changes together, which is faster than one after the other."""
        self._paths.read_all({path for change in changes for path in _paths_of(change)})

    @staticmethod
    def learn(reading: WhatReading, places: RepositoryMap) -> None:
        """Count a change in the map of its repository."""
        if not reading.tooling:
            places.learn(reading.places, reading.title, reading.chance, reading.day)

    def judge(self, reading: WhatReading, places: RepositoryMap | None = None) -> What:
        """The verdict on a change that was read; without a map from the change alone."""
        if reading.tooling:
            return What(builds_ai=False, confidence="", evidence=reading.evidence, probability=self._nothing)
        evidence = list(reading.evidence)
        if places is not None:
            signs = places.signs(reading.places, reading.title, reading.chance, reading.day)
            evidence.extend(self._map_evidence(signs))
            if signs.share:
                evidence.extend(self._whole_evidence(reading, signs))
        if not any([item.weight > 0 for item in evidence]):  # noqa: C419 - a list is faster for these few
            return self._silent
        return self._sum(evidence, most=reading.most, by_team=reading.by_team)

    def text_evidence(self, change: ChangeFacts) -> Iterator[Evidence]:
        """The terms in the body of a change, whatever the rest of it says."""
        return self._topics.body_evidence(change)

    def read(self, change: ChangeFacts) -> WhatReading:
        """Evidence from the change itself."""
        traits = self._paths.read(_paths_of(change))
        title = title_of(change)
        own_name = self._own_name(_repo_of(change))
        if own_name is not None:
            traits = self._paths.without_name(traits, own_name)
        topic = self._topic(change, title if own_name is None else own_name.sub("", title), traits)
        counted = [item for item in traits if item.counted]
        team = list(self._team_evidence(change, counted)) if self._has_team_evidence else []
        if not team and not counted and any([item.config or item.team_not_ai for item in traits]):  # noqa: C419
            only = Evidence("what", "agent-config", "path", title, 0.0)
            return WhatReading(title, (), (only,), None, 0.0, math.nan, tooling=True)
        if not team and traits and all([item.path.startswith(_CI) for item in traits]):  # noqa: C419
            only = Evidence("what", "ci", "path", traits[0].path, 0.0)
            return WhatReading(title, (), (only,), None, 0.0, math.nan, tooling=True)
        evidence = [*team, *topic.evidence, *topic.chores]
        if not topic.speaks:
            evidence.extend(self._plain_evidence(counted))
        counted = counted or [item for item in traits if item.noise and not (item.manifest or item.team_not_ai)]
        if any([item.rules for item in counted]):  # noqa: C419 - a list is faster for these few
            evidence.extend(path_evidence(_but_manifests(counted), self._numbers))
        if change.labels:
            evidence.extend(self._label_evidence(change))
        repo_rules = self._repo_rules(_repo_of(change)) if _has_product(counted) else ()
        evidence.extend(repo_rules)
        if lines := [item for commit in _commits(change) for item in commit.added_lines]:
            evidence.extend(self._line_evidence(lines, len(traits)))
        places = self._places(counted)
        if not evidence:
            return WhatReading(title, places, (), None, self._unheard, _day_of(change))
        if not topic.tooling and self._topics.body_matters(sum([item.weight for item in evidence])):
            evidence.extend(self._topics.body_evidence(change))
        most = self._numbers.near_miss if not team and _is_bump(title, traits, topic) else None
        score = sum([item.weight for item in evidence])
        score -= self._numbers.map_ambiguous * sum([item.weight for item in evidence if item.rule in self._ambiguous])
        score -= (1 - self._numbers.map_repo) * sum([item.weight for item in repo_rules])
        chance = self._chance_by_rules(score if most is None else min(most, score))
        return WhatReading(title, places, tuple(evidence), most, chance, _day_of(change), by_team=bool(team))

    def rules_alone(
        self, change: ChangeFacts, places: RepositoryMap, *, counted: bool
    ) -> tuple[float, float, MapSigns]:
        """What weights are fitted to.

        The weight of a change by the rules, how much of it the repository's name has, and what the map says of it.
        """
        reading = self.read(change)
        if reading.tooling:
            return 0.0, 0.0, NO_SIGNS
        score = sum([item.weight for item in reading.evidence])
        score = score if reading.most is None else min(reading.most, score)
        signs = places.signs(reading.places, reading.title, reading.chance, reading.day, counted=counted)
        return score, _by_repository(reading), signs._replace(share=self._share(reading, signs))

    def _places(self, counted: list[PathTraits]) -> tuple[Place, ...]:
        """The places of the files that the map looks at: no manifests, and none that a rule knows by its path."""
        looked_at = counted[: int(self._numbers.map_files)]
        return tuple([item.place for item in looked_at if not (item.strong or item.manifest)])

    def _map_evidence(self, signs: MapSigns) -> Iterator[Evidence]:
        numbers = self._numbers
        if (weight := numbers.map_place * signs.place) >= _LEAST_WEIGHT:
            yield Evidence("what", "map-place", "path", signs.folder, weight)
        if signs.history and (weight := numbers.map_file * signs.file) >= _LEAST_WEIGHT:
            yield Evidence("what", "map-file", "path", signs.history, weight)
        if (weight := numbers.map_name * signs.name) >= _LEAST_WEIGHT:
            yield Evidence("what", "map-name", "path", " ".join(signs.names), weight)
        if (weight := numbers.map_word * signs.word) >= _LEAST_WEIGHT:
            yield Evidence("what", "map-word", "subject", " ".join(signs.words), weight)

    def _whole_evidence(self, reading: WhatReading, signs: MapSigns) -> Iterator[Evidence]:
        """Evidence from a product that is AI as a whole, beyond what its name or the team says of it already."""
        weight = self._numbers.map_share * self._share(reading, signs) - _by_repository(reading)
        if weight >= _LEAST_WEIGHT:
            yield Evidence("what", SHARE_RULE, "repo", signs.product, weight)

    def _share(self, reading: WhatReading, signs: MapSigns) -> float:
        """How far the product is AI as a whole counts for a change: upkeep passes through any product."""
        is_chore = any([item.weight < 0 for item in reading.evidence])  # noqa: C419 - a list is faster for these few
        return signs.share * (self._numbers.map_share_chore if is_chore else 1.0)

    def _chance(self, score: float) -> float:
        """The probability of AI work at this weight of evidence: a half at `builds_ai`."""
        return 1.0 / (1.0 + math.exp(-self._numbers.chance_slope * (score - self._numbers.builds_ai)))

    def _chance_by_rules(self, score: float) -> float:
        """What a change counts in the map: the probability of AI work where only the rules are known.

        It is a half below `builds_ai`: one plain term has just that weight, and nine of ten such changes are AI work.
        Ambiguous words count less here: what a help desk calls an agent would be its own witness.
        """
        return 1.0 / (1.0 + math.exp(-self._numbers.map_slope * (score - self._numbers.map_half)))

    def _topic(self, change: ChangeFacts, title: str, traits: list[PathTraits]) -> Topic:
        config = len([True for item in traits if item.config])
        tooling = config > 0 and config >= self._numbers.config_share * len(traits)
        return self._topics.read(change, title, tooling=tooling)

    def _team_evidence(self, change: ChangeFacts, counted: list[PathTraits]) -> Iterator[Evidence]:
        """Evidence from the team's settings: half of the files in its AI paths, one of its repositories or labels."""
        team_files = [item for item in counted if item.team_ai]
        if team_files and 2 * len(team_files) >= len(counted):
            folder = f"{team_files[0].folder}/" if team_files[0].folder else team_files[0].path
            yield Evidence("what", "ai_paths", "path", folder, self._numbers.builds_ai)
        if self._is_team_repo(change_of(change.change_id)[0]) and _has_product(counted):
            yield Evidence("what", "ai_repos", "repo", _repo_of(change), self._numbers.builds_ai)
        for label in change.labels:
            if self._team_labels is not None and self._team_labels.match(label):
                yield Evidence("what", "ai_labels", "label", label, self._numbers.builds_ai)

    def _plain_evidence(self, counted: list[PathTraits]) -> Iterator[Evidence]:
        """Evidence against, where every product has all of the files; manifests alone say nothing."""
        if self._plain is None or not all([item.plain or item.manifest for item in counted]):  # noqa: C419
            return
        first = next((item.path for item in counted if item.plain), "")
        if first:
            yield Evidence("what", self._plain.id, "path", first, self._plain.weight)

    def _look_up_team_repo(self, repo_id: str) -> bool:
        """Whether the team's settings name the repository, with or without its provider."""
        pattern = compile_globs(self._team_repos, ignore_case=ignores_case(repo_id))
        names = (repo_id, repo_id.rpartition(":")[2])
        return pattern is not None and any(pattern.match(name) is not None for name in names)

    def _look_up_repo(self, repo: str) -> tuple[Evidence, ...]:
        name = repo.rpartition("/")[2]
        matching = [rule for rule in self._repos if rule.match(name)]
        heaviest = max(matching, key=attrgetter("weight"), default=None)
        return () if heaviest is None else (Evidence("what", heaviest.id, "repo", repo, heaviest.weight),)

    def _look_up_own_name(self, repo: str) -> re.Pattern[str] | None:
        """What finds the repository's name in its titles and paths, if the name has words of AI: it is no evidence.

        It is in all of them alike. What it says of the repository is a rule of its own.
        """
        parts = re.findall(r"[A-Za-z0-9]+", repo.rpartition("/")[2])
        if not self._topics.of_title(" ".join(parts)).evidence and not self._paths.read(["/".join(parts)])[0].rules:
            return None
        name = r"(?<![A-Za-z0-9])" + "[ _-]?".join(parts) + r"(?![A-Za-z0-9])"
        if len(parts) == 1:
            return re.compile(name, re.IGNORECASE)
        camel = "".join(part[:1].upper() + part[1:].lower() for part in parts)
        return re.compile(f"(?i:{name})|{camel}(?![a-z])")

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
        return What(builds_ai, confidence, tuple(evidence), self._chance(score))


def _is_ambiguous(rule: Rule, near_miss: float) -> bool:
    """Whether a rule of words or paths is not even a near miss by itself: what it matches has many meanings."""
    words = rule.field in {"path", "scope", "subject", "branch", "repo"}
    return rule.axis == "what" and words and 0 < (rule.parts[0] if rule.parts else rule.weight) < near_miss


def _by_repository(reading: WhatReading) -> float:
    """The weight of what the repository's name, or the team, says of all of its changes."""
    return sum([item.weight for item in reading.evidence if item.field == "repo"])


def _commits(change: ChangeFacts) -> tuple[CommitFacts, ...]:
    return (*change.commits, change.landing) if change.landing is not None else change.commits


def _day_of(change: ChangeFacts) -> float:
    """When a change landed, or when its last commit was made, in days since 1970; nan where neither is known."""
    last = change.landing or (change.commits[-1] if change.commits else None)
    at = last.committed_at if last is not None else None
    return math.nan if at is None else (at - _EPOCH).total_seconds() / _DAY


def _paths_of(change: ChangeFacts) -> Iterable[str]:
    """The paths of what landed; else those of its commits, each once."""
    if change.landing is not None and change.landing.paths:
        return change.landing.paths
    if len(change.commits) == 1:
        return change.commits[0].paths
    return dict.fromkeys(path for commit in change.commits for path in commit.paths)


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
