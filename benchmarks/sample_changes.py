"""Draw landed changes of a repository to be labelled by readers: half at random, half hard.

    python benchmarks/sample_changes.py REPOSITORY GIT_DIR [--count 53] [--since 2023-07-01] [--until DATE] [--seed 17]

Prints CSV: repo, sha, stratum (random or hard). A landed change is a first-parent step of the default branch. Changes
are put in the order of a hash of seed and sha, so the same history, dates and seed give the same sample anywhere.
The random half is the head of that order. The hard half comes from the rest by the plain signs below, kind by kind in
turn: AI words only inside the touched files, marks of AI tools, words that AI shares with other trades, bots, and
releases. Nothing of Headway's own classifier takes part, so its scores on the sample are not flattered by the choice.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

CONTENT_POOL = 500  # changes whose touched files are read in full: reading all of a history would take hours
FILES_READ, BYTES_READ = 12, 300_000  # files of a change, and bytes of each of them
TURNS = ("content", "mark", "trap", "content", "bot", "content", "mark", "trap", "content", "release", "content")

AI = re.compile(
    r"(?<![\w-])(?:AI|ML|MCP|RAG)(?![\w-])|"
    r"(?i:open[-_ ]?ai|anthropic|claude|gemini|gpt|llms?\b|_llm|llm_|langchain|ollama|hugging ?face|embedding|chatbot|"
    r"copilot|vector ?(?:store|search|index)|semantic search|machine learning|neural|onnx|pytorch|tensorflow|whisper|"
    r"bedrock|vertex ?ai|mistral|deepseek|agentic|system ?prompt|inference)"
)
AI_CODE = re.compile(
    r"^\s*(?:import|from|use|using|require|#include|gem|alias|export|const|let|var|@import)\b.*"
    r"(?i:open_?-?ai|anthropic|claude|gemini|[^a-z]llm|langchain|ollama|huggingface|transformers|torch|tensorflow|onnx|ggml|"
    r"whisper|bedrock|vertexai|mcp|embedding|[/.\"'\\]ai[/.\"';\\-]|semantickernel|tesseract|\bnx\b|sklearn)"
    r"|(?i:system_?prompt|gpt-[345]|chat_?completions?|claude-[\w]|gemini-\d|text-embedding|embedding_?model)",
    re.MULTILINE,
)
AI_HINTS = (  # in lower case: without one of them AI_CODE cannot match, and looking for them is far quicker
    *("openai", "open_ai", "open-ai", "open_-ai", "anthropic", "claude", "gemini", "llm", "langchain", "ollama"),
    *("huggingface", "transformers", "torch", "tensorflow", "onnx", "ggml", "whisper", "bedrock", "vertexai", "mcp"),
    *("embedding", "semantickernel", "tesseract", "nx", "sklearn", "prompt", "gpt-", "completion"),
    *(before + "ai" + after for before in "/.\"'\\" for after in "/.\"';\\-"),
)
MARK = re.compile(
    r"(?i)co-authored-by:.*(?:claude|copilot|cursor|codex|devin|gemini|jules|aider|openhands|gpt|\bai\b|coderabbit|seer)|"
    r"assisted-by|generated[- ](?:with|by)|made[- ]with|claude\.ai/code|\bAI[- ](?:assisted|generated|disclosure)|"
    r"\b(?:copilot|claude|codex|cursor|devin|jules)[/-]|\b(?:claude|copilot|codex|cursor|chatgpt|devin|coderabbit)\b"
)
TRAP = re.compile(
    r"(?i)\b(?:models?|prompts?|agents?|inference|tokens?|pipelines?|completions?|vectors?|embed(?:ded|s)?|detect\w*|"
    r"train\w*|assistant|chat|cursor|predict\w*|learn\w*|classif\w*|recogni\w*|transform\w*|generat\w*)\b"
)
BOT = re.compile(
    r"(?i)\[bot\]|\bbot\b|-bot\b|[a-z]bot@|weblate|crowdin|transifex|renovate|dependabot|github.?actions|automation"
)
RELEASE = re.compile(r"(?i)^(?:chore\S*:? )?(?:release|prepare|bump version|version)\b|\bv?\d+\.\d+\.\d+\b|changelog")
TEXT = re.compile(
    r"\.(?:py|pyi|ipynb|tsx?|jsx?|mjs|vue|svelte|go|java|kts?|rs|rb|php|cs|xaml|cc?|cpp|h|hpp|cu|swift|mm?|exs?|heex|dart|"
    r"scala|clj|md|mdx|rst|ya?ml|toml|json|xml|gradle|sql|sh|proto)$"
)
QUIET = re.compile(r"(?i)lock\b|\.snap$|changelog|/locales?/|/i18n/|/translations?/|\.min\.")


@dataclass(frozen=True)
class Landed:
    """One landed change: its sha, who made and committed it, its message."""

    sha: str
    people: str
    message: str


def main() -> None:
    """Print the sample of one repository."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", help="owner/name, as the CSV shall name it")
    parser.add_argument("git_dir", type=Path)
    parser.add_argument("--count", type=int, default=53)
    parser.add_argument("--since", default="2023-07-01")
    parser.add_argument("--until", default="2026-09-01")
    parser.add_argument("--seed", type=int, default=17)
    asked = parser.parse_args()
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(("repo", "sha", "stratum"))
    for sha, stratum in sample(asked.git_dir, asked.count, asked.since, asked.until, asked.seed):
        rows.writerow((asked.repository, sha, stratum))


