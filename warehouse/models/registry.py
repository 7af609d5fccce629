"""The Python models: each is declared beside its function; this is the list of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from headway.settings import Settings
from warehouse.classify import Rules, RuleSettings
from warehouse.initiatives import InitiativeRules
from warehouse.model import PythonModel
from warehouse.models.arrivals import arrivals, deployment_chain, stage_lives
from warehouse.models.changes import changes_from_git, classification
from warehouse.models.changes.kinds import change_kinds
from warehouse.models.ci import workflow_kinds
from warehouse.models.deployments import (
    deployment_notices,
    deployments_seen,
    environments,
    manifest_applications,
    manifest_bases,
)
from warehouse.models.deployments.records import record_clocks
from warehouse.models.deployments.tag_families import tag_families
from warehouse.models.doubts import service_doubts
from warehouse.models.initiatives import initiatives, packages
from warehouse.models.pull_requests import automated_accounts, declared_reverts, stack_outcomes
from warehouse.models.rework import fixes
from warehouse.models.services import path_services, service_environments, service_lists, service_lives, services
from warehouse.models.services.inference import inferred_services
from warehouse.models.settings import (
    collection_gaps,
    deployment_rules,
    near_names,
    parameters,
    repository_settings,
    source_watermarks,
)
from warehouse.sources import Sources

__all__ = ["python_models"]


def python_models(settings: Settings, sources: Sources, as_of: datetime | None) -> tuple[PythonModel, ...]:
    """All Python models, for these settings and sources, as of a time (None: up to each watermark)."""
    return (
        parameters.model(settings, as_of),
        source_watermarks.model(sources),
        collection_gaps.model(sources),
        repository_settings.model(settings, sources),
        *(replace(model, knows=repr(known)) for model, known in _of_settings(settings)),
        *(replace(model, knows="") for model in _OF_INPUTS),
    )


def _of_settings(settings: Settings) -> tuple[tuple[PythonModel, object], ...]:
    """Models, each with the settings that it gets: where others change, it does not run again."""
    rules = Rules.load(RuleSettings.of(settings.ai))
    complete = settings.production.complete
    initiative_rules = InitiativeRules.of(settings)
    return (
        (deployment_rules.model(settings), settings),
        (inferred_services.model(settings), settings),
        (services.model(settings), settings),
        (environments.model(settings), settings),
        (deployment_notices.model(settings), settings),
        (deployment_chain.model(complete), complete),
        (service_doubts.model(complete), complete),
        (record_clocks.model(complete), complete),
        (automated_accounts.model(rules), settings.ai),
        (change_kinds.model(settings.ai), settings.ai),
        (classification.model(rules), settings.ai),
        (fixes.model(settings.dora), settings.dora),
        (initiatives.model(initiative_rules), initiative_rules),
    )


_OF_INPUTS = (
    arrivals.MODEL,
    changes_from_git.MODEL,
    declared_reverts.MODEL,
    deployments_seen.MODEL,
    manifest_applications.MODEL,
    manifest_bases.MODEL,
    near_names.MODEL,
    packages.MODEL,
    path_services.MODEL,
    service_environments.MODEL,
    service_lists.MODEL,
    service_lives.MODEL,
    stack_outcomes.MODEL,
    stage_lives.MODEL,
    tag_families.MODEL,
    workflow_kinds.MODEL,
)
