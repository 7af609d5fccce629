"""`headway collect`: read sources into the warehouse, then build."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from pipeline.session import Session

if TYPE_CHECKING:
    from headway.source import Source
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
@click.option("--dry-run", is_flag=True, help="Show what files of records would bring, and write nothing.")
@click.pass_obj
def command(session: Session, targets: tuple[str, ...], full: bool, jobs: int, dry_run: bool) -> int:  # noqa: FBT001
    """Read targets, or every source of the settings, and build.

    A target is a git folder, a clone URL, github:OWNER/NAME, github:OWNER, events:FILE or events:FOLDER.
    """
    from cli.arrow_alone import leave_pandas_out
    from headway.progress import progress_on
    from pipeline.build import build, teams_of
    from pipeline.collect import ambiguous_repositories, run_all
    from pipeline.forget import finish_pending
    from pipeline.healing import clock_lines, gap_lines, heal_read_again
    from pipeline.sources import sources_of
    from pipeline.trace_repairs import trace_repairs
    from warehouse.classify import Rules, RuleSettings
    from warehouse.publish import current_name
    from warehouse.upkeep.compaction import tidy

    leave_pandas_out()
    sources = sources_of(session.settings, targets, session.access)
    if dry_run:
        return _dry_run(session, sources)
    Rules.load(RuleSettings.of(session.settings.ai))  # report invalid rules before hours of reading
    store = _store(session)
    progress = progress_on(sys.stderr, time.monotonic)
    finish_pending(session)
    with store.collecting():
        before = store.moment(session.now)
        runs = run_all(store, sources, full=full, jobs=jobs, began_at=session.now, progress=progress)
        _print_runs(runs)
        if full:
            heal_read_again(store, runs, before=before)
        for repo_id, labels in sorted(ambiguous_repositories(store, runs).items()):
            click.echo(
                f"{' and '.join(labels)} have the same repository id {repo_id}: their changes are mixed", err=True
            )
            click.echo("  hint: set another `name` for one of them in [[sources]]", err=True)
        tidy(store, now=session.now)
        if any(run.landed for run in runs):
            tracing = trace_repairs(session, store, sources, full=full, progress=progress)
            _print_runs(tracing)
            runs += tracing
            stood = current_name(session.settings.warehouse_folder)
            path = build(session, teams_of(session.settings), progress, anew=full, jobs=jobs)
            built = f"built {path.name}" if path.name != stood else f"nothing is new: {path.name} stands"
            click.echo(f"{built}; next: headway summary", err=True)
            _print_findings(session, store)
        missing = gap_lines(store)
        _print_hints((*missing, *clock_lines(store, session.now)))
    failed = [run for run in runs if run.error]
    if not failed:
        return SOME_FAILED if missing else 0
    return SOME_FAILED if any(run.landed for run in runs) else max(run.exit_code for run in failed)


def _store(session: Session) -> RawStore:
    from warehouse.store import RawStore
    from warehouse.upkeep.pseudonyms import use_pseudonyms

    store = RawStore(session.settings.warehouse_folder)
    use_pseudonyms(store, session.settings, session.environment)
    return store


def _print_findings(session: Session, store: RawStore) -> None:
    """What the build shows: settings that match nothing, what is in doubt in records, and every notice."""
    from pipeline.build import unknown_initiatives
    from pipeline.repositories import doubtful_records, held_back_lines, notice_lines
    from pipeline.settings_checks.idle_settings import idle_settings
    from pipeline.settings_checks.unknown_repositories import unknown_repositories

    settings = session.settings
    # Where all sources were read, the build has refused unknown repositories.
    for hints in (unknown_repositories(settings, store), idle_settings(settings, store), doubtful_records(settings)):
        _print_hints(hints)
    for lines in (unknown_initiatives(settings), *held_back_lines(settings), *notice_lines(settings)):
        if lines:
            click.echo(lines, err=True)


def _dry_run(session: Session, sources: list[Source]) -> int:
    from pipeline.dry_run import dry_run

    lines, whole = dry_run(session, sources)
    click.echo("\n".join(lines))
    return 0 if whole else SOME_FAILED


def _print_hints(lines: Iterable[tuple[str, str]]) -> None:
    for what, hint in lines:
        click.echo(f"{what}\n  hint: {hint}", err=True)


def _print_runs(runs: list[Run]) -> None:
    for run in runs:
        click.echo(run.line(), err=True)
        if run.error:
            click.echo(f"  hint: {run.hint}", err=True)
