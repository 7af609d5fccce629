"""The company's `headway.toml`: its sources, and what counts as a deployment where."""

from __future__ import annotations

import json

from collectors.simulate.company.model import Initiative, Repo
from collectors.simulate.events.rare import OVERRIDES
from collectors.simulate.writers.manifests import MANIFESTS

__all__ = ["settings_text"]

_HEAD = """# Settings of a simulated company: nothing in it is real.

[warehouse]
path = "headway-data"

[rework]
enabled = true
"""

_MANIFESTS = rf"""
[[sources]]
target = "repos/{MANIFESTS}.git"
[sources.manifests]
path = 'apps/(?P<environment>[^/]+)/(?P<application>[^/]+)\.yaml$'
version = 'image_tag:\s*(?P<version>\S+)'

[[sources]]
target = "events:events.ndjson"

[[deployments]]
repo = "acme/{MANIFESTS}"
from = "none"
"""

_DEPLOYMENTS = {
    "manifests": f'application = "{{name}}"\nmanifests = "acme/{MANIFESTS}"\n',
    "tags": "tags = '^v\\d+\\.\\d+\\.\\d+$'\n",
    "branch": 'branch = "production"\n',
}


def settings_text(repos: list[Repo], initiatives: list[Initiative]) -> str:
    """The text of `headway.toml` for these repositories.

    Initiatives that began in a sandbox are named, because they have two folders; the others must be detected.
    """
    named = (
        f'\n[[initiatives]]\nname = "{initiative.name}"\nrepo = "acme/{initiative.repo}"\n'
        f"paths = {json.dumps(_folders(initiative))}\n"
        for initiative in initiatives
        if initiative.sandbox
    )
    sources = (f'\n[[sources]]\ntarget = "repos/{repo.name}.git"\nteam = "{repo.team}"\n' for repo in repos)
    rules = (
        f'\n[[deployments]]\nrepo = "acme/{repo.name}"\nfrom = "{repo.deploys}"\n'
        + _DEPLOYMENTS.get(repo.deploys, "").format(name=repo.name)
        for repo in repos
    )
    overrides = (
        f'\n[[ai.overrides]]\nchange = "{repo.change_id(change)}"\n{OVERRIDES[change.mark]}\nnote = "said so"\n'
        for repo in repos
        for change in repo.changes
        if change.mark in OVERRIDES
    )
    return _HEAD + "".join(sources) + _MANIFESTS + "".join(rules) + "".join(overrides) + "".join(named)


def _folders(initiative: Initiative) -> list[str]:
    return [f"{folder}/" for folder in (initiative.sandbox, initiative.product) if folder]
