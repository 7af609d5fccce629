"""How was a change built? The order in which the marks of agents and bots count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from warehouse.classify.facts import ChangeFacts, CommitFacts, Evidence
from warehouse.classify.rules.gate import Vocabulary
from warehouse.classify.rules.learned_bots import LearnedBots
from warehouse.classify.rules.load import RuleSet
from warehouse.classify.signs.copies import copied_from
from warehouse.classify.signs.identities import Match
from warehouse.classify.signs.marks import NOTHING, Mark, MarkReader, Reading, branch_of, search, split_by_verdict
from warehouse.classify.signs.message import is_merge_subject, split_message, squashed_parts

__all__ = ["How", "HowJudge"]

_COPIED = re.compile(r"\bback-?port|\bcherry[- ]?pick|^\[?release[/-]|^\[\d+\.[\dx]+\]", re.IGNORECASE | re.MULTILINE)
_SOURCE = re.compile(
    r"\.(py|rb|jsx?|tsx?|mjs|go|rs|java|kt|cs|cpp|cc|c|h|hpp|swift|scala|php|exs?|vue|svelte|dart|lua|sql|erb|clj)\Z"
)
_DOCUMENT = re.compile(r"\.(mdx?|rst|adoc)\Z")
_CHANGELOG = re.compile(r"(?:^|/)(?:change(?:s|log)|history|news|releases?)[^/]*\Z", re.IGNORECASE)
_WHOLE_CHANGE = {"branch", "pr_body", "title"}
_WROTE = {"authored", "co-authored"}  # levels of a mark by which an agent wrote some of the change
_HALF = 0.5
_GITHUB = "noreply@github.com"  # commits what is merged by its pages or its API
_COMMITTER = "committer "  # of a bot that commits for others, counted beside what it writes
_ACCOUNT = "account "  # that may be a bot's by its name, if its changes repeat


class How(NamedTuple):
    """The answer on this axis."""

    built_with_ai: str
    confidence: str
    marked_share: float | None
    evidence: tuple[Evidence, ...]


_NEVER = datetime(9999, 1, 1)
_NO_MARK = How("none", "", 0.0, ())


class HowJudge:
    """Applies the rules of the axis *how*."""

    def __init__(self, rules: RuleSet, vocabulary: Vocabulary) -> None:
        self._reader = MarkReader(rules, vocabulary)
        self.identities = self._reader.identities
        self._bots = sorted(rules.of("how", "bot"), key=lambda rule: not rule.own)
        self._authors = rules.of("how", "author")
        self._committers = rules.of("how", "committer")
        self._accounts = rules.of("how", "account")
        self._author_days = rules.settings.author_days
        self._bot_branches = tuple(rule for rule in rules.of("how", "branch") if rule.verdict == "automation")

    def read_messages(self, changes: Iterable[ChangeFacts]) -> None:
        """Look at the messages of these changes together, which is faster than at one after the other."""
        self._reader.read_all(commit.message for change in changes for commit in _commits_of(change))

    def text_evidence(self, change: ChangeFacts) -> Iterator[Evidence]:
        """The marks in the title and the body of a change."""
        return (mark.evidence() for mark in self._reader.of_change(change))

    def learn(self, change: ChangeFacts, bots: LearnedBots) -> None:
        """Count a change of a bot that only a generic rule matches, unless it copies another change."""
        author = self._bot_of(change)
        if author is None and (committer := self._committing_bot(change)):
            bots.learn(f"{_COMMITTER}{committer}", _subject(change), texts=False, chore=False)
        if author is None and (account := self._account(change)):
            bots.learn(f"{_ACCOUNT}{account}", _subject(change), texts=False, chore=False)
        if author is None or not author.rule.generic:
            return
        subject = _subject(change)
        if _COPIED.search(subject) is None and not copied_from(change):
            texts = any(_is_text(path) for commit in _commits_of(change) for path in commit.paths)
            chore = not any(rule.match(subject) for rule in self._authors)
            bots.learn(author.matched, subject, texts=texts, chore=chore)

    def _bot_of(self, change: ChangeFacts) -> Match | None:
        """Who opened, wrote or began the change, by a look at identities alone."""
        if change.author:
            return self.identities.of_login(change.author, change.author_kind)
        first = next((item for item in change.commits if not is_merge_subject(item.message)), change.landing)
        if first is None or is_merge_subject(first.message):
            return None
        return self.identities.of(first.author_name, first.author_email)

    def _committing_bot(self, change: ChangeFacts) -> str:
        """The workflow's account that made the commit which landed, with a person as its author; empty without one."""
        landing = change.landing
        if landing is None or landing.committer_email == landing.author_email or is_merge_subject(landing.message):
            return ""
        match = self.identities.of(landing.committer_name, landing.committer_email)
        return match.matched if match is not None and match.rule.carries else ""

    def _account(self, change: ChangeFacts) -> str:
        """The author whose name may be a bot's or a team's (`acmebot`, `releases@acme.example`); empty for others."""
        landing = change.landing
        if landing is None or len(change.commits) > 1 or is_merge_subject(landing.message):
            return ""
        return landing.author_name if any(rule.match(landing.author_name) for rule in self._accounts) else ""

    def judge(self, change: ChangeFacts, bots: LearnedBots | None = None) -> How:
        """The verdict on one change from its author, commits, branch, labels and texts."""
        landing = change.landing
        commits = [item for item in change.commits if not is_merge_subject(item.message)]
        if len(commits) > 1:
            commits.sort(key=lambda item: item.committed_at or _NEVER)
        readings = list(map(self._reader.of_commit, commits))
        landed = self._reader.of_commit(landing) if landing is not None else NOTHING
        merged = landing is not None and is_merge_subject(landing.message)
        author = self._author(change, readings, NOTHING if merged else landed, bots)
        of_change, automation = split_by_verdict(self._reader.of_change(change))
        marks = [*of_change, *landed.marks]
        for reading in readings:
            marks.extend(reading.marks)
        declared = _recorded(change, author) or _automated((*automation, *_automated_work(change, readings, landed)))
        if declared is not None:
            return declared
        if author is None and not marks:
            return _used_that_day(change, counts=self._author_days) or _NO_MARK
        if author is not None and author.rule.verdict == "automation" and not _passed_on(change, marks):
            agent = _agent_of_bot(change, author, marks)
            made_by = Evidence("how", author.rule.id, f"author_{author.by}", author.matched, 1.0)
            if agent is not None:
                how = _decide(agent if author.rule.carries else None, marks, _share(readings) if readings else None)
                confidence = how.confidence if author.rule.carries else "weak"
                return how._replace(confidence=confidence, evidence=(*how.evidence, made_by))
            weak = author.rule.generic or author.rule.weak_on(None)
            return How("automation", "weak" if weak else "strong", 0.0, (made_by,))
        share = _share(readings) if readings else _share_of_landing(landing, landed.marks)
        return _decide(author, marks, share)

    def _author(
        self, change: ChangeFacts, readings: list[Reading], landed: Reading, bots: LearnedBots | None
    ) -> Match | None:
        """The agent or bot that made the change: by log-in, most of its commits, the squash's author, or its branch."""
        author = self.identities.of_login(change.author, change.author_kind) if change.author else None
        if author is None and readings:
            author = _most(readings) or _handed_on(change, readings, landed.author)
        elif author is None:
            author = landed.author
        if author is None and landed.author is None and all(item.author is None for item in readings):
            author = self._of_branch(change) or self._of_committer(change, bots) or self._of_account(change, bots)
        return author if author is None or not author.rule.generic else self._writing_bot(change, author, bots)

    def _of_committer(self, change: ChangeFacts, bots: LearnedBots | None) -> Match | None:
        """The workflow that repeats itself in the name of whoever triggered it."""
        committer = self._committing_bot(change) if bots is not None and self._committers else ""
        shown = bots.repeats(f"{_COMMITTER}{committer}") if bots is not None and committer else ""
        return Match(self._committers[0], "committer", shown.removeprefix(_COMMITTER)) if shown else None

    def _of_account(self, change: ChangeFacts, bots: LearnedBots | None) -> Match | None:
        """The account that repeats itself, and whose name may be a bot's."""
        account = self._account(change) if bots is not None and self._accounts else ""
        shown = bots.repeats(f"{_ACCOUNT}{account}") if bots is not None and account else ""
        return Match(self._accounts[0], "name", shown.removeprefix(_ACCOUNT)) if shown else None

    def _of_branch(self, change: ChangeFacts) -> Match | None:
        """The bot whose branch it is, if nobody else is known: it may push as a person, or land by a person's merge."""
        branch = branch_of(change)
        mark = next(search(self._bot_branches, "branch", branch), None) if branch else None
        return None if mark is None else Match(mark.rule, "branch", mark.matched)

    def _writing_bot(self, change: ChangeFacts, author: Match, bots: LearnedBots | None) -> Match:
        """Classify a bot that only a generic rule matches as an agent if it wrote source code, or writes like one."""
        title = change.title or (split_message(change.landing.message)[0] if change.landing is not None else "")
        if any(_SOURCE.search(path) for commit in _commits_of(change) for path in commit.paths):
            for rule in self._bots:
                if rule.match(title):
                    return Match(rule, author.by, author.matched)
        shown = bots.evidence(author.matched) if bots is not None and self._authors else ""
        return Match(self._authors[0], author.by, shown) if shown and not copied_from(change) else author


