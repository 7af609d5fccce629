from __future__ import annotations

import contextlib
import random
from collections.abc import Callable

import pytest

from headway.errors import CollectError
from tests.builders.github import FakeGitHub, Faults, bulk
from tests.collectors.github.reading import Reader, folded

REPO = "bulk"


class Life:
    """What people and machines may do to a repository, by chance."""

    def __init__(self, github: FakeGitHub, dice: random.Random) -> None:
        self.github, self.dice = github, dice
        self.deployments: list[int] = []

    def go_on(self) -> None:
        """Something happens, after a while."""
        self.github.advance(minutes=self.dice.choice([0, 1, 7, 40, 300]))
        number = self.dice.choice([*self._open(), None])
        if number is None:
            self.dice.choice([self._opens, self._deploys, self.deploys_on, self._releases])()
        else:
            self.dice.choice(self._changes())(number)

    def _open(self) -> list[int]:
        pulls = self.github.forge.repositories[700_000_900].pulls
        return [one.number for one in pulls if not any(e.kind in {"MergedEvent", "ClosedEvent"} for e in one.events)]

    def _changes(self) -> list[Callable[[int], object]]:
        edit = self.github.edit
        return [
            lambda number: edit.push(REPO, number),
            lambda number: edit.force_push(REPO, number, self.dice.randint(1, 3)),
            lambda number: edit.review(REPO, number, self.dice.choice(["APPROVED", "COMMENTED", "CHANGES_REQUESTED"])),
            lambda number: edit.merge(REPO, number),
            lambda number: edit.enqueue(REPO, number),
            lambda number: edit.dequeue(REPO, number),
            lambda number: edit.label(REPO, number, f"label-{self.dice.random()}"),
            lambda number: edit.comment(REPO, number),
        ]

    def _opens(self) -> None:
        self.github.edit.open_pull(REPO, commits=self.dice.randint(1, 4), draft=self.dice.random() < 0.3)

    def _deploys(self) -> None:
        self.deployments.append(self.github.edit.deploy(REPO, environment=self.dice.choice(["staging", "production"])))

    def deploys_on(self) -> None:
        """A deployment goes on; the first one begins."""
        if not self.deployments:
            self._deploys()
        for _ in range(3):
            state = self.dice.choice(["WAITING", "IN_PROGRESS", "SUCCESS", "FAILURE", "INACTIVE"])
            self.github.edit.deployment_status(REPO, self.dice.choice(self.deployments[-3:]), state)

    def _releases(self) -> None:
        self.github.edit.release(REPO, f"v{self.dice.random()}")


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 11))])
def test_whatever_happens_and_goes_wrong_all_is_in_at_the_end(seed: int) -> None:
    """A repository's life by chance, read in nights of which half are full of faults, comes to what is there."""
    dice = random.Random(seed)
    with FakeGitHub(bulk(pulls=12, deployments=8, runs=4, open_share=0.4, long_every=11), schema="excerpt") as github:
        reader = Reader.of(github, look=dice.choice([3, 5, 100]), page=dice.choice([2, 3, 25]))
        life = Life(github, dice)
        for night in range(8):
            for _ in range(dice.randint(0, 6)):
                life.go_on()
            if night in {2, 5}:
                life.deploys_on()
            github.faults = Faults.mixed(dice.randint(0, 999), share=dice.choice([0.0, 0.35]))
            with contextlib.suppress(CollectError):
                reader.night()
            github.faults = Faults()
            github.advance(hours=dice.choice([0.02, 1, 24]))
        for _ in range(6):  # each open one has its turn
            reader.night()
            github.advance(hours=24)
        whole = reader.again()
        whole.night()
    assert folded(reader.tables) == folded(whole.tables)
