from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.classify.making import RULES, commit, judged, rules_of
from warehouse.classify import ChangeFacts, Verdict

PLAIN = ("src/shop/cart.py", "tests/shop/test_cart.py")

AI_WORK = [
    ("Retry when the LLM times out", PLAIN),
    ("fix(llm): retry", PLAIN),
    ("Add OpenAI as a provider", PLAIN),
    ("Log gen_ai.usage.input_tokens", PLAIN),
    ("Let the MCP server list orders", PLAIN),
    ("Index the embeddings by tenant", PLAIN),
    ("feat: semantic search over products", PLAIN),
    ("Use a vector store for the help pages", PLAIN),
    ("Fine-tune on last year's tickets", PLAIN),
    ("Train the learning-to-rank model nightly", PLAIN),
    ("Show face clustering progress", PLAIN),
    ("Add an NSFW detector", PLAIN),
    ("Handle timeouts", ("lib/learn_to_rank/ranker.rb",)),
    ("fix(face_recognition): swap the channels", PLAIN),
    ("Handle timeouts", ("app/llm/client.py", "app/orders.py")),
    ("Handle timeouts", ("services/openai_gateway.rb",)),
    ("Handle timeouts", ("shop_ai/models.py", "shop_ai/tests/test_models.py")),
    ("Handle timeouts", ("frontend/src/core/ai/client.ts",)),
    ("Handle timeouts", ("src/AIAssistant.tsx", "src/Cart.tsx")),
    ("Handle timeouts", ("src/main/java/shop/OpenAiClient.java",)),
    ("Improve AI chat", PLAIN),
    ("Update the model", ("models/sizes.onnx",)),
]

OTHER_WORK = [
    ("Sort the shelves", PLAIN),
    ("Prompt for the password twice", ("cmd/login/prompt.go",)),
    ("Let the build agent cache", ("ci/agent.sh",)),
    ("Order model: drop the legacy column", ("app/models/order.rb",)),
    ("Infer parameter types", ("src/inference.rs",)),
    ("Detect the licence", ("lib/detector.rb",)),
    ("Complete shell completions", ("completions/_shop",)),
    ("Refresh the bearer token", ("auth/token.go",)),
    ("Keep the database cursor open", PLAIN),
    ("Embed the iframe", PLAIN),
    ("Mirror the layout for RTL and LTR", PLAIN),
    ("Match the font face", ("src/fonts/face.ts",)),
    ("Learn the ranks of members", PLAIN),
    ("Send a user agent", PLAIN),
    ("Maintain the domain model", ("src/domain/model.py",)),
    ("Grow the vector in place", ("src/vector.cpp",)),
    ("Drag and drop", ("src/drag_and_drop.ts",)),
    ("Draw a logo", ("art/logo.ai",)),
    ("Say that it may fail", ("src/main.py", "src/email.py")),
    ("Document struct embedding", ("doc/types.md",)),
]

TOOLING = [
    ("Tell Claude about the linter", ("CLAUDE.md",)),
    ("Add AGENTS.md", ("AGENTS.md", "README.md")),
    ("Copilot instructions for React", (".github/copilot-instructions.md",)),
    ("New LLM rules", (".cursor/rules/style.mdc",)),
    ("Prompt for reviews", (".github/prompts/review.prompt.md",)),
    ("Review with Claude", (".github/workflows/claude-review.yml",)),
    ("MCP for developers", (".vscode/mcp.json",)),
    ("Add an AI policy", ("docs/contributing.md",)),
    ("docs: AI contribution guidelines", ("CONTRIBUTING.md",)),
    ("Gitignore personal AI config", (".gitignore",)),
    ("Skills for the agent", (".claude/skills/release/SKILL.md", ".claude/settings.json")),
]


def asked(title: str, **given: Any) -> Verdict:
    """The verdict on a pull request of this title."""
    return RULES.judge(ChangeFacts("github:acme/shop#7", title=title, **given))


