"""What people install: the wheel and the source archive, built and run where no checkout is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from headway import __version__
from headway.__main__ import strangers
from tests.builders.repositories import Repository
from tests.frame.project import PACKAGES, ROOT, files, relative

_LEFT_OUT = shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache", ".hypothesis", "headway-d*", "build")


def run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program with nothing of this environment but the PATH."""
    plain = {"PATH": os.environ["PATH"], "HOME": str(cwd), **environment}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=plain, check=False, capture_output=True, text=True, timeout=300
    )


def built(source: Path, what: str) -> Path:
    """Build a wheel or a source archive by the build backend, without the network."""
    code = f"from setuptools import build_meta; print(build_meta.build_{what}('dist'))"
    done = run(sys.executable, "-c", code, cwd=source)
    assert done.returncode == 0, done.stderr
    return source / "dist" / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project to build in."""
    return Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("source") / "headway", ignore=_LEFT_OUT, symlinks=True))


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    """The wheel."""
    return built(source, "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with the wheel in it; its dependencies are those of this one."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    made = run(sys.executable, "-m", "venv", folder, cwd=folder.parent)
    if made.returncode:
        pytest.skip(f"no environment with pip can be made here: {made.stdout}{made.stderr}")
    (packages,) = folder.glob("lib/python*/site-packages")
    import duckdb

    # A line in a .pth file adds that folder alone: the editable install in it stays out.
    (packages / "dependencies.pth").write_text(f"{Path(duckdb.__file__).parents[1]}\n", encoding="utf-8")
    pip = run(folder / "bin" / "pip", "install", "--no-index", "--no-deps", wheel, cwd=folder.parent)
    assert pip.returncode == 0, pip.stderr
    return folder / "bin"


@pytest.mark.slow
def test_installed_wheel_works_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """From a folder with nothing but a clone it collects, builds, reports, and writes settings with their schema."""
    repo = Repository(tmp_path / "shop")
    for number in (1, 2, 3):
        repo.pull_request(number, commits=2, how="squash") if number > 1 else repo.commit("Start\n")
        repo.tag(f"v1.{number}", message="Release")
    headway = installed / "headway"
    for program in ([headway], [installed / "python", "-m", "headway"]):
        assert run(*program, "--version", cwd=tmp_path).stdout == f"headway, version {__version__}\n"
    collected = run(headway, "collect", "shop", cwd=tmp_path)
    assert collected.returncode == 0, collected.stderr
    exported = run(headway, "export", "lead-time", cwd=tmp_path)
    assert exported.returncode == 0, exported.stderr
    assert len(exported.stdout.splitlines()) == 1 + 3
    for arguments in (["init"], ["init", "--schema"], ["summary"], ["explain", "git:shop#2"], ["sql", "select 1"]):
        done = run(headway, *arguments, cwd=tmp_path)
        assert done.returncode == 0, (arguments, done.stderr)
    completed = run(headway, cwd=tmp_path, _HEADWAY_COMPLETE="bash_complete", COMP_WORDS="headway exp", COMP_CWORD="1")
    assert "plain,export" in completed.stdout
    where = run(installed / "python", "-c", "import cli; print(cli.__file__)", cwd=tmp_path)
    assert where.stdout.startswith(str(installed.parent)), "not the checkout was run"


@pytest.mark.slow
def test_source_archive_makes_the_same_wheel(source: Path, wheel: Path, tmp_path: Path) -> None:
    """The archive has docs, tests, recipes and locks, and a wheel that is built from it has the same files."""
    archive = built(source, "sdist")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    for name in ("docs/operations.md", "deploy/nginx.conf", "tests/conftest.py", "CHANGELOG.md", "dev.py"):
        assert (unpacked / name).is_file(), name
    assert {path.name for path in ROOT.glob("*.lock")} == {path.name for path in unpacked.glob("*.lock")}
    assert _names(built(unpacked, "wheel")) == _names(wheel)
    assert {relative(path) for package in PACKAGES for path in files(under=package)} <= _names(wheel)


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_this_version_is_in_the_changelog() -> None:
    """A version that is tagged has its section, with its date."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"(?m)^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", text)


def test_packages_here_are_headways_own() -> None:
    """Where nothing is in the way, nothing is said."""
    assert strangers(ROOT) == []


@pytest.mark.parametrize("name", ["analytics", "cli", "collectors", "dashboard", "pipeline", "warehouse"])
def test_package_of_the_same_name_is_named(name: str, tmp_path: Path) -> None:
    """Another package that Python finds first is two lines: which and where, and what to do."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text('"""Of someone else."""\n', encoding="utf-8")
    done = run(sys.executable, "-m", "headway", "--version", cwd=tmp_path, PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"headway: another package called {name!r} is in the way of Headway's own: {tmp_path}/{name}/__init__.py",
        "  hint: install Headway in an environment of its own, such as by pipx or `uv tool install`",
    ]


def test_package_that_was_overwritten_is_named(tmp_path: Path) -> None:
    """A distribution that was installed over ours in the same folder is found by what its file lacks."""
    place = tmp_path / "site"
    shutil.copytree(ROOT / "analytics", place / "analytics", ignore=_LEFT_OUT)
    (place / "analytics" / "__init__.py").write_text("import requests\n", encoding="utf-8")
    for other in ("cli", "collectors", "dashboard", "pipeline", "warehouse", "headway"):
        (place / other).mkdir()
        shutil.copy(ROOT / other / "__init__.py", place / other)
    shutil.copy(ROOT / "headway" / "__main__.py", place / "headway")
    shutil.copy(ROOT / "app.py", place)
    done = run(sys.executable, "-m", "headway", "--version", cwd=tmp_path, PYTHONPATH=str(place))
    assert done.returncode == 2
    assert f"'analytics' is in the way of Headway's own: {place}/analytics/__init__.py" in done.stderr
