"""Names of environments in the settings that no deployment has."""

from __future__ import annotations

from pathlib import Path

from headway.settings import ProductionSettings, ServiceSettings, Settings
from pipeline.settings_hints import unknown_environments
from tests.builders.rows import Raw, built


def said(*environments: str, **settings: object) -> list[tuple[str, str]]:
    """What is said of the settings where this was deployed to."""
    raw = Raw("acme/shop").commits("a@1 b@2")
    for number, name in enumerate(environments):
        raw.deploy(str(number), "ab"[number], 5 + number, environment=name)
    given = Settings(base=Path(), **settings)  # type: ignore[arg-type]
    with built(raw, settings=given) as tables:
        return list(unknown_environments(tables.connection, given))


def test_a_wave_or_an_exclusion_of_no_environment_is_told() -> None:
    """Names count whatever their case; with the nearest where one is near."""
    production = ProductionSettings(waves=("prod-uss", "PROD-EU"), exclude=("old",))
    assert said("prod-us", "prod-eu", production=production) == [
        ("[production] waves: nothing was deployed to 'prod-uss'", "did you mean prod-us?"),
        ("[production] exclude: nothing was deployed to 'old'", "`headway deployments` lists the environments"),
    ]


def test_environments_of_a_service_are_those_of_its_repositories() -> None:
    """What another repository has is none of them; before the first deployment nothing is said."""
    there, elsewhere = (
        ServiceSettings(repo=repo, name=repo[-1], paths=("a/",), waves=("prod",)) for repo in ("acme/shop", "acme/x")
    )
    (line,) = said("prod", services=(there, elsewhere))
    assert line[0] == "[[services]] 2 waves: nothing was deployed to 'prod'"
    assert said(services=(elsewhere,)) == []
