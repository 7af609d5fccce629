"""What a commit's message says of the change that it lands: its number, title, branch, and what it takes back.

The words of each forge are rows of `headway/forge_words.toml`. A number belongs to this repository unless the words
name another one: `addresses` are the names (`owner/name`, lower case) under which it is known, empty where unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from headway.forge_words import Word, lines_with, words

__all__ = [
    "LandedWords",
    "Landing",
    "PickedFrom",
    "apart",
    "diff_number",
    "landed_by_words",
    "named_addresses",
    "numbered_apart",
    "own_addresses",
    "picked_from",
    "read_landing",
    "reverted",
    "reverted_diffs",
    "reverted_title",
    "title_of",
]

_BATCH_LINE = re.compile(r"^(\d{1,16}): (.*?) r=\S+ a=\S+\s*$")
_DIGITS = re.compile(r"\d+")
_MAX_NUMBER = 2**53
_MOST_NUMBERS = 100
# A request that a repository had under its former name may be named again, by a cherry-pick of its landing.
_SHARED_NUMBERS = 0.02
# Of a mirror's steps that name a repository, so many are asked which name is the present one.
_NEWEST = 500
# The name is its own whose requests are those of the PR refs: at least so many, and most of its own.
_FITTING = 3
# Another name is the repository's own only as a habit: so many steps name it, and so large a share of those between the
# first and the last. A single address of another repository, such as that of vendored code, is none.
_HABIT_STEPS = 3
_HABIT_SHARE = 0.1
_NO_ADDRESSES: frozenset[str] = frozenset()


class Landing(NamedTuple):
    """What the message of a landing commit says. `numbers`: the likeliest pull request first.

    `foreign`: numbers that it gives to other repositories. `batch`: several requests, each with a branch of the merge.
    """

    numbers: tuple[int, ...]
    title: str
    branch: str
    foreign: tuple[int, ...] = ()
    batch: bool = False


class LandedWords(NamedTuple):
    """Requests that a single commit's body says it lands: by an address of this repository, or by closing one."""

    sure: tuple[int, ...]
    perhaps: tuple[int, ...]


class PickedFrom(NamedTuple):
    """What a commit is a copy of: commits (as written) and requests."""

    commits: tuple[str, ...]
    numbers: tuple[int, ...]


def read_landing(message: str, *, merge: bool, addresses: Collection[str] = _NO_ADDRESSES) -> Landing:
    """Read the message of a commit of the default branch's first-parent history."""
    subject, _, body = message.partition("\n")
    if subject.startswith(_beginnings(merge=merge)):
        for word in words("merge", "subject"):
            if (merge or not word.merge) and (match := word.pattern.match(subject)):
                return _merged(match.groupdict(), subject, body, addresses)
    named = list(_named(words("merge", "body"), body))
    if named:
        own_numbers, foreign = _split(named, addresses)
        # What a forge writes itself comes last: before it are descriptions, and messages that a cherry-pick repeats.
        title = _first_line(body) if merge else ""
        # Where somebody took the title out of the message, its first line is the forge's own.
        title = subject if any(any(word.matches(title)) for word in words("merge", "body")) else title
        return Landing(own_numbers[-1:], (title or subject).strip(), _branch(subject), foreign)
    end, numbers = _squash_numbers(subject)
    if end < len(subject):
        own_numbers, foreign = _owned(tuple(dict.fromkeys(numbers)), body, addresses)
        return Landing(own_numbers, subject[:end].strip() or subject.strip(), _branch(subject), foreign)
    branch = _branch(subject)
    title = _first_line(body) if merge and branch else ""
    return Landing((), title or subject.strip(), branch)


def _branch(subject: str) -> str:
    """The branch that a merge without a request names, empty for none."""
    if not subject.startswith(_branch_beginnings()):
        return ""
    matches = (word.pattern.match(subject) for word in words("branch", "subject") if subject.startswith(word.holds))
    return next((match["branch"] or "" for match in matches if match), "")


