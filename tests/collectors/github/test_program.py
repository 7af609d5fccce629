from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from headway.errors import AccessDenied, UsageError
from headway.notices import NOTICES
from headway.progress import SilentProgress
from headway.settings import GithubSettings, Settings, SourceSettings, load
from headway.source import Access
from pipeline.collect import Run, run_all
from pipeline.sources import sources_of
from tests.builders.github import FakeGitHub
from warehouse.store import RawStore


def settings(github: FakeGitHub, folder: Path, *sources: SourceSettings) -> Settings:
    """Settings whose GitHub is the fake."""
    return Settings(base=folder, sources=sources, github=GithubSettings(base_url=github.url))


def collect(github: FakeGitHub, wanted: Settings, *targets: str, jobs: int = 1, full: bool = False) -> list[Run]:
    """What `headway collect` does with targets."""
    access = Access({"HEADWAY_GITHUB_TOKEN": github.token}, github.clock)
    store = RawStore(wanted.warehouse_folder)
    sources = sources_of(wanted, targets, access)
    return run_all(store, sources, full=full, jobs=jobs, began_at=github.clock.now(), progress=SilentProgress())


@pytest.mark.slow
def test_owner_means_all_its_repositories(github: FakeGitHub, tmp_path: Path) -> None:
    """`github:OWNER` becomes a source for each repository, and their rows are in the warehouse."""
    wanted = settings(github, tmp_path)
    runs = collect(github, wanted, "github:acme", jobs=3)
    assert [run.source for run in runs] == ["github:acme/assistant", "github:acme/checkout", "github:acme/sdk"]
    assert [run.error for run in runs] == ["", "", ""]
    assert all(run.rows["pull_requests"] for run in runs)
    github.forget()
    assert [run.rows for run in collect(github, wanted, "github:acme")] == [{}, {}, {}]
    assert len(github.served) == 1 + 2 * 3


@pytest.mark.slow
def test_renamed_repository_of_an_owner_goes_on_as_it_was(github: FakeGitHub, tmp_path: Path) -> None:
    """A repository that an owner has renamed is no new source, and nothing of it is read again."""
    wanted = settings(github, tmp_path)
    collect(github, wanted, "github:acme")
    github.edit.rename("checkout", "basket")
    github.advance(hours=24)
    runs = {run.source: run for run in collect(github, wanted, "github:acme")}
    assert "github:acme/basket" not in runs
    assert runs["github:acme/checkout"].rows.keys() >= {"repositories"}
    assert "notices" not in runs["github:acme/checkout"].rows
    assert "pull_requests" not in runs["github:acme/checkout"].rows


def renamed_notices(wanted: Settings) -> list[int]:
    """The counts of the notice of another name, the first one first."""
    files = RawStore(wanted.warehouse_folder).files().get("notices", [])
    rows = [row for path in files for row in pq.read_table(path).to_pylist() if row["kind"] == "another_name"]
    return [row["count"] for row in sorted(rows, key=lambda row: row["collected_at"])]


@pytest.mark.slow
@pytest.mark.parametrize("owner_too", [False, True])
def test_new_name_in_the_settings_ends_the_notice_of_another_name(
    github: FakeGitHub, tmp_path: Path, owner_too: bool
) -> None:
    """The remedy of `another_name` is true: the new name, above the owner's line if any, ends it, and nothing else."""
    owner = [SourceSettings("github:acme")] if owner_too else []
    old = settings(github, tmp_path, SourceSettings("github:acme/checkout"), *owner)
    collect(github, old)
    github.edit.rename("checkout", "basket")
    for _ in range(2):
        github.advance(hours=24)
        collect(github, old)
    assert renamed_notices(old) == [1]
    assert "use its new name in `[[sources]]`" in NOTICES["another_name"].remedy
    new = settings(github, tmp_path, SourceSettings("github:acme/basket"), *owner)
    github.advance(hours=24)
    assert "github:acme/basket" not in {run.source for run in collect(github, new)}
    assert renamed_notices(new) == [1, 0]


