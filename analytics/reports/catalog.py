"""The catalogue of reports: one entry per report, with what it shows and which options it honours.

An option that an entry does not claim is refused. `headway export`, its help, the dashboard and `docs/reports.md` read
the entries, so that a new report is its function, one entry here and its test. A function is named by its path and
imported when the report is called: the catalogue itself imports neither Polars nor DuckDB, and help stays fast.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from headway.errors import UsageError
from headway.nearest import hint_for

if TYPE_CHECKING:
    import duckdb
    import polars as pl

    from analytics.cohort.filters import Filters
    from analytics.cohort.options import Options

__all__ = [
    "AUTOMATION",
    "BY",
    "CLOCK",
    "DEFINITION",
    "EVIDENCE",
    "HORIZON",
    "INTERVALS",
    "OPTIONS",
    "REPORTS",
    "SERVICE",
    "SINCE",
    "UNTIL",
    "WINDOW",
    "Report",
]

SINCE, UNTIL, SERVICE, BY, CLOCK = "--since", "--until", "--service", "--by", "--clock"
AUTOMATION, EVIDENCE, WINDOW, DEFINITION = "--automation", "--evidence", "--window", "--definition"
INTERVALS, HORIZON = "--intervals", "--horizon-days"
OPTIONS = (SINCE, UNTIL, SERVICE, BY, CLOCK, AUTOMATION, EVIDENCE, WINDOW, DEFINITION, INTERVALS, HORIZON)
"""Options that only some reports honour. Every report honours `--as-of`, `--repo` and `--team`."""

ALL_DEFINITIONS = "all"
_REASONS = {
    SINCE: "it has no period",
    UNTIL: "it has no period",
    SERVICE: "its rows are of whole repositories",
    BY: "it has no groups",
    EVIDENCE: "it has no AI classification",
    WINDOW: "it has no time windows",
    DEFINITION: "it has no alternative definitions",
    INTERVALS: "it has no intervals of this kind",
    HORIZON: "it has no hours up to a horizon",
}
_SPELLED = {CLOCK: "--clock working", EVIDENCE: "--evidence strong", INTERVALS: "--intervals like-these"}
_AXES = "analytics.cohort.groups:AXES"


@dataclass(frozen=True)
class Report:
    """One report.

    `function`: its path, `module:name`. `honours`: those of `OPTIONS` that it takes; `refuses`: why it does not take
    one, where the usual reason does not fit. `groups`, `definitions`: paths of the names that `--by` and `--definition`
    accept; without a path the function checks them itself, and `group_names` lists them. `evidence_by_axis`: it honours
    `--evidence` only with `--by` an axis of AI work. `large`: one row per change, uncut: pages share one copy instead
    of one per visitor.
    """

    name: str
    summary: str
    function: str
    honours: frozenset[str]
    refuses: Mapping[str, str] = field(default_factory=dict)
    groups: str = "analytics.cohort.groups:COLUMNS"
    group_names: str = ""
    definitions: str = ""
    evidence_by_axis: bool = False
    large: bool = False

    def __call__(
        self, connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None, /
    ) -> pl.DataFrame:
        """The rows, in the order and columns of the contract. Options that it does not honour have no effect."""
        function = _named(self.function)
        table: pl.DataFrame = (
            function(connection, filters) if options is None else function(connection, filters, options)
        )
        return table

    def check(self, filters: Filters, options: Options) -> None:
        """Raise `UsageError` for an option that the report does not honour, and for a value that it does not accept."""
        requested = {
            SINCE: filters.since is not None,
            UNTIL: filters.until is not None,
            SERVICE: filters.service is not None,
            BY: options.by is not None,
            CLOCK: options.clock != "wall",
            AUTOMATION: options.automation,
            EVIDENCE: filters.evidence != "any",
            WINDOW: options.window is not None,
            DEFINITION: options.definition is not None,
            INTERVALS: options.intervals != "these",
            HORIZON: options.horizon_days is not None,
        }
        for option, value in ((BY, options.by), (DEFINITION, options.definition)):
            names = self.accepted(option)
            if value is not None and names and value not in names:
                raise UsageError(f"report {self.name} has no {option} {value!r}", hint=hint_for(value, names))
        if filters.tier != "any" and (reason := self.refusal(EVIDENCE, by=options.by)):
            raise UsageError(f"report {self.name} does not support --tier: {reason}", hint="leave --tier out")
        for option in OPTIONS:
            if requested[option] and (reason := self.refusal(option, by=options.by)):
                spelled = _SPELLED.get(option, option)
                raise UsageError(f"report {self.name} does not support {spelled}: {reason}", hint=f"leave {option} out")
        if filters.since is not None and filters.until is not None and filters.since >= filters.until:
            raise UsageError("--since is not before --until", hint="swap the two, or leave one out")

    def refusal(self, option: str, *, by: str | None = None) -> str:
        """Why the report does not take an option of `OPTIONS` when grouped by `by`; empty where it does."""
        if option == EVIDENCE and self.evidence_by_axis and by not in (axes := _named(_AXES)):
            return f"it classifies changes only with --by {' or '.join(axes)}"
        if option in self.honours:
            return ""
        return self.refuses.get(option) or _REASONS[option]

    def accepted(self, option: str) -> tuple[str, ...]:
        """The names that `--by` or `--definition` accepts; empty where the function checks them itself."""
        path = {BY: self.groups, DEFINITION: self.definitions}[option]
        if option not in self.honours or not path:
            return ()
        names: Iterable[str] = _named(path)
        return (*names, *((ALL_DEFINITIONS,) if option == DEFINITION else ()))


def _named(path: str) -> Any:
    """The object at a path `module:name`."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


