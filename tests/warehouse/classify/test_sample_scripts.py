"""Sampling changes for readers, and rebuilding the records of labelled ones, on a small repository."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.readers import LABELS, agreement
from benchmarks.rebuild_records import rebuilt
from benchmarks.sample_changes import main as print_sample
from benchmarks.sample_changes import sample
from tests.builders.repositories import ANN, Person, Repository

DATES = ("2024-01-01", "2026-01-01")
BOT = Person("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com")
AGENT = "Round up (#3)\n\nCo-authored-by: Claude <noreply@anthropic.com>"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Forty plain changes, and one of each hard kind."""
    repo = Repository(tmp_path_factory.mktemp("shop") / "shop.git", bare=True)
    repo.commit("Start", {"README.md": "Shop\n"})
    for number in range(40):
        repo.commit(f"Sort shelf {number}", {f"shelf{number}.py": "import json\n"})
    return repo


def test_same_seed_draws_the_same_changes_and_another_seed_others(shop: Repository) -> None:
    """What is drawn is settled by history, dates and seed; the strata are halves and share no change."""
    first = sample(shop.path, 20, *DATES, seed=5)
    assert sample(shop.path, 20, *DATES, seed=5) == first
    assert sample(shop.path, 20, *DATES, seed=6) != first
    assert [stratum for _, stratum in first] == ["random"] * 10 + ["hard"] * 10
    assert len({sha for sha, _ in first}) == 20


def test_random_half_keeps_its_order_as_history_grows(tmp_path: Path) -> None:
    """Later changes may take places in the random half; they do not reshuffle the others."""
    repo = Repository(tmp_path / "shop.git", bare=True)
    old = {repo.commit(f"Sort shelf {number}") for number in range(30)}
    before = [sha for sha, stratum in sample(repo.path, 20, *DATES, seed=5) if stratum == "random"]
    for number in range(10):
        repo.commit(f"Close shelf {number}")
    after = [sha for sha, stratum in sample(repo.path, 20, *DATES, seed=5) if stratum == "random"]
    kept = [sha for sha in after if sha in old]
    assert 0 < len(kept) < 10
    assert kept == before[: len(kept)]


@pytest.mark.parametrize(
    ("message", "files", "author"),
    [
        ("Answer sooner", {"answers.py": "import json\nfrom openai import OpenAI\n\nTRIES = 3\n"}, ANN),
        (AGENT, {"total.py": "2\n"}, ANN),
        ("Refresh the token before it ends", {"login.py": "3\n"}, ANN),
        ("Bump left-pad", {"package.json": "{}\n"}, BOT),
        ("Release 2.0.0", {"version.txt": "2.0.0\n"}, ANN),
    ],
)
def test_each_hard_kind_is_found_among_plain_changes(
    tmp_path: Path, message: str, files: dict[str, str], author: Person
) -> None:
    """AI only in a file, an agent's mark, a word of two trades, a bot, a release: each is drawn before plain ones."""
    repo = Repository(tmp_path / "shop.git", bare=True)
    for number in range(20):
        repo.commit(f"Sort shelf {number}", {f"shelf{number}.py": "import json\n"})
    for number in range(3):  # some of three may be among the random ones
        repo.commit(message, {path: text + "#\n" * number for path, text in files.items()}, author=author)
    drawn = [sha for sha, stratum in sample(repo.path, 4, *DATES, seed=5) if stratum == "hard"]
    assert repo.git("log", "-1", "--format=%s", drawn[0]).strip() == message.partition("\n")[0]


def test_shas_outside_the_dates_are_not_drawn(shop: Repository) -> None:
    """No change landed before the first date."""
    assert sample(shop.path, 10, "2025-06-01", "2026-01-01", seed=5) == []


