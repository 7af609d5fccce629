"""The company's `headway.toml`: its sources, and what counts as a deployment where."""

from __future__ import annotations

from collectors.simulate.manifests import MANIFESTS
from collectors.simulate.model import Repo

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


def settings_text(repos: list[Repo]) -> str:
    """The text of `headway.toml` for these repositories."""
    sources = (f'\n[[sources]]\ntarget = "repos/{repo.name}.git"\nteam = "{repo.team}"\n' for repo in repos)
    rules = (
        f'\n[[deployments]]\nrepo = "acme/{repo.name}"\nfrom = "{repo.deploys}"\n'
        + _DEPLOYMENTS.get(repo.deploys, "").format(name=repo.name)
        for repo in repos
    )
    return _HEAD + "".join(sources) + _MANIFESTS + "".join(rules)
