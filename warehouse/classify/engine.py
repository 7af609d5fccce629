"""Apply the rules to one commit, to one change, to the changes of a repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headway.repository_names import change_key
from warehouse.classify.facts import ChangeFacts, CommitFacts, Evidence, Verdict
from warehouse.classify.how import HowJudge
from warehouse.classify.rules.gate import Vocabulary
from warehouse.classify.rules.learned_bots import LearnedBots
from warehouse.classify.rules.load import load_rules
from warehouse.classify.rules.repository_map import RepositoryMap
from warehouse.classify.rules.settings import ChangeOverride, RuleSettings
from warehouse.classify.signs.copies import copied_from, keys_of
from warehouse.classify.what import WhatJudge, WhatReading

__all__ = ["Repository", "Rules", "classify_commit", "classify_repository"]

_SHA_CHARACTERS = 7  # of a commit id, under which originals are looked up


class Rules:
    """The rules under a team's settings, ready to judge. Reuse the object: it caches identities and paths."""

    def __init__(self, settings: RuleSettings) -> None:
        self.rule_set = load_rules(settings)
        vocabulary = Vocabulary(self.rule_set.rules)
        self.how = HowJudge(self.rule_set, vocabulary)
        self.what = WhatJudge(self.rule_set, vocabulary)
        self._overrides = {change_key(change): override for change, override in settings.overrides.items()}

    def __reduce__(self) -> tuple[type[Rules], tuple[RuleSettings]]:
        """To another process or machine go the settings: caches stay here."""
        return Rules, (self.rule_set.settings,)

    @classmethod
    def load(cls, overrides: RuleSettings | None = None) -> Rules:
        """The built-in rules under a team's settings. Raises `UsageError` for an invalid setting."""
        return cls(overrides or RuleSettings())

    def judge(
        self,
        change: ChangeFacts,
        places: RepositoryMap | None = None,
        bots: LearnedBots | None = None,
        reading: WhatReading | None = None,
    ) -> Verdict:
        """The verdict on one change; the team's own answer for it comes last and wins.

        `reading`: what the change itself says of what it builds, if it was read before.
        """
        how = self.how.judge(change, bots)
        what = self.what.judge(reading or self.what.read(change), places)
        verdict = Verdict(
            what.builds_ai,
            how.built_with_ai,
            how.confidence,
            what.confidence,
            how.marked_share,
            (*how.evidence, *what.evidence),
            what.probability,
        )
        return self.overridden(change.change_id, verdict)

    def text_evidence(self, title: str, body: str) -> tuple[Evidence, ...]:
        """What the rules read in a title and a text below it."""
        change = ChangeFacts("", title=title, body=body)
        return (*self.how.text_evidence(change), *self.what.text_evidence(change))

    def overridden(self, change_id: str, verdict: Verdict) -> Verdict:
        """The verdict under the team's own answer for this change, if there is one."""
        override = self._overrides.get(change_key(change_id)) if self._overrides else None
        return verdict if override is None else _overridden(verdict, override)


def classify_commit(commit: CommitFacts, rules: Rules, *, change_id: str = "") -> Verdict:
    """The verdict on one commit alone: no map of the repository, no originals."""
    return rules.judge(ChangeFacts(change_id or f"@{commit.sha}", landing=commit))


def classify_repository(changes: Iterable[ChangeFacts], rules: Rules) -> Iterator[tuple[str, Verdict]]:
    """Change ids and verdicts of one repository's changes, in their order.

    A plain iterator is put into a list, because the changes are looked at two or three times: to map the repository, to
    judge what reverts and backports copy, and to judge all.
    """
    if iter(changes) is changes:
        changes = list(changes)
    rules.what.read_paths(changes)
    rules.how.read_messages(changes)
    repository = Repository(rules)
    readings = [repository.learn(change) for change in changes]
    if repository.has_copies:
        for change, reading in zip(changes, readings, strict=True):
            repository.remember(change, reading)
    for change, reading in zip(changes, readings, strict=True):
        yield change.change_id, repository.verdict(change, reading)


