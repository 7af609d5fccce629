"""Which environment and which application the path of a manifest is about, as GitOps repositories lay them out."""

from __future__ import annotations

import re
from itertools import pairwise

__all__ = ["application_in", "environment_in"]

# Folders whose own subfolders are environments: Kustomize and Flux name them so in their documentation.
_ABOVE = re.compile(r"(?i)(overlays?|clusters?|environments?|envs?|stages?|workspaces)")
_WORD = (
    r"prod|production|prd|live|preprod|pre-prod|preproduction|pre-production|stag(?:e|ing)|stg|uat|qa|test(?:ing)?"
    r"|dev|devel|development|int|integration|sandbox|canary|demo|acceptance|acc|alpha|beta|nonprod|non-prod|preview"
)
# Alone, or beside a region or a number: `prod-eu`, `eu-west-1-prod`, `staging2`.
_WHOLE = re.compile(
    rf"(?i)(?:{_WORD})\d*|(?:{_WORD})[-_.](?:[a-z]{{2}}(?:[-_][a-z]+)?(?:[-_]?\d+)?|\d+)"
    rf"|[a-z]{{2}}(?:[-_][a-z]+)?(?:[-_]\d+)?[-_.](?:{_WORD})"
)
_VALUES = re.compile(r"(?i)values[-_.](?P<after>[\w.-]+?)\.ya?ml|(?P<before>[\w.-]+?)[-_.]values\.ya?ml")
_LAYOUT = re.compile(
    r"(?i)base|bases|app|apps|applications?|charts?|components?|deploy|deployments?|kubernetes|k8s|manifests?|helm|kustomize"
    r"|releases?|services?|values|infrastructure|gitops|argocd|argo-cd|flux|flux-system|overlays?|clusters?|environments?|envs?"
    r"|config|patches|resources|stages?|workspaces"
)
_TENANTS = re.compile(r"(?i)(tenants?|customers?|cells?)")
_MANY = re.compile(r"(?i)base|bases|components?")


def environment_in(path: str) -> str:
    """The environment that a path names, empty where it names none; also of a name alone, such as `shop-prod`.

    Below `tenants/acme` it is that of the tenant, `prod/acme`: others there have versions of their own.
    """
    environment = _environment(path)
    tenant = _tenant(path.split("/")[:-1])
    return f"{environment}/{tenant}" if environment and tenant not in {"", environment} else environment


def _tenant(folders: list[str]) -> str:
    return next((folder for above, folder in pairwise(folders) if _TENANTS.fullmatch(above)), "")


def _environment(path: str) -> str:
    *folders, name = path.split("/")
    if match := _VALUES.fullmatch(name):
        part = match["after"] or match["before"]
        if any(_WHOLE.fullmatch(word) for word in (part, *re.split(r"[-_.]", part))):
            return part
    for above, folder in pairwise(folders):
        if _ABOVE.fullmatch(above) and not _MANY.fullmatch(folder):
            return folder
    for folder in reversed(folders):
        if _WHOLE.fullmatch(folder):
            return folder
    stem = re.sub(r"\.(ya?ml|json)$", "", name)
    if _WHOLE.fullmatch(stem):
        return stem
    suffix = re.search(rf"(?i)(?:^|[-_.])(?P<word>{_WORD})$", stem)
    return suffix["word"] if suffix else ""


def application_in(path: str) -> str:
    """The application that the folders of a path name: the last one that is neither a layout nor an environment."""
    folders = path.split("/")[:-1]
    names = {_environment(path), _tenant(folders)}
    for folder in reversed(folders):
        if (
            folder not in names
            and not _TENANTS.fullmatch(folder)
            and not _LAYOUT.fullmatch(folder)
            and not _WHOLE.fullmatch(folder)
        ):
            return folder
    return ""
