"""Paths of files that a release changes: patterns that Python and Arrow both read."""

from __future__ import annotations

__all__ = [
    "CHANGELOG_PATH",
    "GENERATED_PATH",
    "LOCK_PATH",
    "MANIFEST_PATH",
    "RELEASE_PATH",
    "SOURCE_PATH",
    "VERSION_PATH",
]

CHANGELOG_PATH = (
    r"(?:^|/)(?:(?i:(?:change[-_]?logs?|changes|history|news|release[-_ ]?notes?|releases)(?:[.-][a-z0-9]+)*)"
    r"|debian/changelog)$|(?:^|/)(?:\.changesets?|changelog\.d|changelogs|newsfragments|\.changes|release-?notes)/"
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

SOURCE_PATH = (
    r"\.(?:py|pyx|rb|rake|go|rs|java|kt|kts|scala|groovy|cs|fs|vb|js|mjs|cjs|jsx|ts|mts|tsx|vue|svelte|c|cc|cpp|cxx|h|hpp"
    r"|m|mm|swift|php|ex|exs|erl|clj|hs|ml|lua|pl|pm|r|jl|dart|sh|sql|css|scss|html|tf|proto)$"
)
"""Source code."""

GENERATED_PATH = r"(?:^|/)(?:dist|build|docs?|vendor|node_modules)/|\.min\.js$"
"""Files that tools write, or that document."""
