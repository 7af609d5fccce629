"""Table `automated_accounts`: which reviewers are bots or agents, by the rules that classify changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pyarrow as pa

from headway.raw_tables.table import TEXT
from warehouse.classify import Rules
from warehouse.classify.signs.identities import Identities
from warehouse.model import Input, PythonModel, Table
from warehouse.models.rows import records

__all__ = ["AUTOMATED_ACCOUNTS", "automated_accounts", "model"]

AUTOMATED_ACCOUNTS = Table(
    "automated_accounts",
    "accounts of reviewers that are bots or agents",
    "one row per repository and account",
    ("repo_id", "login"),
    (
        ("repo_id", TEXT, "repository"),
        ("login", TEXT, "log-in"),
    ),
)


def model(rules: Rules) -> PythonModel:
    """The model for these AI rules."""
    return PythonModel(
        "automated_accounts",
        (Input("reviewers", ("repo_id", "login", "kind"), ("login", "kind")),),
        (AUTOMATED_ACCOUNTS,),
        partial(automated_accounts, rules=rules),
    )


def automated_accounts(tables: Mapping[str, pa.Table], rules: Rules) -> pa.Table:
    """From `reviewers`: one row per account that the forge calls a bot, or that rules or settings know as one."""
    identities = Identities(rules.rule_set)
    rows = records(tables["reviewers"])
    accounts = {
        (row["repo_id"], row["login"])
        for row in rows
        if row["kind"] == "bot" or identities.of_login(row["login"], row["kind"]) is not None
    }
    return AUTOMATED_ACCOUNTS.of([{"repo_id": repo, "login": login} for repo, login in sorted(accounts)])
