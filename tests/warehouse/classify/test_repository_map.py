from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.warehouse.classify.making import RULES, landed
from warehouse.classify import ChangeFacts, Evidence, Rules, RuleSettings, Verdict, classify_repository


def history(*changes: tuple[str, str]) -> list[ChangeFacts]:
    """Changes of one file each, from their subjects and paths."""
    return [
        landed(subject, change_id=f"git:shop@{number}", sha=f"{number:040x}", paths=(path,))
        for number, (subject, path) in enumerate(changes)
    ]


def verdicts(changes: list[ChangeFacts], rules: Rules = RULES) -> list[Verdict]:
    """The verdicts on a repository of these changes."""
    return [verdict for _, verdict in classify_repository(changes, rules)]


def evidence_of(verdict: Verdict, rule: str) -> Evidence | None:
    """The evidence by one rule."""
    return next((item for item in verdict.evidence if item.rule == rule), None)


SPEAKING = [("Index the embeddings", f"src/vector/{letter}.py") for letter in "abcdef"]
OTHERS = [(f"Sort shelf {number}", f"src/cart/{number}.py") for number in range(40)]


def test_place_is_known_by_its_other_changes() -> None:
    """A terse change in a folder whose other changes speak of AI is AI work, with the folder as evidence."""
    *_, inside, outside = verdicts(history(*SPEAKING, *OTHERS, ("Tidy", "src/vector/g.py"), ("Tidy", "src/cart/z.py")))
    assert inside.builds_ai
    assert not outside.builds_ai
    place = evidence_of(inside, "map-place")
    assert place is not None
    assert (place.field, place.matched) == ("path", "src/vector")


def test_file_is_known_by_its_own_history() -> None:
    """Where a third of the changes is terse, a file of many AI changes tells of one more; its neighbour does not."""
    subjects = ("Ask OpenAI for LLM answers", "Stream AI answers", "Tidy")
    answers = [(subject, "app/concierge/answer.py") for _ in range(30) for subject in subjects]
    others = [*OTHERS, ("Tidy", "app/up.py"), ("Tidy", "app/up.py")]
    *_, known, new = verdicts(history(*answers, *others, ("Tidy", "app/concierge/answer.py"), ("Tidy", "app/up.py")))
    assert known.builds_ai
    assert not new.builds_ai
    firm = evidence_of(known, "map-file")
    assert firm is not None
    assert firm.matched == "54 of 90 changes of app/concierge/answer.py"
    assert known.probability > new.probability


@pytest.mark.parametrize(
    ("month", "is_ai"), [("2024-01", False), ("2025-04", True), ("2025-09", True), ("2026-12", False)]
)
def test_place_is_ai_code_from_when_it_became_so_until_it_stops(month: str, *, is_ai: bool) -> None:
    """Terse changes count from a little before the first change that speaks of AI until some time after the last."""
    speaking = [(f"2025-{1 + number // 10:02}", subject, path) for number, (subject, path) in enumerate(SPEAKING * 9)]
    others = [
        (f"{year}-{number:02}", "Sort", f"src/cart/{number}.py") for year in (2024, 2026) for number in range(1, 13)
    ]
    dated = [*speaking, *others, (month, "Tidy", "src/vector/a.py")]
    changes = [
        landed(
            subject,
            change_id=f"git:shop@{number}",
            sha=f"{number:040x}",
            paths=(path,),
            committed_at=datetime.fromisoformat(f"{at}-15"),
        )
        for number, (at, subject, path) in enumerate(dated)
    ]
    assert verdicts(changes)[-1].builds_ai is is_ai


def test_names_go_with_a_file_that_moves() -> None:
    """A name of which the history speaks as AI work is evidence elsewhere too."""
    moved = verdicts(history(*SPEAKING, *OTHERS, ("Tidy", "crates/core/vector.rs")))[-1]
    name = evidence_of(moved, "map-name")
    assert name is not None
    assert "vector" in name.matched
    assert name.weight >= 0.5


