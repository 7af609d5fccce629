from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.git import ManifestPatterns
from headway.errors import PartialRead, UsageError
from tests.builders.git_objects import SYMLINK
from tests.builders.repositories import Repository
from tests.collectors.git.running import Run, run

PATTERNS = ManifestPatterns(
    path=r"^tags/(?P<environment>[^/]+)/(?P<application>[^/]+)$",
    version=r"""image_tag:\s*["']?(?P<version>[^\s"']+)""",
)
TRIGGERED = ManifestPatterns(PATTERNS.path, PATTERNS.version, trigger=r"^deploy/(?P<environment>[^/]+)$")
Found = tuple[str, str, str, str | None]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A manifests repository that deploys nothing yet."""
    repo = Repository(tmp_path / "charts")
    repo.commit(files={"README.md": "Charts\n"})
    return repo


def bump(repo: Repository, environment: str, application: str, version: str | None) -> str:
    """Commit a version, or its removal."""
    content = None if version is None else f"automatic: true\nimage_tag: {version}\n"
    return repo.commit(files={f"tags/{environment}/{application}": content})


def collected(repo: Repository, patterns: ManifestPatterns = PATTERNS, resume: Run | None = None) -> Run:
    """Collect it as a manifests repository."""
    return run(repo.path, manifests=(patterns,), resume=resume)


def versions(found: Run) -> list[Found]:
    """What was deployed, in order."""
    rows = sorted(found["manifest_versions"], key=lambda row: (row["position"], row["environment"], row["application"]))
    return [(row["sha"], row["environment"], row["application"], row["version"]) for row in rows]


def test_version_is_a_row_where_it_changes(repo: Repository) -> None:
    """A new version is a row, the same again is none, a removal is one without a version, and coming back is one."""
    one = bump(repo, "staging", "shop", "v1")
    two = bump(repo, "production", "shop", "'v1'")
    repo.commit(files={"tags/staging/shop": 'image_tag: "v1"\n# a comment\n'})
    three = bump(repo, "staging", "shop", "v2")
    four = bump(repo, "staging", "shop", None)
    repo.commit()
    five = bump(repo, "staging", "shop", "v2")
    assert versions(collected(repo)) == [
        (one, "staging", "shop", "v1"),
        (two, "production", "shop", "v1"),
        (three, "staging", "shop", "v2"),
        (four, "staging", "shop", None),
        (five, "staging", "shop", "v2"),
    ]


def test_row_tells_path_time_and_position(repo: Repository) -> None:
    """A row has its file, the committer date of its step, and the step's place on the chain."""
    repo.commit()
    bump(repo.tick(days=1), "staging", "shop", "v1")
    row = collected(repo).one("manifest_versions")
    assert (row["path"], row["position"]) == ("tags/staging/shop", 2)
    assert row["changed_at"] == datetime(2025, 1, 7, 12)


def test_merge_is_one_step(repo: Repository) -> None:
    """What a merge brings counts when it lands, once, with the version it ends with; other branches deploy nothing."""
    bump(repo, "staging", "shop", "v1")
    repo.switch("bump")
    bump(repo, "staging", "shop", "v2")
    bump(repo, "staging", "shop", "v3")
    repo.switch("main").commit()
    merge = repo.merge("bump")
    bump(repo.switch("stray"), "staging", "shop", "v9")
    assert versions(collected(repo.switch("main")))[1:] == [(merge, "staging", "shop", "v3")]


def test_file_that_names_no_version_says_nothing(repo: Repository) -> None:
    """A file without a version, a symlink and a binary are no deployment; a version that goes away is."""
    repo.commit(files={"tags/test/a": "nothing", "tags/test/b": b"\0\xff", "tags/test/c": repo.blob("a", SYMLINK)})
    one = bump(repo, "test", "a", "v1")
    two = repo.commit(files={"tags/test/a": "nothing again"})
    assert versions(collected(repo)) == [(one, "test", "a", "v1"), (two, "test", "a", None)]


