"""Table `automated_accounts`: which reviewers are no persons, by the same rules that tell automation and agents."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from warehouse.classify import Rules
from warehouse.classify.signs.identities import Identities

__all__ = ["AUTOMATED_ACCOUNTS", "automated_accounts"]

AUTOMATED_ACCOUNTS = pa.schema([("repo_id", pa.string()), ("login", pa.string())])


def automated_accounts(tables: Mapping[str, pa.Table], rules: Rules) -> pa.Table:
    """From `reviewers`: one row per account that the forge calls a bot, or that rules or settings know as one."""
    identities = Identities(rules.rule_set)
    rows = tables["reviewers"].to_pylist()
    found = {
        (row["repo_id"], row["login"])
        for row in rows
        if row["kind"] == "bot" or identities.of_login(row["login"], row["kind"]) is not None
    }
    return pa.Table.from_pylist(
        [{"repo_id": repo, "login": login} for repo, login in sorted(found)], AUTOMATED_ACCOUNTS
    )
