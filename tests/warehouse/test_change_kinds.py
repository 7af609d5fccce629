"""The kind of a change: work, bot or release."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.kinds import Excluded
from analytics.cohort.options import Options
from analytics.pulse.pulse import pulse
from analytics.reports.catalog import REPORTS
from headway.settings import AiOverride, AiSettings, Settings
from tests.builders.repositories import Files, Person, Repository
from tests.builders.rows import Raw, Tables, built
from tests.collectors.git.running import run

CARGO = '[package]\nname = "basket"\nversion = "{own}"\n\n[dependencies]\nserde = "{serde}"\n'
PACKAGE = (
    '{{\n  "name": "@acme/shop",\n  "version": "{own}",\n  "dependencies": {{\n    "left-pad": "{pad}"\n  }}\n}}\n'
)


def collected(folder: Path, name: str = "acme/shop") -> Raw:
    """The rows of a real clone."""
    found = run(folder, name=f"github:{name}", at=datetime(2026, 2, 1))
    raw = Raw(name, provider="github")
    raw.rows.update(found.tables)
    raw.watermark_at = found.checkpoint.watermark_at
    return raw


def tables_of(folder: Path, *overrides: AiOverride) -> AbstractContextManager[Tables]:
    """A build of a clone under these overrides."""
    return built(collected(folder), settings=Settings(base=Path(), ai=AiSettings(overrides=overrides)))


def kinds_of(*landed: tuple[Path, str]) -> list[str]:
    """The kinds of changes that landed by a commit of a clone each, in one build; the first clone is acme/shop."""
    owners = [f"acme{number or ''}/shop" for number in range(len(landed))]
    parts = (collected(folder, name) for name, (folder, _) in zip(owners, landed, strict=True))
    with built(*parts, settings=Settings(base=Path())) as tables:
        kinds = {(row["repo"], row["sha"]): row["kind"] for row in tables("select repo, sha, kind from lead_times")}
    return [kinds[name, sha] for name, (_, sha) in zip(owners, landed, strict=True)]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A clone with manifests, a changelog, a changeset and source code."""
    return shop(tmp_path)


def shop(folder: Path) -> Repository:
    """A clone with manifests, a changelog, a changeset and source code."""
    repo = Repository(folder / "shop")
    files: Files = {
        "package.json": PACKAGE.format(own="1.0.0", pad="^1.3.0"),
        "crates/basket/Cargo.toml": CARGO.format(own="1.0.0", serde="1.0.1"),
        "CHANGELOG.md": "# Changes\n\nBrokken words\n",
        ".changeset/quick-cats.md": "---\n'@acme/shop': minor\n---\n\nSell\n",
        "package-lock.json": "{}\n",
        "src/shop.py": 'RELEASE = "1.0.0"\n\ndef sell():\n    return 1\n',
        "Dockerfile": "FROM python:3.12\n",
    }
    repo.commit("Start\n", files)
    return repo


