"""Settings that name an environment to which nothing was deployed: mostly a typing error, and without effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb

from analytics.text.wording import plain
from headway.nearest import hint_for
from headway.repository_names import names_match
from headway.settings import Settings

__all__ = ["unknown_environments"]

_QUERY = """
select distinct repo_id, environment from deployments_seen
where environment is not null and environment <> ''
order by all
"""


def unknown_environments(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[tuple[str, str]]:
    """Each name in `waves` or `exclude` that no deployment has, with the nearest one; nothing before the first."""
    deployed = connection.sql(_QUERY).fetchall()
    if not deployed:
        return
    for where, repo, names in _named(settings):
        known = list(dict.fromkeys(name for repo_id, name in deployed if names_match(repo, repo_id)))
        lower = {name.casefold(): name for name in known}
        for name in names:
            if name.casefold() not in lower:
                hint = hint_for(name, known, "`headway deployments` lists the environments")
                yield plain(f"{where}: nothing was deployed to {name!r}"), plain(hint)


def _named(settings: Settings) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Where names of environments stand, for which repositories, and the names."""
    for key in ("waves", "exclude"):
        yield f"[production] {key}", "*", getattr(settings.production, key)
        for number, service in enumerate(settings.services, 1):
            yield f"[[services]] {number} {key}", service.repo, getattr(service, key)
