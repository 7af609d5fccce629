"""Settings as data: one frozen dataclass a section, and `Settings`, which has them all.

The metadata of a field says what it means, in `headway init` and in `docs/settings.md` alike. A new section is a class
and a field of `Settings`; a section of a kind of source also names the variables with its secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args, get_type_hints

from headway.errors import UsageError
from headway.repository_names import names_match
from headway.settings.ai import AiSettings
from headway.settings.comparison import ComparisonSettings, EventSettings, TargetSettings, check_events, check_teams
from headway.settings.dashboard import CheckSettings, DashboardSettings, MetricsSettings
from headway.settings.deployments import DeploymentRule, check_rules, check_services_of_rules, rules_for
from headway.settings.engine import EngineSettings
from headway.settings.field import setting
from headway.settings.inference import InferenceSettings
from headway.settings.initiatives import InitiativeSettings, RungSettings, check_initiatives
from headway.settings.services import ProductionSettings, ServiceSettings, check_services
from headway.settings.stability import DoraSettings, ReworkSettings

__all__ = [
    "LISTS",
    "SECRETS",
    "SECTIONS",
    "SPELLED",
    "CalendarSettings",
    "DeploymentRule",
    "EngineSettings",
    "GitSettings",
    "GithubSettings",
    "InferenceSettings",
    "ManifestsSettings",
    "PrivacySettings",
    "ProductionSettings",
    "ReportSettings",
    "ServiceSettings",
    "Settings",
    "SourceSettings",
    "WarehouseSettings",
]

CODE_COMPLETE = ("last_commit", "ready_for_review", "first_approval", "merged")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[A-Za-z0-9!_.*'()/=-]*)?")
PRESETS = ("kustomize", "helm", "argocd", "flux")


@dataclass(frozen=True)
class WarehouseSettings:
    """Where collected data is stored."""

    SECRETS: ClassVar[tuple[str, ...]] = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

    path: str = setting(
        "headway-data", "folder of the warehouse, relative to this file; or `s3://BUCKET/PREFIX` for its raw rows"
    )
    local: str = setting(
        "headway-data", "with `s3://`: folder of this machine for copies, the published file and all that is derived"
    )
    memory_gb: float = setting(
        0.0,
        "GB of memory for the tables of a build, which goes on in files beyond it; 0: what the rows need, at most two"
        " fifths of the machine's",
    )
    every_report: bool = setting(
        default=False,
        doc="make every report, with default options, a view in schema `reports` of the published file; false: those "
        "that list repositories, changes and deployments as they are",
    )

    def __post_init__(self) -> None:
        """UsageError for a URL that is no bucket."""
        if "://" in self.path and not _BUCKET.fullmatch(self.path):  # it may hold a secret: it is not repeated
            raise UsageError(
                "[warehouse] path is neither a folder nor the address of a bucket",
                hint='write path = "s3://BUCKET/PREFIX"; credentials are read from the environment alone',
            )


@dataclass(frozen=True)
class PrivacySettings:
    """How people are stored."""

    SECRETS: ClassVar[tuple[str, ...]] = ("HEADWAY_PRIVACY_SECRET", "HEADWAY_PRIVACY_SECRET_FILE")

    authors: str = setting(
        "plain",
        "names, addresses and log-ins of people in what is stored; `pseudonym`: keyed digests in their place, by the "
        "secret HEADWAY_PRIVACY_SECRET",
        choices=("plain", "pseudonym"),
    )


@dataclass(frozen=True)
class ReportSettings:
    """Definitions used by reports."""

    code_complete: str = setting("last_commit", "what makes a change code complete", choices=CODE_COMPLETE)
    not_ci: str = setting(
        "(?i)deploy|release|publish", "pattern of workflows that are not CI: they deploy or publish", pattern=True
    )


@dataclass(frozen=True)
class GitSettings:
    """How Git repositories are read."""

    pull_heads: bool = setting(default=False, doc="fetch the heads of pull and merge requests from remotes")
    patch_ids: bool = setting(default=False, doc="compute patch ids, to find cherry-picks without a trailer (slow)")
    added_lines: bool = setting(default=True, doc="read lines added to package manifests, where the clone has them")
    imports: bool = setting(
        default=True, doc="read import statements, to see what depends on an initiative, where the clone has them"
    )
    ai_notes: bool = setting(default=True, doc="read line-level attribution from Git notes (refs/notes/ai)")
    max_branch_commits: int = setting(250, "ignore PR refs with more commits than this (probably a rewritten base)")
    differential: str = setting(
        "", "web address of Phabricator: `Differential Revision: <it>/D12` names the change 12 that records report"
    )


@dataclass(frozen=True)
class GithubSettings:
    """How GitHub's API is read, for targets `github:OWNER/NAME` and `github:OWNER`."""

    SECRETS: ClassVar[tuple[str, ...]] = (
        "HEADWAY_GITHUB_TOKEN",
        "HEADWAY_GITHUB_TOKEN_FILE",
        "HEADWAY_GITHUB_APP_ID",
        "HEADWAY_GITHUB_APP_PRIVATE_KEY",
        "HEADWAY_GITHUB_APP_INSTALLATION_ID",
    )

    base_url: str = setting("https://api.github.com", "where its API is; GitHub Enterprise Server: https://HOST/api/v3")
    include: tuple[str, ...] = setting((), "of `github:OWNER`: globs of repositories to include; empty: all")
    exclude: tuple[str, ...] = setting((), "of `github:OWNER`: globs of repositories to leave out")
    archived: bool = setting(default=False, doc="of `github:OWNER`: include archived repositories")
    forks: bool = setting(default=False, doc="of `github:OWNER`: include forks")
    jobs_days: int = setting(90, "read the jobs of CI runs no older than this: each run costs a request")
    history: bool = setting(
        default=True, doc="read commits of the default branch and tags; not needed where Git is collected too"
    )
    wait_minutes: int = setting(15, "wait up to this long for a rate limit; else stop, and resume with the next run")


