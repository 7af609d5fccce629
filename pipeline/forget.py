"""`headway forget`: take a source or a repository out of the warehouse, or a person out of all rows."""

from __future__ import annotations

import hashlib
import shutil
from difflib import get_close_matches
from pathlib import Path

from headway.errors import UsageError
from headway.progress import Progress, SilentProgress
from headway.repository_names import repository_key
from pipeline.build import build, configured_sources_by_id, teams_of
from pipeline.session import Session
from warehouse.store import RawStore
from warehouse.upkeep.fixed_path import fixed_path
from warehouse.upkeep.forgetting import Forgotten, finish, forget, pending, what_goes, who_goes
from warehouse.upkeep.privacy import use_privacy

__all__ = ["apply", "finish_pending", "look_up", "still_told"]


def look_up(session: Session, name: str) -> Forgotten:
    """What a name stands for: a source as `status` shows it or as the settings name it, a repository, or a person.

    Raises `UsageError` for a name that the warehouse does not know, with the nearest that it does.
    """
    store = RawStore.of(session.settings)
    commits = store.commits()
    repositories = {repo_id for commit in commits for repo_id in commit.repo_ids}
    sources = {commit.source for commit in commits}
    by_target = configured_sources_by_id(session.settings)
    spelled = [name, f"events:{Path(session.folder, name.removeprefix('events:')).resolve()}", *by_target.get(name, ())]
    spelled += [f"git:{Path(session.folder, name).resolve()}"]
    spelled += [repo_id for repo_id in repositories if repo_id.partition(":")[2].lower() == name.lower()]
    spelled += [id_ for id_, commit in store.latest().items() if commit.resume.get("place") == name.partition(":")[2]]
    for spelling in spelled:
        if (forgotten := what_goes(store, spelling)) is not None:
            return forgotten
    use_privacy(store, session.settings, session.environment)
    for who in (name, store.alias(name) if store.alias else name):
        if (person := who_goes(store, who)) is not None:
            return person
    if session.settings.privacy.authors == "none":
        raise UsageError(
            f"the warehouse has no source or repository {name!r}, and of people no names",
            hint="`headway status` lists sources and repositories",
        )
    near = get_close_matches(name, [*sources, *repositories], n=1, cutoff=0.3)
    raise UsageError(
        f"the warehouse has no source, repository or person {name!r}",
        hint=f"did you mean {near[0]!r}?" if near else "`headway status` lists them",
    )


def apply(session: Session, forgotten: Forgotten, progress: Progress) -> Path | None:
    """Let it go, and build again; returns the published file, None where nothing is left to build."""
    warehouse = session.settings.warehouse_folder
    store = RawStore.of(session.settings)
    with store.collecting():
        finish(store)
        forget(store, forgotten)
        _leftovers(warehouse, forgotten.sources, every=bool(forgotten.identities))
        _drop_clones(store, warehouse, forgotten)
        return _published_again(session, store, progress)


def finish_pending(session: Session) -> None:
    """Finish what a run that was stopped began, and build; WarehouseBusy where a collector holds the warehouse."""
    store = RawStore.of(session.settings)
    if pending(store):
        with store.collecting():
            finish(store)
            _published_again(session, store, SilentProgress())


def still_told(session: Session, forgotten: Forgotten) -> list[str]:
    """Sources of the settings that bring a forgotten repository or source back with the next `collect`."""
    named = {id_ for ids in configured_sources_by_id(session.settings).values() for id_ in ids}
    back = [source for source in forgotten.sources if source in named]
    for source, commit in RawStore.of(session.settings).latest().items():
        if any(repository_key(repo_id) in forgotten.repositories for repo_id in commit.repo_ids):
            back.append(source)
    return sorted(set(back))


def _published_again(session: Session, store: RawStore, progress: Progress) -> Path | None:
    warehouse = session.settings.warehouse_folder
    if not store.commits():
        (warehouse / "CURRENT").unlink(missing_ok=True)
        fixed_path(warehouse).unlink(missing_ok=True)
        _drop_published(warehouse, but=None)
        return None
    # Not from a copy of the file before: pages that it no longer uses may hold what was forgotten.
    path = build(session, teams_of(session.settings), progress, anew=True)
    _drop_published(warehouse, but=path)
    return path


def _drop_published(warehouse: Path, *, but: Path | None) -> None:
    """Older published files hold the rows too."""
    for path in warehouse.glob("headway-*.duckdb"):
        if path != but:
            path.unlink(missing_ok=True)


def _drop_clones(store: RawStore, warehouse: Path, forgotten: Forgotten) -> None:
    """Clones in the cache that no source reads any more: they hold the names of all authors."""
    from collectors.git.repository.clones import unused_clones

    if not (warehouse / "cache" / "git").is_dir():
        return
    places = set()
    for source, commit in store.latest().items():
        keys = {repository_key(repo_id) for repo_id in commit.repo_ids}
        if source.startswith("git:") and not (keys and keys <= set(forgotten.repositories)):
            places |= {source.removeprefix("git:"), str(commit.resume.get("place") or source.removeprefix("git:"))}
    for folder in list(unused_clones(warehouse / "cache", places)):
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_name(folder.name + ".lock").unlink(missing_ok=True)


def _leftovers(warehouse: Path, sources: tuple[str, ...], *, every: bool) -> None:
    """The last run and the rejected lines of sources; with `every` all rejected lines, which may name anyone."""
    for path in (warehouse / "rejects").glob("*.rejects.ndjson") if every else ():
        path.unlink(missing_ok=True)
    for source in sources:
        digest = hashlib.sha256(source.encode()).hexdigest()
        (warehouse / "runs" / f"{digest[:16]}.json").unlink(missing_ok=True)
        for path in (warehouse / "rejects").glob(f"*-{digest[:12]}.rejects.ndjson"):
            path.unlink(missing_ok=True)
