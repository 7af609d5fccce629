"""Read settings: `headway.toml`, over it `HEADWAY_<SECTION>_<KEY>` from the environment. Secrets are never settings.

An unknown key is an error that names the nearest known one.
"""

from __future__ import annotations

import difflib
import math
import os
import re
import tomllib
import warnings
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any, get_type_hints

from headway.errors import UsageError
from headway.settings.pasted import in_one_line
from headway.settings.sections import LISTS, SECRETS, SECTIONS, SPELLED, ManifestsSettings, Settings

__all__ = ["FILE_NAME", "load", "variables"]

FILE_NAME = "headway.toml"
# What Kubernetes puts into every container beside a service named headway.
_SERVICE_LINK = re.compile(r"HEADWAY_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)?)")
_BARE = str.maketrans({"[": "", "]": "", " ": "."})  # from `[ai] rules` to the name of the table


def load(path: Path | None, environment: Mapping[str, str], *, folder: Path) -> Settings:
    """Settings from a file and the environment.

    `path` None means `headway.toml` in `folder` if there is one. Raises `UsageError` for anything not understood.
    """
    file = path if path is not None else folder / FILE_NAME
    if path is None and not os.path.lexists(file):
        raw: dict[str, Any] = {}
    else:
        raw = _read(file)
    _over(raw, environment)
    for key in raw:
        if key not in SECTIONS and key not in LISTS:
            raise _unknown(key, [*SECTIONS, *LISTS], str(file))
    sections: dict[str, Any] = {name: _section(cls, raw.get(name, {}), f"[{name}]") for name, cls in SECTIONS.items()}
    lists: dict[str, Any] = {name: _list(cls, raw.get(name, []), name) for name, cls in LISTS.items()}
    return Settings(base=file.absolute().parent if file.is_file() else folder.absolute(), **sections, **lists)


def _read(file: Path) -> dict[str, Any]:
    text = ""
    try:
        text = file.read_text(encoding="utf-8")
        return tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"cannot read the settings {file}: {error.strerror}", hint="run `headway init`") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        short = any(in_one_line(line) for line in text.splitlines())
        hint = "write each key on a line of its own below its [[…]]" if short else "fix that line"
        raise UsageError(f"{file} is not valid TOML: {error}", hint=hint) from error


def variables() -> dict[str, tuple[str, str]]:
    """Each variable of the environment that goes over a setting, with its section and key."""
    return {
        f"HEADWAY_{section}_{spec.name}".upper(): (section, spec.name)
        for section, cls in SECTIONS.items()
        for spec in fields(cls)
        if _as_text(get_type_hints(cls)[spec.name])
    }


def _over(raw: dict[str, Any], environment: Mapping[str, str]) -> None:
    by_variable = variables()
    for name, text in environment.items():
        if not name.startswith("HEADWAY_") or name in SECRETS or _SERVICE_LINK.fullmatch(name):
            continue
        if name not in by_variable:
            raise _unknown(name, list(by_variable), "the environment")
        section, key = by_variable[name]
        hint = get_type_hints(SECTIONS[section])[key]
        table = raw.setdefault(section, {})
        if isinstance(table, dict):  # what is none is told where the sections are read
            table[key] = _from_text(text, hint, name)


def _as_text(hint: Any) -> bool:
    """Whether a variable of the environment can say it."""
    return hint in {str, int, float, bool, tuple[str, ...]}


def _from_text(text: str, hint: Any, name: str) -> Any:
    if hint is bool:
        if text.lower() not in {"true", "false", "1", "0"}:
            raise UsageError(f"{name} is not true or false: {text!r}", hint="set it to true or false")
        return text.lower() in {"true", "1"}
    if hint is int:
        if not re.fullmatch(r"\d{1,9}", text):
            raise UsageError(f"{name} is not a whole number: {text!r}", hint="set it to a whole number")
        return int(text)
    if hint is float:
        if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
            raise UsageError(f"{name} is not a number: {text!r}", hint="set it to a number such as 1.5")
        return float(text)
    if hint == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _list(cls: type, raw: Any, name: str, where: str = "") -> tuple[Any, ...]:
    """The tables of a list; `where` it is, if its name does not say that."""
    if not isinstance(raw, list):
        raise UsageError(f"{where or name} is not a list of tables", hint=f"write [[{name}]]")
    where = where or f"[[{name}]]"
    return tuple(_section(cls, entry, f"{where} {number}") for number, entry in enumerate(raw, 1))


