from __future__ import annotations

import pytest

from warehouse.initiatives import ImportLine, Initiative, InitiativeRules, Resolver, Use, uses_of
from warehouse.initiatives.resolving import Declared, declared_by_manifests

FILES = (
    "app/llm/__init__.py", "app/llm/run.py", "app/shop.py", "services/rank/src/rank/core.py", "web/src/chat/index.ts",
    "web/src/chat/panel.tsx", "web/src/home.ts", "packages/ai/src/index.ts", "go/llm/run.go", "go/llm/run_test.go",
    "go/shop/shop.go", "j/src/main/java/com/acme/ai/Ranker.java", "j/src/main/java/com/acme/Shop.java",
    "cs/Ai/Ranker.cs", "cs/Shop.cs", "lib/util.py", "app/jobs/answer_job.rb", "app/models/admin/chat.rb",
    "app/models/chat.rb", "lib/answers/pipeline.rb", "lib/open_ai_client.rb", "engines/ai/app/models/ai/run.rb",
)  # fmt: skip
DECLARED = Declared(
    {"acme.io/shop": "go"},
    {"@acme/ai": "packages/ai"},
    {"com.acme.ai": ("j/src/main/java/com/acme/ai/Ranker.java",), "Acme.Ai": ("cs/Ai/Ranker.cs",)},
)


@pytest.mark.parametrize(
    ("path", "module", "files"),
    [
        ("app/shop.py", "app.llm.run", ["app/llm/run.py"]),
        ("app/shop.py", "app.llm", ["app/llm/__init__.py", "app/llm/run.py"]),
        ("app/shop.py", ".llm.run", ["app/llm/run.py"]),
        ("app/llm/run.py", "..shop", ["app/shop.py"]),
        ("app/llm/run.py", "..", ["app/shop.py"]),
        ("services/rank/tests/t.py", "rank.core", []),
        ("services/rank/src/x.py", "rank.core", ["services/rank/src/rank/core.py"]),
        ("app/shop.py", "util", ["lib/util.py"]),
        ("app/shop.py", "openai", []),
        ("web/src/home.ts", "./chat", ["web/src/chat/index.ts"]),
        ("web/src/home.ts", "./chat/panel", ["web/src/chat/panel.tsx"]),
        ("web/src/home.ts", "./chat/panel.js", ["web/src/chat/panel.tsx"]),
        ("web/src/home.ts", "@/chat/panel", ["web/src/chat/panel.tsx"]),
        ("web/src/home.ts", "src/chat/panel", ["web/src/chat/panel.tsx"]),
        ("web/src/home.ts", "@acme/ai", ["packages/ai/src/index.ts"]),
        ("web/src/home.ts", "@acme/other", []),
        ("web/src/home.ts", "react", []),
        ("web/src/home.ts", "../../../../etc/passwd", []),
        ("go/shop/shop.go", "acme.io/shop/llm", ["go/llm/run.go", "go/llm/run_test.go"]),
        ("go/shop/shop.go", "acme.io/shopping/llm", []),
        ("j/src/main/java/com/acme/Shop.java", "com.acme.ai.Ranker", ["j/src/main/java/com/acme/ai/Ranker.java"]),
        ("j/src/main/java/com/acme/Shop.java", "com.acme.ai.*", ["j/src/main/java/com/acme/ai/Ranker.java"]),
        ("j/src/main/java/com/acme/Shop.java", "com.acme.ai.Ranker.rank", ["j/src/main/java/com/acme/ai/Ranker.java"]),
        ("j/src/main/java/com/acme/Shop.java", "com.acme.ai.Other", []),
        ("cs/Shop.cs", "Acme.Ai", ["cs/Ai/Ranker.cs"]),
        ("cs/Shop.cs", "System", []),
        ("app/jobs/answer_job.rb", "Answers::Pipeline", ["lib/answers/pipeline.rb"]),
        ("app/jobs/answer_job.rb", "Answers::Pipeline::Error", ["lib/answers/pipeline.rb"]),
        ("app/jobs/answer_job.rb", "Answers::Other", []),
        ("app/jobs/answer_job.rb", "OpenAIClient", ["lib/open_ai_client.rb"]),
        ("app/jobs/answer_job.rb", "AI::Run", ["engines/ai/app/models/ai/run.rb"]),
        ("app/jobs/answer_job.rb", "Chat", ["app/models/chat.rb"]),
        ("app/controllers/admin/chats_controller.rb", "Chat", ["app/models/admin/chat.rb"]),
        ("lib/tasks/x.rake", "answers/pipeline", ["lib/answers/pipeline.rb"]),
        ("app/models/chat.rb", "./../jobs/answer_job", ["app/jobs/answer_job.rb"]),
        ("app/models/chat.rb", "json", []),
    ],
)
def test_imports_resolve_to_files_that_are_there(path: str, module: str, files: list[str]) -> None:
    """Each language by its own rules; what others wrote is nothing."""
    assert list(Resolver(FILES, DECLARED).targets(path, module)) == files


def test_manifests_say_what_they_are() -> None:
    """Go modules and script packages are read from their manifests, wherever these lie; other lines say nothing."""
    lines = [
        ("go.mod", "module acme.io/a"),
        ("go/go.mod", "module acme.io/b"),
        ("go/go.mod", "require x v1"),
        ("packages/ai/package.json", '  "name": "@acme/ai",'),
        ("packages/ai/package.json", '  "version": "1"'),
    ]
    assert declared_by_manifests(lines) == ({"acme.io/a": "", "acme.io/b": "go"}, {"@acme/ai": "packages/ai"})


def used(*lines: ImportLine, dismissed: bool = False) -> list[Use]:
    """The uses of an initiative that owns `app/llm/`."""
    one = Initiative(
        "llm", "LLM", found=True, dismissed=dismissed, reason="", members={}, owns=lambda p: p.startswith("app/llm")
    )
    return uses_of([one], lines, FILES, Resolver(FILES, DECLARED), InitiativeRules())


def test_code_outside_uses_an_initiative_until_it_stops() -> None:
    """The first import counts until it is taken out; again after that is another use."""
    path, module = "app/shop.py", "app.llm"
    lines = [ImportLine(f"#{n}", path, module, added=n % 2 == 1) for n in range(1, 4)]
    assert used(*lines) == [Use("llm", "#1", path, module, "#2"), Use("llm", "#3", path, module)]


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("app/llm/run.py", "app.llm"),
        ("tests/test_shop.py", "app.llm"),
        ("app/shop_test.py", "app.llm"),
        ("notebooks/try.py", "app.llm"),
        ("examples/start.py", "app.llm"),
        ("app/shop.py", "app"),
        ("app/shop.py", "lib.util"),
    ],
)
def test_what_is_no_use(path: str, module: str) -> None:
    """The initiative's own code, tests, sandboxes, wider packages and other modules use nothing of it."""
    assert used(ImportLine("#1", path, module, added=True)) == []
    assert used(ImportLine("#1", "app/shop.py", "app.llm", added=True), dismissed=True) == []
