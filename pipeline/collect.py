"""Run sources independently of each other: one that fails does not stop the others."""

from __future__ import annotations

import gc
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from headway.errors import HeadwayError, WarehouseError
from headway.progress import PartProgress, Progress
from headway.raw_tables import Checkpoint, Rows
from headway.source import Source, SourceKind
from pipeline.sources import kind_of_id
from pipeline.watch.history import RecordedRun, RunHistory
from warehouse.store import Commit, RawStore, write_atomically

__all__ = ["Run", "ambiguous_repositories", "last_runs", "run_all"]

_OBJECTS_BETWEEN_SEARCHES = 200_000


@dataclass(frozen=True)
class Run:
    """The result of one run of one source."""

    source: str
    label: str
    began_at: str
    rows: dict[str, int] = field(default_factory=dict)
    watermark_at: str | None = None
    error: str = ""
    hint: str = ""
    exit_code: int = 0
    seconds: float = 0.0
    requests: int = 0
    """Requests to an API, those that were repeated too."""

    @property
    def landed(self) -> bool:
        """Whether any of it is stored: a checkpoint was reached."""
        return self.watermark_at is not None or not self.error

    def recorded(self) -> RecordedRun:
        """What the history of runs keeps of it."""
        return RecordedRun(
            command="trace" if self.source.startswith("repairs:") else "collect",
            source=self.source,
            began_at=self.began_at,
            seconds=self.seconds,
            requests=self.requests,
            rows=sum(self.rows.values()),
            watermark_at=self.watermark_at,
            exit_code=self.exit_code,
            error=self.error,
        )

    def line(self) -> str:
        """One line for the end of a run."""
        # Notices follow in words.
        counts = sorted(item for item in self.rows.items() if item[0] != "notices")
        rows = ", ".join(f"{count:,} {_called(table, count)}" for table, count in counts)
        progress = f"complete through {self.watermark_at}" if self.watermark_at else "nothing complete yet"
        return f"{self.label}: {rows or 'nothing new'}; {progress}" + (f"; FAILED: {self.error}" if self.error else "")


def _called(table: str, count: int) -> str:
    name = table.replace("_", " ")
    if count != 1:
        return name
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-2] if name.endswith(("uses", "xes")) else name.removesuffix("s")


def run_all(
    store: RawStore, sources: Iterable[Source], *, full: bool, jobs: int, began_at: datetime, progress: Progress
) -> list[Run]:
    """Run sources, `jobs` at a time; the results in the order of the sources.

    Where a clock was once ahead, rows are said to be read just after the newest that are there (`RawStore.moment`), so
    that the newest reading counts; no watermark is later than `began_at`.
    """
    latest = store.latest()
    at = store.moment(began_at)
    sources = list(sources)

    def one(place: int) -> Run:
        source = sources[place]
        counted = _Counted(PartProgress(progress, place + 1, len(sources)))
        began = time.monotonic()
        run = _run(store, source, latest.get(source.id), full=full, at=at, began_at=began_at, progress=counted)
        run = replace(run, seconds=round(time.monotonic() - began, 3), requests=counted.requests)
        _remember(store.warehouse, run)
        return run

    with _few_searches_for_cycles(), ThreadPoolExecutor(max_workers=jobs) as pool:
        runs = list(pool.map(one, range(len(sources))))
    progress.done()
    return runs


@contextmanager
def _few_searches_for_cycles() -> Iterator[None]:
    """Let Python look for cycles rarely: rows of a history are many objects at a time, and form none."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_SEARCHES, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Counted:
    """The progress of one source, and how many requests it sent."""

    def __init__(self, inner: Progress) -> None:
        self._inner = inner
        self.drawn = inner.drawn
        self.requests = 0

    def step(self, done: int, total: int | None, label: str) -> None:
        self._inner.step(done, total, label)

    def note(self, text: str) -> None:
        self._inner.note(text)

    def request(self) -> None:
        self.requests += 1
        self._inner.request()

    def done(self) -> None:
        self._inner.done()


def _run(
    store: RawStore,
    source: Source,
    after: Commit | None,
    *,
    full: bool,
    at: datetime,
    began_at: datetime,
    progress: Progress,
) -> Run:
    rows: dict[str, int] = {}
    watermark: str | None = None
    what, hint, code = "", "", 0
    try:
        batch = store.begin(source.id, at, after=after)
        resume = _resume(after, full=full)
        for item in source.collect(resume, full=full, at=at, progress=progress):
            if isinstance(item, Rows):
                batch.write(item)
                continue
            commit = batch.commit(_not_after(began_at, item) if at > began_at else item)
            watermark = commit.watermark_at.isoformat(sep=" ", timespec="seconds") if commit.watermark_at else None
            for table, count in commit.rows.items():
                rows[table] = rows.get(table, 0) + count
    except HeadwayError as error:
        what, hint, code = str(error), error.hint, error.exit_code
    except Exception as error:  # noqa: BLE001  (a defect in one source must not take the others with it)
        what = f"unexpectedly, {type(error).__name__}: {error}".partition("\n")[0]
        hint, code = "run `headway --debug collect` with this target and report what it shows", 1
    return Run(
        source=source.id,
        label=source.label,
        began_at=began_at.isoformat(sep=" ", timespec="seconds"),
        rows=rows,
        watermark_at=watermark,
        error=what,
        hint=hint,
        exit_code=code,
    )


def _not_after(now: datetime, checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint, complete through `now` at most."""
    through = checkpoint.watermark_at
    return replace(checkpoint, watermark_at=min(through, now)) if through is not None else checkpoint


def _resume(after: Commit | None, *, full: bool) -> Mapping[str, Any] | None:
    try:
        return after.resumed() if after else None
    except WarehouseError:
        if full:  # which reads everything, and so mends a resume point that is lost
            return None
        raise


def ambiguous_repositories(store: RawStore, runs: Iterable[Run]) -> dict[str, list[str]]:
    """Ambiguous ids of repositories that several sources of one kind feed, with the labels of these sources."""
    labels = {run.source: run.label for run in runs}
    feeding: dict[tuple[type[SourceKind], str], list[str]] = {}
    for source, commit in sorted(store.latest().items()):
        kind = kind_of_id(source)
        for repo_id in commit.repo_ids:
            if kind is not None and kind.is_ambiguous(repo_id):
                feeding.setdefault((kind, repo_id), []).append(labels.get(source, source))
    return {repo_id: sources for (_, repo_id), sources in feeding.items() if len(sources) > 1}


def _remember(warehouse: Path, run: Run) -> None:
    folder = warehouse / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(run.source.encode()).hexdigest()[:16]
    write_atomically(folder / f"{name}.json", json.dumps(asdict(run), sort_keys=True))
    RunHistory(warehouse).add(run.recorded())


def last_runs(warehouse: Path) -> dict[str, Run]:
    """The last run of each source; a damaged file of one is left out, and the next run writes it again."""
    runs = [_read(path) for path in sorted((warehouse / "runs").glob("*.json"))]
    return {run.source: run for run in runs if run is not None}


def _read(path: Path) -> Run | None:
    """A run as its file says; what another version of Headway wrote beside is left out."""
    known = {spec.name for spec in fields(Run)}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Run(**{name: value for name, value in content.items() if name in known})
    except (ValueError, TypeError, AttributeError):
        return None
