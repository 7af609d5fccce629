"""Is it AI work? Two questions, answered from rules that are data, each answer with its reasons."""

from warehouse.classify.engine import Repository, Rules, classify_commit, classify_repository
from warehouse.classify.facts import ChangeFacts, CommitFacts, Evidence, LineAttribution, Verdict
from warehouse.classify.records import Classified, classify_records, facts_from_record, read_records
from warehouse.classify.rules.packages import named_packages
from warehouse.classify.rules.settings import ChangeOverride, RuleSettings
from warehouse.classify.score import ClassScore, Label, read_labels, score, score_by_repository
from warehouse.classify.signs.bots import Author, UnknownBot, unknown_bots

__all__ = [
    "Author",
    "ChangeFacts",
    "ChangeOverride",
    "ClassScore",
    "Classified",
    "CommitFacts",
    "Evidence",
    "Label",
    "LineAttribution",
    "Repository",
    "RuleSettings",
    "Rules",
    "UnknownBot",
    "Verdict",
    "classify_commit",
    "classify_records",
    "classify_repository",
    "facts_from_record",
    "named_packages",
    "read_labels",
    "read_records",
    "score",
    "score_by_repository",
    "unknown_bots",
]
