"""Several applications in one file, several files of one application, several readers of one repository."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.git import ManifestPatterns
from headway.errors import UsageError
from tests.builders.repositories import Repository
from tests.collectors.git.running import AT, Run, run

ENV_FILE = ManifestPatterns(
    path=r"^(?P<environment>[^/]+)/\.env$", version=r"^(?P<application>\w+)_TAG=(?P<version>\S+)$"
)
LIST = ManifestPatterns(path=r"^images\.txt$", version=r"(?P<environment>\w+) (?P<application>\w+) (?P<version>\S+)")
Found = tuple[str, str, str | None]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A manifests repository that deploys nothing yet."""
    repo = Repository(tmp_path / "fleet")
    repo.commit(files={"README.md": "Fleet\n"})
    return repo


def found(result: Run) -> list[Found]:
    """What was deployed, in order."""
    rows = sorted(result["manifest_versions"], key=lambda row: row["position"])
    return [(row["environment"], row["application"], row["version"]) for row in rows]


def test_every_match_in_a_file_is_an_application(repo: Repository) -> None:
    """A file that names two applications is two deployments, and then one for each that changes."""
    repo.commit(files={"prod/.env": "API_TAG=v1\nWEB_TAG=v1\n"})
    repo.commit(files={"prod/.env": "API_TAG=v1\nWEB_TAG=v2\nDEBUG=no\n"})
    repo.commit(files={"prod/.env": "WEB_TAG=v2\n"})
    assert found(run(repo.path, manifests=(ENV_FILE,))) == [
        ("prod", "API", "v1"),
        ("prod", "WEB", "v1"),
        ("prod", "WEB", "v2"),
        ("prod", "API", None),
    ]


def test_file_may_name_the_environment_too(repo: Repository) -> None:
    """The group in the file counts more than the one in the path; the first match of a slot counts."""
    repo.commit(files={"images.txt": "prod shop v1\ntest shop v2\nprod shop v9\n"})
    assert found(run(repo.path, manifests=(LIST,))) == [("prod", "shop", "v1"), ("test", "shop", "v2")]


def test_readers_of_one_repository_add_up(repo: Repository) -> None:
    """Staging is deployed when its file changes, production when its trigger does."""
    staging = ManifestPatterns(r"^(?P<environment>staging)/(?P<application>\w+)$", r"tag: (?P<version>\S+)")
    production = ManifestPatterns(
        r"^(?P<environment>production)/(?P<application>\w+)$", r"tag: (?P<version>\S+)", trigger="^release$"
    )
    repo.commit(files={"staging/shop": "tag: v1", "production/shop": "tag: v1"})
    repo.commit(files={"release": "1"})
    repo.commit(files={"staging/shop": "tag: v2", "production/shop": "tag: v2"})
    assert found(run(repo.path, manifests=(staging, production))) == [
        ("staging", "shop", "v1"),
        ("production", "shop", "v1"),
        ("staging", "shop", "v2"),
    ]


def test_file_that_goes_leaves_the_other_that_names_the_same(repo: Repository) -> None:
    """Of two files of one slot the one that changed last counts; without it, the other goes on and nothing is new."""
    patterns = ManifestPatterns(r"^(?P<environment>prod)/(?P<application>shop)-\w+$", r"tag: (?P<version>\S+)")
    repo.commit(files={"prod/shop-eu": "tag: v1", "prod/shop-us": "tag: v1"})
    repo.commit(files={"prod/shop-eu": "tag: v2"})
    repo.commit(files={"prod/shop-us": "tag: v1 # a comment"})
    repo.commit(files={"prod/shop-eu": None})
    repo.commit(files={"prod/shop-us": "tag: v3"})
    repo.commit(files={"prod/shop-us": None})
    assert found(run(repo.path, manifests=(patterns,))) == [
        ("prod", "shop", "v1"),
        ("prod", "shop", "v2"),
        ("prod", "shop", "v3"),
        ("prod", "shop", None),
    ]