def _commits_of(change: ChangeFacts) -> tuple[CommitFacts, ...]:
    return (*change.commits, change.landing) if change.landing is not None else change.commits


def _subject(change: ChangeFacts) -> str:
    commits = (change.landing, *change.commits) if change.landing is not None else change.commits
    subjects = (split_message(item.message)[0] for item in commits)
    return change.title or next((subject for subject in subjects if not is_merge_subject(subject)), "")


def _is_text(path: str) -> bool:
    """Whether a path is of source code or of a document, changelogs aside."""
    return _SOURCE.search(path) is not None or (_DOCUMENT.search(path) is not None and not _CHANGELOG.search(path))


def _agent_of_bot(change: ChangeFacts, author: Match, marks: list[Mark]) -> Match | None:
    """The agent that wrote what a bot committed, by its mark; None where only the bot, or a reviewer, did.

    A version update is automation, whoever helped it along, unless the agent's part of it is source code.
    """
    if author.rule.own:
        return None
    wrote = [mark for mark in marks if mark.rule.level in _WROTE and not mark.weak]
    if author.rule.generic and not wrote:
        wrote = [mark for mark in marks if mark.rule.field == "line" and not mark.weak]  # nobody else was assisted
    if not author.rule.carries:
        wrote = [mark for mark in wrote if mark.field.startswith("coauthor_")]
        if not any(_SOURCE.search(path) for item in _commits_of(change) for path in item.paths):
            return None
    return Match(wrote[0].rule, wrote[0].field, wrote[0].matched) if wrote else None


