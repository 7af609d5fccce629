from __future__ import annotations

import pytest

from tests.builders.rows import Raw, built, commit_id, hour
from tests.warehouse.given import Landings, landings

# A branch of two commits off `a`, and a step `s` that may have landed it.
BRANCH = "a b1@2:a b2@3 s@10:a t@20"


def landed_at(found: Landings, number: int) -> str | None:
    """The commit by which a pull request landed, None where it did not."""
    row = found.rows.get(f"#{number}")
    return row["landing_sha"] if row else None


def said(message: str, *, by: str = "ann") -> Raw:
    """The branch is #13, and the step has this message; the step after it has nothing to do with it."""
    raw = Raw(provider="github").commits(BRANCH, says={"s": message, "b2": "Add search"}, by={"s": by})
    return raw.files("b1", "search/a").files("b2", "search/b").files("s", "search/a", "search/b").pull(13, "b2")


@pytest.mark.parametrize(
    "message",
    [
        "Add search\n\nCloses #13 from ann/topic13.",
        "Add search\n\nPR-URL: https://github.com/acme/shop/pull/13",
        "Add search\n\nPull Request resolved: https://github.com/Acme/Shop/pull/13",
        "Add search\n\nCloses #13",
    ],
)
def test_body_names_what_it_landed(message: str) -> None:
    """A trailer with the request's address, a script's words, or a closing word beside its title and its paths."""
    found = landings(said(message))
    assert (landed_at(found, 13), found.own["#13"]) == ("s", ["b1", "b2"])
    assert [key for key in found.rows if key.startswith("@")] == ["@a", "@t"]


@pytest.mark.parametrize(
    "message",
    [
        "Add search\n\nCloses #9",  # an issue: no ref and no report has its number
        "Close stale requests\n\nCloses #13, closes #14, closes #15",
        "Look at #13 again\n\nSee #13.",
    ],
)
def test_body_that_landed_nothing(message: str) -> None:
    """Issues, stale requests closed together, another repository's address, and talk land no pull request."""
    raw = said(message).pull(14, "b1").pull(15, "gone")
    assert landed_at(landings(raw), 13) is None


def test_address_of_another_repository() -> None:
    """A request of another repository is none of this one, where messages name this one's own too."""
    says = {
        "s": "Add cart\n\nPR-URL: https://github.com/acme/shop/pull/14",
        "t": "Add search\n\nPR-URL: https://github.com/other/shop/pull/13",
    }
    found = landings(Raw(provider="github").commits(BRANCH, says=says).pull(13, "b2"))
    assert (landed_at(found, 13), landed_at(found, 14)) == (None, "s")


def test_closing_word_of_another_author_needs_more() -> None:
    """Who closes a request with other work did not land it, unless it was closed then, or has the same title."""
    message = "Fix it in another way\n\nCloses #13"
    assert landed_at(landings(said(message, by="bob")), 13) is None
    assert landed_at(landings(said(message, by="bob").change(13, opened=3, abandoned=10.1)), 13) == "s"
    titled = said("Add search\n\nCloses #13", by="bob").change(13, opened=3, title="Add search")
    assert landed_at(landings(titled), 13) == "s"


def closing(message: str, *paths: str, branch: tuple[str, ...] = ("search/a", "search/b")) -> Landings:
    """The branch of #13 changes these paths, and later its author closes it with a commit of other paths."""
    raw = Raw(provider="github").commits(BRANCH, says={"s": message}).files("b1", *branch).files("s", *paths)
    return landings(raw.pull(13, "b2").change(13, opened=3, title="Add search", abandoned=10.1))


@pytest.mark.parametrize("message", ["Search by a table\n\nCloses #13", "Add search\n\nCloses #13"])
def test_other_content_did_not_land_what_it_closes(message: str) -> None:
    """Not one path in common, or few of many: it is a change of its own, and the request was closed."""
    for paths in (("basket/a",), ("search/a", "basket/a", "basket/b", "basket/c", "basket/d")):
        found = closing(message, *paths, branch=("search/a", *(f"search/{place}" for place in range(4))))
        assert (landed_at(found, 13), found.own["@s"]) == (None, ["s"])
        assert found.doubts == []