@pytest.fixture(scope="module")
def tagging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose releases are commits of a person, each with its tag, ten hours after the work."""
    repo = Repository(tmp_path_factory.mktemp("kinds") / "shop", start=datetime(2026, 1, 1), pace=timedelta(0))
    repo.commit("Start\n", {"a": "x\n"})

    def release(version: str, subject: str) -> None:
        log = "".join(f"## 0.{minor}.0\n" for minor in range(1, int(version.split(".")[1]) + 1))
        repo.commit(f"{subject}\n", {"package.json": f'{{"version": "{version}"}}\n', "CHANGELOG.md": log})
        repo.tag(f"v{version}", message=f"v{version}\n")

    repo.tick(hours=1)
    release("0.1.0", "v0.1.0")
    subjects = (
        "chore: Bump version to 0.2.0",
        "chore(release): 0.3.0 [skip ci]",
        "chore(main): release 0.4.0 (#54)",
        "Version Packages (#55)",
        "Release v0.6.0",
        "0.7.0",
    )
    for number, subject in enumerate(subjects, 1):
        repo.tick(hours=14)
        repo.commit(f"Work {number} (#1{number})\n", {"a": f"{number}\n"})
        repo.tick(hours=10)
        release(f"0.{number + 1}.0", subject)
    return repo.path


@pytest.mark.slow
def test_releases_by_a_person_take_no_part(tagging: Path) -> None:
    """Of work that waits ten hours for its release the median is ten hours: the release commits do not count."""
    with tables_of(tagging) as tables:
        rows = tables("select title, lead_time_hours from lead_times where kind = 'work' and outcome = 'production'")
        assert sorted(row["title"] for row in rows) == [f"Work {number}" for number in range(1, 7)]
        assert {row["lead_time_hours"] for row in rows} == {10.0}
        assert tables(
            "select kind, built_with_ai, count(*) as n from lead_times where kind = 'release' group by all"
        ) == [{"kind": "release", "built_with_ai": "none", "n": 7}]
        found = pulse(tables.connection, Filters())
        assert (found.everything.changes, found.excluded) == (6, Excluded(releases=7))
        everything = REPORTS["stages"](tables.connection, Filters(), Options(automation=True))
        assert set(everything.select("changes", "releases").rows()) == {(13, 0)}
        listed = REPORTS["left-out"](tables.connection, Filters())
        assert len(listed.filter(listed["reason"] == "release")) == 7
        assert "kind" in REPORTS["lead-time"](tables.connection, Filters()).columns


@pytest.mark.slow
def test_without_contents_the_subject_must_say_the_release_too(tagging: Path, tmp_path: Path) -> None:
    """Where the lines are unknown, paths and subject tell the same seven releases."""
    repo = Repository(tmp_path / "other")
    repo.commit("Start\n", {"package.json": PACKAGE.format(own="1.0.0", pad="1")})
    bumped = repo.commit("Bump left-pad to 2.0.0\n", {"package.json": PACKAGE.format(own="1.0.0", pad="2")})
    silent = repo.commit("Tidy\n", {"package.json": PACKAGE.format(own="1.0.1", pad="2")})
    blobless = repo.clone(tmp_path / "blobless", "--filter=blob:none", "--bare")
    assert kinds_of((blobless, bumped), (blobless, silent), (repo.path, silent)) == ["work", "work", "release"]


OWN_VERSION: list[tuple[str, Files]] = [
    ("Anything", {"package.json": PACKAGE.format(own="1.1.0", pad="^1.3.0")}),
    ("Tidy", {"crates/basket/Cargo.toml": CARGO.format(own="1.1.0", serde="1.0.1"), "CHANGELOG.md": "# 1.1.0\n"}),
    ("Version Packages", {".changeset/quick-cats.md": None, "CHANGELOG.md": "# Changes\n\n- Sell\n"}),
    ("Prepare 1.1.0", {"CHANGELOG.md": "# Changes\n\n## 1.1.0\n"}),
    (
        "Bump version to 1.1.0",
        {
            "package.json": PACKAGE.format(own="1.1.0", pad="^1.3.0"),
            "src/shop.py": 'RELEASE = "1.1.0"\n\ndef sell():\n    return 1\n',
        },
    ),
]


@pytest.mark.slow
def test_what_only_moves_the_own_version_is_a_release(tmp_path: Path) -> None:
    """Content tells it: a manifest's version, consumed changesets, a changelog that the subject names a version of."""
    landed = []
    for number, (subject, files) in enumerate(OWN_VERSION):
        repo = shop(tmp_path / str(number))
        landed.append((repo.path, repo.commit(f"{subject}\n", files)))
    assert kinds_of(*landed) == ["release"] * len(OWN_VERSION)


MORE_THAN_A_RELEASE: list[tuple[str, Files]] = [
    ("Bump left-pad to 1.4.0", {"package.json": PACKAGE.format(own="1.0.0", pad="^1.4.0")}),
    ("Release 1.1.0", {"package.json": PACKAGE.format(own="1.1.0", pad="^1.4.0")}),
    ("Release 1.1.0", {"crates/basket/Cargo.toml": CARGO.format(own="1.1.0", serde="1.0.2")}),
    ("Mend a word", {"CHANGELOG.md": "# Changes\n\nBroken words\n"}),
    ("Update changelog", {"CHANGELOG.md": "# Changes\n\n- Sell more\n"}),
    ("Remove a changeset", {".changeset/quick-cats.md": None}),
    ("Update packages", {"package-lock.json": '{"left-pad": 2}\n'}),
    ("Bump Python to 3.13", {"Dockerfile": "FROM python:3.13\n"}),
    (
        "Release 1.1.0",
        {
            "package.json": PACKAGE.format(own="1.1.0", pad="^1.3.0"),
            "src/shop.py": 'RELEASE = "1.1.0"\n\ndef sell():\n    return 2\n',
        },
    ),
]


