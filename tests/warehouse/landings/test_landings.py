from __future__ import annotations

from tests.builders.rows import Raw, commit_id
from tests.warehouse.given import Landings, landings


def merged(number: int) -> str:
    """The message of GitHub's merge button."""
    return f"Merge pull request #{number} from ann/topic-{number}\n\nChange {number}\n"


def how(found: Landings) -> dict[str, tuple[str, str | None, list[str]]]:
    """How each change landed, at which commit, and its own commits."""
    return {key: (row["landed_by"], row["landing_sha"], found.own.get(key, [])) for key, row in found.rows.items()}


def test_merge_lands_the_commits_of_its_branch() -> None:
    """What the merge brought is the pull request's own, merges from the base among it, and the rest are pushes."""
    raw = Raw().commits("a b c:a d:c,b e m:b,e", says={"m": merged(1)}, by={"c": "bob", "e": "bob"}).pull(1, "e")
    found = landings(raw)
    assert how(found) == {
        "@a": ("direct", "a", ["a"]),
        "@b": ("direct", "b", ["b"]),
        "#1": ("merge", "m", ["c", "d", "e"]),
    }
    change = found.rows["#1"]
    assert (change["title"], change["head_ref"], change["author"], change["head_sha"], change["branch_commits"]) == (
        "Change 1",
        "topic-1",
        "bob",
        "e",
        "joined",
    )


def test_merge_needs_no_ref() -> None:
    """The graph tells a merge's own commits, so a clone without PR heads joins it too."""
    found = landings(Raw().commits("a c:a m:a,c", says={"m": merged(1)}))
    assert how(found)["#1"] == ("merge", "m", ["c"])
    assert found.rows["#1"]["branch_commits"] == "joined"


def test_merge_without_number_is_a_change_of_its_own() -> None:
    """A branch merged by hand is one change, named by its merge commit."""
    found = landings(Raw().commits("a c:a d m:a,d", says={"m": "Merge branch 'topic'"}))
    assert how(found)["@m"] == ("merge", "m", ["c", "d"])
    assert found.rows["@m"]["head_ref"] == "topic"


def test_merge_that_brings_nothing_owns_itself() -> None:
    """A pull request that was on the base before still landed with its merge, and its branch is counted as empty."""
    found = landings(Raw().commits("a b m:b,a", says={"m": merged(1)}).pull(1, "a"))
    assert how(found)["#1"] == ("merge", "m", ["m"])
    assert (found.rows["#1"]["branch_commits"], found.rows["#1"]["head_sha"]) == ("empty", None)


def test_squash_finds_its_commits_through_the_ref() -> None:
    """The branch of a squash is `first parent..head` of its PR ref, and its author who squashed it."""
    raw = Raw().commits("a b:a c s:a", says={"s": "Add (#1)"}, by={"s": "bob"}).pull(1, "c")
    found = landings(raw)
    assert how(found)["#1"] == ("squash", "s", ["b", "c"])
    assert (found.rows["#1"]["head_sha"], found.rows["#1"]["author"]) == ("c", "bob")


def test_squash_leaves_out_what_it_merged_from_the_base() -> None:
    """Commits that were on the base before the squash are not the branch's own."""
    raw = Raw().commits("a x c:a d:c,x s:x", says={"s": "Add (#1)"}).pull(1, "d")
    assert how(landings(raw))["#1"] == ("squash", "s", ["c", "d"])


def test_squash_keeps_what_landed_after_it() -> None:
    """A commit of the branch that reached the base later, by another way, is still the branch's own."""
    raw = Raw().commits("a c:a d:c s:a m:s,c", says={"s": "Add (#1)"}).pull(1, "d")
    assert how(landings(raw))["#1"] == ("squash", "s", ["c", "d"])


def test_squash_without_ref_says_so() -> None:
    """Where no PR ref is there the branch is not guessed."""
    found = landings(Raw().commits("a s", says={"s": "Add (#1)"}))
    assert (found.rows["#1"]["branch_commits"], found.own.get("#1")) == ("no_ref", None)


def test_ref_with_too_many_commits_is_not_believed() -> None:
    """A branch longer than the limit comes from a rewritten base: the squash stands for itself, and it is counted."""
    raw = Raw().commits("a b:a c d s:a", says={"s": "Add (#1)"}).pull(1, "d")
    assert landings(raw, limit=3).rows["#1"]["branch_commits"] == "joined"
    found = landings(raw, limit=2)
    assert (found.rows["#1"]["branch_commits"], found.own["#1"], found.rows["#1"]["head_sha"]) == (
        "not_believed",
        ["s"],
        None,
    )