def test_name_of_a_feature_is_learned_from_its_changes() -> None:
    """The name that a team gives its AI feature is evidence in a title, though no rule has it."""
    telling = [("Marvin answers with OpenAI", f"src/marvin/{number}.py") for number in range(6)]
    greeting = verdicts(history(*telling, *OTHERS, ("Marvin greets people", "docs/guide.md")))[-1]
    word = evidence_of(greeting, "map-word")
    assert word is not None
    assert "marvin" in word.matched
    assert (
        greeting.probability > verdicts(history(*telling, *OTHERS, ("Greet people", "docs/guide.md")))[-1].probability
    )


def test_few_changes_teach_nothing() -> None:
    """Two changes are no history, and no change is its own witness."""
    speaking = [("Index the embeddings", f"src/ranker/{letter}.py") for letter in "ab"]
    assert not verdicts(history(*speaking, ("Tidy", "src/ranker/e.py")))[2].builds_ai
    alone = verdicts(history(("Tune the ai", "src/cart/a.py"), ("Tidy", "src/cart/b.py"), ("Tidy", "src/cart/c.py")))
    assert [verdict.builds_ai for verdict in alone] == [False, False, False]


def test_ambiguous_word_is_not_its_own_witness() -> None:
    """A help desk has many changes of agents, who are people: an ambiguous word and path do not add up."""
    desk = [(f"fix: agent page {number}", f"desk/settings/agents/Page{number}.vue") for number in range(30)]
    found = verdicts(history(*desk, *OTHERS))
    assert not any(verdict.builds_ai for verdict in found)
    word = evidence_of(found[0], "map-word")
    assert word is None or word.weight < 0.7


def test_ai_files_do_not_speak_for_their_neighbours() -> None:
    """In a folder of many integrations the AI ones say nothing of the others."""
    changes = [("feat(openai): spans", f"src/integrations/openai_{letter}.py") for letter in "abcdef"]
    found = verdicts(history(*changes, ("Fix redis", "src/integrations/redis.py")))
    assert [verdict.builds_ai for verdict in found] == [True] * 6 + [False]


def test_minority_teaches_nothing() -> None:
    """A folder where most changes are other work is no AI folder."""
    others = [("Tidy", f"src/vector/{number}.py") for number in range(30)]
    assert not verdicts(history(*SPEAKING, *others))[-1].builds_ai


def test_hidden_folders_are_not_learned() -> None:
    """CI is never AI code, whatever its changes speak of."""
    changes = [("Evaluate the LLM nightly", f".github/workflows/{letter}.yml") for letter in "abcd"]
    cached = verdicts(history(*changes, *OTHERS, ("Cache", ".github/workflows/e.yml")))[-1]
    assert evidence_of(cached, "map-place") is None


def test_probability_is_a_half_where_evidence_suffices() -> None:
    """The probability grows with the evidence, and whether it is AI work is whether it is a half or more."""
    found = verdicts(history(*SPEAKING, *OTHERS, ("Tidy", "src/vector/g.py")))
    assert all(0 <= verdict.probability <= 1 for verdict in found)
    assert [verdict.builds_ai for verdict in found] == [verdict.probability >= 0.5 for verdict in found]


def test_team_sets_the_weights_of_the_map() -> None:
    """Numbers of the settings replace the fitted ones; without weight the map says nothing."""
    silent = Rules.load(RuleSettings(numbers={"map_place": 0.0, "map_file": 0.0, "map_name": 0.0, "map_word": 0.0}))
    changes = history(*SPEAKING, *OTHERS, ("Tidy", "src/vector/g.py"))
    assert not [item for item in verdicts(changes, silent)[-1].evidence if item.rule.startswith("map-")]


def test_order_does_not_matter() -> None:
    """Newest first or oldest first, the verdicts are the same."""
    changes = history(*SPEAKING, ("Tidy", "src/vector/g.py"), ("Tidy", "src/cart/e.py"))
    forward, backward = verdicts(changes), verdicts(changes[::-1])
    assert [verdict.builds_ai for verdict in forward] == [verdict.builds_ai for verdict in backward[::-1]]


def test_plain_iterator_is_gone_through_once() -> None:
    """What can only be read once is kept."""

    def once() -> Iterator[ChangeFacts]:
        yield from history(*SPEAKING, ("Tidy", "src/vector/g.py"))

    assert [verdict.builds_ai for _, verdict in classify_repository(once(), RULES)] == [True] * 7


