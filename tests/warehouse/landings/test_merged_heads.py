from __future__ import annotations

import pytest

from tests.builders.rows import Raw, built, commit_id
from tests.warehouse.given import landings
from tests.warehouse.landings.test_landings import how, merged


def test_octopus_with_a_branch_that_is_no_request() -> None:
    """The heads that a merge of several branches brought have their own commits, and the first has the rest."""
    raw = Raw().commits("a b:a c:a d:a m:a,b,c,d", says={"m": "Merge branches"}).pull(1, "b").pull(2, "c")
    assert how(landings(raw)) == {
        "@a": ("direct", "a", ["a"]),
        "#1": ("merge", "m", ["b", "d"]),
        "#2": ("nested", "m", ["c"]),
    }


def test_stack_that_one_merge_landed() -> None:
    """Of two requests, one on top of the other, that came with one merge each has its own commits."""
    raw = Raw().commits("a p1:a p2 q1 q2 m:a,q2", says={"m": "x"}).pull(1, "p2").pull(2, "q2")
    assert how(landings(raw)) == {
        "@a": ("direct", "a", ["a"]),
        "#1": ("nested", "m", ["p1", "p2"]),
        "#2": ("merge", "m", ["q1", "q2"]),
    }


def test_rollup_of_rollups() -> None:
    """Requests within a rollup within a rollup land with the outermost merge, and rollups have no work of their own."""
    silent = dict.fromkeys(("r1", "r2", "s", "t", "m"), "x")
    raw = Raw().commits("a x:a y:a r1:a,x r2:r1,y s:a,r2 z:a t:s,z m:a,t", says=silent)
    table = landings(raw.pull(1, "x").pull(2, "y").pull(3, "r2").pull(4, "z").pull(5, "t"))
    assert {key: table.own[key] for key in ("#1", "#2", "#4")} == {"#1": ["x"], "#2": ["y"], "#4": ["z"]}
    assert {table.rows[f"#{number}"]["landing_sha"] for number in range(1, 6)} == {"m"}
    assert {table.rows[key]["branch_commits"] for key in ("#3", "#5")} == {"empty"}
    assert table.notes == {"without_own_work": 2}


def test_head_of_two_requests() -> None:
    """Of two requests with one head the named one landed, else the newest; the other stays open and is counted."""
    raw = Raw().commits("a b:a m:a,b", says={"m": merged(1)}).pull(1, "b").pull(2, "b")
    named = landings(raw)
    assert (named.rows["#1"]["landed_by"], named.rows["#2"]["landed_by"]) == ("merge", "open")
    assert named.notes == {"same_head": 1}
    silent = landings(Raw().commits("a b:a m:a,b", says={"m": "x"}).pull(1, "b").pull(2, "b"))
    assert (silent.rows["#1"]["landed_by"], silent.rows["#2"]["landed_by"]) == ("open", "merge")


def test_forge_names_the_merge_of_a_request() -> None:
    """The merge that the forge names belongs to that request, though it brought another one's head too."""
    raw = Raw().commits("a b:a c:a m:a,b,c", says={"m": "x"}).pull(1, "b").pull(2, "c")
    table = landings(raw.change(2, sha="m", head_sha="c"))
    assert {key: table.own[key] for key in ("#1", "#2")} == {"#1": ["b"], "#2": ["c"]}


def test_request_and_its_backport() -> None:
    """Of requests with the same last commit the one for this branch landed, and not the newer one for another."""
    raw = Raw().commits(
        "a o:a p1@3:a p2@5 q0@6:o q1@7 q2@8 s1@9:a s2@10",
        authored={"q1": 3, "q2": 5, "s1": 3, "s2": 5},
        says={"q1": "p1", "q2": "p2", "s1": "p1", "s2": "p2"},
    )
    raw.pull(1, "p2").pull(2, "q2")
    table = landings(raw)
    assert (table.rows["#1"]["landed_by"], table.rows["#2"]["landed_by"]) == ("rebase", "open")


def test_merge_of_a_rebased_branch_keeps_what_was_written() -> None:
    """Where a button rebased the branch before merging, the ref has what was written, and copies were merged."""
    raw = Raw().commits(
        "a b:a c z:a b2:z c2 m:z,c2", says={"b2": "b", "c2": "c", "m": merged(1)}, authored={"b2": 2, "c2": 3}
    )
    table = landings(raw.pull(1, "c"))
    assert (table.own["#1"], table.brought["#1"], table.rows["#1"]["head_sha"]) == (["b", "c"], ["b2", "c2", "m"], "c")