def test_files_that_contradict_each_other_are_told(repo: Repository) -> None:
    """While two files give one application different versions, a notice says so, and names it."""
    patterns = ManifestPatterns(r"^(?P<environment>prod)/(?P<application>shop)-\w+$", r"tag: (?P<version>\S+)")
    repo.commit(files={"prod/shop-eu": "tag: v1", "prod/shop-us": "tag: v2"})
    first = run(repo.path, manifests=(patterns,))
    notice = first.one("notices", kind="manifest_conflicts")
    assert (notice["count"], notice["detail"].rpartition(": ")[2]) == (1, "prod/shop")
    repo.commit(files={"prod/shop-eu": "tag: v2"})
    assert run(repo.path, manifests=(patterns,), resume=first).notices == {"manifest_conflicts": 0}


def test_row_says_whether_its_step_changes_anything_else(repo: Repository) -> None:
    """A step that changes files without a version too is more than a deployment."""
    repo.commit(files={"prod/.env": "API_TAG=v1\n"})
    repo.commit(files={"prod/.env": "API_TAG=v2\n", "app.py": "2\n"})
    repo.commit(files={"prod/.env": "API_TAG=v3\n", "test/.env": "DEBUG=yes\n"})
    repo.switch("bump").commit(files={"prod/.env": "API_TAG=v4\n"})
    repo.switch("main").merge("bump")
    rows = run(repo.path, manifests=(ENV_FILE,))["manifest_versions"]
    assert [(row["version"], row["alone"]) for row in rows] == [
        ("v1", True),
        ("v2", False),
        ("v3", False),
        ("v4", True),
    ]


def test_repository_tells_since_when_its_rows_count(repo: Repository) -> None:
    """With other patterns, or none, the rows of before count no more; without a change nothing is told again."""
    repo.commit(files={"prod/.env": "API_TAG=v1\n"})
    first = run(repo.path)
    assert first.one("repositories")["manifests_read_at"] is None
    later = [AT.replace(day=day) for day in (2, 3, 4, 5)]
    second = run(repo.path, manifests=(ENV_FILE,), resume=first, at=later[0])
    assert second.one("repositories")["manifests_read_at"] == later[0]
    assert run(repo.path, manifests=(ENV_FILE,), resume=second, at=later[1])["repositories"] == []
    third = run(repo.path, manifests=(ENV_FILE, LIST), resume=second, at=later[2])
    assert third.one("repositories")["manifests_read_at"] == later[2]
    assert run(repo.path, resume=third, at=later[3]).one("repositories")["manifests_read_at"] == later[3]


@pytest.mark.parametrize(
    "patterns",
    [
        ManifestPatterns(preset="kustomize", version="(?P<version>x)"),
        ManifestPatterns(path="(?P<environment>x)"),
        ManifestPatterns(version="(?P<environment>x)(?P<version>x)"),
        ManifestPatterns(path="x", version="(?P<version>x)"),
        ManifestPatterns(preset="helm", path="("),
    ],
)
def test_patterns_that_cannot_be_meant_are_wrong_use(repo: Repository, patterns: ManifestPatterns) -> None:
    """A preset with a pattern of versions, and patterns of which one is missing, are told before anything is read."""
    with pytest.raises(UsageError):
        run(repo.path, manifests=(patterns,))


NAMES = st.dictionaries(st.sampled_from(["API", "WEB"]), st.sampled_from(["v1", "v2"]))
STEPS = st.lists(st.tuples(st.sampled_from(["prod/.env", "prod/.env.local"]), st.none() | NAMES), max_size=10)
EITHER = ManifestPatterns(r"^(?P<environment>prod)/\.env", ENV_FILE.version)


@pytest.mark.slow
@settings(max_examples=25)
@given(steps=STEPS, cuts=st.sets(st.integers(0, 9), max_size=3))
def test_any_split_of_many_gives_what_one_run_gives(
    steps: list[tuple[str, dict[str, str] | None]], cuts: set[int]
) -> None:
    """However the chain is cut into nights, also where two files name one slot, all rows are those of one run."""
    with tempfile.TemporaryDirectory() as folder:
        repo = Repository(Path(folder) / "fleet")
        repo.commit(files={"prod/.env": "", "prod/.env.local": ""})
        last, rows = None, []
        for number, (path, names) in enumerate(steps):
            if number in cuts:
                last = run(repo.path, manifests=(EITHER,), resume=last)
                rows += found(last)
            text = "".join(f"{name}_TAG={version}\n" for name, version in (names or {}).items())
            repo.commit(files={path: f"{text}# {number}\n"})
        rows += found(run(repo.path, manifests=(EITHER,), resume=last))
        assert rows == found(run(repo.path, manifests=(EITHER,)))
