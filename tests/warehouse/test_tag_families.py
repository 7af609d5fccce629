from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.hang import HANG_SECONDS
from warehouse.models.deployments.tag_families.families import Learned, Reading, any_release, learn
from warehouse.models.deployments.tag_families.forms import tag_form

DAY = datetime(2024, 1, 1)


def readings(names: str | Iterable[str], *, begin: float = 0, every: float = 7) -> list[Reading]:
    """A tag every week, each at a commit of its own."""
    listed = names.split() if isinstance(names, str) else list(names)
    return [Reading(name, name, DAY + timedelta(days=begin + every * at)) for at, name in enumerate(listed)]


def learned(*parts: list[Reading], repository: str = "shop") -> Learned:
    """What is learned from these tags on the day after the last."""
    tags = [reading for part in parts for reading in part]
    return learn(tags, repository, max(tag.at for tag in tags if tag.at) + timedelta(days=1))


def released(found: Learned) -> dict[str, str]:
    """The tags that count as releases, and the component of each."""
    return {reading.name: family.component for reading, family in found.placed.items() if family.taken}


def ignored(found: Learned) -> dict[str, str]:
    """The families that do not count, and why."""
    return {family.text: family.why for family in found.families if not family.taken}


@pytest.mark.parametrize(
    "names",
    [
        "v1.2.3 v1.3.0",
        "1.2 1.3",
        "release-2026.02.0 release-2026.03.0",
        "Release/4.1 Release/4.2",
        "2026.01.02 2026.01.03-1",
        "20260102 20260103",
        "2026-01-02 2026-01-03T12-30",
        "release-2026-01-02 release-2026-01-03",
        "v1.0.1+k3s1 v1.0.2+k3s1",
        "v1.18.2-k3s1 v1.18.3-k3s1 v1.18.4-k3s2",
        "1.0.0.Final 1.0.0.SP1",
        "v2.0.0.RELEASE v2.0.1.RELEASE",
        "REL_16_1 REL9_6_1",
        "R_2_4_0 R_2_5_0",
        "shop-7_1_0 shop-7_1_1",
        "prod-shop.0.1.0-20240101.1 prod-shop.0.1.0-20240102.1",
        "v101 v102 v103",
        "build-101 build-102 build-103",
        "OpenSSL_1_1_1v OpenSSL_1_1_1w OpenSSL_3_0_0",
        "1.0.0 1.0.0.post1 1.0.0-p1",
        "v1.2.3-abc1234 v1.2.4-14-gabcdef1",
    ],
)
def test_release_of_any_form_is_of_the_whole_repository(names: str) -> None:
    """Versions, calendars, days and build numbers are releases, whatever words of release stand around them."""
    assert released(learned(readings(names))) == dict.fromkeys(names.split(), "")


PRERELEASES = """
v1.0.2-rc.1 v1.0.2-rc1+k3s1 v1.0.2rc1 1.1b1 1.1a2 2.0.0.M3 5.0.0.CR2 5.0.0.Alpha1 1.1.0-SNAPSHOT v2.0.0-beta.4 40.rc
v1.1.0-preview v1.1.0-next.5 v1.1.0-canary.20240105 v1.1.0-nightly.20240105 v1.1.0-dev v1.1.0+nightly.1 v1.1-pre2
nightly-2024-01-05 canary-shop-1.1.0 beta-1.1 rc_1_1_0 weekly.2024-03-27 v1.1.0-alpha20240101 staging-1.1.0
"""


@pytest.mark.parametrize("name", PRERELEASES.split())
def test_pre_release_is_no_release(name: str) -> None:
    """Release candidates, builds of every night and tags of other environments ship nothing to production."""
    assert released(learned(readings(f"v1.0.0 {name} v1.0.1"))) == {"v1.0.0": "", "v1.0.1": ""}


@pytest.mark.parametrize("name", ["before_rename", "untagged-8f3e4b5c2a1d", "show"])
def test_tag_without_a_version_has_no_form(name: str) -> None:
    """A word, or an id, is no version."""
    assert tag_form(name) is None


