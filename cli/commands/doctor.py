"""`headway doctor`: check what a nightly run needs, with a hint for each failure."""

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
    """Check settings, git, sources, disk and warehouse.

    Each failure has a hint; the exit code is then 1.
    """
    from headway.settings.pasted import to_paste
    from pipeline.doctor import checkup

    checks = list(checkup(session))
    for check in checks:
        click.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.what}")
        if not check.ok:
            click.echo(f"        hint: {to_paste(check.hint, ' ' * 10)}")
    return 0 if all(check.ok for check in checks) else 1
