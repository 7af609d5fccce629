"""The metrics file: the text format of Prometheus, by its own rules, and the numbers that `status` has."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.pipeline.running import Headway, deployed, program, shas, shop, write

# https://prometheus.io/docs/instrumenting/exposition_formats/: names, labels and the three escapes.
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
_SAMPLE = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? ([-+0-9.eE]+)")
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"')
_ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


def parsed(text: str) -> Samples:
    """The samples of a file; fails where a line breaks the format, or a metric is in two places."""
    assert text.endswith("\n")
    samples: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    announced: list[str] = []
    for line in text.splitlines():
        if line.startswith("# "):
            _, kind, name, *_ = line.split(" ")
            if kind == "TYPE":
                assert name not in announced
                announced.append(name)
            continue
        match = _SAMPLE.fullmatch(line)
        assert match, line
        assert match[1] == announced[-1]
        pairs = _PAIR.findall(match[2] or "")
        labels = tuple((key, re.sub(r"\\[\\\"n]", lambda part: _ESCAPED[part[0]], value)) for key, value in pairs)
        assert (match[1], labels) not in samples
        samples[match[1], labels] = float(match[3])
    return samples


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """The program, with settings that name a metrics file, and sources whose name needs every escape."""
    odd = 'de"p\\l\noys.ndjson'
    write(tmp_path / odd, [deployed("1", shas(shop(tmp_path / "shop"))[-1], "2026-01-06T10:00:00Z")])
    (tmp_path / "headway.toml").write_text(
        "[metrics]\nfile = 'out/headway.prom'\n[[sources]]\ntarget = 'shop'\n"
        f"[[sources]]\ntarget = {json.dumps(f'events:{odd}')}\n",
        encoding="utf-8",
    )
    (tmp_path / "out").mkdir()
    return program(tmp_path, capfd, monkeypatch)


@pytest.mark.slow
def test_file_has_what_status_has(headway: Headway, tmp_path: Path) -> None:
    """Times, rows and success of each source, and outcomes of each repository, are those of the JSON document."""
    assert headway("collect").code == 0
    samples = parsed((tmp_path / "out" / "headway.prom").read_text(encoding="utf-8"))
    document = json.loads(headway("status", "--format", "json").out)
    assert len(document["sources"]) == 2
    for source in document["sources"]:
        label = (("source", source["source"]),)
        read_at = datetime.fromisoformat(source["read_at"]).astimezone(UTC).timestamp()
        assert samples["headway_source_last_success_timestamp_seconds", label] == read_at
        assert samples["headway_source_rows", label] == source["rows"]
        assert samples["headway_source_last_run_success", label] == 1
    (repository,) = document["repositories"]
    for outcome in ("production", "waiting"):
        labels = (("repository", "github:acme/shop"), ("outcome", outcome))
        assert samples["headway_repository_changes", labels] == repository[outcome]
    assert samples["headway_command_last_run_exit_code", (("command", "collect"),)] == 0
    assert any(name == "headway_check_failed" for name, _ in samples)


@pytest.mark.slow
def test_file_is_whole_and_for_all(headway: Headway, tmp_path: Path) -> None:
    """It is replaced in one step, nothing lies beside it, and another user's exporter may read it."""
    headway("collect")
    before = (tmp_path / "out" / "headway.prom").stat().st_ino
    headway("build", "--full")
    (file,) = (tmp_path / "out").iterdir()
    assert file.stat().st_ino != before
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.slow
def test_failed_source_shows_in_the_file(headway: Headway, tmp_path: Path) -> None:
    """A run that fails writes the file too: the source has no success, and the command its exit code."""
    headway("collect")
    next(tmp_path.glob("de*")).unlink()
    assert headway("collect").code == 3
    samples = parsed((tmp_path / "out" / "headway.prom").read_text(encoding="utf-8"))
    successes = {labels[0][1][:3]: value for (name, labels), value in samples.items() if name.endswith("_run_success")}
    assert successes == {"git": 1, "eve": 0}
    assert samples["headway_command_last_run_exit_code", (("command", "collect"),)] == 3
    assert samples["headway_problems", ()] == 1


@pytest.mark.slow
def test_file_that_cannot_be_written_is_an_error(headway: Headway, tmp_path: Path) -> None:
    """The message names the file and the setting; what was collected is there."""
    (tmp_path / "out").rmdir()
    ran = headway("collect")
    assert ran.code == 1
    assert "cannot write the metrics to" in ran.err
    assert "`file` of [metrics]" in ran.err
    assert headway("status").code == 0


@pytest.mark.slow
def test_status_prints_the_same_text(headway: Headway) -> None:
    """For a scrape by other means `status --format prometheus` prints the metrics."""
    headway("collect")
    ran = headway("status", "--format", "prometheus")
    assert ("headway_build_info", (("version", "0.1.0"),)) in parsed(ran.out)
    assert ran.code == 0


def test_empty_warehouse_has_metrics_too(headway: Headway) -> None:
    """Nothing collected is a problem, not an error."""
    ran = headway("status", "--format", "prometheus")
    assert ran.code == 1
    assert parsed(ran.out)["headway_problems", ()] == 1
