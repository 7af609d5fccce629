"""When two names mean one repository.

A repository's id is `<provider>:<repo>`. Forges ignore the case of names, and people write a name as they see it: with
`.git`, as an address, in another case. `repository_key` is the same for all of these. On a plain host, as of Git over
SSH, case counts: there two spellings are two repositories.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from urllib.parse import unquote

__all__ = [
    "change_key",
    "change_of",
    "ignores_case",
    "initiative_of",
    "names_match",
    "normalized",
    "provider_of_host",
    "repository_at",
    "repository_key",
    "repository_of_page",
]

_CACHED = 10_000
_IGNORING_CASE = frozenset({"github", "gitlab", "bitbucket", "azure"})
# Hosts that go by the provider `git`, and whose forges (Gitea, Forgejo, Azure DevOps) ignore the case of names.
_HOSTS_IGNORING_CASE = re.compile(r"codeberg\.org|gitea\.com|(ssh\.)?dev\.azure\.com|[\w-]+\.visualstudio\.com")
_GITHUB = re.compile(r"(www\.|ssh\.|api\.)?github\.com|github\.com-.+")  # the last: an alias in a person's SSH config
_ADDRESS = re.compile(
    r"(?P<scheme>[a-z+]+://)?(?P<user>[^/@\s]*@)?(?P<host>[a-z0-9.-]+)(?::\d+(?=/))?[/:](?P<path>[^\s?#@]+)",
    re.IGNORECASE,
)
_AN_ADDRESS = re.compile(r"[a-z+]+://|[^/@\s]+@|(www\.)?(github\.com|gitlab\.com|bitbucket\.org)[/:]", re.IGNORECASE)
_HOST = re.compile(r"[^/]*\.[^/]*(?=/)")
# Azure DevOps: over HTTPS, over SSH, at the host that it had before, and where a project is called as its repository.
_AZURE = re.compile(
    r"git:(?:(?:dev\.azure\.com|ssh\.dev\.azure\.com/v3)/(?P<owner>[^/]+)|(?P<host>[\w-]+)\.visualstudio\.com(?:/defaultcollection)?)"
    r"(?:/(?P<project>(?!_git/)[^/]+))?(?:/_git)?/(?P<repo>[^/]+)"
)


def provider_of_host(host: str) -> str | None:
    """The provider whose repositories a host (in small letters) keeps, None for any other host."""
    if _GITHUB.fullmatch(host):
        return "github"
    if "gitlab" in host:
        return "gitlab"
    return "bitbucket" if host.endswith("bitbucket.org") else None


def repository_of_page(address: str) -> str | None:
    """`<provider>:<repo>` of any page of a repository, or its clone address, where the host's pages are known."""
    match = _ADDRESS.match(address)
    if match is None or (provider := provider_of_host(match["host"].lower())) is None:
        return None
    parts = [part for part in unquote(match["path"]).split("/") if part]
    if match["host"].lower().startswith("api."):
        parts = parts[1:] if parts[:1] == ["repos"] else []
    # GitLab has groups within groups; what follows `/-/` is a page of the repository.
    depth = (parts.index("-") if "-" in parts else len(parts)) if provider == "gitlab" else 2
    parts = parts[:depth]
    if len(parts) < 2:
        return None
    return f"{provider}:{'/'.join(parts).removesuffix('.git')}"


def repository_at(address: str) -> str | None:
    """`<provider>:<repo>` of an address that is known to be a repository's own: on any host, if it has a scheme."""
    match = _ADDRESS.match(address)
    if match is None or provider_of_host(match["host"].lower()) or not match["scheme"]:
        return repository_of_page(address)
    path = unquote(match["path"]).strip("/").removesuffix(".git")
    return f"git:{match['host'].lower()}/{path}" if path else None


@lru_cache(_CACHED)
def normalized(repo_id: str) -> str:
    """The id as a clone of the repository gives it: no address, no `.git`, no slash at an end; the case stays."""
    written, _, name = repo_id.partition(":")
    provider = written.lower()
    if "." in provider:
        provider = provider_of_host(provider) or provider
    if _AN_ADDRESS.match(name):
        address = repository_at(name)
        return address if address is not None and provider in {"git", address.partition(":")[0]} else repo_id
    if provider in _IGNORING_CASE:
        return f"{provider}:{name.strip('/').removesuffix('.git')}"
    if provider == "git" and (host := _HOST.match(name)):
        return f"git:{host[0].lower()}{name[host.end() :].rstrip('/').removesuffix('.git')}"
    return repo_id


def ignores_case(repo_id: str) -> bool:
    """Whether the repository's forge ignores the case of its name."""
    provider, _, name = repo_id.partition(":")
    if provider != "git":
        return provider in _IGNORING_CASE
    return _HOSTS_IGNORING_CASE.fullmatch(name.partition("/")[0]) is not None


@lru_cache(_CACHED)
def repository_key(repo_id: str) -> str:
    """The same text for every spelling of one repository."""
    name = normalized(repo_id)
    if not ignores_case(name):
        return name
    azure = _AZURE.fullmatch(name.lower())
    if azure is None:
        return name.lower()
    return (
        f"git:dev.azure.com/{azure['owner'] or azure['host']}/{azure['project'] or azure['repo']}/_git/{azure['repo']}"
    )


def change_of(change_id: str) -> tuple[str, str]:
    """The repository and the rest, `#<number>` or `@<sha>`, of a change id."""
    at = max(change_id.rfind("#"), change_id.rfind("@"))
    return (change_id, "") if at < 0 else (change_id[:at], change_id[at:].lower())


def change_key(change_id: str) -> str:
    """The same text for every spelling of one change."""
    repo_id, key = change_of(change_id)
    return f"{repository_key(repo_id)}{key}"


@lru_cache(_CACHED)
def names_match(pattern: str, repo_id: str) -> bool:
    """Whether a glob of the settings names a repository, as `headway status` shows it or without its provider.

    Case counts only where it counts for the forge.
    """
    if ignores_case(repo_id):
        pattern, repo_id = pattern.lower(), repo_id.lower()
    return fnmatchcase(repo_id, pattern) or fnmatchcase(repo_id.partition(":")[2] or repo_id, pattern)


def initiative_of(identifier: str, repo_id: str) -> str:
    """The id of a detected initiative, `found:<repo>` or `found:<repo>/<part>`, with its repository as in `repo_id`.

    Unchanged where it names another repository.
    """
    written = identifier.removeprefix("found:")
    for name in (repo_id, repo_id.partition(":")[2]):
        head, rest = written[: len(name)], written[len(name) :]
        same = head == name or (ignores_case(repo_id) and head.lower() == name.lower())
        if name and same and rest[:1] in {"", "/"}:
            return f"found:{repo_id}{rest.lower()}"
    return identifier
