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
from headway.releases.files import (
    CHANGELOG_PATH,
    COPIED_PATH,
    DOCUMENT_PATH,
    LOCK_PATH,
    PACKAGE_PATH,
    PINS_PATH,
    RELEASE_PATH,
    SOURCE_PATH,
    TAGGED_PATH,
)
from headway.releases.subjects import says_release, versions_in
from headway.settings import AiSettings
from warehouse.model import Input, PythonModel, Table
from warehouse.models.changes.kinds.own_names import OwnNames
from warehouse.models.rows import having, records, rows

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
_CHANGESET = re.compile(r"(?:^|/)\.changesets?/[^/]+\.md$")
_CHANGELOG, _NOTE = re.compile(CHANGELOG_PATH), re.compile(f"{CHANGELOG_PATH}|{LOCK_PATH}")
_TAGGED, _COPIED, _PINS = re.compile(TAGGED_PATH), re.compile(COPIED_PATH), re.compile(PINS_PATH)
_DOCUMENT, _SOURCE = re.compile(DOCUMENT_PATH), re.compile(SOURCE_PATH)
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
_VERSION_PARTS = 3


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
    beyond_tagged: frozenset[str]
    """Those that touch a path with a meaning of its own: not even a tag and a subject make them releases."""
    paths: Mapping[str, list[tuple[str, str]]]
    """Status and path of what the others changed."""
    moved: Mapping[str, list[_Moved]]
    """What moved in the commits whose lines are known."""
    packages: frozenset[str]
    """Names of the repository's own packages."""
    names: OwnNames
    tagged: frozenset[str]

    def verdict(self, sha: str, subjects: Iterable[str]) -> _Verdict:
        """Whether a commit makes a release and nothing else, by its paths and lines, or by those and its subjects."""
        lines = [] if self._only_notes(sha) else self.moved.get(sha)
        if lines is None and sha in self.beyond and sha not in self.tagged:
            return _WORK
        subjects = tuple(dict.fromkeys(subjects))
        said = any(map(says_release, subjects))
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
            and self._fits_tag(sha, lines, subjects)
        ):
            return _Verdict(fits=True, evidence="its tag and its subject")
        return verdict

    def _by_lines(self, sha: str, lines: list[_Moved], subjects: tuple[str, ...], *, said: bool) -> _Verdict:
        own_lines = self._own(lines)
        steps = {(_plain(line.old), _plain(line.new)) for line in own_lines}
        versions = {version for subject in subjects if said for version in versions_in(subject)}
        if not all(self._moves_with(line, own_lines, steps, versions) for line in lines):
            return _WORK
        evidence = ""
        if own_lines:
            evidence = _step_text(own_lines)
        elif any(line.what == "number" for line in lines):
            evidence = "the version that its subject names"
        elif self._consumed(sha):
            evidence = "its changesets went into a changelog"
        elif any(says_release(subject, changelog=True) for subject in subjects):
            evidence = "its changelog and its subject"
        return _Verdict(fits=True, evidence=evidence)

    def _own(self, lines: list[_Moved]) -> list[_Moved]:
        """The lines in which a version of the repository's own packages moved."""
        return [
            line
            for line in lines
            if not _COPIED.search(line.path)
            and (line.what == "own_version" or (line.what == "dependency" and line.package in self.packages))
        ]

    def _moves_with(
        self, line: _Moved, own_lines: list[_Moved], steps: set[tuple[str, str]], versions: set[str]
    ) -> bool:
        """Whether a line belongs to the release whose versions moved by `steps`, or that the subject names."""
        if line in own_lines or line.what == "nothing":
            return True
        step = (_plain(line.old), _plain(line.new))
        if line.what == "dependency":  # A third party's may have the very same number.
            return (
                step in steps
                and not _COPIED.search(line.path)
                and (not line.package or self.names.package(line.package))
            )
        return (
            line.what == "number"
            and not _COPIED.search(line.path)
            and self._own_number(line, exact=step in steps)
            and (
                _follows(step, steps, late=bool(_DOCUMENT.search(line.path))) or (not own_lines and step[1] in versions)
            )
        )

    def _own_number(self, line: _Moved, *, exact: bool) -> bool:
        """Whether a number outside manifests may be the own version, by where it is and what it is called."""
        if _PINS.search(line.path):
            return bool(line.package) and self.names.package(line.package)
        if _DOCUMENT.search(line.path):
            return True
        if _SOURCE.search(line.path) and exact and line.new.count(".") + 1 >= _VERSION_PARTS:
            return True
        return self.names.key(line.package)

    def _fits_tag(self, sha: str, lines: list[_Moved] | None, subjects: tuple[str, ...]) -> bool:
        """Whether nothing in a tagged commit that is named for a version is more than its release."""
        if lines is None:
            return sha not in self.beyond_tagged
        own_lines = self._own(lines)
        steps = {(_plain(line.old), _plain(line.new)) for line in own_lines}
        versions = {version for subject in subjects for version in versions_in(subject)}
        return all(
            self._moves_with(line, own_lines, steps, versions)
            or (line.what != "dependency" and bool(_TAGGED.search(line.path)) and not _COPIED.search(line.path))
            for line in lines
        )

    def _only_notes(self, sha: str) -> bool:
        """Whether nothing but changelogs, changesets and locks changed: then no line needs to be known."""
        return bool(self.paths.get(sha)) and all(_NOTE.search(path) for _, path in self.paths[sha])

    def _consumed(self, sha: str) -> bool:
        """Whether changesets were deleted, and a changelog outside their folder written."""
        paths = self.paths.get(sha, ())
        return any(status == "D" and _CHANGESET.search(path) for status, path in paths) and any(
            status != "D" and _CHANGELOG.search(path) and ".changeset" not in path for status, path in paths
        )


