"""`headway collect --dry-run`: what the sources would bring, by repository and environment. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from analytics.text.wording import counted
from headway.errors import HeadwayError
from headway.repository_names import repository_key
from headway.settings import Settings
from headway.source import Preview, PreviewedRepository, Source
from headway.times import shown
from pipeline.session import Session
from warehouse.models.deployments.environments import named_production
from warehouse.store import RawStore

__all__ = ["dry_run"]


def dry_run(session: Session, sources: Iterable[Source]) -> tuple[list[str], bool]:
    """The lines to print, and whether every line of every file would be read."""
    settings = session.settings
    latest = RawStore.of(settings).latest()
    collected = {
        repository_key(repo_id): repo_id
        for source, commit in latest.items()
        if not source.startswith("events:")
        for repo_id in commit.repo_ids
    }
    lines: list[str] = []
    whole = True
    for source in sources:
        lines.append(f"{source.label} ({source.id})")
        if source.preview is None:
            before = latest.get(source.id)
            stand = f"from where it stood on {shown(before.collected_at)}" if before else "in full"
            lines.append(f"  would be read {stand}; only reading it shows what it brings")
            continue
        try:
            preview = source.preview(session.now)
        except HeadwayError as error:
            lines += [f"  cannot be read: {error}", f"    hint: {error.hint}"]
            whole = False
            continue
        whole = whole and not preview.rejected_lines
        lines.extend(f"  {line}" for line in _lines(preview, collected, settings))
    return [*lines, "nothing was written"], whole


def _lines(preview: Preview, collected: dict[str, str], settings: Settings) -> Iterator[str]:
    yield f"{preview.lines:,} lines, {preview.rejected_lines:,} of them would be rejected"
    yield from (f"  line {number}: {reason}" for number, reason in preview.rejected)
    yield from (f"note: {note}" for note in preview.notes)
    for repository in preview.repositories:
        yield _heading(repository, collected)
        yield from (f"  {line}" for line in _environments(repository, settings))
        yield from (f"  {count:,} {table.replace('_', ' ')}" for table, count in repository.others)


def _heading(repository: PreviewedRepository, collected: dict[str, str]) -> str:
    key = repository_key(repository.repo_id)
    if key in collected:
        return repository.repo_id
    near = get_close_matches(key, collected, n=1)
    nearest = f"; the nearest name is {collected[near[0]]}" if near else ""
    return f"{repository.repo_id}: its code is not collected{nearest}"


def _environments(repository: PreviewedRepository, settings: Settings) -> Iterator[str]:
    known = False
    for name, deployments, succeeded, first_at, last_at, line, flags in repository.environments:
        said = next(iter(flags)) if len(flags) == 1 else named_production(repository.repo_id, name, settings)
        known = known or bool(said)
        kind = "production" if said else "not production" if said is False else "not known whether production"
        many = f"{counted(deployments, 'deployment')}, {succeeded:,} succeeded"
        yield f"{name}: {many}, {shown(first_at)} to {shown(last_at)}, {kind} (line {line})"
    if repository.environments and not known:
        yield "no environment is taken for production: set `environments` in [production]"
