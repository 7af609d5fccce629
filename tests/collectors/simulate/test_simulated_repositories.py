"""The simulated repositories are real ones, and say in Git what the truth says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.simulate import Change, Company, Repo

Git = Callable[..., str]


def _landed(repo: Repo, style: str) -> list[Change]:
    return [change for change in repo.landed if change.style == style]


def test_every_repository_passes_fsck(tiny_folder: Path, git: Git) -> None:
    """Git itself finds nothing wrong with any of the repositories."""
    names = sorted(path.stem for path in (tiny_folder / "repos").iterdir())
    assert names == ["assistant", "checkout", "deployments", "sdk"]
    for name in names:
        assert git(name, "fsck", "--strict", "--no-dangling") == ""


def test_the_default_branch_is_the_landings_in_order(tiny: Company, git: Git) -> None:
    """The first-parent history of main is every landing commit, oldest first, at the time of the merge."""
    for repo in tiny.repos:
        told = git(repo.name, "log", "--first-parent", "--reverse", "--format=%H %ct", "main").splitlines()
        expected = [f"{one.sha} {one.committed_at}" for change in repo.landed for one in change.landing]
        assert told == expected
        assert all(change.merged_at == change.landing[-1].committed_at for change in repo.landed)


def test_pull_heads_are_the_last_commits_of_their_changes(tiny: Company, git: Git) -> None:
    """Every pull request, and nothing else, has a head ref, and it is its last commit."""
    for repo in tiny.repos:
        told = dict(
            line.split()
            for line in git(repo.name, "for-each-ref", "--format=%(refname) %(objectname)", "refs/pull").splitlines()
        )
        expected = {f"refs/pull/{one.number}/head": one.commits[-1].sha for one in repo.changes if one.number}
        assert told == expected


def test_the_remote_names_the_repository(tiny: Company, git: Git) -> None:
    """The remote in the config is what the id of the repository is made from."""
    for repo in tiny.repos:
        assert git(repo.name, "config", "remote.origin.url").strip() == f"https://github.com/acme/{repo.name}.git"


def test_merge_commits_name_number_and_branch(tiny: Company, git: Git) -> None:
    """A merged pull request is a commit with the head as second parent, named as the forge names it."""
    changes = _landed(tiny.repo("checkout"), "merge")
    assert changes
    for change in changes:
        parents, subject = git("checkout", "log", "-1", "--format=%P%n%s", change.sha).splitlines()
        assert parents.split()[1] == change.commits[-1].sha
        assert subject == f"Merge pull request #{change.number} from acme/{change.branch}"


def test_squashes_name_the_number_last(tiny: Company, git: Git) -> None:
    """A squashed pull request is one commit whose subject ends in its number."""
    changes = _landed(tiny.repo("assistant"), "squash")
    assert changes
    for change in changes:
        parents, subject = git("assistant", "log", "-1", "--format=%P%n%s", change.sha).splitlines()
        assert " " not in parents
        assert subject.endswith(f"(#{change.number})")


def test_rebased_commits_keep_author_date_and_subject(tiny: Company, git: Git) -> None:
    """A rebase merge copies the branch's commits in order, with a new committer date and no number."""
    changes = _landed(tiny.repo("sdk"), "rebase")
    assert any(len(change.landing) > 1 for change in changes)
    for change in changes:
        told = git("sdk", "log", f"-{len(change.landing)}", "--reverse", "--format=%at %s", change.sha).splitlines()
        own = [commit for commit in change.commits if not commit.updates_from]
        assert told == [f"{one.authored_at} {one.message.splitlines()[0]}" for one in own]


def test_direct_pushes_are_their_own_landing(tiny: Company) -> None:
    """What was pushed without a pull request has no number and lands as itself."""
    pushes = [change for repo in tiny.repos for change in repo.landed if change.style == "direct"]
    assert len(pushes) >= len(tiny.repos)
    assert all(change.number is None and change.landing == change.commits for change in pushes)


def test_sizes_are_those_that_git_counts(tiny: Company, git: Git) -> None:
    """Additions, deletions and files of a pull request equal git's own between merge base and head."""
    for repo in tiny.repos:
        for change in repo.changes:
            if change.number is None:
                continue
            base = change.landing[0].parents[0].sha if change.landing else "main"
            lines = git(repo.name, "diff", "--numstat", f"{base}...{change.commits[-1].sha}").splitlines()
            counted = [tuple(int(part) for part in line.split("\t")[:2]) for line in lines]
            told = (sum(one[0] for one in counted), sum(one[1] for one in counted), len(counted))
            assert (change.additions, change.deletions, change.files) == told, change.title