def test_branch_that_went_on_after_its_merge() -> None:
    """A ref whose commits were all made after the merge is not what was merged: the graph has that."""
    raw = Raw().commits("a b:a m:a,b n@90:a o", says={"m": merged(1)}).branch("main", "m").pull(1, "o")
    table = landings(raw)
    assert (table.own["#1"], table.rows["#1"]["branch_commits"]) == (["b"], "joined")


def test_commits_that_landed_again_are_no_work() -> None:
    """A request that lands the commits of an earlier one once more has no commits of its own."""
    says = {"s": "Add (#1)", "r": 'Revert "Add (#1)"', "t": "Add again (#2)"}
    table = landings(Raw().commits("a b:a s:a r t", says=says).pull(1, "b").pull(2, "b"))
    assert (table.own["#1"], table.rows["#2"]["branch_commits"]) == (["b"], "empty")


def test_squash_of_a_branch_of_merges_alone_is_approximate() -> None:
    """What was written into a merge, on top of commits that landed before, has no date of its own."""
    raw = Raw().commits("a b:a s:a c e:b,c t:c", says={"s": "Add (#1)", "t": "Link (#2)"}).pull(1, "b").pull(2, "e")
    table = landings(raw)
    assert (table.own["#1"], table.own["#2"], table.rows["#2"]["branch_commits"]) == (["b"], ["t"], "not_believed")


@pytest.mark.slow
@pytest.mark.parametrize("picked", ["b", "s", "m"])
def test_cherry_pick_of_what_was_merged_ships_it(picked: str) -> None:
    """A copy of the branch's commit, of the squash that was merged, or of the merge is the change in production."""
    raw = Raw().commits("a b@2:a s@50:a m@51:a,s", says={"m": "x\n\nSee merge request acme/shop!1"})
    raw.pull(1, "b", "merge-requests")
    pick = f"Pick\n\n(cherry picked from commit {commit_id(picked)})"
    raw.commits("r@60:a", says={"r": pick}, branch="release").deploy("d0", "a", 1.5).deploy("d", "r", 70)
    with built(raw, as_of=100) as tables:
        assert tables.change(1)["deployment_id"] == "d"


def test_squashes_merged_into_a_release_branch() -> None:
    """Requests that were squashed and merged into a branch that was merged count from their refs, stacked ones once."""
    says = {name: f"Merge branch 't'\n\nSee merge request acme/shop!{name[1]}" for name in ("m1", "m2")}
    raw = Raw().commits("a p1:a p2 q1:p2 s1:a m1:a,s1 s2:m1 m2:m1,s2 m:a,m2", says={**says, "m": "x"})
    assert how(landings(raw.pull(1, "p2").pull(2, "q1"))) == {
        "@a": ("direct", "a", ["a"]),
        "#1": ("nested", "m", ["p1", "p2"]),
        "#2": ("nested", "m", ["q1"]),
        "@m": ("merge", "m", ["m"]),
    }


def test_commit_that_was_picked_before_leaves_the_rest_of_its_branch() -> None:
    """Of a branch with a commit that another request landed before, all others are its own, also those below it."""
    raw = Raw().commits("a p1:a p2 p3 q@6:a s@7", says={"q": "p2", "s": "Add (#1)"}, authored={"q": 3}).pull(1, "p3")
    table = landings(raw)
    assert (table.own["#1"], table.rows["#1"]["branch_commits"]) == (["p1", "p3"], "joined")


def test_branch_of_a_rewritten_history_ends_where_it_was_rewritten() -> None:
    """What is below a copy with both of its dates landed with that, though two steps are like it."""
    says = {"x": "p2", "y": "p2", "s": "Add (#1)"}
    raw = (
        Raw().commits("a o:- p1:o p2@4 p3@5 x@4:a y@4 s@9", says=says, authored={"x": 4, "y": 4, "p2": 4}).pull(1, "p3")
    )
    assert landings(raw).own["#1"] == ["p3"]


def test_branch_of_another_history_with_more_than_landed() -> None:
    """Where commits below a copy lead to a root, and never landed, nobody knows which are the branch's own."""
    raw = (
        Raw().commits("a o:- p1:o p2 p3 q@6:a s@7", says={"q": "p2", "s": "Add (#1)"}, authored={"q": 4}).pull(1, "p3")
    )
    assert landings(raw).rows["#1"]["branch_commits"] == "not_believed"


