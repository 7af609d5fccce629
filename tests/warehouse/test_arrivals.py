from __future__ import annotations

from typing import Any

import pytest

from tests.builders.rows import Raw, commit_id
from tests.warehouse.given import Deploy, arrived


def came(rows: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Of each change that arrived: with which deployment, and how that was told."""
    return {
        key: (row["production_deployment_id"], row["mapped_by"])
        for key, row in rows.items()
        if row["production_deployment_id"]
    }


def picks(name: str, *, short: int = 40) -> str:
    """The message of `git cherry-pick -x`."""
    return f"Pick\n\n(cherry picked from commit {commit_id(name)[:short]})"


@pytest.mark.slow
def test_first_deployment_that_contains_ships() -> None:
    """A change arrives with the first deployment in time that has its landing commit among its ancestors."""
    found = arrived(Raw().commits("a b c d"), Deploy("two", "c", 9), Deploy("one", "a", 5), Deploy("three", "c", 12))
    assert came(found) == {"@a": ("one", "ancestor"), "@b": ("two", "ancestor"), "@c": ("two", "ancestor")}
    assert found["@b"]["mapped_through"] == "b"


@pytest.mark.slow
def test_order_is_that_of_time_and_not_of_history() -> None:
    """Where the newer commit was deployed first, it shipped everything below it (Athenian's chain with two heads)."""
    assert came(arrived(Raw().commits("a b c"), Deploy("old", "a", 9), Deploy("new", "c", 5))) == dict.fromkeys(
        ("@a", "@b", "@c"), ("new", "ancestor")
    )


def test_deployments_at_one_instant_keep_the_order_of_their_ids() -> None:
    """Two deployments in the same second are no division by zero, and the answer is the same every time."""
    assert came(arrived(Raw().commits("a"), Deploy("y", "a", 5), Deploy("x", "a", 5)))["@a"] == ("x", "ancestor")


def test_only_success_in_production_ships() -> None:
    """Staging stages, a failed attempt only begins the deployment (DevLake 6, 7)."""
    deployments = (
        Deploy("staging", "b", 4, environment="staging"),
        Deploy("failed", "b", None, created=5),
        Deploy("retried", "b", 8, created=7),
    )
    row = arrived(Raw().commits("a b"), *deployments)["@b"]
    assert (row["staged_deployment_id"], row["attempt_deployment_id"], row["production_deployment_id"]) == (
        "staging",
        "failed",
        "retried",
    )
    assert came(arrived(Raw().commits("a b"), *deployments[:2])) == {}


def test_shared_ancestor_ships_once_and_a_branch_ships_its_own() -> None:
    """DevLake's diff of branches: parents 1→6, 2→6, 4→7, deployments 1, 2, 4 ship {1, 6}, {2}, {4, 7}."""
    raw = Raw().commits("6:- 1:6 2:6 7:- 4:7 m:1,2,4", says={})
    assert came(
        arrived(raw.branch("main", "1"), Deploy("d1", "1", 10), Deploy("d2", "2", 11), Deploy("d4", "4", 12))
    ) == {
        "@6": ("d1", "ancestor"),
        "@1": ("d1", "ancestor"),
    }
    found = arrived(raw.branch("main", "m"), Deploy("d2", "2", 11), Deploy("d4", "4", 12), Deploy("dm", "m", 13))
    assert came(found) == {"@6": ("d2", "ancestor"), "@1": ("dm", "ancestor"), "@m": ("dm", "ancestor")}


def test_range_with_two_merges_ships_both() -> None:
    """GitLab's range (7975be0, ddd0f15]: both merge requests whose merges lie in it, and none before it."""
    says = {
        name: f"Merge branch 't'\n\nT\n\nSee merge request a/b!{n}" for n, name in ((1, "m1"), (2, "m2"), (9, "m0"))
    }
    raw = Raw().commits("a x:a m0:a,x y:m0 m1:m0,y z:m1 m2:m1,z", says=says)
    found = arrived(raw, Deploy("before", "m0", 9), Deploy("after", "m2", 12))
    assert came(found) == {
        "@a": ("before", "ancestor"),
        "#9": ("before", "ancestor"),
        "#1": ("after", "ancestor"),
        "#2": ("after", "ancestor"),
    }


def test_later_deployment_takes_nothing_over() -> None:
    """What an older deployment shipped stays with it when the same commit or a newer one is deployed (GitLab 52)."""
    found = arrived(Raw().commits("a b"), Deploy("one", "b", 5), Deploy("again", "b", 6), Deploy("more", "b", 7))
    assert came(found) == {"@a": ("one", "ancestor"), "@b": ("one", "ancestor")}


def test_rollback_ships_nothing_and_marks_what_it_withdrew() -> None:
    """After a rollback the first arrival stays, and the rollback is named by what it took out alone."""
    found = arrived(Raw().commits("a b c"), Deploy("d1", "a", 5), Deploy("d2", "c", 6), Deploy("d3", "b", 7))
    assert came(found) == {"@a": ("d1", "ancestor"), "@b": ("d2", "ancestor"), "@c": ("d2", "ancestor")}
    assert {key: row["rollback_deployment_id"] for key, row in found.items()} == {"@a": None, "@b": None, "@c": "d3"}


def test_roll_forward_after_a_rollback_moves_no_arrival() -> None:
    """Rolling forward ships what is new; what it brings back keeps its first arrival and is rolled back no longer."""
    found = arrived(
        Raw().commits("a b c d"),
        Deploy("d1", "a", 5),
        Deploy("d2", "b", 6),
        Deploy("back", "a", 7),
        Deploy("on", "d", 9),
    )
    assert came(found)["@b"] == ("d2", "ancestor")
    assert came(found)["@c"] == ("on", "ancestor")
    assert (found["@b"]["rollback_deployment_id"], found["@c"]["rollback_deployment_id"]) == (None, None)


def test_old_commit_deployed_first_is_no_rollback() -> None:
    """A change that was deployed only after the older commit ran again was never withdrawn by that."""
    found = arrived(Raw().commits("a b"), Deploy("d1", "a", 5), Deploy("again", "a", 6), Deploy("d2", "b", 7))
    assert found["@b"]["rollback_deployment_id"] is None


def test_two_regions_arrive_with_the_last() -> None:
    """With two production environments hours apart a change is first in one, and in production with the last."""
    eu, us = "production-eu", "production-us"
    ran = (
        Deploy("us0", "z", 2, environment=us),
        Deploy("eu0", "z", 2, environment=eu),
        Deploy("eu1", "a", 4, environment=eu),
        Deploy("us1", "a", 8, environment=us),
        Deploy("us2", "b", 9, environment=us),
        Deploy("eu2", "b", 14, environment=eu),
    )
    found = arrived(Raw().commits("z a b"), *ran)
    assert came(found) == {"@z": ("us0", "ancestor"), "@a": ("us1", "ancestor"), "@b": ("eu2", "ancestor")}
    assert {key: row["first_deployment_id"] for key, row in found.items()} == {"@z": "eu0", "@a": "eu1", "@b": "us2"}
    assert came(arrived(Raw().commits("z a b"), *ran, arrival="first")) == {
        "@z": ("eu0", "ancestor"),
        "@a": ("eu1", "ancestor"),
        "@b": ("us2", "ancestor"),
    }


def test_rollback_counts_once_no_region_has_the_change() -> None:
    """Of two regions that rolled back, the last one is named; while one still has the change, none is."""
    eu, us = "production-eu", "production-us"
    ran = [
        Deploy(f"{name}{at}", commit, at, environment=where)
        for name, where in (("eu", eu), ("us", us))
        for commit, at in (("a", 4), ("b", 5))
    ]
    backs = [Deploy("eu-back", "a", 9, environment=eu), Deploy("us-back", "a", 7, environment=us)]

    def rolled_back(*deployments: Deploy) -> str | None:
        found: str | None = arrived(Raw().commits("a b"), *ran, *deployments)["@b"]["rollback_deployment_id"]
        return found

    assert rolled_back(*backs) == "eu-back"
    assert rolled_back(backs[1]) is None
    assert rolled_back(*backs, Deploy("us-again", "b", 12, environment=us)) is None


def test_cherry_pick_ships_by_its_trailer() -> None:
    """A release branch without the landing commit ships it by a pick that names it, in full or by a short id."""
    for length in (40, 12, 7):
        raw = Raw().commits("a b c p:a", says={"p": picks("b", short=length)}, branch=None).branch("main", "c")
        found = arrived(raw, Deploy("hotfix", "p", 9), Deploy("release", "c", 20))
        assert came(found) == {
            "@a": ("hotfix", "ancestor"),
            "@b": ("hotfix", "cherry_pick_trailer"),
            "@c": ("release", "ancestor"),
        }
        assert found["@b"]["mapped_through"] == "p"


def test_pick_after_the_release_changes_nothing() -> None:
    """What had arrived before its pick was deployed keeps its arrival."""
    raw = Raw().commits("a b p:a", says={"p": picks("b")}, branch=None).branch("main", "b")
    assert came(arrived(raw, Deploy("release", "b", 5), Deploy("hotfix", "p", 9)))["@b"] == ("release", "ancestor")


def test_fix_that_was_deployed_before_it_was_picked_to_main_arrived_then() -> None:
    """A hotfix of a release branch is on main as a pick that names it; a pick of what is on main ships with itself."""
    raw = Raw().commits("a h:a b:a p", says={"p": picks("h")}, branch=None).branch("main", "p")
    assert came(arrived(raw, Deploy("hotfix", "h", 3), Deploy("release", "p", 9)))["@p"] == (
        "hotfix",
        "cherry_pick_trailer",
    )
    again = Raw().commits("a b r p", says={"p": picks("b")})  # taken back, and landed again
    assert came(arrived(again, Deploy("early", "b", 3), Deploy("release", "p", 9)))["@p"] == ("release", "ancestor")


def test_pick_of_a_pick_names_the_original_too() -> None:
    """A commit picked through two branches carries two trailers and ships the first commit."""
    says = {"p": picks("b"), "q": f"{picks('b')}\n(cherry picked from commit {commit_id('p')})"}
    raw = Raw().commits("a b p:a q:a", says=says, branch=None).branch("main", "b")
    assert came(arrived(raw, Deploy("hotfix", "q", 9)))["@b"] == ("hotfix", "cherry_pick_trailer")


def test_pick_of_a_merge_names_the_merge() -> None:
    """`git cherry-pick -m 1 -x` of a merge ships the pull request."""
    says = {"m": "Merge pull request #1 from a/t", "p": picks("m")}
    raw = Raw().commits("a b:a c m:a,c p:a", says=says, branch=None).branch("main", "m")
    assert came(arrived(raw, Deploy("hotfix", "p", 9)))["#1"] == ("hotfix", "cherry_pick_trailer")


def test_branch_is_picked_only_when_all_its_commits_are() -> None:
    """One of two commits of a branch in a hotfix is not the change; both are, from the later one on."""
    says = {"m": "Merge pull request #1 from a/t", "p": picks("b"), "q": picks("c")}
    raw = Raw().commits("a b:a c m:a,c p:a q", says=says, branch=None).branch("main", "m").pull(1, "c")
    assert "#1" not in came(arrived(raw, Deploy("half", "p", 9)))
    found = arrived(raw, Deploy("half", "p", 9), Deploy("whole", "q", 12), Deploy("release", "m", 20))
    assert came(found)["#1"] == ("whole", "cherry_pick_trailer")


def test_pick_of_no_known_commit_ships_nothing() -> None:
    """A trailer that names a commit of another repository, or itself, or part of an id, is let be."""
    says = {"p": picks("elsewhere"), "q": "x\n\n(cherry picked from commit 1234567)", "r": picks("r")}
    raw = Raw().commits("a b p:a q r", says=says, branch=None).branch("main", "b")
    assert came(arrived(raw, Deploy("hotfix", "r", 9))) == {"@a": ("hotfix", "ancestor")}


def test_equal_patch_ships_where_patch_ids_were_collected() -> None:
    """A pick without a trailer is found by its patch; without patch ids it is not."""
    raw = Raw().commits("a b p:a", branch=None).branch("main", "b")
    assert came(arrived(raw, Deploy("hotfix", "p", 9), patches={"b": "1", "p": "1"}))["@b"] == ("hotfix", "patch_id")
    assert "@b" not in came(arrived(raw, Deploy("hotfix", "p", 9)))
    assert "@b" not in came(arrived(raw, Deploy("hotfix", "p", 9), patches={"b": "1", "p": "2"}))


def test_patch_that_came_back_after_a_revert_arrives_anew() -> None:
    """The same patch landed again is no copy of its first landing: it did not arrive before it was made."""
    raw = Raw().commits("a b revert b2 p:a", branch=None).branch("main", "b2")
    patches = {"b": "1", "b2": "1"}
    found = arrived(raw, Deploy("d1", "b", 9), Deploy("d2", "b2", 20), patches=patches)
    assert came(found)["@b2"] == ("d2", "ancestor")
    assert came(found)["@b"] == ("d1", "ancestor")
    assert came(arrived(raw, Deploy("hotfix", "p", 7), patches={**patches, "p": "1"}))["@b2"] == ("hotfix", "patch_id")


def test_rebase_merge_by_equal_patches_arrives_with_its_landing() -> None:
    """The copies that a rebase merge made are on the default branch themselves, and ancestry speaks first."""
    raw = Raw().commits("a b:a c b2:a c2", says={"b2": "b", "c2": "c"}, authored={"b2": 2, "c2": 3}).pull(1, "c")
    found = arrived(raw, Deploy("d", "c2", 9), patches={"b": "1", "b2": "1", "c": "2", "c2": "2"})
    assert came(found)["#1"] == ("d", "ancestor")


def test_branch_deploy_arrives_before_the_merge() -> None:
    """A pull request whose head was deployed from its branch is in production at that deployment."""
    raw = Raw().commits("a b:a s:a", says={"s": "Add (#1)"}).pull(1, "b")
    assert came(arrived(raw, Deploy("branch", "b", 3), Deploy("main", "s", 9)))["#1"] == ("branch", "branch_deploy")
    merged = Raw().commits("a b:a m:a,b", says={"m": "Merge pull request #1 from a/t"}).pull(1, "b")
    assert came(arrived(merged, Deploy("branch", "b", 3), Deploy("main", "m", 9)))["#1"] == ("branch", "branch_deploy")


def test_squash_in_a_branch_is_in_production_with_the_branch() -> None:
    """What was squashed into a branch that was deployed, and merged back later, arrived with that deployment."""
    raw = (
        Raw().commits("a p@1:a s@2:a r@5:s m@9:a,r", says={"s": "Add (#1)", "m": "Merge branch 'release'"}).pull(1, "p")
    )
    ran = (Deploy("none", "a", 1), Deploy("release", "s", 3), Deploy("main", "m", 12))
    assert came(arrived(raw, *ran))["#1"] == ("release", "branch_deploy")


def test_release_branch_arrives_before_it_is_merged_back() -> None:
    """A branch that is merged without a request was in production with its head; that of another repository was not."""
    back = "Merge branch 'release-1' into main"
    for message, arrival in (
        (back, ("hotfix", "branch_deploy")),
        ("Merge remote-tracking branch 'origin/release-1'", ("hotfix", "branch_deploy")),
        ("Merge remote-tracking branch 'upstream/main'", ("main", "ancestor")),
        ("Merge tag 'v1.2' of https://example.org/shop", ("main", "ancestor")),
    ):
        raw = Raw().commits("a b:a c:a m:c,b", says={"m": message})
        assert came(arrived(raw, Deploy("hotfix", "b", 3), Deploy("main", "m", 9)))["@m"] == arrival
    later = Raw().commits("a b:a d c:a m:c,d", says={"m": back})  # the branch went on after its release
    assert came(arrived(later, Deploy("hotfix", "b", 3), Deploy("main", "m", 9)))["@m"] == ("main", "ancestor")


def test_open_pull_request_arrives_by_branch_deploy_alone() -> None:
    """A change that has not landed can be in production from its branch."""
    raw = Raw().commits("a b:a", branch=None).branch("main", "a").pull(1, "b")
    assert came(arrived(raw, Deploy("branch", "b", 3)))["#1"] == ("branch", "branch_deploy")
    assert "#1" not in came(arrived(raw, Deploy("main", "a", 3)))


def test_head_on_main_is_no_branch_deploy() -> None:
    """A pull request whose head was main's commit before is not shipped by what shipped that."""
    raw = Raw().commits("a b m:b,a", says={"m": "Merge pull request #1 from a/t"}).pull(1, "a")
    assert came(arrived(raw, Deploy("old", "a", 3), Deploy("new", "m", 9)))["#1"] == ("new", "ancestor")


def test_tag_off_the_main_line_ships_what_it_contains() -> None:
    """A release branch that left main ships the changes below its fork, and no later one."""
    raw = Raw().commits("a b c r:b", branch=None).branch("main", "c")
    assert came(arrived(raw, Deploy("v1", "r", 9))) == {"@a": ("v1", "ancestor"), "@b": ("v1", "ancestor")}


def test_promoted_branch_ships_pull_requests_inside_it() -> None:
    """custom→feature→main all merged: deploying main ships all three (Middleware 25), and before it none."""
    says = {f"m{n}": f"Merge pull request #{n} from a/t" for n in (1, 2, 3)}
    raw = Raw().commits("a x:a f:a m1:f,x d:a m2:d,m1 m3:a,m2", says=says)
    raw.pull(1, "x").pull(2, "m1").pull(3, "m2")
    assert set(came(arrived(raw, Deploy("d", "m3", 9)))) == {"@a", "#1", "#2", "#3"}
    assert set(came(arrived(raw, Deploy("d", "a", 9)))) == {"@a"}


def test_deployed_commit_that_is_missing_ships_nothing() -> None:
    """A commit that the clone has not got contains nothing that is known, and is no crash (Athenian 60)."""
    assert came(arrived(Raw().commits("a b"), Deploy("lost", "gone", 5), Deploy("d", "b", 9))) == {
        "@a": ("d", "ancestor"),
        "@b": ("d", "ancestor"),
    }


def test_undatable_deployment_is_named_and_ships_nothing() -> None:
    """A deployment without a date ships nothing that could be dated, and is kept beside what it contains."""
    found = arrived(Raw().commits("a b c"), Deploy("moved", "b", None, undatable=True), Deploy("d", "a", 9))
    assert came(found) == {"@a": ("d", "ancestor")}
    assert {key: row["undatable_deployment_id"] for key, row in found.items()} == {
        "@a": "moved",
        "@b": "moved",
        "@c": None,
    }


def test_no_deployment_ships_nothing() -> None:
    """Without deployments every change is there, with nothing that shipped it; without commits there is no change."""
    row = arrived(Raw().commits("a"))["@a"]
    assert [row[name] for name in row if name.endswith("_id") and name != "repo_id"] == [None] * 7
    assert arrived(Raw(), Deploy("d", "a", 5)) == {}


def test_skewed_clocks_change_no_containment() -> None:
    """A child committed before its parent is shipped by what contains it, as the graph says."""
    raw = Raw().commits("a@50 b@1 c@40 d@2")
    assert came(arrived(raw, Deploy("d1", "b", 60), Deploy("d2", "d", 70))) == {
        "@a": ("d1", "ancestor"),
        "@b": ("d1", "ancestor"),
        "@c": ("d2", "ancestor"),
        "@d": ("d2", "ancestor"),
    }


def test_integration_is_the_first_green_that_contains() -> None:
    """A change is integrated by the first commit with green CI that is its landing or comes after it."""
    found = arrived(Raw().commits("a b c"), greens={"c": 9, "b": 12})
    assert {key: row["integrated_sha"] for key, row in found.items()} == {"@a": "c", "@b": "c", "@c": "c"}
    assert arrived(Raw().commits("a b c"), greens={"b": 9})["@c"]["integrated_sha"] is None