_VERSION_COLUMNS = ("sha", "path", "what", "package", "old_version", "new_version")


def model(ai: AiSettings) -> PythonModel:
    """The model under the team's overrides."""
    overrides = {override.change: override.kind for override in ai.overrides if override.kind}
    return PythonModel(
        "change_kinds",
        (
            Input("changes", ("repo_id", "change_id", "change_key", "title", "sha", "landed_by"), ("change_key",)),
            Input("classification", ("change_id", "built_with_ai"), ("change_id",)),
            Input("change_commits", ("change_key", "sha"), ("change_key", "sha")),
            Input("commits", ("sha", "parents", "message")),
            Input("commit_files", ("sha", "status", "path")),
            Input("version_changes", _VERSION_COLUMNS, _VERSION_COLUMNS),
            Input("tags", ("sha",), ("sha",)),
            Input("late_commits", ("sha",), ("sha",)),
        ),
        (CHANGE_KINDS,),
        partial(change_kinds, overrides=overrides),
    )


def change_kinds(tables: Mapping[str, pa.Table], overrides: Mapping[str, str]) -> pa.Table:
    """From the changes of one repository, their commits, paths and moved versions: one row per change, its kind.

    Commits and tags that came after the time of the report count for nothing.
    """
    changes = records(tables["changes"])
    tables = {**tables, "commits": _until(tables["commits"], tables["late_commits"])}
    known = set(tables["commits"]["sha"].to_pylist())
    bots = {
        change_id
        for change_id, how in rows(tables["classification"], "change_id", "built_with_ai")
        if how == "automation"
    }
    own_commits: dict[str, list[str]] = {}
    listed = having(tables["change_commits"], "change_key", tables["changes"]["change_key"])
    for key, sha in rows(listed, "change_key", "sha"):
        if sha in known:
            own_commits.setdefault(key, []).append(sha)
    merges = set(tables["commits"]["sha"].filter(pc.match_substring(tables["commits"]["parents"], " ")).to_pylist())
    landed = {change["sha"] for change in changes if change["sha"]}
    landed.update(sha for change in changes if change["sha"] for sha in own_commits.get(change["change_key"], ()))
    repository = _repository(tables, landed, changes[0]["repo_id"] if changes else "")
    messages = dict(rows(tables["commits"], "sha", "message"))
    kinds = []
    for change in changes:
        if kind := overrides.get(change["change_id"]):
            evidence = "the team's own answer"
        elif change["change_id"] in bots:
            kind, evidence = "bot", ""
        else:
            shas = _commits_of(change, own_commits.get(change["change_key"], []), merges)
            evidence = _release_evidence(change, shas, messages, repository)
            kind = "release" if evidence else "work"
        kinds.append(
            {"repo_id": change["repo_id"], "change_id": change["change_id"], "kind": kind, "evidence": evidence}
        )
    return CHANGE_KINDS.of(kinds)


