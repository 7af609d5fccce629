from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.raw_tables import TABLES
from tests.builders.repositories import Repository
from tests.collectors.git.running import Run, run

STEPS = ("branch", "commit", "forget", "main", "merge", "pull", "rename", "rewrite", "skewed", "tag")
splits = st.lists(st.sampled_from(STEPS), max_size=14), st.sets(st.integers(0, 13), max_size=4)


class History:
    """A small history that grows by steps; what a step does depends on what is there, so any steps can be played."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repository(folder / "shop")
        self.root = self.repo.commit(files={"a": "1"})

    def play(self, step: str, number: int) -> None:
        """Do one step."""
        getattr(self, f"_{step}")(number)

    @property
    def branches(self) -> list[str]:
        """All branches."""
        return sorted(path.name for path in (self.repo.git_dir / "refs" / "heads").iterdir())

    def _commit(self, number: int) -> None:
        self.repo.commit(files={f"f{number % 5}": str(number), "package.json": f'"dependency": {number}\n'})

    def _skewed(self, number: int) -> None:
        self.repo.commit(at=datetime(2025, 1, 1) + timedelta(days=(number * 37) % 200 - 100))

    def _rename(self, number: int) -> None:
        old = sorted(name for name in self.repo.files(self.repo.head) if name.startswith(b"r"))
        self.repo.commit(files={**dict.fromkeys(old), f"r{number}": "the same"})

    def _main(self, number: int) -> None:
        self.repo.switch("main").commit(f"On main {number}\n")

    def _branch(self, number: int) -> None:
        self.repo.switch(f"b{number % 3}").commit()

    def _merge(self, number: int) -> None:
        other = self.branches[number % len(self.branches)]
        self.repo.switch("main").merge(self.repo.sha(f"refs/heads/{other}"))

    def _pull(self, number: int) -> None:
        self.repo.switch("main").pull_request(number, how=("merge", "squash", "rebase", None)[number % 4])

    def _tag(self, number: int) -> None:
        self.repo.tag(f"t{number % 4}", message=f"Tag {number}\n" if number % 2 else None)

    def _rewrite(self, number: int) -> None:
        self.repo.point(f"refs/heads/{self.repo.branch}", self.root).commit(f"Instead {number}\n")

    def _forget(self, number: int) -> None:
        self.repo.switch("main")
        for name in self.branches[number % 2 :]:
            if name != "main":
                self.repo.delete(f"refs/heads/{name}")


def newest(runs: list[Run]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The last row of each key, without what tells when it was read and what was known then."""
    untold = {"collected_at", "previous_sha", "rewritten"}
    return {
        (name, *(row[column] for column in TABLES[name].key)): {k: v for k, v in row.items() if k not in untold}
        for found in runs
        for name, rows in found.tables.items()
        for row in rows
        if name != "notices"
    }


@pytest.mark.slow
@settings(max_examples=25)
@given(steps=splits[0], cuts=splits[1])
def test_any_split_gives_what_one_run_gives(steps: list[str], cuts: set[int]) -> None:
    """However a history is cut into nights, the runs together have every row that one run over the end has."""
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        path = history.repo.path
        nights: list[Run] = []
        for number, step in enumerate(steps):
            if number in cuts:
                nights.append(run(path, resume=nights[-1] if nights else None, patch_ids=True))
            history.play(step, number)
        nights.append(run(path, resume=nights[-1] if nights else None, patch_ids=True))
        whole = run(path, patch_ids=True)
        expected, together = newest([whole]), newest(nights)
        assert {key: together.get(key) for key in expected} == expected
        assert whole.checkpoint.resume["tips"] == nights[-1].checkpoint.resume["tips"]
        assert run(path, resume=nights[-1], patch_ids=True).tables == {}
        full = run(path, resume=nights[-1], full=True, patch_ids=True)
        assert full.keys("notices", "refs") == whole.keys("notices", "refs")
