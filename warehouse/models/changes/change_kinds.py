"""Table `change_kinds`: whether a change is work, was made by a bot, or only makes a release."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from headway.raw_tables.table import TEXT
from headway.release_files import CHANGELOG_PATH, GENERATED_PATH, LOCK_PATH, RELEASE_PATH, SOURCE_PATH, VERSION_PATH
from headway.settings import AiSettings
from warehouse.model import Input, PythonModel, Table
from warehouse.models.changes.release_subjects import says_release

__all__ = ["CHANGE_KINDS", "change_kinds", "model"]

CHANGE_KINDS = Table(
    "change_kinds",
    "what each change is: work, the work of a bot, or a release; only work takes part in comparisons",
    "one row per change",
    ("change_id",),
    (
        ("repo_id", TEXT, "repository"),
        ("change_id", TEXT, "`<provider>:<repo>#<number>` or `<provider>:<repo>@<sha>`"),
        ("kind", TEXT, "work, bot or release"),
        ("evidence", TEXT, "what shows that it is a release, or that a setting says so; else empty"),
    ),
)
_NOT_WRITTEN = f"{VERSION_PATH}|{GENERATED_PATH}"
_SOURCE, _NO_SOURCE = re.compile(SOURCE_PATH), re.compile(_NOT_WRITTEN)
_CHANGESET = re.compile(r"(?:^|/)\.changesets?/[^/]+\.md$")
_CHANGELOG, _NOTE = re.compile(CHANGELOG_PATH), re.compile(f"{CHANGELOG_PATH}|{LOCK_PATH}")
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


class _Moved(NamedTuple):
    path: str
    what: str
    package: str
    old: str
    new: str


class _Verdict(NamedTuple):
    """Of one commit. `fits`: nothing in it is more than a release; `evidence`: what shows the release, if anything."""

    fits: bool
    evidence: str = ""


_WORK = _Verdict(fits=False)


@dataclass(frozen=True)
class _Repository:
    """What is known of the commits of one repository."""

    changed: frozenset[str]
    """Commits with known paths."""
    beyond: frozenset[str]
    """Those of them that touch a path that is not one of a release."""
    source: frozenset[str]
    """Those that touch source code, version files aside."""
    paths: Mapping[str, list[tuple[str, str]]]
    """Status and path of what the others changed."""
    moved: Mapping[str, list[_Moved]]
    """What moved in the commits whose lines are known."""
    packages: frozenset[str]
    """Names of the repository's own packages."""
    tagged: frozenset[str]

    def verdict(self, sha: str, subjects: Iterable[str]) -> _Verdict:
        """Whether a commit makes a release and nothing else, by its paths and lines, or by those and its subjects."""
        subjects = tuple(subjects)
        said = any(map(says_release, subjects))
        lines = [] if self._only_notes(sha) else self.moved.get(sha)
        if lines is not None:
            verdict = self._by_lines(sha, lines, subjects, said=said)
        elif sha in self.beyond or not said:
            verdict = _WORK
        elif sha in self.changed:
            verdict = _Verdict(fits=True, evidence="its paths and its subject")
        else:  # It changed no file, or no source knows which.
            verdict = _Verdict(fits=True, evidence="its subject")
        if (
            not verdict.evidence
            and sha in self.tagged
            and any(says_release(subject, package=True) for subject in subjects)
            and not self._source_changed(sha, lines)
        ):
            return _Verdict(fits=True, evidence="its tag and its subject")
        return verdict

    def _by_lines(self, sha: str, lines: list[_Moved], subjects: tuple[str, ...], *, said: bool) -> _Verdict:
        own = [line for line in lines if line.what == "own_version" or line.package in self.packages]
        steps = {(_plain(line.old), _plain(line.new)) for line in own}
        for line in lines:
            step = (_plain(line.old), _plain(line.new))
            named = said and not own and any(line.new and line.new in subject for subject in subjects)
            if (
                line.what == "other"
                or (line.what == "dependency" and line not in own and step not in steps)
                or (line.what == "number" and not named and not _follows(step, steps))
            ):
                return _WORK
        evidence = ""
        if own:
            evidence = _step_text(own)
        elif any(line.what == "number" for line in lines):
            evidence = "the version that its subject names"
        elif self._consumed(sha):
            evidence = "its changesets went into a changelog"
        elif any(says_release(subject, changelog=True) for subject in subjects):
            evidence = "its changelog and its subject"
        return _Verdict(fits=True, evidence=evidence)

    def _only_notes(self, sha: str) -> bool:
        """Whether nothing but changelogs, changesets and locks changed: then no line needs to be known."""
        return bool(self.paths.get(sha)) and all(_NOTE.search(path) for _, path in self.paths[sha])

    def _consumed(self, sha: str) -> bool:
        """Whether changesets were deleted, and a changelog outside their folder written."""
        paths = self.paths.get(sha, ())
        return any(status == "D" and _CHANGESET.search(path) for status, path in paths) and any(
            status != "D" and _CHANGELOG.search(path) and ".changeset" not in path for status, path in paths
        )

    def _source_changed(self, sha: str, lines: list[_Moved] | None) -> bool:
        """Whether source code changed in more than a version."""
        if lines is None:
            return sha in self.source
        return any(
            line.what == "other" and _SOURCE.search(line.path) and not _NO_SOURCE.search(line.path) for line in lines
        )


