"""The settings as a commented file, written from the same fields that read it."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from headway.settings import sections as settings

__all__ = ["commented"]

_HEAD = """# Headway's settings. Every line that is commented out shows its default.
# Secrets do not belong here: HEADWAY_GITHUB_TOKEN in the environment.
"""
_EXAMPLES: dict[str, dict[str, Any]] = {
    "sources": {"target": "https://github.com/acme/checkout", "team": "payments"},
    "deployments": {"repo": "acme/*"},
    "services": {"repo": "acme/mono", "name": "pay", "paths": ("services/pay/",), "shared": ("libs/money/",)},
    "events": {"at": "2026-03-01", "text": "New CI"},
    "targets.teams": {"team": "payments", "lead_time_p85_hours": 48.0},
    "initiatives": {"name": "Semantic search", "paths": ("app/embeddings/",)},
    "ai.rules": {"id": "house-agent", "pattern": r"^made-by: house\b"},
    "ai.overrides": {"change": "github:acme/checkout#12", "builds_ai": True, "note": "the ranking is a model"},
}


def commented() -> str:
    """The text of a `headway.toml` that explains each setting and changes none."""
    parts = [_HEAD]
    for name, cls in settings.SECTIONS.items():
        parts.append(f"[{name}]\n{_lines(cls, {})}{_tables(name, cls)}")
    for name, cls in settings.LISTS.items():
        doc = (cls.__doc__ or "").partition("\n")[0]
        parts.append(f"# {doc}\n# [[{name}]]\n{_lines(cls, _EXAMPLES[name])}")
    doc = (settings.ManifestsSettings.__doc__ or "").partition("\n")[0]
    parts.append(f"# {doc}\n# [[sources.manifests]]\n{_lines(settings.ManifestsSettings, {})}")
    return "\n".join(parts)


def _lines(cls: type, examples: dict[str, Any]) -> str:
    lines = []
    for spec in fields(cls):
        if spec.name == "manifests" and cls is settings.SourceSettings:
            continue
        key = settings.SPELLED.get(spec.name, spec.name)
        choices = ", ".join(filter(None, spec.metadata["choices"]))
        choices = f" ({choices})" if choices else ""
        value = examples.get(key, spec.default)
        shown = "{}" if spec.metadata["numbers"] else "false" if value is None else _toml(value)
        lines.append(f"# {key}: {spec.metadata['doc']}{choices}\n# {key} = {shown}\n")
    return "".join(lines)


def _tables(section: str, cls: type) -> str:
    """An example of each list of tables in a section: indented, for it is no default."""
    text = ""
    for spec in fields(cls):
        if spec.metadata["tables"] is not None:
            name = f"{section}.{spec.name}"
            lines = _lines(spec.metadata["tables"], _EXAMPLES[name]).replace("# ", "#   ")
            text += f"# For example:\n#   [[{name}]]\n{lines}"
    return text


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return json.dumps(value)
    if isinstance(value, str) and "\\" in value:
        return f"'{value}'"
    return json.dumps(value)