@pytest.mark.slow
def test_what_does_more_is_work(tmp_path: Path) -> None:
    """A dependency's update, a mended word and a fix within a release are no releases, whatever the subject says."""
    landed = []
    for number, (subject, files) in enumerate(MORE_THAN_A_RELEASE):
        repo = shop(tmp_path / str(number))
        landed.append((repo.path, repo.commit(f"{subject}\n", files)))
    assert kinds_of(*landed) == ["work"] * len(MORE_THAN_A_RELEASE)


MEANINGS_OF_THEIR_OWN: list[Files] = [
    {"prompts/system.txt": "Answer shortly\n"},
    {"prompts/system.md": "Answer shortly\n"},
    {"config/prod.yaml": "retries: 3\n"},
    {"settings.toml": 'temperature = "0.9"\n'},
    {"Dockerfile": "FROM python:3.13\n"},
    {"Jenkinsfile": "stage('Test')\n"},
    {".github/workflows/ci.yml": "on: push\n"},
    {"migrations/0002_prices.sql": "alter table prices add tax int;\n"},
    {"docs/install.md": "Install it\n"},
    {"src/history.py": "PAST = []\n"},
    {"src/changelog_writer.py": "PAST = []\n"},
    {"vendor/left-pad/package.json": '{"name": "left-pad", "version": "0.9.0"}\n'},
    {"package.json": PACKAGE.format(own="0.9.0", pad="^1.4.0")},
]


@pytest.mark.slow
@pytest.mark.parametrize("content", [True, False])
def test_a_tagged_path_with_a_meaning_of_its_own_is_work(tmp_path: Path, *, content: bool) -> None:
    """A subject and a tag make no release of a prompt, a setting, a pipeline, a document, a migration or code."""
    landed = []
    for number, files in enumerate(MEANINGS_OF_THEIR_OWN):
        if not content and "package.json" in files:  # without its lines a manifest is one of a release
            continue
        repo = shop(tmp_path / str(number))
        sha = repo.commit("v0.9.0\n", {**files, "CHANGELOG.md": "## 0.9.0\n"} if content else files)
        repo.tag("v0.9.0")
        blobless = ("--filter=blob:none", "--bare")
        landed.append((repo.path if content else repo.clone(tmp_path / f"{number}/blobless", *blobless), sha))
    assert kinds_of(*landed) == ["work"] * len(landed)


SUBJECT_IS_A_VERSION: list[tuple[str, Files]] = [
    ("v0.9.0", {}),
    ("shop 0.9.0", {}),
    ("v0.9.0", {"CHANGELOG.md": "# Changes\n\nAll of it\n"}),
    ("v0.9.0", {"package.json": PACKAGE.format(own="0.9.0", pad="^1.3.0").replace("}}", '}},\n"files": ["a"]')}),
    ("v0.9.0", {"dist/shop.js": "sell=1\n", "package.json": PACKAGE.format(own="0.9.0", pad="^1.3.0")}),
    ("shop 0.9.0", {"dist/shop.min.js": "sell=1\n", "package-lock.json": '{"version": "0.9.0"}\n'}),
]


@pytest.mark.slow
def test_a_tagged_commit_of_release_files_whose_subject_is_a_version(tmp_path: Path) -> None:
    """With no file, or files that a release writes, in whatever lines, the tag and the subject make it a release."""
    landed = []
    for number, (subject, files) in enumerate(SUBJECT_IS_A_VERSION):
        repo = shop(tmp_path / str(number))
        landed.append((repo.path, repo.commit(f"{subject}\n", files)))
        repo.tag("v0.9.0")
    assert kinds_of(*landed) == ["release"] * len(SUBJECT_IS_A_VERSION)


@pytest.mark.slow
def test_the_tag_must_have_been_there_by_the_time_of_the_report(repo: Repository) -> None:
    """A tag that is made later changes no answer about the time before it; its commit alone is no release."""
    repo.now = datetime(2026, 1, 5)
    sha = repo.commit("shop 0.9.0\n", {"dist/shop.js": "sell=1\n"})
    repo.tag("v0.9.0", message="0.9.0\n", at=datetime(2026, 1, 9))
    kinds = {}
    for day in (6, 8, 9, 10):
        with built(collected(repo.path), as_of=datetime(2026, 1, day)) as tables:
            kinds[day] = tables(f"select kind from lead_times where sha = '{sha}'")[0]["kind"]
    assert kinds == {6: "work", 8: "work", 9: "release", 10: "release"}