def test_a_fix_replaces_lines_of_its_culprit(tiny: Company, git: Git) -> None:
    """The lines that a fix takes away were written by the change that it repairs, and in a tangled one others too."""
    fixes = [(repo, one) for repo in tiny.repos for one in repo.landed if one.repairs]
    assert fixes
    for repo, change in fixes:
        assert change.repairs
        culprit = {one.sha for one in (*change.repairs.commits, *change.repairs.landing)}
        before, after = change.commits[0].parents[0].sha, change.commits[0].sha
        diff = git(repo.name, "diff", "-U0", before, after)
        gone = {line[1:] for line in diff.splitlines() if line.startswith("-") and not line.startswith("---")}
        writers = set()
        for path in git(repo.name, "diff", "--name-only", "--diff-filter=M", before, after).splitlines():
            for line in git(repo.name, "blame", "-sl", before, "--", path).splitlines():
                sha, _, text = line.partition(" ")
                if text.partition(") ")[2] in gone:
                    writers.add(sha.lstrip("^"))
        assert writers & culprit or not gone, change.title
        assert change.tangled or writers <= culprit, change.title


def test_a_revert_restores_what_was_there(tiny: Company, git: Git) -> None:
    """A revert names the commit that it takes out, and takes away only lines that it had brought."""
    reverts = [(repo, one) for repo in tiny.repos for one in repo.landed if one.reverts]
    assert reverts
    for repo, change in reverts:
        assert change.reverts
        assert f"This reverts commit {change.reverts.sha}." in git(
            repo.name, "log", "-1", "--format=%B", change.sha
        ) + (change.commits[0].message)
        assert change.title == f'Revert "{change.reverts.title}"'
        assert change.deletions <= change.reverts.additions


def test_a_merge_keeps_what_main_had(tiny: Company, git: Git) -> None:
    """Landing a change touches only the files that the change touches."""
    for repo in tiny.repos:
        for change in repo.landed[1:]:
            seen = git(repo.name, "diff", "--name-only", f"{change.landing[0].parents[0].sha}", change.sha).splitlines()
            touched = {touch.path for commit in change.commits for touch in commit.touches}
            if change.reverts:
                touched |= {touch.path for commit in change.reverts.commits for touch in commit.touches}
            assert set(seen) <= touched


@pytest.mark.slow
def test_manifests_deploy_what_the_company_deployed(tiny: Company, git: Git) -> None:
    """Each first-parent step that changes an image tag is one deployment, at its time, of a tagged build."""
    repo = tiny.repo("checkout")
    told = []
    tags: dict[str, str] = {}
    for line in git("deployments", "log", "--first-parent", "--reverse", "--format=%H %ct", "main").splitlines():
        sha, at = line.split()
        for environment in ("staging", "production"):
            path = f"apps/{environment}/checkout.yaml"
            if path not in git("deployments", "ls-tree", "-r", "--name-only", sha).splitlines():
                continue
            tag = git("deployments", "show", f"{sha}:{path}").rpartition("image_tag: ")[2].strip()
            if tags.get(environment) != tag:
                told.append((int(at), environment, git("checkout", "rev-parse", tag).strip()))
                tags[environment] = tag
    expected = [(one.created_at, one.environment, one.change.sha) for one in repo.deployments]
    assert told == sorted(expected)


def test_releases_are_annotated_tags(tiny: Company, git: Git) -> None:
    """Each release is an annotated tag at its time on the commit that was released."""
    form = "--format=%(refname:short) %(*objectname) %(taggerdate:unix)"
    told = sorted(git("sdk", "for-each-ref", form, "refs/tags/v*").splitlines())
    expected = sorted(f"{one.version} {one.sha} {one.created_at}" for one in tiny.repo("sdk").deployments)
    assert told == expected


def test_everything_is_known_up_to_the_end(tiny: Company, tiny_folder: Path, git: Git) -> None:
    """Each source holds something of the very last moment, so that its watermark is the end of the simulation."""
    for name in ("assistant", "checkout", "deployments", "sdk"):
        told = git(name, "for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/nightly")
        assert int(told) == tiny.until
    newest = f'"created_at": "{datetime.fromtimestamp(tiny.until, UTC):%Y-%m-%dT%H:%M:%SZ}"'
    assert newest in (tiny_folder / "events.ndjson").read_text()


def test_events_name_commits_that_exist(tiny: Company, tiny_folder: Path, git: Git) -> None:
    """Every commit that the events file names is in its repository."""
    held = {repo.repo_id: set(git(repo.name, "rev-list", "--all").split()) for repo in tiny.repos}
    for line in (tiny_folder / "events.ndjson").read_text().splitlines():
        record = json.loads(line)
        assert {record[key] for key in ("sha", "head_sha") if key in record} <= held[record["repo"]]


@pytest.mark.parametrize("name", ["checkout", "assistant", "sdk"])
def test_nothing_is_later_than_the_end(name: str, tiny: Company, git: Git) -> None:
    """No commit is dated after the end of the simulation or before its beginning."""
    times = [int(at) for at in git(name, "log", "--all", "--format=%at%n%ct").split()]
    assert tiny.since <= min(times)
    assert max(times) <= tiny.until
