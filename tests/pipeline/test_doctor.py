from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from headway.progress import SilentProgress
from pipeline.build import build
from pipeline.doctor import Check, checkup
from pipeline.session import Session
from tests.builders.forge import Forge
from tests.builders.rows import END, Raw, hour, stored


def checks(folder: Path, *parts: Raw) -> dict[str, Check]:
    """What the doctor says of the repositories of a warehouse."""
    now = hour(END) + timedelta(hours=1)
    session = Session(config=None, warehouse=None, debug=False, folder=folder, environment={}, now=now)
    stored(session.settings.warehouse_folder, *parts)
    build(session, {}, SilentProgress())
    return {check.what.partition(":")[0]: check for check in checkup(session) if not check.ok}


@pytest.mark.slow
def test_repository_without_production_deployments_is_told_where_they_may_be(tmp_path: Path) -> None:
    """The doctor names what it sees, as settings to choose from; where it sees nothing, which there are."""
    shop = (
        Forge().request(1, opened=2, commits="a@1", merged=5).run("a", 6, 7, name="Ship to prod").release("v1", "a", 9)
    )
    plain = Raw("acme/plain", provider="gitlab").commits("a@1")
    shipping = Forge("acme/shipping").request(1, opened=2, commits="a@1", merged=5).deploy("d", "a", 9)
    found = checks(tmp_path, shop, plain, shipping)
    assert found.keys() == {"github", "gitlab"}
    assert found["github"].what == "github:acme/shop: no production deployments (from none)"
    assert 'workflow = "Ship to prod"' in found["github"].hint
    assert (
        'or: 1 releases were published: [[deployments]] repo = "acme/shop", from = "releases"' in found["github"].hint
    )
    assert "workflow or releases" in found["gitlab"].hint


def test_a_calendar_that_cannot_be_is_found(tmp_path: Path) -> None:
    """What only a report in working time would stumble over, the doctor tells before."""
    environment = {"HEADWAY_CALENDAR_ZONE": "Europe/Londres"}
    session = Session(config=None, warehouse=None, debug=False, folder=tmp_path, environment=environment, now=hour(END))
    (wrong,) = [check for check in checkup(session) if not check.ok]
    assert "Europe/Londres" in wrong.what
    assert wrong.hint
