from __future__ import annotations

from pathlib import Path

import pytest

from headway.settings import DeploymentRule, InitiativeSettings, Settings
from tests.builders.rows import Raw, built, commit_id
from warehouse.initiatives.packages import Published, Required, published, required_packages

SETTINGS = Settings(
    base=Path(),
    deployments=(DeploymentRule(source="records"),),
    initiatives=(InitiativeSettings(name="Ranking", paths=("src/acme_ranker/",)),),
)


@pytest.mark.parametrize(
    ("path", "line", "package"),
    [
        ("requirements.txt", "acme_Ranker>=1", ("python", "acme-ranker")),
        ("pyproject.toml", '    "acme-ranker[fast]>=1",', ("python", "acme-ranker")),
        ("web/package.json", '    "@acme/ai": "^1.0.0",', ("script", "@acme/ai")),
        ("go.mod", "\tacme.io/Ranker v1.2.0", ("go", "acme.io/ranker")),
        ("Gemfile", 'gem "acme-ranker"', ("ruby", "acme-ranker")),
        ("pom.xml", "<artifactId>ranker</artifactId>", ("java", "ranker")),
        ("build.gradle", "implementation 'com.acme:ranker:1.0'", ("java", "ranker")),
        ("Shop.csproj", '<PackageReference Include="Acme.Ranker" Version="1" />', ("csharp", "acme.ranker")),
    ],
)
def test_manifests_ask_for_packages(path: str, line: str, package: tuple[str, str]) -> None:
    """Each ecosystem in its own form, under one spelling."""
    assert required_packages([(path, line)]) == {Required(*package)}


def test_manifests_publish_what_is_there() -> None:
    """A package is published if its name is that of code: a project without a folder of its name is none."""
    lines = [
        ("pyproject.toml", 'name = "acme-ranker"'),
        ("third-party/acme.io/x/go.mod", "module acme.io/x"),
        (".cache/acme.io/y/go.mod", "module acme.io/y"),
        ("tools/setup.py", '    name="elsewhere",'),
        ("web/package.json", '  "name": "@acme/ai",'),
        ("go/go.mod", "module acme.io/Ranker"),
    ]
    files = ["src/acme_ranker/__init__.py", "a.gemspec", "lib/a.rb", "b.gemspec", "j/ranker/pom.xml", "cs/Ai.csproj"]
    spaces = {"com.acme.r": ["j/ranker/src/com/acme/r/R.java"], "Acme.Ai": ["cs/R.cs"], "com.b": ["x/B.java"]}
    assert published("acme/x", lines, files, spaces) == {
        Published("python", "acme-ranker", "acme_ranker", ""),
        Published("script", "@acme/ai", "@acme/ai", "web"),
        Published("go", "acme.io/ranker", "acme.io/Ranker", "go"),
        Published("ruby", "a", "a", ""),
        Published("java", "ranker", "com.acme.r", "j/ranker"),
        Published("csharp", "ai", "Acme.Ai", "cs"),
    }


def ranker(name: str) -> Raw:
    """A library whose package is the initiative."""
    raw = Raw(name).commits(f"root-{name}@1 rank-{name}@2").files(f"rank-{name}", "src/acme_ranker/__init__.py")
    raw.files(f"root-{name}", "src/acme_ranker/core.py", "README.md")
    raw.add("added_lines", sha=commit_id(f"root-{name}"), path="pyproject.toml", line='name = "acme-ranker"')
    return raw.deploy("r1", f"rank-{name}", 3)


def shop(name: str = "acme/shop", *, asks: bool = True) -> Raw:
    """A product that imports the library, in its tests too, and later not any more."""
    first, second, third = (f"{step}-{name}" for step in ("first", "second", "third"))
    raw = Raw(name).commits(f"{first}@10 {second}@20 {third}@30")
    for commit, path, added in ((first, "app/a.py", True), (second, "tests/t.py", True), (third, "app/a.py", False)):
        facts = {"path": path, "kind": "import", "module": "acme_ranker.core", "added": added}
        raw.files(commit, path).add("imports", sha=commit_id(commit), **facts)
    if asks:
        raw.add("added_lines", sha=commit_id(first), path="requirements.txt", line="acme-ranker==1")
    return raw.deploy("s1", second, 22).deploy("s2", third, 32)


@pytest.mark.slow
def test_other_repositories_use_an_initiative() -> None:
    """The file, its repository, and since and until which change; none where no manifest asks for the package."""
    with built(ranker("acme/ranker"), shop(), shop("acme/site", asks=False), settings=SETTINGS) as tables:
        (use,) = tables("select * from initiative_uses")
        assert (use["user_repo_id"], use["path"], use["module"]) == ("git:acme/shop", "app/a.py", "acme_ranker.core")
        changes = tuple(f"git:acme/shop@{commit_id(f'{step}-acme/shop')}" for step in ("first", "third"))
        assert (use["change_id"], use["gone_by"]) == changes


def test_a_name_that_two_publish_means_neither() -> None:
    """Whose package it is cannot be told where a copy is published under the same name."""
    with built(ranker("acme/ranker"), ranker("acme/fork"), shop(), settings=SETTINGS) as tables:
        assert tables("select * from initiative_uses") == []
