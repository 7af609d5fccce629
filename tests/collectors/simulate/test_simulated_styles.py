"""Pull requests of the simulated company land as at real forges, by scripts and by hand; people make its releases."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import run

import pytest

from collectors.simulate import Change, Company, Repo, simulate
from collectors.simulate.company.styles import STYLES
from tests.collectors.simulate.conftest import UNTIL

Git = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the company is written."""
    return tmp_path_factory.mktemp("styles") / "company"


@pytest.fixture(scope="module")
def company(folder: Path) -> Company:
    """A company with enough pull requests for every style."""
    return simulate(folder, until=UNTIL, size="styled")


@pytest.fixture(scope="module")
def git(company: Company, folder: Path) -> Git:
    """Runs git in one of the repositories and returns what it prints, without the last line break."""

    def ask(repo: Repo, *arguments: str) -> str:
        command = ["git", f"--git-dir={folder / 'repos' / repo.name}.git", *arguments]
        return run(command, check=True, capture_output=True, text=True).stdout.rstrip("\n")

    return ask


@pytest.fixture(scope="module")
def truth(company: Company, folder: Path) -> dict[str, dict[str, str]]:
    """The rows of the truth table by change."""
    assert company.repos
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        return {row["change_id"]: row for row in csv.DictReader(file)}


def landed(company: Company, style: str) -> list[tuple[Repo, Change]]:
    """What landed in a style, of which there is some."""
    found = [(repo, one) for repo in company.repos for one in repo.changes if one.style == style and one.landing]
    assert found, style
    return found


def heads(git: Git, repo: Repo) -> dict[int, str]:
    """The head of every pull request by its number, from the refs."""
    refs = git(repo, "for-each-ref", "--format=%(objectname) %(refname)").splitlines()
    found = re.findall(r"(\w+) refs/(?:pull|merge-requests)/(\d+)/head", "\n".join(refs))
    return {int(number): sha for sha, number in found}


def parents(git: Git, repo: Repo, sha: str) -> list[str]:
    """The parents of a commit."""
    return git(repo, "log", "-1", "--format=%P", sha).split()


def message(git: Git, repo: Repo, sha: str) -> str:
    """The whole message of a commit."""
    return git(repo, "log", "-1", "--format=%B", sha)


def on_main(git: Git, repo: Repo) -> set[str]:
    """Every commit of the main branch."""
    return set(git(repo, "rev-list", "main").split())


def test_every_style_occurs_and_every_repository_is_sound(company: Company, git: Git) -> None:
    """No style is without a pull request, git finds nothing wrong, and main is the landings in order."""
    assert {one.style for repo in company.repos for one in repo.landed} | {"nested"} == set(STYLES)
    for repo in company.repos:
        assert git(repo, "fsck", "--strict", "--no-dangling") == ""
        told = git(repo, "log", "--first-parent", "--reverse", "--format=%H", "main").split()
        assert told == [commit.sha for change in repo.landed for commit in change.landing]


def test_a_batch_is_one_merge_of_several_heads(company: Company, git: Git) -> None:
    """A batch merges all heads at once, and names them; one pull request alone is a batch too."""
    sizes = []
    for repo, lead in landed(company, "batch"):
        if lead.lead is None:
            batch = [lead, *lead.riders]
            numbers = [one.number or 0 for one in batch]
            refs = heads(git, repo)
            assert parents(git, repo, lead.sha)[1:] == [refs[number] for number in numbers]
            assert message(git, repo, lead.sha).startswith(f"Merge {' '.join(f'#{one}' for one in numbers)}\n\n")
            assert {one.sha for one in batch} == {lead.sha}
            sizes.append(len(batch))
    assert min(sizes) == 1
    assert max(sizes) > 1


def test_a_squash_that_gitlab_merges_is_not_the_head(company: Company, git: Git) -> None:
    """What is merged has the files of the head and is one commit on what the branch left; the head is not on main."""
    for repo, change in landed(company, "gitlab_squash"):
        head = heads(git, repo)[change.number or 0]
        squash = parents(git, repo, change.sha)[1]
        assert head not in on_main(git, repo)
        assert git(repo, "rev-parse", f"{squash}^{{tree}}") == git(repo, "rev-parse", f"{head}^{{tree}}")
        assert parents(git, repo, squash) == [git(repo, "merge-base", head, f"{change.sha}^1")]
        assert re.search(
            rf"\n\nSee merge request \S*(!|merge_requests/){change.number}$", message(git, repo, change.sha)
        )


def test_commits_written_anew_stand_on_the_tip_of_main(company: Company, git: Git) -> None:
    """Semi-linear merges and fast-forwards have the head itself on main, written anew on its tip at the merge."""
    for style, parent in (("gitlab_semi_linear", "^1"), ("gitlab_forward", "")):
        for repo, change in landed(company, style):
            head = heads(git, repo)[change.number or 0]
            assert head == (parents(git, repo, change.sha)[1] if parent else change.sha)
            first = change.own_commits[0]
            before = parents(git, repo, change.landing[0].sha)[0]
            assert parents(git, repo, first.sha) == [before]
            times = git(repo, "log", "--format=%ct", f"{before}..{head}").split()
            assert {int(at) for at in times} == {change.merged_at}
            assert first.authored_at <= first.committed_at


def test_a_stacked_squash_has_the_branch_below_in_its_own(company: Company, git: Git) -> None:
    """The upper branch leaves from a commit of the lower one; each lands as one commit, the lower one first."""
    for repo, change in landed(company, "stack"):
        below = change.stacked_on
        assert below is not None
        assert parents(git, repo, change.commits[0].sha)[0] in {commit.sha for commit in below.commits}
        assert len(parents(git, repo, change.sha)) == len(parents(git, repo, below.sha)) == 1
        assert git(repo, "merge-base", "--is-ancestor", below.sha, change.sha) == ""
        assert message(git, repo, change.sha).splitlines()[0] == f"{change.title} (#{change.number})"