def test_ref_that_contains_its_own_squash_is_not_believed() -> None:
    """A head that went on from the squash is not the branch that was squashed."""
    raw = Raw().commits("a s c", says={"s": "Add (#1)"}).branch("main", "s").pull(1, "c")
    assert landings(raw).rows["#1"]["branch_commits"] == "not_believed"


def test_squash_of_several_numbers_takes_the_one_with_a_ref() -> None:
    """Of two numbers the last is the pull request, unless only the other has a ref that speaks for it."""
    says = {"s": "Backport (#1) (#2)"}
    assert "#2" in landings(Raw().commits("a b:a s:a", says=says)).rows
    assert "#2" in landings(Raw().commits("a b:a s:a", says=says).pull(1, "b").pull(2, "b")).rows
    assert "#1" in landings(Raw().commits("a b:a s:a", says=says).pull(1, "b")).rows


def test_rebase_merge_lands_several_commits_as_one_change() -> None:
    """Copies of the branch's commits, by author, date and subject, are one change that lands with the last of them."""
    raw = Raw().commits("a b:a c b2:a c2 z", says={"b2": "b", "c2": "c"}, authored={"b2": 2, "c2": 3}).pull(1, "c")
    assert how(landings(raw)) == {
        "@a": ("direct", "a", ["a"]),
        "#1": ("rebase", "c2", ["b", "c"]),
        "@z": ("direct", "z", ["z"]),
    }


def test_half_of_a_branch_is_a_rebase_merge_and_less_is_none() -> None:
    """A branch whose last commit was picked alone out of three is not taken for a rebase merge."""
    two = Raw().commits("a b:a c c2:a", says={"c2": "c"}, authored={"c2": 3}).pull(1, "c")
    assert how(landings(two))["#1"] == ("rebase", "c2", ["b", "c"])
    three = Raw().commits("a b:a b1 c c2:a", says={"c2": "c"}, authored={"c2": 4}).pull(1, "c")
    assert how(landings(three))["#1"] == ("open", None, ["b", "b1", "c"])
    assert how(landings(three))["@c2"] == ("direct", "c2", ["c2"])


def test_same_subject_at_another_time_is_no_rebase() -> None:
    """A commit of the base that only shares the words of a PR head is another commit."""
    raw = Raw().commits("a b:a b2:a", says={"b": "Update", "b2": "Update"}).pull(1, "b")
    assert how(landings(raw))["@b2"][0] == "direct"


def test_reopened_pull_request_lands_once() -> None:
    """Of two pull requests with the same head, closed and opened again, the newer one landed."""
    raw = Raw().commits("a b:a b2:a", says={"b2": "b"}, authored={"b2": 2}).pull(1, "b").pull(2, "b")
    found = landings(raw)
    assert (found.rows["#2"]["landed_by"], found.rows["#1"]["landed_by"]) == ("rebase", "open")


def test_stacked_pull_requests_land_on_their_own() -> None:
    """Two stacked squashes land each at its own commit, and two stacked merges with their own commits alone."""
    squashed = (
        Raw().commits("a p1:a p2 q1:p2 s1:a s2", says={"s1": "P (#1)", "s2": "Q (#2)"}).pull(1, "p2").pull(2, "q1")
    )
    found = landings(squashed)
    assert found.column("landing_sha") | {"@a": "a"} == {"@a": "a", "#1": "s1", "#2": "s2"}
    stacked = Raw().commits("a p1:a q1 m1:a,p1 m2:m1,q1", says={"m1": merged(1), "m2": merged(2)})
    assert how(landings(stacked)) == {
        "@a": ("direct", "a", ["a"]),
        "#1": ("merge", "m1", ["p1"]),
        "#2": ("merge", "m2", ["q1"]),
    }


def test_release_merge_lands_the_pull_requests_inside_it() -> None:
    """Pull requests merged into a branch that is merged itself land with it, and their commits are not its own."""
    raw = (
        Raw().commits("a d1:a f1:a dm:d1,f1 r m:a,r", says={"dm": merged(1), "m": merged(2)}).pull(1, "f1").pull(2, "r")
    )
    assert how(landings(raw)) == {
        "@a": ("direct", "a", ["a"]),
        "#1": ("nested", "m", ["f1"]),
        "#2": ("merge", "m", ["d1", "r"]),
    }


