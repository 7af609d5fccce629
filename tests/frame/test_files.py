from __future__ import annotations

import ast
import re
import tomllib
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.frame.project import PACKAGES, ROOT, files, modules, relative

LINES = 400
FUNCTION_LINES = 60
ENTRIES = 16
README_WORDS = 600
# One small file per thing of a list that somebody else decides: whoever looks for one knows its name.
CATALOGUES = {
    "collectors/github/documents": "one file per GraphQL query or fragment",
}
SCRIPTS = ("benchmarks", "app.py", "dev.py")
PAGES = [path for path in files(".md") if path.parent in {ROOT, ROOT / "docs"}]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = files(".lock")
# Where packages come from is the business of whoever installs, and paths of one machine help nobody else.
HOSTS = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org|crates\.io/api")
MACHINE_PATHS = re.compile(r"(^|[^A-Za-z0-9_])/(work|root|farm)/", re.MULTILINE)


def strangers(text: str) -> list[str]:
    """Registry hosts and paths of a machine in a text."""
    return [match[0] for pattern in (HOSTS, MACHINE_PATHS) for match in pattern.finditer(text)]


def test_files_are_short() -> None:
    """A file that is longer has two ideas in it."""
    lengths = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files(".py", ".sql")}
    assert {path: lines for path, lines in lengths.items() if lines >= LINES} == {}