def _commits_of(change: Mapping[str, Any], own_commits: list[str], merges: set[str]) -> list[str]:
    """What the change consists of: a squash's landing commit is all of it; of others their own commits."""
    landing = [change["sha"]] if change["sha"] else []
    chosen = landing if change["landed_by"] in {"squash", "direct"} else own_commits or landing
    return [sha for sha in chosen if sha not in merges]


def _release_evidence(
    change: Mapping[str, Any], shas: list[str], messages: Mapping[str, str], repository: _Repository
) -> str:
    """What shows that all of the change only makes a release; empty where something does not, or nothing shows it."""
    title = [change["title"]] if change["title"] and len(shas) == 1 else []
    evidence = ""
    for sha in shas:
        subject = [messages[sha].partition("\n")[0].strip()] if sha in messages else []
        verdict = repository.verdict(sha, [*subject, *title])
        if not verdict.fits:
            return ""
        evidence = evidence or verdict.evidence
    return evidence


def _until(commits: pa.Table, late: pa.Table) -> pa.Table:
    """The commits that were there by the time of the report."""
    return commits.filter(pc.invert(pc.is_in(commits["sha"], late["sha"].combine_chunks())))


def _repository(tables: Mapping[str, pa.Table], landed: set[str], repo_id: str) -> _Repository:
    """What the tables hold of the commits; packages are those of `landed` ones: branches may hold other histories."""
    files = tables["commit_files"]
    different = files["path"].combine_chunks().dictionary_encode()

    def matching(pattern: str) -> pa.BooleanArray:
        return pc.match_substring_regex(different.dictionary, pattern).take(different.indices)

    copied = matching(COPIED_PATH)

    def beyond(pattern: str) -> frozenset[str]:
        inside = pc.and_not(matching(pattern), copied)
        return frozenset(pc.unique(files["sha"].filter(pc.invert(inside))).to_pylist())

    beyond_release = beyond(RELEASE_PATH)
    within = files.filter(pc.invert(pc.is_in(files["sha"], pa.array(sorted(beyond_release), pa.string()))))
    paths: dict[str, list[tuple[str, str]]] = {}
    for sha, status, path in rows(within, "sha", "status", "path"):
        paths.setdefault(sha, []).append((status, path))
    moved: dict[str, list[_Moved]] = {}
    for sha, *values in rows(tables["version_changes"], *_VERSION_COLUMNS):
        moved.setdefault(sha, []).append(_Moved(*(value or "" for value in values)))
    packages = {
        line.package
        for sha in landed
        for line in moved.get(sha, ())
        if line.what == "own_version" and line.package and not _COPIED.search(line.path)
    }
    manifests = files.filter(matching(PACKAGE_PATH))
    folders = {path for sha, path in rows(manifests, "sha", "path") if sha in landed}
    return _Repository(
        changed=frozenset(pc.unique(files["sha"]).to_pylist()),
        beyond=beyond_release,
        beyond_tagged=beyond(TAGGED_PATH),
        paths=paths,
        moved=moved,
        packages=frozenset(packages),
        names=OwnNames(repo_id.partition(":")[2], packages, folders),
        tagged=frozenset(tables["tags"]["sha"].to_pylist()),
    )


def _plain(version: str) -> str:
    """The numbers of a version: without the letter before them, and what marks development or a candidate."""
    numbers = _NUMBERS.search(version)
    return numbers[0] if numbers else version


def _follows(step: tuple[str, str], steps: set[tuple[str, str]], *, late: bool) -> bool:
    """Whether a number moved as a released version did, or as the first parts of both.

    A `late` one may have been left behind by earlier releases. The first part alone must come from the first part.
    """
    return any(
        f"{moved[1]}.".startswith(f"{step[1]}.")
        and (f"{moved[0]}.".startswith(f"{step[0]}.") or (late and "." in step[1]))
        for moved in steps
    )


def _step_text(own_lines: list[_Moved]) -> str:
    line = own_lines[0]
    return f"version {line.old} to {line.new}" + (f" of {line.package}" if line.package else "")
