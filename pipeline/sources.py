"""From targets of the command line or of the settings to sources: each kind of source says how its targets begin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from functools import cache, partial
from pathlib import Path
from typing import Any

from collectors.git.source_kind import GitKind
from collectors.github.source_kind import GitHubKind
from collectors.records_file.source_kind import RecordsKind
from headway.errors import HeadwayError, UsageError
from headway.settings import Settings, SourceSettings
from headway.source import Access, Check, Context, Source, SourceKind
from headway.times import parse_time

__all__ = [
    "KINDS",
    "checks_of",
    "configured_sources",
    "ended",
    "expected_repositories",
    "kind_of_id",
    "requirements",
    "sources_of",
]

KINDS: tuple[type[SourceKind], ...] = (GitKind, GitHubKind, RecordsKind)

_WORD = re.compile(r"(?P<word>[A-Za-z][A-Za-z0-9+_-]+):(?!//)")
# Words before a colon that are another system, a format or half a URL, not an SSH alias, as in `gitlab:group/project`.
_OTHER_SYSTEMS = (
    *("azure", "azuredevops", "bamboo", "bitbucket", "buildkite", "circleci", "codeberg", "forgejo", "gerrit", "gitea"),
    *("gitlab", "jenkins", "jira", "linear", "pagerduty", "sentry", "servicenow", "sourcehut", "svn", "teamcity"),
    *("trello", "youtrack"),
    *("csv", "file", "http", "https", "json", "records"),
)
_SIMILARITY = 0.8


def sources_of(settings: Settings, targets: tuple[str, ...] = (), access: Access | None = None) -> list[Source]:
    """The targets, or else every source of the settings.

    A target that the settings name too is read as they say. With `access` other systems are contacted, to see what
    `github:OWNER` stands for, which takes its time. Raises `UsageError` where there is nothing to read.
    """
    kinds = _kinds(settings, access)
    configured = _configured(settings, kinds)
    requested = [configured.get(target, SourceSettings(target=target)) for target in targets]
    requested = requested or [source for source in configured.values() if ended(source) is None]
    if not requested:
        raise UsageError(
            "nothing to collect: no target was given and the settings name no source",
            hint="run `headway collect PATH-OR-URL`, or add [[sources]] to headway.toml (`headway init` writes one)",
        )
    # One repository may be meant twice, by itself and by its owner: what is said of it first counts.
    unique: dict[str, Source] = {}
    for source in requested:
        # A target on the command line is relative to the working folder, one in the settings to their folder.
        base = settings.base if source.target in configured else Path()
        for item in _kind_of_target(source.target, kinds, base).sources(source, base=base):
            unique.setdefault(item.id, item)
    return list(unique.values())


def _configured(settings: Settings, kinds: list[SourceKind]) -> dict[str, SourceSettings]:
    """Each target of the settings with all that they say of it: entries of one source add up."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for number, source in enumerate(settings.sources, 1):
        numbers.setdefault(_identity(source, kinds, settings.base), []).append(number)
    configured = {}
    for places in numbers.values():
        entries = [settings.sources[number - 1] for number in places]
        configured.update(dict.fromkeys((entry.target for entry in entries), _added_up(entries, places)))
    return configured


def _identity(source: SourceSettings, kinds: list[SourceKind], base: Path) -> tuple[str, str]:
    """The same for two entries that mean one source; a target that cannot be one is reported when it is read."""
    try:
        kind = _kind_of_target(source.target, kinds, base)
        return kind.prefix, kind.identity(source, base=base)
    except UsageError:
        return "", source.target


def _added_up(entries: list[SourceSettings], numbers: list[int]) -> SourceSettings:
    """What several entries say of one source. UsageError where they contradict each other."""
    facts: dict[str, Any] = {}
    for name, unset in (("name", ""), ("team", ""), ("branch", ""), ("pull_heads", None)):
        values = list(dict.fromkeys(value for entry in entries if (value := getattr(entry, name)) != unset))
        if len(values) > 1:
            places = " and ".join(f"[[sources]] {number}" for number in numbers)
            raise UsageError(
                f"{places} are one source, {entries[0].target}, with several values of {name}: "
                + ", ".join(map(str, values)),
                hint=f"keep one {name}; what they say of manifests adds up",
            )
        facts[name] = values[0] if values else unset
    manifests = tuple(dict.fromkeys(patterns for entry in entries for patterns in entry.manifests))
    return replace(entries[0], **facts, manifests=manifests)