@cache
def _branch_beginnings() -> tuple[str, ...]:
    return tuple(word.holds for word in words("branch", "subject"))


def landed_by_words(message: str, addresses: Collection[str] = _NO_ADDRESSES, differential: str = "") -> LandedWords:
    """Requests of this repository that a single commit's body says it lands.

    Surely: a trailer has the request's address, or a script wrote `Closes #1 from user/branch`. Perhaps: the only
    number that it says it closes, which may be an issue's; a commit that closes several requests lands none of them.
    `differential` is the web address of the review tool whose changes have numbers here, empty for none.
    """
    body = message.partition("\n")[2]
    if "#" not in body and "://" not in body and not differential:
        return LandedWords((), ())
    names = frozenset(name.lower() for name in addresses)
    sure, _ = _split(_named(words("landed"), body), names)
    scripted, _ = _split(_named((word for word in words("closes") if word.sure), body), names)
    closed, _ = _split(_named((word for word in words("closes") if not word.sure), body), names)
    named = tuple(dict.fromkeys((*sure, *scripted, *(_diffs(body, differential) if differential else ()))))
    return LandedWords(named, closed if len(closed) == 1 and not named else ())


def title_of(message: str, number: int) -> str:
    """The title that the message of a batch gives to one of its requests (`12: Title r=bob a=ann`), empty for none."""
    matches = (_BATCH_LINE.match(line) for line in lines_with(message, f"{number}: "))
    return next((match[2].strip() for match in matches if match and int(match[1]) == number), "")


def reverted(message: str, addresses: Collection[str] = _NO_ADDRESSES) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Commits (as written) and pull request numbers that a message says it takes back."""
    if "evert" not in message:
        return (), ()
    commits: list[str] = []
    numbers: list[tuple[int, str]] = []
    for groups in _matches("revert", message):
        if "commit" in groups:
            commits.append(groups["commit"].lower())
        elif "quoted" in groups:
            quoted = read_landing(groups["quoted"], merge=True, addresses=addresses)
            numbers += [(number, "") for number in quoted.numbers[:1]]
        else:
            numbers += _numbers_of(groups)
    return tuple(dict.fromkeys(commits)), _split(numbers, addresses)[0]


def reverted_title(message: str) -> str:
    """The title that a message says it takes back, empty for none: `Revert "Title"` or `revert: Title`."""
    if not any(literal in message for literal in _literals("quoted")):
        return ""
    quoted = next((groups["quoted"] for groups in _matches("revert", message) if "quoted" in groups), "")
    return read_landing(quoted, merge=True).title if quoted else ""


def reverted_diffs(message: str) -> tuple[str, ...]:
    """The changes of a review tool (`D12`) that a message says it takes back."""
    matches = _matches("revert", message) if any(literal in message for literal in _literals("diff")) else ()
    return tuple(dict.fromkeys(groups["diff"] for groups in matches if "diff" in groups))


def diff_number(message: str) -> str:
    """The number (`D12`) that a commit has at a review tool, empty for none."""
    return next((groups["diff"] for word in words("diff") for groups in word.matches(message)), "")


def picked_from(message: str, addresses: Collection[str] = _NO_ADDRESSES) -> PickedFrom:
    """Commits and requests of which a message says that its commit is a copy; a revert of a copy is none."""
    matches = list(_matches("pick", message))
    commits = tuple(dict.fromkeys(groups["commit"].lower() for groups in matches if "commit" in groups))
    if not matches or message.startswith("Revert"):
        return PickedFrom(commits, ())
    return PickedFrom(commits, _split((pair for groups in matches for pair in _numbers_of(groups)), addresses)[0])


def named_addresses(message: str) -> Iterator[tuple[str, int]]:
    """The repositories (lower case) whose requests a landing commit's message names, and the numbers of these."""
    subject, _, body = message.partition("\n")
    if subject.startswith("Merge "):
        for word in words("merge", "subject"):
            if match := word.pattern.match(subject):
                yield from ((path, number) for number, path in _numbers_of(match.groupdict()) if path)
                break
    for number, path in _named((*words("merge", "body"), *words("landed")), body):
        if path:
            yield path, number


