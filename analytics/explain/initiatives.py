"""The initiatives that a change belongs to, and those that it began to use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["memberships"]

_MEMBER = """
    select c.initiative_id, i.name, i.found, c.because, c.sandboxed
    from initiative_changes c
    join initiatives i on c.initiative_id = i.initiative_id and c.repo_id = i.repo_id
    where c.change_id = $id order by i.name, c.initiative_id
"""
_USES = """
    select i.name, u.path, u.module, u.gone_by,
        case when u.user_repo_id = u.repo_id then '' else ' of ' || u.repo_id end as elsewhere
    from initiative_uses u
    join initiatives i on u.initiative_id = i.initiative_id and u.repo_id = i.repo_id
    where u.change_id = $id order by i.name, u.path, u.module
"""


def memberships(query: Callable[..., list[dict[str, Any]]], change_id: str) -> list[str]:
    """One line for each initiative that a change belongs to, and for each that it began to depend on."""
    lines = []
    for row in query(_MEMBER, id=change_id):
        origin = f"detected as {row['initiative_id']}" if row["found"] else "named in the settings"
        sandboxed = "; it touches nothing but sandbox paths" if row["sandboxed"] else ""
        lines.append(f"{row['name']} ({origin}): {row['because']}{sandboxed}")
    for row in query(_USES, id=change_id):
        gone = f", until {row['gone_by']}" if row["gone_by"] else ""
        lines.append(f"uses {row['name']}: {row['path']} imports {row['module']}{row['elsewhere']}{gone}")
    return lines
