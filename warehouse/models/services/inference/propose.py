"""What a repository deploys apart: services from the names of deployments and the folders of the repository.

Pure: the names come with the times of their deployments, so that what was renamed or retired is no sibling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from warehouse.models.deployments.silence import FEWEST, silent_since
from warehouse.models.services.inference.folders import Folders
from warehouse.models.services.inference.successions import Succession, successions

__all__ = ["EVERYTHING", "Deployed", "Proposal", "Releases", "propose", "quiet_since", "unplaced"]

EVERYTHING = "**"
"""The path of an application that no folder is called after."""
_FEW = timedelta(days=90)
"""How long what was deployed once or twice counts as alive."""
_LONGEST_NAME = 100
_NAMES = ("tags", "workflows")
"""Sources of names that may mean something else than a part."""
_NAMED = 12


@dataclass
class Deployed:
    """What deployments call by one name, and when they were."""

    name: str
    told_by: str
    """records, manifests, workflows or tags."""
    times: list[datetime] = field(default_factory=list)


@dataclass
class Releases:
    """The releases of a repository as one: each tag with its time, and the pattern that they match."""

    tags: list[tuple[str, datetime]]
    pattern: str


@dataclass
class Proposal:
    """A service that no setting names."""

    name: str
    told_by: str
    folders: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    applications: list[str] = field(default_factory=list)
    tags: str = ""
    times: list[datetime] = field(default_factory=list)
    gone: bool = False
    """The default branch has its folder no more."""
    successor: str = ""
    """Then the service that has its files now, empty where none is known."""
    successions: list[Succession] = field(default_factory=list)
    """Names that it had before, or may have had."""


def quiet_since(times: Sequence[datetime], as_of: datetime) -> datetime | None:
    """The last of some sorted times if nothing came after it for long: fewer than three show no rhythm, else None."""
    if len(times) >= FEWEST:
        return silent_since(times, as_of)
    return times[-1] if times and as_of - times[-1] > _FEW else None


def propose(repository: str, deployed: Iterable[Deployed], whole: Releases | None, folders: Folders) -> list[Proposal]:
    """The services of a repository called `repository`, none where nothing in it is deployed apart.

    `whole` are releases of the repository as one.
    """
    candidates = [part for part in deployed if part.times and _printable(part.name)]
    matches = [(part, folders.of(part.name)) for part in candidates]
    # A word in front of a version, or in the name of a workflow, is a part only where the repository has such a folder.
    proposals = _joined([(part, at) for part, at in matches if at is not None or part.told_by not in _NAMES], folders)
    _succeed(proposals)
    proposals = _lasting(proposals, [at for _, at in whole.tags] if whole else [])
    if not _apart(proposals):
        return []
    if whole is not None:
        _add_whole(repository, proposals, whole)
    _leave_out_nested(proposals)
    homes = {folder: proposal.name for proposal in proposals if not proposal.gone for folder in proposal.folders}
    for proposal in proposals:
        if proposal.gone:
            proposal.successor = folders.went_to(proposal.folders[0], homes)
    return sorted(proposals, key=lambda proposal: proposal.name)


def _succeed(proposals: list[Proposal]) -> None:
    """Join the names that one service had one after another: it has the newest name, and all folders."""
    named = [proposal for proposal in proposals if proposal.told_by != "tags"]
    by_name = {proposal.name: proposal for proposal in named}
    for row in successions(named):
        new, old = by_name[row.name], by_name[row.former]
        new.successions.append(row)
        if row.joined:
            new.gone = new.gone or (old.gone and not new.folders)
            new.folders = list(dict.fromkeys([*new.folders, *old.folders]))
            new.paths = [] if new.folders else new.paths
            new.applications += old.applications
            new.times = sorted([*old.times, *new.times])
            new.successions += old.successions
            proposals.remove(old)


def unplaced(deployed: Iterable[Deployed], folders: Folders) -> list[Deployed]:
    """The parts that tags go on releasing and that have no folder: nobody knows which changes they ship."""
    parts = [part for part in deployed if part.times]
    as_of = max((part.times[-1] for part in parts), default=None)
    return [
        part
        for part in sorted(parts, key=lambda part: part.name)
        if part.told_by == "tags"
        and len(part.times) >= FEWEST
        and as_of is not None
        and quiet_since(part.times, as_of) is None
        and not folders.aside(part.name)
        and folders.of(part.name) is None
    ]


def _lasting(parts: Sequence[Proposal], whole: Sequence[datetime]) -> list[Proposal]:
    """Without those that had a tag or two long ago, whose folder is released since with the whole or one around it."""
    as_of = max([part.times[-1] for part in parts] + list(whole), default=None)
    if as_of is None:
        return []
    goes_on = bool(whole) and quiet_since(sorted(whole), as_of) is None
    going = [part for part in parts if quiet_since(part.times, as_of) is None]
    around = tuple(f"{folder}/" for part in going for folder in part.folders)
    return [
        part
        for part in parts
        if part in going
        or part.told_by != "tags"
        or len(part.times) >= FEWEST
        or part.gone
        or not (goes_on or any(folder.startswith(around) for folder in part.folders))
    ]


def _apart(parts: Sequence[Proposal]) -> bool:
    """Whether two of them go on, or went on at the same time."""
    if len(parts) < 2:
        return False
    as_of = max(part.times[-1] for part in parts)
    if sum(quiet_since(part.times, as_of) is None for part in parts) >= 2:
        return True
    # Names of tags that ended are the past form of a repository that is released as one today.
    spans = sorted((part.times[0], part.times[-1]) for part in parts if part.told_by != "tags")
    return any(later[0] < earlier[1] for earlier, later in pairwise(spans))


def _joined(matches: Sequence[tuple[Deployed, str | None]], folders: Folders) -> list[Proposal]:
    """One service of each name; tags of one folder are one service, that of the newest."""
    proposals: list[Proposal] = []
    places: dict[str, Proposal] = {}
    for part, folder in sorted(matches, key=lambda pair: (pair[0].times[-1], pair[0].name), reverse=True):
        key = f"tags {folder}" if part.told_by == "tags" else f"name {part.name.lower()}"
        proposal = places.get(key)
        if proposal is None:
            proposal = places[key] = Proposal(part.name, part.told_by)
            proposals.append(proposal)
            if folder is None:
                proposal.paths = [EVERYTHING]
            elif folder:
                proposal.folders = [folder]
                proposal.gone = folders.gone(folder)
        proposal.applications.append(part.name)
        proposal.times = sorted([*proposal.times, *part.times])
    taken = {folder for proposal in proposals for folder in proposal.folders}
    for proposal in proposals:
        # What had a name of its own when it was there is a service of its own, that ended.
        proposal.folders += [old for folder in proposal.folders for old in folders.earlier(folder) if old not in taken]
    return proposals


def _leave_out_nested(proposals: Sequence[Proposal]) -> None:
    """The globs of each service: its folders without those of others inside, which are told from the deepest."""
    owners: dict[str, set[str]] = {}
    for proposal in proposals:
        for folder in proposal.folders:
            owners.setdefault(folder, set()).add(proposal.name)
    for proposal in proposals:
        if proposal.folders:
            inside = {
                other
                for other, names in owners.items()
                for folder in proposal.folders
                if other.startswith(f"{folder}/") and proposal.name not in names
            }
            proposal.paths = [f"{folder}/**" for folder in proposal.folders] + [
                f"!{other}/**" for other in sorted(inside)
            ]


def _add_whole(repository: str, proposals: list[Proposal], whole: Releases) -> None:
    """Releases of the whole since the second of its parts began are those of what no part lists, and ship no part.

    A few of them among many of before are candidates one by one: the others shipped all that there was.
    """
    parts = sorted(one.times[0] for one in proposals if one.told_by == "tags" and one.folders)
    late = [name for name, at in whole.tags if len(parts) > 1 and at >= parts[1]]
    if not late:
        return
    rest = next((one for one in proposals if not one.folders and not one.paths), None)
    if rest is None:
        name = _free(repository, proposals)
        rest = Proposal(name, "tags", applications=[name])
        proposals.append(rest)
    exact = f"^(?:{'|'.join(re.escape(name) for name in sorted(set(late)))})$"
    rest.tags = exact if len(late) <= _NAMED and len(late) < len(whole.tags) else whole.pattern


def _free(name: str, proposals: Sequence[Proposal]) -> str:
    taken = {proposal.name.lower() for proposal in proposals}
    while name.lower() in taken:
        name += " (whole)"
    return name


def _printable(name: str) -> bool:
    return bool(name) and name.isprintable() and len(name) <= _LONGEST_NAME and not set(name) & set(";*")
