from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.settings import InitiativeSettings, RungSettings
from warehouse.initiatives import InitiativeRules, Piece, initiatives_in
from warehouse.initiatives.names import readable, subjects

START = datetime(2026, 1, 5)
RULES = InitiativeRules()
REPO = "github:acme/shop"


def piece(number: int, *paths: str, ai: bool = False, day: float = 0, **facts: Any) -> Piece:
    """A change by number, begun so many days after the start."""
    at = START + timedelta(days=day or number)
    whole = Piece(f"{REPO}#{number}", "", "", (), ai, ai, at, tuple(sorted(paths)))
    return whole._replace(**facts)


def many(first: int, count: int, *paths: str, ai: bool = True, day: float = 0) -> list[Piece]:
    """As many changes of the same paths, a day apart."""
    return [piece(first + n, *paths, ai=ai, day=day + n + 1) for n in range(count)]


def found(pieces: list[Piece], rules: InitiativeRules = RULES) -> dict[str, int]:
    """The found initiatives by what follows the repository in their id, and how many changes each has."""
    return {one.id.removeprefix(f"found:{REPO}"): len(one.members) for one in initiatives_in(REPO, pieces, rules)}


OTHER = many(500, 40, "src/basket/total.py", ai=False)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("spec/lib/answer_composition/pipeline_spec.rb", ["", "", "answer composition", "pipeline"]),
        ("src/AiAssistants/OpenAIClient.cs", ["", "ai assistant", "openai"]),
        ("notebooks/embeddings/try.ipynb", ["", "embedding", "try"]),
        (".github/llm/x.py", []),
        ("app/llm/prompts.yml", ["", "llm"]),
    ],
)
def test_subjects_are_the_same_wherever_they_lie(path: str, told: list[str]) -> None:
    """Words of structure, hidden folders and files without code tell nothing; humps, plurals and case do not matter."""
    assert list(subjects(path)) == told


def test_names_are_readable() -> None:
    """A folder's name becomes words, with acronyms as people write them."""
    assert [readable(name) for name in ("paperless_ai", "answerRelevancy", "ai-chat", "x.py")] == [
        "Paperless AI",
        "Answer relevancy",
        "AI chat",
        "X",
    ]


def test_ai_work_in_one_place_is_an_initiative() -> None:
    """Five changes are enough, four are not; tests and notebooks of the same subject belong to it."""
    work = [*many(1, 3, "app/llm/run.py"), piece(8, "tests/llm/test_run.py", ai=True)]
    assert found([*OTHER, *work]) == {}
    assert found([*OTHER, *work, piece(9, "notebooks/llm/try.ipynb", ai=True)]) == {"/llm": 5}


def test_half_of_a_subject_must_be_ai() -> None:
    """A folder in which other work is more frequent is no initiative, however much AI work it has."""
    work = many(1, 6, "app/search/rank.py")
    assert found([*OTHER, *work, *many(20, 6, "app/search/rank.py", ai=False)]) == {"/search": 12}
    assert found([*OTHER, *work, *many(20, 7, "app/search/rank.py", ai=False)]) == {}


def test_what_changes_together_is_one() -> None:
    """A subject of which half the changes are in a larger one joins it; one of which fewer are stands alone."""
    together = many(1, 6, "app/llm/run.py", "app/guardrails/check.py")
    assert found([*OTHER, *together, *many(20, 6, "app/guardrails/check.py")]) == {"/guardrail": 12}
    apart = [*many(1, 2, "app/llm/run.py", "app/guardrails/check.py"), *many(30, 8, "app/llm/run.py")]
    assert found([*OTHER, *apart, *many(20, 6, "app/guardrails/check.py")]) == {"/llm": 10, "/guardrail": 8}


def test_sweeps_say_nothing_of_what_they_pass() -> None:
    """A change speaks for a subject with the share of its files there: licence headers in every file are no work."""
    work = many(1, 6, "app/search/rank.py")
    swept = [f"app/a{n}/b.py" for n in range(19)]
    assert found([*OTHER, *work, *many(20, 12, "app/search/rank.py", *swept, ai=False)]) == {"/search": 6}
    passing = many(1, 6, "app/search/rank.py", *swept)
    assert "/search" not in found([*many(500, 80, "src/basket/total.py", ai=False), *passing])