@dataclass(frozen=True)
class ManifestsSettings:
    """How a GitOps manifests repository names what runs where; it may stand several times in one source."""

    path: str = setting(
        "",
        "pattern of paths with groups `environment` and `application`; with a preset: those of its files that count",
        pattern=True,
    )
    version: str = setting(
        "",
        "pattern in the file with group `version`: an image tag or commit; every match counts, and it may have the"
        " groups `application` and `environment`",
        pattern=True,
    )
    trigger: str = setting(
        "",
        "pattern of a file whose change starts the deployment; empty: the change of the version starts it",
        pattern=True,
    )
    application: str = setting("", "the application, where neither the path nor the file names it")
    preset: str = setting(
        "", "read files of this form, without patterns; empty: by `path` and `version`", choices=("", *PRESETS)
    )


@dataclass(frozen=True)
class SourceSettings:
    """A source that `headway collect` reads."""

    target: str = setting(
        "", "a Git folder, a clone URL, or a target with a prefix, such as `github:OWNER/NAME` and `events:FILE`"
    )
    name: str = setting("", "the repository's name, where its folder or URL does not have it")
    team: str = setting("", "team that owns it")
    feed: str = setting(
        "", "files of records: name of a feed of its own; those of one feed are known to the newest time of all"
    )
    until: str = setting("", "when it ended, such as `2026-03-31`: it is not read any more, and holds no report back")
    pull_heads: bool | None = setting(None, "as in [git], for this source alone")
    branch: str = setting("", "Git repositories: the default branch; empty: the one that the clone or its remote names")
    manifests: tuple[ManifestsSettings, ...] = setting(
        (), "set for a GitOps manifests repository", tables=ManifestsSettings
    )


