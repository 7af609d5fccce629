"""Changes given as records: one JSON object a line, one commit each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from headway.errors import UsageError
from warehouse.classify.engine import Repository, Rules
from warehouse.classify.facts import ChangeFacts, CommitFacts, Verdict

__all__ = ["Classified", "classify_records", "facts_from_record", "read_records"]


_DECODER = json.JSONDecoder()
_TEXTS = ("sha", "author_name", "author_email", "committer_name", "committer_email", "message")


class Classified(NamedTuple):
    """One record's repository, commit and verdict."""

    repo: str
    sha: str
    verdict: Verdict


def facts_from_record(record: Mapping[str, Any]) -> tuple[str, ChangeFacts]:
    """Repository and facts of one record.

    Read are `repo`, `sha`, `author_name`, `author_email`, `committer_name`, `committer_email`, `committed_at` (ISO
    8601), `message`, `commits` (objects of these fields: what a merge brings), `files` (objects with `path`, or paths),
    `manifest_added` and `imports_added` (lines); and where given `title`, `body`, `author`, `author_kind`, `head_ref`,
    `labels`, `number`. Only `repo` and `sha` must be there.
    Raises `UsageError` for a record of another shape.
    """
    try:
        repo, sha = record["repo"], record["sha"]
        paths = [item["path"] if isinstance(item, dict) else item for item in record.get("files") or ()]
        lines = [("", line) for key in ("manifest_added", "imports_added") for line in record.get(key) or ()]
        commit = CommitFacts(
            sha,
            record.get("author_name") or "",
            record.get("author_email") or "",
            record.get("committer_name") or "",
            record.get("committer_email") or "",
            _instant(record.get("committed_at")),
            record.get("message") or "",
            tuple(paths),
            tuple(lines),
        )
        number = record.get("number")
        change = ChangeFacts(
            f"{repo}#{number}" if number else f"{repo}@{sha}",
            record.get("title") or "",
            record.get("body") or "",
            record.get("author") or "",
            record.get("author_kind"),
            record.get("head_ref") or "",
            tuple(record.get("labels") or ()),
            tuple(_brought(item) for item in record.get("commits") or ()),
            commit,
        )
    except KeyError as error:
        raise UsageError(f"a record has no {error}", hint="each record needs at least repo and sha") from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"a record has an invalid form: {error!r}", hint="each record needs at least repo and sha"
        ) from error
    values = (repo, *commit[:5], commit.message, *paths, *change.labels, *change[1:4], change.head_ref)
    texts = {*map(type, values), *[type(line) for _, line in lines]}
    if texts != {str} or change.author_kind not in {"person", "bot", None}:
        raise UsageError("a record has a value that is not text", hint="see docs/ai_rules.md")
    return repo, change


def _brought(item: Mapping[str, Any]) -> CommitFacts:
    """A commit that a merge brings, without its files, which are those of the merge."""
    texts = [item.get(name) or "" for name in _TEXTS]
    if {*map(type, texts)} != {str}:
        raise ValueError("a commit has a value that is not text")
    sha, author, author_email, committer, committer_email, message = texts
    at = _instant(item.get("committed_at"))
    return CommitFacts(sha, author, author_email, committer, committer_email, at, message)


def _parsed(line: str) -> Any:
    record, end = _DECODER.raw_decode(line)
    if end != len(line):
        raise ValueError(f"more follows after character {end}")
    return record


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)


def read_records(lines: Iterable[str]) -> Iterator[tuple[str, ChangeFacts]]:
    """Repository and facts of each line; empty lines are skipped. Raises `UsageError` with the line's number."""
    for number, line in enumerate(lines, 1):
        if line.isspace() or not line:
            continue
        try:
            yield facts_from_record(_parsed(line.strip()))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"line {number} is not JSON: {error}", hint="write one object a line") from error
        except UsageError as error:
            raise UsageError(f"line {number}: {error}", hint=error.hint) from error


def classify_records(open_lines: Callable[[], Iterable[str]], rules: Rules) -> Iterator[Classified]:
    """The verdict on every record, in order.

    `open_lines` is called two or three times, and each time returns the lines from the first on. Memory is proportional
    to the directories of the repositories, not to the records.
    """
    repositories: dict[str, Repository] = {}
    for repo, change in read_records(open_lines()):
        repository = repositories.get(repo)
        if repository is None:
            repository = repositories[repo] = Repository(rules)
        repository.learn(change)
    if any(repository.has_copies for repository in repositories.values()):
        for repo, change in read_records(open_lines()):
            repositories[repo].remember(change)
    for repo, change in read_records(open_lines()):
        sha = change.landing.sha if change.landing is not None else ""
        yield Classified(repo, sha, repositories[repo].verdict(change))