def test_a_smaller_share_stands_out_where_ai_is_rare() -> None:
    """Of twenty changes 35 % are enough, if that is six times the share of the whole repository."""
    work = [*many(1, 9, "app/search/rank.py"), *many(50, 15, "app/search/rank.py", ai=False)]
    assert found([*many(500, 140, "src/basket/total.py", ai=False), *work]) == {"/search": 24}
    assert found([*many(500, 80, "src/basket/total.py", ai=False), *work]) == {}
    fewer = [*many(1, 6, "app/search/rank.py"), *many(50, 18, "app/search/rank.py", ai=False)]
    assert found([*many(500, 300, "src/basket/total.py", ai=False), *fewer]) == {}


def test_what_got_another_name_is_one() -> None:
    """A subject joins the one to which half of its files moved, and the one whose initials it is."""
    old, new = many(1, 5, "app/oracle/run.py"), many(20, 6, "app/advice/run.py")
    assert found([*OTHER, *old, *new]) == {"/oracle": 5, "/advice": 6}
    moved = initiatives_in(REPO, [*OTHER, *old, *new], RULES, [("app/oracle/run.py", "app/advice/run.py")])
    assert [(one.id, len(one.members)) for one in moved] == [(f"found:{REPO}/advice", 11)]
    into = initiatives_in(REPO, [*OTHER, *old, *new], RULES, [("app/oracle/run.py", "app/advice/oracle/run.py")])
    assert len(into) == 2
    short = [*many(1, 6, "ltr/train.py"), *many(20, 7, "lib/learn_to_rank/run.rb")]
    assert found([*OTHER, *short]) == {"/learn-to-rank": 13}


def test_a_name_comes_from_code_rather_than_from_tests() -> None:
    """Where tests are touched more often the initiative is still called what its code is called."""
    work = [*many(1, 4, "app/embedding_test.go"), *many(20, 3, "app/embedding.go")]
    assert [one.name for one in initiatives_in(REPO, [*OTHER, *work], RULES)] == ["Embedding"]


def test_other_changes_count_with_half_of_their_files() -> None:
    """A change that builds no AI belongs to what it mostly touches, not to what it passes through."""
    work = many(1, 6, "app/llm/run.py")
    mostly = piece(50, "app/llm/run.py", "docs/a.md")
    passing = piece(51, "app/llm/run.py", "docs/a.md", "docs/b.md")
    members = initiatives_in(REPO, [*OTHER, *work, mostly, passing], RULES)[0].members
    assert members[mostly.change_id] == "1 of 2 files, such as app/llm/run.py"
    assert passing.change_id not in members


def test_an_ai_product_is_one_initiative() -> None:
    """Where four of five changes build AI the repository is the initiative; below that its folders are looked at."""
    work = many(1, 8, "app/llm/run.py")
    assert found([*work, *OTHER[:2]]) == {"": 10}
    assert found([*work, *OTHER[:3]]) == {"/llm": 8}


def test_silence_ends_an_initiative() -> None:
    """After a year another one begins, if both are large enough; a short echo belongs to the other."""
    first, later = many(1, 5, "app/llm/run.py"), many(20, 5, "app/llm/run.py", day=400)
    assert found([*OTHER, *first, *later]) == {"/llm": 5, "/llm@2027-02": 5}
    assert found([*OTHER, *first, *later[:4]]) == {"/llm": 9}
    assert found([*OTHER, *first[:4], *later]) == {"/llm": 9}
    patient = InitiativeRules(RungSettings(find_silence_days=500))
    assert found([*OTHER, *first, *later], patient) == {"/llm": 10}


