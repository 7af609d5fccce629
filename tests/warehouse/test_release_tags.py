from __future__ import annotations

import json
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from headway.settings import DeploymentRule, ServiceSettings, Settings
from headway.settings.inference import InferenceSettings
from tests.builders.forge import Forge
from tests.builders.rows import Raw, Tables, built, commit_id, hour, ruled

PARTS = ("api-v1.0.0", "a", 1), ("web-v1.0.0", "a", 1), ("api-v1.1.0", "b", 9), ("web-v1.1.0", "c", 5)


def tagged(raw: Raw, *tags: tuple[str, str, float]) -> Raw:
    """With these annotated tags: name, commit and hour."""
    for name, commit, at in tags:
        raw.tag(name, commit, at)
    return raw


def shipped(tables: Tables) -> dict[str, tuple[Any, ...]]:
    """Outcome, hour of arrival and deployment of each change, by the message of its commit."""
    rows = tables("select title, outcome, production_at, deployment_id from lead_times order by title")
    return {row["title"]: (row["outcome"], _hours(row["production_at"]), row["deployment_id"]) for row in rows}


def noticed(tables: Tables) -> dict[str, str]:
    """Each notice and its sentence."""
    return {row["kind"]: row["detail"] for row in tables("select kind, detail from notices")}


def _hours(at: datetime | None) -> float | None:
    return (at - hour(0)).total_seconds() / 3600 if at else None


@pytest.mark.slow
def test_component_tags_are_deployments_of_their_application() -> None:
    """A tag of one package is the next in the chain of that package: an older commit than its sibling's is none."""
    with built(tagged(Raw().commits("a@0 b@2 c@3"), *PARTS)) as tables:
        rows = tables("select version, application, kind from deployments order by succeeded_at, version")
        assert [tuple(row.values()) for row in rows] == [
            ("api-v1.0.0", "api", "first"),
            ("web-v1.0.0", "web", "first"),
            ("web-v1.1.0", "web", "release"),
            ("api-v1.1.0", "api", "release"),
        ]


@pytest.mark.slow
def test_published_releases_of_components_stay_apart() -> None:
    """A release of one package is the next of that package, also where releases of the forge are the source."""
    forge = Forge().commits("a@0 b@2 c@3")
    tagged(forge, *PARTS)
    for tag, commit, at in PARTS:
        forge.release(tag, commit, at)
    with built(forge, settings=ruled("releases")) as tables:
        rows = tables("select application, kind from deployments order by succeeded_at, version")
    assert [tuple(row.values()) for row in rows] == [
        ("api", "first"),
        ("web", "first"),
        ("web", "release"),
        ("api", "release"),
    ]


@pytest.mark.slow
def test_pattern_takes_what_it_matches_and_components_stay_apart() -> None:
    """A rule with a pattern takes whatever it matches, pre-releases too; each tag is of its component."""
    raw = tagged(Raw().commits("a@0 b@2 c@3"), *PARTS, ("api-v1.2.0-rc1", "c", 10), ("deploy_x", "c", 11))
    for pattern, expected in {
        "^(api|web)-v1.0": {("api-v1.0.0", "api"), ("web-v1.0.0", "web")},
        "-rc|^deploy": {("api-v1.2.0-rc1", "api"), ("deploy_x", "")},
    }.items():
        with built(raw, settings=ruled("tags", tags=pattern)) as tables:
            rows = tables("select version, application from deployments")
            assert {(row["version"], row["application"]) for row in rows} == expected


@pytest.mark.slow
def test_without_inference_only_plain_versions_are_deployments() -> None:
    """`[inference] tags = false` takes `v1.2.3` and `1.2` alone, and says what it left out."""
    raw = tagged(Raw().commits("a@0 b@2 c@3"), ("v1.0.0", "a", 1), ("release-1.1", "b", 4), ("release-1.2", "c", 5))
    with built(raw) as tables:
        assert shipped(tables)["c"] == ("production", 5, "tag:release-1.2")
    with built(raw, settings=Settings(base=Path(), inference=InferenceSettings(tags=False))) as tables:
        assert shipped(tables)["c"] == ("waiting", None, None)
        (row,) = tables("select taken, why, setting from tag_families where family = 'release-*'")
        assert (row["taken"], row["why"]) == (False, "the setting `tags` matches 0 of 2")
        assert noticed(tables)["tags_ignored"].endswith(": release-* (2)")
    rule = tomllib.loads(row["setting"].partition("]] ")[2].replace(", ", "\n"))
    assert rule.pop("from") == "tags"
    with built(raw, settings=Settings(base=Path(), deployments=(DeploymentRule(**rule),))) as tables:
        versions = [row["version"] for row in tables("select version from deployments order by version")]
    assert versions == ["release-1.1", "release-1.2"]