def test_packages_of_a_monorepo_are_apart() -> None:
    """Scoped packages, Go modules and names with a dash are components; a new one counts from its first tag."""
    for form, parts in {
        "{}@": ("@acme/api", "web"),
        "{}/v": ("sdk/metric", "log"),
        "{}-v": ("api", "shop"),
    }.items():
        names = {part: [f"{form.format(part)}1.{minor}.0" for minor in range(3)] for part in parts}
        first = form.format("new") + "0.1.0"
        found = learned(*map(readings, names.values()), readings([first], begin=20))
        expected = {name: part for part, listed in names.items() for name in listed}
        assert released(found) == {**expected, first: "new"}
        assert not any(found.is_part(reading) for reading in found.placed)


def test_tags_named_as_the_repository_are_of_the_whole_unless_it_has_parts() -> None:
    """`tokio-1.0` beside `tokio-util-0.1` is a package; `curl-8.0` beside two other tags is the repository."""
    own = readings([f"shop-1.{minor}" for minor in range(40)])
    part = readings([f"shop-util-0.{minor}" for minor in range(9)], begin=30)
    assert {family.component for family in learned(own, part).families} == {"shop", "shop-util"}
    assert {family.component for family in learned(own, part[:2]).families if family.taken} == {""}


def test_change_of_form_keeps_both() -> None:
    """A repository that names its releases otherwise from some day on goes on releasing."""
    before, between = readings("1.0.0 1.1.0 1.2.0"), readings("ng-1.3.0 ng-1.4.0 ng-1.5.0", begin=50)
    after = readings("v1.6.0 v1.7.0", begin=90)
    assert set(released(learned(before, between, after)).values()) == {""}
    assert len(released(learned(before, between, after))) == 8
    assert released(learned(before, readings("ng-1.3.0", begin=50)))["ng-1.3.0"] == ""
    assert "other-*" in ignored(learned(before, readings("other-0.1.0", begin=50)))
    # One that goes on from another stray tag, while versions go on, is no new form of them.
    stray = learned(readings([f"1.{n}.0" for n in range(9)]), readings("merge-1.1 pre-merge-1.2", begin=10))
    assert ignored(stray).keys() == {"merge-*", "pre-merge-*"}
    builds = readings("release/2026.2/2026.17 release/2026.3/2026.23", begin=10)
    assert set(released(learned(readings([f"1.{n}.0" for n in range(9)]), builds)).values()) == {""}


def test_component_ships_its_part_while_the_whole_is_released() -> None:
    """Beside tags of the repository those of a component are parts; after its last one they ship all that there is."""
    whole = readings([f"v1.{minor}.0" for minor in range(10)])
    found = learned(whole, *(readings([f"{part}@2.{n}.0" for n in range(20)], begin=30) for part in ("api", "web")))
    parts = {reading.name for reading in found.placed if found.is_part(reading)}
    assert parts == {f"{part}@2.{n}.0" for part in ("api", "web") for n in range(5)}  # up to day 63


def test_names_that_move_on_are_no_releases() -> None:
    """`v1` and `v1.2` that lead to the newest of their line are none; older than those they are the first."""
    found = learned(readings("v1.0.0 v1.1.0 v1.2.0 v1.2.1 v1 v1.2"))
    assert set(released(found)) == {"v1.0.0", "v1.1.0", "v1.2.0", "v1.2.1"}
    assert set(released(learned(readings("v1 v1.1 v1.2 v1.2.1")))) == {"v1", "v1.1", "v1.2", "v1.2.1"}


def test_other_builds_of_a_version_are_ignored_with_the_reason() -> None:
    """A suffix that nobody knows is another build where the version has a tag of its own."""
    found = learned(readings("v1.0.0 v1.0.0-binary v1.1.0 v1.1.0-binary v1.2.0 v1.2.0-binary"))
    assert ignored(found) == {"v*-binary": "other builds of versions that have a tag of their own"}


