"""The reference page of the commands, from their own help."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cli.main import program

__all__ = ["commands_page"]

_WIDTH = 100
_HEAD = """Results go to standard output; progress, log and hints go to standard error.
[Reports](reports.md) describes each report of `headway export`; [Operations](operations.md) has the exit codes.

"""


def commands_page(generated: str) -> str:
    """The page: a table of the commands, then the help of each; `generated` is the comment of all generated pages."""
    # As `program.main` makes it: click remembers the names of the help option that it meets first.
    context = program.make_context("headway", [], resilient_parsing=True, terminal_width=_WIDTH)
    commands = list(_commands(context))
    rows = "".join(
        f"| [`headway {name}`](#headway-{name}) | {command.get_short_help_str(limit=200)} |\n"
        for name, command in commands
    )
    parts = [f"# Commands\n\n{generated}{_HEAD}| command | does |\n|---|---|\n{rows}", _help("headway", context)]
    for name, command in commands:
        below = click.Context(command, info_name=name, parent=context, terminal_width=_WIDTH)
        parts.append(_help(f"headway {name}", below))
    return "\n".join(parts)


def _commands(context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, command


def _help(title: str, context: click.Context) -> str:
    text = "\n".join(line.rstrip() for line in context.get_help().splitlines())
    return f"## {title}\n\n```text\n{text}\n```\n"