def changes_of(store: RawStore) -> dict[str, int]:
    """How many pull requests there are of each repository."""
    found: dict[str, set[int]] = {}
    for path in store.files()["pull_requests"]:
        for row in pq.read_table(path, columns=["repo_id", "number"]).to_pylist():
            found.setdefault(row["repo_id"], set()).add(row["number"])
    return {repo_id: len(numbers) for repo_id, numbers in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("target", ["github:acme/basket", "github:ACME/Checkout", "github:Acme/BASKET"])
def test_repository_by_another_name_or_case_is_no_second_one(github: FakeGitHub, tmp_path: Path, target: str) -> None:
    """A renamed repository that is asked for by its new name, and one in another case, are what they were."""
    wanted = settings(github, tmp_path)
    collect(github, wanted, "github:acme/checkout")
    before = changes_of(RawStore(wanted.warehouse_folder))
    if "checkout" not in target.lower():
        github.edit.rename("checkout", "basket")
    github.advance(hours=24)
    (run,) = collect(github, wanted, target)
    assert (run.source, run.error) == ("github:acme/checkout", "")
    assert changes_of(RawStore(wanted.warehouse_folder)) == before


def test_first_spelling_does_not_matter(github: FakeGitHub, tmp_path: Path) -> None:
    """Rows are under GitHub's own spelling of the name, whatever the target's."""
    wanted = settings(github, tmp_path)
    collect(github, wanted, "github:ACME/SDK")
    assert set(changes_of(RawStore(wanted.warehouse_folder))) == {"github:acme/sdk"}
    assert [run.source for run in collect(github, wanted, "github:acme/sdk")] == ["github:ACME/SDK"]


@pytest.mark.slow
def test_new_repository_of_an_old_name_is_collected_apart(github: FakeGitHub, tmp_path: Path) -> None:
    """One that takes the old name of a renamed repository is read too, under a name of its own."""
    wanted = settings(github, tmp_path)
    collect(github, wanted, "github:acme")
    github.edit.rename("sdk", "kit")
    made = github.edit.add_repository("sdk")
    github.edit.open_pull("sdk")
    github.advance(hours=24)
    runs = {run.source: run for run in collect(github, wanted, "github:acme")}
    assert runs[f"github:acme/sdk~{made.id}"].rows["pull_requests"] == 1
    assert changes_of(RawStore(wanted.warehouse_folder))[f"github:acme/sdk~{made.id}"] == 1


def test_repository_made_anew_is_not_mixed_with_the_old_one(github: FakeGitHub, tmp_path: Path) -> None:
    """After `--full` on a new repository of the same name, its changes are its own and the old ones stay theirs."""
    wanted = settings(github, tmp_path)
    collect(github, wanted, "github:acme/sdk")
    before = changes_of(RawStore(wanted.warehouse_folder))
    github.edit.lose("sdk")
    github.edit.rename("sdk", "gone")
    github.forge.moved.clear()
    made = github.edit.add_repository("sdk")
    github.edit.open_pull("sdk")
    github.advance(hours=24)
    (run,) = collect(github, wanted, "github:acme/sdk")
    assert "--full" in run.hint
    (run,) = collect(github, wanted, "github:acme/sdk", full=True)
    assert run.error == ""
    assert changes_of(RawStore(wanted.warehouse_folder)) == before | {f"github:acme/sdk~{made.id}": 1}


@pytest.mark.slow
def test_lost_repository_of_an_owner_fails_its_run(github: FakeGitHub, tmp_path: Path) -> None:
    """What an owner's list has no more is asked for all the same: a nightly job must tell that it is gone."""
    wanted = settings(github, tmp_path)
    collect(github, wanted, "github:acme")
    github.edit.lose("assistant")
    github.advance(hours=24)
    errors = {run.source: bool(run.error) for run in collect(github, wanted, "github:acme")}
    assert errors == {"github:acme/assistant": True, "github:acme/checkout": False, "github:acme/sdk": False}


@pytest.mark.slow
def test_team_of_an_owner_is_known_without_asking(github: FakeGitHub, tmp_path: Path) -> None:
    """Without access an owner stands for what was collected of it, each with the team that the settings name."""
    wanted = settings(github, tmp_path, SourceSettings(target="github:acme", team="payments"))
    collect(github, wanted)
    github.forget()
    known = sources_of(wanted)
    assert {source.id: source.team for source in known} == dict.fromkeys(
        ["github:acme/assistant", "github:acme/checkout", "github:acme/sdk"], "payments"
    )
    assert len(github.served) == 0


def test_repository_named_by_itself_and_by_its_owner_is_read_once(github: FakeGitHub, tmp_path: Path) -> None:
    """What is said of a repository first counts: its own team here, not its owner's."""
    own, whole = (SourceSettings(target=f"github:acme{name}", team=name) for name in ("/sdk", ""))
    access = Access({"GITHUB_TOKEN": github.token}, github.clock)
    found = sources_of(settings(github, tmp_path, own, whole), (), access)
    assert [(source.id, source.team) for source in found] == [
        ("github:acme/sdk", "/sdk"),
        ("github:acme/assistant", ""),
        ("github:acme/checkout", ""),
    ]


def test_missing_token_fails_its_sources_alone(github: FakeGitHub, tmp_path: Path) -> None:
    """Without a token a repository's run fails and says what to set; for an owner nothing can be listed at all."""
    wanted = settings(github, tmp_path)
    access = Access({}, github.clock)
    store = RawStore(wanted.warehouse_folder)
    sources = sources_of(wanted, ("github:acme/sdk",), access)
    (run,) = run_all(store, sources, full=False, jobs=1, began_at=github.clock.now(), progress=SilentProgress())
    assert "HEADWAY_GITHUB_TOKEN" in run.hint
    with pytest.raises(AccessDenied):
        sources_of(wanted, ("github:acme",), access)


def test_owner_of_whom_nothing_is_wanted_is_an_error(github: FakeGitHub, tmp_path: Path) -> None:
    """Globs that leave nothing are said, instead of a run that does nothing."""
    wanted = Settings(base=tmp_path, github=GithubSettings(base_url=github.url, include=("nothing-*",)))
    with pytest.raises(UsageError, match="no repository that the settings include"):
        collect(github, wanted, "github:acme")


def test_secrets_of_an_app_are_no_settings(tmp_path: Path) -> None:
    """The variables with tokens and keys are not taken for settings, and what is set beside them is."""
    environment = {
        "HEADWAY_GITHUB_TOKEN": "ghp_x",
        "HEADWAY_GITHUB_APP_ID": "1",
        "HEADWAY_GITHUB_APP_PRIVATE_KEY": "-----BEGIN",
        "HEADWAY_GITHUB_APP_INSTALLATION_ID": "2",
        "HEADWAY_GITHUB_BASE_URL": "https://github.acme.com/api/v3",
        "HEADWAY_GITHUB_EXCLUDE": "old-*, tmp-*",
    }
    found = load(None, environment, folder=tmp_path)
    assert found.github.base_url == "https://github.acme.com/api/v3"
    assert found.github.exclude == ("old-*", "tmp-*")
    assert "ghp_x" not in repr(found)
