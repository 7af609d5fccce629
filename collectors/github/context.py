"""What all parts of one run share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectors.github.api.client import Client, Listing
from collectors.github.api.signals import Moved
from collectors.github.resume import Resume
from collectors.github.source import GitHubSource, source_id
from headway.errors import CollectError
from headway.notices import NoticeLedger
from headway.progress import Progress
from headway.raw_tables.batch import RowBuffer

__all__ = ["Run"]


@dataclass
class Run:
    """One run over one repository."""

    source: GitHubSource
    client: Client
    state: Resume
    gather: RowBuffer
    notices: NoticeLedger
    collected_at: datetime
    progress: Progress
    name_with_owner: str
    """GitHub's current name of the repository."""
    default_branch: str

    def wants(self, part: str) -> bool:
        """Whether to read a part: the source includes it, and the token may read it."""
        return part not in self.state.denied and (part != "history" or self.source.history)

    @property
    def read_by(self) -> dict[str, str]:
        """The column of rows that several sources may have of one repository."""
        return {"source": source_id(self.source)}

    @property
    def now(self) -> str:
        """When this run began, as the resume point stores it."""
        return self.collected_at.isoformat()

    def rest(self, path: str, parameters: Mapping[str, str | int], *, etag: str = "") -> Listing:
        """Send a REST request for this repository; if it is renamed meanwhile, look up its new name by its id."""
        try:
            return self.client.rest(f"/repos/{self.name_with_owner}{path}", parameters, etag=etag)
        except Moved:
            node = self.client.graphql("Identity", {"id": self.state.node_id})["node"]
            self.name_with_owner = node["nameWithOwner"]
        try:
            return self.client.rest(f"/repos/{self.name_with_owner}{path}", parameters, etag=etag)
        except Moved as moved:
            raise CollectError(
                f"GitHub redirects to another address ({moved})", hint="set base_url of [github] to that address"
            ) from moved

    def step(self, done: int, total: int | None, what: str) -> None:
        """Report progress."""
        self.progress.step(done, total, f"{self.state.repo_id.partition(':')[2]} {what}")

    def query(self, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The repository's node in the answer to a query."""
        node = self.client.graphql(name, {"repository": self.state.node_id, **variables})["node"]
        assert isinstance(node, dict)  # noqa: S101  (an id that is not found raises)
        return node
