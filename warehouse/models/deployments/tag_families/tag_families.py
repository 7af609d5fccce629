"""Tables `tag_families`, `release_tags` and `tag_notices`: which tags are releases, and what was ignored and why."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.notices import NOTICES
from headway.raw_tables.table import BOOL, INT, TEXT, TIME
from warehouse.model import Input, PythonModel, Table
from warehouse.models.deployments.tag_families.apart import apart_from
from warehouse.models.deployments.tag_families.families import Family, Learned, learn
from warehouse.models.deployments.tag_families.moved import moved_tags, short_names
from warehouse.models.deployments.tag_families.readings import Placed, placed_tags
from warehouse.models.rows import records, rows

__all__ = ["APART", "MODEL", "NOTICE_KINDS", "RELEASE_TAGS", "TAG_FAMILIES", "TAG_NOTICES", "tag_families"]

APART = "shares no history with the default branch"
"""What `problem` says of a tag whose commit goes back to no commit of the default branch."""

TAG_FAMILIES = Table(
    "tag_families",
    "tags that look like versions, by form: which of them are taken for releases, and why the others are not",
    "one row per repository and family of tags",
    ("repo_id", "family"),
    (
        ("repo_id", TEXT, "repository"),
        ("family", TEXT, "the text before the version, `*` (`N`: a number, `YYYYMMDD`: a day), and what follows it"),
        ("component", TEXT, "the part of the repository that the text names, empty: the whole"),
        ("service", TEXT, "the service that it deploys, empty: every service; null: the one that its component names"),
        ("form", TEXT, "semver, calendar, version, date, build or other (no version is in their names)"),
        ("tags", INT, "its releases as of the report"),
        ("prereleases", INT, "its pre-releases, and builds of every day"),
        ("first_at", TIME, "the first release, UTC; null where none has a date"),
        ("last_at", TIME, "the last release, UTC; likewise"),
        ("taken", BOOL, "its releases are deployments"),
        ("why", TEXT, "why it is taken or not, one sentence"),
        ("setting", TEXT, "the setting that takes it alone for deployments, empty where it has no releases"),
        ("pattern", TEXT, "pattern of its releases, empty where it has none"),
    ),
)
RELEASE_TAGS = Table(
    "release_tags",
    "tags and what they are: one that was moved has a row for each commit that a reading found it at",
    "one row per repository, tag and commit that it led to",
    ("repo_id", "deployment_id"),
    (
        ("repo_id", TEXT, "repository"),
        ("deployment_id", TEXT, "the deployment that it shows, if it is one"),
        ("tag", TEXT, "tag name"),
        ("sha", TEXT, "the commit, null where `problem` says why"),
        ("released_at", TIME, "since when it led there, UTC; null where nothing dates it"),
        (
            "dated_by",
            TEXT,
            "what the time is: tagger, commit (lightweight: or later), reading (it moved, found then: or earlier)",
        ),
        ("family", TEXT, "its family in `tag_families`; null for pre-releases, names that move on and other tags"),
        ("component", TEXT, "the part of the repository that it names, empty: the whole"),
        ("release", BOOL, "it is a release, by what its family shows"),
        ("part", BOOL, "it is one of a component while there are releases of the whole repository"),
        (
            "among_parts",
            BOOL,
            "it is one of a component; others in use were not released with it, nor the whole",
        ),
        ("problem", TEXT, "why there is no commit, empty where there is one"),
        ("evidence", TEXT, "what kind of tag it is"),
    ),
)
TAG_NOTICES = Table(
    "tag_notices",
    "what is doubtful about the tags from which deployments are read",
    "one row per repository and kind",
    ("repo_id", "kind"),
    (
        ("repo_id", TEXT, "repository"),
        ("kind", TEXT, "kind of notice"),
        ("detail", TEXT, "one sentence"),
        ("count", INT, "how many tags"),
    ),
)
NOTICE_KINDS = ("tags_moved", "tags_apart", "tags_ignored")
_SHOWN = 5


def tag_families(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """From `tag_readings`, `commits`, `refs`, settings and report time of one repository: its tags as of the report."""
    settings = records(tables["repository_settings"])[0]
    commits = tables["commits"]
    as_of = next((row["as_of"] for row in records(tables["report_times"]) if row["as_of"]), None)
    committed_at = dict(rows(commits, "sha", "committed_at"))
    places = records(tables["tag_readings"])
    moved = len({row["name"] for row in places}) < len(places)
    read_at = dict(rows(commits, "sha", "collected_at")) if moved else {}
    placed = [
        tag
        for tag in placed_tags(places, committed_at, read_at)
        if as_of is None or tag.reading.at is None or tag.reading.at <= as_of
    ]
    readings = [tag.reading for tag in placed]
    newest = max((reading.at for reading in readings if reading.at), default=datetime.min)  # noqa: DTZ901
    tips = {row["name"]: row["sha"] for row in records(tables["refs"]) if row["kind"] == "branch"}
    in_clone = [tag.reading.sha for tag in placed if tag.in_clone and tag.reading.sha]
    apart = apart_from(commits, tips.get(settings["default_branch"]), in_clone) if in_clone else set()
    undated = {tag.reading for tag in placed if tag.dated_by == "commit"}
    learned = learn(readings, settings["repo"].rpartition("/")[2], as_of or newest, apart, undated)
    short = {id(family): short_names(family) for family in learned.families}
    tags = [_tag_row(settings["repo_id"], tag, learned, apart, short) for tag in placed]
    patterns = [rule["tags"] for rule in records(tables["deployment_rules"]) if rule["source"] == "tags"]
    names = {reading.name for reading in readings}
    families = [_family_row(settings, patterns, family, names) for family in learned.families]
    notices = _notices(patterns, placed, learned, tags) if patterns else []
    return {
        TAG_FAMILIES.name: TAG_FAMILIES.of(families),
        RELEASE_TAGS.name: RELEASE_TAGS.of(tags),
        TAG_NOTICES.name: TAG_NOTICES.of(
            [{"repo_id": settings["repo_id"], "kind": kind, **notice} for kind, notice in notices]
        ),
    }


def _tag_row(
    repo_id: str, tag: Placed, learned: Learned, apart: set[str], short: Mapping[int, Collection[str]]
) -> dict[str, Any]:
    reading = tag.reading
    family = learned.placed.get(reading)
    problem = "" if tag.in_clone else "it names no commit of the clone"
    if reading.sha in apart:
        problem = f"its commit {reading.sha[:12]} {APART}"
    evidence = f"{'annotated' if tag.written_at else 'lightweight'} tag {reading.name}"
    if tag.dated_by == "commit":
        evidence += ", dated by its commit: set then or later"
    if family and not tag.moved_from and reading.name in short[id(family)]:
        evidence += ", a short name: if it moved before it was first read, dated by the last move"
    if tag.moved_from:
        evidence += f", moved here from {tag.moved_from[:12]}"
    if tag.dated_by == "reading":
        evidence += ", dated by the reading that found it there"
    return {
        "repo_id": repo_id,
        "deployment_id": tag.deployment_id,
        "tag": reading.name,
        "sha": None if problem else reading.sha,
        "released_at": reading.at,
        "dated_by": tag.dated_by,
        "family": family.text if family else None,
        "component": family.component if family else learned.component(reading.name),
        "release": bool(family and family.taken),
        "part": bool(family and family.taken and learned.is_part(reading)),
        "among_parts": reading in learned.among_parts,
        "problem": problem,
        "evidence": evidence,
    }


def _family_row(
    settings: Mapping[str, Any], patterns: Sequence[str], family: Family, names: Collection[str]
) -> dict[str, Any]:
    pattern = _exact(family, names) if family.releases else ""
    taken, why = _taken(patterns, family) if patterns else (False, f"deployments are from {settings['deployed_from']}")
    rule = {"repo": settings["repo"], "from": "tags", "tags": pattern}
    pairs = ", ".join(f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in rule.items())
    return {
        "repo_id": settings["repo_id"],
        "family": family.text,
        "component": family.component,
        "service": None if family.component else "",
        "form": family.form,
        "tags": len(family.numbers),
        "prereleases": family.prereleases,
        "first_at": family.times[0] if family.times else None,
        "last_at": family.times[-1] if family.times else None,
        "taken": taken,
        "why": why,
        "setting": f"[[deployments]] {pairs}" if family.releases else "",
        "pattern": pattern,
    }


def _exact(family: Family, names: Collection[str]) -> str:
    """The pattern of a family without tags that have its form and are none of it, such as names that move on."""
    pattern = family.pattern
    others = sorted(name for name in names if name not in family.numbers and re.search(pattern, name))
    return f"^(?!(?:{'|'.join(map(re.escape, others))})$){pattern[1:]}" if others else pattern


def _taken(patterns: Sequence[str], family: Family) -> tuple[bool, str]:
    """Whether the releases of a family are deployments by these patterns (empty: what is learned), and why."""
    matched = sum(any(pattern and re.search(pattern, name) for pattern in patterns) for name in family.numbers)
    if matched or "" not in patterns:
        return bool(matched), f"the setting `tags` matches {matched} of {len(family.numbers)}"
    if not family.taken:
        return False, family.why
    names = sorted(short_names(family))
    short = f"; if {_listed(names)} moved before the first reading, the date is that of the move" if names else ""
    if family.component:
        return True, f"releases of {family.component}; its part alone while the whole repository has releases{short}"
    return True, f"releases of the repository{short}"


def _notices(
    patterns: Sequence[str], placed: Sequence[Placed], learned: Learned, tags: Sequence[Mapping[str, Any]]
) -> list[tuple[str, dict[str, Any]]]:
    """What is doubtful, by kind."""
    counted = [
        (tag, row)
        for tag, row in zip(placed, tags, strict=True)
        if any(re.search(pattern, row["tag"]) if pattern else row["release"] for pattern in patterns)
    ]
    written = {tag.reading: tag.written_at for tag, _ in counted if tag.written_at}
    moved = [tag.reading.name for tag, _ in counted if tag.moved_from] + moved_tags(learned.families, written)
    apart = [row["tag"] for tag, row in counted if row["problem"] and tag.in_clone]
    last = max((tag.reading.at for tag, _ in counted if tag.reading.at), default=datetime.min)  # noqa: DTZ901
    newer = [
        f"{family.text} ({sum(at > last for at in family.times)})"
        for family in learned.families
        if family.times and family.times[-1] > last and not _taken(patterns, family)[0]
    ]
    notices = zip(NOTICE_KINDS, (sorted(set(moved)), apart, newer), strict=True)
    return [(kind, _notice(kind, names)) for kind, names in notices if names]


def _notice(kind: str, names: Sequence[str]) -> dict[str, Any]:
    return {"detail": f"{NOTICES[kind].meaning}: {_listed(names)}", "count": len(names)}


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


MODEL = PythonModel(
    "tag_families",
    (
        Input("tag_readings", ("name", "sha", "tagged_at", "first_read_at"), ("name", "first_read_at", "sha")),
        Input("repository_settings", ("repo_id", "repo", "default_branch", "deployed_from"), ("repo_id",)),
        Input("deployment_rules", ("source", "tags"), ("position",)),
        Input("report_times", ("as_of",), ("as_of",)),
        Input("refs", ("kind", "name", "sha"), ("kind", "name", "sha")),
        Input("commits", ("sha", "parents", "committed_at", "collected_at"), ("sha",)),
    ),
    (TAG_FAMILIES, RELEASE_TAGS, TAG_NOTICES),
    tag_families,
)