def test_release_merge_lands_the_squashes_inside_it() -> None:
    """A squash into the release branch is a nested change too, and not a commit of the release itself."""
    raw = Raw().commits("a f1:a f2 ds:a r m:a,r", says={"ds": "F (#1)", "m": merged(2)}).pull(1, "f2").pull(2, "r")
    assert how(landings(raw)) == {
        "@a": ("direct", "a", ["a"]),
        "#1": ("nested", "m", ["f1", "f2"]),
        "#2": ("merge", "m", ["r"]),
    }


def test_release_of_nothing_but_pull_requests_has_no_work_of_its_own() -> None:
    """A release merge whose commits are all of the pull requests in it brought none of its own; its head is known."""
    raw = Raw().commits("a f1:a dm:a,f1 m:a,dm", says={"dm": merged(1), "m": merged(2)}).pull(1, "f1").pull(2, "dm")
    found = landings(raw)
    assert (found.own["#1"], found.own["#2"]) == (["f1"], ["m"])
    assert (found.rows["#2"]["branch_commits"], found.rows["#2"]["head_sha"]) == ("empty", "dm")


def test_nested_pull_requests_within_nested_ones() -> None:
    """A pull request into a feature branch into a release is landed by the release, with its own commits alone."""
    raw = Raw().commits("a x:a f:a fm:f,x g:a dm:g,fm m:a,dm", says={"fm": merged(1), "dm": merged(2), "m": merged(3)})
    found = landings(raw.pull(1, "x").pull(2, "fm").pull(3, "dm"))
    assert {key: own for key, own in found.own.items() if key != "@a"} == {"#1": ["x"], "#2": ["f"], "#3": ["g"]}
    assert {found.rows[key]["landing_sha"] for key in ("#1", "#2", "#3")} == {"m"}


def test_fork_that_merges_upstream_gains_none_of_its_pull_requests() -> None:
    """Numbers in what a merge brought are another repository's unless a PR ref of this one speaks for them."""
    says = {"um": merged(7), "us": "Up (#8)", "m": "Merge remote-tracking branch 'upstream/main'"}
    raw = Raw().commits("a u1:a u2 um:u1,u2 us m:a,us z", says=says).branch("main", "m")
    assert how(landings(raw))["@m"] == ("merge", "m", ["u1", "u2", "um", "us"])
    own_seven = landings(raw.pull(7, "z"))
    assert own_seven.rows["#7"]["landed_by"] == "open"
    assert own_seven.rows["@m"]["landed_by"] == "merge"


def test_foxtrot_merge_belongs_to_the_first_parents() -> None:
    """Where main was merged into a topic and pushed, the topic's steps are main's, and what main was is nested."""
    says = {"s1": "S (#1)", "x": "Merge branch 'main'"}
    raw = Raw().commits("a s1 s2 f:a x:f,s2", says=says).pull(1, "s1")
    assert how(landings(raw)) == {
        "@a": ("direct", "a", ["a"]),
        "@f": ("direct", "f", ["f"]),
        "#1": ("nested", "x", ["s1"]),
        "@x": ("merge", "x", ["s2"]),
    }


def test_fast_forward_lands_at_the_head() -> None:
    """A pull request merged by moving the base to its head lands there, with or without its number in the message."""
    assert how(landings(Raw().commits("a b").pull(1, "b")))["#1"] == ("rebase", "b", ["b"])
    assert how(landings(Raw().commits("a b", says={"b": "Add (#1)"}).pull(1, "b")))["#1"] == ("squash", "b", ["b"])


def test_number_named_twice_counts_once() -> None:
    """A number in two subjects is the change of the first, and the second is a push of its own."""
    found = landings(Raw().commits("a s t", says={"s": "Add (#1)", "t": "Add more of it (#1)"}))
    assert found.column("landing_sha") == {"@a": "a", "#1": "s", "@t": "t"}


def test_number_named_twice_follows_the_graph() -> None:
    """Where the PR ref says which of two merges brought it, that one has the number."""
    raw = Raw().commits("a o c:a m:o,c", says={"o": "Talk of (#1)", "m": merged(1)}).pull(1, "c")
    assert landings(raw).column("landing_sha") == {"@a": "a", "@o": "o", "#1": "m"}


def test_numbering_that_began_anew_follows_the_ref() -> None:
    """After a move to another forge a commit with the old number, which the new PR ref contains, is not its landing."""
    raw = Raw().commits("a o1 o2 c:o2 d s:o2", says={"o1": "Old (#1)", "s": "New (#1)"}).pull(1, "d")
    assert how(landings(raw)) == {
        "@a": ("direct", "a", ["a"]),
        "@o1": ("direct", "o1", ["o1"]),
        "@o2": ("direct", "o2", ["o2"]),
        "#1": ("squash", "s", ["c", "d"]),
    }


