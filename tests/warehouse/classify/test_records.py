from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from headway.errors import UsageError
from tests.warehouse.classify.making import RULES
from warehouse.classify import Classified, Rules, RuleSettings, classify_records, facts_from_record, read_records
from warehouse.classify.rules.settings import ChangeOverride

RECORD = {
    "repo": "acme/shop",
    "sha": "1" * 40,
    "author_name": "Ada",
    "author_email": "ada@example.com",
    "committed_at": "2026-04-15T01:30:00+02:00",
    "message": "Sort\n\nCo-authored-by: Copilot <copilot@github.com>",
    "files": [{"status": "M", "path": "src/a.py", "added": 1}, {"status": "A", "path": "src/b.py"}],
    "manifest_added": ["openai>=1"],
    "imports_added": ["import os"],
}


def classified(*records: Mapping[str, Any], rules: Rules = RULES) -> list[Classified]:
    """The verdicts on records, as from a file."""
    lines = [json.dumps(record) + "\n" for record in records]
    return list(classify_records(lambda: lines, rules))


def test_record_becomes_facts() -> None:
    """A record is one commit of one repository, its time in UTC, its lines without a path."""
    repo, change = facts_from_record(RECORD)
    assert (repo, change.change_id) == ("acme/shop", f"acme/shop@{'1' * 40}")
    assert change.landing is not None
    assert change.landing.committed_at == datetime(2026, 4, 14, 23, 30)
    assert change.landing.paths == ("src/a.py", "src/b.py")
    assert change.landing.added_lines == (("", "openai>=1"), ("", "import os"))


def test_record_may_carry_a_pull_request() -> None:
    """What is known of the pull request is used where a record has it."""
    record = {
        "repo": "acme/shop",
        "sha": "2",
        "files": ["a.py"],
        "number": 7,
        "head_ref": "codex/sort",
        "labels": ["ai"],
    }
    _, change = facts_from_record(record)
    assert change.change_id == "acme/shop#7"
    verdict = classified(record)[0].verdict
    assert (verdict.built_with_ai, verdict.builds_ai) == ("agent", True)


def test_verdicts_keep_order_and_repositories_apart() -> None:
    """Records of several repositories may be mixed: each learns from its own."""
    vector = [{"repo": "a", "sha": f"a{n}", "message": "Index embeddings", "files": [f"vector/{n}"]} for n in range(4)]
    terse = [{"repo": repo, "sha": "z", "message": "Tidy", "files": ["vector/z"]} for repo in ("a", "b")]
    found = classified(terse[1], *vector, terse[0])
    assert [(item.repo, item.sha) for item in found] == [("b", "z"), *(("a", f"a{n}") for n in range(4)), ("a", "z")]
    assert [item.verdict.builds_ai for item in found] == [False, True, True, True, True, True]


def test_revert_in_records_takes_its_original() -> None:
    """Originals are found among the records, before or after."""
    original = {"repo": "a", "sha": "1" * 40, "message": "S", "author_email": "noreply@anthropic.com"}
    revert = {"repo": "a", "sha": "2" * 40, "message": f"Revert\n\nThis reverts commit {'1' * 40}."}
    assert [item.verdict.built_with_ai for item in classified(revert, original)] == ["agent", "agent"]


def test_override_by_record() -> None:
    """Overrides name a record by repository and commit."""
    rules = Rules.load(RuleSettings(overrides={"a@1": ChangeOverride(builds_ai=True)}))
    assert classified({"repo": "a", "sha": "1"}, rules=rules)[0].verdict.builds_ai


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "7",
        "null",
        "{",
        '{"repo": "a"}',
        '{"repo": "a", "sha": 7}',
        '{"repo": "a", "sha": "1", "message": 7}',
        '{"repo": "a", "sha": "1", "files": [7]}',
        '{"repo": "a", "sha": "1", "files": [{}]}',
        '{"repo": "a", "sha": "1", "files": 7}',
        '{"repo": "a", "sha": "1", "committed_at": "yesterday"}',
        '{"repo": "a", "sha": "1", "committed_at": 7}',
        '{"repo": "a", "sha": "1", "labels": [7]}',
        '{"repo": "a", "sha": "1", "imports_added": [7]}',
        '{"repo": "a", "sha": "1", "title": {"a": 1}}',
        '{"repo": "a", "sha": "1", "author_kind": "robot"}',
        "[" * 100_000,
    ],
)
def test_wrong_record_is_named_by_its_line(line: str) -> None:
    """A record that cannot be read is an error with its line."""
    with pytest.raises(UsageError, match=r"^line 3"):
        list(read_records(['{"repo": "a", "sha": "1"}\n', "\n", line]))


def test_merge_is_read_with_the_commits_that_it_brings() -> None:
    """A record of a merge has its commits, whose marks are those of the merge."""
    brought = {"sha": "b", "author_name": "Ada", "message": "Sort\n\nCo-authored-by: Claude <noreply@anthropic.com>"}
    merge = {"repo": "shop", "sha": "a", "message": "Merge pull request #7 from ada/sort", "commits": [brought]}
    (verdict,) = classify_records(lambda: [json.dumps(merge)], RULES)
    assert verdict.verdict.built_with_ai == "assisted"
    with pytest.raises(UsageError):
        list(classify_records(lambda: [json.dumps({**merge, "commits": [{"message": 7}]})], RULES))