def test_csv_names_repository_sha_and_stratum(
    shop: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command prints a header and a row for each change."""
    monkeypatch.setattr("sys.argv", ["sample_changes.py", "acme/shop", str(shop.path), "--count", "4"])
    print_sample()
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [(row["repo"], row["stratum"]) for row in rows] == [
        ("acme/shop", "random"), ("acme/shop", "random"), ("acme/shop", "hard"), ("acme/shop", "hard"),
    ]  # fmt: skip


def test_record_has_what_the_rules_read(tmp_path: Path) -> None:
    """Identities, message, paths with counts, added lines of manifests, added imports; renames keep the old path."""
    repo = Repository(tmp_path / "shop.git", bare=True)
    repo.commit("Start", {"old.py": "a = 1\n" * 9, "picture.bin": b"\0\1"})
    sha = repo.commit(
        "Ask a model\n\nBecause.",
        {
            "old.py": None,
            "neu ä.py": "a = 1\n" * 9,
            "picture.bin": b"\0\2",
            "requirements.txt": "openai==1.0\n\nhttpx\n",
            "ask.py": "import openai\nx = 1\n",
        },
        author=BOT,
    )
    record = rebuilt({"acme/shop": repo.path}, "acme/shop", sha)
    assert record is not None
    assert (record["author_name"], record["author_email"], record["is_merge"]) == (*BOT, False)
    assert record["message"] == "Ask a model\n\nBecause."
    assert {file["path"]: (file["added"], file["deleted"], file.get("old_path")) for file in record["files"]} == {
        "ask.py": (2, 0, None),
        "neu ä.py": (0, 0, "old.py"),
        "picture.bin": (None, None, None),
        "requirements.txt": (3, 0, None),
    }
    assert record["manifest_added"] == ["openai==1.0", "httpx"]
    assert record["imports_added"] == ["import openai"]


def test_missing_contents_cost_counts_and_their_own_lines_only(tmp_path: Path) -> None:
    """Where a clone lacks the contents of one file, its path and the lines added to the others are there."""
    repo = Repository(tmp_path / "shop.git", bare=True)
    repo.commit("Start", {"README.md": "Shop\n"})
    sha = repo.commit("Add data", {"data.json": "{}\n", "ask.py": "import openai\n"})
    repo.objects.path(repo.git("rev-parse", f"{sha}:data.json").strip()).unlink()
    record = rebuilt({"acme/shop": repo.path}, "acme/shop", sha)
    assert record is not None
    assert [(file["path"], file["added"]) for file in record["files"]] == [("ask.py", None), ("data.json", None)]
    assert record["imports_added"] == ["import openai"]


def test_record_of_a_merge_has_what_it_brings(tmp_path: Path) -> None:
    """The files of a merge are those against its first parent; the messages of its commits follow its own."""
    repo = Repository(tmp_path / "shop.git", bare=True)
    start = repo.commit("Start", {"a.py": "1\n"})
    repo.switch("side", at=start).commit(AGENT, {"b.py": "2\n"})
    repo.switch("main").commit("Meanwhile", {"c.py": "3\n"})
    sha = repo.merge("side", message="Merge side")
    record = rebuilt({"acme/shop": repo.path}, "acme/shop", sha)
    assert record is not None
    assert record["is_merge"]
    assert len(record["parents"]) == 2
    assert [file["path"] for file in record["files"]] == ["b.py"]
    assert record["message"] == "Merge side\n\n* " + AGENT


def test_command_prints_records_and_names_what_is_missing(tmp_path: Path) -> None:
    """A change that is not there is counted, and the exit code says so; the others have their records."""
    repo = Repository(tmp_path / "shop.git", bare=True)
    sha = repo.commit(AGENT, {"b.py": "2\n"})
    labels, clones = tmp_path / "labels.csv", tmp_path / "clones.tsv"
    rows = [f"acme/shop,{sha},ai,other", f"acme/shop,{'0' * 40},human,other", f"acme/gone,{sha},human,other"]
    labels.write_text("\n".join(["repo,sha,axis_a,axis_b", *rows]) + "\n", encoding="utf-8")
    clones.write_text(f"acme/shop\t{repo.path}\n", encoding="utf-8")
    command = [sys.executable, "benchmarks/rebuild_records.py", str(labels), str(clones)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert [json.loads(line)["sha"] for line in ran.stdout.splitlines()] == [sha]
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == ["acme/shop: 1 changes are not there", "acme/gone: 1 changes are not there"]


def test_kappa_is_that_of_cohen_s_formula() -> None:
    """By hand: 0.7 agree, 0.5 would by chance, and (0.7 - 0.5) / 0.5 is 0.4."""
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    assert list(agreement(pairs)) == pytest.approx([0.7, 0.4])


def test_stored_labels_name_each_change_once_and_nobody_s_address() -> None:
    """At least 1,200 changes, reasons without addresses, a third read twice but for the second judging set."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({(row["repo"], row["sha"]) for row in rows}) == len(rows) >= 1_200
    assert {row["axis_a"] for row in rows} == {"ai", "automation", "human"}
    assert {row["axis_b"] for row in rows} == {"ai_initiative", "other", "unclear"}
    assert not [row for row in rows if "@" in row["reason"]]
    twice = [bool(row["second_a"]) for row in rows if row["part"] != "second held out"]
    assert sum(twice) * 3 >= len(twice)
