"""Coverage of the data: which sources report closed work, the notices of collectors, services and their waves."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.services import LABELS, labelled
from headway.errors import UsageError
from headway.repository_names import names_match

__all__ = [
    "closed_work_is_seen",
    "coverage_shares",
    "in_doubt",
    "names_of_team",
    "notices",
    "repositories_named",
    "services",
]

_NAMED = 5
# A repository with a larger share of changes in doubt is named before any of its numbers.
_IN_DOUBT_SHARE = 0.1
_DOUBTS = {
    "landed_though_closed": "landed, and a report calls them closed",
    "contradictions": "with the number of another pull request in the merge's message",
    "same_head": "with the last commit of another pull request",
    "squashed": "squashed at the merge, so that their own commits are unknown",
    "not_believed": "with a PR ref of another history",
    "dates_not_believed": "with an author date that cannot be true",
    "numbers_without_ref": "with a number that has no PR ref",
    "moved_forward": "landed by moving the branch forward, so that their first commit is inferred",
    "by_order": "of one merge without PR refs, distinguished by their order in its message",
    "closer_alone": "closed by the landing commit, with paths at best in common",
    "inside_by_words": "known only by another one's message to have landed with it",
}
_REPOSITORIES = "select repo_id, provider, repo from coverage"
# Of one wave there is nothing to say where a repository is one service.
_SERVICES = f"""
    with labels as ({LABELS}),
    touching as (
        select repo_id, service, count(*) as changes from change_services group by all
    ),
    placed as (
        select repo_id, service, count(*) as environments,
            string_agg(environment, ', ' order by wave) filter (live) as waves,
            string_agg(environment || ' (' || strftime(until_at, '%Y-%m-%d') || ')', ', ' order by wave)
                filter (wave is not null and not live) as silent,
            string_agg(environment || ' (' || rollouts || ' of ' || rollouts_of_service || ')', ', '
                order by environment) filter (wave is null) as other
        from service_waves group by all
    ),
    left_out as (
        select repo_id, service, string_agg(environment, ', ' order by environment) as excluded
        from service_environments where excluded group by all
    )
    select labels.label as service, labels.repo,
        case when services.inferred and services.service <> '' then 'inferred from ' || services.told_by
            else services.told_by end as named_by,
        coalesce(touching.changes, 0) as changes,
        coalesce(placed.waves, '') as waves, coalesce(placed.silent, '') as silent, coalesce(placed.other, '') as other,
        coalesce(left_out.excluded, replace(services.excluded, chr(10), ', ')) as excluded,
        replace(services.paths, chr(10), ', ') as paths, replace(services.shared, chr(10), ', ') as shared,
        replace(services.applications, chr(10), ', ') as applications, services.tags
    from services
    inner join labels on services.repo_id = labels.repo_id and services.service = labels.name
    left join touching on services.repo_id = touching.repo_id and services.service = touching.service
    left join placed on services.repo_id = placed.repo_id and services.service = placed.service
    left join left_out on services.repo_id = left_out.repo_id and left_out.service in (services.service, '')
    where (services.service <> '' or placed.environments > 1 or left_out.excluded is not null) and {{chosen}}
    order by labels.repo, labels.label