def configured_sources(settings: Settings) -> Iterator[tuple[Source, SourceSettings]]:
    """The sources that the settings name, each with what they say of it; those that cannot be are left out."""
    kinds = _kinds(settings, None)
    for said in settings.sources:
        try:
            for source in _kind_of_target(said.target, kinds, settings.base).sources(said, base=settings.base):
                yield source, said
        except HeadwayError:
            continue


def expected_repositories(settings: Settings) -> tuple[list[str], bool]:
    """The repositories that the sources of the settings bring, as far as it shows before they are read; whether all."""
    kinds = _kinds(settings, None)
    names: list[str] = []
    complete = bool(settings.sources)
    for said in settings.sources:
        try:
            brought = _kind_of_target(said.target, kinds, settings.base).repositories(said, base=settings.base)
        except HeadwayError:
            brought = None
        names += brought or ()
        complete = complete and brought is not None
    return sorted(set(names)), complete


def ended(source: SourceSettings) -> datetime | None:
    """When a source of the settings ended, naive UTC; None for one that goes on. UsageError for what is no time."""
    if not source.until:
        return None
    try:
        return parse_time(source.until)
    except ValueError as error:
        raise UsageError(
            f"[[sources]] {source.target}: until is not a date or time: {source.until!r}",
            hint='write until = "2026-03-31"',
        ) from error


def requirements(environment: Mapping[str, str]) -> Iterator[Check]:
    """What each kind of source needs of the machine."""
    for kind in KINDS:
        yield from kind.requirements(environment)


def checks_of(
    settings: Settings, access: Access | None, environment: Mapping[str, str], now: datetime
) -> Iterator[Check]:
    """What each kind of source checks for `headway doctor`."""
    for kind in _kinds(settings, access):
        yield from kind.checks(environment, now)


def kind_of_id(source_id: str) -> type[SourceKind] | None:
    """The kind of a source by its id; None for what is no source of its own."""
    return next((kind for kind in KINDS if source_id.startswith(kind.id_prefix)), None)


def _kinds(settings: Settings, access: Access | None) -> list[SourceKind]:
    @cache
    def resumes(id_prefix: str) -> Mapping[str, Mapping[str, Any]]:
        from warehouse.store import RawStore

        latest = RawStore.of(settings).latest()
        return {id_: commit.resumed() for id_, commit in latest.items() if id_.startswith(id_prefix)}

    return [kind(Context(settings, access, partial(resumes, kind.id_prefix))) for kind in KINDS]


def _kind_of_target(target: str, kinds: list[SourceKind], base: Path) -> SourceKind:
    if not target:
        raise UsageError("a source has no target", hint="give each of [[sources]] a target in headway.toml")
    for kind in kinds:
        if kind.prefix and target.startswith(kind.prefix):
            return kind
    if word := _unknown_kind(target, base):
        near = _near_prefix(word)
        forms = ", ".join(form for kind in KINDS for form in kind.targets)
        raise UsageError(
            f"there is no kind of source `{word}:`" + (f"; did you mean `{near}:`?" if near else ""),
            hint=f"a target is {forms}; a host of your SSH config is written ssh://{word}/PATH",
        )
    return next(kind for kind in kinds if not kind.prefix)


def _unknown_kind(target: str, base: Path) -> str | None:
    """The word before the colon of a target, if it is meant as a kind of source and there is none of that name.

    `word:path` is also how SSH and Git write a host of the SSH config. So only a word that names another system, or
    that is a misspelt prefix, is taken for a kind; URLs, `user@host:path`, hosts with a dot, drives (`C:`) and paths
    that exist are not.
    """
    match = _WORD.match(target)
    if match is None or (base / Path(target).expanduser()).exists():
        return None
    word = match["word"]
    return word if _near_prefix(word) or word.lower() in _OTHER_SYSTEMS else None


def _near_prefix(word: str) -> str | None:
    """The prefix of which a word is probably a misspelling.

    `github-work` or `github2` is none: that is how people call a second host in their SSH config.
    """
    prefixes = [kind.prefix.removesuffix(":") for kind in KINDS if kind.prefix]
    lowered = word.lower()
    if any(lowered.startswith(prefix) and lowered != prefix for prefix in prefixes):
        return None
    return next(iter(get_close_matches(lowered, prefixes, n=1, cutoff=_SIMILARITY)), None)
