"""What the company works on: ordinary areas, AI initiatives, and subjects that only sound like AI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from collectors.simulate.company.model import Initiative

__all__ = [
    "AI_SUBJECTS",
    "AREAS",
    "BUMPS",
    "FIX_SUBJECTS",
    "FLAVOURS",
    "INITIATIVES",
    "ORDINARY_SUBJECTS",
    "TRAPS",
    "Area",
    "Flavour",
]


@dataclass(frozen=True, slots=True)
class Area:
    """A folder of ordinary code and the words its change titles use."""

    folder: str
    noun: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flavour:
    """How an AI initiative is talked about and built: title words, files, a package and the import of it."""

    nouns: tuple[str, ...]
    files: tuple[str, ...]
    package: str
    importing: str


def _area(folder: str, noun: str, *files: str) -> Area:
    return Area(folder, noun, files)


AREAS: Mapping[str, tuple[Area, ...]] = {
    "checkout": (
        _area("app/cart", "basket", "totals.py", "views.py", "coupons.py"),
        _area("app/payments", "card payment", "gateway.py", "capture.py", "webhooks.py"),
        _area("app/refunds", "refund", "service.py", "policy.py"),
        _area("app/shipping", "shipping", "rates.py", "labels.py"),
        _area("app/models", "order record", "order.py", "address.py"),
        _area("tests", "checkout test", "test_totals.py", "test_refunds.py"),
    ),
    "search": (
        _area("app/query", "query parser", "parser.py", "filters.py", "facets.py"),
        _area("app/indexer", "indexer", "writer.py", "schedule.py", "reindex.py"),
        _area("app/ranking", "ranking", "weights.py", "boosts.py"),
        _area("app/api", "search endpoint", "routes.py", "pages.py", "limits.py"),
        _area("tests", "search test", "test_parser.py", "test_ranking.py"),
    ),
    "assistant": (
        _area("app/sessions", "session", "store.py", "expiry.py"),
        _area("app/accounts", "account", "profile.py", "consent.py"),
        _area("app/notifications", "notification", "mail.py", "digest.py"),
        _area("app/web", "help page", "routes.py", "layout.py"),
        _area("tests", "session test", "test_sessions.py", "test_mail.py"),
    ),
    "ledger": (
        _area("app/postings", "posting", "journal.py", "rules.py", "batch.py"),
        _area("app/statements", "statement", "export.py", "layout.py"),
        _area("app/reconcile", "reconciliation", "matcher.py", "report.py"),
        _area("app/audit", "audit trail", "log.py", "retention.py"),
        _area("tests", "ledger test", "test_journal.py", "test_matcher.py"),
    ),
    "web": (
        _area("src/pages", "product page", "product.ts", "category.ts", "home.ts"),
        _area("src/components", "button", "button.ts", "modal.ts", "table.ts"),
        _area("src/basket", "mini basket", "basket.ts", "totals.ts"),
        _area("src/account", "sign-in", "signin.ts", "orders.ts"),
        _area("src/styles", "colour theme", "theme.css", "print.css"),
    ),
    "sdk": (
        _area("acme/client", "client", "http.py", "retry.py", "timeouts.py"),
        _area("acme/auth", "sign-in", "keys.py", "refresh.py"),
        _area("acme/pages", "paging", "iterate.py", "limits.py"),
        _area("acme/webhooks", "webhook", "verify.py", "events.py"),
        _area("tests", "client test", "test_http.py", "test_verify.py"),
    ),
    "catalog": (
        _area("app/products", "product", "attributes.py", "variants.py", "views.py"),
        _area("app/prices", "price list", "rounding.py", "schedule.py"),
        _area("app/imports", "supplier feed", "csv_feed.py", "xml_feed.py"),
        _area("app/media", "image", "resize.py", "storage.py"),
        _area("tests", "catalogue test", "test_prices.py", "test_feeds.py"),
    ),
    "shop": (
        _area("services/cart", "saved cart", "totals.py", "views.py", "merge.py"),
        _area("services/pay", "payment plan", "capture.py", "refunds.py", "limits.py"),
        _area("services/offers", "offer", "rules.py", "banner.py", "budget.py"),
        _area("libs/money", "rounding", "amounts.py", "currencies.py"),
        _area("docs", "runbook", "runbook.md", "oncall.md"),
    ),
    "toolkit": (
        _area("packages/api", "API client", "client.py", "retry.py"),
        _area("packages/web", "web widget", "widget.py", "theme.py"),
        _area("packages/core", "core type", "types.py", "dates.py"),
        _area("docs", "guide", "guide.md", "examples.md"),
    ),
    "mobile": (
        _area("app/screens", "order screen", "orders.py", "basket.py"),
        _area("app/push", "push message", "topics.py", "quiet.py"),
        _area("tests", "screen test", "test_orders.py", "test_push.py"),
    ),
    "vouchers": (
        _area("app/codes", "voucher code", "issue.py", "redeem.py"),
        _area("app/limits", "voucher limit", "budget.py", "rules.py"),
        _area("tests", "voucher test", "test_codes.py", "test_limits.py"),
    ),
    "research": (
        _area("reports", "weekly report", "weekly.py", "returns.py"),
        _area("sources", "data source", "orders.py", "visits.py"),
        _area("tables", "table", "customers.sql", "orders.sql"),
    ),
}

# A title that begins so is a fix of an earlier change of the same files. AI work needs one about twice as often.
FIX_SUBJECTS = ("Fix a race", "fix: off-by-one", "Fix retries", "Fix crash", "fix: threshold")

ORDINARY_SUBJECTS = (
    "Round {noun} amounts half to even",
    "Handle an empty {noun}",
    "Split {noun} code into smaller functions",
    "Log the {noun} id with every error",
    "Add a time-out to the {noun} call",
    "Show the {noun} state to support staff",
    "Validate {noun} input before saving",
    "Cache the {noun} for five minutes",
    "Drop the old {noun} format",
    "Make {noun} retries wait longer",
    "Fix a race in {noun} updates",
    "Add missing index for {noun} lookups",
    "Translate {noun} texts to Polish",
    "Test {noun} at midnight",
    "feat: export the {noun} as CSV",
    "fix: off-by-one in {noun} paging",
    "refactor: name {noun} constants",
    "Remove unused {noun} settings",
)

AI_SUBJECTS = (
    "Add {ai} to {noun}",
    "feat(ai): stream {ai} for {noun}",
    "Cache {ai} by content hash for {noun}",
    "Evaluate {ai} on last month's questions",
    "Time out slow {ai} calls",
    "Log tokens and cost of {ai}",
    "Move {noun} to the new {ai} version",
    # terse: only the paths, or the history of the folder, show it
    "Fix retries that never stop",
    "Fix crash on empty results",
    "fix: threshold that lets everything through",
    "Fix flaky test",
    "Split the long function",
    "Rename settings",
)

FLAVOURS: Mapping[str, Flavour] = {
    "Semantic search": Flavour(
        ("embeddings", "semantic search", "vector search"),
        ("encode.py", "store.py", "search.py"),
        "sentence-transformers",
        "from sentence_transformers import SentenceTransformer",
    ),
    "Query rewriting": Flavour(
        ("LLM", "OpenAI", "chat completions"), ("rewrite.py", "client.py", "templates.py"), "openai", "import openai"
    ),
    "Concierge": Flavour(
        ("LLM", "RAG", "AI assistant"),
        ("answer.py", "memory.py", "tools.py", "routing.py"),
        "langchain",
        "from langchain import chains",
    ),
    "Answer evaluation": Flavour(
        ("LLM", "RAG", "AI models"), ("judge.py", "cases.py", "report.py"), "ragas", "from ragas import evaluate"
    ),
    "Fraud scoring": Flavour(
        ("machine learning", "anomaly detection", "ONNX"),
        ("score.py", "features.py", "train.py"),
        "onnxruntime",
        "import onnxruntime",
    ),
    "Anomaly alerts": Flavour(
        ("anomaly detection", "machine learning"),
        ("explore.ipynb", "thresholds.ipynb"),
        "scikit-learn",
        "from sklearn.ensemble import IsolationForest",
    ),
    "Shopping chat": Flavour(
        ("AI chat", "Anthropic", "LLM"),
        ("panel.ts", "stream.ts", "suggest.ts"),
        "@anthropic-ai/sdk",
        'import Anthropic from "@anthropic-ai/sdk"',
    ),
    "MCP server": Flavour(
        ("MCP", "tool calls", "AI agents"), ("server.py", "tools.py", "schema.py"), "mcp", "from mcp import server"
    ),
    "Generated descriptions": Flavour(
        ("GenAI", "LLM", "prompt template"), ("describe.py", "review.py", "prompts.py"), "anthropic", "import anthropic"
    ),
    "Offer ranking": Flavour(
        ("machine learning", "embeddings", "ONNX"),
        ("rank.py", "features.py", "feedback.py"),
        "onnxruntime",
        "import onnxruntime",
    ),
    "Churn study": Flavour(
        ("machine learning", "neural"), ("churn.ipynb", "segments.ipynb"), "xgboost", "import xgboost"
    ),
    "Demand forecast": Flavour(
        ("machine learning", "neural", "fine-tuning"), ("forecast.py", "compare.ipynb"), "torch", "import torch"
    ),
}

INITIATIVES = (
    Initiative("Semantic search", "search", "notebooks/embeddings", "app/embeddings", 0.0, 0.25, 1.0, adopted=True),
    Initiative("Query rewriting", "search", "", "app/llm", 0.3, 0.3, 1.0, adopted=True),
    Initiative("Concierge", "assistant", "experiments/concierge", "app/concierge", 0.0, 0.15, 1.0, adopted=True),
    Initiative("Answer evaluation", "assistant", "", "app/evals", 0.4, 0.4, 1.0),
    Initiative("Fraud scoring", "checkout", "experiments/fraud", "app/fraud_model", 0.1, 0.6, 0.95, adopted=True),
    Initiative("Anomaly alerts", "ledger", "notebooks/anomaly", "", 0.2, None, 0.6),
    Initiative("Shopping chat", "web", "", "src/ai-chat", 0.4, 0.4, 0.7),
    Initiative("MCP server", "sdk", "experiments/mcp", "acme/mcp", 0.3, 0.5, 1.0, adopted=True),
    Initiative("Generated descriptions", "catalog", "", "app/genai", 0.2, 0.2, 0.6),
    Initiative("Offer ranking", "shop", "", "services/offers/ranker", 0.1, 0.1, 1.0),
    Initiative("Churn study", "research", "notebooks/churn", "", 0.0, None, 0.5),
    Initiative("Demand forecast", "research", "experiments/forecast", "forecast", 0.2, 0.7, 1.0),
)
"""Each with the share of the simulated time in which it is worked on, and when it leaves the sandbox."""

TRAPS: tuple[tuple[str, str], ...] = (
    ("Fix cursor pagination in the order list", "app/http/pages.py"),
    ("Ask for confirmation before deleting: a second prompt", "app/cli/prompt.py"),
    ("Describe test commands in CLAUDE.md", "CLAUDE.md"),
    ("Add review steps to the Copilot instructions", ".github/copilot-instructions.md"),
    ("Read the user agent from the forwarded header", "app/http/user_agent.py"),
    ("Move order totals into the model", "app/models/order.py"),
    ("Improve type inference of decimal columns", "app/types/decimals.py"),
    ("Replace the vector icons in the header", "static/vector/header.svg"),
    ("Document the release train and its cut-off", "docs/releases.md"),
    ("Mention our ChatGPT policy in the handbook", "handbook/policies.md"),
    ("Restart the build agent when its disk is full", "ops/build_agent.py"),
    ("Maintain main menu order on mail pages", "app/mail/menu.py"),
)
"""A title and a path that sound like AI work and are not."""

BUMPS = (
    ("requests", "urllib3", "sqlalchemy", "jinja2", "pydantic", "cryptography", "redis", "boto3", "pytest", "ruff"),
    ("react", "vite", "typescript", "eslint", "date-fns", "postcss", "prettier", "zod"),
)
"""Packages that bots bump, of Python and of JavaScript; none of them is an AI package."""