@pytest.mark.parametrize(("subject", "paths"), AI_WORK)
def test_ai_work_is_seen(subject: str, paths: tuple[str, ...]) -> None:
    """Plain words of AI in the subject, or AI in enough of the paths, make a change AI work, with evidence."""
    verdict = judged(subject, paths=paths)
    assert verdict.builds_ai
    assert verdict.confidence_what in {"strong", "weak"}
    assert rules_of(verdict, "what") != set()


@pytest.mark.parametrize(("subject", "paths"), OTHER_WORK)
def test_ambiguous_words_are_not_enough(subject: str, paths: tuple[str, ...]) -> None:
    """Prompts, agents, models, cursors and completions have meant other things for long."""
    assert not judged(subject, paths=paths).builds_ai


@pytest.mark.parametrize(("subject", "paths"), TOOLING)
def test_agent_configuration_is_tooling(subject: str, paths: tuple[str, ...]) -> None:
    """Instructions for the team's own agents, and policies on them, neither build AI nor mark a change."""
    verdict = judged(subject, paths=paths)
    assert (verdict.builds_ai, verdict.built_with_ai) == (False, "none")


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("feat(ai): retry", [("scope", "scope", "ai", 2.5)]),
        ("feat(web, ml)!: retry", [("scope", "scope", "ml", 2.5)]),
        ("feat(agent): retry", [("word-weak", "subject", "agent", 0.7), ("scope-weak", "scope", "agent", 1.0)]),
        ("Show the agent", [("word-weak", "subject", "agent", 0.7)]),
        ("Show agents each agent", [("word-weak", "subject", "agent", 0.7)]),
        ("Chat about models", [("word-weak", "subject", "chat", 0.7), ("word-weak", "subject", "model", 0.7)]),
        (
            "Chat about models and vectors",
            [("word-weak", "subject", "chat", 0.7), ("word-weak", "subject", "model", 0.7)],
        ),
        ("Explain AI", [("word-ai", "subject", "AI", 3.0)]),
        ("An embedding is trained", [("subject-embedding", "subject", "embedding", 2.0)]),
        (
            "The MCP server has an embedding",
            [("subject-agent", "subject", "MCP", 3.0), ("subject-embedding", "subject", "embedding", 0.5)],
        ),
    ],
)
def test_words_of_a_title_have_their_weights(title: str, found: list[tuple[str, str, str, float]]) -> None:
    """Each rule counts once with its own weight, a second term and weak words with little; by the rules in TOML."""
    evidence = [item for item in asked(title).evidence if item.axis == "what"]
    shown = [(item.rule, item.field, item.matched, item.weight) for item in evidence]
    assert sorted(shown) == sorted(found)


def test_scope_and_branch_together_make_ai_work() -> None:
    """Neither the scope nor the branch alone weighs 3; both together do."""
    assert not asked("feat(ai): retry").builds_ai
    assert not asked("feat: retry", head_ref="feature/llm-retry").builds_ai
    assert asked("feat(ai): retry", head_ref="feature/llm-retry").builds_ai


def test_configuration_beside_code_voids_the_subject() -> None:
    """Where much of a change is agent configuration, its subject speaks of that."""
    paths = (".claude/agents/a.md", ".claude/agents/b.md", "src/cart.py")
    assert not judged("Let the LLM write tests", paths=paths).builds_ai
    assert judged("Let the LLM write tests", paths=("src/llm/cart.py", *paths)).builds_ai