def test_common_paths_alone_are_approximate() -> None:
    """The same author may have written it again: the request takes the commit, and its branch is not believed."""
    for paths in (("search/a",), ("search/a", "search/b", "search/c"), ()):
        found = closing("Search by a table\n\nCloses #13", *paths)
        assert (landed_at(found, 13), found.rows["#13"]["branch_commits"], found.own["#13"]) == ("s", "closed", ["s"])
        assert found.doubtful("closer_alone") == {"#13"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "request_outcome", "lead"), [("basket/a", "abandoned", 7), ("search/a", "production", 7)]
)
def test_lead_time_of_what_a_closing_word_names_begins_with_its_commit(
    path: str, request_outcome: str, lead: float
) -> None:
    """Other work, or work that only has paths of the request, was not complete when the request's branch was."""
    raw = Raw().commits("a b1@2:a b2@3 s@10:a", says={"s": "Search by a table\n\nCloses #13"})
    raw.files("b1", "search/a").files("b2", "search/b").files("s", path).pull(13, "b2")
    raw.change(13, opened=3, abandoned=10.1, code_complete=3, code_complete_source="branch_commits", first_commit=2)
    with built(raw.deploy("d0", "a", 1).deploy("d1", "s", 17)) as tables:
        rows = tables(
            "select change_id, outcome, lead_time_hours, code_complete_source, first_commit_at from lead_times"
        )
        by_sha = {row["change_id"].removeprefix(raw.repo_id): row for row in rows}
        assert by_sha["#13"]["outcome"] == request_outcome
        landed = by_sha["#13" if request_outcome == "production" else f"@{commit_id('s')}"]
        assert (landed["lead_time_hours"], landed["code_complete_source"]) == (lead, "landing_author_date")
        assert landed["first_commit_at"] != hour(2)
        in_doubt = int(request_outcome == "production")
        assert tables("select closer_alone, in_doubt from coverage") == [
            {"closer_alone": in_doubt, "in_doubt": in_doubt}
        ]


@pytest.mark.parametrize("title", ["Add search", "[SHOP-77] Add search", "SHOP-77: add search"])
def test_title_and_paths_show_what_landed(title: str) -> None:
    """With the title of the request, whatever ticket is before it, and most of its paths, the branch is what landed."""
    found = closing(f"{title}\n\nThis closes #13", "search/a", "search/b", "CHANGES.md")
    assert (landed_at(found, 13), found.own["#13"], found.doubtful("closer_alone")) == ("s", ["b1", "b2"], set())
    assert found.rows["#13"]["joined_by"] == "the message closes it, and it has its title and its paths"


def test_words_about_a_request_that_was_closed_long_before() -> None:
    """A commit of the next year that names a request, by number or by address, did not land it."""
    for message in ("Redo search (#13)", "Redo\n\nPR-URL: https://github.com/acme/shop/pull/13", "Redo\n\nCloses #13"):
        raw = Raw(provider="github").commits("a b1@2:a b2@3 s@900:a", says={"s": message}).pull(13, "b2")
        assert landed_at(landings(raw.change(13, opened=3, abandoned=10)), 13) is None
        assert landed_at(landings(raw.change(13, opened=3, abandoned=890)), 13) == "s"


def test_tree_of_the_head_is_that_of_its_squash() -> None:
    """A step with exactly the files of a head that left the branch before is its squash, whatever the message."""
    raw = Raw().commits("a b1:a b2 s:a t", trees={"s": "b2"}).pull(13, "b2")
    found = landings(raw)
    assert (landed_at(found, 13), found.own["#13"]) == ("s", ["b1", "b2"])


def test_squash_whose_subject_ends_in_the_number_of_an_issue() -> None:
    """The tree of a head says more than a number without a PR ref; a number with one, or another tree, stays."""
    says = {"s": "Fix crash (#90)"}
    found = landings(Raw().commits("a b1:a b2 s:a t", says=says, trees={"s": "b2"}).pull(91, "b2"))
    assert (landed_at(found, 91), found.own["#91"], "#90" in found.rows) == ("s", ["b1", "b2"], False)
    other = landings(Raw().commits("a b1:a b2 s:a t", says=says).pull(91, "b2"))
    assert (landed_at(other, 91), landed_at(other, 90)) == (None, "s")