def numbered_apart(message: str) -> Iterator[tuple[int, str]]:
    """Numbers that a forge gives apart from others, as a landing message has them, and how its PR refs begin."""
    for word in _apart():
        if word.holds in message:
            for groups in word.matches(message):
                yield from ((number, word.refs) for number, _ in _numbers_of(groups))


def apart() -> tuple[str, ...]:
    """How the PR refs begin of forges that number apart."""
    return tuple(dict.fromkeys(word.refs for word in _apart()))


@cache
def _apart() -> tuple[Word, ...]:
    return tuple(word for kind in ("merge", "landed") for word in words(kind) if word.refs)


def own_addresses(
    name: str, messages: Sequence[str], fits: Callable[[int, int], bool] = lambda _number, _position: False
) -> frozenset[str]:
    """The names under which a repository's own requests are known, by its name and the messages of its steps.

    The oldest message comes first. A mirror has another name than the repository whose messages it has: then the name
    that is most frequent among the newest is its own. A former name ended before the present one began, and its numbers
    were not given again. `fits` says whether the PR ref of a number is that of what a step landed.
    """
    positions: dict[str, list[int]] = {}
    numbers: dict[str, set[int]] = {}
    fitting: Counter[str] = Counter()
    for position, message in enumerate(messages):
        for path, number in named_addresses(message):
            positions.setdefault(path, []).append(position)
            numbers.setdefault(path, set()).add(number)
            fitting[path] += fits(number, position)
    present = _repository_path(name)
    if present not in positions:
        shown = {path: n for path, n in fitting.items() if n >= max(_FITTING, 0.5 * len(positions[path]))}
        newest = sorted(((at, path) for path, steps in positions.items() for at in steps[-_NEWEST:]), reverse=True)
        frequency = Counter(shown) or Counter(path for _, path in newest[:_NEWEST] if _is_habit(positions[path]))
        if not frequency:
            return frozenset({present} if "/" in present else ())
        present = min(frequency, key=lambda path: (-frequency[path], path))
    own_numbers = {_repository_path(name), present} if "/" in name else {present}
    began, taken = positions[present][0], set(numbers[present])
    for path in sorted(positions, key=lambda path: positions[path][-1], reverse=True):
        shared = len(numbers[path] & taken)
        former = _is_habit(positions[path]) and positions[path][-1] < began
        if path != present and former and shared <= _SHARED_NUMBERS * len(numbers[path]):
            own_numbers.add(path)
            began, taken = positions[path][0], taken | numbers[path]
    return frozenset(own_numbers)


def _is_habit(steps: Sequence[int]) -> bool:
    return len(steps) >= max(_HABIT_STEPS, _HABIT_SHARE * (steps[-1] - steps[0] + 1))


def _repository_path(name: str) -> str:
    """`owner/name` in lower case, of a name that may have a host before it."""
    first, _, rest = name.lower().removesuffix(".git").partition("/")
    return rest if "." in first and "/" in rest else name.lower().removesuffix(".git")


@cache
def _beginnings(*, merge: bool) -> tuple[str, ...]:
    return tuple(word.holds for word in words("merge", "subject") if merge or not word.merge)


def _diffs(body: str, differential: str) -> Iterator[int]:
    """The numbers of a commit's changes at the review tool of this address."""
    for word in words("diff"):
        for groups in word.matches(body):
            if groups.get("address", differential).rstrip("/") == differential.rstrip("/"):
                yield from _number(groups["diff"].removeprefix("D"))


@cache
def _literals(group: str) -> tuple[str, ...]:
    """What messages hold that name what they take back by this group."""
    return tuple(dict.fromkeys(word.holds for word in words("revert") if group in word.pattern.groupindex))