def test_bare_bump_is_a_near_miss() -> None:
    """New versions of AI packages alone are not AI work, but nearly; with code they are."""
    lines = (("Gemfile", 'gem "ruby-openai", "~> 8.1"'),)
    bump = judged("Bump ruby-openai from 8.0 to 8.1", paths=("Gemfile", "Gemfile.lock"), added_lines=lines)
    assert (bump.builds_ai, bump.confidence_what) == (False, "weak")
    assert judged("Upgrade ruby-openai to 8.1", paths=("Gemfile", "app/chat.rb"), added_lines=lines).builds_ai
    wide = judged("Update deps", paths=("uv.lock", "tests/test_litellm.py"))
    assert not wide.builds_ai


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("requirements.txt", "openai>=1.2"),
        ("requirements/dev.in", "mcp"),
        ("pyproject.toml", '    "sentence_transformers[onnx]>=3",'),
        ("pyproject.toml", 'torch = "^2.4"'),
        ("package.json", '    "@ai-sdk/openai": "^1.0.0",'),
        ("package.json", '"ai": "^4.0.0"'),
        ("go.mod", "\tgithub.com/sashabaranov/go-openai v1.20.0"),
        ("go.mod", "\tgithub.com/wamuir/graft v0.9.0"),
        ("Cargo.toml", 'async-openai = "0.23"'),
        ("Cargo.toml", 'ort = { version = "2" }'),
        ("pom.xml", "<artifactId>langchain4j-open-ai</artifactId>"),
        ("build.gradle.kts", 'implementation("dev.langchain4j:langchain4j:0.35.0")'),
        ("Directory.Packages.props", '<PackageVersion Include="Microsoft.Extensions.AI" Version="9.0.0" />'),
        ("Gemfile", 'gem "ruby_llm"'),
        ("", "langchain-openai==0.2"),
    ],
)
def test_ai_package_in_a_manifest_counts(path: str, line: str) -> None:
    """An AI package in a manifest is evidence in the form of its ecosystem; with a weak word it is enough."""
    verdict = judged("Answer with a better model", paths=(path or "a", "b.py"), added_lines=((path, line),))
    assert "package" in rules_of(verdict, "what")
    assert verdict.builds_ai


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("package.json", '"main": "index.js"'),
        ("package.json", '"maintain": "^1.0.0"'),
        ("package.json", '"torch-like": "^1.0.0"'),
        ("requirements.txt", "airflow>=2"),
        ("requirements.txt", "numpy==2.0"),
        ("Cargo.toml", 'sort = "1"'),
        ("Cargo.toml", 'ai = "1"'),
        ("go.mod", "github.com/acme/openai-tools v1.0.0"),
        ("Gemfile", 'gem "rails"'),
        ("", "import sort"),
        ("", "FROM openai"),
        ("", "ai"),
    ],
)
def test_other_packages_do_not_count(path: str, line: str) -> None:
    """Names that merely hold an AI package's name, or belong to another ecosystem, are other packages."""
    verdict = judged(paths=("a", "b.py"), added_lines=((path, line),))
    assert rules_of(verdict, "what") == set()


@pytest.mark.parametrize(
    "line",
    [
        "import openai",
        "from sklearn.ensemble import Forest",
        "import torch.nn as nn",
        "import { streamText } from 'ai';",
        'const OpenAI = require("openai")',
        "import x from '@ai-sdk/openai'",
        "using Microsoft.Extensions.AI;",
        "import dev.langchain4j.model.Model;",
        "use async_openai::Client;",
        "use ort::Session;",
        'require "ruby_llm"',
        '"github.com/sashabaranov/go-openai"',
    ],
)
def test_import_of_an_ai_package_counts(line: str) -> None:
    """An added import of an AI package is evidence, by the whole name of its module."""
    verdict = judged(added_lines=(("src/a", line),))
    assert rules_of(verdict, "what") == {"import"}


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "import sort",
        "from transport import ort",
        "import { a } from './ai'",
        "import Imported from 'main'",
        "import.destroy",
        'require "openair"',
        "using System.Text;",
        "use sort::by;",
        "import.meta.env",
    ],
)
def test_other_imports_do_not_count(line: str) -> None:
    """`ort` is in every import, and `ai` in a path of one's own."""
    assert judged(added_lines=(("src/a", line),)).evidence == ()


