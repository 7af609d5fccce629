"""Reads a file of records as the runner of collectors does, and keeps all that came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from collectors.records_file import RecordsSource, RejectedLines, collect
from headway.progress import SilentProgress
from headway.raw_tables import Checkpoint, Rows, schema_of

NOW = datetime(2026, 11, 23, 7)
SHA = "8c5f0f1f4d3b6ad3f0d7a8e1c2b3a4958677d0e1"


@dataclass
class Outcome:
    """What a reading gave: rows by table without empty columns, the resume point, the lines set aside."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    error: RejectedLines | None = None
    rejects: list[dict[str, Any]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    """Of each deployment, the file and the line that tell of it; not in its row, for the name of the file varies."""
    variants: list[str] = field(default_factory=list)
    """Of each status, environment and commit of its deployment; not in its row."""

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table, `collected_at` left out."""
        return [{k: v for k, v in row.items() if k != "collected_at"} for row in self.tables.get(table, [])]

    def row(self, table: str) -> dict[str, Any]:
        """The only row of a table."""
        (row,) = self.rows(table)
        return row

    @property
    def reasons(self) -> list[str]:
        """Why lines were set aside, in order."""
        return [line["reason"] for line in self.rejects]

    @property
    def notices(self) -> dict[str, int]:
        """How many of each kind of notice."""
        return {row["kind"]: row["count"] for row in self.tables.get("notices", [])}

    @property
    def resume(self) -> dict[str, Any]:
        """The resume point after a journey through JSON, as the warehouse keeps it."""
        assert self.checkpoint is not None
        kept: dict[str, Any] = json.loads(json.dumps(self.checkpoint.resume))
        return kept


def read(
    path: Path,
    content: str | bytes | None = None,
    *,
    resume: Mapping[str, Any] | None = None,
    full: bool = False,
    now: datetime = NOW,
) -> Outcome:
    """Write `content` to `path` if there is any, and collect it; rejects go to `rejects` beside it."""
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    outcome = Outcome()
    folder = path.parent / "rejects"
    parts = collect(
        RecordsSource(path), rejects=folder, collected_at=now, resume=resume, full=full, progress=SilentProgress()
    )
    try:
        for part in parts:
            assert outcome.checkpoint is None, "a file has one checkpoint, and it comes last"
            if isinstance(part, Rows):
                _keep(outcome, part, now)
            else:
                outcome.checkpoint = part
    except RejectedLines as error:
        outcome.error = error
        outcome.rejects = [json.loads(line) for line in error.file.read_text(encoding="utf-8").splitlines()]
    return outcome


def _keep(outcome: Outcome, part: Rows, now: datetime) -> None:
    assert part.data.schema.equals(schema_of(part.table))
    part.data.validate(full=True)
    rows = part.data.to_pylist()
    assert {row["collected_at"] for row in rows} == {now}
    for row in rows:
        row.pop("reported_by", None)
        if (place := row.pop("written_in", None)) is not None and part.table == "deployments":
            outcome.places.append(place)
        if (variant := row.pop("variant", None)) is not None:
            outcome.variants.append(variant)
        outcome.tables.setdefault(part.table, []).append({k: v for k, v in row.items() if v is not None})


def lines(*records: Mapping[str, Any]) -> str:
    """Records as newline-delimited JSON."""
    return "".join(json.dumps(record) + "\n" for record in records)


def change(**fields: Any) -> dict[str, Any]:
    """A change record."""
    return {"type": "change", "repo": "github:acme/checkout", "number": 12} | fields


def deployment(**fields: Any) -> dict[str, Any]:
    """A deployment record that is complete."""
    return {
        "type": "deployment",
        "repo": "github:acme/checkout",
        "id": "d1",
        "environment": "production",
        "sha": SHA,
        "state": "success",
        "finished_at": "2026-01-02T03:04:05Z",
    } | fields
