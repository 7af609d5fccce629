from __future__ import annotations

from pathlib import Path

import pytest

from tests.dashboard import warehouses


@pytest.fixture(scope="session")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two repositories that deliver and one that reports no deployment; simulated."""
    parts = [warehouses.busy(changes=105), warehouses.busy("acme/api", changes=25, seed=9), warehouses.undeployed()]
    teams = {"git:acme/shop": "storefront", "git:acme/api": "platform", "git:acme/tool": "platform"}
    return warehouses.published(tmp_path_factory.mktemp("several"), *parts, simulated=True, teams=teams)