def test_named_work_is_not_found_again() -> None:
    """What the settings name is theirs; a found one can be named by its id, and dropped."""
    pieces = [*OTHER, *many(1, 6, "app/llm/run.py")]
    named = InitiativeSettings(name="Rewriting", paths=("app/llm/",))
    (one,) = initiatives_in(REPO, pieces, InitiativeRules(named=(named,)))
    assert (one.id, one.name, one.found) == ("rewriting", "Rewriting", False)
    called = InitiativeSettings(name="Rewriting", found=f"found:{REPO}/llm")
    (one,) = initiatives_in(REPO, pieces, InitiativeRules(named=(called,)))
    assert (one.id, one.name, one.found) == (f"found:{REPO}/llm", "Rewriting", False)
    more = [*pieces, piece(90, "app/rewriter/a.py")]
    (one,) = initiatives_in(REPO, more, InitiativeRules(named=(replace(called, paths=("app/rewriter/",)),)))
    assert (one.id, one.name, len(one.members)) == (f"found:{REPO}/llm", "Rewriting", 7)
    assert [one.owns(path) for path in ("app/rewriter/b.py", "app/llm/b.py", "app/b.py")] == [True, True, False]
    (one,) = initiatives_in(REPO, pieces, InitiativeRules(named=(replace(called, dismiss=True),)))
    assert (one.dismissed, one.members) == (True, {})
    assert initiatives_in(REPO, pieces, InitiativeRules(RungSettings(find=False))) == []


def test_what_is_left_of_a_found_one_is_found_if_it_is_most_of_it() -> None:
    """Beside what is named, a found one keeps its other changes if they are half of it and five; else it is gone."""
    rag = [one._replace(title="RAG") for one in many(1, 7, "app/llm/run.py")]
    pieces = [*OTHER, *rag[:5], *many(20, 6, "app/llm/run.py")]
    called = InitiativeSettings(name="Search", topic="RAG")
    assert found(pieces, InitiativeRules(named=(called,))) == {"search": 5, "/llm": 6}
    assert found(pieces[:-1], InitiativeRules(named=(called,))) == {"search": 5, "/llm": 5}
    assert found(pieces[:-2], InitiativeRules(named=(called,))) == {"search": 5}
    assert found([*pieces, *rag[5:]], InitiativeRules(named=(called,))) == {"search": 7}


def test_what_is_added_to_a_found_one_is_not_found_again() -> None:
    """The changes that the settings add to a named one by its paths are its own as well."""
    pieces = [*OTHER, *many(1, 6, "app/llm/run.py"), *many(20, 7, "app/rank/run.py")]
    called = InitiativeSettings(name="Answers", found=f"found:{REPO}/llm", paths=("app/rank/",))
    assert found(pieces) == {"/rank": 7, "/llm": 6}
    assert found(pieces, InitiativeRules(named=(called,))) == {"/llm": 13}


def test_naming_one_leaves_the_ids_of_the_others() -> None:
    """What an id stands for does not change with what else is named, so what was dismissed does not come back."""
    both = many(1, 8, "app/llm/run.py", "app/guardrails/check.py")
    pieces = [*OTHER, *both, *many(20, 7, "app/guardrails/check.py"), *many(40, 9, "app/llm/run.py")]
    assert found(pieces) == {"/llm": 24}
    away = InitiativeSettings(found=f"found:{REPO}/llm", dismiss=True)
    for called in (InitiativeSettings(name="Basket", paths=("src/",)), InitiativeSettings(name="A", paths=("*/llm/",))):
        others = {one.id for one in initiatives_in(REPO, pieces, InitiativeRules(named=(called, away))) if one.members}
        assert others == {called.name.lower()}


def test_an_id_holds_when_another_subject_becomes_the_most_frequent() -> None:
    """It stands for the initiative of which its subject is in half of the AI changes, and not for one of which less."""
    both, more = many(1, 8, "app/llm/run.py", "app/guardrails/check.py"), many(20, 4, "app/llm/run.py")
    away = InitiativeSettings(found=f"found:{REPO}/guardrail", dismiss=True)
    assert found([*OTHER, *both, *more]) == {"/llm": 12}
    assert found([*OTHER, *both, *more], InitiativeRules(named=(away,))) == {"/guardrail": 0}
    most = [*OTHER, *both, *more, *many(30, 5, "app/llm/run.py")]
    assert found(most, InitiativeRules(named=(away,))) == {"/llm": 17}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"paths": ("app/llm/",)}, {1: "1 of 2 files match app/llm/", 2: "1 of 3 files match app/llm/"}),
        ({"labels": ("squad/*",)}, {3: "label Squad/AI"}),
        ({"branches": ("ai/*",)}, {4: "branch ai/x"}),
        ({"title": r"\bRAG\b"}, {5: "title: 'RAG'"}),
        ({"topic": "rag"}, {5: "topic: 'RAG'"}),
        ({"builds_ai": True}, {2: "builds AI"}),
        ({"builds_ai": False, "title": "."}, {5: "title: 'R'", 6: "title: 's'"}),
        ({"repo": "other/*", "title": "."}, {}),
        ({"title": "RAG", "labels": ("squad/ai",)}, {3: "label Squad/AI", 5: "title: 'RAG'"}),
    ],
)  # fmt: skip
def test_named_initiatives_say_why_a_change_is_theirs(settings: dict[str, object], told: dict[int, str]) -> None:
    """By paths, labels, branches, titles and topics, in the repositories that match."""
    pieces = [
        piece(1, "app/llm/a.py", "b"),
        piece(2, "app/llm/a.py", "b", "c", ai=True),
        piece(3, labels=("x", "Squad/AI")),
        piece(4, branch="ai/x"),
        piece(5, title="RAG for storage"),
        piece(6, title="storage", paths=("app/llm/a.py", "b", "c")),
    ]
    one = InitiativeSettings(name="A", **settings)  # type: ignore[arg-type]
    seen = initiatives_in(REPO, pieces, InitiativeRules(RungSettings(find=False), (one,)))
    assert [each.members for each in seen] == ([{f"{REPO}#{key}": why for key, why in told.items()}] if told else [])


