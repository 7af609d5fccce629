"""Options that every command shares, and types of values whose errors suggest what to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cli.log import FORMATS, current_log
from headway.errors import UsageError
from headway.nearest import hint_for
from headway.times import parse_time

__all__ = [
    "Choice",
    "Time",
    "clock_option",
    "evidence_option",
    "horizon_option",
    "intervals_option",
    "shared_options",
    "tier_option",
]


class Choice(click.Choice[str]):
    """One of several names; the error about another one suggests the nearest."""

    def __init__(self, choices: Sequence[str], noun: str, otherwise: str | None = None) -> None:
        super().__init__(choices)
        self.noun, self.otherwise = noun, otherwise

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value itself. Raises `UsageError` for one that is not a choice."""
        if value not in self.choices:
            raise UsageError(f"no such {self.noun}: {value}", hint=hint_for(value, self.choices, self.otherwise))
        return super().convert(value, param, ctx)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:  # noqa: ARG002
        """Nothing: the help has the choices."""
        return ""


class Time(click.ParamType[datetime]):
    """An ISO 8601 date or time, as naive UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ARG002
        """The time. Raises `UsageError` for any other text."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_time(value)
        except ValueError as error:
            raise UsageError(f"not a date or time: {value}", hint="write 2026-03-01 or 2026-03-01T12:00Z") from error


clock_option = click.option(
    "--clock",
    type=Choice(("wall", "working"), "clock"),
    default="wall",
    show_default=True,
    help="Report durations in working hours, by the [calendar] of the settings.",
)
evidence_option = click.option(
    "--evidence",
    type=Choice(("any", "strong"), "evidence"),
    default="any",
    show_default=True,
    help="strong: leave out changes classified on weak evidence.",
)
tier_option = click.option(
    "--tier",
    type=Choice(("any", "mark", "commit"), "tier of evidence"),
    default="any",
    show_default=True,
    help="Leave out answers that come from weaker evidence: than marks, or than what tools recorded of commits.",
)

intervals_option = click.option(
    "--intervals",
    type=Choice(("these", "like-these"), "kind of interval"),
    default="these",
    show_default=True,
    help="Intervals for these repositories, or for repositories like these (five or more).",
)
horizon_option = click.option(
    "--horizon-days",
    type=Choice(("30", "90", "180"), "horizon"),
    help="Count hours of waiting up to this day (default: the first within which 85 % of the work arrives).",
)


def shared_options() -> list[click.Parameter]:
    """Options that stand before or after the command; the later one wins."""
    path = click.Path(path_type=Path)
    return [
        _shared("--config", type=path, metavar="FILE", help="Settings file (default: headway.toml, if there is one)."),
        _shared("--warehouse", type=path, metavar="FOLDER", help="Warehouse folder (default: headway-data)."),
        _shared("--debug", is_flag=True, help="Show the traceback of an error."),
        _of_log("--log-format", type=Choice(FORMATS, "format"), help="Lines of the log: with time and level, or JSON."),
        _of_log("-q", "--quiet", is_flag=True, help="Write warnings and errors alone."),
        _of_log("-v", "--verbose", is_flag=True, help="Write more of what goes on."),
    ]


def _shared(flag: str, **attributes: Any) -> click.Option:
    return click.Option([flag], expose_value=False, callback=_into_session, **attributes)


def _of_log(*flags: str, **attributes: Any) -> click.Option:
    return click.Option(flags, expose_value=False, callback=_into_log, **attributes)


def _into_log(context: click.Context, option: click.Parameter, value: object) -> None:
    """Set the log up; without the option, what stands before the command holds."""
    if not value or context.resilient_parsing:
        return
    log = current_log()
    if option.name == "log_format":
        log.form = str(value)
    else:
        log.least = "warning" if option.name == "quiet" else "debug"


def _into_session(context: click.Context, option: click.Parameter, value: object) -> None:
    """Put the value of a shared option into the session; without one, what stands before the command holds."""
    if value and option.name:
        context.obj = replace(context.obj, **{option.name: value})
