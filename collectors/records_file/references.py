"""Which repository and which commit a package URL (purl) names, and which change a subject.

Repositories are called what the Git collector calls them when it is given the clone URL, so that the two meet.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from collectors.records_file.values import is_commit_id
from headway.repository_names import repository_at, repository_of_page

__all__ = ["Artifact", "artifact", "change_number"]

_PURL = re.compile(
    r"pkg:/*(?P<type>[a-z0-9.+-]+)/(?P<path>[^@?#]+)(?:@(?P<version>[^?#]*))?(?:\?(?P<more>[^#]*))?", re.IGNORECASE
)
_NUMBER = re.compile(
    r"(?:.*/(?:pull|pulls|merge_requests|pull-requests)/|pr[-_ ]?|[#!])?(?P<number>[1-9]\d{0,17})",
    re.ASCII | re.IGNORECASE,
)


class Artifact(NamedTuple):
    """What a package URL says of where it came from; None where it does not."""

    repo: str | None = None
    sha: str | None = None
    version: str | None = None


def artifact(purl: str) -> Artifact:
    """Repository, commit and version of a package URL (github.com/package-url/purl-spec), as far as it names them.

    The qualifier `vcs_url` is the best witness; the types `github`, `gitlab` and `bitbucket` are repositories
    themselves, and a Go module often lies at one.
    """
    match = _PURL.match(purl)
    if match is None:
        return Artifact(version=purl or None)
    more = dict(parse_qsl(match["more"] or ""))
    version = more.get("tag") or unquote(match["version"] or "") or None
    repo = _repository_of_package(match["type"].lower(), unquote(match["path"]))
    sha = version if repo and version and is_commit_id(version) else None
    if "vcs_url" in more:
        repo = repository_at(more["vcs_url"]) or repo
        revision = more["vcs_url"].rpartition("/")[2].partition("@")[2].partition("#")[0]
        sha = revision if is_commit_id(revision) else sha
    return Artifact(repo, sha, None if version == sha else version)


def _repository_of_package(kind: str, path: str) -> str | None:
    if kind in {"github", "gitlab", "bitbucket"} and "/" in path.strip("/"):
        return f"{kind}:{path.strip('/')}"
    return repository_of_page(path) if kind == "golang" else None


def change_number(subject: str) -> int | None:
    """The number of a pull request: `12`, `#12`, `!12`, `pr-12` or its address."""
    match = _NUMBER.fullmatch(subject)
    return int(match["number"]) if match else None
