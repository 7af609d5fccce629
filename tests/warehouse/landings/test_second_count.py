from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.landings import Comparison
from cli.main import main
from tests.builders.repositories import Repository


@pytest.mark.slow
def test_second_count_agrees_and_sees_what_the_first_has_not(tmp_path: Path) -> None:
    """By git alone as many requests, times and own commits; one that landed since Headway read is a disagreement."""
    repo = Repository(tmp_path / "shop.git", bare=True)
    repo.commit("Start\n")
    for number, how in ((1, "merge"), (2, "squash"), (3, "rebase"), (4, None)):
        repo.pull_request(number, commits=2, how=how)
    repo.commit("Push\n")
    warehouse = tmp_path / "warehouse"
    assert main(["--warehouse", str(warehouse), "collect", str(repo.path)]) == 0
    same = Comparison(repo.path, warehouse)
    same.run()
    proofs = {number: verdict.proof for number, verdict in same.history.verdicts.items()}
    assert proofs == {1: "parent", 2: "named", 3: "named", 4: "none"}
    assert {name: same.counts[name] for name in ("joined", "own", "times", "changes")} == {
        "joined": (3, 3),
        "own": (3, 3),
        "times": (3, 3),
        "changes": (5, 5),  # three requests and two pushes
    }
    assert same.apart == {}
    repo.pull_request(5, commits=1, how="squash")
    later = Comparison(repo.path, warehouse)
    later.run()
    assert later.counts["joined"] == (3, 4)
    assert [line.partition(" ")[0] for line in later.apart["joined: by git alone"]] == ["#5"]
    assert later.row().startswith("| shop.git | 7 (1 merges, 0 octopus) | 5 (")