def test_numbers_and_days_beside_versions_are_ignored_with_the_reason() -> None:
    """`PR-12` is no build, and a day beside versions may be a nightly build."""
    found = learned(readings("v1.0 PR-1 20240108 v1.1 PR-2 20240115 v1.2 PR-3 20240122"))
    assert set(released(found)) == {"v1.0", "v1.1", "v1.2"}
    assert set(ignored(found)) == {"PR-N", "YYYYMMDD"}


def test_tags_of_an_imported_history_are_none_of_the_repository() -> None:
    """Releases of another history are ignored where others came after them; the newest are what there is."""
    imported, later = readings("0.1.0 0.2.0 0.3.0"), readings("v1.0 v1.1 v1.2", begin=15)
    for tags, expected in (([*imported, *later], {"v1.0", "v1.1", "v1.2"}), (imported, {"0.1.0", "0.2.0", "0.3.0"})):
        found = learn(tags, "shop", DAY + timedelta(days=99), {"0.1.0", "0.2.0", "0.3.0"})
        assert set(released(found)) == expected


def test_npm_numbers_its_pre_releases_and_debian_its_revisions() -> None:
    """`1.0.1-0` before `1.0.1` is a pre-release, as is any build before its version; `1.0.1-1` after it is none."""
    found = learned(readings("1.0.0 1.0.1-0 1.0.1 1.0.1-1"))
    assert set(released(found)) == {"1.0.0", "1.0.1", "1.0.1-1"}
    builds = learned(readings("v1.0.0 v1.0.0-3-g1a2b3c4 v1.1.0-build.7 v1.1.0-build.8 v1.1.0 v1.1.0-hotfix"))
    assert set(released(builds)) == {"v1.0.0", "v1.1.0", "v1.1.0-hotfix"}


NAMES = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "v", "release-", "api-v", "web-v", "@a/b@", "sdk/v", "shop-", "n", "nightly-", "ng-"]),
        st.sampled_from(["1.0.0", "1.0.1", "1.2", "2.0.0", "2.1", "3", "17", "2024.1.2", "20240102", "2024-01-02"]),
        st.sampled_from(["", "", "", "-1", "+k1", ".Final", "-binary", "-lts"]),
    ),
    min_size=1,
    max_size=30,
)


@given(NAMES, st.randoms(use_true_random=False))
def test_order_of_the_tags_does_not_matter(names: list[str], dice: random.Random) -> None:
    """The same tags in any order are the same families."""
    tags = [*readings(names), Reading("v9.9.9", None, None)]
    other = tags[:]
    dice.shuffle(other)
    one, two = (learn(listed, "shop", DAY + timedelta(days=400)) for listed in (tags, other))
    assert (one.families, one.placed, one.whole) == (two.families, two.placed, two.whole)


@given(NAMES, st.sampled_from(["rc1", "-beta.2", "-SNAPSHOT", "-dev", ".M1", "-pre"]), st.integers(0, 300))
def test_another_pre_release_changes_no_release(names: list[str], suffix: str, day: int) -> None:
    """What is a release does not depend on pre-releases."""
    tags = readings(names)
    more = [
        Reading(f"{name}{suffix}", name, DAY + timedelta(days=day))
        for name in names
        if name[-1].isdigit() and "+" not in name
    ]
    end = DAY + timedelta(days=400)
    before, after = (released(learn(listed, "shop", end)) for listed in (tags, [*tags, *more]))
    assert before == after


@given(NAMES)
def test_pattern_of_a_family_takes_all_of_its_releases(names: list[str]) -> None:
    """The setting that is shown for a family matches what it holds, and no pre-release of it."""
    for family in learned(readings(names)).families:
        for name in family.numbers:
            assert re.search(family.pattern, name)
            assert not re.search(family.pattern, f"{name}-rc1")