def test_commits_of_one_branch_that_look_alike_are_not_copies() -> None:
    """Commits of a branch with one author, second and subject (a tool made them) are not taken for landed copies."""
    says = {**dict.fromkeys(("u1", "u2", "v1", "v2"), "Update"), "s": "Lower (#1)", "t": "Upper (#2)"}
    same = dict.fromkeys(("u1", "u2", "v1", "v2"), 2)
    raw = Raw().commits("a u1:a u2 v1@4:a v2@5 s@8:a t@9", says=says, authored=same).pull(1, "u2").pull(2, "v2")
    table = landings(raw)
    assert (table.own["#1"], table.own["#2"]) == (["u1", "u2"], ["v1", "v2"])


def test_refs_of_two_forges_with_one_number() -> None:
    """Of two forges' refs with one number the head that was merged is meant, else that of the forge with more refs."""
    says = {"m": "x", "s": "Add (#2)"}
    raw = Raw().commits("a b:a o:a p:a c:a q:a m:a,b s", says=says).pull(1, "o").pull(2, "p")
    for number, head in ((1, "b"), (2, "c"), (3, "q")):
        raw.pull(number, head, "merge-requests")
    table = landings(raw)
    assert {key: table.own[key] for key in ("#1", "#2", "#3")} == {"#1": ["b"], "#2": ["c"], "#3": ["q"]}


def test_request_of_a_mirror_with_the_number_of_one_where_the_work_is_done() -> None:
    """GitLab's !1 is not the closed pull request 1 of its mirror, whose branch is other work; a merged head is."""
    gitlab = "Merge branch 't' into 'main'\n\nT\n\nSee merge request a/b!{}"
    part = "T\n\nPart-of: <https://gitlab.example/a/b/-/merge_requests/3>"
    says = {"m": gitlab.format(1), "n": gitlab.format(2), "r": part}
    raw = Raw().commits("a x:a y:a b:a m:a,b c:m n:m,c r", says=says).pull(1, "x").pull(2, "c").pull(3, "y")
    table = landings(raw)
    assert (table.own["#1"], table.own["#2"], table.rows["#3"]["branch_commits"]) == (["b"], ["c"], "no_ref")
    assert sorted(key for key, kind in table.doubts if kind == "numbers_without_ref") == ["#1", "#3"]
    its_own = Raw().commits("a x:a y:a s:a m:a,s", says={"m": gitlab.format(1)}).pull(1, "x", "merge-requests")
    assert landings(its_own).own["#1"] == ["x"]


def test_number_within_a_repository_that_was_merged() -> None:
    """A squash inside a merge needs the author, title or time of a ref: merged repositories number anew."""
    says = {"i": "Old (#1)", "j": "c (#2)", "m": "x"}
    raw = Raw().commits("a b@2000:a c@2001:a o@1:- i@2 j@3 m@3000:a,j", says=says, by={"b": "bob", "c": "bob"})
    table = landings(raw.pull(1, "b").pull(2, "c"))
    assert {key: row["landed_by"] for key, row in table.rows.items()} == {
        "@a": "direct",
        "#2": "nested",
        "@m": "merge",
        "#1": "open",
    }


def test_merge_by_hand_that_names_a_request_in_its_own_words() -> None:
    """A merge whose subject has the number of a request, and that brought its head or a copy of that, landed it."""
    says = {"c2": "c", "m": "Merge branch 't' (merge request #1)", "n": "Merge branch 'u' (#2, fixes #9)", "o": "x #3"}
    raw = Raw().commits("a b:a d:b m:a,d c:a c2:m n:m,c2 e:a f:n o:n,f", says=says, authored={"c2": 5, "c": 5})
    table = landings(raw.pull(1, "b").pull(2, "c").pull(3, "e"))
    assert {key: (row["landed_by"], row["landing_sha"]) for key, row in table.rows.items()} == {
        "@a": ("direct", "a"),
        "#1": ("merge", "m"),
        "#2": ("merge", "n"),
        "@o": ("merge", "o"),
        "#3": ("open", None),
    }
    assert (table.own["#1"], table.own["#2"]) == (["b", "d"], ["c"])


def test_titles_of_branches_that_one_merge_brought() -> None:
    """The message of a merge of four branches is the title of none: each has that of its last commit."""
    raw = Raw().commits("a p:a q:a r:a t:a m:a,p,q,r,t", says={"m": "Merge branches 'p', 'q', 'r' and 't'"})
    for number, head in enumerate("pqrt", start=1):
        raw.pull(number, head)
    table = landings(raw)
    assert {key: row["title"] for key, row in table.rows.items() if key != "@a"} == {
        "#1": "p",
        "#2": "q",
        "#3": "r",
        "#4": "t",
    }
