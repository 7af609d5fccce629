"""`headway backup`: everything that was collected, in one file."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.session import Session

EXAMPLE = """\b
Example:
  headway backup /srv/backups/headway.tar
"""


@click.command("backup", epilog=EXAMPLE)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def command(session: Session, file: Path) -> int:
    """Write everything that was collected to one file.

    Collectors and builds may go on meanwhile. The file appears when it is whole, and only its owner may read it.
    """
    from pipeline.forget import finish_pending
    from warehouse.store import RawStore
    from warehouse.upkeep.backup import backup

    finish_pending(session)
    archive = backup(RawStore.of(session.settings), session.folder / file)
    click.echo(f"backed up {archive.size_bytes / (1 << 20):,.1f} MiB in {archive.batches:,} batch(es)", err=True)
    return 0
