from __future__ import annotations

import pytest

from collectors.git import notices as git
from collectors.github import notices as github
from headway.notices import MENDING


@pytest.mark.parametrize("kinds", [git._DETAILS, github._DETAILS], ids=["git", "github"])
def test_everything_that_is_noticed_has_a_remedy(kinds: dict[str, str]) -> None:
    """Whatever a collector notices, the page on data health says what to do about it."""
    assert sorted(set(kinds) - set(MENDING)) == []