@pytest.mark.parametrize("changes", [[], history(("Tidy", "a.py"))])
def test_small_repository_is_judged(changes: list[ChangeFacts]) -> None:
    """No history is no error."""
    assert [verdict.builds_ai for verdict in verdicts(changes)] == [False] * len(changes)


@pytest.mark.parametrize(
    "path",
    [
        "src/Libraries/Microsoft.Extensions.AI/ChatOptions.cs",
        "cli/extensions/azure.ai.agents/cmd/run.go",
        "src/ui/TextToSpeech/Voices.cs",
        "src/main/java/neuralsearch/Index.java",
        "frontend/src/editor/copilot/client.ts",
    ],
)
def test_dotted_and_joined_names_are_read(path: str) -> None:
    """A name of AI counts as a part of a dotted package and of joined words."""
    assert RULES.judge(landed("Tidy", paths=(path,))).builds_ai


@pytest.mark.parametrize("path", ["img/logo.ai", "src/maintain/train.py", "src/AIRPORT.md", "copilot/api/manifest.yml"])
def test_names_that_only_look_so_are_no_evidence(path: str) -> None:
    """Letters inside of other words, and drawings, say nothing."""
    assert not RULES.judge(landed("Tidy", paths=(path,))).builds_ai


def product(changes: int, *, speaking: int, name: str = "shop") -> list[ChangeFacts]:
    """The history of a product in which one of so many changes speaks of AI, and a silent last one in a new folder."""
    subjects = [("Ask OpenAI again", "Sort by name")[number % speaking > 0] for number in range(changes)]
    paths = [f"part{number % 37}/file{number % 101}.py" for number in range(changes)]
    return [
        landed(subject, change_id=f"git:{name}@{number}", sha=f"{number:040x}", paths=(path,))
        for number, (subject, path) in enumerate(
            zip((*subjects, "Keep the size"), (*paths, "new/size.py"), strict=True)
        )
    ]


def test_changes_of_a_product_that_is_ai_as_a_whole_count_without_a_word() -> None:
    """Where a third of all changes speak of AI, everywhere, the others are AI work more likely than not."""
    last = verdicts(product(600, speaking=3))[-1]
    share = evidence_of(last, "map-share")
    assert last.builds_ai
    assert share is not None
    assert not last.builds_ai_itself(RULES.rule_set.numbers.builds_ai)
    assert share.field == "repo"
    assert 28 <= int(share.matched.removesuffix("% of its changes")) <= 34


def test_few_changes_do_not_show_a_product_of_ai() -> None:
    """The same share in a hundred changes is no evidence; in two hundred it has half of its weight."""
    assert evidence_of(verdicts(product(84, speaking=3))[-1], "map-share") is None
    weights = [evidence_of(verdicts(product(changes, speaking=3))[-1], "map-share") for changes in (185, 600)]
    assert weights[0] is not None
    assert weights[1] is not None
    assert weights[0].weight == pytest.approx(weights[1].weight / 2, rel=0.02)


def test_product_with_ai_features_is_not_ai_as_a_whole() -> None:
    """Where one change in twenty speaks of AI, the others have nothing from that."""
    last = verdicts(product(600, speaking=20))[-1]
    assert evidence_of(last, "map-share") is None
    assert not last.builds_ai


def test_upkeep_of_a_product_of_ai_counts_half() -> None:
    """Linters and bumps pass through an AI product as through any other."""
    *history_of_product, last = product(600, speaking=3)
    upkeep = last._replace(landing=last.landing._replace(message="chore: keep the size")) if last.landing else last
    half, full = (evidence_of(verdicts([*history_of_product, item])[-1], "map-share") for item in (upkeep, last))
    assert half is not None
    assert full is not None
    assert half.weight == pytest.approx(full.weight / 2)


def test_name_and_share_of_a_product_of_ai_do_not_add_up() -> None:
    """A name that says AI and the changes that show it are one fact: the heavier of both counts."""
    named, unnamed = (verdicts(product(600, speaking=3, name=name))[-1] for name in ("acme/acme-ai", "acme/shop"))
    name, rest, whole = (
        evidence_of(named, "repo-name-ai"),
        evidence_of(named, "map-share"),
        evidence_of(unnamed, "map-share"),
    )
    assert name is not None
    assert rest is not None
    assert whole is not None
    assert name.weight + rest.weight == pytest.approx(whole.weight, abs=0.1)
