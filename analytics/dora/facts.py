"""What the five measures are made of: production deployments, what shows that they failed, and the changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.kinds import Excluded, taking_part
from analytics.cohort.services import LABELS, SERVICE, by_service, changes_of, labelled
from analytics.dora.definitions import Definition
from headway.errors import UsageError

__all__ = ["AXES", "COLUMNS", "SHIPS_NOTHING", "Facts", "carried", "failures", "judged", "read_facts", "shipped"]

AXES = ("builds_ai", "built_with_ai")
_KEY = ("repo_id", "deployment_id")
SHIPS_NOTHING = pl.col("kind").fill_null("").is_in(["rollback", "redeploy", "beside"])
"""Deployments that bring nothing that their environment had not had."""
_PLACE: Mapping[str, str] = {
    "repo": "asked.repo",
    "team": "coalesce(nullif(asked.team, ''), 'no team')",
    "provider": "asked.provider",
}
COLUMNS = (*_PLACE, SERVICE, *AXES)
"""What `--by` understands."""

# Ids are numbers here: a million changes with theirs as text take gigabytes.
# A commit that two services deploy is two, and a deployment of a whole repository is one of each of its services.
_DEPLOYMENTS = """
    select production_deployments.* exclude
            (repo_id, deployment_id, previous_deployment_id, sha, service, rollout_id, opens_rollout),
        asked.rowid as repo_id, production_deployments.rowid as deployment_id,
        case when production_deployments.sha <> '' then dense_rank() over (
            order by production_deployments.repo_id, production_deployments.service, production_deployments.sha) end
            as sha,
        opened.rowid as rollout_id, {rollouts}.opens_rollout,
        {group} as "group", report_times.as_of,
        (asked.deployed_from like '%records%' or asked.deployed_from like '%workflow%') as tells_failed,
        exists (select 1 from incidents where incidents.repo_id = production_deployments.repo_id) as tells_incidents
    from production_deployments
    inner join (select *, rowid from repository_settings where {condition}) as asked
        on production_deployments.repo_id = asked.repo_id
    inner join report_times on production_deployments.repo_id = report_times.repo_id
    {join}
    left join production_deployments as opened on production_deployments.repo_id = opened.repo_id
        and {rollouts}.rollout_id = opened.deployment_id
    order by production_deployments.rowid, "group"
"""
_EACH_SERVICE = f"""
    inner join rollouts on production_deployments.repo_id = rollouts.repo_id
        and production_deployments.deployment_id = rollouts.deployment_id
    inner join ({LABELS}) as labels on rollouts.repo_id = labels.repo_id and rollouts.service = labels.name
        and {{labelled}}
"""
# Closed work counts where an arrival could have been seen, as in every cohort (`lead_columns`).
_CHANGES = """
    select lead_times.rowid as change_id, asked.rowid as repo_id, lead_times.builds_ai, lead_times.built_with_ai,
        lead_times.kind,
        case when lead_times.outcome <> 'abandoned' then lead_times.outcome
            when not repository_stages.has_production then 'no_deployments'
            else 'abandoned' end as outcome,
        lead_times.code_complete_at, lead_times.first_commit_at, lead_times.production_at, lead_times.abandoned_at,
        lead_times.lead_time_hours, lead_times.dora_lead_time_hours, lead_times.as_of,
        {group} as "group"{verdicts}
    from {source} as lead_times
    inner join (select *, rowid from repository_settings) as asked on lead_times.repo_id = asked.repo_id
    left join repository_stages on lead_times.repo_id = repository_stages.repo_id
    order by lead_times.rowid
"""
_WHOLE = "(select *, rowid from lead_times where {condition})"
_ARRIVALS = """
    select lead_times.rowid as change_id, asked.rowid as repo_id, change_outcomes.first_production_at,
        initial.rowid as deployment_id, tried.rowid as attempt_deployment_id
    from {source} as lead_times
    inner join (select *, rowid from repository_settings) as asked on lead_times.repo_id = asked.repo_id
    inner join change_outcomes on lead_times.change_id = change_outcomes.change_id and change_outcomes.service <> '*'
        {only}
    inner join change_milestones on change_outcomes.change_id = change_milestones.change_id
        and change_outcomes.service = change_milestones.service
    left join production_deployments as initial on lead_times.repo_id = initial.repo_id
        and change_milestones.first_deployment_id = initial.deployment_id
        and change_outcomes.first_production_at is not null
    left join production_deployments as tried on lead_times.repo_id = tried.repo_id
        and change_milestones.attempt_deployment_id = tried.deployment_id
    order by lead_times.rowid, change_outcomes.service
"""
_ARRIVED_THERE = f"""
    and exists (select 1 from ({LABELS}) as labels where labels.repo_id = change_outcomes.repo_id
        and labels.name = change_outcomes.service and labels.label = lead_times.service)