def sample(git_dir: Path, count: int, since: str, until: str, seed: int) -> list[tuple[str, str]]:
    """Pairs of sha and stratum, at most `count`; fewer where the history has fewer changes."""

    def place(change: Landed) -> str:
        return hashlib.sha256(f"{seed}:{change.sha}".encode()).hexdigest()

    ordered = sorted(landed(git_dir, since, until), key=place)
    drawn = (count + 1) // 2
    hard = hard_ones(git_dir, ordered[drawn:], count - drawn)
    return [(change.sha, "random") for change in ordered[:drawn]] + [(sha, "hard") for sha in hard]


def landed(git_dir: Path, since: str, until: str) -> Iterator[Landed]:
    """The first-parent steps of the default branch between two dates."""
    branch = git(git_dir, "symbolic-ref", "HEAD").strip()
    form = "--format=%H%x1f%an %ae %cn %ce%x1f%B%x1e"
    listed = git(git_dir, "log", "--first-parent", f"--since={since}", f"--until={until}", form, branch)
    for entry in listed.split("\x1e"):
        fields = entry.strip("\n").split("\x1f")
        if len(fields) == 3:
            yield Landed(*fields)


def hard_ones(git_dir: Path, changes: list[Landed], count: int) -> list[str]:
    """The shas of hard changes: each kind in turn, in the order of the changes; random ones where kinds run out."""
    kinds: dict[str, Iterator[Landed]] = {
        "content": only_inside(git_dir, changes[:CONTENT_POOL]),
        "mark": (change for change in changes if MARK.search(change.people + "\n" + change.message)),
        "trap": (change for change in changes if TRAP.search(subject(change)) and not AI.search(change.message)),
        "bot": (change for change in changes if BOT.search(change.people)),
        "release": (change for change in changes if RELEASE.search(subject(change)) and not BOT.search(change.people)),
        "any": iter(changes),
    }
    chosen: dict[str, None] = {}
    turns = list(TURNS)
    while len(chosen) < min(count, len(changes)):
        kind = turns.pop(0) if turns else "any"
        fresh = next((change.sha for change in kinds[kind] if change.sha not in chosen), None)
        if fresh is not None:
            chosen[fresh] = None
            turns.append(kind)
        else:
            turns = [other for other in turns if other != kind]
    return list(chosen)


def subject(change: Landed) -> str:
    """The first line of the message."""
    return change.message.partition("\n")[0]


def only_inside(git_dir: Path, changes: list[Landed]) -> Iterator[Landed]:
    """Changes of which a touched file, read in full as the change left it, speaks of AI while the message does not."""
    silent = [change for change in changes if not AI.search(change.message)]
    paths = touched(git_dir, [change.sha for change in silent])
    with subprocess.Popen(
        ["git", f"--git-dir={git_dir}", "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reader:
        for change in silent:
            if any(in_code(text(reader, change.sha, path)) for path in paths.get(change.sha, ())):
                yield change


def in_code(content: str) -> bool:
    """Whether a line of the file brings an AI library in, or names a model or its interface."""
    lower = content.lower()
    return any(hint in lower for hint in AI_HINTS) and AI_CODE.search(content) is not None


def touched(git_dir: Path, shas: list[str]) -> dict[str, list[str]]:
    """By sha some paths of source and prose that the change leaves added or changed against its first parent."""
    form = ("--format=%x1e%H", "--name-only", "--diff-filter=d", "--first-parent", "-m", "--no-renames")
    listed = git(git_dir, "-c", "core.quotepath=off", "log", "--no-walk=unsorted", "--stdin", *form, given=shas)
    paths = {}
    for entry in listed.split("\x1e")[1:]:
        sha, *names = entry.split("\n")
        paths[sha] = [name for name in names if TEXT.search(name) and not QUIET.search(name)][:FILES_READ]
    return paths


def text(reader: subprocess.Popen[bytes], sha: str, path: str) -> str:
    """The head of a file as the change left it, by a running `git cat-file --batch`; empty if it is none."""
    assert reader.stdin is not None
    assert reader.stdout is not None
    reader.stdin.write(f"{sha}:{path}\n".encode())
    reader.stdin.flush()
    header = reader.stdout.readline().split()
    if header[-1:] == [b"missing"]:
        return ""
    body = reader.stdout.read(int(header[-1]) + 1)
    return body[:BYTES_READ].decode("utf-8", "replace") if header[-2] == b"blob" else ""


def git(git_dir: Path, *words: str, given: Iterable[str] = ()) -> str:
    """What git prints, given some lines."""
    command = ["git", f"--git-dir={git_dir}", *words]
    printed = subprocess.run(command, check=True, capture_output=True, input="\n".join(given).encode()).stdout
    return printed.decode("utf-8", "replace")


if __name__ == "__main__":
    main()
