"""What `headway doctor` checks of Git sources: whether they are manifests, and what reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from collectors.git.manifests.fit import Fit, fits, fits_by_path, names_anything, sets_not_read
from collectors.git.repository.address import locate
from collectors.git.repository.clones import Cache
from collectors.git.repository.refs import list_refs
from collectors.git.repository.repository import Repository, open_repository
from collectors.git.repository.source import GitSource
from headway.errors import HeadwayError, PartialRead
from headway.source import Check

__all__ = ["manifest_checks"]

_SHOWN = 4


def manifest_checks(source: GitSource, label: str, cache: Path) -> Iterator[Check]:
    """A preset for a source that looks like manifests, and whether what the settings describe is there.

    Only what is on disk is looked at; a source that cannot be opened is reported where it is collected.
    """
    try:
        repository = _opened(source, cache)
        listing = list_refs(repository, requested=source.branch)
        tip = listing.oids.get(f"refs/heads/{listing.default_branch}")
        if tip is None:
            return
        yield from _sets(label, repository, tip)
        if source.manifests:
            yield from _described(source, label, repository, tip)
            return
        found = _fits(repository, tip)
    except HeadwayError:
        return
    if found and (len(found[0].environments) > 1 or found[0].mostly):
        yield Check(ok=True, what=f"source {label}: {_sentence(found[0])}")


def _sets(label: str, repository: Repository, tip: str) -> Iterator[Check]:
    """What generators of Argo CD make of other files or of clusters is not read."""
    try:
        sets = sets_not_read(repository.git, tip)
    except PartialRead:
        return
    if sets:
        shown = ", ".join(f"{path}: {' and '.join(kinds)}" for path, kinds in [*sets.items()][:_SHOWN])
        more = ", …" if len(sets) > _SHOWN else ""
        yield Check(
            ok=True,
            what=f"source {label}: applications that an ApplicationSet does not list are not read ({shown}{more});"
            " read their versions where they are written, with the preset kustomize or helm",
        )


def _described(source: GitSource, label: str, repository: Repository, tip: str) -> Iterator[Check]:
    """A failure where the patterns of the settings name nothing at the newest commit."""
    for number, patterns in enumerate(source.manifests, 1):
        patterns.check()
        if not names_anything(repository.git, tip, patterns):
            found = _fits(repository, tip)
            where = f"[[sources.manifests]] {number}"
            yield Check(
                ok=False,
                what=f"source {label}: {where} names no version in any file of its newest commit",
                hint=_sentence(found[0]) if found else "correct its path and version, or set a preset",
            )


def _opened(source: GitSource, cache: Path) -> Repository:
    location = locate(source.target)
    if location.url is None:
        return open_repository(location.folder or Path(), location.name)
    clones = Cache(cache.absolute() / "git", location.name)
    with_contents = clones.place(location.url, blobs=True)
    folder = with_contents if with_contents.exists() else clones.place(location.url, blobs=False)
    return open_repository(folder, location.name)


def _fits(repository: Repository, tip: str) -> list[Fit]:
    try:
        return fits(repository.git, tip)
    except PartialRead:  # a clone without contents: the names of its files are there
        return fits_by_path(repository.git, tip)


def _sentence(fit: Fit) -> str:
    setting = f'[[sources.manifests]] preset = "{fit.preset}"'
    what = f" of {_some(fit.applications, 'application')}" if fit.applications else ""
    where = f"in {_some(fit.environments, 'environment')}" if fit.environments else "without environments (production)"
    return f"{setting} would read versions{what} {where}"


def _some(names: Sequence[str], noun: str) -> str:
    shown = ", ".join(name for name in names[:_SHOWN] if name.isprintable())
    more = ", …" if len(names) > _SHOWN else ""
    return f"{len(names)} {noun}{'' if len(names) == 1 else 's'} ({shown}{more})"
