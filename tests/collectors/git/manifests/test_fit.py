"""The doctor finds the preset that reads a manifests repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from headway.source import Check
from pipeline.doctor import checkup
from pipeline.session import Session
from tests.builders.repositories import Repository
from tests.builders.rows import END, hour

KUSTOMIZE = "kind: Kustomization\nimages:\n- name: acme/shop\n  newTag: v1\n- name: acme/web\n  newTag: v2\n"
PROPOSED = (
    '[[sources.manifests]] preset = "{}" would read versions of 2 applications (shop, web)'
    " in 2 environments (prod, test)"
)


def checks(folder: Path, files: Mapping[str, str], settings: str = "") -> list[Check]:
    """What the doctor says of one folder as a source, of its manifests alone."""
    repo = Repository(folder / "fleet")
    for path, text in files.items():
        repo.commit(files={path: text})
    (folder / "headway.toml").write_text(f'[[sources]]\ntarget = "fleet"\n{settings}')
    session = Session(config=None, warehouse=None, debug=False, folder=folder, environment={}, now=hour(END))
    return [check for check in checkup(session) if "manifests" in check.what or "ApplicationSet" in check.what]


@pytest.mark.parametrize(
    ("files", "preset"),
    [
        ({"overlays/prod/kustomization.yaml": KUSTOMIZE, "overlays/test/kustomization.yaml": KUSTOMIZE}, "kustomize"),
        (
            {
                f"values-{name}.yaml": "shop:\n  image:\n    tag: v1\nweb:\n  image:\n    tag: v2\n"
                for name in ("prod", "test")
            },
            "helm",
        ),
        (
            {
                f"{name}/{app}.yaml": f"kind: Application\nmetadata: {{name: {app}}}\nspec:\n  source:\n"
                f"    repoURL: https://x/{app}\n    targetRevision: v1\n"
                for name in ("prod", "test")
                for app in ("shop", "web")
            },
            "argocd",
        ),
        (
            {
                f"clusters/{name}/{app}.yaml": f"kind: HelmRelease\nmetadata: {{name: {app}}}\nspec:\n  values:\n"
                "    image:\n      tag: v1\n"
                for name in ("prod", "test")
                for app in ("shop", "web")
            },
            "flux",
        ),
    ],
)
def test_preset_that_fits_is_proposed(files: dict[str, str], preset: str, tmp_path: Path) -> None:
    """Of each form the preset that names most, with what it would read, before anything is collected."""
    (check,) = checks(tmp_path, files)
    assert check.ok
    assert check.what == f"source fleet: {PROPOSED.format(preset)}"


def test_application_with_an_example_is_no_fleet(tmp_path: Path) -> None:
    """A repository of code with one values file of an environment is left in peace; so is one without manifests."""
    files = {"main.go": "", "util.go": "", "chart/values-prod.yaml": "image:\n  tag: v1\n"}
    assert checks(tmp_path, files) == []


def test_settings_that_read_nothing_are_a_failure(tmp_path: Path) -> None:
    """Patterns that name no version in any file are told with the preset that would; those that do are not."""
    files = {"overlays/prod/kustomization.yaml": KUSTOMIZE, "overlays/test/kustomization.yaml": KUSTOMIZE}
    wrong = "[[sources.manifests]]\npath = '^(?P<environment>prod)$'\nversion = '(?P<version>x)'\n"
    right = '[[sources.manifests]]\npreset = "kustomize"\n'
    (check,) = checks(tmp_path, files, right + wrong)
    assert not check.ok
    assert check.what == "source fleet: [[sources.manifests]] 2 names no version in any file of its newest commit"
    assert check.hint == PROPOSED.format("kustomize")


def test_sets_of_applications_that_are_not_read_are_named(tmp_path: Path) -> None:
    """What a generator makes of the folders of a repository is written in none of its files."""
    text = (
        "kind: ApplicationSet\nspec:\n  generators:\n  - git: {repoURL: https://x/y, directories: [{path: apps/*}]}\n"
    )
    (check,) = checks(tmp_path, {"sets/all.yaml": text}, '[[sources.manifests]]\npreset = "argocd"\n')[:1]
    assert check.ok
    assert check.what == (
        "source fleet: applications that an ApplicationSet does not list are not read (sets/all.yaml: git); read their"
        " versions where they are written, with the preset kustomize or helm"
    )