class Repository:
    """What a repository's history adds to the rules. Pass all changes to each method, one method after the other.

    Memory grows with paths, words and copies, not with changes. What `learn` returns saves the other methods to read a
    change again, for a caller who has the memory.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._map = RepositoryMap(rules.rule_set.numbers)
        self._bots = LearnedBots(rules.rule_set.numbers)
        self._copied: dict[str, set[str]] = {}
        self._copies: set[str] = set()
        self._originals: dict[str, Verdict] = {}

    @property
    def has_copies(self) -> bool:
        """Whether some change is a revert or backport that names its original."""
        return bool(self._copied)

    def learn(self, change: ChangeFacts) -> WhatReading:
        """First pass: map the repository, count bots, collect the names of originals."""
        self._rules.how.learn(change, self._bots)
        reading = self._rules.what.read(change)
        self._rules.what.learn(reading, self._map)
        for key in copied_from(change):
            self._copies.add(change.change_id)
            self._copied.setdefault(key[:_SHA_CHARACTERS], set()).add(key)
        return reading

    def remember(self, change: ChangeFacts, reading: WhatReading | None = None) -> None:
        """Second pass, only needed with copies: judge the originals."""
        for name in keys_of(change):
            for key in self._copied.get(name[:_SHA_CHARACTERS], ()):
                if name.startswith(key) if key[0] != "#" else name == key:
                    self._originals[key] = self._rules.judge(change, self._map, self._bots, reading)

    def verdict(self, change: ChangeFacts, reading: WhatReading | None = None) -> Verdict:
        """Last pass: the verdict, with the class of the original where this is a copy."""
        verdict = self._rules.judge(change, self._map, self._bots, reading)
        if change.change_id not in self._copies:
            return verdict
        for key in copied_from(change):
            original = self._originals.get(key)
            if original is not None and key not in keys_of(change):
                return self._rules.overridden(change.change_id, _inherited(verdict, original, key))
        return verdict


def _inherited(verdict: Verdict, original: Verdict, key: str) -> Verdict:
    """What a copy builds is what its original builds; how it was made too, unless it has a mark of its own."""
    evidence = [*verdict.evidence]
    how = (verdict.built_with_ai, verdict.confidence_how, verdict.marked_share)
    own_mark = verdict.built_with_ai in {"agent", "assisted"} or _is_declared_automation(verdict)
    if not own_mark and original.built_with_ai != verdict.built_with_ai:
        how = (original.built_with_ai, original.confidence_how, original.marked_share)
        evidence.append(Evidence("how", "original", "copy of", f"{key}: {original.built_with_ai}", 1.0))
    if original.builds_ai != verdict.builds_ai:
        builds = "builds AI" if original.builds_ai else "other work"
        evidence.append(
            Evidence("what", "original", "copy of", f"{key}: {builds}", 3.0 if original.builds_ai else -3.0)
        )
    return Verdict(
        original.builds_ai, how[0], how[1], original.confidence_what, how[2], tuple(evidence), original.probability
    )


def _is_declared_automation(verdict: Verdict) -> bool:
    """Whether a rule calls the change itself automation, beyond its author."""
    how = [item for item in verdict.evidence if item.axis == "how"]
    return verdict.built_with_ai == "automation" and not any(item.field.startswith("author_") for item in how)


def _overridden(verdict: Verdict, override: ChangeOverride) -> Verdict:
    """The team's answer; where it says how a change was built, that is certain for all of it."""
    note = override.note or "the team's own answer"
    evidence = [item for item in verdict.evidence if item.rule != "override"]
    if override.built_with_ai is not None:
        evidence.insert(0, Evidence("how", "override", override.built_with_ai, note, 100.0))
        share = 1.0 if override.built_with_ai in {"agent", "assisted"} else 0.0
        verdict = verdict._replace(built_with_ai=override.built_with_ai, confidence_how="strong", marked_share=share)
    if override.builds_ai is not None:
        evidence.insert(0, Evidence("what", "override", "yes" if override.builds_ai else "no", note, 100.0))
        verdict = verdict._replace(
            builds_ai=override.builds_ai, confidence_what="strong", probability=float(override.builds_ai)
        )
    return verdict._replace(evidence=tuple(evidence))