def test_share_of_a_product_alone_makes_no_initiative() -> None:
    """In a product that is AI as a whole a folder is detected by signs of its own; what is named has all AI work."""
    lent = [one._replace(builds_ai=True) for one in many(40, 8, "app/rank/sum.py", ai=False)]
    work = [*OTHER, *many(1, 8, "app/llm/run.py"), *lent]
    assert found(work) == {"/llm": 8}
    assert found([one._replace(builds_ai_itself=one.builds_ai) for one in work]) == {"/llm": 8, "/rank": 8}
    every = InitiativeRules(RungSettings(find=False), (InitiativeSettings(name="A", builds_ai=True),))
    assert [len(one.members) for one in initiatives_in(REPO, work, every)] == [16]


PATHS = st.sampled_from(["app/llm/a.py", "app/llm/b.py", "app/rank/a.py", "tests/rank/t.py", "src/basket/a.py", "x.md"])


@given(st.lists(st.tuples(st.booleans(), st.sets(PATHS, min_size=1), st.integers(0, 900)), max_size=60))
def test_found_initiatives_are_large_and_ai(work: list[tuple[bool, set[str], int]]) -> None:
    """Whatever happened: none is small, none is without AI work, ids differ, and the order of changes means nothing."""
    pieces = [piece(n, *paths, ai=ai, day=day + 1) for n, (ai, paths, day) in enumerate(work)]
    seen = initiatives_in(REPO, pieces, RULES)
    builds = {one.change_id for one in pieces if one.builds_ai}
    assert all(len(one.members) >= 5 and one.members.keys() & builds for one in seen)
    assert len({one.id for one in seen}) == len(seen)
    again = initiatives_in(REPO, pieces[::-1], RULES)
    assert [(one.id, one.members) for one in again] == [(one.id, one.members) for one in seen]


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.booleans(), st.sets(PATHS, min_size=1), st.integers(0, 900)), min_size=9, max_size=60),
    st.sets(PATHS, max_size=2),
    st.booleans(),
)
def test_found_initiatives_have_no_change_of_others(
    work: list[tuple[bool, set[str], int]], paths: set[str], dismiss: bool
) -> None:
    """Whatever is named or dismissed: what is found beside it has none of its changes, and was found before."""
    pieces = [piece(n, *places, ai=ai, day=day + 1) for n, (ai, places, day) in enumerate(work)]
    before = {one.id: one.members.keys() for one in initiatives_in(REPO, pieces, RULES)}
    first = next(iter(before), f"found:{REPO}/none")
    named = (
        InitiativeSettings(name="" if dismiss else "First", found=first, paths=tuple(paths), dismiss=dismiss),
        InitiativeSettings(name="Text", paths=("*.md",)),
    )
    seen = initiatives_in(REPO, pieces, InitiativeRules(named=named))
    held = set(before.get(first, ())).union(*(one.members for one in seen if not one.found))
    proposed = [one for one in seen if one.found and not one.dismissed]
    assert all(one.members and held.isdisjoint(one.members) for one in proposed)
    assert all(one.members.keys() <= before[one.id] for one in proposed)
