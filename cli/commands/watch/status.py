"""`headway status`: each source with its watermark, each repository with its coverage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from cli.options import Choice
from headway.times import shown
from pipeline.session import Session

if TYPE_CHECKING:
    import duckdb

EXAMPLE = """\b
Example:
  headway status
  headway status --format json | jq .problems
"""


@click.command("status", epilog=EXAMPLE)
@click.option(
    "--format",
    "form",
    type=Choice(("text", "json", "prometheus"), "format"),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.pass_obj
def command(session: Session, form: str) -> int:
    """Show the state of sources and repositories.

    Each source has its watermark, rows and last error; each repository its coverage. Tiers of AI evidence and bots
    without an AI rule follow. The exit code is 1 where a last run failed, rows are missing or nothing was collected.
    """
    from pipeline.watch.source_health import source_health

    if form != "text":
        return _document(session, form)
    missing = _sources(session)
    sources = source_health(session.settings)
    if all(source.row["rows"] is None for source in sources):
        click.echo("  nothing was collected yet\n    hint: headway collect TARGET")
        return 1
    _details(session)
    return 1 if missing or any(source.counts and source.failed for source in sources) else 0


def _document(session: Session, form: str) -> int:
    from pipeline.watch.metrics import metrics_text
    from pipeline.watch.state import state

    document = state(session)
    if form == "json":
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(metrics_text(session), nl=False)
    return 0 if document["ok"] else 1


def _sources(session: Session) -> bool:
    """Print the sources; whether rows are missing or a clock was ahead."""
    from pipeline.healing import clock_lines, gap_lines
    from pipeline.watch.source_status import source_status
    from warehouse.store import RawStore

    warehouse = session.settings.warehouse_folder
    sources = source_status(session.settings, warehouse)
    store = RawStore.of(session.settings)
    click.echo(f"warehouse {warehouse}" + (f", raw rows in {store.storage.name}" if store.storage.shared else ""))
    click.echo("\nsources")
    for row in sources.iter_rows(named=True):
        click.echo(f"  {row['source']}" + (f"  (now in {row['place']})" if row["place"] else ""))
        if row["rows"] is not None:
            click.echo(
                f"    complete through {shown(row['watermark_at'])}, {row['rows']:,} rows,"
                f" read {shown(row['collected_at'])}"
            )
        if row["error"]:
            click.echo(f"    last run {row['began_at']}Z failed: {row['error']}")
            click.echo(f"      hint: {row['hint']}")
    missing = [*gap_lines(store), *clock_lines(store, session.now)]
    for what, hint in missing:
        click.echo(f"  {what}\n    hint: {hint}")
    return bool(missing)


def _details(session: Session) -> None:
    """Print the repositories, tiers of AI evidence and hints for settings."""
    from analytics.explain.ai_tiers import tier_lines
    from pipeline.settings_hints import empty_initiatives, settings_hints
    from warehouse.publish import open_published

    settings = session.settings
    with open_published(settings.warehouse_folder) as connection:
        lines = [
            *_repositories(connection),
            *tier_lines(connection, settings.ai),
            *settings_hints(connection, settings.ai),
            *empty_initiatives(connection, settings),
        ]
    click.echo("\n".join(lines))


def _repositories(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The coverage of each repository, and the notices of collectors about it."""
    from analytics.cohort.filters import Filters
    from analytics.coverage import in_doubt
    from analytics.deployment_suggestions import manifest_notes
    from analytics.explain.service_notes import repositories_with_notes, service_notes
    from analytics.reports.doubtful.held_back import LEAVE_OUT
    from analytics.reports.doubtful.held_back import held_back as waits_in_doubt
    from analytics.reports.doubtful.record_clocks import WRITE_ZONES, record_clocks
    from analytics.reports.doubtful.renames import possible_renames
    from analytics.reports.doubtful.side_by_side import SEPARATE, side_by_side
    from analytics.reports.doubtful.tag_dates import DATE_THEM, tag_dates
    from analytics.reports.doubts import doubts_by_repository, hint_of, in_words
    from analytics.reports.published import coverage
    from pipeline.repositories import held_back

    table = coverage(connection, Filters())
    doubts = in_doubt(table)
    services = doubts_by_repository(connection)
    in_doubt_too = [(line, SEPARATE) for line in side_by_side(connection)]
    in_doubt_too += [(line, "`headway doctor` prints the settings") for line in possible_renames(connection)]
    in_doubt_too += [(line, WRITE_ZONES) for line in record_clocks(connection)]
    in_doubt_too += [(line, DATE_THEM) for line in tag_dates(connection)]
    with_notes = repositories_with_notes(connection)
    in_doubt_too += [(line, LEAVE_OUT) for line in waits_in_doubt(connection)]
    held = held_back(table.iter_rows(named=True))
    notices = (
        connection.sql("select repo_id, kind, detail, count from notices order by repo_id, kind")
        .to_arrow_table()
        .to_pylist()
    )
    yield "\nrepositories"
    for row in table.iter_rows(named=True):
        yield f"  {row['provider']}:{row['repo']}{'' if row['role'] == 'application' else '  (manifests)'}"
        name = f"{row['provider']}:{row['repo']}"
        for doubt in services.get(name, ()):
            yield f"    {in_words(doubt)}"
            yield f"      hint: {hint_of(doubt)}"
        for line, hint in in_doubt_too:
            if line.startswith((f"{name}: ", f"{name}, ")):
                yield f"    {line}\n      hint: {hint}"
        if name in doubts:
            yield f"    {doubts[name]}"
        if name in held:
            yield f"    {held[name]}"
        yield from (f"    {line}" for line in _facts(row))
        if name in with_notes:
            yield from (f"    {line}" for line in [*manifest_notes(connection, name), *service_notes(connection, name)])
        for notice in notices:
            if notice["repo_id"] == name:
                yield f"    notice: {notice['detail']}"


def _facts(row: dict[str, object]) -> list[str]:
    as_of = row["as_of"]
    facts = [f"as of {as_of:%Y-%m-%dT%H:%M:%SZ}, {row['commits']:,} commits" if as_of else "no data yet"]
    if row["role"] != "application":
        return facts
    facts.append(
        f"{row['changes']:,} changes: {row['production']:,} in production, {row['waiting']:,} waiting,"
        f" {row['abandoned']:,} abandoned, {row['unknown']:,} unknown, {row['no_deployments']:,} without deployments,"
        f" {row['not_code_complete']:,} not code complete"
    )
    if row["services"]:
        facts.append(
            f"{row['services']:,} services: {row['nothing_to_deploy']:,} changes touch none,"
            f" {row['shared_changes']:,} belong to one by shared or unlisted paths alone;"
            f" {row['deployments_without_service']:,} deployments are of no service"
        )
    pulls = row["pull_requests"]
    if pulls:
        facts.append(
            f"{pulls:,} landed pull requests, {row['pull_requests_joined']:,} with their own commits;"
            f" {row['pull_refs_not_landed']:,} more heads that did not land (open or closed: unknown)"
        )
    origin = " (detected, not set)" if row["deployed_from_default"] else ""
    facts.append(
        f"deployments from {row['deployed_from']}{origin}: {row['deployments']:,},"
        f" {row['production_deployments']:,} to production, {row['rollbacks']:,} rollbacks,"
        f" {row['deployments_without_commit']:,} without a known commit,"
        f" {row['deployments_without_date']:,} without a date"
    )
    facts.append(f"reviews on {row['reviewed']:,} changes, CI on {row['integrated']:,}")
    return facts
