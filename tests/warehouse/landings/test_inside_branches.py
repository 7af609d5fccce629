from __future__ import annotations

import pytest

from tests.builders.rows import Raw, built
from tests.warehouse.given import landings
from tests.warehouse.landings.test_landings import how, merged


def test_batch_without_refs_has_a_branch_for_each_number() -> None:
    """Of `Merge #13 #14` the second parent belongs to 13 and the third to 14, and that order is in doubt."""
    found = landings(Raw().commits("a b1:a b2 c:a m:a,b2,c", says={"m": "Merge #13 #14"}))
    assert how(found) == {
        "@a": ("direct", "a", ["a"]),
        "#14": ("nested", "m", ["c"]),
        "#13": ("merge", "m", ["b1", "b2"]),
    }
    assert found.doubtful("by_order") == {"#13", "#14"}


def test_batch_whose_parents_have_another_order() -> None:
    """The titles in the message of a batch show whose each branch is, whatever the order, and whose each title is."""
    message = "Merge #13 #14\n\n13: Add cart r=bob a=ann\n\n14: Add search r=bob a=cid\n"
    says = {"m": message, "b": "Add search", "c": "Add cart"}
    found = landings(Raw().commits("a b:a c:a m:a,b,c", says=says))
    assert (found.own["#13"], found.own["#14"]) == (["c"], ["b"])
    assert (found.rows["#13"]["title"], found.rows["#14"]["title"]) == ("Add cart", "Add search")
    assert found.notes == {}


def test_batch_with_a_ref_for_one_of_its_numbers() -> None:
    """A head among the parents shows whose that branch is, and the other number has the other one."""
    message = "Merge #13 #14\n\n13: Add cart r=bob a=ann\n\n14: Add search r=bob a=cid\n"
    found = landings(Raw().commits("a b:a c:a m:a,b,c", says={"m": message}).pull(14, "b"))
    assert (found.own["#13"], found.own["#14"]) == (["c"], ["b"])
    assert (found.rows["#13"]["title"], found.rows["#14"]["title"]) == ("Add cart", "Add search")
    assert found.notes == {"numbers_without_ref": 1}


def test_batch_with_fewer_branches_than_numbers() -> None:
    """A batch of one branch landed all of its numbers; whose its commits are is in doubt, and only one has them."""
    found = landings(Raw().commits("a b:a c m:a,c", says={"m": "Merge #13 #14"}))
    assert (found.own["#13"], found.rows["#14"]["branch_commits"]) == (["b", "c"], "no_ref")
    assert found.rows["#14"]["landing_sha"] == "m"
    assert found.doubtful("by_order") == {"#13", "#14"}


@pytest.mark.slow
def test_squash_in_the_branch_of_a_squash() -> None:
    """A request that was squashed into another one's branch landed with that, with what was written for it."""
    says = {"q": "Upper (#2)", "s": "Lower (#1)"}
    raw = Raw().commits("a l1:a u1:l1 u2 q:l1 l2:q s:a", says=says).pull(1, "l2").pull(2, "u2")
    found = landings(raw)
    assert how(found) == {
        "@a": ("direct", "a", ["a"]),
        "#2": ("nested", "s", ["u1", "u2"]),
        "#1": ("squash", "s", ["l1", "l2"]),
    }
    assert found.notes == {}
    with built(raw.deploy("d0", "a", 1).deploy("d", "s", 60)) as tables:
        assert {row["outcome"] for row in tables("select outcome from lead_times where number > 0")} == {"production"}


def test_squash_in_a_squash_in_a_squash() -> None:
    """Three requests, each squashed into the branch of the one below, land together, each with its own commits."""
    says = {"r": "Top (#3)", "q": "Middle (#2)", "s": "Bottom (#1)"}
    raw = Raw().commits("a l:a m:l t:m r:m n:r q:l k:q s:a", says=says)
    found = landings(raw.pull(1, "k").pull(2, "n").pull(3, "t"))
    assert {key: found.own[key] for key in ("#1", "#2", "#3")} == {"#1": ["k", "l"], "#2": ["m", "n"], "#3": ["t"]}


def test_merge_of_a_request_in_the_branch_of_a_squash() -> None:
    """A merge in the branch that names the request and has its head landed it; one that names none did not."""
    for message, expected in ((merged(2), "s"), ("Merge branch 'upper'", None)):
        says = {"n": message, "s": "Lower (#1)"}
        raw = Raw().commits("a l:a u:a n:l,u s:a", says=says).pull(1, "n").pull(2, "u")
        assert landings(raw).rows["#2"]["landing_sha"] == expected


def test_number_of_another_repository_in_a_branch() -> None:
    """A commit of a branch with the number of a request by others, of another title, is not its squash."""
    raw = Raw().commits("a l:a x:l l2:x u:a s:a", says={"x": "Tidy (#2)", "s": "Lower (#1)"}, by={"u": "bob"})
    assert landings(raw.pull(1, "l2").pull(2, "u")).rows["#2"]["landing_sha"] is None


def test_branch_of_one_commit_that_names_another_request() -> None:
    """The only commit of a branch is its own work, whatever number it has."""
    raw = Raw().commits("a x:a u:a s:a", says={"x": "Tidy (#2)", "s": "Tidy (#1)"}).pull(1, "x").pull(2, "u")
    found = landings(raw)
    assert (found.own["#1"], found.rows["#2"]["landing_sha"]) == (["x"], None)