@pytest.mark.slow
def test_a_lightweight_tag_counts_from_its_first_reading(repo: Repository) -> None:
    """It has no date: where an earlier run had the commit without it, it came after that run."""
    repo.now = datetime(2026, 1, 5)
    sha = repo.commit("shop 0.9.0\n", {"dist/shop.js": "sell=1\n"})
    first = run(repo.path, name="github:acme/shop", at=datetime(2026, 1, 6))
    repo.tag("v0.9.0")
    repo.now = datetime(2026, 1, 8)
    repo.commit("More\n")
    second = run(repo.path, name="github:acme/shop", at=datetime(2026, 1, 9), resume=first)
    raw = Raw("acme/shop", provider="github")
    raw.rows.update({name: first[name] + second[name] for name in {*first.tables, *second.tables}})
    kinds = {}
    for day in (6, 7, 10):
        raw.watermark_at = datetime(2026, 1, 10)
        with built(raw, as_of=datetime(2026, 1, day)) as tables:
            kinds[day] = tables(f"select kind from lead_times where sha = '{sha}'")[0]["kind"]
    assert kinds == {6: "work", 7: "work", 10: "release"}


@pytest.mark.slow
def test_a_later_commit_of_a_branch_changes_no_earlier_answer(repo: Repository) -> None:
    """A branch that only made a release on one day, and brought a fix on the next, was a release on the first."""
    repo.now = datetime(2026, 1, 5)
    base = repo.head
    repo.switch("release-1").commit("Bump\n", {"package.json": PACKAGE.format(own="1.1.0", pad="^1.3.0")})
    repo.now = datetime(2026, 1, 8)
    fixed = repo.commit("Fix\n", {"src/shop.py": "def sell():\n    return 3\n"})
    repo.switch("main", base).merge(fixed, message="Merge pull request #7 from ann/release-1\n")
    repo.pull(7, fixed).delete("refs/heads/release-1")
    raw = collected(repo.path)
    raw.add("change_records", change_key="#7", opened_at=datetime(2026, 1, 5, 3), author="ann")
    kinds = {}
    for day in (6, 10):
        with built(raw, as_of=datetime(2026, 1, day)) as tables:
            kinds[day] = tables("select kind from change_kinds where change_id = 'github:acme/shop#7'")
    assert kinds == {6: [{"kind": "release"}], 10: [{"kind": "work"}]}


OF_A_THIRD_PARTY: list[tuple[str, Files]] = [
    ("Bump left-pad to 1.1.0", {"package.json": PACKAGE.format(own="1.0.0", pad="1.1.0")}),
    ("Release 1.1.0", {"package.json": PACKAGE.format(own="1.1.0", pad="^1.1.0")}),
    ("Release 1.1.0", {"crates/basket/Cargo.toml": CARGO.format(own="1.1.0", serde="1.1.0")}),
    (
        "Release 1.1.0",
        {"package.json": PACKAGE.format(own="1.1.0", pad="^1.0.0"), "requirements.txt": "flask==1.1.0\n"},
    ),
    ("Bump to 1.1.0", {"requirements.txt": "flask==1.1.0\n"}),
    ("Bump to 1.1.0", {"deploy/redis.yaml": "image: redis:1.1.0\n"}),
    ("Bump to 1.1.0", {".github/workflows/ci.yml": "- uses: actions/checkout@v1.1.0\n"}),
    ("Bump to 1.1.0", {".pre-commit-config.yaml": "- repo: https://example.org/lint\n  rev: v1.1.0\n"}),
    ("Bump to 1.1.0", {"go.mod": "module acme/shop\n\nrequire example.org/basket v1.1.0\n"}),
    ("Bump to 1.1.0", {"Jenkinsfile": "agent 'gradle:1.1.0'\n"}),
    ("v1.1.0", {"model.yaml": "temperature: 1.1\n"}),
]


@pytest.mark.slow
@pytest.mark.parametrize("tagged", [True, False])
def test_the_number_of_a_release_in_a_third_partys_version_is_work(tmp_path: Path, *, tagged: bool) -> None:
    """A dependency, an image, an action or a setting that moved by the very same step is an update, and no release."""
    landed = []
    for number, (subject, files) in enumerate(OF_A_THIRD_PARTY):
        repo = shop(tmp_path / str(number))
        repo.commit("Before\n", {path: str(text).replace("1.1", "1.0") for path, text in files.items()})
        landed.append((repo.path, repo.commit(f"{subject}\n", files)))
        if tagged:
            repo.tag("v1.1.0")
    assert kinds_of(*landed) == ["work"] * len(OF_A_THIRD_PARTY)