def test_share_of_paths_weighs() -> None:
    """One AI file among many is little; more than a third of the files are enough."""
    many = tuple(f"src/shop/{number}.py" for number in range(20))
    assert not judged(paths=("src/llm/a.py", *many)).builds_ai
    assert judged(paths=("src/llm/a.py", "src/llm/b.py", "src/b.py", "src/c.py", "src/d.py")).builds_ai
    assert not judged(paths=("src/llm/a.py", *many[:4])).builds_ai


@pytest.mark.parametrize("label", ["ai", "area/llm", "topic: machine learning", "Component: GenAI"])
def test_label_decides(label: str) -> None:
    """A label for the topic is enough."""
    assert asked("Sort", labels=("bug", label), commits=(commit(),)).builds_ai
    assert not asked("Sort", labels=("main", "fails", "area/mail"), commits=(commit(),)).builds_ai


def test_merge_is_judged_by_its_title() -> None:
    """For a merge commit the pull request's title in its message counts, not the words of the merge."""
    merge = "Merge pull request #7 from acme/topic\n\nAdd an OpenAI provider"
    assert judged(merge, paths=()).builds_ai
    own = (commit("Add an OpenAI provider", paths=("src/a.py",)),)
    assert RULES.judge(ChangeFacts("git:shop#7", commits=own, landing=commit("Merge branch 'x'", paths=()))).builds_ai


def test_topic_of_the_branch_adds() -> None:
    """An AI topic in the branch's name adds to a doubtful case, an agent's prefix does not."""
    for branch, expected in (("ada/llm-chat", True), ("copilot/chat", False)):
        verdict = asked("ai button", head_ref=branch, commits=(commit(),))
        assert verdict.builds_ai is expected


def test_repository_that_is_an_ai_product_by_name() -> None:
    """In a repository named for MCP everything counts but its CI, manifests and agent configuration."""
    ours = "github:acme/shop-mcp-server@1"
    assert judged("Sort the orders", change_id=ours).builds_ai
    for paths in ((".github/workflows/test.yml",), ("go.mod", "go.sum"), ("AGENTS.md",)):
        assert not judged("Sort the orders", change_id=ours, paths=paths).builds_ai
    assert not judged("Sort the orders", change_id="github:mcp-owner/shop@1").builds_ai


def test_body_alone_is_not_enough() -> None:
    """Words below the subject add to other evidence; trailers and links below it say nothing."""
    assert not judged("Sort\n\nThis helps the LLM, the RAG and OpenAI.").builds_ai
    made = "AI button\n\nCo-authored-by: GPT-5 <gpt@openai.com>\nhttps://openai.com/llm"
    assert rules_of(judged(made), "what") == {"word-ai"}


def test_reasons_fit_on_a_line() -> None:
    """The line of reasons names both axes, the heaviest first, and is short and plain."""
    verdict = judged(
        "feat(llm): prompt\x1b[31m\n\nCo-authored-by: Claude <noreply@anthropic.com>",
        paths=("app/llm/" + "x" * 90 + ".py", "app/\u202ellm\n.py"),
    )
    text = verdict.evidence_text()
    assert text.startswith(
        'how claude-code coauthor_email "noreply@anthropic.com"; what subject-llm subject "llm"; what'
    )
    assert "…" in text
    assert len(text) <= 400
    assert text.isprintable()


def test_manifests_of_a_sweep_say_nothing_of_where_the_work_was() -> None:
    """New versions in folders called AI make no AI work; the files beside them do, and so do manifests alone."""
    manifests = ("packages/ai-chat/package.json", "packages/llm/package.json")
    assert not judged("Use the new router", paths=(*manifests, "src/router.ts")).builds_ai
    assert judged("Begin the package", paths=manifests).builds_ai
    assert judged("Use the new router", paths=(*manifests, "packages/llm/router.ts")).builds_ai
    assert not judged("Version Packages", paths=(*manifests, "packages/llm/CHANGELOG.md")).builds_ai