def test_a_nested_pull_request_lands_within_another(company: Company, git: Git) -> None:
    """Its head is merged into the branch of another one, and is on main with that one's merge and not before."""
    for repo, change in landed(company, "nested"):
        outer = change.lead
        assert outer is not None
        head, refs = change.commits[-1].sha, heads(git, repo)
        assert parents(git, repo, outer.sha)[1:] == [refs[outer.number or 0]]
        brought = git(repo, "log", "--format=%H %P", f"{outer.sha}^1..{refs[outer.number or 0]}").splitlines()
        assert any(line.split()[2:] == [head] for line in brought)
        assert change.sha == outer.sha
        assert (change.merged_at, change.position) == (outer.merged_at, outer.position)


def test_merges_by_hand_name_nothing_that_a_forge_would(company: Company, git: Git) -> None:
    """The head is the second parent, in words that no forge writes; a number may stand in them, or another one."""
    texts = set()
    for repo, change in landed(company, "by_hand"):
        assert parents(git, repo, change.sha)[1] == heads(git, repo)[change.number or 0]
        text = message(git, repo, change.sha)
        assert "pull request" not in text
        texts.add(re.sub(r"'.*?'|#\d+", "", text).split()[0])
    assert len(texts) >= 3


def test_what_a_script_lands_is_closed_at_the_forge(
    company: Company, folder: Path, git: Git, truth: dict[str, dict[str, str]]
) -> None:
    """The events file calls it closed unmerged, and the truth calls it landed: its commit is on main."""
    events = [json.loads(line) for line in (folder / "events.ndjson").read_text().splitlines()]
    told = {(one["repo"], one["number"]): one for one in events if one["type"] == "change"}
    for repo, change in landed(company, "script"):
        one, row = told[repo.repo_id, change.number], truth[repo.change_id(change)]
        assert "merged_at" not in one
        assert "sha" not in one
        assert one["abandoned_at"] >= row["merged_at"]
        assert row["abandoned_at"] == ""
        assert row["sha"] in on_main(git, repo)
        assert str(change.number) in message(git, repo, change.sha)


def test_azure_and_bitbucket_have_their_own_words(company: Company, git: Git) -> None:
    """Merges and squashes of these forges name the pull request in their own words."""
    for style, words, count in (
        ("azure_merge", "Merged PR {}: {}\n", 2),
        ("azure_squash", "Merged PR {}: {}\n", 1),
        ("bitbucket_merge", "Merged in {2} (pull request #{})\n\n{}\n", 2),
        ("bitbucket_squash", "Merged in {2} (pull request #{})\n\n{}\n", 1),
    ):
        for repo, change in landed(company, style):
            begin = words.replace("{}", str(change.number), 1).replace("{}", change.title).replace("{2}", change.branch)
            assert f"{message(git, repo, change.sha)}\n".startswith(begin)
            assert len(parents(git, repo, change.sha)) == count


@pytest.mark.slow
def test_reverts_name_what_they_take_back_as_their_forge_does(tmp_path: Path) -> None:
    """GitLab, Azure and Bitbucket name the request or the commit, each in its own words."""
    company = simulate(tmp_path, until=UNTIL, days=200, changes={"ledger": 200, "catalog": 150, "research": 400})
    forms: dict[str, set[str]] = {}
    for repo in company.repos:
        for change in repo.landed:
            if change.reverts and change.reverts.number:
                subject, _, body = change.commits[0].message.partition("\n\n")
                assert subject.startswith('Revert "')
                said = body.replace(change.reverts.sha, "SHA").replace(str(change.reverts.number), "N")
                forms.setdefault(repo.name, set()).add(said)
    assert "This reverts merge request !N" in forms["ledger"]
    assert forms["catalog"] >= {"This reverts pull request #N."}
    assert forms["research"] & {"Reverted commit `SHA`.", "Reverts !N"}


def test_releases_change_the_version_and_nothing_else(company: Company, git: Git) -> None:
    """A release touches changelog, version file and consumed changesets; what looks like one is work."""
    allowed = re.compile(r"CHANGELOG\.md|\.changeset/.+|app/_version\.py|pyproject\.toml|packages/ui/package\.json")
    consumed = 0
    for repo in company.repos:
        for change in repo.landed:
            if change.release:
                files = git(repo, "diff", "--name-status", f"{change.landing[0].sha}^1", change.sha).splitlines()
                assert files
                for line in files:
                    status, path = line.split("\t")
                    assert allowed.fullmatch(path), path
                    consumed += status == "D"
    assert consumed > 0


def test_truth_tells_work_bots_and_releases_apart(company: Company, truth: dict[str, dict[str, str]]) -> None:
    """The kind of a change is what made it so: automation, a release by people, or anything else."""
    kinds: dict[str, set[str]] = {}
    for repo in company.repos:
        for change in repo.changes:
            row = truth[repo.change_id(change)]
            assert (row["kind"] == "bot") == (change.built_with_ai == "automation")
            kinds.setdefault(row["kind"], set()).add(change.title)
    assert {"Version Packages", "v1.1.0", "Prepare release 1.1.0", "Release 1.1.0"} <= kinds["release"]
    assert any(title.startswith("chore(deps): update ") for title in kinds["work"])
    assert "docs: correct a date in the changelog" in kinds["work"]
    assert any(re.fullmatch(r"Release \d+\.\d+\.1", title) for title in kinds["work"])