def _merged(groups: Mapping[str, str | None], subject: str, body: str, addresses: Collection[str]) -> Landing:
    own_numbers, foreign = _split(_numbers_of(groups), addresses)
    numbers = bool(groups.get("numbers"))
    batch = title_of(body, own_numbers[0]) if own_numbers and numbers else ""
    title = groups.get("title") or batch or _first_line(body) or subject
    return Landing(
        own_numbers, title.strip(), groups.get("branch") or "", foreign, batch=numbers and len(own_numbers) > 1
    )


def _matches(kind: str, message: str) -> Iterator[Mapping[str, str]]:
    """The groups of each form of a kind: in the title of what lands, as a forge wraps it, or in the body."""
    for word in words(kind):
        if word.holds in message:
            yield from word.matches(message if word.where == "body" else read_landing(message, merge=True).title)


def _named(forms: Iterable[Word], body: str) -> Iterator[tuple[int, str]]:
    """The numbers that these forms name in a body, in its order for each, with the repository that they name."""
    for word in forms:
        if word.holds in body:
            for groups in word.matches(body):
                yield from _numbers_of(groups)


def _numbers_of(groups: Mapping[str, str | None]) -> list[tuple[int, str]]:
    path = (groups.get("repository") or groups.get("address") or "").lower().strip("/")
    texts = _DIGITS.findall(groups.get("number") or groups.get("numbers") or "")
    return [(number, path) for text in texts for number in _number(text)]


def _split(named: Iterable[tuple[int, str]], addresses: Collection[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers of this repository, and those of others, each once."""
    pairs = list(named)
    own_numbers = tuple(dict.fromkeys(number for number, path in pairs if _is_own(path, addresses)))
    return own_numbers, tuple(dict.fromkeys(number for number, path in pairs if not _is_own(path, addresses)))


def _is_own(path: str, addresses: Collection[str]) -> bool:
    """Whether a path is this repository's; GitLab leaves out the group of a neighbour: `shop!12`."""
    if not path or not addresses:
        return True
    return path in addresses or ("/" not in path and any(known.rpartition("/")[2] == path for known in addresses))


def _owned(numbers: tuple[int, ...], body: str, addresses: Collection[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of a subject, without those that a trailer of the same message gives to another repository.

    The request whose address a trailer has comes before them, as they may be another repository's, or an issue's. The
    message of a copy repeats the trailer of what it copies.
    """
    if not addresses or "://" not in body:
        return numbers, ()
    own_numbers, foreign = _split(_named(words("landed"), body), addresses)
    strangers = {number for number in foreign if number not in own_numbers}
    copied = any(word.where == "body" and word.holds in body and any(word.matches(body)) for word in words("pick"))
    first = () if copied or set(own_numbers) & set(numbers) else own_numbers[-1:]
    return (*first, *(n for n in numbers if n not in strangers)), tuple(n for n in numbers if n in strangers)


def _squash_numbers(subject: str) -> tuple[int, list[int]]:
    """Where the `(#1) (#2)` that end a subject begin (its length if there are none), and their numbers, last first.

    Walks back from the end, because a pattern would try each place of a long hostile subject again.
    """
    numbers: list[int] = []
    end = at = len(subject)
    for _ in range(_MOST_NUMBERS):
        while at and subject[at - 1].isspace():
            at -= 1
        if not at or subject[at - 1] != ")":
            break
        begin = max(subject.rfind("(", 0, at), 0)
        match = next((match for word in words("squash") if (match := word.pattern.fullmatch(subject, begin, at))), None)
        if not match:
            break
        numbers += _number(match["number"])
        end = at = match.start()
    return end, numbers


def _number(text: str) -> tuple[int, ...]:
    number = int(text) if len(text) < 17 else 0
    return (number,) if 0 < number < _MAX_NUMBER else ()


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
