"""Settings: `headway.toml`, over it `HEADWAY_<SECTION>_<KEY>` from the environment. Secrets are never settings.

Each section is a frozen dataclass; the metadata of a field says what it means, in `headway init` and in
`docs/settings.md` alike. An unknown key is an error that names the nearest known one.
"""

from __future__ import annotations

import difflib
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, get_type_hints

from headway.errors import UsageError
from headway.settings.ai import AiOverride, AiRule, AiSettings
from headway.settings.dashboard import DashboardSettings
from headway.settings.field import setting as _setting
from headway.settings.initiatives import InitiativeSettings, RungSettings, check_initiatives
from headway.settings.stability import DoraSettings, ReworkSettings

__all__ = [
    "AiOverride",
    "AiRule",
    "AiSettings",
    "CalendarSettings",
    "DashboardSettings",
    "DeploymentRule",
    "DoraSettings",
    "GitSettings",
    "GithubSettings",
    "InitiativeSettings",
    "ManifestsSettings",
    "ProductionSettings",
    "ReportSettings",
    "ReworkSettings",
    "RungSettings",
    "Settings",
    "SourceSettings",
    "WarehouseSettings",
    "load",
    "variables",
]

FILE_NAME = "headway.toml"
SECRETS = (
    "HEADWAY_GITHUB_TOKEN",
    "HEADWAY_GITHUB_APP_ID",
    "HEADWAY_GITHUB_APP_PRIVATE_KEY",
    "HEADWAY_GITHUB_APP_INSTALLATION_ID",
)
CODE_COMPLETE = ("last_commit", "ready_for_review", "first_approval", "merged")
DEPLOYED_FROM = ("tags", "manifests", "branch", "records", "workflow", "releases", "none")


@dataclass(frozen=True)
class WarehouseSettings:
    """Where collected data is kept."""

    path: str = _setting("headway-data", "folder of the warehouse, relative to this file")


@dataclass(frozen=True)
class ReportSettings:
    """What reports mean by their words."""

    code_complete: str = _setting("last_commit", "what makes a change code complete", choices=CODE_COMPLETE)
    not_ci: str = _setting(
        "(?i)deploy|release|publish", "pattern of workflows that are no CI: they deploy or publish", pattern=True
    )


@dataclass(frozen=True)
class GitSettings:
    """How Git repositories are read."""

    pull_heads: bool = _setting(default=False, doc="fetch the heads of pull and merge requests from remotes")
    patch_ids: bool = _setting(default=False, doc="compute patch ids, to find cherry-picks without a trailer (slow)")
    added_lines: bool = _setting(default=True, doc="read lines added to package manifests, where the clone has them")
    imports: bool = _setting(
        default=True, doc="read import statements, to see what depends on an initiative, where the clone has them"
    )
    ai_notes: bool = _setting(default=True, doc="read line-level attribution from Git notes (refs/notes/ai)")
    max_branch_commits: int = _setting(250, "a PR ref with more commits than this is not believed")


@dataclass(frozen=True)
class GithubSettings:
    """How GitHub's API is read, for targets `github:OWNER/NAME` and `github:OWNER`."""

    base_url: str = _setting(
        "https://api.github.com", "where its API is; GitHub Enterprise Server: https://HOST/api/v3"
    )
    include: tuple[str, ...] = _setting((), "of `github:OWNER`: globs of repositories; empty: all")
    exclude: tuple[str, ...] = _setting((), "of `github:OWNER`: globs of repositories to leave out")
    archived: bool = _setting(default=False, doc="of `github:OWNER`: archived repositories too")
    forks: bool = _setting(default=False, doc="of `github:OWNER`: forks too")
    jobs_days: int = _setting(90, "read the jobs of CI runs no older than this: each run costs a request")
    history: bool = _setting(
        default=True, doc="read commits of the default branch and tags; not needed where Git is collected too"
    )
    wait_minutes: int = _setting(15, "wait for a rate limit that ends sooner; else stop, and go on the next night")


@dataclass(frozen=True)
class ProductionSettings:
    """Which environments are production."""

    environments: str = _setting(
        "(?i)^prod", "pattern of production environments, where the system has no flag of its own", pattern=True
    )


@dataclass(frozen=True)
class ManifestsSettings:
    """How a GitOps manifests repository names what runs where."""

    path: str = _setting("", "pattern of paths with groups `environment` and `application`", pattern=True)
    version: str = _setting("", "pattern in the file with group `version`: an image tag or commit", pattern=True)
    trigger: str = _setting("", "pattern of a file whose change starts the deployment; empty: the bump", pattern=True)
    application: str = _setting("", "the application, where the path does not name it")


@dataclass(frozen=True)
class SourceSettings:
    """One source that `headway collect` reads every night."""

    target: str = _setting("", "git folder or clone URL, `github:OWNER/NAME`, `github:OWNER`, or `events:FILE`")
    name: str = _setting("", "the repository's name, where its folder or URL does not tell")
    team: str = _setting("", "team that owns it")
    pull_heads: bool | None = _setting(None, "as in [git], for this source alone")
    manifests: ManifestsSettings | None = _setting(None, "set for a GitOps manifests repository")  # noqa: RUF009  (a field, as all others)