def test_file_that_moves_is_not_gone(repo: Repository) -> None:
    """Where two paths name the same application, moving from one to the other changes no version."""
    patterns = ManifestPatterns(r"(?P<environment>prod|test)\.yaml$", r"tag: (?P<version>\S+)", application="shop")
    repo.commit(files={"a/prod.yaml": "tag: v1"})
    repo.commit(files={"a/prod.yaml": None, "b/prod.yaml": "tag: v1"})
    found = collected(repo, patterns)
    assert [(row["application"], row["version"]) for row in found["manifest_versions"]] == [("shop", "v1")]


def test_trigger_deploys_what_is_current(repo: Repository) -> None:
    """With a trigger a version is deployed when the trigger of its environment changes, again if it changes again."""
    bump(repo, "staging", "shop", "v1")
    bump(repo, "production", "shop", "v1")
    one = repo.commit(files={"deploy/production": "1"})
    bump(repo, "production", "shop", "v2")
    two = repo.commit(files={"deploy/production": "2", "tags/production/till": "image_tag: v7"})
    three = repo.commit(files={"deploy/production": "3"})
    bump(repo, "production", "till", None)
    four = repo.commit(files={"deploy/production": None, "deploy/staging": "1"})
    five = repo.commit(files={"deploy/production": "4"})
    assert versions(collected(repo, TRIGGERED)) == [
        (one, "production", "shop", "v1"),
        (two, "production", "shop", "v2"),
        (two, "production", "till", "v7"),
        (three, "production", "shop", "v2"),
        (three, "production", "till", "v7"),
        (four, "production", "shop", "v2"),
        (four, "production", "till", None),
        (four, "staging", "shop", "v1"),
        (five, "production", "shop", "v2"),
    ]


def test_trigger_without_groups_deploys_everything(repo: Repository) -> None:
    """A trigger that names no environment is for all of them."""
    bump(repo, "staging", "shop", "v1")
    bump(repo, "production", "shop", "v2")
    one = repo.commit(files={"release.txt": "1"})
    patterns = ManifestPatterns(PATTERNS.path, PATTERNS.version, trigger="^release")
    found = [(one, "production", "shop", "v2"), (one, "staging", "shop", "v1")]
    assert versions(collected(repo, patterns)) == found


def test_next_run_goes_on_where_the_last_one_ended(repo: Repository) -> None:
    """Only new steps are handed over, with their places, and the versions before them are remembered."""
    bump(repo, "staging", "shop", "v1")
    first = collected(repo)
    assert collected(repo, resume=first).tables == {}
    repo.commit(files={"tags/staging/shop": "image_tag: v1 # again\n"})
    two = bump(repo, "staging", "shop", "v2")
    second = collected(repo, resume=first)
    assert versions(second) == [(two, "staging", "shop", "v2")]
    assert second.one("manifest_versions")["position"] == 3


def test_rewritten_chain_is_read_again_and_noticed(repo: Repository) -> None:
    """After a force-push, or where main was moved along another branch, the chain is another one."""
    base = repo.head
    bump(repo, "staging", "shop", "v1")
    first = collected(repo)
    repo.point("refs/heads/main", base)
    two = bump(repo, "staging", "shop", "v2")
    second = collected(repo, resume=first)
    assert versions(second) == [(two, "staging", "shop", "v2")]
    assert second.notices == {"history_rewritten": 1}
    side = repo.switch("side", base).commit()
    foxtrot = repo.merge("main")
    repo.point("refs/heads/main", foxtrot)
    third = collected(repo.switch("main"), resume=second)
    assert versions(third) == [(foxtrot, "staging", "shop", "v2")]
    assert third.notices == {"history_rewritten": 2}
    assert side != foxtrot


