from __future__ import annotations

import pytest

from headway.environment_names import EnvironmentName, environment_name


@pytest.mark.parametrize(
    "name",
    [
        *("production", "PRODUCTION", "prod", "Prod-EU", "production-eu", "eu-prod", "prod/us-east", "prodA", "prodEU"),
        *("PRD", "prd-2", "prod01", "live", " production ", "shop (Production)", "product-docs (Production)"),
        *("rail / production", "Production – demo-app", "demo (Production)", "production (us)", "Producción"),
    ],
)
def test_word_of_production_names_production(name: str) -> None:
    """Case, numbers, regions and the project around the word change nothing."""
    assert environment_name(name) is EnvironmentName.PRODUCTION


@pytest.mark.parametrize(
    "name",
    [
        *("preprod", "pre-production", "preProd", "non-prod", "NonProd", "prod-preview", "live-demo", "staging", "qa"),
        *("product-docs (Preview)", "Preview – live-site", "rail / pr-12", "review/feature-prod-fix", "prod-like"),
        "production/preview-42",
    ],
)
def test_word_of_a_trial_names_something_else(name: str) -> None:
    """A preview, a test or what comes before production is not production, also where both words are there."""
    assert environment_name(name) is EnvironmentName.OTHER


@pytest.mark.parametrize("name", ["github-pages", "docs", "documentation", "storybook", "pypi", "npm"])
def test_pages_and_package_indexes_are_neither(name: str) -> None:
    """Web pages about the work and indexes of packages are no production, and nothing before it."""
    assert environment_name(name) is EnvironmentName.NEITHER


@pytest.mark.parametrize("name", ["", "productivity", "alive", "k8s-main", "eu-west-1", "produce"])
def test_other_names_show_nothing(name: str) -> None:
    """A word that only begins as production, and a name without any such word, cannot be told."""
    assert environment_name(name) is EnvironmentName.UNKNOWN


def test_words_of_the_repository_are_no_evidence() -> None:
    """The production of a repository of documentation is production."""
    assert environment_name("docs-production", "github:acme/docs") is EnvironmentName.PRODUCTION
    assert environment_name("docs-production", "github:acme/shop") is EnvironmentName.NEITHER
