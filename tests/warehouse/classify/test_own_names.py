"""What the name of a repository and files of every product say, and how products call their AI."""

from __future__ import annotations

import pytest

from tests.warehouse.classify.making import judged, rules_of

PLAIN = ("src/shop/cart.py",)


@pytest.mark.parametrize(
    ("title", "paths"),
    [
        ("Resize the box of ShopAI", PLAIN),
        ("Wait in LlmRateLimitedException", PLAIN),
        ("Show progress of face detection", PLAIN),
        ("Move it to a class of its own", ("api/face_extractor.py",)),
        ("Serve the tags", ("service/places365/main.py",)),
        ("Fix the height", ("frontend/aipanel/aimessage.tsx",)),
    ],
)
def test_names_that_products_give_to_their_ai(title: str, paths: tuple[str, ...]) -> None:
    """Names that end in AI, joined names in small letters, and names of public models are AI work."""
    assert judged(title, paths=paths).builds_ai


@pytest.mark.parametrize(
    "path", ["locale/thai/cart.py", "data/mumbai/rates.csv", "src/aid/plan.py", "src/aisle/shelf.py"]
)
def test_words_with_these_letters_are_none(path: str) -> None:
    """Languages, towns and words that begin or end with the same letters are no AI code."""
    assert rules_of(judged("Sort the shelves", paths=(path,)), "what") == set()


def test_own_name_says_nothing_in_paths_and_titles() -> None:
    """In a repository called by a term of AI that term is no evidence, wherever it stands; its name counts once."""
    verdict = judged("Update ollama.iss", paths=("app/ollama.rc",), change_id="github:acme/ollama@1")
    assert rules_of(verdict, "what") == {"repo-name"}
    named = judged(
        "Sort", paths=("src/acme/neuralsearch/NeuralSearchTool.java",), change_id="github:acme/neural-search@1"
    )
    assert rules_of(named, "what") == {"repo-name"}
    other = judged("Sort", paths=("src/acme/neuralsearch/NeuralSearchTool.java",), change_id="github:acme/shop@1")
    assert other.builds_ai


def test_a_repository_of_ai_has_plain_parts() -> None:
    """In an MCP server a README, an installer or a linter is other work; a title that speaks of AI outweighs that."""
    ours = "github:acme/shop-mcp-server@1"
    assert judged("Sort the orders", change_id=ours).builds_ai
    for title, paths in (
        ("Say it better", ("README.md",)),
        ("Fix the archive", ("scripts/build.sh",)),
        ("Run isort", PLAIN),
    ):
        assert not judged(title, paths=paths, change_id=ours).builds_ai
    assert judged("Say how to choose an LLM", paths=("README.md",), change_id=ours).builds_ai


def test_ci_alone_is_tooling() -> None:
    """What changes only what CI runs is no AI work, whatever its title says; with code beside it that counts."""
    assert not judged("Run the LLM evals nightly", paths=(".github/workflows/evals.yml",)).builds_ai
    assert judged("Run the LLM evals nightly", paths=(".github/workflows/evals.yml", "evals/run.py")).builds_ai


def test_form_of_ai_code_is_no_ai_work() -> None:
    """A linter passes through AI code; a chore by its kind alone may be AI work."""
    ai_code = ("app/llm/client.py", "app/llm/retry.py")
    assert not judged("Update rubocop", paths=ai_code).builds_ai
    assert judged("Retry twice", paths=ai_code).builds_ai


def test_agents_that_are_none() -> None:
    """A user agent, a Java agent and a build agent are no ambiguous words."""
    for title in ("Send a user agent", "Phase off the Java agent", "Restart the build agent"):
        assert rules_of(judged(title, paths=PLAIN), "what") == set()
    assert rules_of(judged("Restart the agent", paths=PLAIN), "what") == {"word-weak"}


def test_review_by_ai_is_a_feature_unless_it_is_answered() -> None:
    """An `AI review` may be what the product does; its comments, and answers to it, are the team's own."""
    assert judged('Add "AI review" to the menu', paths=PLAIN).builds_ai
    for title in ("Address AI review", "Fix AI review comments"):
        assert not judged(title, paths=PLAIN).builds_ai
