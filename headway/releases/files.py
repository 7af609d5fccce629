"""Paths of files that a release changes: patterns that Python and Arrow both read."""

from __future__ import annotations

__all__ = [
    "CHANGELOG_PATH",
    "COPIED_PATH",
    "DOCUMENT_PATH",
    "GENERATED_PATH",
    "LOCK_PATH",
    "MANIFEST_PATH",
    "PACKAGE_PATH",
    "PINS_PATH",
    "RELEASE_PATH",
    "SOURCE_PATH",
    "TAGGED_PATH",
    "VERSION_PATH",
]

# A changelog is a text: `history.py`, `news/feed.ts` and `history.json` are none.
_TEXT = r"mdx?|markdown|rst|txt|adoc|asciidoc|textile|rdoc|org|pod"
_DATA = r"html?|json|ya?ml|xml|toml"
_FRAGMENT = (
    r"feat(?:ure)?|bug(?:fix)?|fix(?:ed)?|docs?|remov(?:al|ed)|misc|breaking|deprecat(?:ion|ed)|added|changed?|security"
    r"|improvement|enhancement|trivial|internal|performance|packaging|significant|dev|maintenance|other"
)
CHANGELOG_PATH = (
    r"(?:^|/)(?:(?i:(?:change[-_]?logs?|changes|history|news|release[-_ ]?notes?|releases)"
    rf"(?:(?:[._-][a-z0-9]+)*\.(?:{_TEXT})|(?:[_-][a-z0-9]+)*(?:\.\d+)*)"
    rf"|(?:change[-_]?logs?|changes|release[-_ ]?notes?)(?:[._-][a-z0-9]+)*\.(?:{_DATA}))|debian/changelog)$"
    r"|(?:^|/)(?:\.changesets?|changelog\.d|changelogs|newsfragments|\.changes|release-?notes)/(?:[^/]+/)*"
    rf"(?:[^/.]+|[^/]*\.(?:{_TEXT}|{_DATA}|{_FRAGMENT}|\d+)|\.[^/.]+)$"
)
"""Changelogs, changesets and fragments of changelogs."""

LOCK_PATH = (
    r"(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|Cargo\.lock|poetry\.lock"
    r"|uv\.lock|Pipfile\.lock|pdm\.lock|Gemfile\.lock|composer\.lock|go\.sum|mix\.lock|flake\.lock|packages\.lock\.json"
    r"|Chart\.lock|pubspec\.lock|Package\.resolved)$"
)
"""Lock files of package managers."""

VERSION_PATH = (
    r"(?:^|/)(?i:\.?version(?:\.(?:txt|md|py|rb|go|ts|js|mjs|cjs|php|ex|h|rs|json|ya?ml|toml|sbt|properties))?"
    r"|_version\.py|__version__\.py|__about__\.py|_about\.py|\.release-please-manifest\.json|lerna\.json"
    r"|\.bumpversion\.(?:cfg|toml)|\.cz\.toml|citation\.cff|codemeta\.json)$"
)
"""Files that hold nothing but a version."""

MANIFEST_PATH = (
    r"(?:^|/)(?:package\.json|Cargo\.toml|pyproject\.toml|setup\.cfg|setup\.py|composer\.json|pom\.xml|[^/]*\.gemspec"
    r"|build\.gradle(?:\.kts)?|gradle\.properties|Chart\.yaml|manifest\.json|[^/]*\.(?:csproj|fsproj|vbproj|props)"
    r"|galaxy\.yml|mix\.exs|pubspec\.yaml|configure\.ac|CMakeLists\.txt|meson\.build|MODULE\.bazel|tauri\.conf\.json"
    r"|jsr\.json|deno\.jsonc?|app\.json|[^/]*\.podspec|project\.pbxproj|__init__\.py)$"
)
"""Files that hold a package's version beside other things."""

RELEASE_PATH = f"{CHANGELOG_PATH}|{LOCK_PATH}|{VERSION_PATH}|{MANIFEST_PATH}"
"""Any of these."""

GENERATED_PATH = r"(?:^|/)dist/|\.min\.(?:js|css)$|\.(?:js|css)\.map$"
"""Files that tools write when they make a release."""

PACKAGE_PATH = (
    r"(?:^|/)(?:package\.json|Cargo\.toml|pyproject\.toml|setup\.cfg|composer\.json|pom\.xml|[^/]*\.(?:gemspec|podspec)"
    r"|Chart\.yaml|galaxy\.yml|pubspec\.yaml|jsr\.json|deno\.jsonc?|[^/]*\.(?:csproj|fsproj|vbproj))$"
)
"""Manifests that only describe a package: no code, and no configuration of what runs."""

TAGGED_PATH = f"{CHANGELOG_PATH}|{LOCK_PATH}|{VERSION_PATH}|{PACKAGE_PATH}|{GENERATED_PATH}"
"""What a tagged commit that is named for a version may change in any line: paths without a meaning of their own."""

COPIED_PATH = r"(?:^|/)(?:vendor|node_modules|third[_-]party)/"
"""What others wrote and someone copied in: a version there is that of a dependency."""

DOCUMENT_PATH = (
    r"(?i:\.(?:md|mdx|markdown|rst|txt|adoc|asciidoc|textile|rdoc|html?|tex|pod|[1-8])$|(?:^|/)README[^/]*$)"
)
"""Text for people."""

SOURCE_PATH = (
    r"\.(?:py|pyx|rb|rake|go|rs|java|kt|kts|scala|groovy|cs|fs|vb|js|mjs|cjs|jsx|ts|mts|tsx|vue|svelte|c|cc|cpp|cxx|h|hpp"
    r"|m|mm|swift|php|ex|exs|erl|clj|hs|ml|lua|pl|pm|r|jl|dart|sh|sql|css|scss|tf|proto)$"
)
"""Source code."""

PINS_PATH = (
    r"(?:^|/)(?:\.(?:python|node|ruby|java|terraform|go)-version|\.nvmrc|\.tool-versions|\.pre-commit-config\.yaml"
    r"|rust-toolchain(?:\.toml)?|gradle-wrapper\.properties|\.mise\.toml|mise\.toml|runtime\.txt"
    r"|\.github/workflows/[^/]+|(?:constraints|requirements)[^/]*\.(?:txt|in))$"
)
"""Files in which a version without a name of the repository's own is that of a tool or a dependency."""
