"""Settings: one frozen dataclass per section, read from `headway.toml` and the environment."""

from headway.settings.ai import AiOverride, AiRule, AiSettings
from headway.settings.comparison import ComparisonSettings, EventSettings, Targets, TargetSettings, TeamTargets
from headway.settings.dashboard import CheckSettings, DashboardSettings, MetricsSettings
from headway.settings.deployments import DeploymentRule
from headway.settings.initiatives import InitiativeSettings, RungSettings
from headway.settings.reader import load, variables
from headway.settings.sections import (
    CalendarSettings,
    EngineSettings,
    GithubSettings,
    GitSettings,
    InferenceSettings,
    ManifestsSettings,
    ReportSettings,
    Settings,
    SourceSettings,
    WarehouseSettings,
)
from headway.settings.services import ProductionSettings, ServiceSettings
from headway.settings.stability import DoraSettings, ReworkSettings

__all__ = [
    "AiOverride",
    "AiRule",
    "AiSettings",
    "CalendarSettings",
    "CheckSettings",
    "ComparisonSettings",
    "DashboardSettings",
    "DeploymentRule",
    "DoraSettings",
    "EngineSettings",
    "EventSettings",
    "GitSettings",
    "GithubSettings",
    "InferenceSettings",
    "InitiativeSettings",
    "ManifestsSettings",
    "MetricsSettings",
    "ProductionSettings",
    "ReportSettings",
    "ReworkSettings",
    "RungSettings",
    "ServiceSettings",
    "Settings",
    "SourceSettings",
    "TargetSettings",
    "Targets",
    "TeamTargets",
    "WarehouseSettings",
    "load",
    "variables",
]