_PERIOD = frozenset({SINCE, UNTIL})
_LIST = _PERIOD | {SERVICE, BY}
_STATISTIC = _LIST | {CLOCK, AUTOMATION, EVIDENCE}
_OF_GROUPS = _STATISTIC | {INTERVALS}
_EACH_SERVICE = "analytics.cohort.services:COLUMNS"
_HAS_BOTS = "it includes bots and releases, and kind says which changes they are"
_NO_BOTS = "no initiative includes changes made by bots, or releases"
_NO_HOURS = "it measures no hours"
_LISTS_CHANGES = "it lists changes; lead-time has their working hours"
_EVERY_SERVICE = "it lists every service of a repository"
_WHOLE_CHANGES = "an initiative has whole changes, not those of one service"
_OWN_EVIDENCE = "an initiative has evidence of its own"

REPORTS: Mapping[str, Report] = {
    report.name: report
    for report in (
        Report(
            "lead-time",
            "each change: milestones, hours in each stage, classification",
            "analytics.reports.published:lead_time",
            _LIST | {EVIDENCE},
            {
                CLOCK: "lead_time_working_hours and age_working_hours have the working hours",
                AUTOMATION: _HAS_BOTS,
            },
            groups=_EACH_SERVICE,
            large=True,
        ),
        Report(
            "deployments",
            "each deployment: when, what it shipped, failed attempts",
            "analytics.reports.published:deployments",
            _PERIOD | {SERVICE},
            {
                CLOCK: "gates and deployments run at night too",
                AUTOMATION: "it lists every deployment, whoever made the changes in it",
            },
            large=True,
        ),
        Report(
            "coverage",
            "each repository: what its numbers rest on",
            "analytics.reports.published:coverage",
            frozenset(),
            {CLOCK: _NO_HOURS, AUTOMATION: "its counts include bots and releases"},
        ),
        Report(
            "deployment-sources",
            "what is taken for deployments, what is ignored, and why",
            "analytics.reports.deployment_sources:deployment_sources",
            frozenset(),
            {SERVICE: _EVERY_SERVICE, CLOCK: _NO_HOURS, AUTOMATION: "it lists no changes"},
        ),
        Report(
            "doubts",
            "services in doubt: since when, why, and the setting to add",
            "analytics.reports.doubts:doubts",
            frozenset(),
            {SERVICE: _EVERY_SERVICE, CLOCK: _NO_HOURS, AUTOMATION: "it counts what is left out, whoever made it"},
        ),
        Report(
            "classification",
            "each change: why it is or is not AI work",
            "analytics.reports.published:classification",
            _PERIOD | {SERVICE, EVIDENCE},
            {CLOCK: _NO_HOURS, AUTOMATION: _HAS_BOTS},
            large=True,
        ),
        Report(
            "stages",
            "hours in each stage, with confidence intervals",
            "analytics.reports.stages:stages",
            _OF_GROUPS | {HORIZON},
        ),
        Report(
            "occupancy",
            "share of work in each stage, by hours since code complete",
            "analytics.reports.occupancy:occupancy",
            _OF_GROUPS,
        ),
        Report(
            "comparison",
            "AI work and other work compared: differences, intervals, tests",
            "analytics.comparison:comparison",
            _STATISTIC | {HORIZON},
            {INTERVALS: "each difference is within repositories"},
            groups="",
            group_names="`builds_ai`, `built_with_ai`, `team`, or a day such as `2026-03-01`: before and after",
        ),
        Report(
            "bottlenecks",
            "stages ranked by hours, with what-if savings",
            "analytics.reports.bottlenecks:bottlenecks",
            _OF_GROUPS | {HORIZON},
        ),
        Report(
            "waiting",
            "worklist: what waits, where, and its chance of production",
            "analytics.worklist.waiting:waiting",
            _LIST | {CLOCK},
            {AUTOMATION: _HAS_BOTS, EVIDENCE: "it lists all waiting work, however it was classified"},
            groups=_EACH_SERVICE,
            large=True,
        ),
        Report(
            "arrivals",
            "share in production, by hours since code complete",
            "analytics.reports.arrivals:arrivals",
            _OF_GROUPS,
        ),
        Report(
            "trend",
            "median hours and 7-day share in production, by month",
            "analytics.reports.trend:trend",
            _OF_GROUPS,
        ),
        Report(
            "friction",
            "delays in build and deploy: queues, reruns, gates, failures",
            "analytics.reports.friction:friction",
            _STATISTIC - {CLOCK},
            {CLOCK: "machines wait and work at night too"},
        ),
        Report(
            "week",
            "when in the week changes move and wait",
            "analytics.reports.week:week",
            _PERIOD | {SERVICE, AUTOMATION, EVIDENCE},
            {CLOCK: "it reports the hour of the day itself"},
        ),
        Report(
            "initiatives",
            "AI initiatives: rung, since when, evidence, stalled or not",
            "analytics.initiatives:initiatives",
            _PERIOD,
            {
                SERVICE: _WHOLE_CHANGES,
                CLOCK: "initiatives take calendar days",
                AUTOMATION: _NO_BOTS,
                EVIDENCE: _OWN_EVIDENCE,
            },
        ),
        Report(
            "dora",
            "the DORA measures, with confidence intervals",
            "analytics.dora.report:dora",
            _OF_GROUPS - {CLOCK} | {WINDOW, DEFINITION},
            {CLOCK: "a service that fails at night is down at night"},
            groups="analytics.dora.facts:COLUMNS",
            definitions="analytics.dora.definitions:DEFINITIONS",
            evidence_by_axis=True,
        ),
        Report(
            "rework",
            "share repaired or reverted within 14, 30 and 90 days",
            "analytics.rework.report:rework",
            _OF_GROUPS - {CLOCK} | {DEFINITION},
            {CLOCK: "it counts calendar days after production"},
            groups="analytics.rework.facts:COLUMNS",
            definitions="analytics.rework.facts:DEFINITIONS",
            evidence_by_axis=True,
        ),
        Report(
            "cadences",
            "release cadences compared: the hours that each would save",
            "analytics.reports.cadences:cadences",
            _OF_GROUPS | {HORIZON},
        ),
        Report(
            "longest",
            "the ten longest changes in each stage",
            "analytics.reports.lists.longest:longest",
            _STATISTIC - {CLOCK},
            {CLOCK: _LISTS_CHANGES},
        ),
        Report(
            "returned",
            "changes that failed, were rolled back, reverted or repaired",
            "analytics.reports.lists.returned:returned",
            _LIST | {EVIDENCE},
            {CLOCK: _LISTS_CHANGES, AUTOMATION: _HAS_BOTS},
            groups=_EACH_SERVICE,
            large=True,
        ),
        Report(
            "members",
            "the changes of each initiative",
            "analytics.reports.lists.members:members",
            frozenset(),
            {
                SERVICE: _WHOLE_CHANGES,
                BY: _WHOLE_CHANGES,
                CLOCK: _LISTS_CHANGES,
                AUTOMATION: _NO_BOTS,
                EVIDENCE: _OWN_EVIDENCE,
            },
        ),
        Report(
            "left-out",
            "changes left out of the statistics, with the reason",
            "analytics.reports.lists.left_out:left_out",
            _LIST,
            {
                CLOCK: _LISTS_CHANGES,
                AUTOMATION: "it lists changes made by bots, and releases, as reasons of their own",
                EVIDENCE: "it lists weak evidence, as a reason of its own",
            },
            groups=_EACH_SERVICE,
        ),
    )
}
"""Every report by its name, in the order of `headway export --help`."""