"""  # noqa: S608  (columns of ours)


def closed_work_is_seen(connection: duckdb.DuckDBPyConnection, filters: Filters) -> bool:
    """Whether a source reports the changes of any of the repositories: Git alone shows no closed pull request."""
    reporting = "select distinct repo_id from change_reports"
    table: pl.DataFrame = connection.cursor().sql(f"{_REPOSITORIES} where repo_id in ({reporting})").pl()
    return len(filters.apply(table, time=None)) > 0


def notices(connection: duckdb.DuckDBPyConnection, filters: Filters) -> pl.DataFrame:
    """One row per repository and kind of notice: provider, repo, kind, detail, count.

    A notice about a file of records has no repository: both names are empty, and a filter on repositories drops it.
    """
    query = (
        "select coalesce(c.provider, '') as provider, coalesce(c.repo, '') as repo, n.kind, n.detail, n.count"  # noqa: S608  (ours)
        f" from notices n left join ({_REPOSITORIES}) c using (repo_id) where c.repo is not null or n.repo_id = ''"
    )
    table: pl.DataFrame = connection.cursor().sql(query).pl()
    return filters.apply(table, time=None).sort("provider", "repo", "kind")


def services(connection: duckdb.DuckDBPyConnection, filters: Filters) -> pl.DataFrame:
    """One row per service that is not just a whole repository with one environment.

    `service`: its name in reports; `named_by`: settings, or what it is inferred from; `changes` that touch it. `waves`:
    live ones, in the order of a roll-out; `silent`: former ones, with the last day; `other`: production environments
    that are no wave, with how many roll-outs they got; `excluded`: those that settings leave out. Lists are text.
    """
    table: pl.DataFrame = connection.cursor().sql(_SERVICES.format(chosen=labelled(filters))).pl()
    return filters.apply(table, time=None)


def names_of_team(connection: duckdb.DuckDBPyConnection, team: str) -> tuple[str, ...]:
    """The names of the repositories that a team owns; `UsageError` where there is no such team."""
    rows = connection.cursor().sql("select distinct team, repo from coverage where team <> '' order by all").fetchall()
    names = tuple(repo for owner, repo in rows if owner == team)
    if not names:
        teams = ", ".join(dict.fromkeys(owner for owner, _ in rows))
        raise UsageError(
            f"no repository belongs to the team {team!r}",
            hint=f"teams are {teams}" if teams else "name teams with `team` under [[sources]]",
        )
    return names


def repositories_named(connection: duckdb.DuckDBPyConnection, filters: Filters) -> tuple[Filters, str]:
    """The filters with the glob on repositories replaced by their names; and a warning, empty if there is none.

    A glob is accepted as `headway status` shows the names, or without the provider, in any case where the forge ignores
    it. The warning is that no repository matches, or that a report cannot tell two providers' repositories apart.
    """
    if filters.repo is None:
        return filters, ""
    rows = connection.cursor().sql("select repo_id, repo from coverage order by repo_id").fetchall()
    matching = {repo_id: repo for repo_id, repo in rows if names_match(filters.repo, repo_id)}
    if not matching:
        return filters, _no_repository(filters.repo, [repo_id for repo_id, _ in rows])
    kept = sorted(set(matching.values()).intersection(matching.values() if filters.names is None else filters.names))
    alike = [repo_id for repo_id, repo in rows if repo in kept and repo_id not in matching]
    warning = f"reports go by names without provider: {', '.join(alike)} counts too" if alike else ""
    return replace(filters, repo=None, names=tuple(kept)), warning


def _no_repository(glob: str, ids: list[str]) -> str:
    """The message for a glob that matches none of these ids, with the nearest."""
    spelled = {name: repo_id for repo_id in ids for name in (repo_id.partition(":")[2].lower(), repo_id.lower())}
    close = get_close_matches(glob.lower(), spelled, _NAMED, 0.4)
    near = list(dict.fromkeys(spelled[name] for name in close)) or ids[:_NAMED]
    return f"no repository matches {glob!r}; there are {', '.join(near)}{' …' if len(near) < len(ids) else ''}"


def in_doubt(coverage: pl.DataFrame) -> dict[str, str]:
    """For each repository where more than a tenth of the changes is in doubt, by name: how many, and why.

    `coverage` is the report of that name.
    """
    lines: dict[str, str] = {}
    for row in coverage.iter_rows(named=True):
        if row["in_doubt"] > _IN_DOUBT_SHARE * row["changes"]:
            reasons = ", ".join(f"{row[kind]:,} {text}" for kind, text in _DOUBTS.items() if row[kind])
            name = f"{row['provider']}:{row['repo']}"
            lines[name] = f"{row['in_doubt']:,} of {row['changes']:,} changes are in doubt: {reasons}"
    return lines


def coverage_shares(coverage: pl.DataFrame) -> pl.DataFrame:
    """The report `coverage` with shares from 0 to 1, null where there is nothing to cover.

    `observed_share`: of what is code complete, that whose arrival could be observed. `joined_share`: of the landed pull
    requests, those whose own commits are known. `exact_share`: of what is code complete, that whose time of code
    complete is not approximate.
    """
    observed = pl.sum_horizontal("production", "waiting", "abandoned")
    complete, pulls = pl.col("code_complete"), pl.col("pull_requests")
    return coverage.with_columns(
        pl.when(complete > 0).then(observed / complete).alias("observed_share"),
        pl.when(pulls > 0).then(pl.col("pull_requests_joined") / pulls).alias("joined_share"),
        pl.when(complete > 0).then(1.0 - pl.col("approximate") / complete).alias("exact_share"),
    )