def test_list_of_a_squash_whose_branch_is_not_known() -> None:
    """GitHub lists the commits of a squash: a request among them landed too, by that word alone."""
    says = {"s": "Lower (#1)\n\n* Begin\n\n* Upper (#2)\n\n* More (#9)"}
    found = landings(Raw().commits("a u:a s:a", says=says).pull(2, "u"))
    assert (found.rows["#2"]["landing_sha"], found.own["#2"], "#9" in found.rows) == ("s", ["u"], False)
    assert found.doubtful("inside_by_words") == {"#2"}


def test_step_whose_trailers_name_two_requests() -> None:
    """Both landed with it: one has the step, and the other is told to be known by its words alone."""
    trailers = "Pull-Request-resolved: https://github.com/acme/shop/pull/1\n\n"
    trailers += "Pull Request resolved: https://github.com/acme/shop/pull/2"
    raw = Raw(provider="github").commits("a p:a q:a s:a", says={"s": f"Add\n\n{trailers}"}, trees={"s": "q"})
    found = landings(raw.pull(1, "p").pull(2, "q"))
    assert {key: row["landed_by"] for key, row in found.rows.items()} == {
        "@a": "direct",
        "#1": "nested",
        "#2": "squash",
    }
    assert found.doubtful("inside_by_words") == {"#1"}


def test_commits_that_a_tool_makes_in_one_second() -> None:
    """A commit like the one it goes on from is no copy of it: each request of a stack has its own."""
    says = {"p1": "Update", "p2": "Update", "s": "Add (#1)", "t": "More (#2)"}
    raw = Raw().commits("a p1@2:a p2@3 s@9:a t@10", says=says, authored={"p1": 2, "p2": 2}).pull(1, "p1").pull(2, "p2")
    found = landings(raw)
    assert (found.own["#1"], found.own["#2"]) == (["p1"], ["p2"])


def test_commit_that_two_requests_copied() -> None:
    """A commit that a second request carried as a copy was written once, and is work of the one that wrote it."""
    raw = Raw().commits(
        "a o@2:a c@5:a d@6 oc@9:a dc@9.001",
        says={"o": "x", "c": "x", "oc": "x", "d": "y", "dc": "y"},
        authored={"o": 2, "c": 2, "oc": 2, "d": 6, "dc": 6},
    )
    found = landings(raw.pull(1, "o").pull(2, "d"))
    assert (found.own["#1"], found.own["#2"]) == (["o"], ["d"])


GATHERED = {
    "a rollup": ("Auto merge of #17 - bob:rollup-x, r=bob\n\nRollup", {"#17", "#15", "@a"}),
    "git-flow": ("Merge pull request #17 from acme/develop\n\nRelease", {"#17", "#15", "@a"}),
    "main merged into main": ("Merge branch 'main' of github.com:acme/shop", {"@m", "#15", "#16", "@a"}),
    "a branch": ("Merge branch 'develop'", {"@m", "#15", "#16", "@a"}),
    "its own topic, of which the commits may name issues": ("Merge pull request #17 from ann/topic", {"#17", "@a"}),
    "another repository's": ("Merge branch 'main' of github.com:other/shop", {"@m", "@a"}),
    "upstream's": ("Merge remote-tracking branch 'upstream/main'", {"@m", "@a"}),
    "a tag": ("Merge tag 'v2' into main", {"@m", "@a"}),
}


@pytest.mark.parametrize(("message", "keys"), GATHERED.values(), ids=GATHERED)
def test_requests_inside_a_branch_of_a_clone_without_refs(message: str, keys: set[str]) -> None:
    """A plain clone has no PR refs: what merges inside a gathering branch name landed with it, and is in doubt."""
    says = {"n": "Merge pull request #15 from ann/login\n\nAdd login", "s": "Add logout (#16)", "m": message}
    found = landings(Raw(provider="github").commits("a d:a l:d n:d,l s:n m:a,s", says=says))
    assert set(found.rows) == keys
    assert found.doubtful("inside_by_words") == keys & {"#15", "#16"}
    if "#15" in keys:
        assert (found.own["#15"], found.brought["#15"]) == (["l"], ["l", "n"])


def test_numbers_inside_a_repository_that_was_merged_whole() -> None:
    """A merge that brings another first commit brings another repository, with numbers of its own."""
    says = {"s": "Old (#5)", "m": "Merge branch 'lib'"}
    assert set(landings(Raw().commits("a o:- s:o m:a,s", says=says)).rows) == {"@a", "@m"}


def test_revert_that_has_a_title_alone() -> None:
    """Where the body of a squash is empty, the newest earlier change with the quoted title is meant."""
    says = {
        "r0": 'Revert "Y" (#1)',
        "y": "Y (#2)",
        "r": 'Revert "Y" (#3)',
        "y2": "Y (#4)",
        "r2": "revert: Y (#5)",
        "o": 'Revert "Y"\n\nThis reverts commit 0123456789abcdef.',
        "rr": 'Revert "Revert "Y"" (#6)',
    }
    found = landings(Raw().commits("a r0 y r y2 r2 o rr", says=says)).column("reverted_by")
    assert {key: by for key, by in found.items() if by} == {"#2": "#3", "#4": "#5", "@o": "#6"}


def test_title_of_a_merge_whose_message_has_none() -> None:
    """Where somebody took the title out of the message, the subject is the title, not the line of the forge."""
    says = {"m": 'Resolve "crash"\n\nSee merge request acme/shop!7'}
    assert landings(Raw().commits("a b:a m:a,b", says=says)).column("title")["#7"] == 'Resolve "crash"'