@dataclass(frozen=True)
class CalendarSettings:
    """Working hours: what `--clock working` counts (docs/method.md), and the hours of each change.

    One calendar applies to all repositories.
    """

    zone: str = setting("UTC", "time zone of the working hours, such as `Europe/London`")
    days: tuple[str, ...] = setting(("Mon", "Tue", "Wed", "Thu", "Fri"), "days of the week on which work is done")
    begin: str = setting("09:00", "when work begins on these days, in this time zone")
    end: str = setting("17:00", "when it ends; `24:00` is midnight")
    holidays: str = setting("", "country whose public holidays are not working days, such as `GB`; empty: none")
    subdivision: str = setting("", "part of that country, such as `SCT`, where its holidays differ")
    days_off: tuple[str, ...] = setting((), "more days without work, such as `2026-12-24`")


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, and the folder that relative paths are relative to."""

    base: Path
    warehouse: WarehouseSettings = WarehouseSettings()
    privacy: PrivacySettings = PrivacySettings()
    report: ReportSettings = ReportSettings()
    git: GitSettings = GitSettings()
    github: GithubSettings = GithubSettings()
    production: ProductionSettings = ProductionSettings()  # noqa: RUF009  (frozen, as all others)
    inference: InferenceSettings = InferenceSettings()  # noqa: RUF009  (likewise)
    ai: AiSettings = AiSettings()  # noqa: RUF009  (frozen, as all others)
    calendar: CalendarSettings = CalendarSettings()
    comparison: ComparisonSettings = ComparisonSettings()  # noqa: RUF009  (frozen, as all others)
    rungs: RungSettings = RungSettings()  # noqa: RUF009
    dora: DoraSettings = DoraSettings()  # noqa: RUF009  (frozen, as all others)
    rework: ReworkSettings = ReworkSettings()  # noqa: RUF009  (likewise)
    dashboard: DashboardSettings = DashboardSettings()  # noqa: RUF009
    # Not in `repr`, which says what tables are made of.
    check: CheckSettings = field(default=CheckSettings(), repr=False)
    metrics: MetricsSettings = field(default=MetricsSettings(), repr=False)
    engine: EngineSettings = field(default=EngineSettings(), repr=False)
    targets: TargetSettings = field(default=TargetSettings(), repr=False)
    sources: tuple[SourceSettings, ...] = ()
    deployments: tuple[DeploymentRule, ...] = ()
    services: tuple[ServiceSettings, ...] = ()
    initiatives: tuple[InitiativeSettings, ...] = ()
    events: tuple[EventSettings, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """UsageError for initiatives, services and events that are incomplete or there twice, and idle rules."""
        check_initiatives(self.initiatives)
        check_services(self.services)
        check_rules(self.deployments)
        check_services_of_rules(self.deployments, self.services)
        check_events(self.events)
        check_teams(self.targets, {source.team for source in self.sources if source.team})

    @property
    def warehouse_folder(self) -> Path:
        """The folder of the warehouse on this machine, as an absolute path."""
        path = self.warehouse.local if self.raw_url else self.warehouse.path
        return (self.base / Path(path).expanduser()).absolute()

    @property
    def raw_url(self) -> str:
        """Where raw rows are on object storage; empty where they are in the folder."""
        return self.warehouse.path if "://" in self.warehouse.path else ""

    def deployment_rules(self, repo_id: str) -> tuple[DeploymentRule, ...]:
        """The rules for a repository, empty where no rule names it."""
        return rules_for(self.deployments, repo_id)

    def services_of(self, repo_id: str) -> list[ServiceSettings]:
        """The services of a repository; of several of one name the first."""
        services = [service for service in self.services if names_match(service.repo, repo_id)]
        return list({service.name: service for service in reversed(services)}.values())[::-1]


SPELLED = {"source": "from"}  # `from` is a Python keyword


def _is_section(cls: Any) -> bool:
    return is_dataclass(cls)


def _declared() -> tuple[dict[str, type], dict[str, type]]:
    """The sections of `Settings`, and its lists of tables, by name."""
    hints: Mapping[str, Any] = get_type_hints(Settings)
    types = {spec.name: hints[spec.name] for spec in fields(Settings)}
    sections: dict[str, type] = {name: cls for name, cls in types.items() if _is_section(cls)}
    lists: dict[str, type] = {name: get_args(cls)[0] for name, cls in types.items() if get_args(cls)}
    return sections, lists


SECTIONS, LISTS = _declared()
SECRETS: tuple[str, ...] = tuple(name for section in SECTIONS.values() for name in getattr(section, "SECRETS", ()))
"""Variables of the environment that are never settings."""
