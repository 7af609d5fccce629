"""`headway restore`: a warehouse from a backup."""

from __future__ import annotations

from pathlib import Path

import click

from cli.log import program_progress
from pipeline.session import Session

EXAMPLE = """\b
Example:
  headway restore /srv/backups/headway.tar
  headway --warehouse restored restore /srv/backups/headway.tar
"""


@click.command("restore", epilog=EXAMPLE)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def command(session: Session, file: Path) -> int:
    """Make a warehouse from a backup, and build it.

    Each file is compared with its digest first: all of it is restored, or nothing. The warehouse must be empty.
    """
    from cli.arrow_alone import leave_pandas_out
    from pipeline.build import build, teams_of
    from warehouse.store import RawStore
    from warehouse.upkeep.backup import restore

    leave_pandas_out()
    archive = restore(session.folder / file, RawStore.of(session.settings))
    click.echo(f"restored {archive.batches:,} batches", err=True)
    click.echo(str(build(session, teams_of(session.settings), program_progress())))
    return 0