OWN_VERSION_ELSEWHERE: list[Files] = [
    {"deploy/shop.yaml": "image: ghcr.io/acme/shop:1.1.0\n"},
    {"deploy/values.yaml": "image:\n  tag: 1.1.0\n"},
    {"README.md": "Download 1.1.0 here\n"},
    {"sonar.properties": "sonar.projectVersion=1.1.0\n"},
    {"requirements.txt": "shop-client==1.1.0\n"},
    {
        "web/package.json": PACKAGE.replace("shop", "web")
        .replace("left-pad", "@acme/shop")
        .format(own="1.1.0", pad="1.1.0")
    },
    {"src/shop.py": 'AGENT = "1.1.0"\n'},
]


@pytest.mark.slow
def test_the_own_version_elsewhere_moves_with_a_release(tmp_path: Path) -> None:
    """An own image, an own client, a key that only says version, a text or code that repeats it belong to it."""
    bump: Files = {"package.json": PACKAGE.format(own="1.1.0", pad="^1.3.0")}
    landed = []
    for number, files in enumerate(OWN_VERSION_ELSEWHERE):
        repo = shop(tmp_path / str(number))
        repo.commit("Before\n", {path: str(text).replace("1.1", "1.0") for path, text in files.items()})
        landed.append((repo.path, repo.commit("Release 1.1.0\n", {**bump, **files})))
    assert kinds_of(*landed) == ["release"] * len(OWN_VERSION_ELSEWHERE)


def test_dependencies_on_own_packages_move_with_a_release(repo: Repository) -> None:
    """In a monorepo a release moves what its own packages require of each other; that alone is a release as well."""
    web = PACKAGE.replace("@acme/shop", "@acme/web").replace("left-pad", "@acme/shop")
    repo.commit("Add web\n", {"web/package.json": web.format(own="1.0.0", pad="1.0.0")})
    shop: Files = {"package.json": PACKAGE.format(own="1.1.0", pad="^1.3.0")}
    both = repo.commit("Publish\n", {**shop, "web/package.json": web.format(own="1.0.1", pad="1.1.0")})
    alone = repo.commit("Require the newest\n", {"web/package.json": web.format(own="1.0.1", pad="1.0.5")})
    assert kinds_of((repo.path, both), (repo.path, alone)) == ["release", "release"]


@pytest.mark.slow
def test_every_commit_of_a_merge_must_be_one_of_a_release(repo: Repository) -> None:
    """A branch of bumps is a release, with its changelog as a commit of its own; with one fix it is work."""
    bump: Files = {"package.json": PACKAGE.format(own="1.1.0", pad="^1.3.0")}
    repo.switch("release-1").commit("Write down what is new\n", {"CHANGELOG.md": "# 1.1.0\n"})
    repo.commit("Bump\n", bump)
    release = repo.switch("main").merge("release-1")
    repo.switch("release-2").commit("Bump\n", {"package.json": PACKAGE.format(own="1.2.0", pad="^1.3.0")})
    repo.commit("Fix\n", {"src/shop.py": "def sell():\n    return 3\n"})
    work = repo.switch("main").merge("release-2")
    assert kinds_of((repo.path, release), (repo.path, work)) == ["release", "work"]


@pytest.mark.slow
def test_a_bot_stays_a_bot_and_an_override_wins(repo: Repository) -> None:
    """What a bot releases is its; a team's own answer stands above all, and explains itself."""
    bump: Files = {"package.json": PACKAGE.format(own="1.1.0", pad="^1.3.0")}
    bot = Person("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
    by_bot = repo.commit("Version Packages\n", bump, author=bot)
    release = repo.commit("Bump\n", {"package.json": PACKAGE.format(own="1.2.0", pad="^1.3.0")})
    work = repo.commit("Make\n", {"src/shop.py": "def sell():\n    return 3\n"})
    said = {release: "work", work: "release"}
    overrides = [AiOverride(change=f"github:acme/shop@{sha}", kind=kind) for sha, kind in said.items()]
    with tables_of(repo.path, *overrides) as tables:
        kinds = {row["sha"]: row["kind"] for row in tables("select sha, kind from lead_times")}
        answers = tables("select evidence from change_kinds where change_id like '%" + release + "'")
    assert (kinds[by_bot], kinds[release], kinds[work]) == ("bot", "work", "release")
    assert answers == [{"evidence": "the team's own answer"}]
