"""The blueprint: which repositories the company has, how they land and ship, and how much happens there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from collectors.simulate.company.services import Part, Region, TagForms

__all__ = ["PLANS", "PRESETS", "Plan", "Preset", "Train"]


@dataclass(frozen=True, slots=True)
class Train:
    """When production is brought up to date: weekdays (Monday is 0) and hours UTC, from a day of the simulation on."""

    weekdays: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    from_day: int = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """One repository. Shares are of its changes; `ai_share` is at mid-time: it doubles from beginning to end."""

    name: str
    team: str
    styles: Mapping[str, float]  # weights of merge, squash and rebase
    deploys: str
    train: Train = field(default_factory=Train)
    ai_share: float = 0.15
    bot_share: float = 0.08
    direct_share: float = 0.02
    reported: bool = True  # the events file knows its pull requests and CI runs
    reports_code_complete: bool = False
    freeze_days: int = 0  # at the end, when nothing is released
    dismisses_stale_approvals: bool = False
    review_bot: bool = False
    forge: str = "github"  # or gitlab
    ways: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """For merge, squash or rebase: weights of the `STYLES` by which that is done here, the usual one first."""
    releases: str = ""  # the subject of the commits by which people make a release, with `{version}`; empty for none
    version_file: str = ""  # where its version stands, empty where only the changelog has it
    services: tuple[Part, ...] = ()  # what it deploys apart; empty: the whole repository is one service
    named: bool = True  # the settings name its services; else they are to be inferred
    regions: tuple[Region, ...] = ()  # the waves of its roll-outs, in order; empty: `production` alone
    tag_forms: TagForms | None = None
    stops_at: float = 1.0  # share of the time from which on nothing is deployed any more, while work goes on

    def usual(self, style: str) -> str:
        """How a merge, squash or rebase is done here if nothing is special about it."""
        return next(iter(self.ways.get(style, (style,))))

    @property
    def stages_before_production(self) -> bool:
        """Whether builds go to a staging environment first."""
        return self.deploys in ("manifests", "records") and not self.services

    @property
    def recorded(self) -> frozenset[str]:
        """The milestones that git and the events file hold for this repository."""
        names = {"first_commit_at", "code_complete_at", "merged_at"}
        if self.reported:
            names |= {"opened_at", "ready_at", "first_review_at", "reviewed_at", "approved_at", "integrated_at"}
            names |= {"abandoned_at"}
        if self.stages_before_production:
            names.add("staged_at")
        if self.deploys != "none":
            names |= {"deploy_started_at", "production_at"}
        return frozenset(names)


_WEEK = (0, 1, 2, 3, 4)

PLANS: Mapping[str, Plan] = {
    plan.name: plan
    for plan in (
        Plan(
            "checkout",
            "payments",
            {"merge": 8, "squash": 1},
            "manifests",
            Train(_WEEK, (10, 13, 16)),
            ai_share=0.06,
            dismisses_stale_approvals=True,
            ways={"merge": {"merge": 3, "by_hand": 1}},
            releases="Bump version to {version}",
            version_file="app/_version.py",
        ),
        Plan(
            "search",
            "discovery",
            {"squash": 9, "rebase": 1},
            "manifests",
            Train(_WEEK, (14,)),
            ai_share=0.35,
            review_bot=True,
            ways={"squash": {"squash": 2, "stack": 1}},
        ),
        Plan(
            "assistant",
            "assistant",
            {"squash": 8, "merge": 2},
            "records",
            Train((1, 3), (12,)),
            ai_share=0.5,
            freeze_days=9,
            ways={"squash": {"squash": 9, "script": 1}},
            releases="Release {version}",
        ),
        Plan(
            "ledger",
            "payments",
            {"merge": 1},
            "manifests",
            Train((1, 3), (11,)),
            ai_share=0.05,
            direct_share=0.03,
            freeze_days=6,
            forge="gitlab",
            ways={
                "merge": {"gitlab_merge": 3, "gitlab_squash": 4, "gitlab_semi_linear": 2, "gitlab_forward": 2},
            },
            releases="Prepare release {version}",
            version_file="pyproject.toml",
        ),
        Plan(
            "web",
            "storefront",
            {"squash": 6, "rebase": 4},
            "branch",
            Train((0, 1, 2, 3), (15,), from_day=60),
            ai_share=0.12,
            review_bot=True,
            releases="Version Packages",
            version_file="packages/ui/package.json",
        ),
        Plan(
            "sdk",
            "platform",
            {"rebase": 7, "squash": 3},
            "tags",
            Train((2,), (12,)),
            ai_share=0.15,
            ways={"squash": {"squash": 4, "script": 1}},
            releases="chore(main): release {version}",
            version_file="acme/__init__.py",
        ),
        Plan(
            "catalog",
            "storefront",
            {"merge": 6, "squash": 2, "rebase": 1},
            "manifests",
            Train((0, 2, 4), (11,)),
            ai_share=0.12,
            reported=False,
            ways={
                "merge": {"bitbucket_merge": 4, "batch": 5, "nested": 6},
                "squash": {"bitbucket_squash": 1},
            },
            releases="v{version}",
            version_file="pyproject.toml",
        ),
        Plan(
            "research",
            "discovery",
            {"squash": 5, "merge": 2},
            "none",
            ai_share=0.6,
            bot_share=0.03,
            reports_code_complete=True,
            direct_share=0.1,
            ways={"squash": {"azure_squash": 1}, "merge": {"azure_merge": 1}},
        ),
        Plan(
            "shop",
            "storefront",
            {"squash": 3, "merge": 2, "rebase": 1},
            "manifests",
            Train(_WEEK, (9, 10, 14)),
            ai_share=0.2,
            services=(
                Part("cart", ("services/cart",), ("libs/money", "requirements.txt"), hour=14),
                Part("pay", ("services/pay",), ("libs/money", "requirements.txt"), weekdays=(1, 3)),
                Part("offers", ("services/offers",), ("requirements.txt",), weekdays=(0, 1, 3)),
            ),
            regions=(
                Region("production-canary", rollback_chance=0.08),
                Region("production-us", 3.0, rollback_chance=0.03),
                Region("production-ap", 5.0, closes=0.45),
                Region("production-eu", 6.0, opens=0.55, late_chance=0.2),
            ),
        ),
        Plan(
            "toolkit",
            "platform",
            {"squash": 3, "merge": 1},
            "tags",
            Train(_WEEK, (11,)),
            ai_share=0.0,
            reported=False,
            services=(
                Part("api", ("packages/api",), ("packages/core",), (0, 2, 4), 11, "api-v1.{number}.0"),
                Part("web", ("packages/web",), ("packages/core",), (1, 3), 11, "web@3.{number}.0"),
            ),
        ),
        Plan(
            "mobile",
            "platform",
            {"squash": 4, "rebase": 1},
            "tags",
            Train((1, 3), (13,)),
            ai_share=0.0,
            reported=False,
            tag_forms=TagForms(until=0.55, moved=3),
        ),
        Plan(
            "vouchers",
            "payments",
            {"squash": 1},
            "records",
            Train((1, 4), (12,)),
            ai_share=0.0,
            stops_at=0.55,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Preset:
    """How big a company is: days, and pull requests and pushes a repository (reverts and fixes come on top)."""

    days: int
    changes: Mapping[str, int]


PRESETS: Mapping[str, Preset] = {
    "full": Preset(
        480,
        {
            "checkout": 640,
            "search": 560,
            "assistant": 500,
            "ledger": 420,
            "web": 540,
            "sdk": 360,
            "catalog": 400,
            "research": 200,
            "shop": 120,
            "toolkit": 40,
            "mobile": 40,
            "vouchers": 40,
        },
    ),
    "styled": Preset(
        110,
        {"checkout": 40, "search": 60, "assistant": 40, "ledger": 70, "web": 40, "catalog": 130, "research": 36},
    ),
    "served": Preset(150, {"checkout": 20, "shop": 130, "toolkit": 60, "mobile": 60}),
    "doubtful": Preset(150, {"checkout": 20, "vouchers": 60}),
    "tiny": Preset(60, {"checkout": 45, "assistant": 40, "sdk": 35}),
}
