"""`headway init`: write a commented headway.toml."""

from __future__ import annotations

import click

from pipeline.session import Session

EXAMPLE = """\b
Example:
  headway init && "$EDITOR" headway.toml
"""


@click.command("init", epilog=EXAMPLE)
@click.pass_obj
def command(session: Session) -> int:
    """Write a commented headway.toml."""
    from headway.errors import UsageError
    from headway.settings.reader import FILE_NAME
    from headway.settings.template import commented

    path = session.config or session.folder / FILE_NAME
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(commented())
    except FileExistsError as error:
        raise UsageError(f"{path} already exists", hint="edit it, or move it away first") from error
    click.echo(f"wrote {path}", err=True)
    return 0
