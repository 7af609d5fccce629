"""Numbers for Prometheus, in its text format: for the textfile collector of node_exporter, or for a scrape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headway.errors import HeadwayError, WarehouseError
from pipeline.session import Session

__all__ = ["metrics_text", "write_metrics"]

_OUTCOMES = ("production", "waiting", "abandoned", "unknown", "no_deployments", "nothing_to_deploy")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass
class _Family:
    """A metric: its name with its unit, its help, and samples with labels. All are gauges."""

    name: str
    doc: str
    samples: list[tuple[dict[str, str], float]] = field(default_factory=list)

    def add(self, value: float | None, **labels: str) -> None:
        """A sample, unless there is no value."""
        if value is not None:
            self.samples.append((labels, float(value)))

    def lines(self) -> Iterator[str]:
        """Its lines; none without a sample."""
        if not self.samples:
            return
        yield f"# HELP {self.name} {self.doc}"
        yield f"# TYPE {self.name} gauge"
        for labels, value in self.samples:
            text = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
            yield f"{self.name}{{{text}}} {value!r}" if text else f"{self.name} {value!r}"


def write_metrics(session: Session) -> None:
    """Write the file of the settings in one step, if they name one; WarehouseError where it cannot be written."""
    from warehouse.store import remove_unfinished, write_atomically

    if not session.settings.metrics.file:
        return
    path = session.settings.base / Path(session.settings.metrics.file).expanduser()
    text = metrics_text(session)
    try:
        remove_unfinished(path.parent, path.name)
        write_atomically(path, text)
        path.chmod(0o644)  # node_exporter is another user
    except (OSError, HeadwayError) as error:
        raise WarehouseError(
            f"cannot write the metrics to {path}: {error}", hint="check `file` of [metrics], its folder and permissions"
        ) from error


def metrics_text(session: Session) -> str:
    """All metrics as of now."""
    from pipeline.watch.state import state

    document = state(session)
    families = [*_service(session, document), *_sources(document), *_repositories(document), *_checks(session)]
    return "".join(f"{line}\n" for family in families for line in family.lines())


def _service(session: Session, document: dict[str, Any]) -> Iterable[_Family]:
    from pipeline.watch.history import RunHistory

    build = _Family("headway_build_info", "Version of Headway; always 1.")
    build.add(1, version=document["version"])
    problems = _Family("headway_problems", "Failed last runs, missing rows and clocks ahead, as in `headway status`.")
    problems.add(len(document["problems"]))
    began = _Family("headway_command_last_run_timestamp_seconds", "When a command last began.")
    seconds = _Family("headway_command_last_run_duration_seconds", "How long it took.")
    code = _Family("headway_command_last_run_exit_code", "Its exit code.")
    for run in RunHistory(session.settings.warehouse_folder).last_commands():
        began.add(_timestamp(run.began_at), command=run.command)
        seconds.add(run.seconds, command=run.command)
        code.add(run.exit_code, command=run.command)
    return build, problems, began, seconds, code


def _sources(document: dict[str, Any]) -> Iterable[_Family]:
    through = _Family(
        "headway_source_complete_through_timestamp_seconds", "The time through which a source is complete."
    )
    read = _Family("headway_source_last_success_timestamp_seconds", "When a source was last read.")
    success = _Family("headway_source_last_run_success", "Whether the last run of a source succeeded: 1 or 0.")
    seconds = _Family("headway_source_last_run_duration_seconds", "How long it took.")
    requests = _Family("headway_source_last_run_requests", "Requests that it sent to an API.")
    rows = _Family("headway_source_rows", "Rows collected of a source, in all.")
    stale = _Family("headway_source_stale", "Whether a source is stale by the settings: 1 or 0.")
    for source in document["sources"]:
        name = source["source"]
        if not name.startswith("repairs:"):  # they are traced where there is something to trace
            through.add(_timestamp(source["complete_through"]), source=name)
            read.add(_timestamp(source["read_at"]), source=name)
            stale.add(source["stale"], source=name)
        rows.add(source["rows"], source=name)
        if source["last_run"]:
            success.add(source["last_run"]["ok"], source=name)
            seconds.add(source["last_run"]["seconds"], source=name)
            requests.add(source["last_run"]["requests"], source=name)
    return through, read, success, seconds, requests, rows, stale


def _repositories(document: dict[str, Any]) -> Iterable[_Family]:
    as_of = _Family("headway_repository_as_of_timestamp_seconds", "The time as of which a repository is reported.")
    changes = _Family("headway_repository_changes", "Code-complete changes of a repository by outcome.")
    doubts = _Family("headway_repository_doubts", "Doubts about the deployments of a repository.")
    for repository in document["repositories"]:
        name = repository["repository"]
        as_of.add(_timestamp(repository["as_of"]), repository=name)
        doubts.add(len(repository["doubts"]), repository=name)
        if repository["role"] == "application":
            for outcome in _OUTCOMES:
                changes.add(repository[outcome], repository=name, outcome=outcome)
    return as_of, changes, doubts


def _checks(session: Session) -> Iterable[_Family]:
    from pipeline.watch.thresholds import FAILED, OK, compare

    state = _Family("headway_check_failed", "Whether a check of `headway check` failed: 1 or 0.")
    value = _Family("headway_check_value", "What a check measured: days, a share, or standard errors of a slowdown.")
    limit = _Family("headway_check_limit", "The threshold of a check.")
    try:
        rows = compare(session)
    except WarehouseError:
        rows = []
    # A repository may have several doubts.
    unique = {(row.check, row.subject): row for row in rows if row.state in {OK, FAILED}}
    for (check, subject), row in unique.items():
        state.add(row.state == FAILED, check=check, subject=subject)
        value.add(row.value, check=check, subject=subject)
        limit.add(row.limit, check=check, subject=subject)
    return state, value, limit


def _timestamp(at: str | None) -> float | None:
    """Seconds since 1970 of an ISO 8601 time in UTC."""
    return datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() if at else None


def _escaped(label: str) -> str:
    return _CONTROL.sub(" ", label).translate(_ESCAPES)
