"""Every kind of file in a warehouse, damaged: no traceback, no other number in silence, and the next run heals."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipeline.running import Headway, program, rows
from tests.pipeline.test_forget_person import company

NUMBERS = "select * from lead_times order by change_id"
SETTINGS = """[privacy]
authors = "pseudonym"
[metrics]
file = "headway.prom"
[[sources]]
target = "shop"
[[sources]]
target = "events:records.ndjson"
"""
SECRET = "0123456789abcdefghijklmnopqrstuvwxyz"
# Each kind of file, and what a run says of a damaged one that it cannot do without: empty where it heals by itself.
KINDS = {
    "raw/**/*.parquet": "",
    "raw/_commits/*": "",
    "CURRENT": "",
    "headway-*.duckdb": "",
    "headway.duckdb": "",
    "cache/keys.json": "",
    "runs/*.json": "",
    "runs/history-*.ndjson": "",
    "rejects/*": "",
    "privacy.json": "privacy.json is damaged",
    "forgotten.json": "forgotten.json is damaged",
    ".gitignore": "",
    "collect.lock": "",
    "build.lock": "",
}
UNEXPECTED = ("unexpected", "Traceback")


def emptied(path: Path) -> None:
    """As a file system may leave a file after a power cut."""
    path.write_bytes(b"")


def cut(path: Path) -> None:
    """Half of it."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def garbled(path: Path) -> None:
    """Bytes of nothing in its place."""
    path.write_bytes(bytes(range(256)) * 8)


# Of these it does not matter what they hold, or each line stands alone: a second way to damage them says no more.
ONCE = {"runs/history-*.ndjson", "rejects/*", ".gitignore", "collect.lock", "build.lock"}
# Each case builds a warehouse again: every kind is garbled, and either emptied or cut.
HARMS = [
    (kind, harm)
    for place, kind in enumerate(KINDS)
    for harm in (garbled, (emptied, cut)[place % 2])
    if harm is garbled or kind not in ONCE
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with every kind of file, beside its sources."""
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("undisturbed")
    company(folder)
    (folder / "headway.toml").write_text(SETTINGS, encoding="utf-8")
    environment = {"HEADWAY_PRIVACY_SECRET": SECRET, "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    root = Path(__file__).resolve().parents[2]
    for arguments in (("collect",), ("forget", "bob@example.com", "--yes"), ("collect", "--full")):
        command = [sys.executable, "-c", "import sys; from cli.main import main; sys.exit(main(sys.argv[1:]))"]
        done = subprocess.run(
            [*command, *arguments],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, 3}, done.stderr
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "harm"), HARMS)
def test_damaged_file_is_healed_or_named(
    kind: str,
    harm: Callable[[Path], None],
    undisturbed: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Readers say in two lines what is wrong, or answer as before; `collect` heals, or names the file and a way out."""
    folder = tmp_path / "house"
    shutil.copytree(undisturbed, folder, symlinks=True)
    monkeypatch.setenv("HEADWAY_PRIVACY_SECRET", SECRET)
    headway = program(folder, capfd, monkeypatch)
    before = rows(headway, NUMBERS)
    assert len(before) > 3
    damaged = [path for path in sorted((folder / "headway-data").glob(kind)) if path.is_file()]
    assert damaged, "the warehouse has this kind of file"
    for path in damaged:
        harm(path)
    for arguments in (("status",), ("summary",), ("sql", NUMBERS), ("doctor",)):
        done = headway(*arguments)
        assert not any(word in done.err + done.out for word in UNEXPECTED), (arguments, done.err)
    _heals(headway, before, KINDS[kind])


def _heals(headway: Headway, before: list[str], named: str) -> None:
    done = headway("collect", "--full")
    assert not any(word in done.err for word in UNEXPECTED), done.err
    if named and named in done.err:
        assert done.code != 0
        assert "hint: " in done.err
        return
    assert done.code in {0, 3}, done.err
    assert rows(headway, NUMBERS) == before
