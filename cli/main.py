"""The `headway` program: load, one library call, print.

Results go to standard output, everything else to standard error.

This is the outermost layer, and the only one that asks what time it is.
"""

from __future__ import annotations

import functools
import gc
import importlib
import os
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from cli.log import Log, begin_log, current_log
from cli.options import shared_options
from headway import __version__
from headway.errors import HeadwayError, UsageError
from headway.nearest import hint_for
from pipeline.session import Session

__all__ = ["main", "program"]

_OBJECTS_BEFORE_A_SEARCH = 100_000
"""Python looks for cycles among its objects after so many new ones: by default after 700, again and again."""

COMMANDS = (
    "demo",
    "collect",
    "build",
    "summary",
    "export",
    "explain",
    "classify",
    "status",
    "check",
    "runs",
    "deployments",
    "sql",
    "dashboard",
    "doctor",
    "backup",
    "restore",
    "forget",
    "init",
)
_FOLDERS = dict.fromkeys(("backup", "restore", "forget"), "keeping.")
_FOLDERS |= dict.fromkeys(("status", "check", "runs", "doctor"), "watch.")


# DuckDB's errors about a table or column that is not there, by name: the program starts without DuckDB.
_MISSING = {"CatalogException", "BinderException"}
_DAMAGED = {"IOException", "SerializationException", "FatalException"}


class _Time:
    """Time as it passes."""

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        time.sleep(seconds)

    def now(self) -> datetime:
        """The moment, naive UTC."""
        return datetime.now(UTC).replace(tzinfo=None)


class _Commands(click.Group):
    """Commands are modules of `cli.commands`, each imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return _load(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            raise UsageError(f"no such command: {name}", hint=hint_for(name, COMMANDS, "see `headway --help`"))
        if not ctx.resilient_parsing:
            current_log().command = name
        return super().resolve_command(ctx, args)


@functools.cache
def _load(name: str) -> click.Command:
    """The command of this name, with the options that all commands share after its own."""
    command = importlib.import_module(f"cli.commands.{_FOLDERS.get(name, '')}{name}").command
    assert isinstance(command, click.Command)  # noqa: S101
    command.params += shared_options()
    return command


EXAMPLE = """\b
Example:
  headway demo
  headway collect path/to/clone
  headway summary
"""


@click.command(
    cls=_Commands,
    params=shared_options(),
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXAMPLE,
)
@click.version_option(__version__, prog_name="headway")
def program() -> None:
    """How long work takes from code complete to production, where it waits, and what never gets there."""


def _session() -> Session:
    return Session(
        config=None,
        warehouse=None,
        debug=False,
        folder=Path.cwd(),
        environment=dict(os.environ),
        now=_Time().now(),
        waiting=_Time(),
    )


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911  (one return per kind of ending)
    """Run the program and return its exit code."""
    gc.set_threshold(_OBJECTS_BEFORE_A_SEARCH)
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    journal = begin_log(_Time().now)
    try:
        result = program.main(args=words, prog_name="headway", standalone_mode=False, obj=_session())
    except HeadwayError as error:
        return _fail(journal, str(error), error.hint, error.exit_code, debug=debug)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help(), err=True)
        return 2
    except click.NoSuchOption as error:
        return _fail(journal, error.message, _help_of(error, words, error.possibilities or ()), 2, debug=debug)
    except click.ClickException as error:
        return _fail(journal, error.format_message(), _help_of(error, words), 2, debug=debug)
    except (click.Abort, KeyboardInterrupt):
        return _fail(journal, "stopped", "complete parts are stored; run it again to go on", 1, debug=debug)
    except BrokenPipeError:
        # The reader of our output has closed it (`| head`). Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  (the last resort: no traceback without --debug)
        what = f"{type(error).__name__}: {error}".partition("\n")[0]
        hint = "unexpected: run it again with --debug and report the traceback"
        if type(error).__name__ in _MISSING:
            hint = "if another version of Headway made the published file, run `headway build`; else report this"
        if type(error).__name__ in _DAMAGED:
            hint = "if the published file is damaged, run `headway build`; else check the disk"
        return _fail(journal, what, hint, 1, debug=debug)
    return result if isinstance(result, int) else 0


def _help_of(error: click.ClickException, words: Sequence[str], near: Sequence[str] = ()) -> str:
    context = getattr(error, "ctx", None)
    # An option without its value is an error without a context.
    command = (
        context.command_path if context else " ".join(["headway", *[word for word in words if word in COMMANDS][:1]])
    )
    page = f"see `{command} --help`"
    return f"did you mean {' or '.join(near)}? {page}" if near else page


def _fail(journal: Log, what: str, hint: str, code: int, *, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    begin = "" if journal.chosen_form == "json" else "headway: "
    journal.error(f"{begin}{_one_line(what)}", hint=_one_line(hint), exit_code=code)
    return code


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


if __name__ == "__main__":
    sys.exit(main())
