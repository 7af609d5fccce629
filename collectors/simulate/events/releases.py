"""Commits by which people make a release, and work that only looks like it: a bumped dependency, a mended changelog."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from collectors.simulate.company.areas import AREAS, BUMPS
from collectors.simulate.company.model import Change, Commit, Touch
from collectors.simulate.company.people import TEAMS
from collectors.simulate.company.plan import Plan
from collectors.simulate.events.clock import DAY, MINUTE, later
from collectors.simulate.events.dice import Dice
from collectors.simulate.events.repairs import quick_change
from collectors.simulate.events.work import manifest_of, package_line

__all__ = ["CHANGELOG", "CHANGESETS", "first_release", "releases_of"]

CHANGELOG = "CHANGELOG.md"
CHANGESETS = ".changeset/"
"""Where each pull request leaves a note for the next changelog; the release takes them away."""

_EVERY_DAYS = 22
_LOOKALIKES_EVERY_DAYS = 34
_MINORS = 4  # after so many releases the major version moves

_VERSION_LINES = {".toml": 'version = "{}"', ".json": '  "version": "{}",', ".py": '__version__ = "{}"'}


def first_release(plan: Plan) -> tuple[Touch, ...]:
    """The changelog and the version file with which a repository begins; none where nobody makes releases."""
    if not plan.releases:
        return ()
    return (Touch(CHANGELOG, 0, 3, ("## 1.0.0",)), *_version_touches(plan, "1.0.0"))


def releases_of(plan: Plan, changes: list[Change], dice: Dice, since: int, until: int) -> list[Change]:
    """The releases that people make and what looks like one; where changesets are in use, `changes` get them."""
    if not plan.releases:
        return []
    if "{version}" not in plan.releases:
        _add_changesets(changes, dice)
    releases = [_release(plan, version, dice, at) for version, at in _versions(dice, since, until)]
    lookalikes = []
    turn = dice.whole(0, len(_LOOKALIKES) - 1)
    for at in _moments(dice, since, until, _LOOKALIKES_EVERY_DAYS):
        before = sum(one.started_at < at for one in releases)
        lookalikes.append(_LOOKALIKES[turn % len(_LOOKALIKES)](plan, f"{_version(before)}.1", dice, at))
        turn += 1
    return releases + lookalikes


def _moments(dice: Dice, since: int, until: int, every_days: int) -> Iterator[int]:
    for day in range(every_days, (until - since) // DAY, every_days):
        yield later(since + day * DAY, 8 * dice.uniform()) + dice.whole(0, 59)


def _versions(dice: Dice, since: int, until: int) -> Iterator[tuple[str, int]]:
    for number, at in enumerate(_moments(dice, since, until, _EVERY_DAYS), 1):
        yield f"{_version(number)}.0", at


def _version(number: int) -> str:
    """Major and minor version of the release of this number: `1.1`, `1.2` and so on."""
    major, minor = divmod(number, _MINORS)
    return f"{1 + major}.{minor}"


def _version_touches(plan: Plan, version: str) -> tuple[Touch, ...]:
    if not plan.version_file:
        return ()
    line = next(line for suffix, line in _VERSION_LINES.items() if plan.version_file.endswith(suffix))
    return (Touch(plan.version_file, 0, 0, (line.format(version),)),)


def _release(plan: Plan, version: str, dice: Dice, at: int) -> Change:
    """A push or a pull request that moves the version and writes the changelog, and does nothing else."""
    title = plan.releases.format(version=version)
    touches = (Touch(CHANGELOG, 0, dice.whole(1, 4), (f"## {version}",)), *_version_touches(plan, version))
    if "{version}" not in plan.releases:
        touches += (Touch(CHANGESETS, gone=True),)
    change = quick_change(plan, dice, at, "release", title)
    if title.startswith("v"):
        change = _push(plan, dice, at, title)
    elif dice.chance(0.4):
        person = change.author
        noted_at = at + MINUTE // 2
        more = Commit(person, noted_at, person, noted_at, "Describe the release", (Touch(CHANGELOG, 0, 1),))
        change.commits.append(more)
    change.commits[0].touches = touches
    change.release = True
    return change


def _push(plan: Plan, dice: Dice, at: int, title: str) -> Change:
    person = dice.pick(TEAMS[plan.team])
    change = Change(plan.name, "direct", title, person, at, False, "none", "plain")  # noqa: FBT003
    change.style, change.commits = "direct", [Commit(person, at, person, at, title)]
    change.merged_at = change.opened_at = change.ready_at = at
    return change


def _lookalike(plan: Plan, dice: Dice, at: int, title: str, touches: tuple[Touch, ...]) -> Change:
    change = quick_change(plan, dice, at, "pull_request", title)
    change.mark, change.commits[0].touches = "like_a_release", touches
    return change


def _dependency(plan: Plan, _version: str, dice: Dice, at: int) -> Change:
    package, version = dice.pick(BUMPS[plan.name == "web"]), f"{dice.whole(1, 9)}.{dice.whole(0, 30)}.0"
    touch = Touch(manifest_of("", plan.name), 0, 0, (package_line(plan.name, package, version),))
    return _lookalike(plan, dice, at, f"chore(deps): update {package} to {version}", (touch,))


def _date_in_changelog(plan: Plan, _version: str, dice: Dice, at: int) -> Change:
    return _lookalike(plan, dice, at, "docs: correct a date in the changelog", (Touch(CHANGELOG, 1),))


def _word_in_changelog(plan: Plan, version: str, dice: Dice, at: int) -> Change:
    return _lookalike(plan, dice, at, f"fix: a word in the notes of {version}", (Touch(CHANGELOG, 1),))


def _release_with_fix(plan: Plan, version: str, dice: Dice, at: int) -> Change:
    """A release commit that mends code as well: the work in it waited for production like any other."""
    area = dice.pick(AREAS[plan.name])
    code = Touch(f"{area.folder}/{dice.pick(area.files)}", 1, 2)
    touches = (code, Touch(CHANGELOG, 0, 1, (f"## {version}",)), *_version_touches(plan, version))
    return _lookalike(plan, dice, at, f"Release {version}", touches)


_LOOKALIKES: tuple[Callable[[Plan, str, Dice, int], Change], ...] = (
    _release_with_fix,
    _dependency,
    _date_in_changelog,
    _word_in_changelog,
)


def _add_changesets(changes: list[Change], dice: Dice) -> None:
    """A third of what people change tells, in a file of its own, what the changelog will say."""
    words = ("brave", "calm", "eager", "kind", "quiet", "tidy")
    for number, change in enumerate(changes):
        people = change.kind == "pull_request" and change.built_with_ai != "automation"
        if people and not change.builds_ai and dice.chance(1 / 3):
            note = Touch(f"{CHANGESETS}{dice.pick(words)}-{number}.md", 0, 2)
            change.commits[0].touches += (note,)