def test_octopus_is_one_change() -> None:
    """A merge of three branches lands their commits as one change."""
    raw = Raw().commits("a b:a c:a d:a m:a,b,c,d", says={"m": "Merge branches 'b', 'c' and 'd'"})
    assert how(landings(raw))["@m"] == ("merge", "m", ["b", "c", "d"])


def test_root_alone_is_a_push() -> None:
    """A repository of one commit has one change."""
    assert how(landings(Raw().commits("a"))) == {"@a": ("direct", "a", ["a"])}


def test_second_root_merged_in_is_the_merge_own() -> None:
    """History of another repository merged in comes with its merge."""
    assert how(landings(Raw().commits("a x:- y m:a,y")))["@m"] == ("merge", "m", ["x", "y"])


def test_empty_repository_has_no_changes() -> None:
    """No commits, no branch, a default branch that is not there, a manifests repository: no changes and no error."""
    assert landings(Raw()).rows == {}
    assert landings(Raw().commits("a", branch=None)).rows == {}
    assert landings(Raw().commits("a"), branch="trunk").rows == {}
    assert landings(Raw().commits("a"), role="manifests").rows == {}


def test_open_heads_are_told_without_a_landing() -> None:
    """PR heads that did not land are kept with their commits, open or closed: Git does not tell."""
    raw = Raw().commits("a b:a c d:a", branch=None).branch("main", "a").pull(1, "c").pull(2, "d")
    assert how(landings(raw)) == {
        "@a": ("direct", "a", ["a"]),
        "#1": ("open", None, ["b", "c"]),
        "#2": ("open", None, ["d"]),
    }


def test_ref_to_a_commit_that_is_not_there_is_left_out() -> None:
    """PR heads, tags and branches that lead out of the clone or nowhere change nothing."""
    raw = Raw().commits("a s", says={"s": "Add (#1)"}).pull(1, "gone").pull(2, "gone").tag("v1", None)
    assert landings(raw).column("branch_commits") == {"@a": "landing", "#1": "no_ref"}


def test_report_names_what_the_message_does_not() -> None:
    """A squash whose message lost its number takes it from a report that knows the landing commit, and its branch."""
    raw = Raw().commits("a b:a s:a").change(5, sha="s", head_sha="b")
    assert how(landings(raw))["#5"] == ("squash", "s", ["b"])


def test_report_does_not_take_a_number_that_a_message_gave() -> None:
    """A number that a commit names itself stays there, whatever a report says of another commit."""
    raw = Raw().commits("a s t", says={"s": "Add (#5)"}).change(5, sha="t")
    assert landings(raw).column("landing_sha") == {"@a": "a", "#5": "s", "@t": "t"}


def test_shallow_history_begins_at_its_boundary() -> None:
    """A commit whose parent is not in the clone is the first step, and a squash onto it finds its branch."""
    raw = Raw().commits("b:lost c:b s:b", says={"s": "Add (#1)"}).pull(1, "c")
    assert how(landings(raw)) == {"@b": ("direct", "b", ["b"]), "#1": ("squash", "s", ["c"])}


def test_revert_is_linked_to_what_it_took_back() -> None:
    """By commit, by a commit of the branch, by number, and a revert of a revert to the revert."""
    says = {
        "s": "S (#1)",
        "r": 'Revert "S (#1)" (#2)\n\nReverts acme/shop#1',
        "rr": 'Revert "Revert "S (#1)" (#2)" (#3)\n\nReverts acme/shop#2',
    }
    assert landings(Raw().commits("a s r rr", says=says)).column("reverted_by") == {
        "@a": None,
        "#1": "#2",
        "#2": "#3",
        "#3": None,
    }


def test_revert_of_a_commit_inside_a_branch_reverts_its_change() -> None:
    """Naming one commit of a merged branch, or the merge that nested it, takes back that change and no other."""

    def reverts(name: str) -> dict[str, str | None]:
        says = {"dm": merged(1), "m": merged(2), "r": f'Revert "x"\n\nThis reverts commit {commit_id(name)}.'}
        raw = Raw().commits("a d1:a f1:a dm:d1,f1 e m:a,e r", says=says).pull(1, "f1").pull(2, "e")
        return {key: by for key, by in landings(raw).column("reverted_by").items() if by}

    assert reverts("f1") == {"#1": "@r"}
    assert reverts("dm") == {"#1": "@r"}
    assert reverts("d1") == {"#2": "@r"}
    assert reverts("m") == {"#2": "@r"}
    assert reverts("a") == {"@a": "@r"}
    assert reverts("elsewhere") == {}


