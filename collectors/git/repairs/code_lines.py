"""Which lines of a repository can be at fault: those of code, that say something.

A fix edits its tests, its changelog and lock files as well, and whoever wrote those lines broke nothing. The rules are
data here, for the same reason as a list of words elsewhere: everybody can see what counts and what does not.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

__all__ = ["is_code", "says_something"]

# Nobody writes these lines by hand, or nothing runs them.
_NO_CODE = re.compile(
    r"""(?ix)
    (?:^|/)(?:node_modules|vendor|third_party|bower_components|dist|__snapshots__|__pycache__|\.yarn)/
    |(?:^|/)(?:\.github|\.gitlab|\.circleci|\.buildkite)/
    |(?:^|/)(?:\.gitlab-ci\.ya?ml|\.travis\.ya?ml|azure-pipelines[^/]*\.ya?ml|jenkinsfile|\.pre-commit-config\.yaml)$
    |(?:^|/)(?:docs?|documentation|changelogs?|changes)/
    |(?:^|/)(?:changelog|changes|history|news|readme|authors|contributing|licen[cs]e|todo)[^/]*$
    |(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|go\.sum|gemfile\.lock|cargo\.lock|composer\.lock|[^/]*\.lock
        |yarn\.lock|pnpm-lock\.ya?ml|poetry\.lock|requirements[^/]*\.lock|\.terraform\.lock\.hcl)$
    |\.(?:md|mdx|rst|txt|adoc|svg|png|jpe?g|gif|ico|pdf|csv|tsv|snap|min\.js|min\.css|map|pb\.go|po|mo|lock|ipynb)$
    |(?:_pb2(?:_grpc)?\.pyi?|\.generated\.[a-z]+|_generated\.[a-z]+|\.g\.dart|\.designer\.cs)$
    """
)
_TESTS = re.compile(
    r"""(?x)
    (?:^|/)(?:tests?|testing|testdata|__tests__|specs?|e2e|fixtures?|__mocks__|mocks?)/
    |(?:^|/)(?:test_[^/]+|conftest)\.py$
    |(?:_test|_spec|\.test|\.spec)\.[a-zA-Z]+$
    |(?:Test|Tests|IT|Spec)\.(?:java|kt|scala|cs|groovy)$
    """
)
_HASH = frozenset((
    ".py", ".pyi", ".rb", ".sh", ".bash", ".zsh", ".pl", ".r", ".jl", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".conf",
    ".tf", ".ex", ".exs", ".mk", ".cmake",
))  # fmt: skip
_SLASH = frozenset((
    ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".java", ".go", ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".rs",
    ".kt", ".kts", ".swift", ".scala", ".php", ".dart", ".groovy", ".css", ".scss", ".less", ".proto", ".vue",
    ".svelte", ".m", ".mm",
))  # fmt: skip
_DASH = frozenset((".sql", ".lua", ".hs", ".elm", ".adb"))
_MARKUP = frozenset((".html", ".htm", ".xml", ".vue", ".svelte", ".erb", ".cshtml"))
_SAYS = re.compile(r"\w")


def is_code(path: str) -> bool:
    """Whether lines of a file can be at fault: no tests, documents, CI, lock files, nor what a program wrote."""
    return not _NO_CODE.search(path) and not _TESTS.search(path)


def says_something(line: str, path: str) -> bool:
    """Whether a line is more than blank, a comment or a bracket.

    As in the clean-up of SZZ (Kim, Zimmermann, Pan & Whitehead 2006, ASE, section 2). Told line by line by how comments
    begin in the language: a line inside a comment of several lines passes for code, unless it begins with `*`.
    """
    text = line.strip()
    if not _SAYS.search(text):
        return False
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _HASH or not suffix:
        return not text.startswith(("#", '"""', "'''"))
    if suffix in _SLASH and text.startswith(("//", "/*", "* ", "*/", "#region", "#endregion")):
        return False
    if suffix == ".php" and text.startswith("#"):
        return False
    if suffix in _DASH and text.startswith("--"):
        return False
    return not (suffix in _MARKUP and text.startswith("<!--"))
