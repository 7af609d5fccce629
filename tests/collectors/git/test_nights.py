"""Two nightly runs leave the same raw tables as one run over everything."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway.raw_tables import TABLES
from tests.builders.repositories import Files, Repository
from tests.collectors.git.running import AT, Row, Run, run

# What a table says of a run, not of the repository.
OF_THE_RUN = {"collected_at", "previous_sha", "rewritten"}
MANIFEST = '[project]\nname = "shop"\nversion = "1.0.0"\ndependencies = [\n]\n'
FIRST: Files = {"basket.py": "import json\n", "pyproject.toml": MANIFEST}


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A clone with three branches of pull requests that have not landed: code with imports, a package, a release."""
    repo = Repository(tmp_path / "shop")
    base = repo.commit(files=FIRST)
    repo.switch("code", base)
    repo.commit(files={"basket.py": "import json\nimport torch\n"})
    repo.pull(1, repo.commit(files={"till.py": "from basket import total\n"})).delete("refs/heads/code")
    repo.switch("package", base)
    with_package = MANIFEST.replace("[\n]", '[\n  "openai>=1",\n]')
    repo.pull(2, repo.commit(files={"pyproject.toml": with_package, "ai.py": "import openai\n"}))
    repo.delete("refs/heads/package").switch("release", base)
    repo.pull(3, repo.commit("Release 1.1.0\n", {"pyproject.toml": MANIFEST.replace("1.0.0", "1.1.0")}))
    return repo.delete("refs/heads/release").switch("main")


def land(repo: Repository, how: str) -> None:
    """Land all three in one way: by merges, as copies, as squashes, or with main moved to the head itself."""
    for number in (1, 2, 3):
        head = repo.sha(f"refs/pull/{number}/head")
        if how == "merge":
            repo.merge(head)
        elif how == "squash":
            repo.squash(head)
        elif how == "rebase":
            repo.rebase(head)
        elif number == 1:  # The others do not lie ahead of main.
            repo.point("refs/heads/main", head)
    repo.tick(days=1).tag("v1.1.0", message="1.1.0\n")


def rows(table: str, *runs: Run) -> list[Row]:
    """What the runs leave of a table: each key's newest row, without what is gone."""
    newest: dict[tuple[Any, ...], Row] = {}
    for one in runs:
        newest.update({tuple(row[name] for name in TABLES[table].key): row for row in one[table]})
    left = [{name: row[name] for name in sorted(set(row) - OF_THE_RUN)} for row in newest.values()]
    return sorted((row for row in left if not row.get("deleted")), key=str)


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "fast_forward"])
def test_two_nights_are_one_full_run(repo: Repository, how: str) -> None:
    """What was read as a pull request's and landed before the next night has all that it would have had at once."""
    first = run(repo.path)
    land(repo, how)
    second = run(repo.path, resume=first, at=AT + timedelta(days=1))
    whole = run(repo.path, at=AT + timedelta(days=1))
    for table in TABLES:
        assert rows(table, first, second) == rows(table, whole), table
    assert second.checkpoint.watermark_at == whole.checkpoint.watermark_at
    landed = {row["module"] for row in rows("imports", first, second) if row["added"]}
    assert {"torch", "basket"} <= landed


def test_a_third_night_reads_no_imports_again(repo: Repository) -> None:
    """What has landed once is not read once more."""
    first = run(repo.path)
    land(repo, "merge")
    second = run(repo.path, resume=first)
    repo.commit(files={"note.txt": "1\n"})
    assert run(repo.path, resume=second)["imports"] == []
