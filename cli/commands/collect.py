"""`headway collect`: read sources into the warehouse, then build."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from cli.log import current_log, program_progress
from headway.errors import UsageError
from pipeline.session import Session

if TYPE_CHECKING:
    from headway.source import Shard, Source
    from pipeline.collect import Run
    from warehouse.store import RawStore

SOME_FAILED = 3

EXAMPLE = """\b
Example:
  headway collect https://github.com/alphagov/govuk-chat
  headway collect github:acme/checkout github:acme-labs
  headway collect path/to/clone events:deployments.ndjson
  headway collect --dry-run events:deployments.ndjson
  headway collect                       # every source of headway.toml, for a nightly job
  headway collect --shard 2/8           # the second of eight hosts: its part of them, without a build
"""


@click.command("collect", epilog=EXAMPLE)
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option("--full", is_flag=True, help="Read all history again, not only what is new.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 32),
    default=1,
    show_default=True,
    help="Number of sources to read at the same time, and of processes that build.",
)
@click.option(
    "--shard", metavar="I/N", help="Read the I-th of N parts of the sources, on one of N hosts; builds nothing."
)
@click.option("--dry-run", is_flag=True, help="Show what files of records would bring, and write nothing.")
@click.pass_obj
def command(
    session: Session,
    targets: tuple[str, ...],
    full: bool,  # noqa: FBT001
    jobs: int,
    shard: str | None,
    dry_run: bool,  # noqa: FBT001
) -> int:
    """Read targets, or every source of the settings, and build.

    A target is a git folder, a clone URL, github:OWNER/NAME, github:OWNER, events:FILE or events:FOLDER.
    """
    from cli.arrow_alone import leave_pandas_out, one_thread_of_algebra

    one_thread_of_algebra()
    from pipeline.sources import sources_of
    from pipeline.watch.recorded import recorded
    from warehouse.classify import Rules, RuleSettings

    leave_pandas_out()
    part = _shard(shard)
    if dry_run:
        return _dry_run(session, _of_shard(sources_of(session.settings, targets, session.access), part))
    with recorded(session, "collect") as outcome:
        sources = _of_shard(sources_of(session.settings, targets, session.access), part)
        Rules.load(RuleSettings.of(session.settings.ai))  # report invalid rules before hours of reading
        runs, missing = _collect(session, sources, full=full, jobs=jobs, part=part)
        failed = [run for run in runs if run.error]
        outcome.exit_code = _exit_code(runs, failed, missing=missing)
        outcome.rows = sum(sum(run.rows.values()) for run in runs)
        outcome.requests = sum(run.requests for run in runs)
        outcome.error = "; ".join(run.label for run in failed)
    return outcome.exit_code


def _shard(text: str | None) -> Shard | None:
    from headway.source import Shard

    try:
        return Shard.parse(text) if text else None
    except ValueError as error:
        raise UsageError(
            f"--shard is not one of several parts: {text!r}", hint="write --shard 2/8 for the second of eight"
        ) from error


def _of_shard(sources: list[Source], part: Shard | None) -> list[Source]:
    return [source for source in sources if part is None or part.has(source.id)]


def _collect(
    session: Session, sources: list[Source], *, full: bool, jobs: int, part: Shard | None
) -> tuple[list[Run], bool]:
    """Read and build: the runs, and whether raw rows are missing. A part of the sources is read and not built."""
    from pipeline.build import build, teams_of
    from pipeline.collect import ambiguous_repositories, run_all
    from pipeline.forget import finish_pending
    from pipeline.healing import clock_lines, gap_lines, heal_read_again
    from pipeline.trace_repairs import trace_repairs
    from warehouse.publish import current_name
    from warehouse.upkeep.compaction import tidy

    journal = current_log()
    store = _store(session)
    progress = program_progress()
    finish_pending(session)
    for source in sources:
        journal.debug(f"to read: {source.label}", source=source.id)
    with store.collecting():
        before = store.moment(session.now)
        runs = run_all(store, sources, full=full, jobs=jobs, began_at=session.now, progress=progress)
        _print_runs(runs)
        if full:
            heal_read_again(store, runs, before=before)
        for repo_id, labels in sorted(ambiguous_repositories(store, runs).items()):
            what = f"{' and '.join(labels)} have the same repository id {repo_id}: their changes are mixed"
            journal.warning(what, hint="set another `name` for one of them in [[sources]]")
        part_ids = {source.id for source in sources} if part else None  # other hosts merge their own
        tidy(store, now=session.now, sources=part_ids, sweep=part is None or part.number == 1)
        if any(run.landed for run in runs):
            tracing = trace_repairs(session, store, sources, full=full, progress=progress)
            _print_runs(tracing)
            runs += tracing
        if part is not None:
            journal.info(f"read part {part.number} of {part.count}: {len(sources)} sources; next: headway build")
        elif any(run.landed for run in runs):
            stood = current_name(session.settings.warehouse_folder)
            path = build(session, teams_of(session.settings), progress, anew=full, jobs=jobs)
            built = f"built {path.name}" if path.name != stood else f"nothing is new: {path.name} stands"
            journal.info(f"{built}; next: headway summary")
            _print_findings(session, store)
        missing = gap_lines(store)
        _print_hints((*missing, *clock_lines(store, session.now)))
    return runs, bool(missing)


def _exit_code(runs: list[Run], failed: list[Run], *, missing: bool) -> int:
    if not failed:
        return SOME_FAILED if missing else 0
    return SOME_FAILED if any(run.landed for run in runs) else max(run.exit_code for run in failed)


def _store(session: Session) -> RawStore:
    from warehouse.store import RawStore
    from warehouse.upkeep.pseudonyms import use_pseudonyms

    store = RawStore.of(session.settings)
    use_pseudonyms(store, session.settings, session.environment)
    return store


def _print_findings(session: Session, store: RawStore) -> None:
    """What the build shows: settings that match nothing, what is in doubt in records, and every notice."""
    from pipeline.build import unknown_initiatives
    from pipeline.repositories import doubtful_records, held_back_lines, notice_lines
    from pipeline.settings_checks.idle_settings import idle_settings
    from pipeline.settings_checks.unknown_repositories import unknown_repositories
    from warehouse.publish import open_published

    settings = session.settings
    with open_published(settings.warehouse_folder) as built:
        # Where all sources were read, the build has refused unknown repositories.
        _print_hints(unknown_repositories(settings, store))
        _print_hints(idle_settings(built, settings, store))
        _print_hints(doubtful_records(built))
        for lines in (unknown_initiatives(built, settings), *held_back_lines(built), *notice_lines(built)):
            if lines:
                current_log().warning(lines)


def _dry_run(session: Session, sources: list[Source]) -> int:
    from pipeline.dry_run import dry_run

    lines, whole = dry_run(session, sources)
    click.echo("\n".join(lines))
    return 0 if whole else SOME_FAILED


def _print_hints(lines: Iterable[tuple[str, str]]) -> None:
    for what, hint in lines:
        current_log().warning(what, hint=hint)


def _print_runs(runs: list[Run]) -> None:
    for run in runs:
        facts: dict[str, Any] = {"source": run.source, "rows": sum(run.rows.values()), "seconds": run.seconds}
        if run.error:
            current_log().error(run.line(), hint=run.hint, **facts)
        else:
            current_log().info(run.line(), **facts)
