"""The `headway` program: load, one library call, print.

Results go to standard output, everything else to standard error.

This is the outermost layer, and the only one that asks what time it is.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from headway import __version__
from headway.errors import HeadwayError
from pipeline.session import Session

__all__ = ["main", "program"]

COMMANDS = (
    "demo",
    "collect",
    "build",
    "summary",
    "export",
    "explain",
    "classify",
    "status",
    "sql",
    "dashboard",
    "doctor",
    "init",
)


class _Time:
    """Time as it passes."""

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        time.sleep(seconds)

    def now(self) -> datetime:
        """The moment, naive UTC."""
        return datetime.now(UTC).replace(tzinfo=None)


class _Commands(click.Group):
    """Commands are modules of `cli.commands`, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101
        return command


EXAMPLE = """\b
Example:
  headway demo
  headway collect path/to/clone
  headway summary
"""


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLE)
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: headway.toml here, if any).")
@click.option("--warehouse", type=click.Path(path_type=Path), help="Folder of the warehouse (default: headway-data).")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="headway")
@click.pass_context
def program(ctx: click.Context, config: Path | None, warehouse: Path | None, debug: bool) -> None:  # noqa: FBT001
    """How long work takes from code complete to production, where it waits, and what never arrives."""
    ctx.obj = Session(
        config=config,
        warehouse=warehouse,
        debug=debug,
        folder=Path.cwd(),
        environment=dict(os.environ),
        now=_Time().now(),
        waiting=_Time(),
    )


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911  (one return a kind of ending)
    """Run the program and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        result = program.main(args=given, prog_name="headway", standalone_mode=False)
    except HeadwayError as error:
        return _fail(str(error), error.hint, error.exit_code, debug=debug)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help(), err=True)
        return 2
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "headway"
        return _fail(error.format_message(), f"see `{path} --help`", 2, debug=debug)
    except (click.Abort, KeyboardInterrupt):
        return _fail("stopped", "what was complete is kept; run it again to go on", 1, debug=debug)
    except BrokenPipeError:
        # The reader of our output has had enough (`| head`). Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  (the last resort: no traceback unless asked for)
        what = f"{type(error).__name__}: {error}".partition("\n")[0]
        return _fail(what, "unexpected; run it again with --debug and report what it shows", 1, debug=debug)
    return result if isinstance(result, int) else 0


def _fail(what: str, hint: str, code: int, *, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    click.echo(f"headway: {_one_line(what)}", err=True)
    click.echo(f"  to do: {_one_line(hint)}", err=True)
    return code


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


if __name__ == "__main__":
    sys.exit(main())
