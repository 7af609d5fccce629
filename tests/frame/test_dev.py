from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tests.frame.project import ROOT

INPUTS = ("requirements.lock", "requirements-full.lock", "requirements-duckdb15.lock", "pyproject.toml")


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load a copy of dev.py in a folder of its own; what it would install is written down instead."""
    for name in ("dev.py", *INPUTS):
        shutil.copy(ROOT / name, tmp_path / name)
    spec = importlib.util.spec_from_file_location("dev_copy", tmp_path / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    installs: list[tuple[object, ...]] = []
    monkeypatch.setattr(module, "install", lambda *what: installs.append(what))
    monkeypatch.setattr(module, "installs", installs, raising=False)
    # As with uv on the PATH: an environment without pip is made in a tenth of the time.
    monkeypatch.setattr(module.shutil, "which", lambda name: f"/usr/bin/{name}")
    return module


def test_old_pythons_can_read_it() -> None:
    """The syntax is that of Python 3.6, so that an old Python says what is wrong instead of failing to parse."""
    ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_old_python_is_told_what_to_do(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a Python before 3.11 it says which one it needs, and does nothing."""
    monkeypatch.setattr(dev, "sys", SimpleNamespace(version_info=(3, 9, 2), exit=sys.exit))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, and this is 3\.9\."):
        dev.main("demo")
    assert not dev.VENV.exists()


def test_set_up_installs_from_the_lock_by_hash(dev: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    """A first run makes the environment, checks every file by its hash, and says so before the silence."""
    dev.set_up()
    assert dev.installs[0][:1] == ("--require-hashes",)
    assert dev.installs[0][-1] == "requirements.lock"
    assert dev.installs[1] == ("--no-deps", "--no-build-isolation", "-e", ".")
    assert dev.PYTHON.exists()
    assert capfd.readouterr().err.startswith("Setting up .venv")


def test_second_run_does_nothing(dev: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    """With nothing changed a run neither installs nor prints."""
    dev.set_up()
    dev.installs.clear()
    capfd.readouterr()
    dev.set_up()
    assert dev.installs == []
    assert capfd.readouterr() == ("", "")


def test_full_adds_to_the_first_set_up(dev: ModuleType) -> None:
    """What only the full tests need is installed when they are asked for, and then serves the others too."""
    dev.set_up()
    assert not any("requirements-full.lock" in what for what in dev.installs)
    dev.set_up(full=True)
    assert any("requirements-full.lock" in what for what in dev.installs)
    dev.installs.clear()
    dev.set_up()
    dev.set_up(full=True)
    assert dev.installs == []


def test_moved_folder_is_set_up_anew(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the folder does not run the code of the original."""
    dev.set_up()
    dev.installs.clear()
    for name in INPUTS:
        (dev.ROOT / "copy").mkdir(exist_ok=True)
        shutil.copy(dev.ROOT / name, dev.ROOT / "copy" / name)
    monkeypatch.setattr(dev, "ROOT", dev.ROOT / "copy")
    dev.set_up()
    assert len(dev.installs) == 2


@pytest.mark.parametrize("name", INPUTS)
def test_a_change_installs_anew(dev: ModuleType, name: str) -> None:
    """A changed lock or pyproject.toml is installed over what is there."""
    dev.set_up()
    dev.installs.clear()
    (dev.ROOT / name).write_text("# changed\n", encoding="utf-8")
    (dev.VENV / "kept").touch()
    dev.set_up()
    assert len(dev.installs) == 2
    assert (dev.VENV / "kept").exists()


def test_half_made_environment_is_made_again(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that was killed is not built upon: the next run starts from an empty environment."""

    def killed(*what: object) -> None:
        (dev.VENV / "half").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dev, "install", killed)
        with pytest.raises(KeyboardInterrupt):
            dev.set_up()
    assert (dev.VENV / "half").exists()
    dev.set_up()
    assert not (dev.VENV / "half").exists()
    assert len(dev.installs) == 2


@pytest.mark.parametrize("broken", ["no python", "dangling python", "another python"])
def test_broken_environment_is_made_again(dev: ModuleType, broken: str) -> None:
    """An environment whose Python is missing, gone from the system, or another one, is made again."""
    dev.PYTHON.parent.mkdir(parents=True)
    if broken == "dangling python":
        dev.PYTHON.symlink_to("/nowhere/python3")
    if broken == "another python":
        dev.PYTHON.write_text("#!/bin/sh\necho 3.11.0 of another make\n", encoding="utf-8")
        dev.PYTHON.chmod(0o755)
    dev.set_up()
    version = subprocess.check_output([dev.PYTHON, "-c", "import sys; print(sys.version)"], text=True)
    assert version.strip() == sys.version.strip()


def test_failing_venv_names_the_package(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's Python without venv leads to the package that is missing."""
    monkeypatch.setattr(dev, "run", lambda *command: 1)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        dev.set_up()


def test_tests_run_with_compiled_modules(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests run with compiled modules, also where the environment tells Python to write none."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.chdir(dev.ROOT)
    monkeypatch.setattr(dev, "set_up", lambda: None)
    seen: list[str | None] = []
    monkeypatch.setattr(dev, "become", lambda *command: seen.append(os.environ.get("PYTHONDONTWRITEBYTECODE")))
    dev.main("test")
    assert seen == [None]


def test_marked_tests_are_in_the_folder_that_full_runs(dev: ModuleType) -> None:
    """Every file with tests of a browser or of Spark is in the folder where `dev.py full` looks for them."""
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    for marker, folder in dev.ALONE.items():
        marked = [path for path, text in texts.items() if f"pytest.mark.{marker}" in text and path != Path(__file__)]
        assert marked
        assert [path for path in marked if not path.is_relative_to(ROOT / folder)] == []


def test_unknown_command_is_wrong_use(tmp_path: Path) -> None:
    """An unknown command prints the commands and exits with 2, from any folder."""
    result = subprocess.run(
        [sys.executable, ROOT / "dev.py", "tset"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "python3 dev.py test" in result.stdout
    assert list(tmp_path.iterdir()) == []
