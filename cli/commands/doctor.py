"""`headway doctor`: is everything there that a nightly run needs, and what to do where it is not."""

from __future__ import annotations

import click

from pipeline.session import Session

EXAMPLE = """\b
Example:
  headway doctor
"""


@click.command("doctor", epilog=EXAMPLE)
@click.pass_obj
def command(session: Session) -> int:
    """Check settings, git, sources, disk and the warehouse, and say what to do about each failure."""
    from pipeline.doctor import checkup

    found = list(checkup(session))
    for check in found:
        click.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.what}")
        if not check.ok:
            click.echo(f"        hint: {check.hint}")
    return 0 if all(check.ok for check in found) else 1
