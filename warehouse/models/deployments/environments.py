"""Table `environments`: which environments of each repository are production."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa

from headway.environment_names import EnvironmentName, environment_name, is_trial
from headway.raw_tables.table import BOOL, TEXT
from headway.settings import Settings
from warehouse.model import Input, PythonModel, Table

__all__ = ["ENVIRONMENTS", "environments", "model", "named_production"]

ENVIRONMENTS = Table(
    "environments",
    "environments that deployments of a repository name, and which of them are production",
    "one row per repository and environment",
    ("repo_id", "environment"),
    (
        ("repo_id", TEXT, "repository"),
        ("environment", TEXT, "as named by the source"),
        ("production", BOOL, "whether it is production, where no flag of the source decides"),
        (
            "excluded",
            BOOL,
            "if not production, it is none before it either: web pages, an index of packages, previews of requests",
        ),
        ("decided_by", TEXT, "setting, flag or name; empty where nothing shows whether it is production"),
        ("final", BOOL, "`production` holds for flagged deployments too"),
        ("contradiction", TEXT, "how the flag contradicts the name: `flagged` or `not_flagged`; else empty"),
    ),
)


@dataclass(frozen=True)
class _Said:
    """What flags, settings and the name say of one environment."""

    flags: frozenset[bool]
    reported_by: frozenset[str]
    name: EnvironmentName
    matched: bool | None
    """Whether a pattern of the settings matches; None without a pattern."""
    own: bool
    """The pattern is of the repository itself."""
    trial: bool
    """The name means the preview of a request or branch."""

    @property
    def surely_production(self) -> bool:
        """Nothing speaks against it."""
        if self.matched is not None:
            return self.matched
        return self.name is EnvironmentName.PRODUCTION or (
            True in self.flags and self.name is not EnvironmentName.OTHER
        )


def model(settings: Settings) -> PythonModel:
    """The model for these settings."""
    return PythonModel(
        "environments",
        (
            Input(
                "deployments_seen",
                ("repo_id", "environment", "reported_production", "source", "created_at", "succeeded_at"),
            ),
            Input("report_times", ("repo_id", "as_of")),
        ),
        (ENVIRONMENTS,),
        partial(environments, settings=settings),
        per_repository=False,
    )


def environments(tables: Mapping[str, pa.Table], settings: Settings) -> pa.Table:
    """From deployments and the times of the reports of all repositories: one row per repository and environment.

    What began after the report says nothing: an answer about the past does not change with a later flag.
    """
    columns = ["repo_id", "environment", "reported_production", "source"]
    first = tables["deployments_seen"].group_by(columns).aggregate([("created_at", "min"), ("succeeded_at", "min")])
    as_of = dict(zip(*(tables["report_times"][name].to_pylist() for name in ("repo_id", "as_of")), strict=True))
    rows = [row for row in first.to_pylist() if _began(row, as_of.get(row["repo_id"]))]
    flags: dict[tuple[str, str], set[bool]] = {}
    sources: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        key = (row["repo_id"], row["environment"])
        flags.setdefault(key, set()).update({row["reported_production"]} - {None})
        sources.setdefault(key, set()).add(row["source"])
    said = {
        key: _said(*key, frozenset(flags[key]), frozenset(sources[key]), settings)
        for key in sorted(flags, key=lambda key: (key[0], key[1] or ""))
    }
    clear = {repo_id for (repo_id, _), one in said.items() if one.surely_production}
    return ENVIRONMENTS.of([_row(*key, one, clear=key[0] in clear) for key, one in said.items()])


def _began(row: Mapping[str, Any], as_of: datetime | None) -> bool:
    began = row["created_at_min"] or row["succeeded_at_min"]
    return began is None or as_of is None or began <= as_of


def named_production(repo_id: str, environment: str, settings: Settings) -> bool | None:
    """Whether settings or the name call an environment production; None where neither shows it."""
    said = _said(repo_id, environment, frozenset(), frozenset(), settings)
    if said.matched is not None:
        return said.matched
    return None if said.name is EnvironmentName.UNKNOWN else said.name is EnvironmentName.PRODUCTION


def _said(repo_id: str, environment: str, flags: frozenset[bool], sources: frozenset[str], settings: Settings) -> _Said:
    own = next((rule.environments for rule in settings.deployment_rules(repo_id) if rule.environments), "")
    pattern = own or settings.production.environments
    name = environment or ""
    return _Said(
        flags=flags,
        reported_by=sources,
        name=environment_name(name, repo_id) if settings.inference.production else EnvironmentName.UNKNOWN,
        matched=re.search(pattern, name) is not None if pattern else None,
        own=bool(own),
        trial=settings.inference.production and is_trial(name),
    )


def _row(repo_id: str, environment: str, said: _Said, *, clear: bool) -> dict[str, object]:
    """One row; `clear`: the repository has an environment that nothing contradicts."""
    production, decided_by, final, contradiction = said.name is EnvironmentName.PRODUCTION, "name", False, ""
    if said.matched is not None:
        production, decided_by, final = said.matched, "setting", said.own
    elif True in said.flags and said.name is EnvironmentName.OTHER and clear:
        # A preview that a host flags beside the production that nobody doubts.
        production, contradiction, final = False, "flagged", said.reported_by == {"github"}
    elif said.flags == {False} and said.name is EnvironmentName.PRODUCTION:
        production, decided_by, contradiction = False, "flag", "not_flagged"
    elif len(said.flags) == 1:
        production, decided_by = True in said.flags, "flag"
    elif said.name is EnvironmentName.UNKNOWN:
        decided_by = "flag" if said.flags else ""
    return {
        "repo_id": repo_id,
        "environment": environment,
        "production": production,
        "excluded": said.name is EnvironmentName.NEITHER or said.trial,
        "decided_by": decided_by,
        "final": final,
        "contradiction": contradiction,
    }
