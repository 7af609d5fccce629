"""Where the tables of a build are made."""

from __future__ import annotations

import re
from dataclasses import dataclass

from headway.errors import UsageError
from headway.settings.field import setting

__all__ = ["EngineSettings"]

_ADDRESS = re.compile(r"(?:sc://|spark://|local\[)")


@dataclass(frozen=True)
class EngineSettings:
    """Where a build makes its tables, for companies of thousands of repositories (docs/scale.md).

    What the tables hold does not depend on it, so it is no part of what a build is made of.
    """

    kind: str = setting("duckdb", "what makes the tables of a full build", choices=("duckdb", "spark"))
    url: str = setting(
        "", "of `spark`: the address of a Spark Connect server, `sc://HOST:PORT`, or of a master, `spark://HOST:PORT`"
    )

    def __post_init__(self) -> None:
        """UsageError for a cluster without an address."""
        if self.kind == "spark" and not _ADDRESS.match(self.url):
            raise UsageError(
                "[engine] url is not the address of a Spark cluster",
                hint='write url = "sc://HOST:15002" below [engine]',
            )