def test_functions_are_short() -> None:
    """A function that is longer does two things; tests are left alone."""
    scripts = [path for name in SCRIPTS for path in (files(".py", under=name) or [ROOT / name])]
    trees = [(path, tree) for _, path, tree in modules(*PACKAGES)]
    trees += [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in scripts]
    lengths = {
        f"{relative(path)}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_folders_are_small() -> None:
    """A reader sees a folder at a glance: its modules, other files and folders are few."""
    entries: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in files(under=package):
            if path.name == "py.typed":  # a mark for type checkers, with nothing to read
                continue
            for child in (path, *path.parents):
                if child == ROOT / package:
                    break
                entries.setdefault(relative(child.parent), set()).add(child.name)
    crowded = {folder: len(names) for folder, names in entries.items() if len(names) > ENTRIES}
    assert {folder: count for folder, count in crowded.items() if folder not in CATALOGUES} == {}
    assert set(CATALOGUES) <= set(crowded), "an exception that is no longer needed goes"


def test_wheel_has_every_file() -> None:
    """Each file of a package is in the wheel: its folder is a package, and its name is that of code or package data."""
    patterns = ["*.py", *PROJECT["tool"]["setuptools"]["package-data"]["*"]]
    missing = [
        relative(path)
        for package in PACKAGES
        for path in files(under=package)
        if not (path.parent / "__init__.py").exists() or not any(fnmatch(path.name, pattern) for pattern in patterns)
    ]
    assert missing == []


def test_readme_is_one_page() -> None:
    """A visitor reads it in two minutes; everything else is in docs."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= README_WORDS


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_links_lead_somewhere(path: Path) -> None:
    """A relative link of a page names a file of the project and, after `#`, a heading in it."""
    assert [link for link in _links(path) if not _leads(path, link)] == []


def _links(path: Path) -> list[str]:
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in link]


def _leads(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    if not target.resolve().is_relative_to(ROOT) or not target.exists():
        return False
    return not anchor or anchor in _anchors(target.read_text(encoding="utf-8"))


def _anchors(text: str) -> set[str]:
    """What GitHub calls the headings: lower case, blanks as hyphens, no punctuation."""
    headings = re.findall(r"(?m)^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("link", ["docs/nowhere.md", "README.md#no-such-heading", "../outside.md", "#nor-here"])
def test_broken_link_is_found(link: str) -> None:
    """A link to no file, to no heading or out of the project is noticed."""
    assert not _leads(ROOT / "README.md", link)


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    """The project installs and runs anywhere, through whatever mirror its user has."""
    found = {relative(path): strangers(path.read_text(encoding="utf-8", errors="replace")) for path in files()}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("text", ["cd /" + "root/x", "at:/" + "work/main", "https://pypi" + ".org/simple"])
def test_stranger_is_found(text: str) -> None:
    """A registry host or a path of a machine is found anywhere in a line."""
    assert strangers(text) != []


@pytest.mark.parametrize("path", LOCKS, ids=relative)
def test_lock_has_hashes_and_no_address(path: Path) -> None:
    """Every locked package is pinned exactly, has hashes, and comes from wherever the user's installer looks."""
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    packages = re.split(r"\n(?=\S)", text.strip())
    assert [package for package in packages if "==" not in package or "--hash=sha256:" not in package] == []


def test_all_locks_are_there() -> None:
    """The locks are where dev.py looks for them."""
    names = ["duckdb15", "full", "runtime"]
    assert [relative(path) for path in LOCKS] == [*(f"requirements-{name}.lock" for name in names), "requirements.lock"]


@pytest.mark.parametrize(
    ("lock", "groups", "extras"),
    [
        ("requirements.lock", ["dev"], []),
        ("requirements-full.lock", ["dev", "full"], ["auth", "spark"]),
        ("requirements-runtime.lock", [], ["auth", "s3"]),
    ],
)
def test_lock_satisfies_pyproject(lock: str, groups: list[str], extras: list[str]) -> None:
    """A dependency that was added or narrowed without `dev.py lock` is noticed."""
    wanted = list(PROJECT["project"]["dependencies"])
    wanted += [line for group in groups for line in PROJECT["dependency-groups"][group]]
    wanted += [line for extra in extras for line in PROJECT["project"]["optional-dependencies"][extra]]
    pins = _pins(ROOT / lock)

    def held(need: Requirement) -> bool:
        return any(need.specifier.contains(pin) for pin in pins.get(canonicalize_name(need.name), []))

    assert [line for line in wanted if not held(Requirement(line))] == []


def test_oldest_duckdb_is_the_lower_bound() -> None:
    """The oldest DuckDB that pyproject.toml allows is the one that the models are tested on."""
    (bound,) = [line for line in PROJECT["project"]["dependencies"] if line.startswith("duckdb")]
    (pin,) = _pins(ROOT / "requirements-duckdb15.lock")["duckdb"]
    assert f">={pin}" in bound.split(",")[0]


def test_full_lock_adds_to_the_first_and_changes_nothing() -> None:
    """What the full tests add leaves every other package as it was."""
    first, full = _pins(ROOT / "requirements.lock"), _pins(ROOT / "requirements-full.lock")
    assert {name: full.get(name) for name in first} == first


def test_runtime_lock_has_what_is_tested_and_no_tool() -> None:
    """Production installs the versions that the tests ran with, and nothing that only a developer needs."""
    runtime, full = _pins(ROOT / "requirements-runtime.lock"), _pins(ROOT / "requirements-full.lock")
    assert {name: full.get(name) for name in runtime} == runtime
    tools = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependency-groups"]["dev"]}
    needed = {"jsonschema", "packaging", "obstore"}  # Altair's and Streamlit's own, and the extra `s3`
    assert tools & set(runtime) == needed
    assert not {"playwright", "pysail", "pyspark-client"} & set(runtime)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-full.lock", "requirements-runtime.lock"])
def test_lock_names_the_extras_that_packages_ask_for(lock: str) -> None:
    """The pip of Python 3.11 looks past the pin of `a` for `a[extra]` as soon as a newer one is out."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    pinned = {canonicalize_name(name): extras for name, extras in re.findall(r"(?m)^([\w.-]+)(\[.+\])?==", text)}
    needs = [
        need
        for name in pinned
        for need in map(Requirement, _requires(name))
        if need.extras and (need.marker is None or need.marker.evaluate({"extra": ""}))
    ]
    assert [str(need) for need in needs if not need.extras <= _extras(pinned[canonicalize_name(need.name)])] == []
    assert needs != []


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:  # for another system, or only in an environment that `dev.py full` made
        return []


def _extras(text: str) -> set[str]:
    return set(text.strip("[]").split(",")) if text else set()


def _pins(lock: Path) -> dict[str, list[Version]]:
    """The versions of each package; several where they differ by Python."""
    pins: dict[str, list[Version]] = {}
    line = r"^([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==(\S+)"
    for name, version in re.findall(line, lock.read_text(encoding="utf-8"), re.MULTILINE):
        pins.setdefault(canonicalize_name(name), []).append(Version(version))
    return pins


def test_promises_of_security_are_held_by_tests() -> None:
    """Each test that SECURITY.md names is there; a promise without one says so by an empty cell."""
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", text)
    assert len(named) > 30
    missing = [
        f"{path}::{test}"
        for path, test in named
        if not (ROOT / "tests" / path).is_file()
        or f"def {test or 'test_'}" not in (ROOT / "tests" / path).read_text(encoding="utf-8")
    ]
    assert missing == []