def test_tree_that_several_steps_have_proves_nothing() -> None:
    """Before and after a revert the files are the same, and so are those of an empty commit on top of a step."""
    reverted = Raw().commits("a b1:a s:a t u", trees={"s": "b1", "u": "b1"}).pull(13, "b1")
    assert landed_at(landings(reverted), 13) is None
    empty = Raw().commits("a s b1:s t:s", trees={"b1": "s"}).pull(13, "b1")
    assert landed_at(landings(empty), 13) is None


def test_patch_and_authorship_of_a_single_commit() -> None:
    """A request of one commit landed where its patch did, or its author and date; a backport is made after it."""
    raw = Raw().commits("a b:a s:a", says={"s": "Reworded"}).pull(13, "b")
    assert landed_at(landings(raw), 13) is None
    for commit in ("b", "s"):
        raw.add("patch_ids", sha=commit_id(commit), patch_id="p")
    assert landed_at(landings(raw), 13) == "s"
    reworded = Raw().commits("a b:a s:a", says={"s": "Reworded"}, authored={"s": 2}).pull(13, "b")
    assert landed_at(landings(reworded), 13) == "s"
    backport = Raw().commits("a s b@9:a", says={"b": "[1.x] s"}, authored={"b": 2}).branch("main", "s").pull(13, "b")
    assert landed_at(landings(backport), 13) is None


def test_commits_of_a_request_that_each_name_it() -> None:
    """Neighbouring steps whose trailers name one request came with it, by its ref or without."""
    says = {name: f"{name}\n\nPart-of: <https://gitlab.example.com/acme/shop/-/merge_requests/7>" for name in "bcd"}
    alone = landings(Raw(provider="gitlab").commits("a b c d e", says=says))
    assert (landed_at(alone, 7), alone.brought["#7"], alone.rows["#7"]["landed_by"]) == ("d", ["b", "c", "d"], "rebase")
    forward = landings(Raw(provider="gitlab").commits("a b c d e", says=says).pull(7, "d"))
    assert (forward.own["#7"], forward.rows["#7"]["branch_commits"]) == (["b", "c", "d"], "joined")


@pytest.mark.parametrize(
    ("message", "by", "doubted"),
    [
        ("Fix it in another way\n\nCloses #13", "bob", True),
        ("Fix it in another way\n\nCloses #13", "ann", True),
        ("Add search\n\nCloses #13", "bob", False),
        ("Fix it\n\nCloses #13\nCo-authored-by: Ann <ANN@example.com>", "bob", True),
        ("Fix it\n\nPR-URL: https://github.com/acme/shop/pull/13", "bob", False),
    ],
)
def test_closing_that_only_paths_corroborate_is_counted(message: str, by: str, doubted: bool) -> None:
    """Where title, content and trailers have nothing in common, only the closing and paths show that it landed."""
    raw = said(message, by=by).change(13, opened=3, abandoned=10.1)
    found = landings(raw)
    assert landed_at(found, 13) == "s"
    assert found.doubtful("closer_alone") == ({"#13"} if doubted else set())


@pytest.mark.slow
@pytest.mark.parametrize(("closed", "expected"), [((13,), "s"), ((13, 14), None)])
def test_commit_that_the_forge_says_closed_it(closed: tuple[int, ...], expected: str | None) -> None:
    """The commit that closed one request landed it, and is reported; one that closed several landed none of them."""
    raw = Raw(provider="github").commits("a b1@2:a b2@3 c@4:a s@10:a t@20", by={"s": "bob"})
    raw.pull(13, "b2").pull(14, "c")
    for number, head in ((13, "b2"), (14, "c")):
        raw.add(
            "pull_requests",
            number=number,
            title="Add",
            author="ann",
            author_kind="person",
            draft=False,
            state="closed",
            base_ref="main",
            created_at=4,
            closed_at=10.1 if number in closed else None,
            head_sha=commit_id(head),
        )
        if number in closed:
            raw.add(
                "pull_request_events",
                number=number,
                event_id=f"e{number}",
                kind="closed",
                happened_at=10.1,
                after_sha=commit_id("s"),
            )
    with built(raw, as_of=30) as tables:
        rows = tables("select number, landing_sha from landings where number = 13")
        assert rows == [{"number": 13, "landing_sha": commit_id(expected) if expected else None}]
        assert tables("select landed_though_closed from coverage") == [{"landed_though_closed": int(bool(expected))}]
