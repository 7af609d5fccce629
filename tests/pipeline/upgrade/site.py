"""A small site: a clone, a file of records and a repository of GitHub; and its raw rows as text, to record a version.

`python -m tests.pipeline.upgrade.site FILE`, run with the code of a version, writes what that version collects to FILE.
Do so for each release: `recorded/` holds what earlier versions wrote, and the tests build and collect it with this one.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from headway.progress import SilentProgress
from headway.source import Access
from pipeline.build import build, teams_of
from pipeline.collect import run_all
from pipeline.session import Session
from pipeline.sources import sources_of
from tests.builders.github import FakeGitHub, bulk
from tests.builders.repositories import Files, Repository
from warehouse.store import RawStore

_FOLDER = "FOLDER"  # stands for the folder of the site in what is recorded
_SETTINGS = """
[github]
base_url = "{url}"
[[sources]]
target = "shop"
team = "web"
[[sources]]
target = "events:records.ndjson"
[[sources]]
target = "github:acme/bulk"
"""


def lay_out(folder: Path) -> Repository:
    """Make the clone and the records; the same commits wherever it lies."""
    folder.mkdir(parents=True, exist_ok=True)
    repo = Repository(folder / "shop")
    files: Files = {"README.md": "Shop\n", "package.json": '{"name": "shop"}\n'}
    repo.commit("Start\n", files, at=datetime(2025, 1, 1, 9))
    repo.now = datetime(2025, 1, 1, 10)
    for number, how in ((1, "merge"), (2, "squash"), (3, "rebase")):
        repo.pull_request(number, commits=2, how=how)
        repo.tag(f"v1.{number}", message=f"Release {number}")
    repo.remote("https://github.com/acme/shop.git")
    till = {"repo": "github:acme/till", "sha": "a" * 40}
    change = {"type": "change", **till, "number": 7, "title": "Take cards", "author": "ann"}
    change |= {"opened_at": "2025-01-02T09:00:00Z", "code_complete_at": "2025-01-02T15:00:00Z"}
    records = [
        {**change, "merged_at": "2025-01-03T09:00:00Z"},
        _deployed({**till, "sha": "b" * 40}, "d0", "2025-01-02T08:00:00Z"),
        _deployed(till, "d1", "2025-01-03T12:10:00Z"),
    ]
    text = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "records.ndjson").write_text(text, encoding="utf-8")
    return repo


def _deployed(fact: dict[str, str], id_: str, at: str) -> dict[str, str]:
    record = {"type": "deployment", **fact, "id": id_, "environment": "production"}
    return record | {"created_at": at, "state": "success", "finished_at": at}


@contextmanager
def session_of(folder: Path, *, later: timedelta = timedelta(0)) -> Iterator[Session]:
    """A session of the site while its GitHub answers, some time after what is recorded was read."""
    with FakeGitHub(bulk(pulls=2, deployments=2, long_every=0), schema="excerpt", limits=False) as github:
        (folder / "headway.toml").write_text(_SETTINGS.format(url=github.url), encoding="utf-8")
        environment = {"HEADWAY_GITHUB_TOKEN": github.token}
        github.clock.sleep(later.total_seconds())
        now = github.clock.now()
        yield Session(None, None, debug=False, folder=folder, environment=environment, now=now, waiting=github.clock)


def collect(session: Session, *, full: bool = False) -> list[dict[str, int]]:
    """Collect every source; the new rows of each, by table."""
    store = RawStore(session.settings.warehouse_folder)
    with store.collecting():
        assert session.waiting is not None
        access = Access(session.environment, session.waiting)
        sources = sources_of(session.settings, (), access)
        began = session.now
        runs = run_all(store, sources, full=full, jobs=1, began_at=began, progress=SilentProgress())
    assert [run.error for run in runs] == ["", "", ""]
    return [run.rows for run in runs]


def publish(session: Session) -> Path:
    """Build; the published file."""
    return build(session, teams_of(session.settings), SilentProgress())


def recorded(folder: Path) -> dict[str, Any]:
    """The raw rows of the site's warehouse, its batches and resume points, as plain data without its place."""
    raw = folder / "headway-data" / "raw"
    tables = {}
    for path in sorted(raw.glob("*/*.parquet")):
        data = pq.read_table(path)
        columns = {field.name: str(field.type) for field in data.schema}
        rows = [[_plain(value) for value in row.values()] for row in data.to_pylist()]
        tables[str(path.relative_to(raw))] = {"columns": columns, "rows": rows}
    texts = {str(path.relative_to(raw)): json.loads(path.read_text("utf-8")) for path in sorted(raw.glob("*/*.json"))}
    content: dict[str, Any] = json.loads(json.dumps({"tables": tables, "texts": texts}).replace(str(folder), _FOLDER))
    return content


def restored(content: dict[str, Any], folder: Path) -> None:
    """Write what was recorded as the warehouse of the site in `folder`."""
    raw = folder / "headway-data" / "raw"
    content = json.loads(json.dumps(content).replace(_FOLDER, str(folder)))
    for name, table in content["tables"].items():
        schema = pa.schema([(column, _TYPES[kind]) for column, kind in table["columns"].items()])
        rows = [
            {field.name: _value(value, field.type) for field, value in zip(schema, row, strict=True)}
            for row in table["rows"]
        ]
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema), raw / name)
    for name, data in content["texts"].items():
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_text(json.dumps(data), encoding="utf-8")


_TYPES = {
    "string": pa.string(),
    "int64": pa.int64(),
    "bool": pa.bool_(),
    "double": pa.float64(),
    "timestamp[us]": pa.timestamp("us"),
}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _value(value: Any, kind: pa.DataType) -> Any:
    return datetime.fromisoformat(value) if value is not None and pa.types.is_timestamp(kind) else value


def main(file: str) -> None:
    """Record the version whose code this runs."""
    target = Path(file).resolve()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve() / "site"
        lay_out(folder)
        os.chdir(folder)
        with session_of(folder) as session:
            collect(session)
        target.write_text(json.dumps(recorded(folder), indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