def test_branch_that_went_back_is_rewritten(repo: Repository) -> None:
    """A default branch reset to an older commit has a shorter chain."""
    base = bump(repo, "staging", "shop", "v1")
    bump(repo, "staging", "shop", "v2")
    first = collected(repo)
    second = collected(repo.point("refs/heads/main", base), resume=first)
    assert versions(second) == [(base, "staging", "shop", "v1")]
    assert second.notices == {"history_rewritten": 1}


def test_other_patterns_read_the_chain_again(repo: Repository) -> None:
    """With other patterns other versions are found, in all of history."""
    bump(repo, "staging", "shop", "v1")
    first = collected(repo)
    other = ManifestPatterns(PATTERNS.path, r"image_tag: v(?P<version>\d+)")
    assert [row["version"] for row in collected(repo, other, resume=first)["manifest_versions"]] == ["1"]


def test_missing_content_is_a_partial_read(repo: Repository) -> None:
    """A file that cannot be read is never taken for one that names no version."""
    sha = bump(repo, "staging", "shop", "v1")
    repo.objects.path(repo.files(sha)[b"tags/staging/shop"].oid).unlink()
    with pytest.raises(PartialRead) as raised:
        run(repo.path, manifests=(PATTERNS,), added_lines=False)
    assert "missing" in str(raised.value)


def test_large_file_is_read_at_its_beginning(repo: Repository) -> None:
    """A file of megabytes is not kept in memory; the next one is still read."""
    filler = "x" * 3_000_000
    repo.commit(files={"tags/test/a": f"image_tag: v1\n{filler}", "tags/test/b": f"{filler}\nimage_tag: v2\n"})
    bump(repo, "test", "c", "v3")
    found = {row["application"]: row["version"] for row in collected(repo)["manifest_versions"]}
    assert found == {"a": "v1", "c": "v3"}


def test_empty_manifests_repository(tmp_path: Path) -> None:
    """Nothing there is nothing deployed."""
    assert collected(Repository(tmp_path / "charts"))["manifest_versions"] == []


@pytest.mark.parametrize(
    "patterns",
    [
        ManifestPatterns("(", "(?P<version>x)"),
        ManifestPatterns("x", "(?P<version>x)"),
        ManifestPatterns("(?P<environment>x)", "x"),
        ManifestPatterns("(?P<environment>x)", "(?P<version>x)", trigger="["),
    ],
)
def test_pattern_that_cannot_be_one_is_wrong_use(repo: Repository, patterns: ManifestPatterns) -> None:
    """A pattern with a mistake, or without the group that it needs, is told before anything is read."""
    with pytest.raises(UsageError):
        collected(repo, patterns)


@pytest.mark.slow
@settings(max_examples=25)
@given(
    steps=st.lists(st.tuples(st.sampled_from("abt-"), st.sampled_from(["v1", "v2", None])), max_size=12),
    cuts=st.sets(st.integers(0, 11), max_size=3),
    triggered=st.booleans(),
)
def test_any_split_gives_what_one_run_gives(
    steps: list[tuple[str, str | None]], cuts: set[int], triggered: bool
) -> None:
    """However the chain is cut into nights, the runs together have the rows of one run over the end."""
    patterns = TRIGGERED if triggered else PATTERNS
    with tempfile.TemporaryDirectory() as folder:
        repo = Repository(Path(folder) / "charts")
        repo.commit(files={f"tags/production/{name}": "image_tag: v0" for name in "ab"})
        last, found = None, []
        for number, (what, version) in enumerate(steps):
            if number in cuts:
                last = collected(repo, patterns, last)
                found += versions(last)
            if what == "t":
                repo.commit(files={"deploy/production": str(number)})
            elif what == "-":
                repo.switch(f"side{number}").commit()
                repo.switch("main").merge(f"side{number}")
            elif version is not None or f"tags/production/{what}".encode() in repo.files(repo.head):
                bump(repo, "production", what, version)
        found += versions(collected(repo, patterns, last))
        assert found == versions(collected(repo, patterns))
