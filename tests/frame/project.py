"""The project's own files, as the tests of its frame read them."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("collectors", "warehouse", "analytics")
PACKAGES = (*LIBRARIES, "headway", "pipeline", "dashboard", "cli")
# Folders of the root that hold what was built or collected here, as in .gitignore.
MADE = re.compile(r"build|dist|htmlcov|headway-data.*|headway-demo.*")


def files(*suffixes: str, under: str = ".") -> list[Path]:
    """All files below a folder, of these suffixes if any are given; hidden and made ones left out. Needs no Git."""
    found = []
    for folder, subfolders, names in os.walk(ROOT / under):
        subfolders[:] = [name for name in subfolders if not _skipped(Path(folder, name))]
        found += [Path(folder, name) for name in names if name.endswith(suffixes or "") and not _skipped(Path(name))]
    return sorted(found)


def modules(*packages: str) -> Iterator[tuple[str, Path, ast.Module]]:
    """Each module of the packages: dotted name, file, syntax tree."""
    for package in packages:
        for path in files(".py", under=package):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield name, path, ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def relative(path: Path) -> str:
    """The path as a message shows it."""
    return path.relative_to(ROOT).as_posix()


def _skipped(path: Path) -> bool:
    hidden = path.name.startswith(".") and path.name not in {".ci", ".gitignore", ".streamlit"}
    made = path.name.endswith((".egg-info", ".pyc")) or path.name == "__pycache__"
    return hidden or made or (path.parent == ROOT and MADE.fullmatch(path.name) is not None)