def _section(cls: type, raw: Any, where: str) -> Any:
    if not isinstance(raw, dict):
        raise UsageError(f"{where} is not a table", hint="see `headway init` for how it is written")
    specs = {SPELLED.get(spec.name, spec.name): spec for spec in fields(cls)}
    hints = get_type_hints(cls)
    values = {}
    for key, value in raw.items():
        if key not in specs:
            raise _unknown(key, list(specs), where)
        spec = specs[key]
        values[spec.name] = _value(value, hints[spec.name], spec.metadata, f"{where} {key}")
    return cls(**values)


def _value(value: Any, hint: Any, metadata: Mapping[str, Any], where: str) -> Any:
    if hint == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise UsageError(f"{where} is not a list of texts", hint='write ["one", "two"]')
        return tuple(value)
    if metadata["tables"] is ManifestsSettings:
        return _manifests(value, where)
    if metadata["tables"] is not None:
        return _list(metadata["tables"], value, where.translate(_BARE))
    if metadata["numbers"]:
        return _numbers(value, where)
    if hint is float:
        return _number(value, where)
    expected: type = bool if hint == bool | None else hint
    if expected is str and isinstance(value, date):  # TOML has dates and times without quotes
        value = value.isoformat()
    if type(value) is not expected:
        raise UsageError(f"{where} should be a {expected.__name__}: {value!r}", hint="see `headway init`")
    return _allowed(value, metadata, where)


def _manifests(value: Any, where: str) -> tuple[ManifestsSettings, ...]:
    """One table alone is a list of one: `[sources.manifests]` came before `[[sources.manifests]]`."""
    if isinstance(value, dict):
        return (_section(ManifestsSettings, value, where),)
    return _list(ManifestsSettings, value, "sources.manifests", where)


def _allowed(value: Any, metadata: Mapping[str, Any], where: str) -> Any:
    if metadata["choices"] and value not in metadata["choices"]:
        choices = ", ".join(filter(None, metadata["choices"]))
        raise UsageError(f"{where} is not one of {choices}: {value!r}", hint="choose one")
    if metadata["longest"] is not None and len(value) > metadata["longest"]:
        raise UsageError(f"{where} has more than {metadata['longest']:,} characters", hint="make it shorter")
    if metadata["pattern"] and value:
        _check_pattern(str(value), where)
    return value


def _check_pattern(pattern: str, where: str) -> None:
    """UsageError for a pattern that is none, or that some text keeps busy for ever."""
    from headway.settings.pattern_growth import grows_exponentially

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # a later Python may read `[[` in another way
            re.compile(pattern)
            endless = grows_exponentially(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"{where} is not a regular expression: {error}", hint="fix the pattern") from error
    if endless:
        raise UsageError(
            f"{where} can take for ever: a repetition in {pattern!r} can match one text in several ways",
            hint="let each repetition match a text in one way only: `a+` for `(a+)+`, `(a|b)*` for `(a*b*)*`",
        )


def _numbers(value: Any, where: str) -> tuple[tuple[str, float], ...]:
    if not isinstance(value, dict):
        raise UsageError(f"{where} is not a table", hint=f"write [{where.translate(_BARE)}] and below it name = number")
    return tuple((name, _number(number, f"{where} {name}")) for name, number in sorted(value.items()))


def _number(value: Any, where: str) -> float:
    if type(value) not in {int, float} or not math.isfinite(value):
        raise UsageError(f"{where} is not a number: {value!r}", hint="write a number, such as 2.5")
    return float(value)


def _unknown(key: str, names: list[str], where: str) -> UsageError:
    spelled = SPELLED.get(key)
    near = spelled if spelled in names else difflib.get_close_matches(key, names, n=1, cutoff=0)[0]
    return UsageError(f"unknown setting {key!r} in {where}", hint=f"did you mean {near!r}?")
