"""`headway init`: write a commented headway.toml."""

from __future__ import annotations

import click

from pipeline.session import Session

EXAMPLE = """\b
Example:
  headway init && "$EDITOR" headway.toml
  headway init --schema > headway.schema.json
"""


@click.command("init", epilog=EXAMPLE)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of headway.toml, for editors; write no file.")
@click.pass_obj
def command(session: Session, schema: bool) -> int:  # noqa: FBT001
    """Write a commented headway.toml."""
    from headway.errors import UsageError
    from headway.settings.reader import FILE_NAME
    from headway.settings.written.schema import schema_text
    from headway.settings.written.template import commented

    if schema:
        click.echo(schema_text(), nl=False)
        return 0
    path = session.config or session.folder / FILE_NAME
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(commented())
    except FileExistsError as error:
        raise UsageError(f"{path} already exists", hint="edit it, or move it away first") from error
    click.echo(f"wrote {path}", err=True)
    return 0
