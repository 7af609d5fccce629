"""A company in raw rows, with every kind of source, outcome and oddity: what two engines must agree on.

::

    store = stored(tmp_path, *portfolio())
    Sources(store.files(), store.latest(), TEAMS)
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headway.settings import DeploymentRule, InitiativeSettings, ServiceSettings, Settings
from tests.builders.any_rows import any_forge_rows
from tests.builders.forge import Forge
from tests.builders.rows import Raw, commit_id

__all__ = ["SETTINGS", "TEAMS", "portfolio"]

SETTINGS = Settings(
    base=Path(),
    deployments=(
        DeploymentRule(repo="acme/site", source="branch", branch="live"),
        DeploymentRule(repo="acme/library", source="none"),
        DeploymentRule(repo="acme/forge", source="workflow", workflow="deploy*"),
    ),
    services=(
        ServiceSettings(repo="acme/mono", name="pay", paths=("pay/",), shared=("libs/",), exclude=("prod-old",)),
        ServiceSettings(repo="acme/mono", name="search", paths=("search/",), shared=("libs/",), applications=("find",)),
        ServiceSettings(repo="acme/mono", name="site", paths=("site/",), tags="^site-", arrival="first"),
    ),
    initiatives=(
        InitiativeSettings(name="Basket", paths=("src/",)),
        InitiativeSettings(name="Training", paths=("models/",), labels=("ai",), title="retrieval"),
    ),
)
TEAMS = {"git:acme/shop": "Bündnis; drop table commits", "git:acme/api": "core"}

_OPS_STEPS = "one@20 two@40 three@60 four@80 five@90"
_RETRIED = (("failure", 11), ("error", 11.5), ("success", 12))
_STATES = ("success", "failure", "error", "in_progress", "queued", "inactive")
_MOMENTS = (
    *("first_commit", "opened", "ready", "first_review", "code_complete", "reviewed", "approved", "merged"),
    *("integrated", "staged", "deploy_started", "production", "abandoned"),
)


def portfolio() -> list[Raw]:
    """Batches of several repositories, oldest reading first; the same every time."""
    return [
        _shop(),
        _shop_again(),
        _api(),
        _ops(),
        _web(),
        _site(),
        _parts(),
        Raw("acme/library", known=300).commits("only@5 more").files("only", "models/train.py"),
        _misspelt(),
        Raw("acme/empty", default_branch="", known=None),
        _twice(0),
        _twice(1),
        _behind(),
        _forge(random.Random(3), 900),
        _forge(random.Random(4), 901),
        _hub(),
        _mono(),
        _dist(),
        _desk(random.Random(1)),
        _desk(random.Random(2), read=1001),
    ]


def _shop() -> Raw:
    """Merges, squashes, a rebase, a cherry-pick, reverts and CI; deployments with statuses, rolled back and failed."""
    says = {
        "m1": "Merge pull request #1 from ann/topic\n\nA basket, with “quotes” and a 'single' one",
        "s2": "Pay (#2)\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
        "r4": 'Revert "Pay (#2)"\n\nThis reverts commit ' + commit_id("s2"),
        "pick": f"Hotfix\n\n(cherry picked from commit {commit_id('s5')})",
        "s5": "Hotfix (#5)",
        "s6": "Later (#6)",
        "m7": "Merge pull request #7 from bob/late",
    }
    shop = Raw("acme/shop", read=900, known=900.25, url="https://example.com/acme/shop")
    shop.commits("root@1:- a b m1:root,b s2@10.000001 r4@30 s5@40 s6@50", says=says, authored={"a": 0.5, "s6": 55})
    shop.commits("c@35:root d", branch=None, by={"d": "bot"}).commits("m7@70:s6,d", says=says)
    shop.commits("pick@45:s2", says=says, branch="hotfix")
    shop.commits("e@80:m7 f", branch=None).pull(1, "b").pull(7, "d").pull(8, "f").pull(9, "root")
    shop.files("a", "src/basket.py", "src/Ümlaut.py").files("b", "src/basket.py").files("s2", "llm/prompts/pay.md")
    shop.files("s5", "app/pay.py").add(
        "imports", sha=commit_id("s5"), path="app/pay.py", kind="import", module="src.basket", added=True
    )
    shop.add("added_lines", sha=commit_id("a"), path="pyproject.toml", line='name = "basket"')
    shop.add(
        "version_changes",
        sha=commit_id("s6"),
        path="package.json",
        what="own_version",
        package="basket",
        old_version="1.0",
        new_version="1.1",
    )
    shop.add("usage_records", usage_id="1", initiative="basket", used_at=500, uses=3, users=None)
    shop.add("added_lines", sha=commit_id("a"), path="requirements.txt", line="openai==1.2")
    for commit, lines in (("a", 8), ("s5", 3), ("s6", 0)):
        shop.add(
            "ai_notes", sha=commit_id(commit), ai_lines=lines, human_lines=2, tools="cursor\nclaude", deleted=False
        )
    shop.add("ai_usage", sha=commit_id("a"), author="", day=None, tool="cursor", ai_lines=8, cost_usd=0.5)
    for commit, at in (("m1", 4.5), ("s2", None), ("s5", 41), ("s6", 52)):
        shop.ran(commit, at, conclusion="success" if at else None, created_at=at or 11)
    shop.ran("s5", 42, name="lint", conclusion="failure").ran("s5", 44, name="lint").ran("s5", 43, conclusion="skipped")
    shop.change(1, title="A basket", opened=2, ready=2.5, first_review=2.2, reviewed=3.2, approved=3.5, author="ann")
    shop.change(8, title="", opened=81, ready=85, labels="ai\nslow", author_kind="person", additions=3, deletions=None)
    for number in (10, 11):
        shop.change(number, opened=60, abandoned=65, code_complete=61, head_ref="feature/x")
    shop.change("never", opened=60, code_complete=61.5, title="Pushed nowhere")
    shop.deploy("1", "m1", 6, created=5.5).deploy(
        "2", "s2", 12, states=[("failure", 11), ("error", 11.5), ("success", 12)]
    )
    shop.deploy("2-staging", "s2", 11, environment="staging").deploy("3", "r4", 31)
    shop.deploy("4", "s2", states=[("success", 33), ("inactive", 36)], created=32).deploy("5", "pick", 46)
    shop.deploy("6", "s6", states=[("queued", 56), ("in_progress", 57)]).deploy("7", None, 58, version="v9.9")
    shop.deploy("8", "s6", 90, environment="Prod EU", production=None).deploy("9", "s6", 91, production=False)
    shop.deploy("12", "s5", 95)
    shop.add(
        "traced_fixes",
        sha=commit_id("s5"),
        base_sha=commit_id("r4"),
        outcome="traced",
        files=1,
        lines=3,
        lines_unknown=None,
    )
    for wrote, path, count in (("b", "src/Ümlaut.py", 2), ("s2", "a 'b'.py", 1), ("gone", "", None)):
        shop.add("repairs", sha=commit_id("s5"), repaired_sha=commit_id(wrote), path=path, lines=count)
    for commit, share, complexity in (("a", 0.25, 3), ("b", 1.0, None), ("s6", None, 7), ("gone", 0.5, 1)):
        shares: dict[str, Any] = dict.fromkeys(("dmm_unit_size", "dmm_unit_complexity", "dmm_unit_interfacing"), share)
        shop.add("commit_quality", sha=commit_id(commit), complexity=complexity, **shares)
    shop.add("incidents", incident_id="INC-1", deployment_id="2", opened_at=13, resolved_at=14, title="a; 'b'")
    shop.add("incidents", incident_id="2", deployment_id=None, opened_at=61, resolved_at=None, title=None)
    shop.add("incidents", incident_id="3", deployment_id="gone", opened_at=500, resolved_at=499, url="")
    return shop.deploy("10", "s5", states=[("success", 47)], created=None, source="", url=None)


def _shop_again() -> Raw:
    """A later reading: a branch rewritten, a ref and a deployment gone, statuses as a new whole, a late review."""
    again = Raw("acme/shop", read=950, known=950, url="https://example.com/acme/shop")
    again.commits("m7@70:s6,d last@940").branch("hotfix", "last")
    again.add("refs", ref="refs/pull/9/head", kind="pull_head", name="9", deleted=True, rewritten=False)
    again.add("refs", ref="refs/heads/old", kind="branch", name="old", sha=None, deleted=False, rewritten=True)
    again.deploy("6", "s6", states=[("in_progress", 57), ("success", 60)]).deploy("3", "r4", 31, deleted=True)
    again.deploy("11", "m7", 941.5, created=941).deploy("13", "s6", 945)
    again.change(8, opened=81, ready=85, reviewed=930, merged=None, deleted=None)
    again.add("incidents", incident_id="2", opened_at=61, resolved_at=62)
    again.change(10, deleted=True).add("notices", source="git", kind="shallow", detail="a 'b'", count=2)
    return again


def _api() -> Raw:
    """Deployed from manifests: by tag, by short commit id, by a version that nobody knows."""
    api = Raw("acme/api", known=500).commits(
        "x@1 y@15 z@30 v@70", says={"y": "Add retrieval (#3)", "z": "z\n\nCloses #3"}
    )
    api.commits("later@600:v", branch=None)  # another source of the run read it; the report ends before
    api.add("added_lines", sha=commit_id("y"), path="requirements.txt", line="basket==1.0")
    api.add("imports", sha=commit_id("y"), path="rag/index.py", kind="import", module="basket.total", added=True)
    return api.tag("v1.0", "x").tag("1.1", "y", 16.5).files("y", "rag/index.py").pull(3, "y")


def _ops() -> Raw:
    """The manifests of two environments, one taken out again."""
    ops = Raw("acme/ops").commits(_OPS_STEPS)
    ops.runs_version("v1.0", 20, application="api", environment="staging", step="one")
    ops.runs_version("v1.0", 40, application="api", step="two")
    ops.runs_version(f"main-{commit_id('z')[:9]}", 60, application="api", step="three")
    ops.runs_version("v0.9", 60, application="api", environment="", path="base/api", step="three")
    ops.runs_version(None, 80, application="api", environment="staging", step="four")
    return ops.runs_version("nightly", 90, application="api", step="five")


def _web() -> Raw:
    """Deployed by tags, one of them without a commit; two commits with one patch id; a date before 1970."""
    web = Raw("acme/web", provider="gitlab", known=800.123456).commits("g@-500000 h@2 i j k", authored={"h": -600000})
    web.commits("copy@7:g", branch="release").tag("v1.0.0", "h", 4).tag("v1.1", "copy").tag("v2", None).tag("x1", "k")
    for commit in ("i", "copy"):
        web.add("patch_ids", sha=commit_id(commit), patch_id="1" * 40)
    return web


def _site() -> Raw:
    """Deployed by merging into a branch, which once was only moved."""
    site = Raw("acme/site").commits("n@1 o p q@30 r@50", says={"q": "Look (#4)"})
    return site.commits("l1@20:o,p l2@40:l1,q", branch="live")


def _dist() -> Raw:
    """Releases are built: each tag leads to a commit of its own history, so what they contain is in doubt."""
    dist = Raw("acme/dist", known=300).commits("d0@1 d1@10 d2@20")
    dist.commits("b1@5:- b2@15:- b3@25:-", branch=None)
    # A part of it, less than half, has a release of its own.
    dist.files("d1", "tool/package.json", "src/a.py", "src/b.py").tag("tool@0.1.0", "b1", 6)
    return dist.tag("v1.0.0", "b1", 5).tag("v1.1.0", "b2", 15).tag("v1.2.0", "b3", 25)


def _misspelt() -> Raw:
    """Records of deployments of a repository that is collected under almost this name."""
    misspelt = Raw("acme/libary", provider="records", known=300).deploy("1", "only", 6)
    misspelt.rows["repositories"].clear()
    return misspelt


def _twice(told: int) -> Raw:
    """One of two batches of one reading that tell the same things differently: a source that is read while it moves."""
    twice = Raw("acme/twice", url=("", "https://example.com")[told])
    twice.commits("one@1 two@9 three", says={"two": "Told (#1)"}).pull(1, ("one", "three")[told])
    twice.ran("one", 5 + told, run_id="1", conclusion=("success", None)[told])
    twice.ran("two", 12, run_id="2", conclusion=("failure", "success")[told], name=f"ci {told}")
    twice.deploy("1", ("one", "two")[told], 14 - told, version=(None, "v1")[told]).tag("v1", ("one", "two")[told])
    twice.change(1, title=(None, "Told")[told], opened=2, head_sha=("one", "three")[told], merged=(None, 9)[told])
    twice.change(2, opened=3 + told, code_complete=4, deleted=bool(told), updated_at=5)
    twice.add("notices", source="git", kind="shallow", detail=("b", None)[told], count=1)
    twice.add("patch_ids", sha=commit_id("one"), patch_id=str(told) * 40)
    twice.runs_version(("v1", None)[told], 15, step="two")
    three = {"number": 3, "title": "Three", "author": "ann", "created_at": 3}
    twice.add("pull_requests", **three, state=("open", "merged")[told], merged_at=(None, 9)[told], updated_at=5 + told)
    twice.add("pull_request_commits", number=3, sha=commit_id("two"), position=told, committed_at=3, parents=1)
    twice.add("pull_request_events", number=3, event_id="1", kind="queued", happened_at=4, subject=(None, "x")[told])
    twice.add("reviews", number=3, review_id="1", state=("approved", "dismissed")[told], author="bob", submitted_at=4)
    twice.add("ci_jobs", run_id="1", job_id="1", conclusion=(None, "success")[told], finished_at=(None, 6)[told])
    twice.add("environments", environment="production", gates=(None, "wait_timer")[told], wait_minutes=told)
    return twice.add("releases", release_id="1", tag="v1", draft=not told, published_at=(None, 15)[told])


def _behind() -> Raw:
    """Another clone of a repository, read last and not fetched for long."""
    return (
        Raw("acme/library", known=300, source="git:/old/library", read=1001)
        .commits("only@5 older@100")
        .branch("main", "only")
    )


def _desk(dice: random.Random, read: float = 1000) -> Raw:
    """Changes, deployments and CI as records alone, each fact there or not, in any order of time."""
    desk = Raw("acme/desk", provider="records", read=read, known=700, default_branch="")
    for number in range(1, 120):
        moments = dict(_some(dice, _MOMENTS))
        facts: dict[str, Any] = {"title": f"Change {number}", "updated_at": read - dice.randrange(3)}
        if dice.random() < 0.3:
            facts |= {"sha": f"d{number}", "author": "zoë", "commits": number, "url": f"https://example.com/{number}"}
        desk.change(number if number % 4 else f"k{number}", deleted=dice.random() < 0.05, **facts, **moments)
    for number in range(40):
        states = [(dice.choice(_STATES), float(dice.randrange(700))) for _ in range(dice.randrange(4))]
        environment = dice.choice(["production", "PROD", "staging", ""])
        desk.deploy(f"{number}", None, environment=environment, states=states, version=f"v{number}")
    return desk


def _forge(dice: random.Random, read: float) -> Raw:
    """Pull requests, their reviews, CI and releases as a forge tells them, with anything in any column."""
    forge = Raw("acme/forge", provider="github", read=read, known=700, url="https://example.com/acme/forge")
    forge.commits("f0 f1 f2 f3 f4 f5:f0 f6 f7:f4,f6 f8 f9").pull(1, "f6").tag("f8", "f8")
    return any_forge_rows(forge, dice)


def _hub() -> Raw:
    """A forge without a clone, where one pull request takes back another."""
    hub = Forge("acme/hub", known=300)
    hub.request(1, opened=2, commits="h1@1 h2@3", reviews=[("bob", "approved", 4)], merged=5)
    return hub.request(2, opened=6, commits="h3@6", merged=8, title='Revert "Change 1"', body="Reverts acme/hub#1")


def _some(dice: random.Random, names: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """Times for a random part of the names, mostly in their order, some of them equal."""
    clock = dice.random() * 600
    for name in names:
        clock += dice.choice([0, 0, dice.random() * 20, -dice.random()])
        if dice.random() < (0.3 if name in {"abandoned", "code_complete"} else 0.6):
            yield name, clock


def _mono() -> Raw:
    """Three services in one repository, deployed apart to two regions and an old one, and once all together."""
    mono = Raw("acme/mono", known=300).commits("m0@1 p1@10 s1@12 both@14 lib@16 doc@18 none@19 late@90")
    paths = {
        "m0": ("pay/a", "search/a", "site/a"),
        "p1": ("pay/a",),
        "s1": ("search/a",),
        "both": ("pay/a", "search/a"),
        "lib": ("libs/money",),
        "doc": ("docs/how",),
        "late": ("search/a", "site/a"),
    }
    for name, touched in paths.items():
        mono.files(name, *touched)
    for place, (application, environment, commit, at) in enumerate(
        (
            ("", "prod-eu", "m0", 2),
            ("", "prod-us", "m0", 3),
            ("pay", "prod-eu", "both", 20),
            ("pay", "prod-old", "both", 21),
            ("find", "prod-eu", "lib", 30),
            ("pay", "prod-us", "lib", 34),
            ("search", "prod-us", "lib", 36),
            ("pay", "prod-us", "p1", 40),
            ("find", "prod-us", "lib", 44),
            ("pay", "prod-eu", "p1", 48),
        )
    ):
        mono.deploy(f"mono{place}", commit, at, application=application, environment=environment)
    return mono.deploy("mono-broken", "lib", states=[("failure", 46)], application="find", environment="prod-us")


def _parts() -> Raw:
    """Two packages with tags of their own, and releases of what is beside them: services that no setting names."""
    parts = Raw("acme/parts", known=300).commits("k0@1 in@10 on@20 by@30 end@40")
    parts.files("k0", "in/package.json", "on/a", "off/package.json").files("in", "in/a", "yarn.lock").files(
        "on", "on/a"
    )
    parts.files("by", "Makefile").files("end", "docs/a.md")
    parts.add("commit_files", sha=commit_id("by"), status="D", path="off/package.json")
    parts.add("components", path="", folder="", name="", ecosystem="repository")
    for name in ("in", "on"):
        parts.add("components", path=f"{name}/package.json", folder=name, name=f"@acme/{name}", ecosystem="npm")
        parts.tag(f"{name}@1.0.0", "k0", 2).tag(f"{name}@1.1.0", name, 25)
    for number in range(3):  # its folder is gone
        parts.tag(f"off@1.{number}.0", "k0", number + 2)
    return parts.tag("v1.0.0", "by", 35)