@pytest.mark.slow
def test_releases_that_share_no_history_are_no_reason_to_wait() -> None:
    """A tag on an orphan commit with built files ships what nobody can tell: unknown, and said so."""
    raw = Raw().commits("a@0 b@2 c@3 d@12").commits("o1@1:- o2@5:- o3@9:-", branch=None)
    tagged(raw, ("v1.0.0", "o1", 1), ("v1.1.0", "o2", 5), ("v1.2.0", "o3", 9))
    with built(raw) as tables:
        assert {title: found[0] for title, found in shipped(tables).items() if title in "abcd"} == {
            "a": "unknown",
            "b": "unknown",
            "c": "unknown",
            "d": "unknown",
        }
        assert {row["problem"] for row in tables("select problem from deployments where version = 'v1.1.0'")} == {
            f"its commit {commit_id('o2')[:12]} shares no history with the default branch"
        }
        assert "v1.0.0, v1.1.0, v1.2.0" in noticed(tables)["tags_apart"]


@pytest.mark.slow
def test_release_commit_beside_main_ships_what_its_branch_point_has() -> None:
    """A tag on a commit that is on no branch, made from a commit of main, ships up to there."""
    raw = Raw().commits("a@0 b@2 c@3").commits("r@4:b", branch=None)
    with built(tagged(raw, ("v1.0.0", "a", 1), ("v1.1.0", "r", 4))) as tables:
        assert shipped(tables)["b"] == ("production", 4, "tag:v1.1.0")
        assert shipped(tables)["c"][0] == "waiting"
        assert "tags_apart" not in noticed(tables)


@pytest.mark.slow
def test_tag_of_one_part_ships_what_nobody_knows_while_others_are_released_apart() -> None:
    """Where no service says what belongs to a part, its tag dates nothing: unknown, until all parts have the change."""
    apart = [(f"{part}@1.{n}.0", commit, n * 4 + at) for n, commit in enumerate("acdf") for part, at in _ON[commit]]
    raw = tagged(Raw().commits("a@0 b@1 c@2 d@6 e@7 f@9 g@12"), *apart)
    with built(raw) as tables:
        assert {title: (outcome, at) for title, (outcome, at, _) in shipped(tables).items()} == {
            "a": ("unknown", None),
            "b": ("unknown", None),
            "c": ("unknown", None),
            "d": ("unknown", None),
            "e": ("production", 13),  # the tag before is on a commit without it
            "f": ("production", 13),
            "g": ("waiting", None),
        }
        rows = tables("select version from deployments where problem like 'it is of one part, %' order by version")
        assert [row["version"] for row in rows] == ["api@1.1.0", "web@1.2.0"]
        assert noticed(tables)["parts_apart"].endswith(": 2 tags, such as api@1.1.0")
    with built(raw, settings=ruled("tags", tags="^api@")) as tables:
        assert shipped(tables)["b"] == ("production", 5, "tag:api@1.1.0")
        assert "parts_apart" not in noticed(tables)


@pytest.mark.slow
def test_a_tag_that_completes_a_release_days_later_dates_it() -> None:
    """Parts with a tag on one commit are released together when the last has it; what it shipped first is unknown."""
    tags = (("api@1.0.0", "a", 0), ("web@1.0.0", "a", 0), ("api@1.1.0", "b", 4), ("web@1.1.0", "b", 52))
    more = (("api@1.2.0", "c", 60), ("web@1.2.0", "c", 60.1))
    with built(tagged(Raw().commits("a@0 b@2 c@55"), *tags, *more)) as tables:
        assert shipped(tables)["b"] == ("unknown", None, None)
        assert shipped(tables)["c"] == ("production", 60, "tag:api@1.2.0")
        rows = tables("select version from deployments where problem like 'it is of one part, %'")
        assert [row["version"] for row in rows] == ["api@1.1.0"]


@pytest.mark.slow
def test_what_a_tag_of_one_part_has_is_unknown_whatever_came_between() -> None:
    """A known release of an older commit after it does not date what it may have shipped; other work arrives then."""
    raw = Raw().commits("a@0 b@2 c@6 d@14").commits("r@3:a", branch=None)
    tags = [(f"{part}@1.{n}.0", commit, at) for n, (commit, at) in enumerate(_ROUNDS) for part in ("api", "web")]
    with built(tagged(raw, *tags, ("api@1.7.0", "b", 8))) as tables:
        assert {title: (outcome, at) for title, (outcome, at, _) in shipped(tables).items() if title in "bcd"} == {
            "b": ("unknown", None),
            "c": ("production", 12),
            "d": ("production", 16),
        }
        (row,) = tables("select outcome_reason from lead_times where title = 'b'")
        assert row["outcome_reason"] == "deployment_without_commit"