def _automated(marks: tuple[Mark, ...]) -> How | None:
    """The verdict of rules by which a mark in the change itself means automation; None without such a mark."""
    return How("automation", _confidence(marks), 0.0, _evidence(marks)) if marks else None


def _automated_work(change: ChangeFacts, readings: list[Reading], landed: Reading) -> tuple[Mark, ...]:
    """The marks of automation in messages, if they speak for the change: its landing, or most of its commits."""
    marked = [mark for reading in readings for mark in reading.automation]
    if 2 * sum(bool(reading.automation) for reading in readings) > len(readings):
        return (*marked, *landed.automation)
    if not landed.automation:
        return ()
    if not readings:
        share = _share_of_landing(change.landing, landed.automation)
        return landed.automation if share is None or share > _HALF else ()
    # A squash repeats what its commits say: a few of them do not speak for all.
    repeated = {(mark.rule.id, mark.matched.strip()) for mark in marked}
    return tuple(mark for mark in landed.automation if (mark.rule.id, mark.matched.strip()) not in repeated)


def _share_of_landing(landing: CommitFacts | None, marks: tuple[Mark, ...]) -> float | None:
    """The share of marked commits in a squash, whose list of commits repeats their trailers."""
    parts = squashed_parts(split_message(landing.message)[1]) if landing is not None else []
    if not parts:
        return 1.0 if marks else 0.0
    texts = {mark.matched.strip().lower() for mark in marks if mark.field not in {"author_email", "author_name"}}
    marked = sum(any(text in part.lower() for text in texts) for part in parts)
    return marked / len(parts) if marked else None


def _most(readings: list[Reading]) -> Match | None:
    """The agent, else the bot, that wrote more than half of the commits; half are enough for a bot that began."""
    for verdict in ("ai", "automation"):
        authors = [item.author for item in readings if item.author is not None and item.author.rule.verdict == verdict]
        began = verdict == "automation" and authors[:1] == [readings[0].author]
        if 2 * len(authors) > len(readings) - began:
            return authors[0]
    return None


def _handed_on(change: ChangeFacts, readings: list[Reading], squashed: Match | None) -> Match | None:
    """The author of the squash, who opened the pull request, if one of its commits is theirs.

    Otherwise a bot landed what others wrote; but not where GitHub made the squash of a single commit: its author opened
    the request, and a workflow commits in the name of whoever triggered it.
    """
    if squashed is None:
        return None
    if any(item.author is not None and item.author.rule == squashed.rule for item in readings):
        return squashed
    landing = change.landing
    opened = landing is not None and landing.committer_email == _GITHUB and len(readings) == 1
    is_bot = squashed.rule.verdict == "automation" and (squashed.rule.generic or not squashed.rule.carries)
    return squashed if opened and is_bot and not copied_from(change) and not readings[0].marks else None


