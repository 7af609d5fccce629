from __future__ import annotations

from pathlib import Path

import pytest

from cli.main import main
from tests.builders.repositories import Repository
from tests.builders.rows import Raw, stored


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ('[[deployments]]\nrepo = "acme/shpo"\n', "[[deployments]] 1: no repository matches 'acme/shpo'", "acme/shop"),
        ('[[deployments]]\nrepo = "amce/*"\n', "[[deployments]] 1: no repository matches 'amce/*'", ""),
        (
            '[[deployments]]\nrepo = "acme/shop"\nfrom = "manifests"\nmanifests = "acme/flet"\n',
            "[[deployments]] 1 manifests: no repository matches 'acme/flet'",
            "acme/fleet",
        ),
        (
            '[[initiatives]]\nname = "x"\ntopic = "x"\nrepo = "github:other/shop"\n',
            "[[initiatives]] 1: no repository matches 'github:other/shop'",
            "github:acme/shop",
        ),
        (
            '[[ai.overrides]]\nchange = "github:acme/shoq#1"\nbuilds_ai = true\n',
            "[[ai.overrides]] 1: there is no repository 'github:acme/shoq'",
            "github:acme/shop",
        ),
        (
            '[production]\ncomplete = ["acme/shopp"]\n',
            "[production] complete: no repository matches 'acme/shopp'",
            "acme/shop",
        ),
        ('[ai]\nai_repos = ["x/nothing"]\n', "[ai] ai_repos: no repository matches 'x/nothing'", ""),
    ],
)
def test_setting_of_no_repository_fails_with_the_nearest(
    text: str, what: str, hint: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A build refuses a rule, an initiative or an override that could have no effect, and names what is near."""
    stored(
        tmp_path / "data",
        Raw(provider="github").commits("a@1"),
        Raw("acme/fleet", provider="github").commits("x@1"),
    )
    (tmp_path / "headway.toml").write_text(f'[warehouse]\npath = "data"\n{text}')
    assert main(["--config", str(tmp_path / "headway.toml"), "build"]) == 2
    said = capfd.readouterr().err
    assert what in said
    assert f"did you mean {hint}" in said if hint else "did you mean" not in said or "acme" in said


@pytest.mark.slow
@pytest.mark.parametrize("repo", ["github:acme/shop", "acme/shop", "GitHub:ACME/Shop", "*/shop", "github:*"])
def test_name_as_status_prints_it_is_the_repository(repo: str, tmp_path: Path) -> None:
    """With its provider or without, in any case where the forge ignores it, and as a glob."""
    stored(tmp_path / "data", Raw(provider="github").commits("a@1").tag("v1.0", "a"))
    (tmp_path / "headway.toml").write_text(f'[warehouse]\npath = "data"\n[[deployments]]\nrepo = "{repo}"\n')
    assert main(["--config", str(tmp_path / "headway.toml"), "build"]) == 0


@pytest.mark.slow
def test_source_that_was_not_read_may_bring_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """While a source is missing, its repository may be the one that a rule means: that is told, and no failure."""
    repo = Repository(tmp_path / "shop")
    repo.commit()
    repo.remote("https://github.com/acme/shop")
    text = '[[sources]]\ntarget = "shop"\n[[sources]]\ntarget = "till"\n[[deployments]]\nrepo = "acme/till"\n'
    (tmp_path / "headway.toml").write_text(text)
    assert main(["--config", str(tmp_path / "headway.toml"), "collect", str(tmp_path / "shop")]) == 0
    assert "[[deployments]] 1: no repository matches 'acme/till'" in capfd.readouterr().err