def test_first_revert_counts() -> None:
    """A change taken back twice was taken back by the first; one that takes back itself was not."""
    says = {"s": "S (#1)", "r": 'Revert "S (#1)"', "t": 'Revert "S (#1)"', "u": "U (#9)\n\nReverts #9"}
    found = landings(Raw().commits("a s r t u", says=says)).column("reverted_by")
    assert {key: by for key, by in found.items() if by} == {"#1": "@r"}


def test_trailer_with_an_address_beats_the_number_of_the_subject() -> None:
    """The request whose address a trailer has landed, whatever number ends the subject; a copy repeats a trailer."""
    trailer = "\n\nPull Request resolved: https://github.com/acme/shop/pull/1"
    picked = f"{trailer}\n\n(cherry picked from commit {commit_id('s')})"
    says = {"s": f"Add (#91){trailer}", "t": f"Mend (#2){picked}"}
    found = landings(Raw().commits("a b:a c:a s:a t", says=says).pull(1, "b").pull(2, "c"))
    assert {key: row["landing_sha"] for key, row in found.rows.items()} == {"@a": "a", "#1": "s", "#2": "t"}


def test_rebase_whose_subjects_name_issues() -> None:
    """A commit within a run of copies belongs to the request whose copies these are, not to a number without a ref."""
    says = {"b": "Mend (#73)", "b2": "Mend (#73)", "c2": "c"}
    raw = Raw().commits("a b:a c x:a b2 c2", says=says, authored={"b2": 2, "c2": 3}).pull(1, "c")
    found = landings(raw)
    assert (found.own["#1"], found.brought["#1"], "#73" in found.rows) == (["b", "c"], ["b2", "c2"], False)


def test_backport_does_not_take_what_it_copies() -> None:
    """A request that is made of copies of a step did not land it, though the number of that has no ref."""
    raw = Raw().commits("a r:a s2@9:r s@3:a", says=dict.fromkeys(("s", "s2"), "Mend (#73)"), authored={"s2": 3})
    assert landings(raw.pull(1, "s2")).rows["#73"]["landing_sha"] == "s"


def test_forge_words_without_a_ref_beat_a_copy() -> None:
    """What a forge itself writes of the request that it merged names no issue, and a request with a copy stays open."""
    says = dict.fromkeys(("b", "s"), "Merged PR 73: Mend")
    raw = Raw().commits("a b:a s@9:a", says=says, authored={"b": 2, "s": 2}).pull(1, "b")
    assert {key: row["landed_by"] for key, row in landings(raw).rows.items()} == {
        "@a": "direct",
        "#73": "squash",
        "#1": "open",
    }


def test_no_commit_is_the_work_of_two_changes() -> None:
    """A branch that was squashed, and merged once more with another commit, adds only that; without one it is empty."""
    says = {"s": "Add (#1)", "m": "x", "n": "y"}
    raw = Raw().commits("a b:a c s:a d:c m:s,d e:a t:m n:t,e", says={**says, "t": "Add (#2)"}).pull(1, "c").pull(2, "e")
    found = landings(raw)
    assert {key: found.own[key] for key in ("#1", "@m", "#2")} == {"#1": ["b", "c"], "@m": ["d"], "#2": ["e"]}
    assert sum(map(len, found.own.values())) == len({name for own in found.own.values() for name in own})


def test_number_of_a_request_that_was_begun_later() -> None:
    """A step names no request whose branch contains it and was written later by others, but one of its own author."""
    says = {"s": "Old (#1)", "t": "Old (#2)", "u": "Add (#3)"}
    raw = Raw().commits("a p:a s@10:a t b@90:t c@91:t u@99:t", says=says, by={"b": "bob", "p": "bob"})
    found = landings(raw.pull(1, "b").pull(2, "c").pull(3, "p"))
    assert {key: (row["landed_by"], row["landing_sha"]) for key, row in found.rows.items()} == {
        "@a": ("direct", "a"),
        "@s": ("direct", "s"),
        "#1": ("open", None),
        "#2": ("squash", "t"),
        "#3": ("squash", "u"),
    }
    assert found.notes["numbers_of_others"] == 1
