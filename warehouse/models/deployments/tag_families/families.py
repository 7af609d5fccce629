"""Learn which tags of a repository are releases: families of tags with one form, and what each is.

Pure and independent of the order of the tags. What is decided of a release depends on releases alone, so that another
pre-release changes nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from warehouse.models.deployments.tag_families.floating import Reading, without_floating
from warehouse.models.deployments.tag_families.forms import (
    DATE,
    DOTTED,
    NUMBER,
    OTHER,
    TagForm,
    commit_id,
    outline,
    tag_form,
    without_version,
)
from warehouse.models.deployments.tag_families.siblings import Release, among_parts
from warehouse.models.deployments.tag_families.spans import Span, in_use, overlap, within
from warehouse.models.deployments.tag_families.suffixes import name_suffixed
from warehouse.models.deployments.tag_families.words import ELSEWHERE, PREFIX_PRERELEASE, RELEASE

__all__ = ["Family", "Learned", "Reading", "any_release", "learn"]

_FEWEST = 3
_MOST_RESTS = 12
_DESCRIBED = re.compile(r"-\d+-g[0-9a-f]{7,40}$")
_DAY = r"\d{4}-?\d{2}-?\d{2}"
_UNTIMED = datetime.max  # noqa: DTZ901  (a tag without a date: after all others)


@dataclass
class Family:
    """Tags of one form."""

    prefix: str
    shape: str
    variant: str
    releases: list[Reading] = field(default_factory=list)
    prereleases: int = 0
    floating: int = 0
    component: str = ""
    taken: bool = True
    why: str = ""
    times: list[datetime] = field(default_factory=list)
    numbers: dict[str, tuple[int, ...]] = field(default_factory=dict)
    outline: str = ""
    """The pattern of names without a version."""

    @property
    def text(self) -> str:
        """Its name: the prefix, a star for the version, and what follows it."""
        if self.shape == OTHER:
            return self.prefix
        star = {DOTTED: "*", DATE: "YYYYMMDD", NUMBER: "N"}[self.shape]
        return f"{self.prefix}{star}{'-' if self.variant else ''}{self.variant}"

    @property
    def pattern(self) -> str:
        """A pattern of its releases, for the setting `tags`."""
        if self.shape == OTHER:
            return self.outline
        lone = any(len(numbers) == 1 for numbers in self.numbers.values())
        core = {DOTTED: r"\d+([._]\d+)" + "+*"[lone], DATE: _DAY, NUMBER: r"\d+"}[self.shape]
        behind = {without_version(name, self.prefix) for name in self.numbers}
        rests = sorted({re.sub(r"\d+", r"\\d+", re.escape(rest)) for rest in behind})
        rest = rests[0] if len(rests) == 1 else f"({'|'.join(rests)})"
        return f"^{re.escape(self.prefix)}{core}{rest if len(rests) <= _MOST_RESTS else '.*'}$"

    @property
    def form(self) -> str:
        """semver, calendar, version, date, build or other."""
        if self.shape == OTHER:
            return OTHER
        if self.shape != DOTTED:
            return "date" if self.shape == DATE else "build"
        firsts = sorted(numbers[0] for numbers in self.numbers.values()) or [0]
        if 2000 <= firsts[len(firsts) // 2] < 2100:
            return "calendar"
        three = sum(len(numbers) == 3 for numbers in self.numbers.values())
        return "semver" if 2 * three > len(self.numbers) else "version"


@dataclass(frozen=True)
class Learned:
    """The families, and what each reading of a tag is."""

    families: Sequence[Family]
    placed: Mapping[Reading, Family]
    """Releases alone: pre-releases, names that move on and other tags are in none."""
    whole: Sequence[Span]
    """When tags of the whole repository were in use: then those of a component ship its part alone."""
    components: Mapping[str, str]
    """The part that each prefix names."""
    among_parts: Collection[Reading]
    """Tags of parts that others in use were not released with, in a time of no releases as a whole."""

    def component(self, name: str) -> str:
        """The part of the repository that any tag names, a pre-release too; empty: the whole, or no version."""
        form = tag_form(name)
        return self.components.get(form.prefix, "") if form else ""

    def is_part(self, reading: Reading) -> bool:
        """Whether the tag is one of a component while there are tags of the whole repository."""
        family = self.placed[reading]
        return bool(family.component) and within(self.whole, reading.at or _UNTIMED)


def any_release(names: Iterable[str]) -> bool:
    """Whether some of these tags are releases, whatever their dates."""
    readings = [Reading(name, None, datetime.min) for name in names]  # noqa: DTZ901
    return any(family.taken for family in learn(readings, "", datetime.min).families)  # noqa: DTZ901


def learn(
    readings: Iterable[Reading],
    repository: str,
    as_of: datetime,
    apart: Collection[str] = frozenset(),
    undated: Collection[Reading] = frozenset(),
) -> Learned:
    """Families of the tags that were read of a repository called `repository`.

    `as_of` is the time of the report: tags after it are not for the caller to give. `apart` are the commits that share
    no history with the default branch. `undated` have the date of their commit.
    """
    distinct = set(readings)
    ids = {reading.name: found for reading in distinct if (found := commit_id(reading.name, reading.sha))}
    families, forms = _sorted_out({reading for reading in distinct if reading.name not in ids})
    for family in families:
        if family.shape == DOTTED:
            family.releases, family.floating = without_floating(family.releases, forms, undated)
        family.releases.sort(key=lambda reading: (reading.at or _UNTIMED, reading.name, reading.sha or ""))
        family.times = [reading.at for reading in family.releases if reading.at]
        family.numbers = {reading.name: forms[reading.name].numbers for reading in family.releases}
    _judge_histories(families, apart)
    _name_components(families, repository)
    name_suffixed(families)
    _judge_variants(families)
    _judge_numbers(families)
    _judge_components(families)
    for family in families:
        if not family.releases and family.taken:
            only = "names that move on to the newest release" if family.floating else "pre-releases alone"
            family.taken, family.why = False, only
    times = sorted(at for family in families if family.taken and not family.component for at in family.times)
    components = {family.prefix: family.component for family in families if not family.variant}
    whole = in_use(times, as_of)
    families += _without_version((reading for reading in distinct if reading.name not in forms), ids)
    placed = {reading: family for family in families for reading in family.releases}
    return Learned(families, placed, whole, components, _among_parts(families, whole, as_of))


def _without_version(readings: Iterable[Reading], ids: Mapping[str, str]) -> list[Family]:
    """Tags of one form with numbers in which no version is found: they do not count, and are named.

    `ids`: of those that end with the id of their commit, which may look like a number.
    """
    families: dict[str, Family] = {}
    for reading in sorted(readings, key=lambda reading: (reading.at or _UNTIMED, reading.name, reading.sha or "")):
        text, pattern = outline(reading.name, ids.get(reading.name, ""))
        if text:
            family = families.setdefault(text, Family(text, OTHER, "", taken=False, why="no version is in their names"))
            family.outline = pattern
            family.releases.append(reading)
            family.numbers[reading.name] = ()
            if reading.at:
                family.times.append(reading.at)
    return [families[text] for text in sorted(families) if len(families[text].numbers) >= _FEWEST]


def _among_parts(families: Sequence[Family], whole: Sequence[Span], as_of: datetime) -> set[Reading]:
    """Tags of parts that others in use were not released with, in a time of no releases as a whole."""
    releases: dict[str, list[Release]] = {}
    for family in families:
        if family.taken and family.component and family.times:
            dated = [(one.at, one.name, one.sha) for one in family.releases if one.at]
            releases.setdefault(family.component, []).extend(dated)
    return {Reading(name, sha, at) for at, name, sha in among_parts(releases, whole, as_of)}


def _sorted_out(readings: set[Reading]) -> tuple[list[Family], dict[str, TagForm]]:
    """Families by form, with their releases; and the form of each tag."""
    forms = {name: form for name in {reading.name for reading in readings} if (form := tag_form(name))}
    dated: dict[tuple[str, tuple[int, ...]], datetime] = {}
    for reading in readings:
        form = forms.get(reading.name)
        if form and reading.at and not without_version(reading.name, form.prefix):
            key = (form.prefix, form.numbers)
            dated[key] = min(dated.get(key, reading.at), reading.at)
    families: dict[tuple[str, str, str], Family] = {}
    for reading in readings:
        form = forms.get(reading.name)
        if form is None:
            continue
        # A pre-release belongs to the family of its version, whatever other words it has.
        variant = "" if form.prerelease else form.variant
        key3 = (form.prefix, form.shape, variant)
        family = families.setdefault(key3, Family(*key3))
        plain = dated.get((form.prefix, form.numbers))
        # npm numbers pre-releases 1.0.1-0, 1.0.1-1, and releases 1.0.1 after them; 1.0.1-5-g1a2b3c is a later build.
        early = plain and reading.at and reading.at < plain and not form.variant
        if form.prerelease or early or (plain and _DESCRIBED.search(reading.name)):
            family.prereleases += 1
        else:
            family.releases.append(reading)
    _join_numbers(families, forms)
    return [families[key3] for key3 in sorted(families)], forms


def _join_numbers(families: dict[tuple[str, str, str], Family], forms: Mapping[str, TagForm]) -> None:
    """`v1` belongs to `v1.1`, `v1.2`, …: as the first of them, or as a name that moves on."""
    for family in [family for family in families.values() if family.shape == NUMBER]:
        versions = families.get((family.prefix, DOTTED, family.variant))
        if versions is None:
            continue
        lines = {forms[reading.name].numbers[0] for reading in versions.releases}
        for reading in family.releases:
            if forms[reading.name].numbers[0] in lines:
                versions.releases.append(reading)
        family.releases = [reading for reading in family.releases if forms[reading.name].numbers[0] not in lines]
        if not family.releases:
            versions.prereleases += family.prereleases
            del families[family.prefix, family.shape, family.variant]


def _judge_histories(families: Sequence[Family], apart: Collection[str]) -> None:
    """Tags of another history, such as one that was imported, where releases of the default branch came after them."""
    releases = [reading for family in families for reading in family.releases]
    last = max((reading.at for reading in releases if reading.at and reading.sha not in apart), default=None)
    for family in families:
        before = last and family.times and family.times[-1] < last
        if before and all(reading.sha in apart for reading in family.releases):
            family.taken, family.why = False, "their commits share no history with the default branch"


def _name_components(families: Sequence[Family], repository: str) -> None:
    """From prefixes: the part of the repository, empty for the whole; and what says that it is no release."""
    repository_name = _squashed(repository)
    for family in families:
        stem = re.sub(r"(?:^|(?<=[^0-9A-Za-z]))[vV]$", "", family.prefix).rstrip("-_/@.+~ ")
        words = [word for word in re.split(r"[^0-9A-Za-z]+", stem.lower()) if word]
        scoped = "@" in family.prefix
        rest = [word for word in words if word not in RELEASE and not word.isdecimal()]  # release/2026.1/2026.17
        package = family.prefix.startswith("@")  # whose name is its own, whatever words are in it
        if not package and (not rest or ("".join(rest) == repository_name and len(rest) < len(words))):
            continue
        if not scoped and (rest[0] in PREFIX_PRERELEASE or rest[-1] in PREFIX_PRERELEASE):
            family.taken, family.why = False, f"`{family.prefix}` names pre-releases"
            family.prereleases += len(family.releases)
            family.releases, family.times, family.numbers = [], [], {}
        elif not scoped and (rest[0] in ELSEWHERE and "".join(rest[1:]) in {"", repository_name}):
            family.taken, family.why = False, f"`{family.prefix}` names another environment than production"
        family.component = stem
    _name_own(families, repository_name)


def _name_own(families: Sequence[Family], repository_name: str) -> None:
    """Tags named as the repository are those of the whole, unless others beside them are named as its parts."""
    named = [family for family in families if _squashed(family.component) == repository_name and family.releases]
    parts = [family for family in families if family.component and family not in named and family.taken]
    count = sum(len(family.releases) for family in named)
    for family in [family for family in families if _squashed(family.component) == repository_name]:
        siblings = [
            other
            for other in parts
            if other.times and family.times and _style(other) == _style(family) and overlap(other.times, family.times)
        ]
        if 10 * sum(len(other.releases) for other in siblings) < max(count, 1):
            family.component = ""


def _judge_variants(families: Sequence[Family]) -> None:
    """Words behind a version that nobody knows: a form of releases, or another build of a release."""
    plain = {
        (family.prefix, numbers) for family in families if not family.variant for numbers in family.numbers.values()
    }
    for family in families:
        if family.variant and family.taken:
            again = sum((family.prefix, numbers) in plain for numbers in family.numbers.values())
            if not ELSEWHERE.isdisjoint(family.variant.split("-")):
                family.taken, family.why = False, f"`{family.variant}` names another environment than production"
            elif 2 * again >= len(family.numbers):
                family.taken, family.why = False, "other builds of versions that have a tag of their own"
            elif len(family.releases) < _FEWEST:
                family.taken, family.why = False, f"`{family.variant}` behind fewer than {_FEWEST} versions"


def _judge_numbers(families: Sequence[Family]) -> None:
    """Single numbers and days: names that move on or builds, where there are versions beside them."""
    versions: dict[str, list[Family]] = {}
    for family in families:
        if family.shape == DOTTED and family.times and family.taken:
            versions.setdefault(family.component, []).append(family)
    for family in families:
        if family.shape == DOTTED or not family.taken or not family.times:
            continue
        beside = any(overlap(other.times, family.times) for other in versions.get(family.component, ()))
        if family.shape == NUMBER and family.component:
            family.taken, family.why = False, f"numbers behind `{family.prefix}`, which names no version"
        elif family.shape == NUMBER and beside:
            family.taken, family.why = False, "single numbers beside versions: names that move on to the newest"
        elif family.shape == NUMBER and len(family.releases) < _FEWEST:
            family.taken, family.why = False, f"fewer than {_FEWEST} single numbers"
        elif family.shape == DATE and beside and family.prefix.lower() in {"", "v"}:
            family.taken, family.why = False, "days beside versions: perhaps builds of a day"


def _judge_components(families: Sequence[Family]) -> None:
    """Parts of the repository, or the form that the whole had for a while."""
    whole = [family for family in families if family.taken and not family.component and family.times]
    parts = [family for family in families if family.taken and family.component and family.times]
    several = _at_once(parts)
    ranked = [(family.times[-1], family) for family in sorted((*whole, *parts), key=_ended)]
    for family in parts:
        many = len(family.releases) >= _FEWEST
        amid = any(other.times[0] < family.times[0] and family.times[-1] < other.times[-1] for other in whole)
        follows = not amid and _follows(family, ranked)
        beside = several or any(overlap(family.times, other.times) for other in whole)
        if not beside and (many or follows):
            family.component = ""
        elif _style(family) == "-" and not many and not several:
            family.taken, family.why = False, f"fewer than {_FEWEST} tags, of no known part"


def _ended(family: Family) -> tuple[datetime, str]:
    return family.times[-1], family.text


def _at_once(parts: Sequence[Family]) -> bool:
    """Whether two parts of the repository were released at once."""
    last: dict[str, datetime] = {}
    for family in sorted(parts, key=lambda part: (part.times[0], part.text)):
        if len(family.times) > 1:
            # Only the two that end last matter: one of them is another part.
            if any(end >= family.times[0] for part, end in last.items() if part != family.component):
                return True
            last[family.component] = max(last.get(family.component, family.times[-1]), family.times[-1])
            last = dict(sorted(last.items(), key=lambda item: item[1])[-2:])
    return False


def _follows(family: Family, ranked: Sequence[tuple[datetime, Family]]) -> bool:
    """Whether its first version goes on from the last version of the form before it; `ranked` by their last times."""
    place = bisect_right(ranked, family.times[0], key=lambda pair: pair[0]) - 1
    if place >= 0 and ranked[place][1] is family:
        place -= 1
    if place < 0:
        return False
    newest, oldest = max(ranked[place][1].numbers.values()), min(family.numbers.values())
    return newest < oldest and oldest[0] <= newest[0] + 1 and len(oldest) >= len(newest)


def _style(family: Family) -> str:
    """How the part is set apart from the version: `@`, `/` or `-`."""
    return next((mark for mark in "@/" if mark in family.prefix), "-")


def _squashed(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.lower())
