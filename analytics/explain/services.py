"""The services that a change touches, and the waves of each: since when they have it, and the record that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analytics.explain.ended_services import ENDED, ended_in_words
from analytics.explain.records import Ask
from headway.times import shown

__all__ = ["service_lines"]

_PATHS = 3
_TOLD_BY = {"settings": "named by the settings"}
# Of a repository that is one service the whole change is the change in it.
_SERVICES = f"""
    select change_services.service, ended.service is not null as has_ended, ended.gone, ended.last_at,
        change_services.shared, services.inferred, services.told_by,
        coalesce(parts.outcome, lead_times.outcome) as outcome,
        coalesce(parts.outcome_reason, lead_times.outcome_reason) as outcome_reason,
        coalesce(parts.current_stage, lead_times.current_stage) as current_stage,
        coalesce(parts.production_at, lead_times.production_at) as production_at,
        coalesce(parts.rolled_back_at, lead_times.rolled_back_at) as rolled_back_at,
        arrivals.wave_deployment_ids, shipped.deployment_id, shipped.environment, shipped.evidence
    from change_services
    inner join services
        on change_services.repo_id = services.repo_id and change_services.service = services.service
    inner join changes
        on change_services.repo_id = changes.repo_id and change_services.change_key = changes.change_key
    inner join lead_times on changes.change_id = lead_times.change_id
    left join ({ENDED}) as ended
        on change_services.repo_id = ended.repo_id and change_services.service = ended.service
    left join service_lead_times as parts
        on changes.change_id = parts.change_id and change_services.service = parts.service
    left join arrivals
        on change_services.repo_id = arrivals.repo_id and change_services.change_key = arrivals.change_key
        and change_services.service = arrivals.service
    left join deployments as shipped
        on arrivals.repo_id = shipped.repo_id
        and coalesce(arrivals.production_deployment_id, arrivals.first_deployment_id) = shipped.deployment_id
    where change_services.repo_id = $repo and change_services.change_key = $key
    order by change_services.service
"""  # noqa: S608 - queries of ours
_PATHS_OF = """
    select service_files.path from service_files
    inner join path_services
        on service_files.repo_id = path_services.repo_id and service_files.path = path_services.path
    where service_files.repo_id = $repo and service_files.change_key = $key and path_services.service = $service
    order by path_services.shared, service_files.path
"""
_WAVES = """
    with held as (
        select environment, deployment_id, succeeded_at, evidence from deployments
        where repo_id = $repo and list_contains(string_split($ids, chr(10)), deployment_id)
    )
    select service_waves.environment, service_waves.since_at, service_waves.live, held.deployment_id,
        held.succeeded_at, held.evidence
    from service_waves left join held on service_waves.environment = held.environment
    where service_waves.repo_id = $repo and service_waves.service = $service and service_waves.wave is not null
    order by service_waves.wave, service_waves.environment
"""


def service_lines(query: Ask, change: Mapping[str, Any], key: str, unknown: Mapping[str, str]) -> list[str]:
    """One line per service and wave of a change; empty where its repository is one service without several waves.

    `change`: its row of `lead_times`; `key`: of the change; `unknown`: the reasons of the outcome `unknown` in words.
    """
    who = {"repo": change["repo_id"], "key": key}
    return [
        line
        for service in query(_SERVICES, **who)
        if service["service"] or service["wave_deployment_ids"]
        for line in _of(query, who, service, unknown)
    ]


def _of(query: Ask, who: Mapping[str, Any], service: Mapping[str, Any], unknown: Mapping[str, str]) -> Iterator[str]:
    name = service["service"]
    because = _because(query, who, service) if name else ""
    yield f"{name or 'the whole repository'}: {_outcome(service, unknown)}{because}"
    if service["wave_deployment_ids"] is None:
        if service["deployment_id"] is not None and service["outcome"] in {"production", "waiting"}:
            yield f"  {service['environment']}: deployment {service['deployment_id']} ({service['evidence']})"
        return
    for wave in query(_WAVES, repo=who["repo"], service=name, ids=service["wave_deployment_ids"]):
        if wave["deployment_id"] is not None:
            since = f"since {shown(wave['succeeded_at'])}"
            yield f"  {wave['environment']}: {since}, deployment {wave['deployment_id']} ({wave['evidence']})"
        elif service["outcome"] == "waiting" and wave["live"]:
            yield f"  {wave['environment']}: not yet"
        else:
            why = "" if wave["live"] else "; it has fallen silent"
            yield f"  {wave['environment']}: not known to have it{why} (a wave since {shown(wave['since_at'])})"


def _outcome(service: Mapping[str, Any], unknown: Mapping[str, str]) -> str:
    outcome: str = service["outcome"]
    if outcome == "production":
        back = service["rolled_back_at"]
        return f"in production since {shown(service['production_at'])}" + (
            f", rolled back {shown(back)}" if back is not None else ""
        )
    if outcome == "waiting":
        ended = f": the service ended ({ended_in_words(service)})" if service["has_ended"] else ""
        return f"waiting in {service['current_stage']}{ended}"
    if outcome == "unknown":
        return f"unknown: {unknown.get(service['outcome_reason'], service['outcome_reason'])}"
    return outcome.replace("_", " ")


def _because(query: Ask, who: Mapping[str, Any], service: Mapping[str, Any]) -> str:
    """What of the change belongs to the service, and what names the service."""
    paths = [row["path"] for row in query(_PATHS_OF, **who, service=service["service"])]
    more = f" and {len(paths) - _PATHS:,} more" if len(paths) > _PATHS else ""
    shared = "shared paths alone: " if service["shared"] else ""
    touched = f"{shared}{', '.join(paths[:_PATHS])}{more}" if paths else "its paths are not known"
    told = "inferred from " + service["told_by"] if service["inferred"] else _TOLD_BY.get(service["told_by"], "")
    return f" (it touches {touched}; {told})" if paths else f" ({touched}; {told})"
