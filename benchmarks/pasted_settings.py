"""Real repositories with default settings, then with what `headway doctor` prints pasted in, judged by `git` alone.

    python benchmarks/pasted_settings.py FOLDER OWNER/NAME=CLONE...

Each CLONE is a git folder; nothing is written to it. Its branches and tags are collected into FOLDER, judged by
`benchmarks/services_by_git.py`, and built a second time with the lines that `headway doctor` prints as settings. What
is there is built again and not read again. Prints a row of a table for each repository, and under it what differs. The
column "pasted" compares the reports `lead-time`, `deployments` and `dora --by service` of both, byte for byte.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from benchmarks.clone_by_git import Clone  # noqa: E402
from benchmarks.services_by_git import SHOWN, Compared, Repository, compare, read  # noqa: E402
from cli.main import main as program  # noqa: E402

REPORTS = (("lead-time",), ("deployments",), ("dora", "--by", "service"))
_COLUMNS = ("repository", "services", "dates", "wrong", "in doubt", "pasted", "wrong, pasted", "doubts and notices")


def main() -> None:
    """Print one table; exit 1 if anything is wrong without being in doubt, or the settings change a number."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("repositories", nargs="+", metavar="OWNER/NAME=CLONE")
    options = parser.parse_args()
    print("|", " | ".join(_COLUMNS), "|")
    print("|", " | ".join("---" for _ in _COLUMNS), "|", flush=True)
    bad = [row for row in options.repositories if not row_of(options.folder.resolve(), *row.split("=", 1))]
    sys.exit(bool(bad))


def row_of(folder: Path, name: str, clone: str) -> bool:
    """Judge one repository, print its row and what differs; whether all is right."""
    place = folder / name.replace("/", "+")
    mirror, default, pasted = place / f"{name.rpartition('/')[2]}.git", place / "default", place / "pasted"
    if not (default / "CURRENT").exists():
        shutil.rmtree(place, ignore_errors=True)
        copy_refs(Path(clone), mirror, f"https://github.com/{name}")
        headway(place, "collect", "--warehouse", default, mirror)
    else:
        headway(place, "build", "--warehouse", default)
    git = Clone(mirror)
    told, first = judged(git, default)
    (place / "doctor.txt").write_text(doctor := headway(place, "doctor", "--warehouse", default, codes=(0, 1)))
    settings = "\n".join(settings_in(doctor))
    (place / "pasted.toml").write_text(settings)
    second, unlike = first, list[str]()
    if settings:
        shutil.rmtree(pasted, ignore_errors=True)
        shutil.copytree(default / "raw", pasted / "raw")
        headway(place, "--config", place / "pasted.toml", "build", "--warehouse", pasted)
        _, second = judged(git, pasted)
        unlike = [one[0] for one in REPORTS if exported(place, default, one) != exported(place, pasted, one)]
    dates = sum(first.outcomes.values())
    cells = (name, told, f"{dates:,}", wrong(first), f"{first.in_doubt:,}", _same(settings, unlike), wrong(second))
    print("|", " | ".join(map(str, cells)), "|", "; ".join(doubts(doctor)) or "none", "|", flush=True)
    for kind, lines in sorted(first.differences.items()):
        print(f"    {kind}: {len(lines)}", *lines[:SHOWN], sep="\n        ", flush=True)
    return not first.differences and not second.differences and not unlike


def copy_refs(clone: Path, mirror: Path, url: str) -> None:
    """A repository with the objects, branches and tags of another, called as the original is."""
    subprocess.run(("git", "init", "--quiet", "--bare", mirror), check=True)
    objects = Path(git("-C", clone, "rev-parse", "--git-common-dir").strip())
    (mirror / "objects/info/alternates").write_text(f"{(clone / objects).resolve() / 'objects'}\n")
    form = "--format=create %(refname) %(objectname)"
    refs = git("-C", clone, "for-each-ref", form, "refs/heads", "refs/tags")
    git("-C", mirror, "update-ref", "--stdin", text=refs)
    git("-C", mirror, "symbolic-ref", "HEAD", git("-C", clone, "symbolic-ref", "HEAD").strip())
    git("-C", mirror, "config", "remote.origin.url", url)
    git("-C", mirror, "pack-refs", "--all")
    if "\n?" in f"\n{git('-C', mirror, 'rev-list', '--objects', '--all', '--missing=print')}":
        _promise(mirror)


def _promise(mirror: Path) -> None:
    """Say of a repository that file contents are left out: then no command fails for those that are."""
    for key, value in (("promisor", "true"), ("partialclonefilter", "blob:none")):
        git("-C", mirror, "config", f"remote.origin.{key}", value)
    git("-C", mirror, "config", "core.repositoryformatversion", "1")
    git("-C", mirror, "config", "extensions.partialclone", "origin")


def judged(clone: Clone, warehouse: Path) -> tuple[int, Compared]:
    """How many services there are, and what `git` says of each change."""
    published = warehouse / (warehouse / "CURRENT").read_text(encoding="utf-8").strip()
    with duckdb.connect(str(published), read_only=True) as connection:
        tables = read(connection)
    return len(tables["services"]), compare(Repository(clone, tables, ""))


def wrong(result: Compared) -> int:
    """How many answers differ."""
    return sum(map(len, result.differences.values()))


def settings_in(doctor: str) -> Iterator[str]:
    """The lines of settings that `headway doctor` prints, as they are; of several that exclude each other the first."""
    inside = False
    for line in doctor.splitlines():
        text = line.strip()
        inside = bool(re.fullmatch(r"\[.*\]", text) or (inside and re.match(r"\w+ = ", text)))
        if inside:
            yield line


def doubts(doctor: str) -> list[str]:
    """What it calls wrong, but that the clone is old."""
    failures = [line.removeprefix("FAIL  ") for line in doctor.splitlines() if line.startswith("FAIL  ")]
    return [line.partition(": ")[2][:160] for line in failures if "complete only through" not in line]


def exported(place: Path, warehouse: Path, report: tuple[str, ...]) -> bytes:
    """A report as CSV."""
    config = ("--config", place / "pasted.toml") if warehouse.name == "pasted" else ()
    file = place / "report.csv"
    headway(place, *config, "export", *report, "--warehouse", warehouse, "--out", file)
    return file.read_bytes()


def headway(place: Path, *arguments: object, codes: tuple[int, ...] = (0,)) -> str:
    """What a command prints; the benchmark ends where it fails."""
    out, err = StringIO(), StringIO()
    with chdir(place), redirect_stdout(out), redirect_stderr(err):
        code = program(list(map(str, arguments)))
    if code not in codes:
        sys.exit(f"{' '.join(map(str, arguments))}: {err.getvalue()}")
    return out.getvalue()


def git(*arguments: object, text: str = "") -> str:
    """What Git prints."""
    argv = ("git", *map(str, arguments))
    return subprocess.run(argv, check=True, capture_output=True, text=True, input=text).stdout


def _same(settings: str, unlike: list[str]) -> str:
    if not settings:
        return "nothing to paste"
    return f"differ: {', '.join(unlike)}" if unlike else "equal"


if __name__ == "__main__":
    main()
