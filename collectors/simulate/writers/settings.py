"""The company's `headway.toml`: its sources, and what counts as a deployment where."""

from __future__ import annotations

import json

from collectors.simulate.company.model import Initiative, Repo
from collectors.simulate.company.plan import PLANS
from collectors.simulate.company.services import Part
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
[[sources.manifests]]
path = 'apps/(?P<environment>[^/]+)/(?P<application>[^/]+)\.yaml$'
version = 'image_tag:\s*(?P<version>\S+)'
[[sources.manifests]]
path = 'fleet/(?P<environment>[^/]+)/shop\.env$'
version = '^(?P<application>\w+)_TAG=(?P<version>\S+)$'

[[sources]]
target = "events:events.ndjson"

[[deployments]]
repo = "acme/{MANIFESTS}"
from = "none"
"""

_TAGS = "tags = '^v\\d+\\.\\d+\\.\\d+$'\n"


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
    rules = (f'\n[[deployments]]\nrepo = "acme/{repo.name}"\nfrom = "{repo.deploys}"\n' + _rule(repo) for repo in repos)
    services = (_service(repo, part) for repo in repos if PLANS[repo.name].named for part in repo.services)
    overrides = (
        f'\n[[ai.overrides]]\nchange = "{repo.change_id(change)}"\n{OVERRIDES[change.mark]}\nnote = "said so"\n'
        for repo in repos
        for change in repo.changes
        if change.mark in OVERRIDES
    )
    return (
        _HEAD + "".join(sources) + _MANIFESTS + "".join(rules) + "".join(services) + "".join(overrides) + "".join(named)
    )


def _folders(initiative: Initiative) -> list[str]:
    return [f"{folder}/" for folder in (initiative.sandbox, initiative.product) if folder]


def _rule(repo: Repo) -> str:
    """What a rule says beside where deployments are recorded. Tags of services and of changed forms need no pattern."""
    if repo.deploys == "manifests":
        application = "" if repo.services else f'application = "{repo.name}"\n'
        return f'{application}manifests = "acme/{MANIFESTS}"\n'
    if repo.deploys == "branch":
        return 'branch = "production"\n'
    learned = repo.deploys != "tags" or repo.services or PLANS[repo.name].tag_forms
    return "" if learned else _TAGS


def _service(repo: Repo, part: Part) -> str:
    lists = {"paths": [f"{folder}/" for folder in part.folders]}
    lists["shared"] = [path if "." in path else f"{path}/" for path in part.shared]
    text = f'\n[[services]]\nrepo = "acme/{repo.name}"\nname = "{part.name}"\n'
    text += "".join(f"{name} = {json.dumps(globs)}\n" for name, globs in lists.items())
    return text + (f"tags = '^{part.tag.partition('{')[0].partition('.')[0]}'\n" if part.tag else "")
