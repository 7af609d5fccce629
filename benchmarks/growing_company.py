"""A company that grows from day to day, for the nights of `year.py`: repositories, records and settings."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.builders.repositories import Person, Repository

PEOPLE = (Person("Ann Author", "ann@example.com"), Person("Bob Builder", "bob@example.com"))
WORK = ("Add search to the basket", "Fix the price of a bundle", "feat(assistant): answer questions", "Update texts")
TRAILERS = ("", "", "\nCo-authored-by: Claude <noreply@anthropic.com>\n")
VARIANTS = (
    "",
    "[report]\ncode_complete = 'merged'\n",
    "[ai]\nai_paths = ['part3/**']\n",
    "[calendar]\nzone = 'Asia/Tokyo'\n",
)


@dataclass
class Company:
    """Repositories and records that grow, and the settings; `night` and `history` are the same for the same seed."""

    base: Path
    dice: random.Random
    repositories: dict[str, Repository] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    retired: set[str] = field(default_factory=set)
    variant: int = 0
    number: int = 0
    deployments: int = 0

    def begin(self, name: str, requests: int, at: datetime) -> None:
        """Make a repository with so many pull requests in the two years before."""
        repository = Repository(self.base / name, start=at)
        self.repositories[name] = repository
        repository.commit("Start\n", {"README.md": f"{name}\n", "requirements.txt": "click\n"}, at=at)
        for place in range(requests):
            self.request(name, at + timedelta(days=730) * (place / requests), how="squash" if place % 2 else "merge")
            if place % 10 == 0:
                self.deploy(name, at + timedelta(days=730) * (place / requests) + timedelta(hours=5))
        self.write()

    def request(self, name: str, at: datetime, *, how: str | None) -> None:
        """A pull request of two commits; `how` it lands, None: it stays open."""
        repository, topic = self.repositories[name], "topic"
        self.number += 1
        text, part = f"{WORK[self.number % len(WORK)]} {self.number}", f"part{self.number % 7}"
        trailer = TRAILERS[self.number % len(TRAILERS)]
        repository.switch(topic, repository.sha("refs/heads/main"))
        for step in range(2):
            files: dict[str | bytes, Any] = {
                f"{part}/file{self.number % 40}.py": f"import json\nvalue = {self.number}{step}\n"
            }
            repository.commit(
                f"{text}, step {step}\n{trailer}", files, author=PEOPLE[step], at=at + timedelta(minutes=step)
            )
        head = repository.head
        repository.switch("main").pull(self.number, head).delete(f"refs/heads/{topic}")
        repository.now = at + timedelta(hours=2)
        if how == "squash":
            repository.squash(head, f"{text} (#{self.number})\n{trailer}")
        elif how == "merge":
            repository.merge(head, message=f"Merge pull request #{self.number} from ann/topic\n\n{text}\n")

    def deploy(self, name: str, at: datetime) -> None:
        """The default branch goes to production: a record; the repository `site` has a tag."""
        repository = self.repositories[name]
        self.deployments += 1
        if name == "site":
            repository.tag(f"v1.{self.deployments}.0", message="Release\n", at=at)
            return
        record = {
            "type": "deployment",
            "repo": f"github:acme/{name}",
            "id": f"d{self.deployments}",
            "environment": "production",
        }
        record |= {"sha": repository.sha("refs/heads/main"), "state": "success"}
        record |= dict.fromkeys(("created_at", "finished_at"), f"{at:%Y-%m-%dT%H:%M:%SZ}")
        with (self.base / "records.ndjson").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def push_over(self, name: str, at: datetime) -> None:
        """Another commit takes the place of the last one on the default branch, and the open request gets another."""
        repository = self.repositories[name]
        before = repository.git("rev-parse", "main~1")
        repository.point("refs/heads/main", before).commit("Instead\n", {"README.md": f"{at}\n"}, at=at)
        repository.pull(self.number, repository.head)

    def write(self) -> None:
        """Write the settings as they are now."""
        lines = [VARIANTS[self.variant % len(VARIANTS)]]
        for name in self.repositories:
            if name not in self.retired:
                heads = "pull_heads = true\n" if name == "shop" else ""
                until = f"until = '{self.ended[name]}'\n" if name in self.ended else ""
                lines.append(
                    f"[[sources]]\ntarget = '{self.target(name)}'\nname = 'github:acme/{name}'\n{heads}{until}"
                )
        lines.append("[[sources]]\ntarget = 'events:records.ndjson'\n")
        (self.base / "headway.toml").write_text("".join(lines), encoding="utf-8")

    def target(self, name: str) -> str:
        """`shop` is cloned from a URL, the others are folders."""
        return f"file://{self.base / name}" if name == "shop" else name
