"""The packages and catalogued components of the default branch's tip."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from collectors.git.readers.components import named
from tests.builders.repositories import Repository
from tests.collectors.git.running import AT, Run, run

GO = "// The root.\nmodule example.com/acme/shop/api // v2\n\ngo 1.24\n"
POM = """<project><!-- <artifactId>old</artifactId> -->
<parent><artifactId>parent</artifactId></parent><artifactId> pay </artifactId>
<dependencies><dependency><artifactId>log</artifactId></dependency></dependencies></project>"""
CATALOGUE = """apiVersion: backstage.io/v1alpha1
kind: System
metadata:
  name: shop
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  title: "Search"
  name: search
  labels:
    name: no
---
kind: Component
metadata: {}
"""


@pytest.mark.parametrize(
    ("file", "content", "names"),
    [
        ("package.json", '{"name": "@acme/web", "version": "1.0.0"}', ["@acme/web"]),
        ("package.json", '{"private": true}', []),
        ("package.json", "[1]", []),
        ("package.json", "{", []),
        ("project.json", '{"name": "admin"}', ["admin"]),
        ("Cargo.toml", '[package]\nname = "money"\n[workspace]\nmembers = ["a"]', ["money"]),
        ("Cargo.toml", "[workspace]\nmembers = []", []),
        ("pyproject.toml", '[project]\nname = "rank"', ["rank"]),
        ("pyproject.toml", '[tool.poetry]\nname = "rank"', ["rank"]),
        ("go.mod", GO, ["example.com/acme/shop/api"]),
        ("pom.xml", POM, ["pay"]),
        ("Chart.yaml", "apiVersion: v2\nname: shop # the chart\n", ["shop"]),
        ("catalog-info.yaml", CATALOGUE, ["search"]),
        ("build.gradle", "plugins {}", []),
    ],
)
def test_a_file_names_what_is_in_its_folder(file: str, content: str, names: list[str]) -> None:
    """Each ecosystem has its own file; one that names nothing, or cannot be parsed, gives no name."""
    assert list(named(file, content.encode())) == names


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A clone with two packages."""
    repo = Repository(tmp_path / "shop")
    repo.commit(files={"web/package.json": '{"name": "@acme/web"}', "jobs/Dockerfile": "FROM x", "README.md": "Shop"})
    return repo


def parts(ran: Run) -> set[tuple[str, str, str]]:
    """Folder, name and ecosystem of each row."""
    return {(row["folder"], row["name"], row["ecosystem"]) for row in ran["components"]}


def test_packages_of_the_tip_are_read(repo: Repository) -> None:
    """The repository itself, and each package; what the file does not name has the name of its folder."""
    repo.commit(files={"node_modules/x/package.json": '{"name": "x"}', "package.json": '{"private": true}'})
    assert parts(run(repo.path)) == {
        ("", "", "repository"),
        ("jobs", "jobs", "docker"),
        ("web", "@acme/web", "npm"),
    }


def test_packages_are_read_again_when_one_of_them_changed(repo: Repository) -> None:
    """A commit to other files brings no rows of packages; one that renames a package brings all of them."""
    first = run(repo.path)
    repo.commit(files={"web/a.ts": "1"})
    second = run(repo.path, resume=first, at=AT + timedelta(days=1))
    assert second["components"] == []
    repo.commit(files={"web/package.json": '{"name": "@acme/site"}'})
    third = run(repo.path, resume=second, at=AT + timedelta(days=2))
    assert parts(third) == {("", "", "repository"), ("jobs", "jobs", "docker"), ("web", "@acme/site", "npm")}


def test_a_branch_beside_the_default_one_names_nothing(repo: Repository) -> None:
    """Packages of other branches are not read."""
    first = run(repo.path)
    repo.switch("topic").commit(files={"new/package.json": '{"name": "new"}'})
    assert run(repo.switch("main").path, resume=first, at=AT + timedelta(days=1))["components"] == []


def test_packages_of_a_clone_without_contents_are_read_where_it_checked_them_out(
    repo: Repository, tmp_path: Path
) -> None:
    """A clone that leaves file contents out has those of its working tree; a bare one has names of folders."""
    working = repo.clone(tmp_path / "working", "--filter=blob:none")
    bare = repo.clone(tmp_path / "bare", "--bare", "--filter=blob:none")
    assert ("web", "@acme/web", "npm") in parts(run(working))
    assert ("web", "web", "npm") in parts(run(bare))
