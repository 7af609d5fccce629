"""The settings as a JSON Schema, for editors: made of the same fields that read the file."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, get_type_hints

from headway.settings import sections as settings

__all__ = ["json_schema", "schema_text"]

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", bool | None: "boolean"}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `headway.toml`."""
    sections = {name: _table(cls) for name, cls in settings.SECTIONS.items()}
    lists = {name: _list_of(cls) for name, cls in settings.LISTS.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of Headway: headway.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {**sections, **lists},
    }


def schema_text() -> str:
    """The schema as the text of a file."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def _table(cls: type) -> dict[str, Any]:
    hints = get_type_hints(cls)
    properties = {settings.SPELLED.get(spec.name, spec.name): _value(hints[spec.name], spec) for spec in fields(cls)}
    return {
        "type": "object",
        "description": (cls.__doc__ or "").partition("\n")[0],
        "additionalProperties": False,
        "properties": properties,
    }


def _list_of(cls: type) -> dict[str, Any]:
    return {"type": "array", "description": (cls.__doc__ or "").partition("\n")[0], "items": _table(cls)}


def _value(hint: Any, spec: Any) -> dict[str, Any]:
    """What one setting may be: its type, its choices, its default."""
    about = {"description": spec.metadata["doc"]}
    if spec.metadata["tables"] is not None:
        tables = _list_of(spec.metadata["tables"])
        if spec.metadata["tables"] is settings.ManifestsSettings:  # one table alone is a list of one
            return about | {"anyOf": [tables, _table(settings.ManifestsSettings)]}
        return tables | about
    if spec.metadata["numbers"]:
        return about | {"type": "object", "additionalProperties": {"type": "number"}}
    if hint == tuple[str, ...]:
        return about | {"type": "array", "items": {"type": "string"}, "default": list(spec.default)}
    value = about | {"type": _TYPES[hint]}
    if spec.metadata["choices"]:
        value["enum"] = list(spec.metadata["choices"])
    if spec.metadata["longest"] is not None:
        value["maxLength"] = spec.metadata["longest"]
    if spec.default is not None:
        value["default"] = spec.default
    return value