def model(ai: AiSettings) -> PythonModel:
    """The model under the team's overrides."""
    overrides = {override.change: override.kind for override in ai.overrides if override.kind}
    return PythonModel(
        "change_kinds",
        (
            Input("changes", ("repo_id", "change_id", "change_key", "title", "sha", "landed_by"), ("change_key",)),
            Input("classification", ("change_id", "built_with_ai"), ("change_id",)),
            Input("change_commits", ("change_key", "sha"), ("change_key", "sha")),
            Input("commits", ("sha", "parents", "message"), ("sha",)),
            Input("commit_files", ("sha", "status", "path"), ("sha", "path")),
            Input("version_changes", ("sha", "path", "what", "package", "old_version", "new_version"), ("sha", "path")),
            Input("refs", ("kind", "sha"), ("sha",)),
        ),
        (CHANGE_KINDS,),
        partial(change_kinds, overrides=overrides),
    )


def change_kinds(tables: Mapping[str, pa.Table], overrides: Mapping[str, str]) -> pa.Table:
    """From the changes of one repository, their commits, paths and moved versions: one row per change, its kind."""
    changes = tables["changes"].to_pylist()
    bots = {
        change_id
        for change_id, how in _rows(tables["classification"], "change_id", "built_with_ai")
        if how == "automation"
    }
    own: dict[str, list[str]] = {}
    for key, sha in _rows(tables["change_commits"], "change_key", "sha"):
        own.setdefault(key, []).append(sha)
    merges = set(tables["commits"]["sha"].filter(pc.match_substring(tables["commits"]["parents"], " ")).to_pylist())
    landed = {change["sha"] for change in changes if change["sha"]}
    landed.update(sha for change in changes if change["sha"] for sha in own.get(change["change_key"], ()))
    repository = _repository(tables, landed)
    subjects = _subjects(tables["commits"])
    rows = []
    for change in changes:
        if kind := overrides.get(change["change_id"]):
            evidence = "the team's own answer"
        elif change["change_id"] in bots:
            kind, evidence = "bot", ""
        else:
            shas = _commits_of(change, own.get(change["change_key"], []), merges)
            evidence = _release_evidence(change, shas, subjects, repository)
            kind = "release" if evidence else "work"
        rows.append(
            {"repo_id": change["repo_id"], "change_id": change["change_id"], "kind": kind, "evidence": evidence}
        )
    return CHANGE_KINDS.of(rows)


def _commits_of(change: Mapping[str, Any], own: list[str], merges: set[str]) -> list[str]:
    """What the change consists of: a squash's landing commit is all of it; of others their own commits."""
    landing = [change["sha"]] if change["sha"] else []
    chosen = landing if change["landed_by"] in {"squash", "direct"} else own or landing
    return [sha for sha in chosen if sha not in merges]


def _release_evidence(
    change: Mapping[str, Any], shas: list[str], subjects: Mapping[str, str], repository: _Repository
) -> str:
    """What shows that all of the change only makes a release; empty where something does not, or nothing shows it."""
    title = [change["title"]] if change["title"] and len(shas) == 1 else []
    evidence = ""
    for sha in shas:
        verdict = repository.verdict(sha, [*([subjects[sha]] if sha in subjects else []), *title])
        if not verdict.fits:
            return ""
        evidence = evidence or verdict.evidence
    return evidence


def _repository(tables: Mapping[str, pa.Table], landed: Iterable[str]) -> _Repository:
    """What the tables hold of the commits; packages are those of `landed` ones: branches may hold other histories."""
    files = tables["commit_files"]
    release = pc.match_substring_regex(files["path"], RELEASE_PATH)
    beyond = frozenset(pc.unique(files["sha"].filter(pc.invert(release))).to_pylist())
    source = pc.and_not(
        pc.match_substring_regex(files["path"], SOURCE_PATH), pc.match_substring_regex(files["path"], _NOT_WRITTEN)
    )
    changed = pc.unique(files["sha"])
    within = files.filter(pc.invert(pc.is_in(files["sha"], pa.array(sorted(beyond), pa.string()))))
    paths: dict[str, list[tuple[str, str]]] = {}
    for sha, status, path in _rows(within, "sha", "status", "path"):
        paths.setdefault(sha, []).append((status, path))
    moved: dict[str, list[_Moved]] = {}
    for sha, *values in _rows(
        tables["version_changes"], "sha", "path", "what", "package", "old_version", "new_version"
    ):
        moved.setdefault(sha, []).append(_Moved(*(value or "" for value in values)))
    packages = {
        line.package for sha in landed for line in moved.get(sha, ()) if line.what == "own_version" and line.package
    }
    refs = tables["refs"]
    return _Repository(
        frozenset(changed.to_pylist()),
        beyond,
        frozenset(pc.unique(files["sha"].filter(source)).to_pylist()),
        paths,
        moved,
        frozenset(packages),
        frozenset(sha for kind, sha in _rows(refs, "kind", "sha") if kind == "tag" and sha),
    )


def _subjects(commits: pa.Table) -> dict[str, str]:
    return {sha: message.partition("\n")[0].strip() for sha, message in _rows(commits, "sha", "message")}


def _rows(table: pa.Table, *names: str) -> zip[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def _plain(version: str) -> str:
    """The numbers of a version: without the letter before them, and what marks development or a candidate."""
    numbers = _NUMBERS.search(version)
    return numbers[0] if numbers else version


def _follows(step: tuple[str, str], steps: set[tuple[str, str]]) -> bool:
    """Whether a number moved to a released version or to its first parts; to the first part alone from the first."""
    return any(
        f"{own[1]}.".startswith(f"{step[1]}.") and ("." in step[1] or f"{own[0]}.".startswith(f"{step[0]}."))
        for own in steps
    )


def _step_text(own: list[_Moved]) -> str:
    line = own[0]
    return f"version {line.old} to {line.new}" + (f" of {line.package}" if line.package else "")