@dataclass(frozen=True)
class DeploymentRule:
    """How deployments of some repositories are known. The first rule whose `repo` matches counts."""

    repo: str = _setting("*", "glob on the repository's name")
    source: str = _setting(
        "tags",
        "where deployments are seen (`from`; `records`: by any system, GitHub too)",
        choices=DEPLOYED_FROM,
    )
    tags: str = _setting(r"^v?\d+\.\d+(\.\d+)*$", "from tags: pattern of the tags that are deployments", pattern=True)
    branch: str = _setting("production", "from branch: the branch whose merges are deployments")
    workflow: str = _setting("*deploy*", "from workflow: glob on the name of the workflow whose runs deploy")
    environment: str = _setting(
        "production", "from tags, from branch, from workflow, from releases: the environment they deploy to"
    )
    manifests: str = _setting("", "from manifests: name of the manifests repository; empty: any")
    application: str = _setting("", "from manifests: the application; empty: the last part of the repository's name")


@dataclass(frozen=True)
class CalendarSettings:
    """When work is done: what `--clock working` counts (docs/method.md says where), and the hours of each change.

    One calendar holds for all repositories.
    """

    zone: str = _setting("UTC", "time zone of the working hours, as `Europe/London`")
    days: tuple[str, ...] = _setting(("Mon", "Tue", "Wed", "Thu", "Fri"), "days of the week on which work is done")
    begin: str = _setting("09:00", "when work begins on these days, by the clock of the zone")
    end: str = _setting("17:00", "when it ends; `24:00` is midnight")
    holidays: str = _setting("", "country whose public holidays are no working days, as `GB`; empty: none")
    subdivision: str = _setting("", "part of that country, as `SCT`, where its holidays differ")
    days_off: tuple[str, ...] = _setting((), "more days without work, as `2026-12-24`")


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, and the folder that relative paths are relative to."""

    base: Path
    warehouse: WarehouseSettings = WarehouseSettings()
    report: ReportSettings = ReportSettings()
    git: GitSettings = GitSettings()
    github: GithubSettings = GithubSettings()
    production: ProductionSettings = ProductionSettings()
    ai: AiSettings = AiSettings()  # noqa: RUF009  (frozen, as all others)
    calendar: CalendarSettings = CalendarSettings()
    rungs: RungSettings = RungSettings()  # noqa: RUF009
    dora: DoraSettings = DoraSettings()  # noqa: RUF009  (frozen, as all others)
    rework: ReworkSettings = ReworkSettings()  # noqa: RUF009  (likewise)
    dashboard: DashboardSettings = DashboardSettings()  # noqa: RUF009
    sources: tuple[SourceSettings, ...] = ()
    deployments: tuple[DeploymentRule, ...] = ()
    initiatives: tuple[InitiativeSettings, ...] = ()

    def __post_init__(self) -> None:
        """UsageError for initiatives that say nothing, or two things."""
        check_initiatives(self.initiatives)

    @property
    def warehouse_folder(self) -> Path:
        """The warehouse as an absolute path."""
        return (self.base / Path(self.warehouse.path).expanduser()).absolute()

    def deployment_rule(self, repo: str) -> DeploymentRule | None:
        """The first rule for a repository's name, None where no rule names it."""
        return next((rule for rule in self.deployments if fnmatchcase(repo, rule.repo)), None)


SECTIONS: dict[str, type] = {
    "warehouse": WarehouseSettings,
    "report": ReportSettings,
    "git": GitSettings,
    "github": GithubSettings,
    "production": ProductionSettings,
    "ai": AiSettings,
    "calendar": CalendarSettings,
    "rungs": RungSettings,
    "dora": DoraSettings,
    "rework": ReworkSettings,
    "dashboard": DashboardSettings,
}
LISTS: dict[str, type] = {"sources": SourceSettings, "deployments": DeploymentRule, "initiatives": InitiativeSettings}
SPELLED = {"source": "from"}  # `from` is a Python keyword
_BARE = str.maketrans({"[": "", "]": "", " ": "."})  # from `[ai] rules` to the name of the table


def load(path: Path | None, environment: Mapping[str, str], *, folder: Path) -> Settings:
    """Settings from a file and the environment.

    `path` None means `headway.toml` in `folder` if there is one. Raises `UsageError` for anything not understood.
    """
    file = path if path is not None else folder / FILE_NAME
    if path is None and not os.path.lexists(file):
        raw: dict[str, Any] = {}
    else:
        raw = _read(file)
    _over(raw, environment)
    for key in raw:
        if key not in SECTIONS and key not in LISTS:
            raise _unknown(key, [*SECTIONS, *LISTS], str(file))
    sections: dict[str, Any] = {name: _section(cls, raw.get(name, {}), f"[{name}]") for name, cls in SECTIONS.items()}
    lists: dict[str, Any] = {name: _list(cls, raw.get(name, []), name) for name, cls in LISTS.items()}
    return Settings(base=file.absolute().parent if file.is_file() else folder.absolute(), **sections, **lists)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the settings {file}: {error.strerror}", hint="run `headway init`") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}", hint="mend that line") from error