"""  # noqa: S608  (ours)
_SIGNS = """
    select asked.rowid as repo_id, production_deployments.rowid as deployment_id, failure_signs.sign,
        failure_signs.began_at, failure_signs.recovered_at
    from failure_signs
    inner join production_deployments on failure_signs.repo_id = production_deployments.repo_id
        and failure_signs.deployment_id = production_deployments.deployment_id
    inner join (select *, rowid from repository_settings where {condition}) as asked
        on failure_signs.repo_id = asked.repo_id
    order by failure_signs.rowid
"""
_INCIDENTS = """
    select asked.rowid as repo_id, incidents.opened_at, linked.shown_by is not null as linked
    from incidents
    inner join (select *, rowid from repository_settings where {condition}) as asked
        on incidents.repo_id = asked.repo_id
    left join (select distinct repo_id, shown_by from failure_signs where sign = 'incident') as linked
        on incidents.repo_id = linked.repo_id and incidents.incident_id = linked.shown_by
    order by incidents.rowid
"""


@dataclass(frozen=True)
class Facts:
    """Rows of `production_deployments`, `failure_signs`, `lead_times` and `incidents`, their ids as numbers.

    Deployments and changes have in `group` the value of `--by`, unless that is an axis of AI work; by service a change
    is there once for each. `arrivals`: for an axis of AI work, which deployments first brought each change to each of
    its services. `excluded`: changes that were left out because of their kind. `unsure`: those left out because their
    verdict on the axis is weak.
    """

    deployments: pl.DataFrame
    signs: pl.DataFrame
    changes: pl.DataFrame
    incidents: pl.DataFrame
    arrivals: pl.DataFrame
    excluded: Excluded = field(default_factory=Excluded)
    unsure: pl.DataFrame | None = None

    def of(self, column: str, value: object) -> Facts:
        """The part of one group. On an axis of AI work its deployments are those that shipped a change of it."""
        if column not in AXES:
            here = pl.col("group") == value
            return replace(self, deployments=self.deployments.filter(here), changes=self.changes.filter(here))
        changes = self.changes.filter(pl.col(column) == value)
        part = replace(self, changes=changes)
        return replace(part, deployments=self.deployments.join(carried(part), on=list(_KEY), how="semi"))


def read_facts(
    connection: duckdb.DuckDBPyConnection, filters: Filters, *, by: str | None = None, automation: bool = False
) -> Facts:
    """Read the facts of the repositories of `filters`, of all times: the period is one of windows.

    Changes made by bots, and releases, are left out unless `automation` is true; `by` `built_with_ai` has bots as a
    group.
    """
    if by is not None and by not in COLUMNS:
        raise UsageError(f"the report dora cannot group by {by!r}", hint=f"choose one of {', '.join(COLUMNS)}")
    condition = filters.condition(connection, "lead_times", time=None)
    place = _PLACE.get(by or "", "null")
    verdicts = "".join(f", lead_times.{name}" for name in filters.verdict_columns)
    group, changed = ("labels.label", "lead_times.service") if by == SERVICE else (place, place)
    names = {
        "condition": condition,
        "verdicts": verdicts,
        "rollouts": "production_deployments",
        "join": "",
        "only": "",
        "source": _WHOLE.format(condition=condition),
    }
    if by_service(filters, by):
        rows = f"select *, row_number() over (order by change_id, service) as rowid from {changes_of(filters, by)}"  # noqa: S608
        names |= {
            "rollouts": "rollouts",
            "join": _EACH_SERVICE.format(labelled=labelled(filters)),
            "only": _ARRIVED_THERE,
            "source": f"({rows} where {condition})",
        }
    deployments, all_changes, signs, incidents, arrivals = (
        connection.cursor().sql(query.format(**names, group=value)).pl()
        for query, value in (
            (_DEPLOYMENTS, group),
            (_CHANGES, changed),
            (_SIGNS, ""),
            (_INCIDENTS, ""),
            (_ARRIVALS if by in AXES else f"select * from ({_ARRIVALS}) limit 0", ""),  # noqa: S608  (ours)
        )
    )
    changes = filters.sure(all_changes, by) if by in AXES else all_changes
    kept = taking_part(automation=automation, by=by)
    excluded, unsure = Excluded.of(changes, kept), all_changes.join(changes, on="change_id", how="anti")
    return Facts(deployments, signs, changes.filter(kept), incidents, arrivals, excluded, unsure)


def carried(facts: Facts) -> pl.DataFrame:
    """What each deployment was to bring to production: repo_id, deployment_id, change_id, a row for each change.

    A change is carried by the deployment that it arrived with, by the first that tried to ship it, and by every other
    try with the commit of one of them up to the arrival. Other commits in between that contained it are not considered.
    """
    tries = facts.deployments.filter(~SHIPS_NOTHING)
    key = list(_KEY)
    taking_part = facts.changes.filter(pl.col("outcome").is_in(["production", "waiting", "abandoned"]))
    changes = facts.arrivals.join(taking_part.select("change_id"), on="change_id", how="semi")
    at = pl.col("first_production_at")
    ends = pl.concat(
        [
            changes.filter(at.is_not_null()).select(*key, "change_id", at),
            changes.select("repo_id", pl.col("attempt_deployment_id").alias(key[1]), "change_id", at),
        ]
    ).join(tries.select(*key, "sha"), on=key, how="inner")
    by_commit = ends.drop(key[1]).join(tries.select(*key, "sha", "deployed_at"), on=["repo_id", "sha"], how="inner")
    before = by_commit.filter(at.is_null() | (pl.col("deployed_at") <= at))
    columns = [*key, "change_id"]
    carrying = pl.concat([ends.select(columns), before.select(columns)])
    # What a later wave of a roll-out brings, the roll-out brings.
    opened = tries.select(*key, "rollout_id")
    unit = pl.coalesce("rollout_id", key[1]).alias(key[1])
    return carrying.join(opened, on=key, how="left").select("repo_id", unit, "change_id").unique().sort(columns)


def shipped(facts: Facts, definition: Definition) -> pl.DataFrame:
    """What counts as a deployment: each roll-out, at its first success, and failed attempts where those are failures.

    A failed attempt in a wave of a roll-out is a failure of the roll-out, and counts with it.
    """
    counts = pl.col("opens_rollout")
    if definition.ships_nothing:
        counts |= pl.col("succeeded") & SHIPS_NOTHING
    if "failed" in definition.signs:
        counts |= ~pl.col("succeeded") & (pl.col("rollout_id") == pl.col("deployment_id"))
    return facts.deployments.filter(counts)


def judged(deployments: pl.DataFrame, definition: Definition) -> pl.DataFrame:
    """The deployments that the definition can judge: without any incident record there is no rate by incidents.

    Nor is there one of failed attempts where deployments are tags or commits, which are there only if all went well.
    """
    if definition.signs == {"incident"}:
        return deployments.filter(pl.col("tells_incidents"))
    return deployments.filter(pl.col("tells_failed")) if definition.signs == {"failed"} else deployments


def failures(facts: Facts, definition: Definition) -> pl.DataFrame:
    """The failed ones of the deployments that count, one row each: `began_at`, `recovered_at` (null: not yet), `signs`.

    Where a deployment has incidents, they say from when to when: all of them must be over. Else it failed from when it
    was deployed until the first fix.
    """
    signs = facts.signs.filter(pl.col("sign").is_in(sorted(definition.signs)))
    if definition.retried:
        again = facts.deployments.filter((pl.col("failed_attempts") > 0) & pl.col("succeeded"))
        signs = pl.concat([signs, _retries(again, signs.schema)])
    signs = _of_rollouts(signs, facts.deployments)
    incident = pl.col("sign") == "incident"
    rows = signs.group_by("repo_id", "deployment_id").agg(
        pl.when(incident.any()).then(pl.col("began_at").filter(incident).min()).otherwise(pl.col("began_at").min()),
        pl.when(incident.any())
        .then(
            pl.when(pl.col("recovered_at").filter(incident).is_null().any())
            .then(None)
            .otherwise(pl.col("recovered_at").filter(incident).max())
        )
        .otherwise(pl.col("recovered_at").min())
        .alias("recovered_at"),
        pl.col("sign").unique().sort().str.join(", ").alias("signs"),
    )
    return (
        shipped(facts, definition)
        .join(rows, on=["repo_id", "deployment_id"], how="inner")
        .sort("repo_id", "deployed_at", "deployment_id")
    )


def _retries(deployments: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """A deployment that failed at first and then succeeded is its own fix."""
    rows = deployments.select(
        "repo_id",
        "deployment_id",
        pl.lit("failed").alias("sign"),
        pl.col("created_at").alias("began_at"),
        pl.col("deployed_at").alias("recovered_at"),
    )
    return rows.cast(schema)


def _of_rollouts(signs: pl.DataFrame, deployments: pl.DataFrame) -> pl.DataFrame:
    """Signs of a roll-out instead of one of its waves; what ships nothing is no part of one."""
    rollout = pl.when(SHIPS_NOTHING).then("deployment_id").otherwise("rollout_id")
    units = deployments.select(*_KEY, rollout.alias("unit")).unique()
    joined = signs.join(units, on=list(_KEY), how="left")
    return joined.with_columns(pl.coalesce("unit", "deployment_id").alias("deployment_id")).drop("unit")
