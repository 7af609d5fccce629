"""`headway build`: derive the tables that reports read."""

from __future__ import annotations

import click

from cli.log import current_log, program_progress
from pipeline.session import Session

SOME_MISSING = 3

EXAMPLE = """\b
Example:
  headway build        # after a change of headway.toml; `collect` also builds
"""


@click.command("build", epilog=EXAMPLE)
@click.option("--full", is_flag=True, help="Make every table again, also what the last build made of the same rows.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 32),
    default=1,
    show_default=True,
    help="Number of processes that share the work on repositories.",
)
@click.pass_obj
def command(session: Session, full: bool, jobs: int) -> int:  # noqa: FBT001
    """Derive the tables of reports from collected data."""
    from cli.arrow_alone import leave_pandas_out, one_thread_of_algebra

    one_thread_of_algebra()
    from pipeline.build import build, teams_of, unknown_initiatives
    from pipeline.forget import finish_pending
    from pipeline.healing import gap_lines
    from pipeline.repositories import notice_lines
    from pipeline.watch.recorded import recorded
    from warehouse.publish import open_published
    from warehouse.store import RawStore

    leave_pandas_out()
    journal = current_log()
    with recorded(session, "build") as outcome:
        finish_pending(session)
        path = build(session, teams_of(session.settings), program_progress(), anew=full, jobs=jobs)
        click.echo(str(path))
        with open_published(session.settings.warehouse_folder) as built:
            for lines in (unknown_initiatives(built, session.settings), *notice_lines(built)):
                if lines:
                    journal.warning(lines)
        missing = gap_lines(RawStore.of(session.settings))
        for what, hint in missing:
            journal.warning(what, hint=hint)
        outcome.exit_code = SOME_MISSING if missing else 0
    return outcome.exit_code