def variables() -> dict[str, tuple[str, str]]:
    """Each variable of the environment that goes over a setting, with its section and key."""
    return {
        f"HEADWAY_{section}_{spec.name}".upper(): (section, spec.name)
        for section, cls in SECTIONS.items()
        for spec in fields(cls)
        if _as_text(get_type_hints(cls)[spec.name])
    }


def _over(raw: dict[str, Any], environment: Mapping[str, str]) -> None:
    known = variables()
    for name, text in environment.items():
        if not name.startswith("HEADWAY_") or name in SECRETS:
            continue
        if name not in known:
            raise _unknown(name, list(known), "the environment")
        section, key = known[name]
        hint = get_type_hints(SECTIONS[section])[key]
        table = raw.setdefault(section, {})
        if isinstance(table, dict):  # what is none is told where the sections are read
            table[key] = _from_text(text, hint, name)


def _as_text(hint: Any) -> bool:
    """Whether a variable of the environment can say it."""
    return hint in {str, int, bool, tuple[str, ...]}


def _from_text(text: str, hint: Any, name: str) -> Any:
    if hint is bool:
        if text.lower() not in {"true", "false", "1", "0"}:
            raise UsageError(f"{name} is neither true nor false: {text!r}", hint="set it to true or false")
        return text.lower() in {"true", "1"}
    if hint is int:
        if not re.fullmatch(r"\d{1,9}", text):
            raise UsageError(f"{name} is not a whole number: {text!r}", hint="set it to a whole number")
        return int(text)
    if hint == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _list(cls: type, raw: Any, name: str) -> tuple[Any, ...]:
    if not isinstance(raw, list):
        raise UsageError(f"{name} is not a list of tables", hint=f"write [[{name}]]")
    return tuple(_section(cls, entry, f"[[{name}]] {number}") for number, entry in enumerate(raw, 1))


def _section(cls: type, raw: Any, where: str) -> Any:
    if not isinstance(raw, dict):
        raise UsageError(f"{where} is not a table", hint="see `headway init` for how it is written")
    specs = {SPELLED.get(spec.name, spec.name): spec for spec in fields(cls)}
    hints = get_type_hints(cls)
    values = {}
    for key, value in raw.items():
        if key not in specs:
            raise _unknown(key, list(specs), where)
        spec = specs[key]
        values[spec.name] = _value(value, hints[spec.name], spec.metadata, f"{where} {key}")
    return cls(**values)


def _value(value: Any, hint: Any, metadata: Mapping[str, Any], where: str) -> Any:
    if hint == ManifestsSettings | None:
        return _section(ManifestsSettings, value, where)
    if hint == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise UsageError(f"{where} is not a list of texts", hint='write ["one", "two"]')
        return tuple(value)
    if metadata["tables"] is not None:
        return _list(metadata["tables"], value, where.translate(_BARE))
    if metadata["numbers"]:
        return _numbers(value, where)
    if hint is float:
        return _number(value, where)
    expected: type = bool if hint == bool | None else hint
    if type(value) is not expected:
        raise UsageError(f"{where} should be a {expected.__name__}: {value!r}", hint="see `headway init`")
    return _allowed(value, metadata, where)


def _allowed(value: Any, metadata: Mapping[str, Any], where: str) -> Any:
    if metadata["choices"] and value not in metadata["choices"]:
        choices = ", ".join(filter(None, metadata["choices"]))
        raise UsageError(f"{where} is not one of {choices}: {value!r}", hint="choose one")
    if metadata["longest"] is not None and len(value) > metadata["longest"]:
        raise UsageError(f"{where} has more than {metadata['longest']:,} characters", hint="make it shorter")
    if metadata["pattern"] and value:
        try:
            re.compile(str(value))
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(f"{where} is not a regular expression: {error}", hint="mend the pattern") from error
    return value


def _numbers(value: Any, where: str) -> tuple[tuple[str, float], ...]:
    if not isinstance(value, dict):
        raise UsageError(f"{where} is not a table", hint=f"write [{where.translate(_BARE)}] and below it name = number")
    return tuple((name, _number(number, f"{where} {name}")) for name, number in sorted(value.items()))


def _number(value: Any, where: str) -> float:
    if type(value) not in {int, float} or not math.isfinite(value):
        raise UsageError(f"{where} is no number: {value!r}", hint="write a number, such as 2.5")
    return float(value)


def _unknown(key: str, known: list[str], where: str) -> UsageError:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0)
    return UsageError(f"unknown setting {key!r} in {where}", hint=f"did you mean {near[0]!r}?")