def published(*releases: tuple[str, str, float], commits: str = "a@0 b@2 c@3") -> Forge:
    """Tags with a published release, each at its hour."""
    forge = Forge().commits(commits)
    for tag, commit, at in releases:
        forge.tag(tag, commit, 1).release(tag, commit, at)
    return forge


@pytest.mark.slow
def test_published_releases_of_parts_ship_what_their_publication_says() -> None:
    """Parts of one commit that were published days apart are released together by the last, whatever their tags say."""
    parts = [(f"{part}@1.{n}.0", commit, at) for n, (commit, at) in enumerate(_ROUNDS) for part in ("api", "web")]
    late = published(*parts, ("api@1.7.0", "e", 20), ("web@1.7.0", "e", 90), commits="a@0 b@2 c@6 d@14 e@18")
    late.commits("r@3:a", branch=None)
    with built(late, settings=ruled("releases")) as tables:
        found = shipped(tables)
        assert found["c"] == ("production", 12, "release:api@1.2.0")
        assert found["e"] == ("unknown", None, None)


@pytest.mark.slow
def test_published_releases_of_a_part_count_only_where_a_service_has_them() -> None:
    """While the whole repository has releases, those of a part date nothing; a service with their pattern has them."""
    whole = [(f"v1.{n}.0", commit, at) for n, (commit, at) in enumerate((("a", 1), ("b", 20), ("c", 40)))]
    forge = published(*whole, ("api-v1.0.0", "a", 1), ("api-v1.1.0", "b", 9), ("api-v1.2.0", "c", 12))
    forge.files("b", "api/x").files("c", "api/x").files("a", "api/x")
    with built(forge, settings=ruled("releases")) as tables:
        assert shipped(tables)["b"] == ("production", 20, "release:v1.1.0")
    with built(forge, settings=ruled("releases", tags="^api-")) as tables:
        assert shipped(tables)["b"] == ("production", 9, "release:api-v1.1.0")
    service = ServiceSettings(name="Payments", paths=("api/",), tags="^api-v")
    settings = Settings(base=Path(), services=(service,), deployments=(DeploymentRule(source="releases"),))
    with built(forge, settings=settings) as tables:
        assert shipped(tables)["b"] == ("production", 9, "release:api-v1.1.0")


_ROUNDS = ("a", 1), ("r", 10), ("c", 12), ("d", 16)
"""Commits that both parts are released from, and when: one is on a branch beside main."""
_ON = {
    "a": (("api", 1), ("web", 1)),
    "c": (("api", 1),),
    "d": (("web", 1),),
    "f": (("api", 1), ("web", 1)),
}
"""Parts with a tag on each commit, and the hour after the round began."""


def test_families_say_what_was_taken_and_why() -> None:
    """Each form of tags has a row with its count, its time and the setting that would take it alone."""
    raw = tagged(Raw().commits("a@0 b@2 c@3"), *PARTS, ("nightly-2025-01-06", "c", 10), ("api-v1.2.0-rc.1", "c", 11))
    with built(raw) as tables:
        rows = tables(
            "select family, component, service, form, tags, prereleases, last_at, taken, setting from tag_families"
            " order by family"
        )
    assert [tuple(row.values())[:-1] for row in rows] == [
        ("api-v*", "api", None, "semver", 2, 1, hour(9), True),
        ("nightly-YYYYMMDD", "nightly", None, "date", 0, 1, None, False),
        ("web-v*", "web", None, "semver", 2, 0, hour(5), True),
    ]
    pattern = json.dumps(r"^api\-v\d+([._]\d+)+$")
    assert rows[0]["setting"] == f'[[deployments]] repo = "acme/shop", from = "tags", tags = {pattern}'


def test_the_pattern_of_a_family_matches_its_releases_alone() -> None:
    """A name that moves on, or a number of before, has the form of a release: pasted, the setting takes it no more."""
    names = ("v1", "v2", "v2.1", "v2.2", "v3.0", "v3")
    raw = tagged(Raw().commits("a@0 b@2 c@3"), *((name, "c", 5 + at) for at, name in enumerate(names)))
    with built(raw) as tables:
        (row,) = tables("select pattern from tag_families where family = 'v*'")
        assert tables("select tag from release_tags where release order by tag") == [
            {"tag": name} for name in names if re.search(row["pattern"], name)
        ]
    assert [name for name in names if re.search(row["pattern"], name)] == ["v2", "v2.1", "v2.2", "v3.0"]
