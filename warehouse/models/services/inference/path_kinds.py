"""Which paths can be deployed at all: documents, CI, tests and tooling are not."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from headway.releases.files import CHANGELOG_PATH, LOCK_PATH

__all__ = ["deployable", "is_companion"]

_DOCUMENTS = (
    r"(?i:\.(?:md|mdx|markdown|rst|adoc|asciidoc)$)"
    r"|(?:^|/)(?i:licen[sc]e|copying|notice|authors|contributors|maintainers|owners|codeowners|readme|security)"
    r"(?:[._-][^/]*)?$"
    r"|(?:^|/)(?:docs?|documentation|examples?)/"
    rf"|{CHANGELOG_PATH}"
)
_CI = (
    r"^\.(?:github|gitlab|circleci|buildkite|azure-pipelines|woodpecker|forgejo|gitea|tekton|semaphore|ci)/"
    r"|(?:^|/)(?:\.gitlab-ci[^/]*\.ya?ml|\.travis\.ya?ml|\.?appveyor\.ya?ml|\.drone\.ya?ml|\.cirrus\.ya?ml"
    r"|Jenkinsfile[^/]*|azure-pipelines[^/]*\.ya?ml|bitbucket-pipelines\.ya?ml|\.?codecov\.ya?ml|\.?renovate\.json5?"
    r"|\.woodpecker\.ya?ml|dependabot\.ya?ml)$"
)
_TESTS = (
    r"(?:^|/)(?:tests?|__tests__|specs?|e2e|testdata|test-data|test_data|fixtures|__fixtures__|__snapshots__|__mocks__"
    r"|cypress|playwright|bench(?:es|marks?)?)/"
    r"|(?:^|/)(?:test_[^/]*\.py|conftest\.py|[^/]*_(?:test|spec)\.[a-z0-9]+|[^/]*\.(?:test|spec|test-d|stories)\.[a-z]+"
    r"|[^/]*(?:Tests?|Spec|IT)\.(?:java|kt|scala|groovy|cs|swift))$"
)
_TOOLING = (
    r"(?:^|/)\.(?:vscode|idea|husky|devcontainer|changeset|changesets|cursor|claude|run|config/nextest)/"
    r"|(?:^|/)(?:\.editorconfig|\.git(?:ignore|attributes|modules|-blame-ignore-revs|keep)|\.mailmap|\.(?:prettier|eslint"
    r"|stylelint|commitlint|lintstaged|markdownlint|nyc|jscpd|oxlint|oxfmt)[^/]*|\.golangci[^/]*"
    r"|\.pre-commit-config\.yaml|\.pylintrc|\.flake8|\.rubocop[^/]*|\.rspec|\.coveragerc|\.codespell[^/]*|\.yamllint[^/]*"
    r"|\.shellcheckrc|\.lycheeignore|\.typos\.toml|_?typos\.toml|ruff\.toml|mypy\.ini|pytest\.ini|tox\.ini|noxfile\.py"
    r"|(?:eslint|prettier|stylelint|jest|vitest|playwright|cypress|commitlint|lint-staged|knip|syncpack)"
    r"(?:\.[a-z0-9-]+)*\.(?:js|cjs|mjs|ts|cts|mts|jsonc?|ya?ml)|biome\.jsonc?|\.?rustfmt\.toml|\.?clippy\.toml|deny\.toml"
    r"|AGENTS\.override\.json|\.tool-versions|\.nvmrc|\.node-version|\.python-version|\.ruby-version)$"
)
_NOT = f"{_DOCUMENTS}|{_CI}|{_TESTS}|{_TOOLING}"
_NOT_HERE = re.compile(_NOT)
# Text that is a product: the pages of a site, and what agents and prompts are made of.
_TEXT_THAT_SHIPS = re.compile(
    r"(?i)(?:^|/)(?:content|contents|posts|prompts?|skills|templates?|agents|knowledge)/(?:.*/)?"
    r"(?!(?:readme|changelog|contributing)\b)[^/]*\.(?:md|mdx|markdown)$"
)
_TEXTS = (".md", ".mdx", ".markdown")
# What lies hidden beside the code is for people and their tools; a few such folders say how it is built or runs.
_HIDDEN = re.compile(r"^\.(?!(?:cargo|mvn|yarn|nuget|platform|ebextensions|openshift)/)[^/]+/")
# The pages of a site that is no service: no release of a package publishes them.
_PAGES = re.compile(r"(?i)(?:^|/)(?:[a-z0-9]+[-_])*(?:docs?|documentation|website|site|blog|www)/")
_SITE = re.compile(r"(?i)(?:^|/)(?:[a-z0-9]+[-_])*(?:docs?|documentation|website|site|blog|www)$")
_COMPANION = re.compile(
    rf"{LOCK_PATH}|^(?:package\.json|pnpm-workspace\.yaml|tsconfig[^/]*\.json|jsconfig\.json|turbo\.jsonc?|nx\.json"
    r"|lerna\.json|rush\.json|go\.(?:mod|work|work\.sum)|Cargo\.toml|pyproject\.toml|gradle\.properties"
    r"|settings\.gradle(?:\.kts)?|build\.gradle(?:\.kts)?|pom\.xml|versions\.ya?ml|\.npmrc|\.yarnrc(?:\.ya?ml)?)$"
    r"|^gradle/[^/]*\.toml$|^\.yarn/"
)


def deployable(paths: Sequence[str], folders: Sequence[str]) -> list[bool]:
    """For each path whether it can be a part of what is deployed; `folders`: of its service, empty where not known.

    What folders are called counts below that of the service only: a service may well be called `docs` or `examples`.
    """
    sites = {folder: bool(folder) and _SITE.search(folder) is not None for folder in set(folders)}
    below = [
        path[len(folder) + 1 :] if folder and path.startswith(f"{folder}/") else path
        for path, folder in zip(paths, folders, strict=True)
    ]
    ships_nothing = pc.match_substring_regex(pa.array(below, pa.string()), _NOT).to_pylist()
    return [
        sites[folder] or not ((not folder and _HIDDEN.search(path)) or _is_left_out(name, folder, nothing))
        for path, folder, name, nothing in zip(paths, folders, below, ships_nothing, strict=True)
    ]


def _is_left_out(path: str, folder: str, nothing: bool) -> bool:  # noqa: FBT001 - one of a column
    """Whether a path ships nothing: as its name says, but for text that is a product as the folder says."""
    text = path.lower().endswith(_TEXTS) and (folder or _PAGES.search(path) is None)
    if text and _TEXT_THAT_SHIPS.search(path) is not None:
        return _NOT_HERE.search(f"{path.rpartition('/')[0]}/_") is not None
    return nothing


def is_companion(path: str) -> bool:
    """Whether a path goes along with others: a lock file, or what lists the packages of the whole repository.

    Beside the own paths of some service it says nothing of the others; alone it is of every service.
    """
    return _COMPANION.search(path) is not None