@given(st.lists(st.text(max_size=40), max_size=20))
def test_any_text_is_a_name(names: list[str]) -> None:
    """Names of tags come from outside: none of them breaks the reading."""
    any_release(names)
    learn([Reading(name, None, None) for name in names], names[0] if names else "", DAY)


@pytest.mark.parametrize("forms", [["v1.{}.{}"], [f"part{number}-" + "{}.{}" for number in range(5000)]])
def test_ten_thousand_tags_are_quick(forms: list[str]) -> None:
    """Learning is linear: one family of ten thousand tags, or thousands of families."""
    names = [forms[number % len(forms)].format(number // 100, number % 100) for number in range(10_000)]
    tags = readings(names, every=0.1)
    begin = time.process_time()
    learn(tags, "shop", DAY + timedelta(days=2000))
    assert time.process_time() - begin < HANG_SECONDS


def test_parts_may_be_named_behind_the_version() -> None:
    """Words behind versions that are in use at once are parts; builds of one release for platforms are not."""
    api, web = (readings([f"v1.{n}.0-{part}" for n in range(4)], begin=at) for part, at in (("api", 0), ("web", 3)))
    assert set(released(learned(api, web)).values()) == {"api", "web"}
    linux, mac = ([Reading(tag.name.replace("api", os), str(n), tag.at) for n, tag in enumerate(api)] for os in "xy")
    assert set(released(learned(linux, mac)).values()) == {""}
    assert released(learned(api, readings("v1.0.0 v1.1.0 v1.2.0 v1.3.0"))) == {f"v1.{n}.0": "" for n in range(4)}


def test_a_word_behind_the_version_may_name_another_environment() -> None:
    """What is tagged for staging is not in production."""
    found = learned(readings("v1.0.0-prod v1.1.0-prod v1.2.0-prod"), readings("v1.0.0-uat v1.1.0-uat v1.2.0-uat"))
    assert {name.rpartition("-")[2] for name in released(found)} == {"prod"}
    assert ignored(found) == {"v*-uat": "`uat` names another environment than production"}


def test_names_with_numbers_and_no_version_are_named() -> None:
    """Weeks and ids of commits show when something was done, perhaps a release: a pattern takes them."""
    found = learned(
        readings("v1.0 v1.1"), readings("v2025w10 v2025w11 v2025w12"), readings("on-1a2b3c4 on-9b8c7d6 on-00000ab")
    )
    assert ignored(found) == dict.fromkeys(("on-HASH", "vNwN"), "no version is in their names")
    patterns = {family.text: family.pattern for family in found.families}
    assert re.fullmatch(patterns["vNwN"], "v2026w01")
    assert re.fullmatch(patterns["on-HASH"], "on-1234abc")


def test_the_id_of_its_own_commit_is_no_version() -> None:
    """A tag of each deployment may be called by its commit, whose id may have the form of a number."""
    ids = ("4687063aa", "b489220aa", "a1b2c3daa", "887489baa", "bcdefabaa")
    tags = [Reading(f"shop@{sha[:7]}", sha, DAY + timedelta(days=at)) for at, sha in enumerate(ids)]
    found = learned(tags)
    assert released(found) == {}
    ((family, why),) = ignored(found).items()
    assert (family, why) == ("shop@HASH", "no version is in their names")
    assert all(re.search(found.families[0].pattern, tag.name) for tag in tags)
    assert released(learned([tag._replace(name=f"v1.{at}.0-{tag.name[5:]}") for at, tag in enumerate(tags)]))


def test_a_package_called_by_a_word_of_release_is_a_part() -> None:
    """`@shop/build` is a package of the shop, and no build of it."""
    packages = (readings([f"@shop/{name}@1.{at}.0" for at in range(4)]) for name in ("build", "release"))
    assert set(released(learned(*packages)).values()) == {"@shop/build", "@shop/release"}
    assert set(released(learned(readings("shop-build-1.0 shop-build-1.1"))).values()) == {""}
