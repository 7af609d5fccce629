from __future__ import annotations

import pytest

from analytics.cohort.filters import Filters
from analytics.coverage import names_of_team
from analytics.reports.published import lead_time
from headway.errors import UsageError
from tests.builders.rows import built
from tests.dashboard.warehouses import quiet, undeployed

TEAMS = {"git:acme/tool": "platform", "git:acme/new": "platform", "git:acme/lib": "tools"}


def test_team_is_its_repositories() -> None:
    """A team's repositories by name, in order; another team is an error that names those that there are."""
    with built(quiet(), quiet("acme/lib"), undeployed(), teams=TEAMS) as tables:
        assert names_of_team(tables.connection, "platform") == ("acme/new", "acme/tool")
        with pytest.raises(UsageError) as caught:
            names_of_team(tables.connection, "nobody")
    assert caught.value.hint == "teams are platform, tools"


@pytest.mark.slow
def test_names_narrow_beside_the_glob() -> None:
    """Rows are those of repositories that are named and match; a name that is not there is no error."""
    with built(undeployed(), undeployed("acme/other")) as tables:
        told = {
            names: set(lead_time(tables.connection, Filters(repo="acme/*", names=names))["repo"])
            for names in (None, ("acme/tool", "acme/gone"), ())
        }
    assert told == {None: {"acme/tool", "acme/other"}, ("acme/tool", "acme/gone"): {"acme/tool"}, (): set()}
