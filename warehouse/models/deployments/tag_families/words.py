"""Words in names of tags: which say that it is a release, and which that it is none yet."""

from __future__ import annotations

__all__ = ["ATTACHED_LETTERS", "BUILD_WORDS", "ELSEWHERE", "PREFIX_PRERELEASE", "PRERELEASE", "RELEASE", "RELEASED"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PRERELEASE = _words(
    "rc cr alpha beta milestone dev snapshot nightly canary next experimental exp insider insiders test testing ea"
    " candidate unstable edge wip draft latest current head main master trunk tip weekly daily"
)
"""Behind a version: not released yet, or built every day. Any word that begins with `pre` is one too."""
ATTACHED_LETTERS = frozenset("abcm")
"""`1.0b1`, `2.0c2`, `1.0.0.M3`: a letter and a number."""
BUILD_WORDS = _words("nightly snapshot canary dev")
"""Of build metadata (`+…`) only these make a pre-release."""
RELEASED = _words(
    "final ga release released stable lts sp sr post p patch r u update hotfix fix security sec build rev service pack"
    " v"
)
"""Behind a version: released."""
RELEASE = _words(
    "v ver version versions r rel release releases released tag tags stable final ga prod production live deploy"
    " deployed deployment ship shipped publish published build builds b"
)
"""In front of a version: they name no part of the repository."""
PREFIX_PRERELEASE = _words(
    "nightly nightlies canary snapshot snapshots weekly daily rc alpha beta dev preview prerelease unstable edge"
    " insider insiders milestone draft"
)
"""In front of a version: what follows is no release."""
ELSEWHERE = _words("staging stage stg uat qa test testing preprod develop sandbox demo integration acceptance review")
"""In front of a version: the environment, which is not production."""
