"""`headway doctor`: check what a nightly run needs, with a hint for each failure."""

from __future__ import annotations

import json

import click

from cli.options import Choice
from pipeline.session import Session

EXAMPLE = """\b
Example:
  headway doctor
"""


@click.command("doctor", epilog=EXAMPLE)
@click.option(
    "--format",
    "form",
    type=Choice(("text", "json"), "format"),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.pass_obj
def command(session: Session, form: str) -> int:
    """Check settings, git, sources, disk and warehouse.

    Each failure has a hint; the exit code is then 1.
    """
    from headway.settings.pasted import to_paste
    from pipeline.doctor import checkup

    checks = list(checkup(session))
    failed = not all(check.ok for check in checks)
    if form == "json":
        rows = [{"ok": check.ok, "what": check.what, "hint": "" if check.ok else check.hint} for check in checks]
        click.echo(json.dumps({"ok": not failed, "checks": rows}, indent=2))
        return int(failed)
    for check in checks:
        click.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.what}")
        if not check.ok:
            click.echo(f"        hint: {to_paste(check.hint, ' ' * 10)}")
    return int(failed)
