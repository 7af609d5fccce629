from __future__ import annotations

from pathlib import Path

import pytest

from headway.errors import UsageError
from warehouse.building.spark import spark_engine


@pytest.mark.parametrize("url", ["", "localhost:15002", "spark://host:7077", "sc://", "sc://host:port", "sc://a b"])
def test_address_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    """Anything but `sc://host:port` is an error that shows how to write one."""
    with pytest.raises(UsageError) as caught, spark_engine(url, tmp_path):
        pass
    assert "sc://host:port" in caught.value.hint


@pytest.mark.parametrize("url", ["sc://host/;use_ssl=true;token=geheim", "sc://me:geheim@host", "sc://h:p/;k=geheim"])
def test_secret_in_the_address_is_refused_unseen(url: str, tmp_path: Path) -> None:
    """A secret has no place in a setting, and none in the error that says so."""
    with pytest.raises(UsageError) as caught, spark_engine(url, tmp_path):
        pass
    assert "geheim" not in f"{caught.value} {caught.value.hint}"


def test_missing_client_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional client the error says how to install it."""
    monkeypatch.setattr("warehouse.building.spark_session.find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught, spark_engine("sc://host", tmp_path):
        pass
    assert ".[spark]" in caught.value.hint


@pytest.mark.parametrize("name", ["a*b", "a?", "[a]", "{a,b}", "100%", "back\\slash"])
def test_folder_that_spark_would_take_for_a_pattern_is_refused(name: str, tmp_path: Path) -> None:
    """A path in which Spark sees a pattern is an error before anything is made, for it could match other files."""
    with pytest.raises(UsageError) as caught, spark_engine("sc://host", tmp_path / name):
        pass
    assert "folder" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