def _share(readings: list[Reading]) -> float:
    """Share of the commits, those of bots aside, that carry an AI mark."""
    counted = [item for item in readings if item.marks or not _is_automated(item)]
    return sum(bool(item.marks) for item in counted) / len(counted) if counted else 0.0


def _is_automated(item: Reading) -> bool:
    """Whether a bot wrote the commit, or a rule calls it automation."""
    return bool(item.automation) or (item.author is not None and item.author.rule.verdict == "automation")


def _passed_on(change: ChangeFacts, marks: list[Mark]) -> bool:
    """Whether a bot only passes on the change: in a backport every mark counts, else marks with `overrides_bot`."""
    if not marks:
        return False
    text = change.landing.message if change.landing is not None else ""
    copied = _COPIED.search(change.title) is not None or _COPIED.search(text[:5000]) is not None
    return copied or any(mark.rule.overrides_bot for mark in marks)


def _decide(author: Match | None, marks: list[Mark], share: float | None) -> How:
    if author is not None and author.rule.verdict == "ai":
        if not any(mark.rule.id == author.rule.id for mark in marks):
            marks.insert(0, Mark(author.rule, f"author_{author.by}", author.matched, author.rule.weak_on(None)))
        return How("agent", _confidence(marks), share if share != 0 else 1.0, _evidence(marks))
    evidence = _evidence(marks)
    # Only a branch or a session of the whole change says that an agent wrote it; and not against its commits.
    whole = any(mark.rule.level == "authored" and mark.field in _WHOLE_CHANGE for mark in marks)
    mixed = share is not None and 0 < share < _HALF
    if mixed:
        evidence = (*evidence, Evidence("how", "mixed", "commits", f"{share:.0%} of the commits are marked", 0.0))
    built = "agent" if whole and not mixed else "assisted"
    return How(built, _confidence(marks), 1.0 if whole and share == 0 else share, evidence)


def _evidence(marks: Iterable[Mark]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(mark.evidence() for mark in marks))


def _confidence(marks: Iterable[Mark]) -> str:
    return "weak" if all(mark.weak for mark in marks) else "strong"


def _used_that_day(change: ChangeFacts, *, counts: bool) -> How | None:
    """What is known of a change without a mark if its authors used AI tools on its days: at most assisted, weakly.

    Unless the team `counts` it, the change stays `none`, but weakly: strong evidence leaves it out on both sides.
    """
    if not any([item.used_that_day for item in _commits_of(change)]):  # noqa: C419 - a list is faster for these few
        return None
    commits = [item for item in change.commits if not is_merge_subject(item.message)]
    if not commits and change.landing is not None:
        commits = [change.landing]
    tools = [item.used_that_day for item in commits if item.used_that_day]
    if not tools:
        return None
    names = " ".join(dict.fromkeys(tool for used in tools for tool in used))
    evidence = Evidence(
        "how", "author-day", "record", f"{names} on the day of {len(tools)} of {len(commits)} commits", 0.5
    )
    if not counts:
        return How("none", "weak", 0.0, (evidence,))
    return How("assisted", "weak", len(tools) / len(commits), (evidence,))


def _recorded(change: ChangeFacts, author: Match | None) -> How | None:
    """The verdict from line-level attribution, which outranks every rule; None without it."""
    commits = change.commits or ((change.landing,) if change.landing is not None else ())
    recorded = [commit.attribution for commit in commits if commit.attribution is not None]
    if not recorded:
        return None
    ai_lines = sum(item.ai_lines for item in recorded)
    lines = ai_lines + sum(item.human_lines or 0 for item in recorded)
    if not lines or (not ai_lines and len(recorded) < len(commits)):
        return None
    tools = " ".join(dict.fromkeys(tool for item in recorded for tool in item.tools))
    source = "record" if recorded[0].exported else "note"
    evidence = Evidence("how", "attribution", source, f"{ai_lines} of {lines} recorded lines {tools}".strip(), 1.0)
    if not ai_lines:
        return How("none", "strong", 0.0, (evidence,))
    agent = author is not None and author.rule.verdict == "ai"
    share = None if any(item.human_lines is None for item in recorded) else ai_lines / lines
    return How("agent" if agent else "assisted", "strong", share, (evidence,))
